"""Commands and what they import: refusals, ends, gas to the unit on both engines."""

import pytest

from contractvm.errors import LinkError, OutOfGas, RefusedModule, Trap
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.wasi import run_wat

P1, OLD = "wasi_snapshot_preview1", "wasi_unstable"
MEMORY = '(memory (export "memory") 1)'
START = '(func (export "_start"))'
WRITE = f'(import "{P1}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))'
EXIT = f'(import "{P1}" "proc_exit" (func $exit (param i32)))'
HELLO = f"""(module {WRITE} {EXIT} {MEMORY}
  (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00hello\\n")
  (func $say (drop
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100))))
  (func (export "_start") (call $say) (call $say) (call $exit (i32.const 3))))"""


def test_a_program_ends_with_its_exit_code(engine: str) -> None:
    result, state = run_wat(engine, HELLO)
    assert (result.exit_code, result.stopped) == (3, None)
    assert state.stdout == b"hello\nhello\n"
    assert state.host_calls == {"fd_write": 2, "proc_exit": 1}


def test_a_program_that_returns_ends_with_0(engine: str) -> None:
    result, _ = run_wat(engine, f"(module {MEMORY} {START})")
    assert (result.exit_code, result.stopped) == (0, None)


def test_a_trap_keeps_what_was_written(engine: str) -> None:
    source = HELLO.replace("(call $exit (i32.const 3))", "unreachable")
    result, state = run_wat(engine, source)
    assert result.exit_code is None
    assert isinstance(result.stopped, Trap)
    assert state.stdout == b"hello\nhello\n"


def test_a_start_function_may_call_wasi(engine: str) -> None:
    source = HELLO.replace(
        '(func (export "_start")', '(start $say) (func (export "_start")'
    )
    result, state = run_wat(engine, source)
    assert (result.exit_code, state.stdout) == (3, b"hello\n" * 3)


def test_the_result_is_the_same_wherever_gas_runs_out() -> None:
    """Each prefix of the gas gives a prefix of the output, on both engines.

    Tried are the last units one by one, and every 3,989th of those of the host calls.
    """
    whole, _ = run_wat("interpreter", HELLO)
    last = whole.units_used
    outputs = set()
    for units in (*range(last - 3_600_000, last, 3_989), *range(last - 400, last + 1)):
        found = []
        for engine in ENGINES:
            result, state = run_wat(engine, HELLO, units=units)
            found.append(
                (result.exit_code, str(result.stopped), result.units_used, state.stdout)
            )
        assert found[0] == found[1]
        exit_code, _, units_used, stdout = found[0]
        assert b"hello\nhello\n".startswith(stdout)
        outputs.add(stdout)
        assert (exit_code, units_used) == (3 if units == last else None, units)
    assert outputs == {b"", b"hello\n", b"hello\nhello\n"}


@pytest.mark.parametrize("units", [0, 19_999_999])
def test_an_instance_must_be_paid(engine: str, units: int) -> None:
    result, _ = run_wat(engine, f"(module {MEMORY} {START})", units=units)
    assert isinstance(result.stopped, OutOfGas)
    assert result.units_used == units


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f"(module {START})", "export memory: missing, memory required"),
        (
            f'(module (func (export "memory")) {START})',
            "export memory: memory required",
        ),
        (f"(module {MEMORY})", r"export _start: func type \[\] -> \[\] required"),
        (
            f'(module {MEMORY} (func (export "_start") (param i32)))',
            r"export _start: func type \[\] -> \[\] required",
        ),
        (
            f'(module {MEMORY} (global (export "_start") i32 (i32.const 0)))',
            r"export _start: func type \[\] -> \[\] required",
        ),
        (
            f"""(module {EXIT} (import "{OLD}" "sched_yield" (func (result i32)))
              {MEMORY} {START})""",
            "imports from both wasi_snapshot_preview1 and wasi_unstable",
        ),
    ],
)
def test_what_is_no_program_is_refused(engine: str, source: str, reason: str) -> None:
    with pytest.raises(RefusedModule, match=reason):
        run_wat(engine, source)


@pytest.mark.parametrize("module", [P1, OLD])
@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ('"fd_fly" (func)', "unknown import"),
        ('"proc_exit" (func)', "incompatible import type"),
        ('"proc_exit" (func (param i64))', "incompatible import type"),
        ('"proc_exit" (func (param i32) (result i32))', "incompatible import type"),
        ('"proc_exit" (global i32)', "incompatible import type"),
    ],
)
def test_imports_that_cannot_be(
    engine: str, module: str, entry: str, reason: str
) -> None:
    source = f'(module (import "{module}" {entry}) {MEMORY} {START})'
    with pytest.raises(LinkError, match=reason):
        run_wat(engine, source)


def test_imports_of_others_are_not_looked_at_but_must_be_given(engine: str) -> None:
    source = f'(module (import "env" "f" (func)) {MEMORY} {START})'
    with pytest.raises(LinkError, match="it has no cost in gas schedule"):
        run_wat(engine, source)


def test_floats_have_the_same_bits_on_both_engines() -> None:
    """A NaN from a division, seen through what is written of it."""
    source = f"""(module {WRITE} {MEMORY}
      (data (i32.const 0) "\\08\\00\\00\\00\\08\\00\\00\\00")
      (func (export "_start")
        (f64.store (i32.const 8) (f64.div (f64.const 0) (f64.const -0)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 99)))))
    """
    results = [run_wat(engine, source) for engine in ENGINES]
    assert {state.stdout for _, state in results} == {b"\0" * 6 + b"\xf8\x7f"}
    assert len({result.units_used for result, _ in results}) == 1


def test_two_runs_share_nothing(engine: str) -> None:
    tree = FileTree({"f": b""}, writable=True)
    open_f = f"""(module
      (import "{P1}" "path_create_directory"
        (func $make (param i32 i32 i32) (result i32)))
      {EXIT} {MEMORY} (data (i32.const 0) "new")
      (func (export "_start")
        (call $exit (call $make (i32.const 3) (i32.const 0) (i32.const 3)))))"""
    for _ in range(2):
        result, state = run_wat(engine, open_f, mounts={"m": tree})
        assert result.exit_code == 0
        assert dict(state.mounts["m"]) == {"f": b"", "new": None}
    assert dict(tree) == {"f": b""}
