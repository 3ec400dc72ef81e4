"""Random code under the metering rules of other chains, against three oracles.

Each shares nothing with the planner: the chains' own rules, which read the code in
sequence; the walk over all paths; and a module that counts at every instruction.
"""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contractvm.hosts.stylus.metering import INLINE_SIZED
from contractvm.metering.names import GAS_EXPORT
from contractvm.metering.plan import plan_module
from contractvm.metering.rules import Metering, SizedRule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.encoding import encode_instruction, encode_signed
from contractvm.wasm.structure.module import Func, Module
from gas_schedule.schedule import GasSchedule
from tests.helpers.metered_nodes import PathFault, read_nodes
from tests.helpers.metered_runs import Runner, is_valid
from tests.helpers.naive_metering import COUNTER_EXPORT, meter_naively
from tests.helpers.other_meterings import (
    COSMWASM,
    STYLUS,
    metered_by,
)
from tests.helpers.paths import check_module
from tests.helpers.programs import FUNC_COUNT, programs
from tests.helpers.schedules import distinct_schedule
from tests.helpers.smith import smith_module
from tests.helpers.wat import wat_to_module

FREE_LOCALS = 2


def per_instruction(schedule: GasSchedule, metering: Metering) -> GasSchedule:
    """Prices at which every executed instruction pays what its blocks cost.

    The header of a block is due with the instruction that ends it.
    """
    costs = dict(schedule.instructions)
    for name in metering.blocks.ends:
        costs[name] = replace(
            costs[name], base=costs[name].base + metering.blocks.header
        )
    return replace(schedule, instructions=costs)


# Neither chain has a price for values that are carried.
DISTINCT = replace(distinct_schedule(), carried_value=0)
# Growth is charged as other sizes are: no random module has the hook.
RULES = {
    "stylus": replace(STYLUS, grow_hook=None),
    "cosmwasm": replace(
        COSMWASM,
        blocks=replace(COSMWASM.blocks, free_locals=FREE_LOCALS),
        sized=SizedRule(INLINE_SIZED, is_called=False),
    ),
}
on_each_rule = pytest.mark.parametrize("rule", RULES)


def stylus_charges(func: Func, schedule: GasSchedule) -> list[tuple[int, int]]:
    """Position and units of each charge, by Nitro's rule."""
    found, start = [], 0
    units = STYLUS.blocks.header + func.local_count * schedule.local
    nodes = read_nodes(func.code)
    for node, following in zip(nodes, [*nodes[1:], None], strict=True):
        units += schedule.instructions[node.mnemonic].base
        if node.mnemonic in STYLUS.blocks.ends:
            found.append((start, units))
            start = following.position if following is not None else 0
            units = STYLUS.blocks.header
    return found


def cosmwasm_charges(func: Func, schedule: GasSchedule) -> list[tuple[int, int]]:
    """Position and units of each charge, by the rule of cosmwasm-vm."""
    found, units = [], 0
    extra = max(0, func.local_count - FREE_LOCALS) * schedule.local
    for node in read_nodes(func.code):
        is_ender = node.mnemonic in COSMWASM.blocks.ends
        if node.position == 0 and extra and is_ender:
            units += extra
        elif node.position == 0 and extra:
            found.append((0, extra))
        units += schedule.instructions[node.mnemonic].base
        if is_ender:
            found.append((node.position, units))
            units = 0
    return found


BY_THE_RULE = {"stylus": stylus_charges, "cosmwasm": cosmwasm_charges}


def compare_places(module: Module, rule: str) -> int:
    """Compare all charges with the chain's rule, and walk every path; returns them."""
    metering = RULES[rule]
    plans = plan_module(module, DISTINCT, metering)
    for func, plan in zip(module.funcs, plans, strict=True):
        assert plan.charges == BY_THE_RULE[rule](func, DISTINCT)
    for height in (None, 500):
        instrumented = metered_by(metering, module, DISTINCT, max_stack_height=height)
        assert is_valid(instrumented)
        check_module(module, instrumented, DISTINCT, metering)
    return sum(len(plan.charges) for plan in plans)


def compare_runs(module: Module, rule: str, name: str, arguments: tuple) -> bool:
    """Compare a run with a count of every instruction; returns whether it ended."""
    metering = RULES[rule]
    instrumented = metered_by(metering, module, DISTINCT, max_stack_height=None)
    counting = meter_naively(
        module, per_instruction(DISTINCT, metering), metering.blocks.free_locals
    )
    exact = Runner(counting, COUNTER_EXPORT).call(name, *arguments)
    charged = Runner(instrumented, GAS_EXPORT).call(name, *arguments)
    assert charged.seen == exact.seen
    if charged.trap is None:
        assert charged.gas_used == exact.gas_used
        just_enough = Runner(instrumented, GAS_EXPORT, charged.gas_used)
        assert just_enough.call(name, *arguments).seen == charged.seen
        assert just_enough.gas_left == 0
        too_little = Runner(instrumented, GAS_EXPORT, charged.gas_used - 1)
        assert too_little.call(name, *arguments).trap is not None
        return True
    plans = plan_module(module, DISTINCT, metering)
    greatest = max(units for plan in plans for _, units in plan.charges)
    ahead = charged.gas_used - exact.gas_used
    if metering.blocks.is_charged_last:
        ahead = -ahead
    assert 0 <= ahead < greatest
    return False


@on_each_rule
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(source=programs(), func=st.integers(0, FUNC_COUNT - 1), seed=st.integers(0, 9))
def test_programs_are_charged_by_the_rule(
    rule: str, source: str, func: int, seed: int
) -> None:
    module = wat_to_module(source)
    compare_places(module, rule)
    compare_runs(module, rule, f"f{func}", (seed, 9 - seed))


@on_each_rule
def test_random_modules_are_charged_by_the_rule(rule: str) -> None:
    modules = [
        decode_module(smith_module(seed, size=3_000, fuel=200)) for seed in range(20)
    ]
    assert sum(compare_places(module, rule) for module in modules) > 700


BRANCHES = """(module (memory 1 1) (func (param i32) (local i64 i32 i32)
    (block (br_if 0 (local.get 0)) (memory.fill (i32.const 0) (i32.const 1)
      (local.get 0)))
    (if (local.get 0) (then (return)) (else nop))))"""


@on_each_rule
@pytest.mark.parametrize("change", [1, -1])
def test_the_walk_sees_one_unit_too_much_or_too_little(rule: str, change: int) -> None:
    module = wat_to_module(BRANCHES)
    metering = RULES[rule]
    good = metered_by(metering, module, DISTINCT, max_stack_height=None)
    code = good.funcs[0].code
    charges = [units for _, units in plan_module(module, DISTINCT, metering)[0].charges]
    # The else after the return is dead: nobody pays for it.
    dead = metering.blocks.header + DISTINCT.instructions["else"].base
    live = [units for units in charges if units != dead]
    assert len(live) == len(charges) - 1
    for units in live:
        wrong = code.replace(amount(units), amount(units + change))
        assert wrong != code
        func = replace(good.funcs[0], code=wrong)
        with pytest.raises(PathFault):
            check_module(module, replace(good, funcs=(func,)), DISTINCT, metering)


def amount(units: int) -> bytes:
    return encode_instruction("i64.const", encode_signed(units))


@on_each_rule
def test_the_walk_sees_a_missing_size_charge(rule: str) -> None:
    module = wat_to_module(BRANCHES)
    good = metered_by(RULES[rule], module, DISTINCT, max_stack_height=None)
    code = good.funcs[0].code
    # From the first instruction of the sequence, which saves the size.
    start = code.index(b"\x24\x02\x23\x00\x23\x00\x23\x02\xad")
    end = code.index(b"\x00\x0b\x23\x02", start) + 4
    assert amount(DISTINCT.instructions["memory.fill"].per_byte) in code[start:end]
    func = replace(good.funcs[0], code=code[:start] + code[end:])
    with pytest.raises(PathFault) as caught:
        check_module(module, replace(good, funcs=(func,)), DISTINCT, RULES[rule])
    assert caught.value.rule == "not closed: memory.fill"


@pytest.mark.parametrize("number", [0, 1])
def test_the_walk_sees_a_frame_that_is_not_given_back(number: int) -> None:
    module = wat_to_module(BRANCHES)
    metering = RULES["stylus"]
    good = metered_by(metering, module, DISTINCT, max_stack_height=500)
    code = good.funcs[0].code
    parts = code.split(b"\x6a\x24\x01")
    assert len(parts) == 3  # before the return, and before the end
    leave = [
        position
        for position in range(len(code))
        if code[position:].startswith(b"\x6a\x24\x01")
    ][number]
    start = code.rindex(b"\x23\x01\x41", 0, leave)
    func = replace(good.funcs[0], code=code[:start] + code[leave + 3 :])
    with pytest.raises(PathFault) as caught:
        check_module(module, replace(good, funcs=(func,)), DISTINCT, metering)
    assert caught.value.rule == "stack height does not return"
