"""Traces of transactions as trees of text and as JSON, decoded by known ABIs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chain_sim.ethereum.abi.functions import revert_reason
from chain_sim.ethereum.chain.call_trace import CallStep, CallTrace, HostStep
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.gas_report.report_totals import every_call
from chain_sim.ethereum.primitives.text import Address, format_address, format_data
from contract_testing.contracts.address import Address as ShownAddress
from contract_testing.contracts.book import Book
from contract_testing.contracts.descriptions import SELECTOR_BYTES, Function
from contract_testing.contracts.events import read_log
from contract_testing.contracts.failures import reverted
from contract_testing.contracts.shapes import decode, results_of
from contractvm.hosts.evm.interface import CREATE, REVERTED, Log
from contractvm.ledger.report import FunctionCost, GasReport
from gas_schedule.schedule import GasSchedule

MAX_NODES, MAX_DEPTH = 10_000, 64
SHOWN_BYTES = 32
WORD_BITS = 256
WORD_BYTES = 32
GREAT = 10**15
GLYPHS = ("\u251c\u2500 ", "\u2514\u2500 ", "\u2502  ", "\u2190 ", "\u2192 ", "\u2717 ")
ASCII_GLYPHS = ("|- ", "`- ", "|  ", "<- ", "-> ", "x ")
FORMAT, FORMAT_VERSION = "contractvm-trace", 1
LOGS = ("log", "emit_log")
EFFECTS = ("storageStore", "storage_cache_bytes32", "storage_flush_cache", *LOGS)
MAX_FUNCTIONS = 10
ENDS = ("finish", "revert")
# These are steps of their own: the message that they send.
SENDING = frozenset(
    {
        *("call", "callCode", "callDelegate", "callStatic", "create", "create1"),
        *("create2", "call_contract", "delegate_call_contract"),
        "static_call_contract",
    }
)


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """What a trace shows; `shows_host` is every host call.

    `report`, of the same run, adds the funcs of each message with their own gas.
    """

    shows_host: bool = False
    report: GasReport | None = None
    max_nodes: int = MAX_NODES
    max_depth: int = MAX_DEPTH
    is_ascii: bool = False


PLAIN = TraceOptions()


class TraceText:
    """Writes the tree of a trace."""

    def __init__(self, book: Book, units_per_gas: int, options: TraceOptions) -> None:
        self._book = book
        self._per_gas = units_per_gas
        self._options = options
        self._left = options.max_nodes
        self._functions: dict[int, tuple[FunctionCost, ...]] = {}
        self._glyphs = ASCII_GLYPHS if options.is_ascii else GLYPHS

    def lines(self, trace: CallTrace) -> list[str]:
        """The tree, and how much was left out."""
        if trace.root is None:
            return ["nothing ran"]
        if self._options.report is not None:
            # Both have every message, in the order in which they began.
            pairs = zip(
                every_message(trace.root),
                every_call(self._options.report),
                strict=True,
            )
            self._functions = {id(step): call.functions for step, call in pairs}
        lines = [self._head(trace.root), *self._inside(trace.root, "", 1)]
        if trace.left_out:
            lines.append(f"truncated: {trace.left_out:,} host calls were not recorded")
        return lines

    def _inside(self, call: CallStep, indent: str, depth: int) -> Iterator[str]:
        """The lines below a message, and its end."""
        branch, last, bar, *_ = self._glyphs
        for line in self._function_lines(call):
            yield f"{indent}{branch}{line}"
        shown = [step for step in call.steps if self._is_shown(step)]
        if depth > self._options.max_depth and shown:
            yield f"{indent}{branch}... {len(shown):,} steps deeper"
            shown = []
        for place, step in enumerate(shown):
            if self._left <= 0:
                yield f"{indent}{branch}and {len(shown) - place:,} more"
                break
            self._left -= 1
            if isinstance(step, CallStep):
                yield f"{indent}{branch}{self._head(step)}"
                yield from self._inside(step, indent + bar, depth + 1)
            else:
                yield f"{indent}{branch}{self._host(call, step)}"
        if call.left_out:
            yield f"{indent}{branch}and {call.left_out:,} host calls not recorded"
        yield f"{indent}{last}{self._end(call)}"

    def _function_lines(self, call: CallStep) -> Iterator[str]:
        functions = self._functions.get(id(call), ())
        for cost in functions[:MAX_FUNCTIONS]:
            times = "1 call" if cost.calls == 1 else f"{cost.calls:,} calls"
            yield f"func {cost.name}, {times} [own {self._gas(cost.own_units)}]"
        if len(functions) > MAX_FUNCTIONS:
            yield f"and {len(functions) - MAX_FUNCTIONS:,} more funcs"

    def _is_shown(self, step: HostStep | CallStep) -> bool:
        if isinstance(step, CallStep):
            return True
        if self._options.shows_host:
            return step.name not in SENDING
        return step.name in EFFECTS

    def _head(self, call: CallStep) -> str:
        """`call Token::transfer(bob, 9) value 1 wei [8,120]`."""
        message = call.message
        address = call.recipient
        name = self._book.name_of(address) if address else "a new account"
        function, arguments = self._decoded(call)
        what = format_data(message.data[:SELECTOR_BYTES])
        if message.kind is CREATE:
            text = f"create {name}"
        else:
            if function is not None:
                shown = ", ".join(map(self.value, arguments))
                what = f"{function.name}({shown})"
            kind = "" if message.depth == 0 else f"{message.kind.value} "
            text = f"{kind}{name}::{what}" if message.data else f"{kind}{name}"
        value = f" value {message.value} wei" if message.value else ""
        return f"{text}{value} [{self._gas(self._used(call))}]"

    def _host(self, call: CallStep, step: HostStep) -> str:
        arrow = self._glyphs[4]
        if step.name == "storageStore" and len(step.read) > 1:
            before = step.before or b""
            slot, after = (part.content for part in step.read)
            text = f"storageStore {slot_text(slot)}: {word_text(before)} {arrow}"
            text += word_text(after)
        elif step.name in LOGS:
            text = (
                f"emit {read_log(log_of(call, step), 0, self._abi(call), self.value)}"
            )
        else:
            given = [data_text(part.content, part.length) for part in step.read]
            given = given or [str(number) for number in step.arguments]
            text = f"{step.name}({', '.join(given)})"
            found = [data_text(part.content, part.length) for part in step.written]
            if step.result is not None:
                found.append(str(step.result))
            text += f" {arrow}{', '.join(found)}" if found else ""
        if not self._options.shows_host and step.name in LOGS:
            return text
        used = "" if step.end is None else f" [{self._gas(step.start - step.end)}]"
        return text + used

    def _end(self, call: CallStep) -> str:
        result = call.result
        if result is None:
            return "did not end"
        if result.succeeded:
            return f"{self._glyphs[3]}{self._returned(call)}"
        if result.status is REVERTED:
            abi = self._abi(call)
            own = () if abi is None else abi.errors
            what = reverted(result.output, own, self._book.errors()).what
            return f"{self._glyphs[5]}{what}"
        return f"{self._glyphs[5]}{result.error}"

    def _returned(self, call: CallStep) -> str:
        result = call.result
        output = b"" if result is None else result.output
        if call.message.kind is CREATE:
            return f"{len(output)} bytes of code" if output else "created"
        function, _ = self._decoded(call)
        if function is not None and function.outputs:
            is_decoded, value = results_of(function.outputs, output)
            if is_decoded:
                return self.value(value)
        return data_text(output, len(output)) if output else "()"

    # Decoding

    def _abi(self, call: CallStep) -> Any:
        return self._book.abi_at(call.message.code_address or call.recipient)

    def _decoded(self, call: CallStep) -> tuple[Function | None, tuple[Any, ...]]:
        abi = self._abi(call)
        data = call.message.data
        for function in () if abi is None else abi.functions:
            if data[:SELECTOR_BYTES] == function.abi.selector:
                values = decode(function.inputs, data[SELECTOR_BYTES:])
                if values is not None:
                    return function, values
        return None, ()

    def value(self, value: Any) -> str:
        """A value in a line: names of addresses, large numbers with their size too."""
        if isinstance(value, ShownAddress):
            return self._book.name_of(value)
        if isinstance(value, bytes):
            return data_text(value, len(value))
        if isinstance(value, int) and not isinstance(value, bool) and value >= GREAT:
            return f"{value} [{scientific(value)}]"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.value, value))})"
        return repr(value)

    def _used(self, call: CallStep) -> int:
        left = 0 if call.result is None else call.result.gas_left
        return call.message.gas - left

    def _gas(self, units: int) -> str:
        return f"{-(-units // self._per_gas):,}"


@dataclass(frozen=True, slots=True)
class Trace:
    """A recorded transaction; `str` is its tree."""

    recorded: CallTrace
    book: Book
    facts: Mapping[str, Any]
    units_per_gas: int

    def lines(self, options: TraceOptions = PLAIN) -> list[str]:
        """The tree."""
        return TraceText(self.book, self.units_per_gas, options).lines(self.recorded)

    def to_json(self) -> dict[str, Any]:
        """As `contractvm trace --json` writes it."""
        return trace_document(self.recorded, self.facts, self.units_per_gas)

    def __str__(self) -> str:
        return "\n".join(self.lines())


def every_message(root: CallStep) -> Iterator[CallStep]:
    """All messages of a trace, each before those that it sends."""
    waiting = [root]
    while waiting:
        step = waiting.pop()
        yield step
        waiting.extend(
            inner for inner in reversed(step.steps) if isinstance(inner, CallStep)
        )


def log_of(call: CallStep, step: HostStep) -> Log:
    """The log that a host call made."""
    data, *topics = step.read
    if step.name == "emit_log":
        start = WORD_BYTES * step.arguments[2]
        words = (
            data.content[at : at + WORD_BYTES] for at in range(0, start, WORD_BYTES)
        )
        return Log(bytes(call.recipient), tuple(words), data.content[start:])
    count = min(step.arguments[2], len(topics))
    return Log(
        bytes(call.recipient),
        tuple(each.content for each in topics[:count]),
        data.content,
    )


def data_text(content: bytes, length: int) -> str:
    """Bytes in hex, the first 32 of many."""
    if length <= SHOWN_BYTES:
        return f"0x{content.hex()}"
    return f"0x{content[:SHOWN_BYTES].hex()}... {length:,} bytes"


def slot_text(slot: bytes) -> str:
    """The key of a slot: a small number as such."""
    number = int.from_bytes(slot, "big")
    return str(number) if number < GREAT else f"0x{slot.hex()}"


def word_text(word: bytes) -> str:
    """What a slot holds: a small number as such."""
    return slot_text(word)


def scientific(value: int) -> str:
    """`1e18`, `1.5e18`, cut to four digits."""
    digits = str(value)
    mantissa = f"{digits[0]}.{digits[1:4]}".rstrip("0").rstrip(".")
    return f"{mantissa}e{len(digits) - 1}"


def trace_facts(
    schedule: GasSchedule, transaction_hash: bytes | None, result: TransactionResult
) -> dict[str, Any]:
    """What a trace's JSON says of the transaction; without a hash it is a call."""
    return {
        "transaction": None
        if transaction_hash is None
        else format_data(transaction_hash),
        "schedule": schedule.name,
        "scheduleHash": format_data(schedule.content_hash),
        "engine": "interpreter",
        "status": "success" if result.succeeded else "failed",
        "gas": {"tx": str(result.gas_used * schedule.units_per_gas)},
    }


def trace_document(
    trace: CallTrace, facts: Mapping[str, Any], units_per_gas: int
) -> dict[str, Any]:
    """The trace as JSON; `facts` are those of the transaction. Units are text."""
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        **facts,
        "unitsPerGas": units_per_gas,
        "truncated": bool(trace.left_out),
        "call": None if trace.root is None else call_document(trace.root),
    }


def call_document(root: CallStep) -> dict[str, Any]:
    """A message with its steps, and with messages inside up to a depth.

    Readers of JSON recurse.
    """
    document = message_document(root)
    waiting = [(root, document, 1)]
    while waiting:
        call, filled, depth = waiting.pop()
        if depth > MAX_DEPTH and call.steps:
            filled["steps"].append({"kind": "truncated", "left": len(call.steps)})
            continue
        for step in call.steps:
            if isinstance(step, CallStep):
                inner = message_document(step)
                filled["steps"].append({"kind": "call", "call": inner})
                waiting.append((step, inner, depth + 1))
            else:
                filled["steps"].append(host_document(step))
        if call.left_out:
            filled["steps"].append({"kind": "truncated", "left": call.left_out})
    return document


def message_document(call: CallStep) -> dict[str, Any]:
    """A message without its steps."""
    message, result = call.message, call.result
    error = None
    if result is not None and not result.succeeded:
        reason = revert_reason(result.output)
        error = {
            "kind": "revert" if result.status is REVERTED else "failure",
            "text": reason
            or ("reverted" if result.error is None else str(result.error)),
        }
    return {
        "type": message.kind.value,
        "from": format_address(Address(message.sender)),
        "to": format_address(Address(call.recipient)) if call.recipient else None,
        "value": hex(message.value),
        "input": format_data(message.data),
        "units": str(message.gas - (0 if result is None else result.gas_left)),
        "output": format_data(b"" if result is None else result.output),
        "error": error,
        "steps": [],
    }


def host_document(step: HostStep) -> dict[str, Any]:
    """A host call: raw values, and units before and after."""
    return {
        "kind": "host",
        "name": step.name,
        "arguments": list(step.arguments),
        "args": [format_data(part.content) for part in step.read],
        "outs": [format_data(part.content) for part in step.written],
        "start": str(step.start),
        "end": None if step.end is None else str(step.end),
    }
