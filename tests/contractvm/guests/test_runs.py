"""Runs of guests: outcomes, gas to the unit, limits, instances, cancelling."""

import os
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import pytest

from contractvm.errors import (
    LinkError,
    MalformedModule,
    RefusedModule,
    Trap,
    TrapCode,
)
from contractvm.guests.errors import (
    InstanceBusy,
    InstanceEnded,
    NoSuchExport,
    UnknownImports,
)
from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import host_function
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import (
    Cancelled,
    DeadlineExceeded,
    LimitReached,
    RanOutOfGas,
    Returned,
    Trapped,
)
from contractvm.guests.result import GuestFailed
from contractvm.hosts.interface import func_type
from tests.helpers.guest_programs import ADD, CALLER, UNITS_PER_GAS, load
from tests.helpers.wat import wat_to_wasm

SUM = """(func (export "sum") (param i32 i64) (result i64)
  (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))"""
SPIN = '(func (export "spin") (loop (br 0)))'
# More turns than a machine does in the time that a test may take.
LONG = Limits(gas=2**62 // UNITS_PER_GAS)


def test_a_call_returns_a_value_and_what_it_used(engine: str) -> None:
    result = load(SUM, engine=engine).run("sum", (-3, 10**12))
    assert result.outcome == Returned()
    assert result.ok
    assert result.exit_code is None
    assert result.value == 10**12 - 3
    assert result.units_used == result.units_by_guest == ADD
    assert result.units_by_host == 0
    assert result.gas_used == 1
    assert result.engine == engine
    assert result.raise_for_outcome() is result


def test_several_results_are_a_tuple_and_none_is_none(engine: str) -> None:
    guest = load(
        """(func (export "two") (result i32 f64) (i32.const -1) (f64.const 1.5))
        (func (export "none"))""",
        engine=engine,
    )
    assert guest.run("two").value == (-1, 1.5)
    assert guest.run("none").value is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("unreachable", TrapCode.UNREACHABLE),
        (
            "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
            TrapCode.INTEGER_DIVIDE_BY_ZERO,
        ),
    ],
)
def test_a_trap_is_an_outcome(body: str, code: TrapCode, engine: str) -> None:
    result = load(f'(func (export "go") {body})', engine=engine).run("go")
    assert result.outcome == Trapped(code)
    assert not result.ok
    with pytest.raises(GuestFailed) as caught:
        result.raise_for_outcome()
    assert caught.value.result is result
    assert str(caught.value) == f"trapped: {code.value}"


def test_gas_that_just_suffices_and_one_unit_less(engine: str) -> None:
    source = '(func (export "go") {})'.format(
        "(drop (i32.add (i32.const 1) (i32.const 1)))" * (UNITS_PER_GAS * 3)
    )
    guest = load(source, engine=engine)
    enough = guest.run("go", limits=Limits(gas=3))
    assert (enough.outcome, enough.units_used) == (Returned(), 3 * UNITS_PER_GAS)
    short = guest.run("go", limits=Limits(gas=2))
    assert short.outcome == RanOutOfGas(UNITS_PER_GAS)
    assert short.units_used == 2 * UNITS_PER_GAS
    assert short.gas_used == 2


def test_gas_that_cannot_be_counted_is_refused() -> None:
    guest = load(SUM)
    most = (2**63 - 1) // UNITS_PER_GAS
    assert guest.run("sum", (1, 1), limits=Limits(gas=most)).value == 2
    with pytest.raises(ValueError, match=rf"at most {most} can be counted"):
        guest.run("sum", (1, 1), limits=Limits(gas=most + 1))


def test_memory_grows_to_its_limit_and_no_further(engine: str) -> None:
    guest = load(
        """(memory (export "memory") 1)
        (func (export "grow") (param i32) (result i32)
          (memory.grow (local.get 0)))""",
        engine=engine,
    )
    limits = Limits(memory_pages=5)
    inside = guest.run("grow", (4,), limits=limits)
    assert (inside.value, inside.memory_peak_pages) == (1, 5)
    beyond = guest.run("grow", (5,), limits=limits)
    assert (beyond.value, beyond.memory_peak_pages) == (-1, 1)


def test_a_module_that_begins_above_its_memory_limit_is_refused(engine: str) -> None:
    guest = load('(memory (export "memory") 5) (func (export "go"))', engine=engine)
    assert guest.run("go", limits=Limits(memory_pages=5)).ok
    with pytest.raises(RefusedModule) as caught:
        guest.run("go", limits=Limits(memory_pages=4))
    assert str(caught.value) == "5 memory pages, 4 allowed"


NEW_WASI = '(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))'
OLD_WASI = '(import "wasi_unstable" "sched_yield" (func (result i32)))'
RAN_MAIN = '(memory (export "memory") 1) (func (export "_start"))'


def program(versions: str, engine: str, abi: str) -> Guest:
    wasm = wat_to_wasm(f"(module {versions} {RAN_MAIN})")
    return Guest.load(wasm, schedule="guests-1", engine=engine, abi=abi)


@pytest.mark.parametrize("versions", [NEW_WASI, OLD_WASI, ""])
def test_a_program_has_one_version_of_wasi(versions: str, engine: str) -> None:
    assert program(versions, engine, "auto").run("_start").exit_code == 0


@pytest.mark.parametrize("abi", ["auto", "wasi"])
def test_a_module_of_both_versions_of_wasi_is_refused(abi: str, engine: str) -> None:
    with pytest.raises(RefusedModule) as caught:
        program(NEW_WASI + OLD_WASI, engine, abi)
    assert str(caught.value) == (
        "imports from both wasi_snapshot_preview1 and wasi_unstable"
    )


def test_host_calls_up_to_their_limit(engine: str) -> None:
    calls = []

    @host_function
    def note() -> None:
        calls.append(1)

    guest = load(
        """(import "env" "note" (func $note))
        (func (export "go") (loop (call $note) (br 0)))""",
        [note],
        engine,
    )
    result = guest.run("go", limits=Limits(host_calls=7))
    assert result.outcome == LimitReached("host_calls", 7)
    assert len(calls) == 7
    assert result.host_calls == {"note": 7}


def test_a_deadline_ends_the_run(engine: str) -> None:
    limits = Limits(gas=LONG.gas, seconds=0.05)
    result = load(SPIN, engine=engine).run("spin", limits=limits)
    assert isinstance(result.outcome, DeadlineExceeded)
    assert result.outcome.units == result.units_used > 0
    assert str(result.outcome) == "the deadline is exceeded"


def test_another_thread_cancels_a_run(engine: str) -> None:
    run = load(SPIN, engine=engine).new_run("spin", limits=LONG)
    timer = Timer(0.05, run.cancel)
    timer.start()
    assert run.result is None
    result = run.run()
    timer.join()
    assert result.outcome == Cancelled(result.units_used)
    assert run.result is result


def test_a_run_cancelled_before_it_begins_does_not_get_far(engine: str) -> None:
    run = load(SPIN, engine=engine).new_run("spin", limits=LONG)
    run.cancel()
    assert isinstance(run.run().outcome, Cancelled)


def test_a_keyboard_interrupt_passes_through(engine: str) -> None:
    @host_function
    def stop() -> None:
        raise KeyboardInterrupt

    guest = load(
        '(import "env" "stop" (func $stop)) (func (export "go") (call $stop))',
        [stop],
        engine,
    )
    with pytest.raises(KeyboardInterrupt):
        guest.run("go")


def test_runs_do_not_see_each_other(engine: str) -> None:
    guest = load(
        """(global $n (mut i32) (i32.const 0))
        (func (export "next") (result i32)
          (global.set $n (i32.add (global.get $n) (i32.const 1)))
          (global.get $n))""",
        engine=engine,
    )
    assert [guest.run("next").value for _ in range(3)] == [1, 1, 1]
    with guest.instance() as instance:
        assert [instance.call("next").value for _ in range(3)] == [1, 2, 3]
        assert instance.call("next").units_used == ADD


def test_calls_of_an_instance_share_its_gas_or_have_their_own(engine: str) -> None:
    body = "(drop (i32.add (i32.const 1) (i32.const 1)))" * UNITS_PER_GAS
    guest = load(f'(func (export "go") {body})', engine=engine)
    with guest.instance(limits=Limits(gas=2)) as instance:
        assert [instance.call("go").ok for _ in range(3)] == [True, True, False]
    with guest.instance(limits=Limits(gas=1)) as instance:
        results = [instance.call("go", limits=Limits(gas=1)) for _ in range(3)]
        assert [result.ok for result in results] == [True, True, True]
        assert {result.units_used for result in results} == {UNITS_PER_GAS}


def test_an_instance_has_ended_after_a_failure(engine: str) -> None:
    guest = load(f'(func (export "bad") unreachable) {SUM}', engine=engine)
    with guest.instance() as instance:
        assert not instance.call("bad").ok
        with pytest.raises(InstanceEnded):
            instance.call("sum", 1, 2)
    with pytest.raises(InstanceEnded):
        instance.call("sum", 1, 2)


def test_an_instance_takes_one_call_at_a_time(engine: str) -> None:
    inner: list[Any] = []

    @host_function
    def again() -> None:
        with pytest.raises(InstanceBusy):
            instance.call("sum", 1, 2)
        thread = Thread(target=from_elsewhere)
        thread.start()
        thread.join()

    def from_elsewhere() -> None:
        with pytest.raises(InstanceBusy):
            instance.call("sum", 1, 2)
        inner.append("refused")

    guest = load(
        f"""(import "env" "again" (func $again)) (func (export "go") (call $again))
        {SUM}""",
        [again],
        engine,
    )
    with guest.instance() as instance:
        assert instance.call("go").ok
        assert inner == ["refused"]
        assert instance.call("sum", 1, 2).value == 3


def test_bytes_are_put_where_the_guest_allocates(engine: str) -> None:
    guest = load(
        CALLER
        + """(func (export "back") (param i32 i32) (result i64)
          (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
                  (i64.extend_i32_u (local.get 1))))
        (func (export "where") (param i32 i32) (result i32) (local.get 0))""",
        engine=engine,
    )
    with guest.instance() as instance:
        assert instance.call("where", b"abc").value == 1_024
        assert instance.call("back", "héé", returns=str).value == "héé"
        assert instance.call("back", b"\xff\x00", returns=bytes).value == b"\xff\x00"
        assert instance.call("back", b"", returns=bytes).value == b""


def test_arguments_that_do_not_fit_change_nothing(engine: str) -> None:
    with load(SUM, engine=engine).instance() as instance:
        for arguments, reason in (
            ((1,), "1 values for sum"),
            ((1, 2, 3), "3 values for sum"),
            ((1, "2"), "3 values for sum"),
            ((1, 2.5), "2.5 is not an int"),
            ((True, 2), "True is not an int"),
        ):
            with pytest.raises(TypeError, match=reason):
                instance.call("sum", *arguments)
        with pytest.raises(ValueError, match="2147483648 does not fit in i32"):
            instance.call("sum", 2**31, 1)
        with pytest.raises(TypeError, match="no pointer and length"):
            load('(func (export "go"))').instance().call("go", returns=bytes)
        with pytest.raises(
            NoSuchExport, match="no exported func 'nope': there are sum"
        ):
            instance.call("nope")
        assert instance.call("sum", 2**31 - 1, 1).value == 2**31


def test_bytes_without_an_allocator_are_refused() -> None:
    guest = load('(func (export "go") (param i32 i32))')
    with pytest.raises(TypeError, match="bytes need an allocator"):
        guest.run("go", (b"abc",))


def test_loading_refuses_what_cannot_run(tmp_path: Path) -> None:
    with pytest.raises(MalformedModule):
        Guest.load(b"no module")
    with pytest.raises(UnknownImports) as caught:
        load('(import "env" "a" (func)) (import "x" "b" (func))')
    assert caught.value.names == (("env", "a"), ("x", "b"))
    assert str(caught.value) == "nothing provides the imports env.a, x.b"

    @host_function
    def one(n: int) -> int:
        return n

    with pytest.raises(LinkError):
        load('(import "env" "one" (func (param i32) (result i64)))', [one])
    with pytest.raises(ValueError, match="no ABI 'cobol'"):
        Guest.load(b"\0asm\1\0\0\0", abi="cobol")
    with pytest.raises(FileNotFoundError):
        Guest.load(tmp_path / "none.wasm")


def test_a_start_func_runs_once_and_is_paid_for(engine: str) -> None:
    guest = load(
        """(global $n (mut i32) (i32.const 0)) (start $begin)
        (func $begin (global.set $n (i32.add (global.get $n) (i32.const 5))))
        (func (export "get") (result i32) (global.get $n))""",
        engine=engine,
    )
    with guest.instance() as instance:
        first, second = instance.call("get"), instance.call("get")
    assert (first.value, first.units_used) == (5, ADD)
    assert (second.value, second.units_used) == (5, 0)


def test_requirements_say_what_a_module_asks_for() -> None:
    guest = load(
        """(import "env" "f" (func (param i32)))
        (memory (export "memory") 2 9)
        (func (export "go") (result f64) (f64.const 0))""",
        [host_function(lambda n: None, name="f", func_type=func_type("i"))],
    )
    asked = guest.requirements
    assert [(module, name, str(kind)) for module, name, kind in asked.imports] == [
        ("env", "f", "[i32] -> []")
    ]
    assert [(name, str(kind)) for name, kind in asked.exports] == [
        ("memory", "memory"),
        ("go", "[] -> [f64]"),
    ]
    assert (asked.min_memory_pages, asked.max_memory_pages) == (2, 9)
    assert asked.module_bytes == len(guest.wasm)


def test_limits_refuse_nonsense() -> None:
    for wrong in ({"gas": -1}, {"seconds": 0}, {"seconds": float("nan")}):
        with pytest.raises(ValueError, match="is"):
            Limits(**wrong)
    for wrong in ({"gas": 1.5}, {"gas": True}, {"memory_pages": "4"}):
        with pytest.raises(TypeError, match="not an int"):
            Limits(**wrong)


def test_input_beyond_the_limits_is_refused_before_anything_runs() -> None:
    guest = load(SUM)
    with pytest.raises(ValueError, match="stdin has 5 bytes, 4 allowed"):
        guest.run("sum", (1, 2), stdin=b"12345", limits=Limits(stdin_bytes=4))
    with pytest.raises(ValueError, match="have 6 bytes, 5 allowed"):
        guest.run(
            "sum",
            (1, 2),
            args=["ab"],
            env={"c": "dé"},
            limits=Limits(argument_bytes=5),
        )
    with pytest.raises(ValueError, match="the seed has 3 bytes, not 32"):
        guest.run("sum", (1, 2), seed=b"abc")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_guests_and_deadlines_work_after_a_fork(engine: str) -> None:
    guest = load(SPIN + SUM, engine=engine)
    limits = Limits(gas=LONG.gas, seconds=0.05)
    assert isinstance(guest.run("spin", limits=limits).outcome, DeadlineExceeded)
    child = os.fork()
    if child == 0:
        ended = guest.run("spin", limits=limits).outcome
        is_right = isinstance(ended, DeadlineExceeded)
        os._exit(0 if is_right and guest.run("sum", (1, 2)).value == 3 else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_the_memory_between_calls(engine: str) -> None:
    guest = load(
        """(memory (export "memory") 1)
        (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))""",
        engine=engine,
    )
    with guest.instance() as instance:
        with pytest.raises(InstanceEnded):
            _ = instance.memory
        assert instance.call("get", 65_535).value == 0
        instance.memory.write(65_535, b"\x07")
        assert instance.memory.read(65_535, 1) == b"\x07"
        assert instance.call("get", 65_535).value == 7
        with pytest.raises(Trap):
            instance.memory.write(65_535, b"12")
    with pytest.raises(InstanceEnded):
        _ = instance.memory


def test_the_clock_of_an_instance_goes_on_over_its_calls(engine: str) -> None:
    source = """(module
        (import "wasi_snapshot_preview1" "clock_time_get"
            (func $clock (param i32 i64 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_initialize"))
        (func (export "now") (result i64)
            (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 0)))
            (i64.load (i32.const 0))))"""
    used = 0
    with Guest.load(wat_to_wasm(source), engine=engine).instance() as instance:
        for gas in (10_000, 50_000, 1_000):
            result = instance.call("now", limits=Limits(gas=gas))
            used += result.units_used
            # 100 ns a gas; what is used after the question is less than 5 ns.
            assert 0 <= used * 100 // 10_000 - result.value < 5


def test_a_reactor_is_initialized_once_before_the_first_call(engine: str) -> None:
    source = """(module
        (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        (global $count (mut i32) (i32.const 0))
        (memory (export "memory") 1)
        (func $more (global.set $count (i32.add (global.get $count) (i32.const 1))))
        (func (export "_initialize") (call $more))
        (func (export "count") (result i32) (global.get $count)))"""
    guest = Guest.load(wat_to_wasm(source), engine=engine)
    assert guest.run("count").value == 1
    with guest.instance() as instance:
        assert [instance.call("count").value for _ in range(2)] == [1, 1]
    with guest.instance() as instance:
        instance.call("_initialize")
        assert instance.call("count").value == 1
