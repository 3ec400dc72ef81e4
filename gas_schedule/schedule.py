"""One version of all costs, as a value that cannot change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

WORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class InstructionCost:
    """Units for executing an instruction once, and for each byte or element it names.

    `memory.grow` has its size-dependent part in `GasSchedule.memory_page`. A `br_table`
    also costs `per_entry` for each label but the default, a `call_indirect` `per_param`
    for each parameter of its type.
    """

    base: int
    per_byte: int = 0
    per_element: int = 0
    per_entry: int = 0
    per_param: int = 0


@dataclass(frozen=True, slots=True)
class HostCost:
    """Gas for one call of a host function.

    `amounts` holds what is due under a condition that only the host can see, by name:
    `value_transfer`, `new_account`, `new_slot`, `per_topic`.
    """

    base: int
    per_byte: int = 0
    per_word: int = 0
    amounts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def for_bytes(self, byte_count: int) -> int:
        """Gas for a call that handles so many bytes; words of 32 bytes round up."""
        words = (byte_count + WORD_BYTES - 1) // WORD_BYTES
        return self.base + self.per_byte * byte_count + self.per_word * words


@dataclass(frozen=True, slots=True)
class GasSchedule:
    """All costs: instructions in units, everything else in gas.

    An instruction that is absent from `instructions` is forbidden. `memory_page` is
    the units for each page that memory grows by, `local` those for each declared local
    of a func, due on every call of it. `content_hash` is the SHA-256 of the file.
    """

    name: str
    description: str
    units_per_gas: int
    memory_page: int
    local: int
    instructions: Mapping[str, InstructionCost]
    host: Mapping[str, HostCost]
    transaction: Mapping[str, int]
    precompiles: Mapping[str, int]
    content_hash: bytes

    @property
    def free_jumps(self) -> tuple[str, ...]:
        """The instructions that could go round for ever and cost nothing.

        A loop goes round by a branch, a recursion by a call. Where this is empty, no
        execution without end is free, whatever else costs nothing.
        """
        return tuple(
            [
                mnemonic
                for mnemonic in ("br", "br_if", "br_table", "call", "call_indirect")
                if mnemonic in self.instructions
                and self.instructions[mnemonic].base == 0
            ]
        )

    def units_from_gas(self, gas: int) -> int:
        """Whole gas in units; exact."""
        return gas * self.units_per_gas

    def gas_from_units(self, units: int) -> int:
        """Used units in gas, rounded up, so that no work is free."""
        return -(-units // self.units_per_gas)
