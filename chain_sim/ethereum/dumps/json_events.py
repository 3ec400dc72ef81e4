"""JSON read as a stream of events, in bounded memory.

The position in the document is always known, so that every error names a place.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from typing import IO, Any, NoReturn

import ijson

from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.primitives.strict_json import TOP

MAX_DEPTH = 64
MAX_VALUE_BYTES = 64 * 1024 * 1024
# With each chunk, the parser copies what it has of a long text.
CHUNK_BYTES = 1024 * 1024
LONG_NUMBER_DIGITS = 1_000
LONG_NUMBER = re.compile(rb"[\s:,\[-][0-9]{%d}" % LONG_NUMBER_DIGITS)
CUT_SHORT = "premature EOF"
STARTS = ("start_map", "start_array")
ENDS = ("end_map", "end_array")

Event = tuple[str, Any]


class _Source:
    """A file that counts the bytes read since the last event."""

    def __init__(self, file: IO[bytes]) -> None:
        self.unseen_bytes = 0
        self.read_bytes = 0
        self._tail = b" "  # a file may begin with a number
        self._file = file

    def read(self, size: int) -> bytes:
        """See io; a single value that would fill the memory is refused."""
        if size and self.unseen_bytes > MAX_VALUE_BYTES:
            raise MalformedDump(TOP, f"a value has more than {MAX_VALUE_BYTES} bytes")
        chunk = self._file.read(size)
        self.unseen_bytes += len(chunk)
        self.read_bytes += len(chunk)
        # ijson continues silently after a number that Python refuses to read.
        if LONG_NUMBER.search(self._tail + chunk):
            raise MalformedDump(TOP, "a number is too long")
        self._tail = (self._tail + chunk)[-LONG_NUMBER_DIGITS - 1 :]
        return chunk


class JsonEvents:
    """The events of one JSON document, each with its place."""

    def __init__(self, file: IO[bytes]) -> None:
        self._source = _Source(file)
        self._events = ijson.basic_parse(self._source, buf_size=CHUNK_BYTES)
        self._path: list[str] = []
        self._peeked: Event | None = None
        self._depth = 0

    @property
    def place(self) -> str:
        """The place of the present value."""
        return "".join(self._path).removeprefix(".") or TOP

    @property
    def read_bytes(self) -> int:
        """How much of the document was read."""
        return self._source.read_bytes

    def refuse(self, reason: str) -> NoReturn:
        """Raise MalformedDump for the present value."""
        raise MalformedDump(self.place, reason)

    def members(self) -> Iterator[str]:
        """The keys of the next object; the caller must read each value."""
        if self._next()[0] != "start_map":
            self.refuse("not an object")
        seen: dict[str, None] | None = {}
        while True:
            event, key = self._next()
            if event == "end_map":
                return
            self._path.append(f".{key}")
            if seen is not None:
                if key in seen:
                    self.refuse("the key stands here twice")
                seen[key] = None
                # Callers with very many keys check their order instead.
                if len(seen) > 1_000:
                    seen = None
            yield key
            self._path.pop()

    def items(self) -> Iterator[int]:
        """The positions in the next list; the caller must read each value."""
        if self._next()[0] != "start_array":
            self.refuse("not a list")
        index = 0
        while self._peek()[0] != "end_array":
            self._path.append(f"[{index}]")
            yield index
            self._path.pop()
            index += 1
        self._next()

    def value(self) -> Any:
        """The next value, as Python's `json` returns it; numbers must be integers."""
        return self._value([0])

    def _value(self, size: list[int]) -> Any:
        event, value = self._peek()
        size[0] += len(value) + 64 if isinstance(value, str) else 64
        if size[0] > MAX_VALUE_BYTES:
            self.refuse(f"has more than {MAX_VALUE_BYTES} bytes")
        if event == "start_map":
            content = {}
            for key in self.members():
                size[0] += len(key)
                if key in content:
                    self.refuse("the key stands here twice")
                content[key] = self._value(size)
            return content
        if event == "start_array":
            return [self._value(size) for _ in self.items()]
        self._next()
        if event == "number" and not isinstance(value, int):
            self.refuse("not a whole number")
        return value

    def skip(self) -> int:
        """Skip the next value; returns the number of its items or members."""
        event, _ = self._peek()
        count = 0
        if event in STARTS:
            for _ in self.members() if event == "start_map" else self.items():
                self.skip()
                count += 1
        else:
            self._next()
        return count

    def end(self) -> None:
        """Refuse anything after the document."""
        try:
            event = next(self._events, None)
        except _FAULTS as error:
            raise self._fault(error) from error
        if event is not None:
            raise MalformedDump(TOP, "continues after its end")

    def _peek(self) -> Event:
        if self._peeked is None:
            self._peeked = self._read()
        return self._peeked

    def _next(self) -> Event:
        event = self._peek()
        self._peeked = None
        self._depth += (event[0] in STARTS) - (event[0] in ENDS)
        if self._depth > MAX_DEPTH:
            self.refuse("nested too deeply")
        return event

    def _read(self) -> Event:
        self._source.unseen_bytes = 0
        try:
            event: Event | None = next(self._events, None)
        except _FAULTS as error:
            raise self._fault(error) from error
        if event is None:
            raise MalformedDump(TOP, "is cut short")
        return event

    def _fault(self, error: Exception) -> MalformedDump:
        match error:
            case ijson.JSONError() if CUT_SHORT in str(error):
                return MalformedDump(self.place, "the file is cut short here")
            case EOFError():
                return MalformedDump(self.place, "the file is cut short here")
            case ijson.JSONError():
                return MalformedDump(self.place, "not JSON from here on")
            case gzip.BadGzipFile() | zlib.error():
                return MalformedDump(TOP, f"cannot be unzipped: {error}")
            case UnicodeDecodeError():
                return MalformedDump(self.place, "not UTF-8 text from here on")
            case _:
                return MalformedDump(self.place, "not a number that can be read")


# The last two for texts and numbers that Python cannot make.
_FAULTS = (
    ijson.JSONError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    ArithmeticError,
    ValueError,
)
