"""Host functions about the call, its transaction, the block and what is left."""

from collections.abc import Callable

from contractvm.hosts.stylus.frame import StylusFrame

Value = Callable[[StylusFrame], int]


def number(name: str, size: int, value: Value) -> Callable[[StylusFrame], int]:
    """A host function that returns a number of `size` bytes."""

    def run(frame: StylusFrame) -> int:
        frame.charge(name)
        found = value(frame)
        frame.note(b"", found.to_bytes(size, "big"))
        return found

    return run


def written(
    name: str, value: Callable[[StylusFrame], bytes]
) -> Callable[[StylusFrame, int], None]:
    """A host function that writes bytes to where its argument points."""

    def run(frame: StylusFrame, destination: int) -> None:
        frame.charge(name)
        found = value(frame)
        frame.memory.write(destination, found)
        frame.note(b"", found)

    return run


def word(value: Value) -> Callable[[StylusFrame], bytes]:
    """The value as 32 bytes."""
    return lambda frame: value(frame).to_bytes(32, "big")


def is_reentrant(frame: StylusFrame) -> int:
    """1 if another open call acts for the same account too, delegate calls aside."""
    return int(frame.host.open_frames.get(frame.address, 0) > 1)
