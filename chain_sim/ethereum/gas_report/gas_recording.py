"""Recordings of runs: frames in the order of their starts, with quantities.

A `Recording` observes message calls; each one gets a `FrameRecord`.
A frame's quantities are kept in segments, which end where a sub-call begins: how much
gas a callee gets depends on the gas left to its caller at that point (EIP-150), so a
record can only be priced again segment by segment.
"""

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from chain_sim.ethereum.execution.settlement import Settlement
from contractvm.errors import ContractVmError, InternalError, OutOfGas
from contractvm.hosts.amounts import Amount, StartPrices
from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.evm.interface import CallResult, CallStatus, Message
from contractvm.ledger.module_counts import ModuleCounts
from contractvm.ledger.quantities import (
    Quantities,
    Quantity,
    QuantityKind,
    add_quantities,
    amount_quantities,
    host_charge,
    initial_quantities,
)
from contractvm.runtime.pipeline import PreparedModule
from contractvm.wasm.engines.interface import Instance
from contractvm.wasm.engines.tracing import CallNode
from contractvm.wasm.interpreter.instance import ModuleInstance
from contractvm.wasm.interpreter.trace import Trace
from gas_schedule.schedule import GasSchedule

DEPOSITED_BYTE = Quantity(
    QuantityKind.SECTION, TransactionCosts.SECTION, "code_deposit_per_byte"
)
ROOT_NODE = 0  # node of an instance's call tree: outside any func

# The gas of a precompiled contract for its recorded input.
PrecompilePrice = Callable[[PrecompileCosts], int]


@dataclass(slots=True)
class Segment:
    """What a frame did between two sub-calls.

    `host` has host charges by the node that made them, `sites` how often each site of
    the instrumented module was passed, and the sum of the sizes there.
    """

    host: dict[int, Quantities] = field(default_factory=dict)
    sites: dict[int, tuple[int, int]] = field(default_factory=dict)

    def book(self, node: int, counted: Mapping[Quantity, int]) -> None:
        """Add quantities counted while `node` was current."""
        add_quantities(self.host.setdefault(node, {}), counted)


@dataclass(frozen=True, slots=True)
class SubCall:
    """A sub-call of a frame: its host function and node.

    `gas` is the amount requested, None for as much as possible; `units_left` is what
    the caller had. `callee` is the number of the callee's frame.
    """

    function: str
    node: int
    gas: int | None
    has_stipend: bool
    units_left: int
    callee: int


@dataclass(frozen=True, slots=True)
class RecordedPrecompile:
    """The precompiled contract that a frame is, and its price under any schedule."""

    name: str
    price: PrecompilePrice


class FrameRecord(MessageObserver):
    """The gas recording of one message call, creation or precompile.

    There is one more of `segments` than of `sub_calls`, which are between them.
    """

    def __init__(
        self, number: int, message: Message, modules: dict[bytes, ModuleCounts]
    ) -> None:
        self._modules = modules
        self.number = number
        self.message = message
        self.code: bytes = b""
        self.module: ModuleCounts | None = None
        self.precompile: RecordedPrecompile | None = None
        self.segments = [Segment()]
        self.sub_calls: list[SubCall] = []
        self.returned_code = b""
        self.deposit: Quantities = {}
        # By slot and by what was paid for there: how often, and the units.
        self.keys: dict[tuple[bytes, str], tuple[int, int]] = {}
        self.start_prices: StartPrices | None = None
        self.has_stipend = False
        self.status = CallStatus.FAILURE
        self.units_left = 0
        self.error: ContractVmError | None = None
        self.nodes: tuple[CallNode, ...] = (CallNode(None, None, 0, 0),)
        self.is_truncated = False
        # Where the charge was made that could not be paid: a node of the tree, and the
        # host function, "" for the instrumented code.
        self.unpaid_at = (ROOT_NODE, "")
        self._trace: Trace | None = None
        self._passed: tuple[array[int], array[int]] = (array("Q"), array("Q"))
        self._last_host = ""
        self._pending: tuple[str, int, int | None, bool, int] | None = None

    # Callbacks of the frame (contractvm.hosts.evm.observer).

    def module_prepared(self, prepared: PreparedModule) -> None:
        """The cost of making an instance is charged next."""
        self.module = self._modules.get(self.code)
        if self.module is None:
            self.module = self._modules[self.code] = ModuleCounts(prepared)
        self._book(initial_quantities(prepared.initial_work))

    def instance_made(self, instance: Instance) -> None:
        """The code is about to run."""
        trace = instance.trace if isinstance(instance, ModuleInstance) else None
        if trace is None:
            raise InternalError("gas is recorded of traced instances only")
        self._trace = trace
        self._passed = (trace.counts, trace.sizes)

    def host_call(self, module: str, name: str, length: int) -> None:
        """A host function is charged."""
        self._last_host = name
        self._book(host_charge(module, name, length))

    def host_amount(self, module: str, name: str, amount: str, count: int) -> None:
        """It is charged a conditional cost."""
        self._book({Quantity(QuantityKind.HOST_AMOUNT, name, amount, module): count})

    def gas_named(self, module: str, name: str, gas: int) -> None:
        """It is charged an amount given by the contract."""
        self._book({Quantity(QuantityKind.GAS, name, module=module): gas})

    def module_unpacked(self, wasm: bytes) -> None:
        """The module is what is named and shown."""
        self.code = wasm

    def amount_charged(self, amount: Amount) -> None:
        """An amount was taken."""
        self._book(amount_quantities(amount))
        if amount.key:
            count, units = self.keys.get((amount.key, amount.name), (0, 0))
            self.keys[amount.key, amount.name] = count + 1, units + amount.units

    def start_priced(self, prices: StartPrices) -> None:
        """The start has these prices."""
        self.start_prices = prices

    def charge_failed(self) -> None:
        """A host function's charge was more than the gas left."""
        self.unpaid_at = (self._node, self._last_host)

    def effect_known(self, module: str, name: str, effect: str) -> None:
        """The host call had this effect."""
        self._book({Quantity(QuantityKind.EFFECT, name, effect, module): 1})

    def gas_forwarded(
        self, name: str, gas: int | None, has_stipend: bool, units_left: int
    ) -> None:
        """A sub-call is about to begin."""
        self._count_sites()
        self._pending = (name, self._node, gas, has_stipend, units_left)

    def code_ended(self) -> None:
        """The code has ended."""
        if self._trace is None:
            return
        self._count_sites()
        self.nodes = self._trace.nodes
        self.is_truncated = self._trace.is_truncated
        if self.unpaid_at == (ROOT_NODE, ""):
            self.unpaid_at = (self._trace.stopped_node, "")
        self._trace = None
        self._passed = (array("Q"), array("Q"))

    # Callbacks of the chain.

    def callee_began(self, callee: "FrameRecord") -> None:
        """The announced sub-call has begun: start a new segment."""
        if self._pending is None:
            raise InternalError("a message without a frame that sent it")
        name, node, gas, has_stipend, units_left = self._pending
        self._pending = None
        callee.has_stipend = has_stipend
        self.sub_calls.append(
            SubCall(name, node, gas, has_stipend, units_left, callee.number)
        )
        self.segments.append(Segment())

    def code_found(self, message: Message, code: bytes) -> None:
        """There is code to run; a creation's message has its account by now."""
        self.message = message
        self.code = code

    def precompile_priced(self, name: str, price: PrecompilePrice) -> None:
        """The frame is a precompiled contract."""
        self.precompile = RecordedPrecompile(name, price)

    def code_returned(self, code: bytes) -> None:
        """A creation's init code succeeded and returned this."""
        self.returned_code = code

    def deposit_charged(self) -> None:
        """The returned code was accepted and charged for."""
        self.deposit[DEPOSITED_BYTE] = len(self.returned_code)

    def ended(self, result: CallResult) -> None:
        """The frame's result."""
        self.status = result.status
        self.units_left = result.gas_left
        self.error = result.error

    @property
    def shortfall(self) -> int | None:
        """Units missing for its last charge; None unless it ran out of gas."""
        return self.error.shortfall if isinstance(self.error, OutOfGas) else None

    def counted(self, segment: int) -> Quantities:
        """What one segment did."""
        total: Quantities = {}
        for counted in self.segments[segment].host.values():
            add_quantities(total, counted)
        if self.module is not None:
            add_quantities(total, self.module.counted(self.segments[segment].sites))
        return total

    @property
    def sites(self) -> dict[int, tuple[int, int]]:
        """How often each site was passed in total, and the sum of the sizes there."""
        total: dict[int, tuple[int, int]] = {}
        for segment in self.segments:
            for site, (count, size) in segment.sites.items():
                old_count, old_size = total.get(site, (0, 0))
                total[site] = (old_count + count, old_size + size)
        return total

    @property
    def _node(self) -> int:
        return ROOT_NODE if self._trace is None else self._trace.current_node

    def _book(self, counted: Quantities) -> None:
        self.segments[-1].book(self._node, counted)

    def _count_sites(self) -> None:
        """Add the sites passed since the last call to the newest segment."""
        if self._trace is None:
            raise InternalError("a frame without an instance sends messages")
        now = (self._trace.counts, self._trace.sizes)
        before, self._passed = self._passed, now
        rows = zip(*before, *now, strict=True)
        self.segments[-1].sites = {
            site: (count - old_count, size - old_size)
            for site, (old_count, old_size, count, size) in enumerate(rows)
            if count != old_count
        }


class Recording(TransactionObserver):
    """The gas recording of one transaction; also the observer of its frames."""

    def __init__(self, schedule: GasSchedule, title: str = "") -> None:
        self.schedule = schedule
        self.title = title
        self.frames: list[FrameRecord] = []
        self.settlement: Settlement | None = None
        self._open: list[FrameRecord] = []
        self._modules: dict[bytes, ModuleCounts] = {}

    def begin(self, message: Message) -> FrameRecord:
        """A message is about to run, called by the newest frame."""
        frame = FrameRecord(len(self.frames), message, self._modules)
        if self._open:
            self._open[-1].callee_began(frame)
        elif self.frames:
            raise InternalError("a recording of two transactions")
        self.frames.append(frame)
        self._open.append(frame)
        return frame

    def end(self, result: CallResult) -> None:
        """The newest running frame ended with `result`."""
        self._open.pop().ended(result)

    @property
    def is_complete(self) -> bool:
        """Whether every frame has ended and was settled."""
        return bool(self.frames) and not self._open and self.settlement is not None
