"""Host functions for call data, results, return data and memory, and the end."""

from contractvm.errors import Finish, Revert
from contractvm.hosts.stylus.frame import StylusFrame
from contractvm.hosts.stylus.page_prices import MAX_UINT_16, UNAFFORDABLE
from contractvm.hosts.stylus.parameters import LIMITS_OPEN_PAGES


def read_args(frame: StylusFrame, destination: int) -> None:
    """Copy all call data."""
    data = frame.message.data
    frame.charge("read_args")
    frame.charge_written(len(data))
    frame.memory.write(destination, data)
    frame.note(b"", data)


def write_result(frame: StylusFrame, pointer: int, length: int) -> None:
    """Set the output; the program goes on, and the last output counts."""
    frame.charge("write_result")
    frame.charge_read(length, times=2)
    frame.output = frame.memory.read(pointer, length)
    frame.note(frame.output)


def exit_early(frame: StylusFrame, status: int) -> None:
    """End at once; 0 is success, everything else a revert."""
    frame.charge("exit_early")
    frame.note(status.to_bytes(4, "big"))
    raise Revert(frame.output) if status else Finish(frame.output)


def read_return_data(
    frame: StylusFrame, destination: int, offset: int, size: int
) -> int:
    """Copy what there is of the return data; how many bytes those are."""
    frame.charge("read_return_data")
    found = frame.return_data[offset : offset + size]
    frame.charge_written(len(found))
    if offset < len(frame.return_data):
        frame.memory.write(destination, found)
    frame.note(offset.to_bytes(4, "big") + size.to_bytes(4, "big"), found)
    return len(found)


def return_data_size(frame: StylusFrame) -> int:
    """The length of what the last call returned."""
    frame.charge("return_data_size")
    length = len(frame.return_data)
    frame.note(b"", length.to_bytes(4, "big"))
    return length


def pay_for_memory_grow(frame: StylusFrame, pages: int) -> None:
    """Pay for pages that memory grows by; instrumentation calls it before growth."""
    if frame.parameters.arbos < LIMITS_OPEN_PAGES:
        pages &= MAX_UINT_16
    if pages == 0:
        frame.charge("pay_for_memory_grow")
    elif pages > MAX_UINT_16:
        frame.charge_gas(UNAFFORDABLE, "too many")
    else:
        open_pages = frame.host.pages
        gas = open_pages.price(pages, frame.parameters)
        # Even where it cannot be paid.
        open_pages.add(pages)
        frame.charge_gas(gas, "opened")
    frame.note((pages & MAX_UINT_16).to_bytes(2, "big"))
