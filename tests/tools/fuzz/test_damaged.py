"""Damaged modules through the whole pipeline: refused or run, and nothing else."""

from collections import Counter
from itertools import islice
from random import Random

import pytest

from tools.fuzz import damaged as damage
from tools.fuzz.damaged import DAMAGES, damaged, fault_of
from tools.fuzz.pipeline import run_bytes
from tools.fuzz.programs import program


def run_seeds(first: int, last: int, each: int) -> Counter[str]:
    verdicts: Counter[str] = Counter()
    for seed in range(first, last):
        for data in islice(damaged(seed), each):
            assert fault_of(data, verdicts) is None, data.hex()
    return verdicts


def test_damaged_modules_are_refused_or_run() -> None:
    verdicts = run_seeds(0, 40, 10)
    assert sum(verdicts.values()) == 400
    assert {"MalformedModule", "InvalidModule", "ran"} <= set(verdicts)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 2_100, 250))
def test_a_hundred_thousand_damaged_modules(first: int) -> None:
    assert sum(run_seeds(first, first + 250, 50).values()) == 12_500


def test_every_truncation_of_a_program_is_malformed() -> None:
    data = program(1, terminates=True)
    assert {run_bytes(data[:length]) for length in range(len(data))} <= {
        "MalformedModule",
        "InvalidModule",
        "ran",
    }


def test_each_kind_of_damage_changes_bytes() -> None:
    data = program(1, terminates=True)
    assert all(kind(data, Random(3)) != data for kind in DAMAGES)


def test_another_error_than_the_two_is_a_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(data: bytes) -> str:
        raise ValueError(len(data))

    monkeypatch.setattr(damage, "run_bytes", broken)
    assert fault_of(b"four", Counter()) == "ValueError: 4"
