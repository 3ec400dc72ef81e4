"""`contractvm run`: results, exact gas, traps, and refusals."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contractvm.errors import TrapCode
from contractvm.hosts.cosmwasm.releases import GROUPS
from gas_schedule.loader import load_schedule
from tests.contractvm_cli.conftest import Run

SOURCE = """(module
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "pair") (param i64) (result i64 i32)
    (local.get 0) (i32.const -1))
  (func (export "nothing"))
  (func (export "divide") (param i32) (result i32)
    (i32.div_u (i32.const 1) (local.get 0)))
  (func (export "loop") (loop (br 0)))
  (func (export "recurse") (call 5))
  (func (export "take") (param funcref)))
"""
# The hand counts are under these prices, whatever the default is.
METERED = ("--schedule", "ewasm-metered")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.wat"
    path.write_text(SOURCE)
    return path


def test_the_result_and_the_exact_gas_are_one_document(run: Run, module: Path) -> None:
    # Two local.get of 135 units, one i32.add of 45.
    command = ("run", module, "--invoke", "add", 2, 3, *METERED, "--json")
    assert run(*command).document == {
        "status": 1,
        "results": [{"type": "i32", "value": 5, "signed": 5}],
        "gasUsed": 1,
        "unitsUsed": 315,
        "unitsPerGas": 10_000,
        "schedule": "ewasm-metered",
        "engine": "interpreter",
        "error": None,
    }


FLOAT_UNITS = 2 * 21 + 1_000 + 8 + 5 + 99


def test_the_measured_prices_are_the_default(run: Run, module: Path) -> None:
    document = run("run", module, "--invoke", "add", 2, 3, "--json").document
    # Two local.get of 7 units, one i32.add of 92, the end of 5 with a result of 99.
    assert (document["schedule"], document["unitsUsed"]) == ("contractvm-2", 210)


def test_the_first_measured_prices_are_what_they_were(run: Run, module: Path) -> None:
    command = ("run", module, "--invoke", "add", 2, 3, "--json")
    document = run(*command, "--schedule", "contractvm-1").document
    # Two local.get of 13 units, one i32.add of 130, the end of 7.
    assert (document["schedule"], document["unitsUsed"]) == ("contractvm-1", 163)


def test_people_read_facts(run: Run, module: Path) -> None:
    assert run("run", module, "--invoke", "pair", "-2", *METERED).out == (
        "status      ok\n"
        "result      i64 18446744073709551614 (signed -2)\n"
        "            i32 4294967295 (signed -1)\n"
        "gas used    1\n"
        "units used  135 (10000 are one gas)\n"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4294967295", 2**32 - 1),
        ("-1", 2**32 - 1),
        ("-2147483648", 2**31),
        ("0xffffffff", 2**32 - 1),
        ("-0x80000000", 2**31),
    ],
)
def test_arguments_are_signed_or_unsigned(
    run: Run, module: Path, text: str, value: int
) -> None:
    document = run("run", module, "--invoke", "add", text, 0, "--json").document
    assert document["results"][0]["value"] == value


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["add", 1],
            "add has the type [i32 i32] -> [i32]: 2 arguments needed, 1 given",
        ),
        (
            ["add", "x", 1],
            "argument 1 must be an i32: 'x' is not an integer, decimal or 0x",
        ),
        (
            ["add", 1, "1.5"],
            "argument 2 must be an i32: '1.5' is not an integer, decimal or 0x",
        ),
        (
            ["add", 1, "4294967296"],
            "argument 2 must be an i32: 4294967296 does not fit in 32 bits",
        ),
        (
            ["add", 1, "-2147483649"],
            "argument 2 must be an i32: -2147483649 does not fit in 32 bits",
        ),
        (["take", 0], "argument 1 is a funcref: only i32 and i64 can be given"),
        (
            ["sub"],
            "no func 'sub' is exported; exported funcs: add, pair, nothing, divide,"
            " loop, recurse, take",
        ),
    ],
)
def test_what_does_not_fit_the_func_is_one_line(
    error_of: Callable[..., str], module: Path, arguments: list[object], line: str
) -> None:
    assert error_of("run", module, "--invoke", *arguments) == f"error: {line}"


def test_a_trap_is_a_result_with_exit_code_one(run: Run, module: Path) -> None:
    outcome = run("run", module, "--invoke", "divide", 0, "--json")
    assert outcome.code == 1
    assert f'"error": "{TrapCode.INTEGER_DIVIDE_BY_ZERO.value}"' in outcome.out
    assert outcome.err == "error: divide: integer divide by zero\n"


def test_deep_recursion_ends_as_a_trap(run: Run, module: Path) -> None:
    outcome = run("run", module, "--invoke", "recurse")
    assert outcome.code == 1
    assert outcome.err == "error: recurse: call stack exhausted\n"


# An iteration of the loop is one br of 90 units; entering the loop is free.
@pytest.mark.parametrize("gas", [0, 1, 9])
def test_out_of_gas_takes_all_of_it(run: Run, module: Path, gas: int) -> None:
    outcome = run("run", module, "--invoke", "loop", "--gas", gas, *METERED)
    assert outcome.code == 1
    assert outcome.err == "error: loop: out of gas: 1 gas short\n"
    assert f"gas used    {gas}\n" in outcome.out


def test_memory_is_paid_before_the_call(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "memory.wat"
    path.write_text('(module (memory 2) (func (export "f")))')
    command = ("run", path, "--invoke", "f", *METERED)
    assert run(*command, "--json").document["unitsUsed"] == 2 * 143_360_000
    assert run(*command, "--gas", 28_672).code == 0
    short = run(*command, "--gas", 28_671)
    none = run(*command, "--gas", 0)
    assert none.err == "error: f: out of gas: 28,672 gas short\n"
    assert short.err == "error: f: out of gas: 1 gas short\n"


def test_a_start_function_runs_first_for_the_same_gas(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "start.wat"
    path.write_text(
        "(module (global $g (mut i32) (i32.const 1))"
        "(func $s (global.set $g (i32.const 7))) (start $s)"
        '(func (export "g") (result i32) (global.get $g)))'
    )
    document = run("run", path, "--invoke", "g", *METERED, "--json").document
    assert document["results"][0]["value"] == 7
    i32_const = load_schedule("ewasm-metered").instructions["i32.const"].base
    # The global is created as if set; then come the two functions.
    assert document["unitsUsed"] == 135 + i32_const + 135 + 135


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            '(module (import "ethereum" "finish" (func (param i32 i32))))',
            "import ethereum.finish: a module that needs a host cannot run alone",
        ),
        ("(module (func (param f64)))", "refused module: floats not allowed: f64"),
        ("(module (func i32.add))", "invalid module: type mismatch"),
    ],
)
def test_modules_that_cannot_run_are_refused_by_name(
    error_of: Callable[..., str], tmp_path: Path, source: str, line: str
) -> None:
    path = tmp_path / "bad.wat"
    path.write_text(source)
    command = ("run", path, "--invoke", "f", "--schedule", "contractvm-1")
    assert error_of(*command).startswith(f"error: {path}: {line}")


def test_floats_run_under_the_default_prices(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "nan.wat"
    path.write_text(
        """(module (func (export "f") (result i64)
          (i64.reinterpret_f64 (f64.div (f64.const 0) (f64.const 0)))))"""
    )
    found = [
        run("run", path, "--invoke", "f", "--engine", engine, "--json").document
        for engine in ("interpreter", "wasmtime")
    ]
    # Two constants of 21, a division of 1,000, 8 for the bits, the end of 5 with 99.
    assert [entry["unitsUsed"] for entry in found] == [FLOAT_UNITS] * 2
    assert [entry["results"][0]["value"] for entry in found] == [0x7FF8 << 48] * 2


def test_too_much_gas_names_the_most(
    error_of: Callable[..., str], module: Path
) -> None:
    line = error_of("run", module, "--invoke", "nothing", "--gas", 2**63)
    assert line.endswith(f"allows {(2**63 - 1) // 10_000} at most")


def test_an_unknown_schedule_names_those_that_are_known(
    error_of: Callable[..., str], module: Path
) -> None:
    line = error_of("run", module, "--invoke", "nothing", "--schedule", "x")
    of_cosmwasm = ", ".join(sorted({schedule for _, schedule in GROUPS}))
    assert line == (
        "error: no gas schedule named 'x'; known: contractvm-1, contractvm-2,"
        f" contractvm-3, contractvm-4, {of_cosmwasm}, ewasm-hera, ewasm-metered, fuel,"
        " guests-1, stylus-1 (or give the path of a .toml file)"
    )


def test_an_unknown_option_is_not_taken_for_an_argument(
    error_of: Callable[..., str], module: Path
) -> None:
    line = error_of("run", module, "--invoke", "add", 1, "--two", code=2)
    assert line == "error: No such option '--two'; see 'contractvm run --help'"
