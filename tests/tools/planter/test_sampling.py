"""The choice of faults: the same by the same seed, and from every line alike."""

from pathlib import Path

import pytest

from tools.planter.sampling import choose, source_files

SOURCES = {
    "gas_schedule/a.py": "x = 1\ny = a < b\n",
    "gas_schedule/b.pyx": "cdef int f():\n    return a + 1\n",
    "gas_schedule/__init__.py": "x = 1\n",
    "gas_schedule/errors.py": "x = 1\n",
    "contractvm/c.h": "enum { A = 1 };\nint f(void) {\n    a = b;\n}\n",
    "contractvm/d.md": "1 < 2\n",
    "tests/e.py": "x = 1\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, source in SOURCES.items():
        tmp_path.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(path).write_text(source)
    return tmp_path


def test_sources_of_every_language_are_found(tree: Path) -> None:
    assert source_files(tree) == [
        "contractvm/c.h",
        "gas_schedule/a.py",
        "gas_schedule/b.pyx",
    ]


def test_a_pattern_chooses_sources(tree: Path) -> None:
    assert source_files(tree, "*.pyx") == ["gas_schedule/b.pyx"]


def test_a_line_has_at_most_one_fault(tree: Path) -> None:
    chosen = choose(tree, source_files(tree), seed=0, count=100)
    assert sorted((fault.path, fault.number, fault.line) for fault in chosen) == [
        ("contractvm/c.h", 1, "enum { A = 1 };"),
        ("contractvm/c.h", 3, "a = b;"),
        ("gas_schedule/a.py", 1, "x = 1"),
        ("gas_schedule/a.py", 2, "y = a < b"),
        ("gas_schedule/b.pyx", 2, "return a + 1"),
    ]


def test_the_same_seed_chooses_the_same_faults(tree: Path) -> None:
    paths = source_files(tree)
    first = choose(tree, paths, seed=7, count=3)
    assert choose(tree, paths, seed=7, count=3) == first
    assert len(first) == 3
    others = [choose(tree, paths, seed=seed, count=3) for seed in range(20)]
    assert any(other != first for other in others)


def test_every_fault_of_a_line_is_chosen_by_some_seed(tree: Path) -> None:
    paths = ["gas_schedule/a.py"]
    replacements = {
        fault.replacement
        for seed in range(100)
        for fault in choose(tree, paths, seed, count=2)
    }
    assert replacements == {"0", "2", "<=", ">="}
