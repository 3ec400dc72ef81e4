"""The comparison of one token on three chains: its gas, exactly, and its table."""

import pytest

from benchmarks.three_chains import rows, table_line
from tests.helpers.source_tree import ROOT


@pytest.mark.parametrize("engine", ["interpreter", "wasmtime"])
def test_the_gas_is_what_the_page_says(engine: str) -> None:
    page = (ROOT / "docs" / "building.md").read_text()
    lines = [table_line(row) for row in rows(engine)]
    assert [line for line in lines if line not in page] == []
