"""Functions about blocks: the host's memory, input and output."""

from struct import Struct

from contractvm.errors import Trap, TrapCode
from contractvm.hosts.extism.host_call import HostCall
from contractvm.hosts.extism.memory import MAX_BYTES

U64 = Struct("<Q")


def alloc(call: HostCall, length: int) -> int:
    """A new block; 0 for no bytes, and for more than there is room for."""
    if length > MAX_BYTES:
        return 0
    call.charge_bytes(length)
    return call.state.memory.allocate(length)


def free(call: HostCall, handle: int) -> None:
    """Free a block."""
    call.state.free(handle)


def length(call: HostCall, handle: int) -> int:
    """The length of a block."""
    return call.state.memory.length(handle)


def load_u8(call: HostCall, address: int) -> int:
    """A byte."""
    return call.state.memory.read(address, 1)[0]


def load_u64(call: HostCall, address: int) -> int:
    """Eight bytes."""
    return int.from_bytes(call.state.memory.read(address, 8), "little")


def store_u8(call: HostCall, address: int, value: int) -> None:
    """Write the lowest byte of a number."""
    call.state.memory.write_byte(address, value & 0xFF)


def store_u64(call: HostCall, address: int, value: int) -> None:
    """Write eight bytes."""
    call.state.memory.write(address, U64.pack(value))


def input_length(call: HostCall) -> int:
    """The length of the input."""
    return call.state.input_length


def input_offset(call: HostCall) -> int:
    """The handle of the input."""
    return call.state.input


def input_load_u8(call: HostCall, offset: int) -> int:
    """A byte of the input."""
    return load_u8(call, _input_address(call, offset, 1))


def input_load_u64(call: HostCall, offset: int) -> int:
    """Eight bytes of the input."""
    return load_u64(call, _input_address(call, offset, 8))


def output_set(call: HostCall, address: int, length: int) -> None:
    """Make bytes the output, as they are when the call ends."""
    call.state.memory.require_range(address, length)
    call.state.output = (address, length)


def _input_address(call: HostCall, offset: int, length: int) -> int:
    """The address of bytes of the input; raises Trap unless all are in it."""
    if offset + length > call.state.input_length:
        raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
    return call.state.input + offset
