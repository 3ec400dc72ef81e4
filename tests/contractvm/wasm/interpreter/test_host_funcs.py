"""Host funcs: values, exceptions, suspension, and errors in host code."""

from types import MappingProxyType
from typing import Any

import pytest

from contractvm.errors import InternalError, LinkError, Trap, TrapCode
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.interpreter.instance import (
    ExportedFunc,
    ModuleInstance,
    instantiate_module,
)
from contractvm.wasm.structure.types import FuncType, ValType
from tests.helpers.compiled import instantiate_compiled
from tests.helpers.compiled import invoke as invoke_compiled
from tests.helpers.instances import (
    F32,
    F64,
    I32,
    I64,
    compile_checked,
    host,
    instantiate_wat,
)
from tests.helpers.wat import wat_to_module

EXTERNREF, FUNCREF = ValType.EXTERNREF, ValType.FUNCREF
ASK = """(module
  (import "e" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $sum (export "sum") (param i32 i32) (result i32)
    (i32.add (local.get 0) (i32.mul (call $ask (local.get 1)) (i32.const 10))))
  (func (export "twice") (param i32) (result i32)
    (call $sum (call $sum (i32.const 1) (local.get 0)) (local.get 0))))"""


def with_ask(call: Any) -> ModuleInstance:
    return instantiate_wat(ASK, {("e", "ask"): host((I32,), (I32,), call)})


def test_host_func_gets_unsigned_values_and_bits_of_floats() -> None:
    seen = []
    kinds = (I32, I64, F32, F64)
    source = """(module (import "e" "f" (func $f (param i32 i64 f32 f64)))
      (func (export "g")
        (call $f (i32.const -1) (i64.const -2) (f32.const -0) (f64.const 1))))"""
    call = host(kinds, (), lambda *values: seen.append(values))
    instantiate_wat(source, {("e", "f"): call}).invoke("g")
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
    instance = instantiate_wat(source, {("e", "f"): call})
    assert instance.invoke("g") == (780, 1, 39)


def test_host_func_sees_and_changes_memory() -> None:
    def call(address: int) -> int:
        memory = instance.exports["memory"]
        memory.write(address, b"\x05")
        memory.grow(1)
        return memory.read(address, 1)[0]

    instance = with_ask(call)
    assert instance.invoke("sum", 1, 9) == (51,)


def test_host_func_may_run_its_own_instance() -> None:
    depth = []

    def call(value: int) -> int:
        depth.append(value)
        return 1 if value == 0 else instance.invoke("sum", 0, value - 1)[0]

    instance = with_ask(call)
    assert instance.invoke("sum", 0, 3) == (10**4,)
    assert depth == [3, 2, 1, 0]


class Refusal(Exception):
    pass


def test_exception_of_a_host_func_comes_out_unchanged_and_ends_the_execution() -> None:
    refusal = Refusal("no")

    def call(value: int) -> int:
        raise refusal

    execution = with_ask(call).start("sum", 1, 2)
    with pytest.raises(Refusal) as raised:
        execution.resume()
    assert raised.value is refusal
    with pytest.raises(InternalError):
        execution.resume()


@pytest.mark.parametrize("result", [None, -1, 1 << 32, "5", 1.0, (5,), b"\0"])
def test_wrong_result_of_a_host_func_is_our_bug(result: object) -> None:
    with pytest.raises(InternalError):
        with_ask(lambda value: result).invoke("sum", 1, 2)


def test_a_value_from_a_host_func_without_results_is_our_bug() -> None:
    source = '(module (import "e" "f" (func $f)) (func (export "g") call $f))'
    instance = instantiate_wat(source, {("e", "f"): host((), (), lambda: 0)})
    with pytest.raises(InternalError):
        instance.invoke("g")


# Suspension


def suspending(value: int) -> Suspension:
    return Suspension(value, lambda answer: answer)


def test_execution_waits_for_the_result_of_a_suspension() -> None:
    execution = with_ask(suspending).start("sum", 1, 2)
    waiting = execution.resume()
    assert isinstance(waiting, Suspension)
    assert waiting.request == 2
    assert execution.is_suspended
    assert execution.resume(4) == (41,)
    assert not execution.is_suspended


def test_suspension_two_frames_deep_keeps_them_both() -> None:
    execution = with_ask(suspending).start("twice", 7)
    execution.resume()
    assert isinstance(execution.resume(2), Suspension)
    assert execution.resume(3) == (51,)


def test_executions_of_one_instance_are_resumed_in_any_order() -> None:
    instance = with_ask(suspending)
    executions = [instance.start("twice", n) for n in range(50)]
    for execution in executions:
        execution.resume()
    for n, execution in reversed(list(enumerate(executions))):
        execution.resume(n)
    for n, execution in sorted(enumerate(executions), key=lambda item: item[0] % 7):
        assert execution.resume(2 * n) == (1 + 10 * n + 20 * n,)


def test_two_instances_deep_suspends_as_one() -> None:
    inner = with_ask(suspending)
    outer = instantiate_wat(
        """(module (import "i" "sum" (func $sum (param i32 i32) (result i32)))
        (func (export "run") (param i32) (result i32)
          (i32.add (call $sum (local.get 0) (i32.const 8)) (i32.const 1000))))""",
        {("i", "sum"): inner.exports["sum"]},
    )
    execution = outer.start("run", 3)
    assert isinstance(execution.resume(), Suspension)
    assert execution.resume(5) == (1053,)


def test_a_wrong_answer_to_a_suspension_is_our_bug() -> None:
    execution = with_ask(suspending).start("sum", 1, 2)
    execution.resume()
    with pytest.raises(InternalError):
        execution.resume(None)
    with pytest.raises(InternalError):
        execution.resume(4)


def test_first_resume_takes_no_value() -> None:
    with pytest.raises(InternalError):
        with_ask(suspending).start("sum", 1, 2).resume(3)


def test_a_finished_execution_cannot_be_resumed() -> None:
    execution = with_ask(lambda value: value).start("sum", 1, 2)
    assert execution.resume() == (21,)
    with pytest.raises(InternalError):
        execution.resume()


def test_a_running_execution_cannot_be_resumed() -> None:
    def call(value: int) -> int:
        with pytest.raises(InternalError):
            execution.resume()
        return value

    execution = with_ask(call).start("sum", 1, 2)
    assert execution.resume() == (21,)


def test_a_suspension_that_nobody_can_serve_is_our_bug() -> None:
    with pytest.raises(InternalError):
        with_ask(suspending).invoke("sum", 1, 2)


def test_an_exported_host_func_runs_and_suspends() -> None:
    source = """(module (import "e" "f" (func (param i32) (result i32)))
      (export "f" (func 0)))"""
    plain = host((I32,), (I32,), lambda value: value + 1)
    assert instantiate_wat(source, {("e", "f"): plain}).invoke("f", 4) == (5,)
    asking = instantiate_wat(source, {("e", "f"): host((I32,), (I32,), suspending)})
    execution = asking.start("f", 4)
    assert isinstance(execution.resume(), Suspension)
    assert execution.resume(6) == (6,)


def test_a_thousand_suspended_executions_fit() -> None:
    instance = with_ask(suspending)
    executions = [instance.start("twice", 1) for _ in range(1024)]
    assert all(isinstance(each.resume(), Suspension) for each in executions)
    assert all(isinstance(each.resume(1), Suspension) for each in executions)
    assert all(each.resume(1) == (21,) for each in executions)


# References


def test_references_go_through_wasm_unchanged() -> None:
    source = """(module
      (import "e" "f" (func $f (param externref funcref) (result externref funcref)))
      (func $own (export "own"))
      (elem declare func $own)
      (func (export "g") (param externref) (result externref funcref)
        (call $f (local.get 0) (ref.func $own))))"""
    types = (EXTERNREF, FUNCREF)
    given, kept = object(), []

    def call(value: object, func: object) -> tuple[object, object]:
        kept.append((value, func))
        return value, func

    instance = instantiate_wat(source, {("e", "f"): host(types, types, call)})
    value, func = instance.invoke("g", given)
    assert value is given
    assert isinstance(func, ExportedFunc)
    assert func == instance.exports["own"]
    assert kept == [(given, func)]
    assert instance.invoke("g", None)[0] is None


def test_start_func_runs_at_instantiation_and_may_trap() -> None:
    called = []
    source = '(module (import "e" "f" (func $f)) (start $f))'
    call = host((), (), lambda: called.append(1))
    instantiate_wat(source, {("e", "f"): call})
    assert called == [1]
    with pytest.raises(Trap) as trap:
        instantiate_wat("(module (func $f unreachable) (start $f))")
    assert trap.value.code is TrapCode.UNREACHABLE


MANY = 20


@pytest.mark.parametrize("count", [0, 1, 14, 15, 16, 17, MANY])
@pytest.mark.parametrize("instantiate", [instantiate_wat, instantiate_compiled])
def test_a_host_func_can_be_given_the_context_of_its_instance(
    count: int, instantiate: Any
) -> None:
    arguments = " ".join(f"(i32.const {number})" for number in range(count))
    source = f"""(module (import "e" "f" (func $f (param{" i32" * count})))
      (func (export "g") (call $f {arguments})))"""
    seen = []
    func = HostFunc(
        FuncType((I32,) * count, ()), lambda *v: seen.append(v), takes_context=True
    )
    for context in ("one", None, ["other"]):
        instance = instantiate(source, {("e", "f"): func}, context=context)
        if isinstance(instance, ModuleInstance):
            instance.invoke("g")
        else:
            invoke_compiled(instance, "g")
        assert seen.pop() == (context, *range(count))
    assert seen == []


def test_a_func_that_another_instance_imported_gets_that_ones_context() -> None:
    func = HostFunc(FuncType((), (I32,)), lambda context: context, takes_context=True)
    inner = instantiate_wat(
        """(module (import "e" "f" (func $f (result i32))) (export "f" (func $f))
          (func (export "g") (result i32) (call $f)))""",
        {("e", "f"): func},
        context=5,
    )
    assert inner.invoke("g") == (5,)
    outer = instantiate_wat(
        """(module (import "e" "g" (func $g (result i32)))
          (func (export "h") (result i32) (call $g)))""",
        {("e", "g"): inner.exports["g"]},
        context=6,
    )
    assert outer.invoke("h") == (5,)


def test_imports_that_never_change_are_looked_at_once() -> None:
    module = wat_to_module(ASK)
    compiled = compile_checked(module)
    good = MappingProxyType({("e", "ask"): host((I32,), (I32,), lambda _: 1)})
    wrong = MappingProxyType({("e", "ask"): host((I64,), (I32,), lambda _: 2)})
    other = MappingProxyType({("e", "ask"): host((I32,), (I32,), lambda _: 3)})
    for _ in range(2):
        for imports, answer in ((good, 13), (other, 33), (dict(other), 33)):
            instance = instantiate_module(compiled, imports)
            assert instance.invoke("sum", 3, 0) == (answer,)
        with pytest.raises(LinkError):
            instantiate_module(compiled, wrong)
        with pytest.raises(LinkError):
            instantiate_module(compiled, MappingProxyType({}))
