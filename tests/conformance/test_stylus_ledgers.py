"""The ledger of every transaction of the Stylus vectors: it closes, to the ink."""

import pytest

from chain_sim.ethereum.execution.engine_choice import (
    engine_with_schedule,
    traced_engine,
)
from chain_sim.ethereum.stylus_tests import own_transactions
from chain_sim.ethereum.stylus_tests.own_transactions import run_own_transactions
from tests.helpers.stylus_ledgers import recording_chains
from tests.helpers.vectors import vectors_folder

INK = 10_000


def test_the_parts_of_every_transaction_are_what_it_paid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = vectors_folder("stylus")
    found = recording_chains(monkeypatch, own_transactions)
    engine = traced_engine(engine_with_schedule("stylus-1"))
    rows = list(run_own_transactions(folder, engine))
    assert [row.case for row in rows if row.difference] == []
    assert len(found) == len(rows)
    for outcome, report in found:
        parts = sum(part.units for part in report.parts)
        assert parts + report.call.used_units == outcome.gas_used * INK
        assert report.remainder == 0
