"""Sections of a failed test's report: where the contract failed, and its trace."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_testing.contracts.connection import ChainConnection
from contract_testing.contracts.failures import ContractFailure
from contractvm.errors import ContractVmError
from contractvm.ledger.source_text import SourceText
from contractvm.ledger.where import Where

MAX_FRAMES = 20
MAX_CAUSES = 8
MAX_TRACE_LINES = 200
MAX_TRACES = 20


def failure_sections(
    error: BaseException, *, with_trace: bool, level: int = 0
) -> list[tuple[str, str]]:
    """`contract where` and `contract trace` of a contract's failure.

    That is the error, or a cause of it. `level` is how much more the trace shows.
    """
    found: BaseException | None = error
    for _ in range(MAX_CAUSES):
        if found is None or isinstance(found, ContractFailure):
            break
        found = found.__cause__ or found.__context__
    if not isinstance(found, ContractFailure):
        return []
    sections = []
    if found.where is not None:
        sections.append(("contract where", "\n".join(where_lines(found.where))))
    with suppress(ContractVmError):
        trace = found.trace() if with_trace else None
        if trace is not None:
            lines = trace.at_level(level, MAX_TRACE_LINES)
            sections.append(("contract trace", "\n".join(lines)))
    return sections


def transaction_sections(
    chain: Blockchain, receipts: Sequence[TransactionReceipt], level: int = 0
) -> list[tuple[str, str]]:
    """A trace of each transaction that is still on the chain, the first twenty."""
    connection = ChainConnection(chain)
    sections = []
    for receipt in receipts[:MAX_TRACES]:
        with suppress(ContractVmError):
            trace = connection.trace(receipt.transaction_hash)
            lines = trace.at_level(level, MAX_TRACE_LINES)
            sections.append(("contract trace", "\n".join(lines)))
    return sections


def where_lines(where: Where) -> list[str]:
    """The frames, and the innermost line of source."""
    names = max((len(frame.func_name) for frame in where.frames), default=0)
    lines = [where.reason]
    for frame in where.frames[:MAX_FRAMES]:
        lines.append(
            f"  {frame.func_name.ljust(names)}  {frame.place}  code {frame.offset:#x}"
        )
    hidden = len(where.frames) - MAX_FRAMES
    if hidden > 0:
        lines.append(f"  ... {hidden} more")
    first = where.frames[0] if where.frames else None
    if first is not None and first.file is not None and first.line is not None:
        text = SourceText([Path.cwd()]).line(first.file, first.line)
        if text is not None:
            lines.append(f"  {first.line} | {text}")
    return lines
