"""The published transactions, in order: runs, and comparison with what is expected."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.stylus_tests.own_chain import ADDRESSES, OwnChain, OwnOutcome
from chain_sim.ethereum.stylus_tests.vector_files import VectorRow, read_rows
from contractvm.hosts.stylus.parameters import parameters_of
from contractvm.runtime.pipeline import Pipeline

FILE = "golden-own.csv"
NOT_GIVEN = "not given"
# Transactions with which a fresh chain begins, by the end of their name.
FRESH = (
    "/counter number, fresh",
    "/erc20 mint 1000 to sender",
    "/proxy call counter increment",
    "/cache load",
    "/revm-account-info input 0",
)
ON_ITS_OWN_CHAIN = "with 25000 gas after intrinsic: flush cannot be paid"
CACHED = "program cached"
SAME_BLOCK = "second in the same block"
LISTED = "slot and address in the access list"
ZERO_KEY = Hash32(bytes(32))


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A row of the file, and how its transaction ended."""

    case: str
    expected: VectorRow | None
    outcome: OwnOutcome

    @property
    def difference(self) -> str | None:
        """The first column that differs; None where all agree or none is given."""
        if self.expected is None:
            return None
        found = columns_of(self.outcome)
        for name, value in found.items():
            if self.expected[name] != value:
                return f"{name}: {value}, expected {self.expected[name]}"
        return None


def columns_of(outcome: OwnOutcome) -> dict[str, str]:
    """The columns of a row that a transaction decides."""
    return {
        "result": outcome.status,
        "output": outcome.output.hex(),
        "intrinsic_gas": str(outcome.intrinsic),
        "surcharge_gas": "" if outcome.surcharge is None else str(outcome.surcharge),
        "gas_used_before_refund": str(outcome.used_before_refund),
        "refund": str(outcome.refund),
        "gas_used": str(outcome.gas_used),
        "logs": str(outcome.log_count),
        "ever_pages": str(outcome.ever_pages),
    }


def run_own_transactions(folder: Path, engine: Pipeline) -> Iterator[OwnRow]:
    """Run all transactions of the file, those without expectations too."""
    chain: OwnChain | None = None
    for row in read_rows(folder.joinpath(FILE)):
        if chain is None or row["case"].endswith(FRESH):
            chain = _fresh(folder, engine, row)
        used = chain
        if row["case"].endswith(ON_ITS_OWN_CHAIN):
            used = _fresh(folder, engine, row)
        expected = None if row["result"] == NOT_GIVEN else row
        yield OwnRow(row["case"], expected, _run(used, row))


def _fresh(folder: Path, engine: Pipeline, row: VectorRow) -> OwnChain:
    version, arbos = row.number("stylus_version"), row.number("arbos")
    parameters = replace(parameters_of(arbos), version=version)
    return OwnChain(engine, parameters, folder)


def _run(chain: OwnChain, row: VectorRow) -> OwnOutcome:
    if row["contract"] not in ADDRESSES:
        raise row.refused(f"no program {row['contract'][:40]!r}")
    address, case = ADDRESSES[row["contract"]], row["case"]
    is_cached = case.endswith(CACHED)
    if is_cached:
        chain.set_cached(address, is_cached=True)
    outcome = chain.run(
        address,
        row.data("calldata"),
        row.number("gas_limit"),
        row.number("value"),
        ((address, (ZERO_KEY,)),) if case.endswith(LISTED) else (),
        is_same_block=case.endswith(SAME_BLOCK),
    )
    if is_cached:
        chain.set_cached(address, is_cached=False)
    return outcome
