"""Coverage of a campaign: what the sequences of its corpus and its findings execute."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from contract_fuzz.campaign.coordinator import CampaignState
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.case_files import CaseReplays
from contract_fuzz.cases.sequences import Transactions
from contract_fuzz.cosmos.cases import CosmosStart
from contract_fuzz.cosmos.executor import CosmosExecutor
from contract_testing.contracts.book import Book
from contract_testing.coverage.cosmos_recorder import CosmosRecorder
from contract_testing.coverage.counts import AllCounts, write_counts
from contract_testing.coverage.recorder import RunCounter
from contract_testing.coverage.report import lcov_text, make_report
from contractvm_cli.fuzzing.targets import FuzzTarget
from contractvm_cli.module_files import read_module

LCOV_SUFFIX = ".info"


def write_coverage(target: FuzzTarget, state: CampaignState, path: Path) -> None:
    """Write the counts into a folder, or lcov's form into a file called `*.info`.

    Each sequence of the corpus runs once more: together they reach all that any case
    has reached. Raises OSError.
    """
    sequences = [entry.transactions for entry in state.entries]
    sequences += [found.finding.transactions for found in state.findings.values()]
    counts = counted(target, sequences)
    if path.suffix != LCOV_SUFFIX:
        write_counts(path, f"fuzz-{target.campaign.seed}", counts)
        return
    root = Path.cwd()
    report = make_report(counts, root)
    path.write_text(lcov_text(report), encoding="utf-8")


def counted(target: FuzzTarget, sequences: Sequence[Transactions]) -> AllCounts:
    """How often the instructions of all contracts run."""
    book = Book()
    if target.contract.exists():
        book.learn_build_beside(target.contract, read_module(target.contract))
    start = target.campaign.start
    if isinstance(start, CosmosStart):
        messages = CosmosRecorder(book)
        executor = CosmosExecutor.plain(start)
        for sequence in sequences:
            for ledger in executor.ledgers(sequence):
                messages.take(ledger)
        return messages.counts
    replays = CaseReplays(start)
    calls = RunCounter(replays.engine, book)
    for sequence in sequences:
        for placed in placed_transactions(replays, sequence):
            calls.call(placed)
    return calls.counts


def placed_transactions(
    replays: CaseReplays, sequence: Sequence[CaseTransaction]
) -> Iterator[RepeatableTransaction]:
    """The transactions of a sequence, each after the blocks of those before it.

    One that a chain refuses makes no block.
    """
    position = replays.begin
    for transaction in sequence:
        try:
            after = replays.after(position, transaction)
        except InvalidTransaction:
            continue
        yield replays.place(position, transaction)
        position = after
