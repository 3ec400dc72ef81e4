"""A gas report: every unit that a call or a transaction paid for, with its reason.

Amounts are in units of the schedule, exact; only `Figures` are in gas. What adds up:

* a call: its parts, and what its sub-calls used less their stipends, add up to what it
  used;
* a transaction: its parts and what its message used add up to `gas_used` gas.

`remainder` is what is left unexplained; it is 0, or there is a bug.
"""

from dataclasses import dataclass

from contractvm.hosts.amounts import StartPrices
from contractvm.hosts.evm.interface import CallStatus


@dataclass(frozen=True, slots=True)
class Part:
    """One line: `count` of something cost `units`, negative for what was given back.

    `group` is one of "transaction", "calldata", "start", "instructions", "memory",
    "locals", "host", "storage", "value", "precompile", "deposit", "failure", "refund",
    "rounding"; `name` says what it is within the group.
    """

    group: str
    name: str
    count: int
    units: int


@dataclass(frozen=True, slots=True)
class FunctionCost:
    """A func of the contract: `own_units` are its instructions' and host calls'.

    `inclusive_units` has its callees and sub-calls too; a recursive func counts once.
    """

    func_index: int
    name: str
    calls: int
    own_units: int
    inclusive_units: int


@dataclass(frozen=True, slots=True)
class LineCost:
    """A line of source: its instructions, how often they ran and what they cost."""

    file: str
    line: int
    executions: int
    units: int


@dataclass(frozen=True, slots=True)
class KeyCost:
    """What a slot, or a key of the state, cost: `count` times, for what `name` says."""

    key: bytes
    name: str
    count: int
    units: int


@dataclass(frozen=True, slots=True)
class Stack:
    """Units spent with these names on the stack, outermost first, within one call."""

    frames: tuple[str, ...]
    units: int


@dataclass(frozen=True, slots=True)
class CallReport:
    """One message call, creation or precompile, with the calls that it made.

    `kind` is a MessageKind's value, or "precompile". `stipend_units` is gas that the
    callee had and the caller did not pay. `value` is in wei, and moved unless the call
    failed. `calls_at` has, for each of `calls`, the
    stack of the caller's funcs and host function that it was made from. `lines` are
    those of instructions that ran; `has_lines` says whether the module has any.
    `debug_fault` says what of its debug information cannot be read, None for nothing.
    """

    kind: str
    sender: bytes
    recipient: bytes
    code_address: bytes
    status: CallStatus
    error: str | None
    given_units: int
    stipend_units: int
    used_units: int
    parts: tuple[Part, ...]
    functions: tuple[FunctionCost, ...]
    lines: tuple[LineCost, ...]
    stacks: tuple[Stack, ...]
    calls: tuple["CallReport", ...]
    calls_at: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    value: int = 0
    keys: tuple[KeyCost, ...] = ()
    start_prices: StartPrices | None = None
    has_lines: bool = False
    debug_fault: str | None = None

    @property
    def remainder(self) -> int:
        """Units of this call alone, without its sub-calls, that no part explains."""
        explained = sum(part.units for part in self.parts)
        explained += sum(call.used_units - call.stipend_units for call in self.calls)
        return self.used_units - explained


@dataclass(frozen=True, slots=True)
class Figures:
    """Gas by its mode; each is a different question.

    `tx`: what the transaction pays. `call`: what the message used, without intrinsic
    gas and before the refund, rounded up. `net`: that without its sub-calls.
    `required`: the smallest gas limit with which it succeeds, where it was searched.
    """

    tx: int
    call: int
    net: int
    required: int | None = None


@dataclass(frozen=True, slots=True)
class GasReport:
    """A transaction, or a call as if it were one, explained.

    `parts` are those around the message: intrinsic gas, refund, rounding.
    `host_functions` are the names in stacks that are host functions.
    """

    title: str
    schedule: str
    schedule_hash: bytes
    units_per_gas: int
    gas_limit: int
    gas_used: int
    figures: Figures
    parts: tuple[Part, ...]
    call: CallReport
    notes: tuple[str, ...] = ()
    host_functions: frozenset[str] = frozenset()

    @property
    def remainder(self) -> int:
        """Units that no part explains, of the transaction and of every call in it."""
        explained = sum(part.units for part in self.parts) + self.call.used_units
        total = abs(self.gas_used * self.units_per_gas - explained)
        waiting = [self.call]
        while waiting:
            call = waiting.pop()
            total += abs(call.remainder)
            waiting.extend(call.calls)
        return total
