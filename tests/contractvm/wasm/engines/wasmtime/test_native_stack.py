"""The counted stack height ends before wasmtime's native stack, whatever the code."""

from collections.abc import Callable

import pytest

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.metering.names import DEFAULT_MAX_STACK_HEIGHT
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.wasmtime.compiler import MAX_STACK_BYTES, SETTINGS
from contractvm.wasm.engines.wasmtime.engine import WasmtimeEngine
from contractvm.wasm.validation.profile import Profile
from tests.helpers.compiled import instantiate_compiled, invoke
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_wasm

FREE = schedule_with({})
ANY = Profile(name="any", floats="canonical")
# The margin for code that uses more than any of those below: fifteen times.
SMALLER_STACK = MAX_STACK_BYTES // 16


def each(count: int, text: Callable[[int], str]) -> str:
    return " ".join(text(index) for index in range(count))


def load(kind: str) -> Callable[[int], str]:
    return lambda index: f"({kind}.load offset={8 * index} (i32.const 0))"


def keep(kind: str, count: int) -> str:
    """Use of locals after a call, so that they are live during it."""
    return each(
        count,
        lambda n: f"({kind}.store offset={8 * n} (i32.const 0) (local.get {n}))",
    )


def locals_alive(kind: str, count: int) -> str:
    return f"""(func $main (local{f" {kind}" * count})
      {each(count, lambda n: f"(local.set {n} {load(kind)(n)})")}
      (call $main) {keep(kind, count)})"""


def parameters_alive(kind: str, count: int, callee: str = "call $f") -> str:
    params = f"(param{f' {kind}' * count})"
    given = each(count, lambda n: f"(local.get {count - n - 1})")
    return f"""(table funcref (elem $f)) (type $t (func {params}))
      (func $f (type $t) {given} {callee} {keep(kind, count)})
      (func $main {each(count, load(kind))} (call $f))"""


def operands_alive(kind: str, count: int) -> str:
    combine = "add" if kind.startswith("f") else "xor"
    return f"""(func $main (i32.const 0) {each(count, load(kind))}
      (call $main) {f"({kind}.{combine})" * (count - 1)} ({kind}.store))"""


def results_alive(kind: str, count: int) -> str:
    combine = "add" if kind.startswith("f") else "xor"
    return f"""(func $f (result{f" {kind}" * count}) (i32.const 0) (call $f)
      {f"({kind}.{combine})" * (count - 1)} ({kind}.store) {each(count, load(kind))})
      (func $main (call $f) {"drop " * count})"""


def same_values_again(count: int) -> str:
    """Values that the optimiser would compute once and keep through the call."""
    again = each(
        count,
        lambda n: (
            f"""(i64.store offset={8 * n} (i32.const 0)
          (i64.mul (local.get $x) (i64.const {7 * n + 3})))"""
        ),
    )
    return f"""(func $main (local $x i64)
      (local.set $x (i64.load (i32.const 0))) {again} (call $main) {again})"""


def short_lives(long_lived: int, count: int) -> str:
    """Many values in turn that are live across a call, next to some that always are."""
    turns = each(
        count,
        lambda n: (
            f"""(i32.const 0) (call $g) (drop (call $g))
          (i64.store offset={8 * n})"""
        ),
    )
    return f"""(func $g (result i64) (i64.load (i32.const 0)))
      (func $main (local{" i64" * long_lived})
        {each(long_lived, lambda n: f"(local.set {n} {load('i64')(n)})")}
        (call $main) {turns} {keep("i64", long_lived)})"""


INDIRECT = "(i32.const 0) (call_indirect (type $t))"
SHAPES = {
    "nothing": "(func $main (call $main) (nop))",
    "an i64 local": locals_alive("i64", 1),
    "ten f64 locals": locals_alive("f64", 10),
    "500 i32 locals": locals_alive("i32", 500),
    "500 f64 locals": locals_alive("f64", 500),
    "3 i64 parameters": parameters_alive("i64", 3),
    "50 f32 parameters": parameters_alive("f32", 50),
    "500 f64 parameters": parameters_alive("f64", 500),
    "1000 i64 parameters, indirect": parameters_alive("i64", 1_000, INDIRECT),
    "10 i64 operands": operands_alive("i64", 10),
    "500 f64 operands": operands_alive("f64", 500),
    "an i64 result": results_alive("i64", 1),
    "10 f64 results": results_alive("f64", 10),
    "500 f64 results": results_alive("f64", 500),
    "1000 values computed twice": same_values_again(1_000),
    "2000 short lives beside 20 long ones": short_lives(20, 2_000),
}


def end_of(body: str) -> Exception:
    """How the endless recursion ends."""
    engine = Pipeline(WasmtimeEngine(), FREE, ANY)
    wasm = wat_to_wasm(f'(module (memory 1) {body} (export "main" (func $main)))')
    run = engine.start(engine.prepare(wasm), {}, 1 << 62)
    run.begin("main")
    with pytest.raises((Trap, InternalError)) as raised:
        run.resume()
    return raised.value


@pytest.mark.parametrize("shape", SHAPES)
def test_recursion_ends_at_the_counted_height_on_a_stack_a_16th_as_large(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SETTINGS, "max_wasm_stack", SMALLER_STACK)
    end = end_of(SHAPES[shape])
    assert isinstance(end, Trap), end
    assert end.code is TrapCode.CALL_STACK_EXHAUSTED


def test_the_stack_is_a_thousand_bytes_for_each_value() -> None:
    assert MAX_STACK_BYTES == 1_024 * DEFAULT_MAX_STACK_HEIGHT


def test_a_native_stack_that_ends_first_is_our_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(SETTINGS, "max_wasm_stack", 64 << 10)
    end = end_of(SHAPES["nothing"])
    assert isinstance(end, InternalError)
    assert "call stack exhausted" in str(end)


def test_the_whole_native_stack_is_there() -> None:
    """Uncounted recursion over nearly all of it: the fiber's stack has the stated size.

    A frame of this func takes 16 bytes or more; this many fit.
    """
    instance = instantiate_compiled("""(module (memory 1)
      (func $f (export "f") (param i32) (if (local.get 0) (then
        (call $f (i32.sub (local.get 0) (i32.const 1)))
        (i32.store (i32.const 0) (i32.const 1))))))""")
    assert invoke(instance, "f", 1_000_000) == ()
    with pytest.raises(InternalError, match="call stack exhausted"):
        invoke(instance, "f", 0xFFFF_FFFF)
    assert invoke(instance, "f", 1_000_000) == ()
