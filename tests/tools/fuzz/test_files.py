"""The fuzzer of files: it detects each kind of fault, and finds none today."""

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.helpers import planted_files
from tools.fuzz import files
from tools.fuzz.file_surface import Surface
from tools.fuzz.file_surfaces import SURFACES
from tools.fuzz.file_worker import mutant, shrunk
from tools.fuzz.text_damage import JSON, TOML, WAT, damaged_text, json_spans

PLANTED = "tests.helpers.planted_files"


def fuzz(folder: Path, *options: str) -> int:
    return files.main(["--findings", str(folder / "findings"), *options])


def found(folder: Path) -> list[dict[str, str]]:
    paths = sorted(folder.joinpath("findings").glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("ERROR", "KeyError in planted_files.py:"),
        ("HANG", "more than 0.3 s of processor time"),
        ("MEMORY", "MemoryError in planted_files.py:"),
        ("WAIT", "no answer in 0.8 s"),
        ("DEATH", "the process ended with code -6"),
    ],
)
def test_each_kind_of_fault_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, fault: str
) -> None:
    # Only code that waits forever is detected by wall-clock time.
    grace = "0.5" if name == "WAIT" else "60"
    options = ["--surfaces", f"{PLANTED}:{name}", "--workers", "1", "--grace", grace]
    assert fuzz(tmp_path, *options, "--mutants", "60", "--seconds", "60") == 1
    kept = found(tmp_path)
    assert kept
    surface = getattr(planted_files, name)[0]
    for finding in kept:
        assert finding["fault"].startswith(fault)
        assert finding["surface"] == surface.name
        assert b"X" in bytes.fromhex(finding["bytes"])
    # All sixty were tried: a worker that ended was replaced.
    line, last = capsys.readouterr().out.splitlines()
    assert line.split()[:3] == [surface.name, "60", "mutants:"]
    assert last.startswith("60 mutants in ")
    assert last.endswith(f"{len(kept)} FINDINGS")


def test_a_finding_is_shrunk_to_what_it_needs(tmp_path: Path) -> None:
    options = ["--surfaces", f"{PLANTED}:ERROR", "--workers", "1", "--mutants", "60"]
    fuzz(tmp_path, *options)
    assert {finding["bytes"] for finding in found(tmp_path)} == {b"X".hex()}


def test_what_is_sound_is_no_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--surfaces", f"{PLANTED}:SOUND", "--mutants", "80"]
    assert fuzz(tmp_path, *options) == 0
    assert found(tmp_path) == []
    line, last = capsys.readouterr().out.splitlines()
    assert line.startswith(
        "sound                    80 mutants: 80 accepted, 0 FAULTS;"
    )
    assert last.endswith("no finding")


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_seeds_are_good_and_their_mutants_are_not_all_refused(
    surface: Surface,
) -> None:
    seeds = surface.seeds()
    for seed in seeds:
        surface.take(seed)
    verdicts: Counter[str] = Counter()
    for number in range(150):
        data = mutant(surface, seeds, 3, number)
        try:
            surface.take(data)
            verdicts["accepted"] += 1
        except surface.refusals as error:
            verdicts[type(error).__name__] += 1
    assert verdicts["accepted"]
    assert sum(verdicts.values()) == 150


def test_two_seconds_over_all_surfaces_find_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fuzz(tmp_path, "--mutants", "3000", "--seconds", "120") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(SURFACES) + 1
    assert all("0 FAULTS" in line for line in lines[:-1])


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_a_seed_gives_the_same_mutants_again(surface: Surface) -> None:
    first, second = (
        [mutant(surface, surface.seeds(), 5, number) for number in range(20)]
        for _ in range(2)
    )
    assert first == second
    assert len(set(first)) > 10


def test_places_of_a_json_text() -> None:
    text = '{"a": [1, "x"], "b": {}}'
    spans = json_spans(text)
    assert {text[start:end] for start, end in spans.values} == {
        *("1", '"x"', '[1, "x"]', "{}", text),
    }
    assert [text[start:end] for start, end in spans.keys] == ['"a"', '"b"']
    members = {text[start:end] for start, end in spans.members}
    assert {"1", '"x"', '"a": [1, "x"]', '"b": {}'} <= members


@pytest.mark.parametrize(
    ("language", "text", "hostile"),
    [
        (JSON, '{"a": 1}', "1e999999999"),
        (TOML, "a = 1\n", "0x" + "f" * 5_000),
        (WAT, "(module (func))", "nan:0x1"),
    ],
)
def test_hostile_values_come_to_stand_in_a_text(
    language: files.Any, text: str, hostile: str
) -> None:
    mutants = [damaged_text(language, text, Random(n), [text]) for n in range(2_000)]
    assert any(hostile in one for one in mutants)


def test_shrinking_keeps_the_fault() -> None:
    surface = planted_files.ERROR[0]
    data = b"abc" * 100 + b"X" + b"def" * 100
    assert shrunk(surface, data, "KeyError in planted_files.py:24: it") == b"X"
    assert shrunk(surface, data, "OSError in planted_files.py:24: it") == data
