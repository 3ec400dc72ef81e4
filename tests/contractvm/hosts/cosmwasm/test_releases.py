"""Names of releases, and the schedules that they have."""

import pytest

from contractvm.hosts.cosmwasm.metering import (
    COSMWASM_METERING,
    METERING_WITHOUT_IF,
    metering_of,
)
from contractvm.hosts.cosmwasm.releases import (
    UnknownRelease,
    find_release,
    version_text,
)
from contractvm.metering.rules import Metering
from gas_schedule.loader import load_schedule


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("cosmwasm-1.0.0", "1.0.0"),
        ("cosmwasm-1.5.5", "1.0.0"),
        ("cosmwasm-1.5.6", "1.5.6"),
        ("cosmwasm-1.5.9", "1.5.8"),
        ("cosmwasm-2.0.4", "2.0.0"),
        ("cosmwasm-2.1.3", "2.1.2"),
        ("cosmwasm-2.2.0", "2.1.4"),
        ("cosmwasm-2.2.1", "2.1.6"),
        ("cosmwasm-2.2.8", "2.1.7"),
        ("cosmwasm-2.3.0", "2.1.7"),
        ("cosmwasm-2.3.4", "2.2.9"),
        ("cosmwasm-3.0.8", "3.0.0"),
        ("cosmwasm-v3.0.9", "3.0.9"),
        ("wasmvm-2.2.8", "2.2.9"),
        ("wasmvm-2.2.6", "2.1.7"),
        ("wasmvm-1.5.8", "1.5.10"),
        ("wasmd-0.70.3", "3.0.9"),
        ("wasmd-0.54.0", "2.1.4"),
    ],
)
def test_a_release_has_the_schedule_of_its_group(name: str, schedule: str) -> None:
    assert find_release(name).schedule == f"cosmwasm-{schedule}"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "3.0.9",
        "cosmwasm-3.0.10",
        "cosmwasm-0.16.7",
        "wasmd-0.54.1",
        "wasmd-1",
        "x-1.0.0",
    ],
)
def test_an_unknown_release_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnknownRelease) as caught:
        find_release(name)
    assert caught.value.name == name


def test_the_layers_below_a_chain_are_known() -> None:
    found = find_release("wasmd-0.60.8")
    assert (found.wasmd, found.wasmvm, found.vm) == ((0, 60, 8), (2, 3, 4), (2, 3, 4))


# By the `Cargo.toml` of each wasmvm: only those whose version is not the machine's.
VM_OF_WASMVM = """
1.1.1=1.1.2 1.1.2=1.1.10 1.2.1=1.2.2 1.2.4=1.2.6 1.2.5=1.2.8 1.2.6=1.2.8 1.3.1=1.3.4
1.5.3=1.5.6 1.5.4=1.5.7 1.5.5=1.5.8 1.5.6=1.5.9 1.5.7=1.5.9 1.5.8=1.5.10 1.5.9=1.5.11
2.0.2=2.0.5 2.0.3=2.0.6 2.0.4=2.0.7 2.0.5=2.0.8 2.0.6=2.0.9
2.1.1=2.1.2 2.1.2=2.1.3 2.1.3=2.1.4 2.1.4=2.1.5 2.1.5=2.1.6 2.1.6=2.1.7
2.2.1=2.2.0 2.2.2=2.2.1 2.2.3=2.2.2 2.2.4=2.2.2 2.2.5=2.2.3 2.2.6=2.2.7 2.2.8=2.2.9
3.0.3=3.0.4 3.0.7=3.0.9 1.0.0=1.0.0 2.3.4=2.3.4 3.0.8=3.0.8
"""
WASMVM_OF_WASMD = """
0.28.0=1.0.0 0.33.0=1.3.0 0.41.0=1.3.0 0.45.0=1.5.0 0.50.0=1.5.0 0.51.0=2.0.0
0.52.0=2.1.0 0.53.0=2.1.2 0.54.0=2.2.1 0.54.9=2.2.8 0.55.1=2.2.4 0.60.8=2.3.4
0.61.14=3.0.7 0.70.3=3.0.7
"""


@pytest.mark.parametrize("pair", VM_OF_WASMVM.split())
def test_each_wasmvm_has_its_machine(pair: str) -> None:
    wasmvm, vm = pair.split("=")
    assert version_text(find_release(f"wasmvm-{wasmvm}").vm) == vm


@pytest.mark.parametrize("pair", WASMVM_OF_WASMD.split())
def test_each_wasmd_has_its_wasmvm(pair: str) -> None:
    wasmd, wasmvm = pair.split("=")
    found = find_release(f"wasmd-{wasmd}")
    assert found.wasmvm is not None
    assert version_text(found.wasmvm) == wasmvm
    assert found.vm == find_release(f"wasmvm-{wasmvm}").vm


@pytest.mark.parametrize(
    "newest", ["1.4.99", "1.5.11", "2.0.9", "2.1.7", "2.2.9", "2.3.4", "3.0.9"]
)
def test_each_line_ends_with_the_newest_that_was_read(newest: str) -> None:
    line, _, last = newest.rpartition(".")
    assert version_text(find_release(f"cosmwasm-{newest}").vm) == newest
    with pytest.raises(UnknownRelease):
        find_release(f"cosmwasm-{line}.{int(last) + 1}")


@pytest.mark.parametrize(
    ("schedule", "metering"),
    [
        ("cosmwasm-3.0.9", COSMWASM_METERING),
        ("cosmwasm-1.5.8", COSMWASM_METERING),
        ("cosmwasm-1.0.0", METERING_WITHOUT_IF),
    ],
)
def test_an_if_ends_a_block_by_the_release(schedule: str, metering: Metering) -> None:
    assert metering_of(load_schedule(schedule)) is metering
