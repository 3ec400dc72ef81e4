"""A run as it was recorded: frames in the order in which they began, with quantities.

`Recording` is handed to whoever runs messages; each message call gets a `FrameRecord`.
A frame's quantities are kept in segments, which end where a sub-call begins: how much
gas a callee gets depends on what its caller has left just then (EIP-150), so a record
can only be priced anew segment by segment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contractvm.engine import PreparedModule
from contractvm.engines.interface import Instance
from contractvm.errors import ContractVmError, InternalError, OutOfGas
from contractvm.host.interface import CallResult, CallStatus, Message
from contractvm.ledger.quantities import (
    DEPOSIT_BYTE,
    INITIAL_PAGE,
    Kind,
    Quantities,
    Quantity,
    add_quantities,
    host_charge,
)
from gas_schedule.schedule import GasSchedule

ROOT_NODE = 0  # of the tree of calls inside an instance: outside any func

# The gas of a precompiled contract for the input that it was given.
PrecompilePrice = Callable[[Mapping[str, int]], int]


@dataclass(slots=True)
class Segment:
    """What a frame did between two sub-calls; host charges by their node."""

    host: dict[int, Quantities] = field(default_factory=dict)

    def book(self, node: int, counted: Mapping[Quantity, int]) -> None:
        """Add what was counted while `node` was current."""
        add_quantities(self.host.setdefault(node, {}), counted)


@dataclass(frozen=True, slots=True)
class SubCall:
    """Where a frame ran another: by which host function, from which node.

    `gas` was asked for, None for as much as can be given; `units_left` is what the
    caller had. `callee` is the number of its frame.
    """

    function: str
    node: int
    gas: int | None
    has_stipend: bool
    units_left: int
    callee: int


@dataclass(frozen=True, slots=True)
class Precompile:
    """Which precompiled contract a frame is, and its price under any schedule."""

    name: str
    price: PrecompilePrice


class FrameRecord:
    """The books of one message call, creation or precompile.

    `segments` are one more than `sub_calls`, and stand around them.
    """

    def __init__(self, number: int, message: Message) -> None:
        self.number = number
        self.message = message
        self.code: bytes = b""
        self.prepared: PreparedModule | None = None
        self.precompile: Precompile | None = None
        self.segments = [Segment()]
        self.sub_calls: list[SubCall] = []
        self.deposit: Quantities = {}
        self.deposited_code = b""
        self.has_stipend = False
        self.status = CallStatus.FAILURE
        self.units_left = 0
        self.error: ContractVmError | None = None
        self.last_booked: tuple[int, Quantity] | None = None
        self._pending: tuple[str, int, int | None, bool, int] | None = None

    # What the frame tells (contractvm.host.recording).

    def module_prepared(self, prepared: PreparedModule) -> None:
        """The initial memory is charged next."""
        self.prepared = prepared
        if prepared.initial_pages:
            self._book({INITIAL_PAGE: prepared.initial_pages})

    def instance_made(self, instance: Instance) -> None:
        """The code is about to run."""

    def host_call(self, name: str, length: int) -> None:
        """A host function is charged."""
        self._book(host_charge(name, length))

    def host_amount(self, name: str, amount: str, count: int) -> None:
        """It is charged what is due under a condition."""
        self._book({Quantity(Kind.HOST_AMOUNT, name, amount): count})

    def gas_named(self, name: str, gas: int) -> None:
        """It is charged what the contract said."""
        self._book({Quantity(Kind.GAS, name): gas})

    def slot_stored(self, effect: str) -> None:
        """A storageStore turned out to do this."""
        self._book({Quantity(Kind.STORED, effect): 1})

    def gas_forwarded(
        self, name: str, gas: int | None, has_stipend: bool, units_left: int
    ) -> None:
        """A sub-call comes next."""
        self._pending = (name, self._node, gas, has_stipend, units_left)

    def code_ended(self) -> None:
        """The code runs no more."""

    # What the chain tells.

    def callee_began(self, callee: "FrameRecord") -> None:
        """The sub-call that was announced has begun: a new segment."""
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
        """There is code to run; a creation's message knows its account by now."""
        self.message = message
        self.code = code

    def precompile_priced(self, name: str, price: PrecompilePrice) -> None:
        """The frame is a precompiled contract."""
        self.precompile = Precompile(name, price)

    def code_deposited(self, code: bytes) -> None:
        """A creation is charged for the code that it leaves."""
        self.deposit[DEPOSIT_BYTE] = len(code)
        self.deposited_code = code

    def ended(self, result: CallResult) -> None:
        """What the frame came to."""
        self.status = result.status
        self.units_left = result.gas_left
        self.error = result.error

    @property
    def shortfall(self) -> int | None:
        """Units that its last charge was short of, None unless it ran out of gas."""
        return self.error.shortfall if isinstance(self.error, OutOfGas) else None

    def counted(self, segment: int) -> Quantities:
        """What one segment did."""
        total: Quantities = {}
        for counted in self.segments[segment].host.values():
            add_quantities(total, counted)
        return total

    @property
    def _node(self) -> int:
        return ROOT_NODE

    def _book(self, counted: Quantities) -> None:
        node = self._node
        self.segments[-1].book(node, counted)
        self.last_booked = (node, next(iter(counted)))


@dataclass(frozen=True, slots=True)
class Settlement:
    """What stands around the message of a transaction; gas in gas, bytes counted.

    `refund` is what contracts were promised, `self_destruct_count` the accounts that
    go; `gas_used` is after the refund.
    """

    gas_limit: int
    is_creation: bool
    zero_byte_count: int
    nonzero_byte_count: int
    refund: int
    self_destruct_count: int
    gas_used: int


class Recording:
    """The books of one transaction; also the recorder that is told of its frames."""

    def __init__(self, schedule: GasSchedule, title: str = "") -> None:
        self.schedule = schedule
        self.title = title
        self.frames: list[FrameRecord] = []
        self.settlement: Settlement | None = None
        self._open: list[FrameRecord] = []

    def begin(self, message: Message) -> FrameRecord:
        """A message is about to run, called by the frame that began last."""
        frame = FrameRecord(len(self.frames), message)
        if self._open:
            self._open[-1].callee_began(frame)
        elif self.frames:
            raise InternalError("a recording of two transactions")
        self.frames.append(frame)
        self._open.append(frame)
        return frame

    def end(self, result: CallResult) -> None:
        """The frame that began last, of those that run, came to `result`."""
        self._open.pop().ended(result)

    @property
    def is_complete(self) -> bool:
        """Whether everything that began has ended, and was settled."""
        return bool(self.frames) and not self._open and self.settlement is not None
