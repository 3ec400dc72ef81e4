"""The interface as a value: its code, exports that are dropped, debug functions."""

import pytest

from contractvm.errors import InvalidModule
from contractvm.hosts.evm.interface import FAILURE, REVERTED, SUCCESS
from contractvm.hosts.evm.observer import FrameObserver
from contractvm.hosts.evm.unsupported import UnsupportedCode
from contractvm.hosts.registry import find_host, host_names, load_checked
from contractvm.hosts.stylus.program_code import PREFIX, pack_program
from contractvm.metering.names import GAS_EXPORT
from tests.helpers.stylus import (
    PROGRAM,
    FakeHost,
    own_ink,
    pipeline,
    program,
    run,
)
from tests.helpers.wat import wat_to_wasm

INTERFACE = find_host("stylus")
ENGINES = ("interpreter", "wasmtime")


def test_it_is_one_of_the_installed_interfaces() -> None:
    assert "stylus" in host_names()
    assert load_checked("stylus-1").interface == "stylus"
    assert len(INTERFACE.functions) == 42 + 9 + 3


def test_programs_are_known_by_their_first_bytes() -> None:
    assert INTERFACE.is_code(PREFIX + b"\0")
    assert INTERFACE.is_code(b"\xef\xf0\2\0")
    assert not INTERFACE.is_code(PREFIX)
    assert not INTERFACE.is_code(b"\xef\xf0\1\0")
    assert not INTERFACE.is_code(b"\0asm\1\0\0\0")


@pytest.mark.parametrize("engine", ENGINES)
def test_other_exports_are_dropped_even_those_with_our_names(engine: str) -> None:
    source = program(
        "(i32.const 0)",
        around=f'(global (export "{GAS_EXPORT}") (mut i64) (i64.const 5))'
        '(func (export "contractvm.start") unreachable)',
    )
    result, _ = run(source, 2_452, engine=engine)
    assert (result.status, result.gas_left) == (SUCCESS, 0)


def test_an_instance_costs_nothing_to_make() -> None:
    source = program(
        "(i32.const 0)",
        around="(global i64 (i64.const 1))" * 50
        + "(table 4096 funcref) (elem (i32.const 0) func 0 0 0)"
        + '(data (i32.const 0) "some bytes")',
    )
    prepared = pipeline("interpreter").prepare(wat_to_wasm(source))
    assert (prepared.initial_units, prepared.initial_work) == (0, ())
    assert own_ink(source) == 2_452


@pytest.mark.parametrize("engine", ENGINES)
def test_debug_functions_are_free(engine: str) -> None:
    source = """(module
      (import "console" "tee_i64" (func $tee (param i64) (result i64)))
      (import "console" "log_f32" (func $log (param f32)))
      (import "console" "log_txt" (func $text (param i32 i32)))
      (import "debug" "null_host" (func $nothing))
      (memory (export "memory") 1 1)
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $nothing) (call $text (i32.const 0) (i32.const 5))
        (i64.ne (call $tee (i64.const 77)) (i64.const 77))))"""
    result, _ = run(source, own_ink(source), engine=engine)
    assert (result.status, result.gas_left) == (SUCCESS, 0)


class HostSteps(FrameObserver):
    """Keeps what each host function took and gave."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, bytes, bytes]] = []

    def host_step(
        self, name: str, arguments: bytes, results: bytes, units: tuple[int, int]
    ) -> None:
        self.steps.append((name, arguments, results))


def test_tracers_see_what_debug_functions_show() -> None:
    source = """(module
      (import "console" "tee_i64" (func $tee (param i64) (result i64)))
      (import "console" "log_i32" (func $log (param i32)))
      (import "console" "log_txt" (func $text (param i32 i32)))
      (import "debug" "null_host" (func $nothing))
      (memory (export "memory") 1 1) (data (i32.const 8) "Hello!")
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $text (i32.const 8) (i32.const 5)) (call $nothing)
        (call $log (i32.const 77)) (drop (call $tee (i64.const 515)))
        (i32.const 0)))"""
    seen = HostSteps()
    assert run(source, 10**6, observer=seen)[0].status is SUCCESS
    assert seen.steps[1:-1] == [
        ("log_txt", b"Hello", b""),
        ("null_host", b"", b""),
        ("log_i32", (77).to_bytes(8, "big"), b""),
        ("tee_i64", (515).to_bytes(8, "big"), b""),
    ]


@pytest.mark.parametrize(("start", "status"), [(65_530, SUCCESS), (65_531, REVERTED)])
def test_text_to_show_is_in_memory(start: int, status: object) -> None:
    source = f"""(module
      (import "console" "log_txt" (func $text (param i32 i32)))
      (memory (export "memory") 1 1)
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $text (i32.const {start}) (i32.const 6)) (i32.const 0)))"""
    assert run(source, 10**6)[0].status is status


@pytest.mark.parametrize("engine", ENGINES)
def test_floats_are_carried_as_bits(engine: str) -> None:
    # A signalling NaN comes through locals, globals, calls and select unchanged.
    source = program(
        """(global.set $g (call $same (local.get $f)))
        (local.set $f (select (global.get $g) (local.get $f) (i32.const 1)))
        (i32.const 0)""",
        around="""(global $g (mut f64) (f64.const nan:0x1234))
        (func $same (param f64) (result f64) local.get 0)""",
    ).replace("(result i32) (global.set", "(result i32) (local $f f64) (global.set")
    # The callee's blocks are counted by `own_ink` too: it is called once.
    result, _ = run(source, own_ink(source), engine=engine)
    assert (result.status, result.gas_left) == (SUCCESS, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_block_with_a_float_constant_cannot_be_paid(engine: str) -> None:
    source = program("(if (local.get 0) (then (drop (f32.const 1)))) (i32.const 0)")
    assert run(source, 10**6, engine=engine)[0].status is SUCCESS
    result, _ = run(source, 10**14, engine=engine, data=b"x")
    assert (result.status, result.gas_left) == (FAILURE, 0)


def test_code_that_needs_an_evm_is_not_the_contracts_fault() -> None:
    host = FakeHost(codes={PROGRAM: b"\x60\0"})
    with pytest.raises(UnsupportedCode, match="EVM code at 0x1111"):
        run(program("(i32.const 0)"), 10**6, host, code=b"\x60\0")


@pytest.mark.parametrize(
    "code", [PREFIX + b"\1abc", PREFIX + b"\0???", pack_program(b"no module")]
)
def test_code_that_is_broken_takes_all_gas_and_leaves_no_frame_open(
    code: bytes,
) -> None:
    host = FakeHost()
    result, _ = run(program("(i32.const 0)"), 10**6, host, code=code)
    assert (result.status, result.gas_left) == (FAILURE, 0)
    assert host.open_frames.get(PROGRAM, 0) == 0
    assert host.pages.open == 0


def test_the_check_is_that_of_the_latest_version() -> None:
    assert INTERFACE.check_module is not None
    INTERFACE.check_module(wat_to_wasm(program("(i32.const 0)")))
    with pytest.raises(InvalidModule):
        INTERFACE.check_module(b"\0asm\1\0\0\0")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("pages", "is_grown"), [(1, True), (2, True), (3, False)])
def test_growth_beyond_the_maximum_is_paid_and_refused(
    engine: str, pages: int, is_grown: bool
) -> None:
    source = program(
        f"(i32.eq (memory.grow (i32.const {pages})) (i32.const -1))",
        "pay_for_memory_grow",
        pages="1 3",
    )
    result, _ = run(source, 10**6, engine=engine)
    assert (result.status is REVERTED) is not is_grown
