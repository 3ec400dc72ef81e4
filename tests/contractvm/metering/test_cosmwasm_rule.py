"""CosmWasm's rule as a value: charges before the end of a block."""

import pytest

from contractvm.errors import Trap, TrapCode
from contractvm.metering.plan import plan_module
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.structure.types import FuncType, ValType
from tests.helpers.other_meterings import (
    COSMWASM,
    ENGINES,
    FACTOR,
    PLAIN,
    MeteredInstance,
    cosmwasm_schedule,
    instance_of,
    metered_by,
)
from tests.helpers.paths import check_module
from tests.helpers.wat import wat_to_module

GAS = cosmwasm_schedule()
ENDER = PLAIN * FACTOR
MOST = 2**64 - 1
on_each_engine = pytest.mark.parametrize("engine", ENGINES)


def charges(body: str, around: str = "") -> list[tuple[int, int]]:
    source = f"(module {around} (func (param i32) {body}))"
    return plan_module(wat_to_module(source), GAS, COSMWASM)[-1].charges


def run(engine: str, source: str, **imports: HostFunc) -> MeteredInstance:
    found = {("env", name): func for name, func in imports.items()}
    return instance_of(engine, COSMWASM, source, GAS, found)


def test_a_block_is_charged_before_its_last_instruction() -> None:
    assert charges("") == [(0, ENDER)]
    assert charges("nop nop") == [(2, 2 * PLAIN + ENDER)]


def test_a_loop_is_charged_before_it_where_no_branch_arrives() -> None:
    assert charges("nop loop nop local.get 0 br_if 0 end") == [
        (1, PLAIN + ENDER),
        (6, 2 * PLAIN + ENDER),
        (8, ENDER),
        (9, ENDER),
    ]


def test_what_follows_a_jump_is_counted_in_a_check_that_never_runs() -> None:
    assert charges("return nop nop") == [(0, ENDER), (3, 2 * PLAIN + ENDER)]
    assert charges("unreachable nop") == [(2, 2 * PLAIN + ENDER)]


def test_each_instruction_of_the_set_is_charged_for_itself() -> None:
    around = "(table 1 funcref) (func $f)"
    body = """local.get 0 if nop else nop end block br 0 end
        call $f i32.const 0 call_indirect (param) local.get 0 br_table 0"""
    assert [units for _, units in charges(body, around)] == [
        PLAIN + ENDER,
        PLAIN + ENDER,
        PLAIN + ENDER,
        PLAIN + ENDER,
        ENDER,
        ENDER,
        PLAIN + ENDER,
        PLAIN + ENDER,
        ENDER,
    ]


@pytest.mark.parametrize(
    ("locals_", "expected"),
    [
        (29, [(1, PLAIN + ENDER)]),
        (30, [(0, PLAIN), (1, PLAIN + ENDER)]),
        (32, [(0, 3 * PLAIN), (1, PLAIN + ENDER)]),
    ],
)
def test_locals_beyond_the_free_ones_have_a_check_of_their_own(
    locals_: int, expected: list[tuple[int, int]]
) -> None:
    assert charges(f"(local {'i64 ' * locals_}) nop") == expected


@pytest.mark.parametrize(("locals_", "extra"), [(29, 0), (30, PLAIN)])
def test_locals_are_paid_with_a_first_instruction_that_is_charged_itself(
    locals_: int, extra: int
) -> None:
    assert charges(f"(local {'i64 ' * locals_})") == [(0, extra + ENDER)]


@pytest.mark.parametrize(
    "body",
    [
        "nop",
        "(local i32 i32) return",
        f"(local {'i64 ' * 40}) nop",
        f"(local {'i64 ' * 40}) loop end",
        "loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end nop",
        "block local.get 0 br_if 0 return nop end local.get 0 br_table 0 0 0",
        "local.get 0 if return else nop unreachable end block br 0 end",
        "local.get 0 call $f local.get 0 i32.const 0 call_indirect (param i32) nop",
    ],
)
def test_the_path_walk_finds_no_fault(body: str) -> None:
    module = wat_to_module(
        f"(module (memory 1) (table 1 funcref) (func $f (param i32) {body}))"
    )
    metered = metered_by(COSMWASM, module, GAS)
    assert check_module(module, metered, GAS, COSMWASM) > 0


COUNTDOWN = """(module (func (export "f") (param i32) (result i32)
    (loop $l
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $l (local.get 0)))
    (local.get 0)))"""
# The loop once; each turn; the loop's end; the result and the body's end.
TURN = 5 * PLAIN + ENDER
REST = ENDER + ENDER + PLAIN + ENDER


@on_each_engine
@pytest.mark.parametrize("turns", [1, 2, 1_000])
@pytest.mark.parametrize("spare", [0, 5])
def test_a_loop_is_paid_once_and_its_body_on_each_turn(
    engine: str, turns: int, spare: int
) -> None:
    instance = run(engine, COUNTDOWN)
    instance.set(turns * TURN + REST + spare)
    assert instance.call("f", turns) == (0,)
    assert (instance.gas, instance.is_out_of_gas) == (spare, False)


@on_each_engine
def test_what_does_not_pay_for_a_block_stays_untouched(engine: str) -> None:
    instance = run(engine, COUNTDOWN)
    instance.set(2 * TURN + REST - 1)
    with pytest.raises(Trap) as caught:
        instance.call("f", 2)
    assert caught.value.code is TrapCode.UNREACHABLE
    assert (instance.gas, instance.is_out_of_gas) == (PLAIN + ENDER - 1, True)


@on_each_engine
def test_the_counter_has_all_64_bits(engine: str) -> None:
    instance = run(engine, COUNTDOWN)
    instance.set(MOST)
    instance.call("f", 1)
    assert (instance.gas, instance.is_out_of_gas) == (MOST - TURN - REST, False)


@on_each_engine
@pytest.mark.parametrize(
    "body", ["nop nop unreachable", "i32.const 1 i32.const 0 i32.div_u drop"]
)
def test_what_runs_before_a_trap_in_its_block_is_free(engine: str, body: str) -> None:
    instance = run(engine, f'(module (func (export "f") {body}))')
    instance.set(0)
    with pytest.raises(Trap):
        instance.call("f")
    assert (instance.gas, instance.is_out_of_gas) == (0, False)


@on_each_engine
def test_an_untaken_if_skips_the_charge_of_its_end(engine: str) -> None:
    source = '(module (func (export "f") (param i32) local.get 0 if nop end))'
    instance = run(engine, source)
    for condition, price in ((0, PLAIN + 2 * ENDER), (1, 2 * PLAIN + 3 * ENDER)):
        instance.set(100_000)
        instance.call("f", condition)
        assert instance.gas == 100_000 - price


@on_each_engine
def test_a_host_sees_everything_paid_up_to_its_call(engine: str) -> None:
    seen: list[int] = []
    look = HostFunc(FuncType((ValType.I32,), ()), lambda _: seen.append(instance.gas))
    source = """(module (import "env" "look" (func $look (param i32)))
        (func (export "f") nop i32.const 1 call $look nop i32.const 2 call $look))"""
    instance = run(engine, source, look=look)
    instance.set(100_000)
    instance.call("f")
    first = 100_000 - 2 * PLAIN - ENDER
    assert seen == [first, first - 2 * PLAIN - ENDER]
    assert instance.gas == seen[1] - ENDER
