"""The host's memory of a plugin: blocks that it names by handles."""

from array import array

from contractvm.errors import LimitExceeded, Trap, TrapCode

ALIGNMENT = 8
FIRST_HANDLE = 8
MAX_BYTES = 16 << 20
# Marks the entry of a free block; the rest is the number of the next free one.
FREE = 1 << 31


class HostMemory:
    """Blocks in one bytearray. A handle is the address of a block, 0 is none.

    A block takes its length, rounded up to 8 bytes; all of them may take MAX_BYTES. A
    freed block serves the next one of the same rounded length, as it was left.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all blocks."""
        self._data = bytearray(FIRST_HANDLE)
        # For each 8 bytes: the length of the block that begins there; 0 where none
        # does.
        self._blocks = array("I", bytes(4))
        self._free: dict[int, int] = {}

    def allocate(self, length: int) -> int:
        """The handle of a new block; 0 for no bytes, and where there is no room."""
        if not 0 < length <= MAX_BYTES:
            return 0
        size = -(-length // ALIGNMENT) * ALIGNMENT
        number = self._free.get(size, 0)
        if number:
            self._free[size] = self._blocks[number] ^ FREE
        else:
            if len(self._data) - FIRST_HANDLE + size > MAX_BYTES:
                return 0
            number = len(self._data) // ALIGNMENT
            self._data += bytes(size)
            self._blocks.frombytes(bytes(self._blocks.itemsize * size // ALIGNMENT))
        self._blocks[number] = length
        return number * ALIGNMENT

    def put(self, data: bytes) -> int:
        """The handle of a new block with these bytes; raises LimitExceeded."""
        handle = self.allocate(len(data))
        if data and not handle:
            raise LimitExceeded("host_memory_bytes", MAX_BYTES)
        self._data[handle : handle + len(data)] = data
        return handle

    def free(self, handle: int) -> None:
        """Free a block; raises Trap for a handle that names none, 0 excepted."""
        length = self.length(handle)
        if length:
            size = -(-length // ALIGNMENT) * ALIGNMENT
            number = handle // ALIGNMENT
            self._blocks[number] = FREE | self._free.get(size, 0)
            self._free[size] = number

    def length(self, handle: int) -> int:
        """The length of a block, 0 for the handle 0; raises Trap as `free`."""
        if handle == 0:
            return 0
        number, rest = divmod(handle, ALIGNMENT)
        if rest or number >= len(self._blocks) or not 0 < self._blocks[number] < FREE:
            raise Trap(TrapCode.HOST_REFUSED, f"no block has the handle {handle}")
        return self._blocks[number]

    def block(self, handle: int) -> bytes:
        """The bytes of a block, none for the handle 0; raises Trap as `free`."""
        return bytes(self._data[handle : handle + self.length(handle)])

    def read(self, address: int, length: int) -> bytes:
        """Bytes of one or more blocks; raises Trap unless all are inside."""
        self.require_range(address, length)
        return bytes(self._data[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        """Write bytes; raises Trap unless all are inside."""
        self.require_range(address, len(data))
        self._data[address : address + len(data)] = data

    def write_byte(self, address: int, value: int) -> None:
        """Write one byte, 0 to 255; raises Trap unless it is inside."""
        if not FIRST_HANDLE <= address < len(self._data):
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        self._data[address] = value

    def require_range(self, address: int, length: int) -> None:
        """Raise Trap unless the bytes are inside; no bytes are inside anywhere."""
        if length and not FIRST_HANDLE <= address <= len(self._data) - length:
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
