"""Host functions of debug chains: all are free, and none does anything."""

from contractvm.hosts.stylus.frame import StylusFrame


def log_text(frame: StylusFrame, pointer: int, length: int) -> None:
    """Show text; the bytes must be in memory."""
    frame.note(frame.memory.read(pointer, length))


def log(frame: StylusFrame, value: int) -> None:
    """Show a number."""
    frame.note(value.to_bytes(8, "big"))


def tee(frame: StylusFrame, value: int) -> int:
    """Show a number, and give it back."""
    log(frame, value)
    return value


def nothing(frame: StylusFrame) -> None:
    """Do nothing."""
    frame.note(b"")
