"""Replays of cases, compared with the results that they expect."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from chain_sim.ethereum.capture.case import CapturedOutcome, Case, CaseBlock
from chain_sim.ethereum.capture.errors import WitnessIncomplete
from chain_sim.ethereum.capture.running import run_blocks
from chain_sim.ethereum.capture.witness import WitnessDatabase, check_witness
from chain_sim.ethereum.execution.engine_choice import choose_engine
from chain_sim.ethereum.execution.placed_transaction import BlockHashes, S
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.text import format_address, format_data
from contractvm.hosts.evm.interface import CallStatus, Log
from contractvm.metering.names import INSTRUMENTATION_VERSION
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from gas_schedule.arguments import as_kind

Shown = dict[str, str]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A field of the transaction at `place` that differs from what the case expects."""

    place: str
    field: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a case, up to the first transaction that deviates.

    `notes` say what has changed since the case was made.
    """

    outcomes: tuple[CapturedOutcome, ...]
    deviations: tuple[Deviation, ...]
    notes: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether everything is as the case expects."""
        return not self.deviations


def replay_case(
    case: Case, engine: str = DEFAULT_ENGINE, *, cross_check: bool = False
) -> Replayed:
    """Run a case on its own state, after checking the witness against its root.

    With `cross_check`, on both engines: EngineDifference if they disagree. Raises
    MalformedCase for an invalid witness, WitnessIncomplete if the run needs more than
    it has, UnknownHostInterface, UnknownFork and UnknownFeeMarket.
    """
    as_kind(case, "case", Case)
    check_witness(case.state_root, case.nodes, case.codes)
    database = WitnessDatabase(case.nodes, case.codes)
    schedule, interface = case.rules.read_schedule(), case.rules.find_host()
    choice = choose_engine(engine, schedule, interface, cross_check=cross_check)

    def open_state(kind: type[S], /) -> S:
        return kind(database, case.state_root)

    executor = choice.executor(open_state)
    fork = find_fork(case.rules.fork, case.rules.fees)
    run = run_blocks(executor, case.blocks, _hashes_for, fork)
    outcomes, deviations = _compare(case, run)
    return Replayed(tuple(outcomes), tuple(deviations), _notes(case))


def _compare(
    case: Case, run: Iterator[CapturedOutcome]
) -> tuple[list[CapturedOutcome], list[Deviation]]:
    outcomes: list[CapturedOutcome] = []
    for place, expected in zip(case.places(), case.outcomes, strict=True):
        try:
            found = next(run)
        except InvalidTransaction as error:
            refused = Deviation(place, "validity", "it runs", str(error))
            return outcomes, [refused]
        outcomes.append(found)
        shown, wanted = shown_outcome(found), shown_outcome(expected)
        deviations = [
            Deviation(place, field, wanted[field], value)
            for field, value in shown.items()
            if value != wanted[field]
        ]
        if deviations:
            return outcomes, deviations
    return outcomes, []


def shown_outcome(outcome: CapturedOutcome) -> Shown:
    """Every field of an outcome as text, by its name in the file."""
    result = outcome.result
    created = result.created
    return {
        "status": status_name(result.status),
        "gasUsed": str(result.gas_used),
        "unitsLeft": str(result.units_left),
        "output": format_data(result.output),
        "logs": ", ".join(map(_shown_log, result.logs)) or "none",
        "created": "nothing" if created is None else format_address(created),
        "error": "none" if result.error is None else repr(result.error),
        "stateRoot": format_data(outcome.state_root),
    }


def status_name(status: CallStatus) -> str:
    """The status as text: `success`, `failure`, `reverted`."""
    return status.name.lower()


def _shown_log(log: Log) -> str:
    topics = " ".join(map(format_data, log.topics))
    return f"[{format_data(log.address)} [{topics}] {format_data(log.data)}]"


def _hashes_for(block: CaseBlock) -> BlockHashes:
    return partial(_block_hash, dict(block.block_hashes))


def _block_hash(hashes: dict[int, bytes | None], number: int) -> bytes | None:
    if number not in hashes:
        raise WitnessIncomplete("hash of block", number)
    return hashes[number]


def _notes(case: Case) -> tuple[str, ...]:
    version = case.rules.instrumentation_version
    if version == INSTRUMENTATION_VERSION:
        return ()
    return (
        f"the case was made with instrumentation version {version},"
        f" this program has version {INSTRUMENTATION_VERSION}",
    )
