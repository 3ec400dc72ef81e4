"""Bounds on how deep a stranger's document is nested, checked before it is decoded.

Decoders call themselves for each level, up to Python's recursion limit. Some libraries
raise that so far that a process runs out of its stack first, and crashes.
"""

import re

MAX_NESTING = 128
# A string, complete or not, or a bracket. The pattern never backtracks.
_TOKENS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)

# MessagePack by first byte: the bytes of a value; those of its length; for containers
# those of their count, and the values for each that is counted.
_FIXED = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8}
_FIXED |= {0xCC + power: 1 << power for power in range(4)}
_FIXED |= {0xD0 + power: 1 << power for power in range(4)}
_FIXED |= {0xD4 + power: 1 + (1 << power) for power in range(5)}
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_CONTAINERS = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


class TooDeep(ValueError):
    """A document is nested deeper than its reader allows."""

    def __init__(self, most: int) -> None:
        super().__init__(f"nested deeper than {most}")


def check_json_nesting(text: str | bytes, most: int = MAX_NESTING) -> None:
    """Raise TooDeep if JSON is nested deeper; what is no JSON may pass or not."""
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if data.count(b"[") + data.count(b"{") <= most:
        return
    depth = 0
    for token in _TOKENS.finditer(data):
        if token[0] in (b"[", b"{"):
            depth += 1
            if depth > most:
                raise TooDeep(most)
        elif token[0] in (b"]", b"}"):
            depth -= 1


def check_msgpack_nesting(data: bytes, most: int = MAX_NESTING) -> None:
    """Raise TooDeep if MessagePack is nested deeper; damaged data may pass or not."""
    # How many values are still to come, by level.
    left = [1]
    position = 0
    while left and position < len(data):
        first = data[position]
        position += 1
        left[-1] -= 1
        count = 0
        if 0x80 <= first <= 0x9F:
            count = (first & 0x0F) * (1 if first & 0x10 else 2)
        elif first in _CONTAINERS:
            size, each = _CONTAINERS[first]
            count = int.from_bytes(data[position : position + size]) * each
            position += size
        elif 0xA0 <= first <= 0xBF:
            position += first & 0x1F
        elif first in _SIZED:
            size = _SIZED[first]
            position += size + int.from_bytes(data[position : position + size])
        elif first in _EXTENSIONS:
            size = _EXTENSIONS[first]
            position += size + 1 + int.from_bytes(data[position : position + size])
        else:
            position += _FIXED.get(first, 0)
        if count:
            if len(left) > most:
                raise TooDeep(most)
            left.append(count)
        while left and not left[-1]:
            left.pop()
