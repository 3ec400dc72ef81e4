"""The injected charge and stack-height sequences: one operation, the same effect."""

import pytest

from contractvm.errors import Trap, TrapCode
from tests.helpers.instances import host, instantiate_wat, operations_of

CHARGE = """global.get $gas i64.const {cost} i64.sub global.set $gas
  global.get $gas i64.const 0 i64.lt_s if unreachable end"""
# The same charge in another shape: the last two operands exchanged.
UNFUSED = """global.get $gas i64.const {cost} i64.sub global.set $gas
  i64.const 0 global.get $gas i64.gt_s if unreachable end"""
ENTER = """global.get $height i32.const {n} i32.add global.set $height
  global.get $height i32.const {limit} i32.gt_u if unreachable end"""
LEAVE = "global.get $height i32.const {n} i32.sub global.set $height"
GLOBALS = """(global $gas (export "gas") (mut i64) (i64.const 0))
  (global $height (export "height") (mut i32) (i32.const 0))"""


def charged(shape: str, *costs: int) -> str:
    """A func that charges each cost and then calls the host."""
    body = " call $see ".join(shape.format(cost=cost) for cost in costs)
    return (
        f'(module (import "e" "see" (func $see)) {GLOBALS} (func (export "f") {body}))'
    )


def run(source: str, gas: int) -> tuple[list[int], int, bool]:
    """Gas seen at each host call, gas at the end, whether it trapped."""
    seen: list[int] = []
    see = host((), (), lambda: seen.append(instance.exports["gas"].value))
    instance = instantiate_wat(source, {("e", "see"): see}, is_injected=True)
    instance.exports["gas"].value = gas % (1 << 64)
    trapped = False
    try:
        instance.invoke("f")
    except Trap as trap:
        trapped = trap.code is TrapCode.UNREACHABLE
    return seen, instance.exports["gas"].value, trapped


def test_charge_is_one_operation() -> None:
    assert operations_of(charged(CHARGE, 5), is_injected=True) == ["CHARGE", "RETURN"]
    assert "CHARGE" not in operations_of(charged(UNFUSED, 5), is_injected=True)


def test_charge_leaves_the_exact_figure_at_every_host_call() -> None:
    assert run(charged(CHARGE, 5, 7, 11), 100) == ([95, 88], 77, False)


@pytest.mark.parametrize(("gas", "trapped"), [(12, False), (11, True)])
def test_charge_traps_below_zero_and_not_at_zero(gas: int, trapped: bool) -> None:
    seen, left, found = run(charged(CHARGE, 5, 7), gas)
    assert (seen, found) == ([gas - 5], trapped)
    assert left == (gas - 12) % (1 << 64)


@pytest.mark.parametrize("gas", [0, 4, 5, 6, 11, 12, 13, (1 << 63) - 1, -1, -(1 << 63)])
@pytest.mark.parametrize("costs", [(5, 7), (0, 0), (1 << 40, 1), (-3, 2)])
def test_fused_and_plain_charges_do_the_same(gas: int, costs: tuple[int, ...]) -> None:
    assert run(charged(CHARGE, *costs), gas) == run(charged(UNFUSED, *costs), gas)


@pytest.mark.parametrize(
    "shape",
    [
        CHARGE.replace("i64.const 0 i64.lt_s", "i64.const 1 i64.lt_s"),
        CHARGE.replace("i64.lt_s", "i64.le_s"),
        CHARGE.replace("i64.sub", "i64.add"),
        CHARGE.replace("unreachable", "nop"),
        CHARGE.replace("if unreachable", "if unreachable unreachable"),
        CHARGE.replace("global.get $gas i64.const 0", "global.get $other i64.const 0"),
    ],
)
def test_a_sequence_that_differs_runs_as_it_is_written(shape: str) -> None:
    source = charged(shape, 5, 7).replace(
        "(func (export", "(global $other (mut i64) (i64.const 9)) (func (export"
    )
    assert "CHARGE" not in operations_of(source, is_injected=True)


def loop_of(charge: str) -> str:
    body = charge.format(cost=3)
    return f"""(module {GLOBALS} (func (export "f") (param i32) (result i32)
      (local i32)
      (loop $l
        {body}
        (local.set 1 (i32.add (local.get 1) (i32.const 2)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      {charge.format(cost=1)}
      local.get 1))"""


@pytest.mark.parametrize("gas", [3 * 9, 3 * 10, 3 * 10 + 1, 1000])
def test_a_loop_whose_branch_does_the_charge_counts_each_turn(gas: int) -> None:
    outcomes = []
    for shape in (CHARGE, UNFUSED):
        instance = instantiate_wat(loop_of(shape), is_injected=True)
        instance.exports["gas"].value = gas
        try:
            result = instance.invoke("f", 10)
        except Trap:
            result = None
        outcomes.append((result, instance.exports["gas"].value))
    assert outcomes[0] == outcomes[1]
    assert (outcomes[0][0] == (20,)) == (gas >= 31)


def test_branches_and_entries_do_the_charge_behind_them() -> None:
    source = f"""(module {GLOBALS} (func (export "f") (param i32)
      {ENTER.format(n=4, limit=10)} {CHARGE.format(cost=1)}
      (if (i32.lt_u (local.get 0) (i32.const 3)) (then {CHARGE.format(cost=2)}))
      {CHARGE.format(cost=4)} {LEAVE.format(n=4)}))"""
    assert operations_of(source, is_injected=True) == [
        *("STACK_ENTER_CHARGE", "CHARGE", "BR_IF_I32_GE_U_C_THEN", "CHARGE"),
        *("CHARGE_RETURN", "STACK_LEAVE_RETURN"),
    ]
    instance = instantiate_wat(source, is_injected=True)
    for argument, cost in ((2, 7), (3, 5)):
        instance.exports["gas"].value = 100
        instance.invoke("f", argument)
        assert instance.exports["gas"].value == 100 - cost


@pytest.mark.parametrize(
    ("results", "value", "name"),
    [("", "", "RETURN"), ("(result i32)", "local.get 0", "RETURN_ONE")],
)
def test_a_func_is_left_with_its_last_charge(
    results: str, value: str, name: str
) -> None:
    source = f"""(module {GLOBALS} (func (export "f") (param i32) {results}
      {ENTER.format(n=4, limit=10)} {value} {CHARGE.format(cost=5)}
      {LEAVE.format(n=4)}))"""
    names = ["STACK_ENTER_CHARGE", f"CHARGE_{name}", f"STACK_LEAVE_{name}"]
    # What a func enters with is charged at once: the last charge needs one before it.
    assert operations_of(source, is_injected=True) == names
    instance = instantiate_wat(source, is_injected=True)
    instance.exports["gas"].value = 5
    assert instance.invoke("f", 9) == ((9,) if value else ())
    assert instance.exports["gas"].value == 0
    assert instance.exports["height"].value == 0
    with pytest.raises(Trap):
        instance.invoke("f", 9)
    assert instance.exports["gas"].value == -5 % (1 << 64)
    # The trap came before the height was lowered.
    assert instance.exports["height"].value == 4


def test_a_branch_to_the_end_of_a_func_goes_past_its_last_charge() -> None:
    source = f"""(module {GLOBALS} (func (export "f") (param i32)
      {ENTER.format(n=4, limit=10)}
      (block (br_if 0 (local.get 0)) {CHARGE.format(cost=5)}) {LEAVE.format(n=4)}))"""
    names = operations_of(source, is_injected=True)
    assert names[-2:] == ["CHARGE", "STACK_LEAVE_RETURN"]
    instance = instantiate_wat(source, is_injected=True)
    instance.exports["gas"].value = 5
    instance.invoke("f", 1)
    assert instance.exports["gas"].value == 5
    instance.invoke("f", 0)
    assert instance.exports["gas"].value == 0
    assert instance.exports["height"].value == 0


def recursive(depth_limit: int) -> str:
    return f"""(module {GLOBALS} (func $f (export "f") (param i32) (result i32)
      {ENTER.format(n=7, limit=depth_limit)}
      (block (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 1))))
      {LEAVE.format(n=7)}))"""


def test_stack_height_is_counted_and_limited_exactly() -> None:
    source = recursive(7 * 5)
    names = operations_of(source, is_injected=True)
    assert names[0] == "STACK_ENTER"
    assert names[-1] == "STACK_LEAVE_RETURN_ONE"
    instance = instantiate_wat(source, is_injected=True)
    assert instance.invoke("f", 4) == (5,)
    assert instance.exports["height"].value == 0
    with pytest.raises(Trap) as trap:
        instance.invoke("f", 5)
    assert trap.value.code is TrapCode.UNREACHABLE
    assert instance.exports["height"].value == 7 * 6


def test_stack_height_wraps_as_the_plain_sequence() -> None:
    source = f'(module {GLOBALS} (func (export "f") {ENTER.format(n=3, limit=9)}))'
    instance = instantiate_wat(source, is_injected=True)
    instance.exports["height"].value = 0xFFFF_FFFE
    instance.invoke("f")
    assert instance.exports["height"].value == 1


def test_charges_of_an_imported_counter_run_as_written() -> None:
    owner = instantiate_wat(f"(module {GLOBALS})")
    source = f"""(module (import "o" "gas" (global $gas (mut i64)))
      (func (export "f") {CHARGE.format(cost=5)}))"""
    instance = instantiate_wat(source, {("o", "gas"): owner.exports["gas"]})
    owner.exports["gas"].value = 5
    instance.invoke("f")
    assert owner.exports["gas"].value == 0
    with pytest.raises(Trap):
        instance.invoke("f")


IMITATION = f"""(module {GLOBALS} (func $f (export "f") (param i32) (result i32)
  {ENTER.format(n=4, limit=100)} {CHARGE.format(cost=1)}
  (loop {CHARGE.format(cost=2)})
  {LEAVE.format(n=4)} local.get 0))"""


def test_only_what_was_injected_is_taken_for_it() -> None:
    """The same code in the original module: run unchanged, with the same effect."""
    fused = {"STACK_ENTER_CHARGE", "CHARGE", "CHARGE_LOOP", "STACK_LEAVE_RETURN_ONE"}
    assert set(operations_of(IMITATION, is_injected=True)) == fused
    as_written = operations_of(IMITATION)
    # Every loop has a charge of zero, at which signals are checked.
    assert as_written.count("CHARGE_LOOP") == 1
    assert as_written.count("GLOBAL_GET") == as_written.count("GLOBAL_SET") + 3
    assert not fused & {*as_written} - {"CHARGE_LOOP"}
    outcomes = []
    for is_injected in (False, True):
        instance = instantiate_wat(IMITATION, is_injected=is_injected)
        instance.exports["gas"].value = 10
        result = instance.invoke("f", 7)
        outcomes.append(
            (result, instance.exports["gas"].value, instance.exports["height"].value)
        )
    assert outcomes == [((7,), 7, 0)] * 2
