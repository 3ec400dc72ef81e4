"""Engines of guests: compiled code from the cache, and compiling in the background."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from contractvm.errors import CompilationLimit, TrapCode
from contractvm.guests import guest as guest_module
from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import host_function
from contractvm.guests.outcomes import Returned, Trapped
from contractvm.hosts.interface import func_type
from contractvm.runtime.engine_selection import UnknownEngine
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.wasmtime import compile_process
from contractvm.wasm.engines.wasmtime.compile_process import (
    CompileLimits,
    CompileProcess,
)
from contractvm.wasm.validation.profile import Profile
from tests.helpers.guest_programs import SCHEDULE
from tests.helpers.source_tree import ROOT
from tests.helpers.wat import wat_to_wasm

# Larger than what is compiled in this process, and with every kind of export.
MODULE = wat_to_wasm(
    """(module
    (import "env" "seven" (func $seven (result i32 i64)))
    (memory (export "memory") 1 5) (table (export "table") 3 9 funcref)
    (global (export "global") i64 (i64.const 5))
    (data (i32.const 9) "%s")
    (func (export "add") (param i32) (result i32)
      (i32.add (local.get 0) (i32.load8_u (i32.const 9))))
    (func (export "table_trap") (drop (table.get (i32.const 3))))
    (func (export "call_trap") (call_indirect (i32.const 3)))
    (func (export "seven") (result i32 i64) (call $seven)))"""
    % ("x" * 2_000)
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of compiled code."""
    monkeypatch.setenv("CONTRACTVM_CACHE", str(tmp_path))
    return tmp_path.joinpath("compiled")


def load(engine: str = "auto", **options: object) -> Guest:

    @host_function(func_type=func_type("", "iI"), charge=0)
    def seven() -> tuple[int, int]:
        return 7, 2**64 - 7

    return Guest.load(
        MODULE,
        schedule=SCHEDULE,
        engine=engine,
        host=[seven],
        **options,  # type: ignore[arg-type]
    )


def check(guest: Guest, engine: str) -> None:
    """Everything a start restores is right."""
    result = guest.run("add", (2,))
    assert (result.outcome, result.value) == (Returned(), 2 + ord("x"))
    assert (result.engine, result.units_used) == (engine, 1)
    assert guest.run("seven").value == (7, -7)
    found = [guest.run(name).outcome for name in ("table_trap", "call_trap")]
    assert found == [
        Trapped(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS),
        Trapped(TrapCode.UNDEFINED_ELEMENT),
    ]
    with guest.instance() as instance:
        assert instance.call("add", 1).memory_peak_pages == 1


def test_auto_is_the_interpreter_until_code_is_in_the_cache(cache: Path) -> None:
    check(load(), "interpreter")
    check(load("wasmtime"), "wasmtime")
    check(load(), "wasmtime")
    check(load("interpreter"), "interpreter")
    for path in cache.iterdir():
        path.unlink()
    check(load(), "interpreter")


def test_auto_without_a_cache_is_the_interpreter() -> None:
    check(load("wasmtime"), "wasmtime")
    check(load(), "interpreter")


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UnknownEngine):
        load("fast")


def test_a_start_from_the_cache_neither_checks_nor_instruments(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load("wasmtime")

    def never(*_: object) -> None:
        raise AssertionError("the module is prepared again")

    monkeypatch.setattr(Pipeline, "prepare", never)
    monkeypatch.setattr(guest_module, "requirements_of", never)
    for engine in ("auto", "wasmtime"):
        again = load(engine)
        assert again.requirements == first.requirements
        check(again, "wasmtime")


def test_code_without_its_description_and_the_other_way_round(cache: Path) -> None:
    load("wasmtime")
    names = {path.name: path.stat().st_size for path in cache.iterdir()}
    description, code = sorted(names, key=lambda name: names[name])
    cache.joinpath(code).unlink()
    check(load(), "interpreter")
    check(load("wasmtime"), "wasmtime")
    assert {path.name for path in cache.iterdir()} == set(names)
    cache.joinpath(description).unlink()
    check(load(), "interpreter")
    check(load("wasmtime"), "wasmtime")
    check(load(), "wasmtime")


def test_a_damaged_description_counts_as_missing(cache: Path) -> None:
    load("wasmtime")
    description = min(cache.iterdir(), key=lambda path: path.stat().st_size)
    content = description.read_bytes()
    description.write_bytes(content[:-1] + bytes((content[-1] ^ 1,)))
    check(load(), "interpreter")
    assert not description.exists()


def test_another_profile_or_schedule_has_code_of_its_own(cache: Path) -> None:
    load("wasmtime")
    other = Profile(name="other", floats="canonical")
    assert load(profile=other).run("add", (2,)).engine == "interpreter"
    assert load("wasmtime", profile=other).run("add", (2,)).engine == "wasmtime"
    assert load(profile=other).run("add", (2,)).engine == "wasmtime"
    assert len(list(cache.iterdir())) == 3


def test_a_guest_that_was_compiled_runs_on_wasmtime(cache: Path) -> None:
    guest = load()
    with guest.instance() as before:
        assert before.call("add", 1).engine == "interpreter"
        assert guest.compile() is None
        check(guest, "wasmtime")
        assert before.call("add", 1).engine == "interpreter"
    check(load(), "wasmtime")
    guest.compile()


def test_compiling_in_the_background(cache: Path) -> None:
    guest = load()
    done = guest.compile(background=True)
    assert done is not None
    assert done.result(60)
    check(guest, "wasmtime")
    check(load(), "wasmtime")


def test_a_compiler_that_fails_is_a_warning(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object, wasm: bytes, limits: CompileLimits) -> bytes:
        raise CompilationLimit("wasmtime", f"{limits.seconds} s", len(wasm))

    monkeypatch.setattr(CompileProcess, "compile", refuse)
    guest = load()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        done = guest.compile(background=True)
        assert done is not None
        assert not done.result(60)
    (warning,) = caught
    assert str(warning.message).startswith("not compiled: ")
    check(guest, "interpreter")
    with pytest.raises(CompilationLimit):
        guest.compile()
    check(guest, "interpreter")


def test_a_compiler_that_cannot_start_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compile_process.sys, "executable", "/nowhere/python")
    guest = load()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        done = guest.compile(background=True)
        assert done is not None
        assert not done.result(60)
    assert "cannot start" in str(caught[0].message)
    check(guest, "interpreter")


def test_an_import_of_guests_does_not_import_wasmtime(cache: Path) -> None:
    script = (
        "import sys; from contractvm import Guest, Limits;"
        "Guest.load(sys.argv[1], schedule='contractvm-1');"
        "print('wasmtime' in sys.modules)"
    )
    module = cache.parent.joinpath("m.wasm")
    module.write_bytes(wat_to_wasm('(module (func (export "go")))'))
    shown = subprocess.run(
        [sys.executable, "-c", script, str(module)],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "False\n"
