"""The engine wasmtime: values, traps, limits and linking as on the interpreter."""

from typing import Any

import pytest

from contractvm.errors import InternalError, LinkError, Trap, TrapCode
from contractvm.wasm.engines.wasmtime.values import OpaqueReference
from contractvm.wasm.interpreter.instance import GlobalCell, Memory
from contractvm.wasm.structure.types import GlobalType
from tests.helpers.compiled import instantiate_compiled, invoke
from tests.helpers.instances import F32, F64, I32, I64, host, instantiate_wat

ASK = """(module
  (import "e" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sum") (param i32 i32) (result i32)
    (i32.add (local.get 0) (i32.mul (call $ask (local.get 1)) (i32.const 10)))))"""


def with_ask(call: Any) -> Any:
    return instantiate_compiled(ASK, {("e", "ask"): host((I32,), (I32,), call)})


def test_results_are_unsigned_and_floats_are_their_bits() -> None:
    instance = instantiate_compiled("""(module (func (export "f")
      (param i32 i64 f32 f64) (result i32 i64 f32 f64)
      (i32.sub (local.get 0) (i32.const 2)) (i64.sub (local.get 1) (i64.const 2))
      (f32.neg (local.get 2)) (f64.neg (local.get 3))))""")
    # A signalling NaN goes through unchanged.
    given = (1, 1, 0x7FA0_0001, 0x7FF4_0000_0000_0001)
    assert invoke(instance, "f", *given) == (
        0xFFFF_FFFF,
        0xFFFF_FFFF_FFFF_FFFF,
        0xFFA0_0001,
        0xFFF4_0000_0000_0001,
    )


def test_host_func_gets_unsigned_values_and_bits_of_floats() -> None:
    seen = []
    source = """(module (import "e" "f" (func $f (param i32 i64 f32 f64)))
      (func (export "g")
        (call $f (i32.const -1) (i64.const -2) (f32.const -0) (f64.const 1))))"""
    call = host((I32, I64, F32, F64), (), lambda *values: seen.append(values))
    assert invoke(instantiate_compiled(source, {("e", "f"): call}), "g") == ()
    assert seen == [
        (0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFE, 0x8000_0000, 0x3FF0_0000_0000_0000)
    ]


def test_host_func_may_have_many_parameters_and_results() -> None:
    count = 40
    params, results = " i64" * count, " i64" * 3
    arguments = " ".join(f"(i64.const {n})" for n in range(count))
    source = f"""(module (import "e" "f" (func $f (param{params}) (result{results})))
      (func (export "g") (result{results}) (call $f {arguments})))"""
    call = host((I64,) * count, (I64,) * 3, lambda *v: (sum(v), v[1], v[-1]))
    instance = instantiate_compiled(source, {("e", "f"): call})
    assert invoke(instance, "g") == (780, 1, 39)


@pytest.mark.parametrize("result", [None, -1, 1 << 32, "5", 1.0, (5,), b"\0"])
def test_wrong_result_of_a_host_func_is_our_bug(result: object) -> None:
    with pytest.raises(InternalError):
        invoke(with_ask(lambda value: result), "sum", 1, 2)


def test_a_value_from_a_host_func_without_results_is_our_bug() -> None:
    source = '(module (import "e" "f" (func $f)) (func (export "g") call $f))'
    instance = instantiate_compiled(source, {("e", "f"): host((), (), lambda: 0)})
    with pytest.raises(InternalError):
        invoke(instance, "g")


@pytest.mark.parametrize("arguments", [(), (1,), (1, 2, 3), (1, -1), (1, 1 << 32)])
def test_wrong_arguments_are_our_bug(arguments: tuple[int, ...]) -> None:
    with pytest.raises(InternalError):
        with_ask(lambda value: 1).start("sum", *arguments)


class Refusal(Exception):
    pass


def test_exception_of_a_host_func_comes_out_unchanged_and_ends_the_execution() -> None:
    refusal = Refusal("no")

    def call(value: int) -> int:
        raise refusal

    instance = with_ask(call)
    execution = instance.start("sum", 1, 2)
    with pytest.raises(Refusal) as raised:
        execution.resume()
    assert raised.value is refusal
    with pytest.raises(InternalError):
        execution.resume()
    with pytest.raises(Refusal):
        invoke(instance, "sum", 1, 2)


# Traps

TABLE = "(table 2 funcref) (elem (i32.const 0) $f) (func $f (param i32))"
TRAPS = {
    "unreachable": (TrapCode.UNREACHABLE, "unreachable"),
    "division by zero": (
        TrapCode.INTEGER_DIVIDE_BY_ZERO,
        "(drop (i32.div_s (i32.const 1) (local.get 0)))",
    ),
    "overflow of a division": (
        TrapCode.INTEGER_OVERFLOW,
        "(drop (i32.div_s (i32.const 0x80000000) (i32.sub (local.get 0) (i32.const 1"
        "))))",
    ),
    "a float too large": (
        TrapCode.INTEGER_OVERFLOW,
        "(drop (i32.trunc_f32_s (f32.const 1e10)))",
    ),
    "a float that is none": (
        TrapCode.INVALID_CONVERSION_TO_INTEGER,
        "(drop (i32.trunc_f32_s (f32.const nan)))",
    ),
    "a load": (
        TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS,
        "(drop (i32.load offset=65533 (local.get 0)))",
    ),
    "a copy": (
        TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS,
        "(memory.copy (i32.const 65536) (i32.const 0) (i32.const 1))",
    ),
    "an indirect call beyond the table": (
        TrapCode.UNDEFINED_ELEMENT,
        "(call_indirect (param i32) (i32.const 1) (i32.const 2))",
    ),
    "an indirect call of nothing": (
        TrapCode.UNINITIALIZED_ELEMENT,
        "(call_indirect (param i32) (i32.const 1) (i32.const 1))",
    ),
    "an indirect call of another type": (
        TrapCode.INDIRECT_CALL_TYPE_MISMATCH,
        "(call_indirect (i32.const 0))",
    ),
    "a read beyond the table": (
        TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS,
        "(drop (table.get 0 (i32.const 2)))",
    ),
    "a fill beyond the table": (
        TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS,
        "(table.fill 0 (i32.const 1) (ref.null func) (i32.const 2))",
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_trap_has_the_code_that_it_has_on_the_interpreter(name: str) -> None:
    code, body = TRAPS[name]
    source = f'(module (memory 1) {TABLE} (func (export "t") (param i32) {body}))'
    with pytest.raises(Trap) as here:
        invoke(instantiate_compiled(source), "t", 0)
    with pytest.raises(Trap) as there:
        instantiate_wat(source).invoke("t", 0)
    assert (here.value.code, there.value.code) == (code, code)


@pytest.mark.parametrize(
    ("segment", "code"),
    [
        ('(data (i32.const 65533) "abcd")', TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS),
        ("(elem (i32.const 2) $f)", TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS),
    ],
)
def test_segment_out_of_bounds_is_a_trap(segment: str, code: TrapCode) -> None:
    source = f"(module (memory 1) {TABLE} {segment})"
    with pytest.raises(Trap) as here:
        instantiate_compiled(source)
    with pytest.raises(Trap) as there:
        instantiate_wat(source)
    assert (here.value.code, there.value.code) == (code, code)


# The start func


def test_start_func_runs_and_may_call_the_host() -> None:
    seen = []
    source = """(module (import "e" "f" (func $f (param i32)))
      (start $s) (func $s (call $f (i32.const 5))))"""
    instantiate_compiled(source, {("e", "f"): host((I32,), (), seen.append)})
    assert seen == [5]


def test_start_func_that_traps_leaves_no_instance() -> None:
    with pytest.raises(Trap) as raised:
        instantiate_compiled("(module (start $s) (func $s unreachable))")
    assert raised.value.code is TrapCode.UNREACHABLE


# Memory, tables, globals


def test_memory_is_read_and_written_within_its_bounds_only() -> None:
    memory = with_ask(lambda value: 1).exports["memory"]
    memory.write(65_534, b"ab")
    assert memory.read(65_533, 3) == b"\0ab"
    assert memory.read(65_536, 0) == b""
    memory.write(65_536, b"")
    for address, length in ((65_535, 2), (65_537, 0), (-1, 1), (0, -1), (2**40, 1)):
        with pytest.raises(Trap) as raised:
            memory.read(address, length)
        assert raised.value.code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
    for address in (65_535, -1):
        with pytest.raises(Trap):
            memory.write(address, b"cd")
    assert memory.read(65_534, 2) == b"ab"


GROW = """(module (memory (export "memory") 1) (table (export "table") 1 funcref)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "table grow") (param i32) (result i32)
    (table.grow 0 (ref.null func) (local.get 0))))"""


def test_memory_grows_to_the_limit_and_not_beyond() -> None:
    instance = instantiate_compiled(GROW, max_memory_pages=3)
    memory = instance.exports["memory"]
    memory.write(0, b"kept")
    assert invoke(instance, "grow", 3) == (0xFFFF_FFFF,)
    assert invoke(instance, "grow", 2) == (1,)
    assert invoke(instance, "grow", 1) == (0xFFFF_FFFF,)
    assert (memory.pages, memory.size_bytes) == (3, 3 * 65_536)
    assert memory.read(0, 4) == b"kept"
    memory.write(3 * 65_536 - 1, b"!")


def test_table_grows_to_the_limit_of_the_interpreter() -> None:
    compiled, ours = instantiate_compiled(GROW), instantiate_wat(GROW)
    for count in (10_000_000, 9_999_999, 1):
        found = invoke(compiled, "table grow", count)
        assert found == ours.invoke("table grow", count)
        assert compiled.exports["table"].size == ours.exports["table"].size


def test_memory_larger_than_the_limit_is_our_bug() -> None:
    with pytest.raises(InternalError):
        instantiate_compiled("(module (memory 4))", max_memory_pages=3)


def test_globals_are_unsigned_and_floats_are_their_bits() -> None:
    instance = instantiate_compiled("""(module
      (global (export "i") (mut i64) (i64.const -1))
      (global (export "f") (mut f32) (f32.const -0))
      (global (export "const") i32 (i32.const 3)))""")
    exports = instance.exports
    assert exports["i"].value == 0xFFFF_FFFF_FFFF_FFFF
    assert exports["f"].value == 0x8000_0000
    exports["i"].value = 1 << 63
    exports["f"].value = 0x7FA0_0001
    assert exports["i"].value == 1 << 63
    assert exports["f"].value == 0x7FA0_0001
    for name, value in (("i", 1 << 64), ("i", -1), ("const", 4)):
        with pytest.raises(InternalError):
            exports[name].value = value
    assert exports["const"].value == 3


# Linking


@pytest.mark.parametrize(
    ("imports", "reason"),
    [
        ({}, "unknown import"),
        ({("e", "ask"): host((I64,), (I32,), print)}, "incompatible import type"),
        (
            {("e", "ask"): GlobalCell(GlobalType(I32, False), 0)},
            "the engine wasmtime can import host funcs only",
        ),
    ],
)
def test_import_that_does_not_fit_is_named(imports: Any, reason: str) -> None:
    with pytest.raises(LinkError) as raised:
        instantiate_compiled(ASK, imports)
    error = raised.value
    assert (error.module_name, error.name, error.reason) == ("e", "ask", reason)


def test_only_host_funcs_can_be_imported() -> None:
    source = '(module (import "e" "m" (memory 1)))'
    with pytest.raises(LinkError) as raised:
        instantiate_compiled(source, {("e", "m"): Memory(1)})
    assert raised.value.reason == "the engine wasmtime can import host funcs only"


def test_one_name_imported_twice_is_one_host_func() -> None:
    source = """(module (import "e" "f" (func $f (result i32)))
      (import "e" "f" (func $g (result i32)))
      (func (export "h") (result i32) (i32.sub (call $f) (call $g))))"""
    answers = iter((9, 5))
    call = host((), (I32,), lambda: next(answers))
    assert invoke(instantiate_compiled(source, {("e", "f"): call}), "h") == (4,)


@pytest.mark.parametrize("name", ["nothing", "memory"])
def test_start_of_what_is_no_exported_func_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        with_ask(lambda value: 1).start(name)


def test_of_a_reference_is_seen_whether_it_is_null() -> None:
    instance = instantiate_compiled("""(module
      (func $f (export "f") (param externref) (result funcref funcref externref i32)
        (ref.null func) (ref.func $f) (local.get 0) (ref.is_null (local.get 0))))""")
    reference = OpaqueReference.REFERENCE
    assert invoke(instance, "f", None) == (None, reference, None, 1)
    with pytest.raises(InternalError):
        instance.start("f", 5)
