"""A gas report as stacks: where each unit was spent, from the transaction inwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from chain_sim.ethereum.primitives.text import Address, format_address
from contractvm.ledger.report import CallReport, GasReport, Stack

# Deeper stacks are more than any viewer shows.
MAX_DEPTH = 500
HOST_SUFFIX = " [host]"


class FrameKind(Enum):
    """The kind of thing a name on a stack is."""

    TRANSACTION = "transaction"
    MESSAGE = "message call"
    FUNC = "Wasm func"
    HOST = "host function"
    COST = "other cost"


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One name on a stack."""

    name: str
    kind: FrameKind


Path = tuple[StackFrame, ...]


def gas_stacks(report: GasReport) -> dict[Path, int]:
    """Units by stack; all of them add up to the gas used.

    Refunds are negative. A stack deeper than MAX_DEPTH is cut and its units added to
    the rest.
    """
    spent: dict[Path, int] = {}
    for path, units in _every_stack(report):
        shown = path[:MAX_DEPTH]
        spent[shown] = spent.get(shown, 0) + units
    return {path: units for path, units in spent.items() if units}


def _every_stack(report: GasReport) -> Iterator[tuple[Path, int]]:
    root: Path = (root_frame(report),)
    for part in report.parts:
        name = f"{part.group}: {part.name}"
        yield (*root, StackFrame(name, FrameKind.TRANSACTION)), part.units
    waiting = [(root, report.call)]
    while waiting:
        above, call = waiting.pop()
        path = (*above, StackFrame(message_name(call), FrameKind.MESSAGE))
        yield from _own_stacks(path, call, report.host_functions)
        for sub_call, at in zip(call.calls, call.calls_at, strict=True):
            place = (*path, *_frames_at(at))[:MAX_DEPTH]
            # The stipend reduces the cost of the caller's host function.
            yield place, -sub_call.stipend_units
            waiting.append((place, sub_call))


def root_frame(report: GasReport) -> StackFrame:
    """The frame that every stack starts with."""
    return StackFrame(report.title, FrameKind.TRANSACTION)


def _own_stacks(
    path: Path, call: CallReport, host_functions: frozenset[str]
) -> Iterator[tuple[Path, int]]:
    """The call without its sub-calls; if it has no stacks, its parts."""
    if not call.stacks:
        for part in call.parts:
            name = f"{part.group}: {part.name}"
            yield (*path, StackFrame(name, FrameKind.COST)), part.units
        return
    funcs = {function.name for function in call.functions}
    for stack in call.stacks:
        yield (*path, *_frames_of(stack, funcs, host_functions)), stack.units


def _frames_of(
    stack: Stack, funcs: set[str], host_functions: frozenset[str]
) -> Iterator[StackFrame]:
    """Only the last name can be something other than a func of the contract."""
    for position, name in enumerate(stack.frames):
        is_last = position == len(stack.frames) - 1
        if not is_last or name in funcs:
            yield StackFrame(name, FrameKind.FUNC)
        elif name in host_functions:
            yield host_frame(name)
        else:
            yield StackFrame(name, FrameKind.COST)


def _frames_at(at: tuple[str, ...]) -> Iterator[StackFrame]:
    """The stack a sub-call was made from: funcs, then a host function."""
    for name in at[:-1]:
        yield StackFrame(name, FrameKind.FUNC)
    for name in at[-1:]:
        yield host_frame(name)


def host_frame(name: str) -> StackFrame:
    """A host function on a stack."""
    return StackFrame(name + HOST_SUFFIX, FrameKind.HOST)


def message_name(call: CallReport) -> str:
    """`call 0x5FbD...0aa3`: short, for stacks and trees."""
    if not call.code_address:  # a creation that never got an account
        return call.kind
    return f"{call.kind} {short_address(call.code_address)}"


def short_address(address: bytes) -> str:
    """The two ends of an address."""
    text = format_address(Address(address))
    return f"{text[:6]}...{text[-4:]}"
