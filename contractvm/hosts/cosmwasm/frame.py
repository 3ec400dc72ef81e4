"""A contract's instance as its host functions see it."""

from collections.abc import Callable
from dataclasses import dataclass

from contractvm.errors import OutOfGas
from contractvm.hosts.cosmwasm.backend import Backend, Cost
from contractvm.hosts.cosmwasm.costs import CryptoCosts, RegionCosts, RuleChoices
from contractvm.hosts.cosmwasm.errors import (
    CommunicationErr,
    GasDepletion,
    MaxCallDepthExceeded,
    RuntimeErr,
)
from contractvm.hosts.cosmwasm.gas import VmGas
from contractvm.hosts.cosmwasm.regions import (
    check_capacity,
    check_length,
    copy_in,
    copy_out,
    load_region,
)
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.wasm.engines.suspension import (
    GuestCall,
    GuestCallOutcome,
    Suspension,
)
from contractvm.wasm.structure.types import FuncType, ValType
from gas_schedule.schedule import GasSchedule

MODULE = "env"
ALLOCATE = "allocate"
ALLOCATE_TYPE = FuncType((ValType.I32,), (ValType.I32,))

DebugHandler = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class ChainQuery:
    """A contract's question to the chain; the answer may use up to `gas_limit`."""

    request: bytes
    gas_limit: int


class Frame:
    """What host functions work on: gas, memory, and the chain.

    `debug_handler` gets what contracts print, with the gas that is left.
    """

    def __init__(
        self,
        backend: Backend,
        schedule: GasSchedule,
        debug_handler: DebugHandler | None = None,
    ) -> None:
        self.storage, self.api, self.querier = backend
        self.regions = schedule.section(RegionCosts)
        self.crypto = schedule.section(CryptoCosts)
        self.debug_handler = debug_handler
        self.reads_debug = (
            schedule.section(RuleChoices).debug_always_reads == 1
            or debug_handler is not None
        )
        self._host_costs = schedule.host_costs[MODULE]
        self.is_read_only = False
        self._is_allocating = False
        self.gas: VmGas
        self.memory: GuestMemory

    def begin(self, gas: VmGas, memory: GuestMemory) -> None:
        """Attach an instance."""
        self.gas = gas
        self.memory = memory

    def enter(self, name: str) -> None:
        """Charge a call of host function `name`."""
        self.gas.begin(name)
        self.gas.charge(self._host_costs[name].base)

    def pay(self, cost: Cost, key: bytes = b"") -> None:
        """Charge what an answer of the chain cost, about a `key` if there is one."""
        self.gas.charge(cost.internal, cost.external, key)

    def read(self, pointer: int, limit: int) -> bytes:
        """The bytes of a region, charged; raises CommunicationErr."""
        offset, _, length = load_region(self.memory, pointer)
        self.gas.charge(self.regions.read(length))
        check_length(length, limit)
        return copy_out(self.memory, offset, length)

    def read_if_any(self, pointer: int, limit: int) -> bytes | None:
        """The same, None where the pointer is 0."""
        return self.read(pointer, limit) if pointer else None

    def write(self, pointer: int, data: bytes) -> None:
        """Write into a region of the contract, charged; raises CommunicationErr."""
        offset, capacity, _ = load_region(self.memory, pointer)
        self.gas.charge(self.regions.write(len(data)))
        check_capacity(capacity, len(data))
        copy_in(self.memory, pointer, offset, data)

    def give(self, data: bytes) -> Suspension:
        """Have the contract allocate a region for `data`; the result is its pointer.

        Raises MaxCallDepthExceeded inside of another allocation.
        """
        if self._is_allocating:
            raise MaxCallDepthExceeded
        self._is_allocating = True
        function = self.gas.current

        def complete(outcome: GuestCallOutcome) -> int:
            self._is_allocating = False
            self.gas.current = function
            pointer = self._allocated(outcome)
            self.write(pointer, data)
            return pointer

        call = GuestCall(ALLOCATE, ALLOCATE_TYPE, (len(data),))
        return Suspension(call, complete)

    def _allocated(self, outcome: GuestCallOutcome) -> int:
        if isinstance(outcome.stopped, OutOfGas):
            raise GasDepletion
        if outcome.stopped is not None:
            raise RuntimeErr(trap_text(outcome.stopped))
        pointer = outcome.values[0]
        if not isinstance(pointer, int) or pointer == 0:
            raise CommunicationErr("Got a zero Wasm address")
        return pointer


def trap_text(reason: Exception) -> str:
    """Why a contract stopped, in the words of the virtual machine."""
    return f"Wasmer runtime error: RuntimeError: {reason}"
