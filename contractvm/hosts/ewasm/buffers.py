"""Functions that copy call data, code and return data, and the two that end a call."""

from contractvm.errors import Finish, Revert
from contractvm.hosts.evm.frame import Frame, slice_exactly


def get_call_data_size(frame: Frame) -> int:
    frame.charge("getCallDataSize")
    return len(frame.call_data)


def call_data_copy(frame: Frame, result: int, offset: int, length: int) -> None:
    frame.charge("callDataCopy", length)
    data = slice_exactly(frame.call_data, offset, length, "callDataCopy")
    frame.memory.write(result, data)


def get_code_size(frame: Frame) -> int:
    frame.charge("getCodeSize")
    return len(frame.code)


def code_copy(frame: Frame, result: int, offset: int, length: int) -> None:
    frame.charge("codeCopy", length)
    frame.memory.write(result, slice_exactly(frame.code, offset, length, "codeCopy"))


def get_external_code_size(frame: Frame, address: int) -> int:
    frame.charge("getExternalCodeSize")
    return len(frame.host.code(frame.memory.read_address(address)))


def external_code_copy(
    frame: Frame, address: int, result: int, offset: int, length: int
) -> None:
    frame.charge("externalCodeCopy", length)
    code = frame.host.code(frame.memory.read_address(address))
    data = slice_exactly(code, offset, length, "externalCodeCopy")
    frame.memory.write(result, data)


def get_return_data_size(frame: Frame) -> int:
    frame.charge("getReturnDataSize")
    return len(frame.return_data)


def return_data_copy(frame: Frame, result: int, offset: int, length: int) -> None:
    frame.charge("returnDataCopy", length)
    data = slice_exactly(frame.return_data, offset, length, "returnDataCopy")
    frame.memory.write(result, data)


def finish(frame: Frame, pointer: int, length: int) -> None:
    """End the call with success and this output."""
    frame.charge("finish", length)
    raise Finish(frame.memory.read(pointer, length))


def revert(frame: Frame, pointer: int, length: int) -> None:
    """End the call, undo its changes, keep the unused gas, give this output."""
    frame.charge("revert", length)
    raise Revert(frame.memory.read(pointer, length))
