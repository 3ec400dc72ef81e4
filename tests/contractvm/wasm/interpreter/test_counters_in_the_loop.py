"""The loop holds gas and stack height itself; everybody else sees them as they are."""

from collections.abc import Callable

import pytest

from contractvm.errors import Trap
from contractvm.wasm.interpreter.instance import ModuleInstance
from tests.contractvm.wasm.interpreter.test_injected_sequences import (
    CHARGE,
    ENTER,
    GLOBALS,
    LEAVE,
    UNFUSED,
)
from tests.helpers.instances import I32, I64, host, instantiate_wat, operations_of

# The height's check in another shape, too: nothing of it is one operation.
PLAIN_ENTER = ENTER.replace(
    "global.get $height i32.const {limit} i32.gt_u",
    "i32.const {limit} global.get $height i32.lt_u",
)


def tiny(charge: str, enter: str) -> str:
    """A func of two charges with a local, called three times by another."""
    calls = " ".join(f"(call $g) {charge.format(cost=cost)}" for cost in (5, 6, 7))
    return f"""(module {GLOBALS}
      (func $g (local i32) {enter.format(n=4, limit=20)} {charge.format(cost=3)}
        (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (if (i32.ne (local.get 0) (i32.const 1)) (then unreachable))
        {charge.format(cost=2)} {LEAVE.format(n=4)})
      (func (export "f") {enter.format(n=5, limit=20)} {charge.format(cost=1)}
        {calls} {LEAVE.format(n=5)}))"""


def outcome(source: str, gas: int, height: int = 0) -> tuple[bool, int, int]:
    """Whether it ended, and both counters."""
    instance = instantiate_wat(source, is_injected=True)
    instance.exports["gas"].value = gas % (1 << 64)
    instance.exports["height"].value = height
    try:
        instance.invoke("f")
    except Trap:
        ended = False
    else:
        ended = True
    return ended, instance.exports["gas"].value, instance.exports["height"].value


def test_a_call_enters_and_charges_and_a_return_charges() -> None:
    names = operations_of(tiny(CHARGE, ENTER), 1, is_injected=True)
    assert names == [
        *("STACK_ENTER_CHARGE", "CHARGE", "CALL_CHARGED", "CHARGE"),
        *("CALL_CHARGED", "CHARGE", "CALL_CHARGED", "CHARGE_RETURN"),
        "STACK_LEAVE_RETURN",
    ]
    callee = operations_of(tiny(CHARGE, ENTER), 0, is_injected=True)
    assert callee[:3] == ["STACK_ENTER_CHARGE", "CHARGE", "ZERO"]


@pytest.mark.parametrize("gas", range(36))
def test_gas_that_ends_anywhere_ends_there_in_every_shape(gas: int) -> None:
    fused, plain = (
        outcome(tiny(charge, enter), gas)
        for charge, enter in ((CHARGE, ENTER), (UNFUSED, PLAIN_ENTER))
    )
    assert fused == plain
    assert fused[0] is (gas >= 34)


@pytest.mark.parametrize(("height", "ended"), [(11, True), (12, False), (16, False)])
def test_a_height_that_ends_anywhere_ends_there_in_every_shape(
    height: int, ended: bool
) -> None:
    fused, plain = (
        outcome(tiny(charge, enter), 100, height)
        for charge, enter in ((CHARGE, ENTER), (UNFUSED, PLAIN_ENTER))
    )
    assert fused == plain
    assert fused[0] is ended


def test_a_loop_without_a_charge_runs_with_a_counter_below_zero() -> None:
    source = f"""(module {GLOBALS} (func (export "f") (local i32)
      (loop $l (br_if $l (i32.lt_u
        (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9))))))"""
    assert "CHARGE_LOOP" in operations_of(source, is_injected=True)
    assert outcome(source, -1) == (True, (1 << 64) - 1, 0)


def watched(see: Callable[[int, int], int]) -> tuple[bool, int, int]:
    """A run that tells the host both counters, and takes gas from it."""
    source = f"""(module (import "e" "see" (func $see (param i64 i32) (result i64)))
      {GLOBALS}
      (func (export "f") {ENTER.format(n=4, limit=20)} {CHARGE.format(cost=3)}
        (global.set $gas (call $see (global.get $gas) (global.get $height)))
        {CHARGE.format(cost=5)} {LEAVE.format(n=4)}))"""
    imports = {("e", "see"): host((I64, I32), (I64,), see)}
    instance = instantiate_wat(source, imports, is_injected=True)
    instance.exports["gas"].value = 10
    try:
        instance.invoke("f")
    except Trap:
        return False, instance.exports["gas"].value, instance.exports["height"].value
    return True, instance.exports["gas"].value, instance.exports["height"].value


def test_code_that_reads_and_sets_the_counters_sees_what_the_loop_holds() -> None:
    seen = []
    assert watched(lambda gas, height: seen.append((gas, height)) or 5) == (True, 0, 0)
    assert watched(lambda gas, height: 4) == (False, (1 << 64) - 1, 4)
    assert seen == [(7, 4)]


def test_the_host_sees_and_sets_the_counters_at_a_call() -> None:
    source = f"""(module (import "e" "see" (func $see)) {GLOBALS}
      (func (export "f") {ENTER.format(n=4, limit=20)} {CHARGE.format(cost=3)}
        call $see {CHARGE.format(cost=5)} {LEAVE.format(n=4)}))"""
    seen = []

    def see() -> None:
        gas, height = instance.exports["gas"], instance.exports["height"]
        seen.append((gas.value, height.value))
        gas.value, height.value = 50, 6

    imports = {("e", "see"): host((), (), see)}
    instance = instantiate_wat(source, imports, is_injected=True)
    instance.exports["gas"].value = 10
    instance.invoke("f")
    assert seen == [(7, 4)]
    assert (instance.exports["gas"].value, instance.exports["height"].value) == (45, 2)


def counters(*instances: ModuleInstance) -> list[object]:
    """Gas and height of each."""
    names = ("gas", "height")
    return [each.exports[name].value for each in instances for name in names]


def test_every_instance_has_its_own_counters_in_calls_between_two() -> None:
    inner = instantiate_wat(
        f"""(module {GLOBALS} (func (export "g") {ENTER.format(n=2, limit=9)}
          {CHARGE.format(cost=11)} {LEAVE.format(n=2)}))""",
        is_injected=True,
    )
    outer_source = f"""(module (import "i" "g" (func $g))
      (import "i" "gas" (global $theirs (mut i64))) {GLOBALS}
      (func (export "f") (result i64 i64)
        {ENTER.format(n=3, limit=9)} {CHARGE.format(cost=1)}
        (global.get $theirs) call $g {CHARGE.format(cost=2)}
        (global.get $theirs) {LEAVE.format(n=3)}))"""
    imports = {("i", name): inner.exports[name] for name in ("g", "gas")}
    outer = instantiate_wat(outer_source, imports, is_injected=True)
    inner.exports["gas"].value, outer.exports["gas"].value = 30, 5
    assert outer.invoke("f") == (30, 19)
    assert counters(inner, outer) == [19, 0, 2, 0]
    outer.exports["gas"].value = 5
    inner.exports["gas"].value = 10
    with pytest.raises(Trap):
        outer.invoke("f")
    assert counters(inner, outer) == [(1 << 64) - 1, 2, 4, 3]
