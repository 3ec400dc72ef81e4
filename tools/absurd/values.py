"""Absurd values: of wrong types, sizes and lengths, or with hostile methods."""

from array import array
from collections.abc import Callable
from random import Random
from typing import Any

EDGES = (
    *(0, 1, 2, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 4_095, 4_096, 65_536),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**60, 2**61, 2**62, 2**63 - 1, 2**63),
    *(2**64 - 8, 2**64 - 2, 2**64 - 1, 2**64, 10**30),
)
INTEGERS = (*EDGES, *(-number for number in EDGES))
BYTES = (
    *(b"", b"\x00", b"\x0b", b"\x7f" * 5, b"\x80" * 10, b"\xff" * 32, bytes(256)),
    *(b"\x02\x40" * 300, bytes(4_096), b"\xc0", b"\xf9\x02\x11" + bytes(529)),
    *(b"\x10\x00\x0b", b"\x00asm\x01\x00\x00\x00", bytes(1 << 20)),
)
OTHERS = (
    *(None, True, False, 0.5, float("nan"), float("inf"), 1j, "", "x", "\ud800"),
    *((), (None,), (0,), (0, 1), (1, 2, 3), ((),) * 4, (b"", b""), ([0, 1],)),
    *(Ellipsis, NotImplemented, object, int, type, len, range(3), slice(1)),
)


class Meddler:
    """Does something else, in the middle of a call, whatever it is asked for."""

    def __init__(self, meddle: Callable[[], object], result: Any) -> None:
        self._meddle = meddle
        self._result = result

    def _answer(self, *_: object, **__: object) -> Any:
        self._meddle()
        return self._result

    __call__ = __index__ = __int__ = __len__ = __getitem__ = _answer
    __iter__ = __next__ = __bool__ = __hash__ = __eq__ = __lt__ = _answer
    __add__ = __radd__ = __sub__ = __mul__ = __rmul__ = __str__ = _answer


def fresh_container(random: Random, item: Callable[[], Any]) -> Any:
    """A container that can change, or shows its bytes."""
    items = [item() for _ in range(random.randrange(4))]
    makers: tuple[Callable[[], Any], ...] = (
        lambda: items,
        lambda: tuple(items),
        lambda: dict(enumerate(items)),
        lambda: iter(items),
        lambda: bytearray(random.choice((0, 1, 278, 8_192, 65_536))),
        lambda: memoryview(bytes(random.choice((0, 8, 8_192)))),
        lambda: array(random.choice("hHQqd"), range(random.choice((0, 7, 274)))),
        lambda: [(random.choice(INTEGERS), random.choice(INTEGERS)) for _ in range(3)],
    )
    return random.choice(makers)()


def absurd_value(random: Random, item: Callable[[], Any]) -> Any:
    """One of all these; `item` gives what a container holds."""
    kind = random.randrange(10)
    if kind < 4:
        return random.choice(INTEGERS)
    if kind < 6:
        return random.choice(BYTES)
    if kind < 8:
        return random.choice(OTHERS)
    return fresh_container(random, item)


def description(value: object) -> str:
    """What a value is, without asking it."""
    if type(value) in (int, str, bool, float, type(None)):
        return repr(value)[:40]
    if type(value) is bytes:
        return repr(value[:8]) + (f"...{len(value)}" if len(value) > 8 else "")
    if type(value) in (tuple, list):
        inner = ", ".join(map(description, value[:6]))  # type: ignore[index]
        return f"{type(value).__name__}({inner})"
    return f"<{type(value).__name__}>"
