"""Names of releases, and the schedules that they have."""

import pytest

from contractvm.hosts.cosmwasm.metering import (
    COSMWASM_METERING,
    METERING_WITHOUT_IF,
    metering_of,
)
from contractvm.hosts.cosmwasm.releases import UnknownRelease, find_release
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
