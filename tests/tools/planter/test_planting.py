"""Faults planted in a small tree, from the choice to the report."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.source_tree import ROOT
from tools.planter import __main__ as planter
from tools.planter.operators import Fault
from tools.planter.results import Planted, planted, read_results
from tools.planter.sampling import PACKAGES
from tools.planter.scratch import Scratch, files_of
from tools.planter.selection import KNOWING_ALL, TestMap, imports, surroundings

PACKAGE = "gas_schedule"
# Stands in for Cython: its C is the source, its compiled module a copy of that.
SETUP = """
import pathlib, sys
for source in pathlib.Path("gas_schedule").glob("*.pyx"):
    text = source.read_text()
    if "!" in text:
        sys.exit(1)
    with open("builds", "a") as builds:
        builds.write("x")
    code = text.replace("# ", "/* ").replace(" #", " */")
    if source.with_suffix(".c").read_text() != code:
        source.with_suffix(".c").write_text(code)
        source.with_suffix(".so").write_text(code)
"""
FILES = {
    "gas_schedule/__init__.py": "",
    "gas_schedule/prices.py": "PRICE = 3\n\n\ndef price(n):\n    return n * PRICE\n",
    "gas_schedule/fast.pyx": "x = a + b\n# note #\n",
    "gas_schedule/fast.c": "x = a + b\n/* note */\n",
    "gas_schedule/fast.so": "x = a + b\n/* note */\n",
    "setup.py": SETUP,
    ".gitignore": "*.c\n*.so\nbuilds\n",
    "tests/gas_schedule/test_prices.py": (
        "from gas_schedule.prices import price\n\n\n"
        "def test_none_is_free():\n    assert price(0) == 0\n"
    ),
    "tests/gas_schedule/test_other.py": "def test_nothing():\n    pass\n",
    "tests/properties/test_sums.py": (
        "from tests.helpers.sums import total\n\n\n"
        "def test_sums():\n    assert total(2) == 6\n"
    ),
    "tests/helpers/sums.py": (
        "from gas_schedule.prices import price\n\n\n"
        "def total(n):\n    return price(n)\n"
    ),
    "tests/properties/test_unrelated.py": "def test_nothing():\n    pass\n",
    "tests/chain_sim/test_far.py": "def test_nothing():\n    pass\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    for path, text in FILES.items():
        tree.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        tree.joinpath(path).write_text(text)
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    return tree


@pytest.fixture
def scratch(tree: Path, tmp_path: Path) -> Scratch:
    return Scratch(tree, tmp_path / "scratch", Path(sys.executable))


def state(copy: Path) -> dict[Path, tuple[bytes, int]]:
    return {
        path: ((copy / path).read_bytes(), (copy / path).stat().st_mtime_ns)
        for path in files_of(copy)
    }


def test_a_fault_is_planted_in_a_copy_and_taken_out_again(
    scratch: Scratch, tree: Path
) -> None:
    before = state(tree)
    path = "gas_schedule/prices.py"
    changed = FILES[path].replace("*", "+")
    assert scratch.plant(path, changed) == ""
    assert (scratch.planted / path).read_text() == changed
    assert (scratch.whole / path).read_text() == FILES[path]
    scratch.planted.joinpath("left").write_text("by a test")
    scratch.restore()
    assert state(scratch.planted) == state(scratch.whole)
    assert state(tree) == before


def test_the_copies_read_the_vectors_of_the_tree(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONTRACTVM_VECTORS", raising=False)
    scratch = Scratch(tree, tmp_path / "scratch", Path(sys.executable))
    vectors = scratch.environment(scratch.planted)["CONTRACTVM_VECTORS"]
    assert vectors == str(tmp_path / "shared" / "vectors")
    monkeypatch.setenv("CONTRACTVM_VECTORS", "/elsewhere")
    scratch = Scratch(tree, tmp_path / "scratch", Path(sys.executable))
    assert scratch.environment(scratch.whole)["CONTRACTVM_VECTORS"] == "/elsewhere"


def test_a_python_file_that_is_no_python_does_not_compile(scratch: Scratch) -> None:
    assert scratch.plant("gas_schedule/prices.py", "x = = 1") == "does not compile"


def test_the_same_bytecode_is_equivalent(scratch: Scratch) -> None:
    path = "gas_schedule/prices.py"
    same = FILES[path].replace("n * PRICE", "(n * PRICE)")
    assert scratch.plant(path, same) == "equivalent"


def test_a_compiled_file_is_built_once_and_taken_out_again(scratch: Scratch) -> None:
    path = "gas_schedule/fast.pyx"
    module = scratch.planted / "gas_schedule" / "fast.so"
    changed = FILES[path].replace("+", "-")
    builds = []
    for _ in range(2):
        assert scratch.plant(path, changed) == ""
        assert module.read_text() == "x = a - b\n/* note */\n"
        builds.append((scratch.planted / "builds").exists())
        scratch.restore()
        assert state(scratch.planted) == state(scratch.whole)
    assert builds == [True, False]


def test_a_compiled_file_that_does_not_build_does_not_compile(scratch: Scratch) -> None:
    assert scratch.plant("gas_schedule/fast.pyx", "x = a ! b") == "does not compile"
    scratch.restore()
    assert state(scratch.planted) == state(scratch.whole)


def test_the_same_c_but_for_comments_is_equivalent(scratch: Scratch) -> None:
    changed = FILES["gas_schedule/fast.pyx"].replace("note", "other")
    assert scratch.plant("gas_schedule/fast.pyx", changed) == "equivalent"


def test_tests_are_chosen_by_mirror_then_folder_then_imports(tree: Path) -> None:
    assert TestMap(tree, [PACKAGE]).stages("gas_schedule/prices.py", "") == [
        ["tests/gas_schedule/test_prices.py"],
        ["tests/properties/test_sums.py"],
        ["tests/gas_schedule/test_other.py", "tests/properties/test_unrelated.py"],
    ]


def test_names_and_numbers_are_looked_at_for_every_fault() -> None:
    for path in (
        "contractvm/metering/limits.py",
        "chain_sim/ethereum/chain/reading.py",
    ):
        stages = TestMap(ROOT, PACKAGES).stages(path, "")
        assert KNOWING_ALL in [tuple(stage[-2:]) for stage in stages]


def run(
    tree: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> dict[tuple[str, str], Planted]:
    """Run the tool on a tree; its results by the replaced and the replacing text."""
    path = tree.parent / "out" / "results.json"
    monkeypatch.setattr(planter, "ROOT", tree)
    monkeypatch.setattr(
        sys,
        "argv",
        ["planter", "--json", str(path), "--silent-seconds", "20", *arguments],
    )
    planter.main()
    return {(fault.original, fault.replacement): fault for fault in read_results(path)}


def write_chosen(tree: Path, *chosen: tuple[str, str, str]) -> None:
    """A file of results with faults that have not run: path, original, replacement."""
    made = [
        planted(path, FILES[path], Fault(FILES[path].index(text), text, replacement))
        for path, text, replacement in chosen
    ]
    path = tree.parent / "out" / "results.json"
    planter.write_results(path, 1, made)


def test_time_in_which_no_hang_is_noticed_is_refused(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(tree, monkeypatch, "--seconds", "60")
    assert caught.value.code == 2
    assert "a hang is noticed after 60, so more are needed" in capsys.readouterr().err
    run(tree, monkeypatch, "--seconds", "61", "--count", "0")


def test_each_outcome(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prices, fast = "gas_schedule/prices.py", "gas_schedule/fast.pyx"
    write_chosen(
        tree,
        (prices, "*", "+"),
        (prices, "3", "4"),
        (prices, "return n * PRICE", "while n == 0: pass"),
        (prices, "PRICE = 3", "import os; os.abort()"),
        (prices, "n * PRICE", "(n * PRICE)"),
        (fast, "+", "-"),
        (fast, "a", "!"),
    )
    found = run(tree, monkeypatch, "--resume", "--silent-seconds", "8")
    assert {key: (fault.outcome, fault.by) for key, fault in found.items()} == {
        ("*", "+"): ("noticed", "tests/gas_schedule/test_prices.py::test_none_is_free"),
        ("3", "4"): ("noticed", "tests/properties/test_sums.py::test_sums"),
        ("return n * PRICE", "while n == 0: pass"): (
            "noticed",
            "silence: tests/gas_schedule/test_prices.py::test_none_is_free",
        ),
        ("PRICE = 3", "import os; os.abort()"): (
            "noticed",
            "crash: before the first test",
        ),
        ("n * PRICE", "(n * PRICE)"): ("equivalent", ""),
        ("+", "-"): ("survived", ""),
        ("a", "!"): ("does not compile", ""),
    }


def test_a_test_that_fails_without_the_fault_notices_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.joinpath("tests/gas_schedule/test_prices.py").write_text(
        "from gas_schedule.prices import price\n\n\n"
        "def test_wrong():\n    assert price(0) == 1\n"
    )
    write_chosen(tree, ("gas_schedule/prices.py", "3", "4"))
    (fault,) = run(tree, monkeypatch, "--resume").values()
    assert fault.by == "tests/properties/test_sums.py::test_sums"


def test_a_test_that_fails_only_once_notices_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.joinpath("tests/gas_schedule/test_prices.py").write_text(
        "from pathlib import Path\n\n"
        "import gas_schedule.prices\n\n\n"
        "def test_second():\n"
        "    seen = Path.home() / 'seen'\n"
        "    is_first = not seen.exists()\n"
        "    seen.touch()\n"
        "    assert not is_first\n"
    )
    write_chosen(tree, ("gas_schedule/prices.py", "3", "4"))
    (fault,) = run(tree, monkeypatch, "--resume").values()
    assert fault.by == "tests/properties/test_sums.py::test_sums"


def test_only_what_has_no_outcome_runs_and_survivors_run_again_if_asked(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_chosen(tree, ("gas_schedule/fast.pyx", "+", "-"))
    (fault,) = run(tree, monkeypatch, "--resume").values()
    assert fault.outcome == "survived"
    tree.joinpath("tests/gas_schedule/test_fast.py").write_text(
        "from pathlib import Path\n\n\n"
        "def test_sum():\n"
        "    assert '+' in Path('gas_schedule/fast.so').read_text()\n"
    )
    (fault,) = run(tree, monkeypatch, "--resume").values()
    assert fault.outcome == "survived"
    (fault,) = run(tree, monkeypatch, "--resume", "--again").values()
    assert (fault.outcome, fault.by) == (
        "noticed",
        "tests/gas_schedule/test_fast.py::test_sum",
    )


def test_a_source_that_has_changed_since_is_not_counted(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "gas_schedule/prices.py"
    write_chosen(tree, (path, "3", "4"))
    tree.joinpath(path).write_text(FILES[path].replace("PRICE = 3", "PRICE = 5"))
    (fault,) = run(tree, monkeypatch, "--resume").values()
    assert fault.outcome == "gone"
    assert "0/0 noticed; 1 gone" in capsys.readouterr().out


def test_a_fresh_run_writes_what_it_chose(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tree, monkeypatch, "--seed", "4", "--count", "2", "--files", "*/prices.py")
    document = json.loads((tree.parent / "out" / "results.json").read_text())
    assert document["seed"] == 4
    assert [(fault["path"], fault["number"]) for fault in document["faults"]] in (
        [("gas_schedule/prices.py", 1), ("gas_schedule/prices.py", 5)],
        [("gas_schedule/prices.py", 5), ("gas_schedule/prices.py", 1)],
    )
    assert {fault["outcome"] for fault in document["faults"]} == {"noticed"}


def test_of_far_tests_those_with_the_faults_words_come_first(tree: Path) -> None:
    folder = tree / "tests" / "properties"
    for name, word in (("a", "nothing"), ("b", "discount"), ("c", "nothing")):
        folder.joinpath(f"test_{name}.py").write_text(f"{word}_{name} = 1\n")
    tests = TestMap(tree, [PACKAGE])
    names = [f"tests/properties/test_{name}.py" for name in "abc"]
    far = tests.stages("gas_schedule/prices.py", "")[-1]
    assert [test for test in far if test in names] == names
    far = tests.stages("gas_schedule/prices.py", "apply_discount(x)")[-1]
    first, *others = (test for test in far if test in names)
    assert (first, others) == (names[1], [names[0], names[2]])


def test_the_surroundings_of_a_fault_are_its_line_and_its_function() -> None:
    source = "import a\n\n\ndef first(x):\n    y = x\n\n\nclass A:\n    b = 1\n"
    assert surroundings(source, source.index("= x")) == "def first(x):\n    y = x"
    assert surroundings(source, source.index("1")) == "class A:\n    b = 1"
    assert surroundings(source, 0) == "\nimport a"


def test_modules_that_are_imported_when_needed_count_as_imports() -> None:
    source = """
from gas_schedule import price, other
TABLE = {"price": "gas_schedule.prices"}
"""
    known = {"gas_schedule", "gas_schedule.prices", "gas_schedule.other", "price"}
    assert imports(source, known) == {
        "gas_schedule",
        "gas_schedule.other",
        "gas_schedule.prices",
    }


@pytest.mark.parametrize(
    ("path", "about", "test"),
    [
        (
            "contractvm/hosts/stylus/program_call.py",
            "UnsupportedCode",
            "tests/chain_sim/ethereum/arbitrum/test_chain.py",
        ),
        (
            "contractvm/hosts/stylus/estimate.py",
            "activation",
            "tests/contractvm_cli/commands/test_stylus.py",
        ),
    ],
)
def test_hosts_and_commands_are_imported_by_their_tables(
    path: str, about: str, test: str
) -> None:
    assert test in TestMap(ROOT, PACKAGES).stages(path, about)[-1]
