"""`contractvm schedule list` and `show`, with what a schedule forbids."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contractvm.hosts.cosmwasm.releases import GROUPS
from gas_schedule.loader import load_schedule
from tests.contractvm_cli.conftest import Run
from tests.helpers.examples import EXAMPLES

COSMWASM = sorted({schedule for _, schedule in GROUPS})


def test_list_names_the_released_schedules(run: Run) -> None:
    document = run("schedule", "list", "--json").document
    assert [(entry["name"], entry["unitsPerGas"]) for entry in document] == [
        ("contractvm-1", 10_000),
        ("contractvm-2", 10_000),
        ("contractvm-3", 10_000),
        ("contractvm-4", 10_000),
        *[(name, 1) for name in COSMWASM],
        ("ewasm-hera", 1),
        ("ewasm-metered", 10_000),
        ("fuel", 1),
        ("guests-1", 10_000),
        ("stylus-1", 10_000),
    ]
    assert [
        line.split()[0] for line in run("schedule", "list").out.splitlines()[2:]
    ] == [
        "contractvm-1",
        "contractvm-2",
        "contractvm-3",
        "contractvm-4",
        *COSMWASM,
        "ewasm-hera",
        "ewasm-metered",
        "fuel",
        "guests-1",
        "stylus-1",
    ]


def test_show_holds_every_cost(run: Run) -> None:
    document = run("schedule", "show", "ewasm-metered", "--json").document
    schedule = load_schedule("ewasm-metered")
    assert document["contentHash"] == "0x" + schedule.content_hash.hex()
    assert list(document["instructions"]) == list(schedule.instructions)
    assert document["instructions"]["i32.add"] == {
        "base": 45,
        "perByte": 0,
        "perElement": 0,
        "perEntry": 0,
        "perParam": 0,
    }
    assert list(document["host"]) == list(schedule.host_costs["ethereum"])
    assert document["transaction"] == dict(schedule.sections["transaction"].values)
    assert document["precompiles"] == dict(schedule.sections["precompiles"].values)
    assert document["memoryPage"] == 143_360_000
    assert document["local"] == 135
    assert "f32.add" in document["forbidden"]
    assert "i32.add" not in document["forbidden"]
    assert document["freeJumps"] == []


def test_show_prints_tables(run: Run) -> None:
    out = run("schedule", "show", "ewasm-hera").out
    assert out.startswith("name           ewasm-hera\n")
    assert any(
        line.split()[:2] == ["storageStore", "5000"] for line in out.splitlines()
    )


@pytest.mark.parametrize(
    ("schedule", "free"),
    [
        ("ewasm-hera", "br, br_if, br_table, call, call_indirect"),
        ("ewasm-metered", "nothing"),
    ],
)
def test_show_says_what_gas_does_not_end(run: Run, schedule: str, free: str) -> None:
    lines = run("schedule", "show", schedule).out.splitlines()
    assert f"free to loop   {free}" in lines


def test_show_reads_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    released = Path(load_schedule.__code__.co_filename).parent
    path.write_bytes((released / "schedules" / "ewasm-hera.toml").read_bytes())
    assert run("schedule", "show", path, "--json").document["name"] == "ewasm-hera"


def test_a_faulty_file_is_named_by_line(
    error_of: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    path.write_text('name = "x"\nspeed = 3\n')
    assert error_of("schedule", "show", path).startswith(f"error: {path}:2: speed: ")
    line = error_of("schedule", "show", "absent.toml")
    assert line == "error: absent.toml: No such file or directory"


def test_rates_that_only_some_schedules_have_are_shown_where_they_are(
    run: Run, tmp_path: Path
) -> None:
    text = (EXAMPLES / "greeter_host" / "greeter.toml").read_text()
    text = text.replace('interface = "greeter"', 'interface = "ewasm"')
    text = text.replace("[host.greeter]", "[host.ethereum]")
    text = text.replace("first_visit", "per_topic").replace("count_visit", "log")
    path = tmp_path / "second.toml"
    rate = "br_table = { base = 7, per_entry = 3 }"
    path.write_text(text.replace("call = 200\n", f"call = 200\n{rate}\n"))
    lines = [
        line.split() for line in run("schedule", "show", str(path)).out.split("\n")
    ]
    titles = ["instruction", "units", "per", "byte", "element", "per", "entry"]
    assert titles in lines
    assert ["br_table", "7", "3"] in lines
    document = run("schedule", "show", str(path), "--json").document
    assert document["instructions"]["br_table"] == {
        "base": 7,
        "perByte": 0,
        "perElement": 0,
        "perEntry": 3,
        "perParam": 0,
    }


def test_prices_of_the_metering_are_shown_where_they_are(run: Run) -> None:
    facts = [line.split(maxsplit=2) for line in run_lines(run, "contractvm-2")]
    assert ["carried", "value", "99 units"] in facts
    assert ["element", "segment", "18000 units"] in facts
    assert ["floats", "canonical"] in facts
    assert ["forbidden", "nothing"] in facts
    older = "\n".join(run_lines(run, "contractvm-1"))
    assert "carried value" not in older
    assert "element segment" not in older
    document = run("schedule", "show", "contractvm-2", "--json").document
    assert (document["carriedValue"], document["elementSegment"]) == (99, 18_000)
    assert document["canonicalFloats"] is True


def run_lines(run: Run, schedule: str) -> list[str]:
    return run("schedule", "show", schedule).out.splitlines()


def test_a_diff_has_the_prices_of_the_metering(run: Run) -> None:
    document = run(
        "schedule", "diff", "contractvm-1", "contractvm-2", "--json"
    ).document
    found = {
        entry["key"]: (entry["old"], entry["new"])
        for entry in document["differences"]
        if entry["section"] == "schedule"
    }
    assert found == {
        "local": (13, 9),
        "carried_value": (None, 99),
        "element_segment": (None, 18_000),
        "canonical_floats": (None, 1),
    }
