"""Calls of CosmWasm's host functions, each by a contract that does nothing else."""

from dataclasses import dataclass
from typing import Any

from contractvm.hosts.cosmwasm.functions import FUNCTIONS
from contractvm.hosts.cosmwasm.regions import load_region
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.wasm.structure.types import ValType
from tests.helpers.cosmwasm import BASE, REGION, instance
from tests.helpers.wat import wat_to_wasm

RESULT, FIRST = 16, 64
PAGES = 130
ZEROS_AT = 65_536
TYPES = {ValType.I32: "i32", ValType.I64: "i64"}


@dataclass(frozen=True, slots=True)
class Zeros:
    """A region of so many zeros."""

    length: int


@dataclass(frozen=True, slots=True)
class Room:
    """An empty region that so many bytes fit in."""

    capacity: int


Argument = bytes | Zeros | Room | int


class HostCall:
    """A contract that calls one host function, with its arguments in regions."""

    def __init__(
        self, name: str, *arguments: Argument, entry: str = "query", **options: Any
    ) -> None:
        self.name = name
        self.pointers: list[int] = []
        segments, at = "", FIRST
        for argument in arguments:
            pointer, segment, at = _placed(argument, at)
            self.pointers.append(pointer)
            segments += segment
        code = _code(name, entry, self.pointers, segments)
        self.instance = instance(code, **options)
        self._entry = entry

    def run(self) -> int:
        """Call it; its result, 0 if it has none. Raises VmError."""
        arguments = [b""] * (3 if self._entry == "execute" else 2)
        self.instance.call(self._entry, *arguments)
        return int.from_bytes(self._memory.read(RESULT + REGION, 8), "little")

    def region(self, pointer: int) -> bytes:
        """The content of a region of the contract."""
        offset, _, length = load_region(self._memory, pointer)
        return self._memory.read(offset, length)

    def given(self) -> bytes:
        """The region that the function had the contract allocate, after a call."""
        return self.region(self.run())

    def filled(self) -> bytes:
        """The last argument's region after a call that answers 0."""
        assert self.run() == 0
        return self.region(self.pointers[-1])

    @property
    def gas(self) -> tuple[int, int]:
        """What the function used: of the contract's, and externally."""
        used = self.instance.report().functions[self.name]
        return used.internal, used.external

    @property
    def _memory(self) -> GuestMemory:
        return GuestMemory(self.instance._memory)


def _region(at: int, content: bytes, capacity: int, length: int) -> str:
    header = b"".join(number.to_bytes(4, "little") for number in (at, capacity, length))
    return "".join(f"\\{byte:02x}" for byte in header + content)


def _placed(argument: Argument, at: int) -> tuple[int, str, int]:
    """The number to pass, a data segment, and where the next one may begin."""
    content = at + REGION
    match argument:
        case bytes():
            length = len(argument)
            text, end = _region(content, argument, length, length), content + length
        case Zeros(length):
            text, end = _region(ZEROS_AT, b"", length, length), content
        case Room(capacity):
            text, end = _region(content, b"", capacity, 0), content + capacity
        case _:
            return argument, "", at
    return at, f'(data (i32.const {at}) "{text}")', end


def _code(name: str, entry: str, passed: list[int], segments: str) -> bytes:
    """The contract; its regions end before those that it allocates."""
    (kind,) = (row.func_type for row in FUNCTIONS if row.name == name)
    params = " ".join(TYPES[param] for param in kind.params)
    results = " ".join(TYPES[result] for result in kind.results)
    number = {"i32": "i64.extend_i32_u", "i64": "", "": "i64.const 0"}[results]
    numbers = " ".join(f"i32.const {pointer}" for pointer in passed)
    third = "(param i32)" if entry == "execute" else ""
    return wat_to_wasm(f"""(module
      (import "env" "{name}" (func $function (param {params}) (result {results})))
      {BASE.replace('"memory") 2', f'"memory") {PAGES}')} {segments}
      (data (i32.const {RESULT}) "{_region(RESULT + REGION, b"", 8, 8)}")
      (func (export "{entry}") (param i32 i32) {third} (result i32) (local $number i64)
        {numbers} call $function {number} local.set $number
        (i64.store (i32.const {RESULT + REGION}) (local.get $number))
        i32.const {RESULT}))""")
