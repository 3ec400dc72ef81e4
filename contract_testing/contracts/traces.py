"""Traces of transactions as trees of text and as JSON, decoded by known ABIs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chain_sim.ethereum.chain.call_trace import CallStep, CallTrace, HostStep
from chain_sim.ethereum.gas_report.report_totals import every_call
from chain_sim.ethereum.primitives.text import format_data
from contract_testing.contracts.address import Address as ShownAddress
from contract_testing.contracts.book import Book
from contract_testing.contracts.descriptions import SELECTOR_BYTES
from contract_testing.contracts.events import read_log
from contract_testing.contracts.shapes import results_of
from contract_testing.contracts.trace_documents import MAX_DEPTH, trace_document
from contract_testing.contracts.trace_reading import LOGS, TraceReading, log_of
from contractvm.hosts.evm.interface import CREATE, REVERTED
from contractvm.ledger.report import FunctionCost, GasReport

MAX_NODES = 10_000
# The level from which on funcs are shown.
FUNCTIONS = 2
SHOWN_BYTES = 32
GREAT = 10**15
GLYPHS = ("\u251c\u2500 ", "\u2514\u2500 ", "\u2502  ", "\u2190 ", "\u2192 ", "\u2717 ")
ASCII_GLYPHS = ("|- ", "`- ", "|  ", "<- ", "-> ", "x ")
EFFECTS = ("storageStore", "storage_cache_bytes32", "storage_flush_cache", *LOGS)
MAX_FUNCTIONS = 10
# The most characters of a text that a contract wrote.
MAX_TEXT = 400
STORAGE = frozenset(
    {
        *("storageLoad", "storageStore", "storage_load_bytes32"),
        *("storage_cache_bytes32", "storage_flush_cache"),
        *("transient_load_bytes32", "transient_store_bytes32"),
    }
)
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

    `shows_storage` is what reads and writes slots instead of effects, `only` the one
    contract whose host calls are shown. `report`, of the same run, adds the funcs of
    each message with their own gas.
    """

    shows_host: bool = False
    shows_storage: bool = False
    only: bytes | None = None
    report: GasReport | None = None
    max_nodes: int = MAX_NODES
    max_depth: int = MAX_DEPTH
    is_ascii: bool = False


PLAIN = TraceOptions()


class TraceText:
    """Writes the tree of a trace."""

    def __init__(self, book: Book, units_per_gas: int, options: TraceOptions) -> None:
        self._book = book
        self._reading = TraceReading(book)
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
                trace.messages(),
                every_call(self._options.report),
                strict=True,
            )
            self._functions = {id(step): call.functions for step, call in pairs}
        self._reading.learn(trace)
        lines = [self._head(trace.root), *self._inside(trace.root, "", 1)]
        if trace.left_out:
            lines.append(f"truncated: {trace.left_out:,} host calls were not recorded")
        return lines

    def _inside(self, call: CallStep, indent: str, depth: int) -> Iterator[str]:
        """The lines below a message, and its end."""
        branch, last, bar, *_ = self._glyphs
        for line in self._function_lines(call):
            yield f"{indent}{branch}{line}"
        shown = [step for step in call.steps if self._is_shown(call, step)]
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

    def _is_shown(self, call: CallStep, step: HostStep | CallStep) -> bool:
        if isinstance(step, CallStep):
            return True
        if self._options.only not in {None, bytes(call.recipient)}:
            return False
        if self._options.shows_host:
            return step.name not in SENDING
        return step.name in (STORAGE if self._options.shows_storage else EFFECTS)

    def _head(self, call: CallStep) -> str:
        """`call Token::transfer(bob, 9) value 1 wei [8,120]`."""
        message = call.message
        address = call.recipient
        name = self._book.name_of(address) if address else "a new account"
        decoded = self._reading.call(call)
        what = format_data(message.data[:SELECTOR_BYTES])
        if message.kind is CREATE:
            text = f"create {name}"
        else:
            if decoded is not None:
                function, arguments = decoded
                shown = ", ".join(map(self.value, arguments))
                what = f"{function.name}({shown})"
            kind = "" if message.depth == 0 else f"{message.kind.value} "
            text = f"{kind}{name}::{what}" if message.data else f"{kind}{name}"
        value = f" value {message.value} wei" if message.value else ""
        place = place_text(self._reading.sent_at(call))
        return f"{text}{value} [{self._gas(self._used(call))}]{place}"

    def _host(self, call: CallStep, step: HostStep) -> str:
        arrow = self._glyphs[4]
        if step.name == "storageStore" and len(step.read) > 1:
            before = step.before or b""
            slot, after = (part.content for part in step.read)
            text = f"storageStore {slot_text(slot)}: {word_text(before)} {arrow}"
            text += word_text(after)
        elif step.name in LOGS:
            log, abi = log_of(call, step), self._reading.abi(call)
            text = f"emit {read_log(log, 0, abi, self.value)}"
        else:
            given = [data_text(part.content, part.length) for part in step.read]
            given = given or [str(number) for number in step.arguments]
            text = f"{step.name}({', '.join(given)})"
            found = [data_text(part.content, part.length) for part in step.written]
            if step.result is not None:
                found.append(str(step.result))
            text += f" {arrow}{', '.join(found)}" if found else ""
        place = place_text(self._reading.line(call, step))
        if not self._options.shows_host and step.name in LOGS:
            return shown_text(text) + place
        used = "" if step.end is None else f" [{self._gas(step.start - step.end)}]"
        return shown_text(text) + used + place

    def _end(self, call: CallStep) -> str:
        result = call.result
        if result is None:
            return "did not end"
        if result.succeeded:
            return f"{self._glyphs[3]}{self._returned(call)}"
        what = str(result.error)
        if result.status is REVERTED:
            what = self._reading.error(call, result.output).what
        place = place_text(self._reading.stopped_at(call))
        return f"{self._glyphs[5]}{shown_text(what)}{place}"

    def _returned(self, call: CallStep) -> str:
        result = call.result
        output = b"" if result is None else result.output
        if call.message.kind is CREATE:
            return f"{len(output)} bytes of code" if output else "created"
        decoded = self._reading.call(call)
        if decoded is not None and decoded[0].outputs:
            is_decoded, value = results_of(decoded[0].outputs, output)
            if is_decoded:
                return shown_text(self.value(value))
        return data_text(output, len(output)) if output else "()"

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
        return shown_text(repr(value))

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
    explain: Callable[[], GasReport]

    def at_level(self, level: int, max_nodes: int = MAX_NODES) -> list[str]:
        """The tree: 1 has every host call, 2 the Wasm funcs of each message too."""
        report = self.explain() if level >= FUNCTIONS else None
        return self.lines(
            TraceOptions(shows_host=level > 0, report=report, max_nodes=max_nodes)
        )

    def lines(self, options: TraceOptions = PLAIN) -> list[str]:
        """The tree."""
        return TraceText(self.book, self.units_per_gas, options).lines(self.recorded)

    def to_json(self) -> dict[str, Any]:
        """As `contractvm trace --json` writes it."""
        return trace_document(self.recorded, self.facts, self.units_per_gas, self.book)

    def __str__(self) -> str:
        return "\n".join(self.lines())


def place_text(line: tuple[str, int] | None) -> str:
    """`  vault.c:19`, to put after a step; empty where no line is known."""
    return "" if line is None else shown_text(f"  {line[0]}:{line[1]}")


def shown_text(text: str) -> str:
    """What a contract may have written: on one line, and cut if it is long."""
    left_out = len(text) - MAX_TEXT
    cut = f"{text[:MAX_TEXT]}... {left_out:,} more" if left_out > 0 else text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in cut
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
