"""The table of functions: complete, priced, and as docs/wasi.md shows it."""

import re

import pytest

from contractvm.hosts.registry import find_host
from contractvm.hosts.wasi.command_run import DEFAULT_SCHEDULE
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.functions import FUNCTIONS
from contractvm.hosts.wasi.host_interface import INTERFACE
from contractvm.hosts.wasi.layouts import LAYOUTS
from contractvm.hosts.wasi.limits import WasiLimits
from gas_schedule.file_format import MNEMONICS
from gas_schedule.loader import load_schedule
from tests.helpers.source_tree import ROOT
from tests.helpers.wasi_docs import charges

PAGE = ROOT.joinpath("docs", "wasi.md").read_text()
TABLE = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
LIMIT_ROWS = PAGE[PAGE.index("| limit | default |") :].splitlines()
WORDS = re.compile(r"\([^)]*\)")


def test_wasi_is_found_by_name() -> None:
    assert find_host("wasi") is INTERFACE


@pytest.mark.parametrize("module", LAYOUTS)
def test_each_module_has_46_functions(module: str) -> None:
    assert len({row.name for row in FUNCTIONS if row.module == module}) == 46


def test_every_function_is_priced_alike_in_both_modules() -> None:
    schedule = load_schedule(DEFAULT_SCHEDULE)
    INTERFACE.check_schedule(schedule)
    first, second = (schedule.host_costs[module] for module in LAYOUTS)
    assert first == second
    for row in FUNCTIONS:
        cost = schedule.host_cost(*row.key)
        assert cost is not None
        assert set(cost.amounts) == set(row.amounts)


def test_every_instruction_is_priced() -> None:
    known = load_schedule(DEFAULT_SCHEDULE).instructions
    priced = load_schedule("contractvm-1").instructions
    assert {name: known[name] for name in priced} == dict(priced)
    assert set(known) == MNEMONICS


def test_the_page_has_every_function_with_its_charge() -> None:
    assert {name: gas for name, _, _, gas in TABLE} == charges()
    assert len(TABLE) == 46


def test_the_page_names_errnos_that_exist() -> None:
    known = {errno.name.lower() for errno in Errno} | {"*path*", "-"}
    named = {
        error
        for _, _, errors, _ in TABLE
        for error in WORDS.sub("", errors).replace(" ", "").split(",")
    }
    assert named <= known
    assert (
        known - named == {"success", "noent", "notdir", "nametoolong", "ilseq"} - named
    )


def test_the_page_has_the_default_limits() -> None:
    shown = {
        "stdin_bytes": "16 MiB",
        "arguments_bytes": "64 KiB",
        "stdout_bytes": "1 MiB",
        "stderr_bytes": "64 KiB",
        "file_bytes": "64 MiB",
        "file_nodes": "10,000",
        "open_files": "64",
        "host_calls": "1,000,000",
        "call_bytes": "16 MiB",
    }
    units = {"KiB": 1024, "MiB": 1024**2}
    limits = WasiLimits()
    for name, text in shown.items():
        number, _, unit = text.replace(",", "").partition(" ")
        assert getattr(limits, name) == int(number) * units.get(unit, 1)
        (line,) = [row for row in LIMIT_ROWS if f"`{name}`" in row]
        assert text in line
