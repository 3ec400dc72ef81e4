"""Captured messages: one file with the state that they read, and what they did.

No root proves the state: a root is the hash of a sum over all entries. The file has the
sum, so that the roots after the messages can be computed from what they changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from msgspec import Struct

from chain_sim.cosmos.chain.block_ledger import block_after
from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.sent_messages import MessageRuns, SentMessage
from chain_sim.cosmos.chain.transactions import TransactionOutcome
from chain_sim.cosmos.context import BlockInfo
from chain_sim.cosmos.files.documents import (
    check_config,
    check_sent,
    decode_document,
    encode_document,
    hex_pairs,
    read_document,
    read_hex,
    read_pairs,
)
from chain_sim.cosmos.files.errors import CaseUnbounded, MalformedChainFile
from chain_sim.cosmos.files.partial_states import (
    KeyRange,
    PartialState,
    RecordingState,
)
from chain_sim.cosmos.releases import find_rules
from chain_sim.cosmos.state.block_store import BlockHeader
from chain_sim.cosmos.state.multiset_hash import NUMBER_BYTES, MultisetHash
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.wasm.handlers import Handlers
from chain_sim.cosmos.wasm.machine import CODE_BYTES
from contractvm.errors import InternalError
from contractvm.runtime.engine_selection import DEFAULT_ENGINE, make_engine
from contractvm.wasm.engines.interface import Engine

FORMAT: Final = "contractvm-cosmos-case"
MAX_CASE_BYTES = 64 * 1024 * 1024
# SDK gas of all messages: half an hour of the slowest code.
MAX_TRUSTED_GAS = 100_000_000
GREATEST_TIME = 2**63 - 1
# What reading a stranger's records may raise.
NONSENSE = (ValueError, LookupError, TypeError, ArithmeticError, InternalError)
Outcome = dict[str, Any]
T = TypeVar("T")


class CaseStep(
    Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """A message, and what it did; `root` is the state's after it.

    Its block is `seconds` later than usual.
    """

    sent: SentMessage
    outcome: Outcome
    root: str
    seconds: int = 0


class CosmosCase(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Everything that messages depend on, and their results.

    The block before the first has this `height`, `time` in nanoseconds, and `total`,
    which its root is the hash of. `ranges` are the parts of the state that are known:
    `entries` has all that they hold.
    """

    format: Literal["contractvm-cosmos-case"]
    version: Literal[1]
    note: str
    release: str
    prefix: str
    chain_id: str
    height: int
    time: int
    total: str
    ranges: tuple[tuple[str, str], ...]
    entries: tuple[tuple[str, str], ...]
    steps: tuple[CaseStep, ...]


class CaseStart(Struct, frozen=True):
    """The chain that messages meet: its rules, its newest block, and its state."""

    release: str
    prefix: str
    chain_id: str
    height: int
    time: int
    total: bytes
    entries: Mapping[bytes, bytes]


Planned = tuple[SentMessage, int]


def capture_message(
    chain: CosmosChain, sent: SentMessage, height: int | None = None
) -> CosmosCase:
    """The case of a message that would be sent now, or after the block at `height`.

    The chain does not change. Raises InvalidChainArgument for a block that it has not,
    and NotSimulated.
    """
    header = chain.head if height is None else chain.block(height)
    return make_case(start_after(chain, header), [(sent, 0)])


def capture_past(chain: CosmosChain, height: int) -> CosmosCase:
    """The case of the message that the block at `height` keeps.

    Raises InvalidChainArgument where none is kept, or where it does not do the same
    now, and NotSimulated for one that needs handlers.
    """
    past = chain.transaction(height)
    start = start_after(chain, chain.block(height - 1))
    return make_case(start, [(past.sent, past.seconds)])


def start_after(chain: CosmosChain, header: BlockHeader) -> CaseStart:
    """The chain as it was after a block."""
    entries = chain.blocks.entries_at(header.height)
    made = MultisetHash()
    made.change(entries.items(), ())
    config = chain.config
    return CaseStart(
        config.release,
        config.prefix,
        config.chain_id,
        header.height,
        header.time,
        made.to_bytes(),
        entries,
    )


def make_case(
    start: CaseStart,
    messages: Iterable[Planned],
    note: str = "",
    handlers: Handlers | None = None,
) -> CosmosCase:
    """The case of messages, each with how many seconds later than usual it comes.

    They run now, on the interpreter; a replay needs the same `handlers`. Raises
    NotSimulated.
    """
    state = RecordingState(start.entries)
    steps = tuple(
        CaseStep(sent, outcome_document(outcome), root.hex(), seconds)
        for sent, seconds, outcome, root in _run(
            start, state, messages, make_engine(DEFAULT_ENGINE), handlers
        )
    )
    ranges = state.ranges()
    known = OrderedState(start.entries)
    entries = [pair for first, end in ranges for pair in known.range(first, end)]
    return CosmosCase(
        format=FORMAT,
        version=1,
        note=note,
        release=start.release,
        prefix=start.prefix,
        chain_id=start.chain_id,
        height=start.height,
        time=start.time,
        total=start.total.hex(),
        ranges=hex_pairs(ranges),
        entries=hex_pairs(entries),
        steps=steps,
    )


def outcome_document(outcome: TransactionOutcome) -> Outcome:
    """All that a message did, for JSON; `error` is None where it succeeded."""
    return {
        **outcome.document(),
        "error": None if outcome.error is None else str(outcome.error),
    }


class CaseDeviation(Struct, frozen=True):
    """A field of the step at `place` that is not what the case expects."""

    place: str
    field: str
    expected: str
    found: str


class ReplayedCase(Struct, frozen=True):
    """What a case did now, up to the first step that deviates."""

    outcomes: tuple[Outcome, ...]
    root: bytes
    deviations: tuple[CaseDeviation, ...]


def replay_case(
    case: CosmosCase, engine: str = DEFAULT_ENGINE, handlers: Handlers | None = None
) -> ReplayedCase:
    """Run a case on its own state, and compare.

    Raises MalformedChainFile, StateIncomplete where it lacks state, NotSimulated and
    UnknownEngine.
    """
    start, ranges = read_start(case)
    state = PartialState(start.entries, ranges)
    messages = [(step.sent, step.seconds) for step in case.steps]
    outcomes: list[Outcome] = []
    root = MultisetHash.from_bytes(start.total).root
    run = _run(start, state, messages, make_engine(engine), handlers)
    for place, (_, _, outcome, root) in enumerate(_refusing_nonsense(run)):
        step = case.steps[place]
        found = outcome_document(outcome)
        outcomes.append(found)
        here = {**found, "root": root.hex()}
        wanted = {**step.outcome, "root": step.root}
        deviations = tuple(
            CaseDeviation(
                f"steps[{place}]", name, str(wanted.get(name)), str(here.get(name))
            )
            for name in {**wanted, **here}
            if wanted.get(name) != here.get(name)
        )
        if deviations:
            return ReplayedCase(tuple(outcomes), root, deviations)
    return ReplayedCase(tuple(outcomes), root, ())


def _refusing_nonsense(run: Iterable[T]) -> Iterator[T]:
    """The same; raises MalformedChainFile where it met a state that no chain writes."""
    try:
        yield from run
    except NONSENSE as error:
        reason = f"a state that no chain writes: {type(error).__name__}: {error}"
        raise MalformedChainFile("entries", reason) from error


def require_bounded(case: CosmosCase) -> None:
    """Raise CaseUnbounded if the case may take very long."""
    gas = sum(step.sent.gas_limit for step in case.steps)
    if gas > MAX_TRUSTED_GAS:
        raise CaseUnbounded(gas, MAX_TRUSTED_GAS)


def _run(
    start: CaseStart,
    state: OrderedState,
    messages: Iterable[Planned],
    engine: Engine,
    handlers: Handlers | None,
) -> Iterable[tuple[SentMessage, int, TransactionOutcome, bytes]]:
    """Each message in a block of its own, if it makes one."""
    runs = MessageRuns(find_rules(start.release), start.prefix, engine, handlers)
    total = MultisetHash.from_bytes(start.total)
    height, time = start.height, start.time
    for sent, seconds in messages:
        is_query = sent.entry == "query"
        block = block_after(height, time, start.chain_id, seconds)
        if is_query:
            block = BlockInfo(height, time, start.chain_id)
        mark = state.mark()
        outcome = runs.run(state, block, sent)
        if outcome.error is None and not is_query:
            total.apply(state.changes_since(mark))
            height, time = block.height, block.time
        yield sent, seconds, outcome, total.root


def encode_case(case: CosmosCase) -> bytes:
    """The file's content."""
    return encode_document(case)


def read_case(path: Path) -> CosmosCase:
    """The case in the file at `path`; raises MalformedChainFile and OSError."""
    case = read_document(path, CosmosCase, MAX_CASE_BYTES)
    read_start(case)
    return case


def decode_case(content: bytes) -> CosmosCase:
    """Inverse of encode_case, checked; raises MalformedChainFile."""
    case = decode_document(content, CosmosCase)
    read_start(case)
    return case


def read_start(case: CosmosCase) -> tuple[CaseStart, list[KeyRange]]:
    """The start of a case and what is known of it; raises MalformedChainFile."""
    check_config(case.release, case.prefix)
    total = read_hex(case.total, "total")
    if len(total) != NUMBER_BYTES:
        raise MalformedChainFile("total", f"{len(total)} bytes, not {NUMBER_BYTES}")
    for name, number in (("height", case.height), ("time", case.time)):
        if not 0 <= number <= GREATEST_TIME:
            raise MalformedChainFile(name, f"{number} is out of range")
    ranges = read_pairs(case.ranges, "ranges")
    _check_ranges(ranges)
    entries = read_pairs(case.entries, "entries")
    _check_entries(entries, ranges)
    for place, step in enumerate(case.steps):
        if not 0 <= step.seconds <= GREATEST_TIME // 10**10:
            raise MalformedChainFile(f"steps[{place}].seconds", "out of range")
        check_sent(step.sent, f"steps[{place}].sent")
    start = CaseStart(
        case.release,
        case.prefix,
        case.chain_id,
        case.height,
        case.time,
        total,
        dict(entries),
    )
    return start, ranges


def _check_ranges(ranges: list[KeyRange]) -> None:
    last = b""
    for place, (start, end) in enumerate(ranges):
        if start >= end or (place and start <= last):
            raise MalformedChainFile(f"ranges[{place}]", "empty, or touches another")
        last = end


def _check_entries(entries: list[KeyRange], ranges: list[KeyRange]) -> None:
    """Entries lie in the ranges, and codes have their own hashes."""
    state = PartialState({}, ranges)
    for place, (key, value) in enumerate(entries):
        if not state.knows(key):
            raise MalformedChainFile(f"entries[{place}]", "in none of the ranges")
        if key.startswith(CODE_BYTES) and sha256(value).digest() != key[1:]:
            raise MalformedChainFile(f"entries[{place}]", "a code without its hash")
