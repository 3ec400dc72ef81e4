"""A gas counter that a local also holds: one counter, or else unchanged code."""

import pytest
import wasmtime

from contractvm.errors import Trap
from tests.helpers.instances import host, instantiate_wat, operations_of
from tests.helpers.wat import wat_to_wasm

LOAD = "global.get $gas local.set $left"
CHARGE = """local.get $left i64.const {} i64.sub local.tee $left i64.const 0 i64.lt_s
  if local.get $left global.set $gas unreachable end local.get $left global.set $gas"""
BODY = f"""{LOAD} (local.set $turns (i32.const 3))
  loop
    {CHARGE.format(5)}
    call $see {LOAD}
    {CHARGE.format(7)}
    (br_if 0 (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))
  end"""
GLOBALS = '(global $gas (export "gas") (mut i64) (i64.const 0))'
MASK = (1 << 64) - 1
Seen = tuple[list[int], int, bool]


def module_with(body: str, around: str = GLOBALS) -> str:
    return f"""(module (import "e" "see" (func $see)) {around}
      (func (export "f") (local $turns i32) (local $left i64) {body}))"""


def on_ours(source: str, gas: int) -> Seen:
    """The gas at each host call, which takes one; at the end; whether it trapped."""
    seen: list[int] = []

    def see() -> None:
        counter = instance.exports["gas"]
        seen.append(counter.value)
        counter.value = (counter.value - 1) & MASK

    imports = {("e", "see"): host((), (), see)}
    instance = instantiate_wat(source, imports, is_injected=True)
    instance.exports["gas"].value = gas & MASK
    try:
        instance.invoke("f")
    except Trap:
        return seen, instance.exports["gas"].value, True
    return seen, instance.exports["gas"].value, False


def on_wasmtime(source: str, gas: int) -> Seen:
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    seen: list[int] = []

    def see() -> None:
        value = counter.value(store)
        seen.append(value & MASK)
        lowered = (value - 1) & MASK
        counter.set_value(store, lowered - (lowered >> 63 << 64))

    func = wasmtime.Func(store, wasmtime.FuncType([], []), see)
    module = wasmtime.Module(engine, wat_to_wasm(source))
    exports = wasmtime.Instance(store, module, [func]).exports(store)
    counter = exports["gas"]
    counter.set_value(store, gas)
    try:
        exports["f"](store)
    except wasmtime.Trap:
        return seen, counter.value(store) & MASK, True
    return seen, counter.value(store) & MASK, False


def test_the_local_takes_no_operation_and_each_charge_is_one() -> None:
    local = operations_of(module_with(BODY), is_injected=True)
    plain = f"""(local.set $turns (i32.const 3))
      loop {GLOBAL_CHARGE.format(5)} call $see {GLOBAL_CHARGE.format(7)}
        (br_if 0 (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))
      end"""
    without = operations_of(
        module_with(plain).replace("(local $left i64)", ""), is_injected=True
    )
    assert local == without
    assert local.count("CHARGE") + local.count("CHARGE_LOOP") == 2


GLOBAL_CHARGE = """global.get $gas i64.const {} i64.sub global.set $gas
  global.get $gas i64.const 0 i64.lt_s if unreachable end"""


def test_every_host_call_sees_the_counter_and_may_change_it() -> None:
    expected = ([95, 82, 69], 100 - 3 * 13, False)
    assert on_ours(module_with(BODY), 100) == expected
    assert on_wasmtime(module_with(BODY), 100) == expected


@pytest.mark.parametrize(("gas", "left"), [(39, 0), (38, MASK), (37, MASK - 1)])
def test_out_of_gas_leaves_the_shortfall_in_the_global(gas: int, left: int) -> None:
    assert on_ours(module_with(BODY), gas)[1:] == (left, left != 0)
    assert on_wasmtime(module_with(BODY), gas)[1:] == (left, left != 0)


EDGES = [0, 4, 5, 38, 39, 100, (1 << 63) - 1, -1, -(1 << 63), -(1 << 63) + 4]


@pytest.mark.parametrize("gas", EDGES)
@pytest.mark.parametrize("cost", [0, 5, -5, (1 << 63) - 1, -(1 << 63)])
def test_charges_do_the_same_on_wasmtime_at_both_ends_of_64_bits(
    gas: int, cost: int
) -> None:
    source = module_with(BODY.replace("i64.const 5", f"i64.const {cost}"))
    assert on_ours(source, gas) == on_wasmtime(source, gas)


NEAR_MISSES = {
    "no load at the start": BODY.replace(LOAD, "", 1),
    "no load behind a call": BODY.replace(f"call $see {LOAD}", "call $see"),
    "a load of another global": BODY.replace(
        f"call $see {LOAD}", "call $see global.get $other local.set $left"
    ),
    "a load into another local": BODY.replace(
        f"call $see {LOAD}", "call $see global.get $gas local.set $else"
    ),
    "a charge that stores elsewhere": BODY.replace(
        "local.get $left global.set $gas\n", "local.get $left global.set $other\n"
    ),
    "charges of another counter": BODY.replace(
        "local.get $left global.set $gas", "local.get $left global.set $other"
    ),
    "the local is set": f"{BODY} i64.const 50 local.set $left {CHARGE.format(1)}",
    "the local is teed": f"{BODY} i64.const 50 local.tee $left drop {CHARGE.format(1)}",
    "the local is read": f"{BODY} local.get $left global.set $other",
    "the global is set": f"{BODY} i64.const 50 global.set $gas {CHARGE.format(1)}",
    "another comparison": BODY.replace("i64.lt_s", "i64.le_s", 1),
    "another limit": BODY.replace("i64.const 0 i64.lt_s", "i64.const 9 i64.lt_s", 1),
    "no store in the trap": BODY.replace(
        "if local.get $left global.set $gas unreachable", "if unreachable", 1
    ),
    "nothing but the load": LOAD,
    "a load that is read": f"{LOAD} local.get $left global.set $other",
}


@pytest.mark.parametrize("name", NEAR_MISSES)
@pytest.mark.parametrize("gas", [100, 39, 38, 12, 4])
def test_code_that_only_looks_alike_runs_as_it_is_written(name: str, gas: int) -> None:
    others = '(global $other (export "other") (mut i64) (i64.const 77))'
    source = module_with(NEAR_MISSES[name], GLOBALS + others)
    source = source.replace("(local $left i64)", "(local $left i64) (local $else i64)")
    assert on_ours(source, gas) == on_wasmtime(source, gas)


def test_the_local_may_stand_before_others() -> None:
    source = module_with(BODY).replace("(local $turns i32) (local $left i64)", "{}")
    for locals_text in (
        "(local $left i64) (local $turns i32)",
        "(local $turns i32) (local $left i64) (local i64)",
    ):
        module = source.format(locals_text)
        assert on_ours(module, 100) == ([95, 82, 69], 61, False)


def test_an_imported_counter_runs_as_it_is_written() -> None:
    owner = instantiate_wat(f"(module {GLOBALS})")
    body = BODY.replace(f"call $see {LOAD}", "")
    source = f"""(module (import "o" "gas" (global $gas (mut i64)))
      (func (export "f") (local $turns i32) (local $left i64) {body}))"""
    instance = instantiate_wat(source, {("o", "gas"): owner.exports["gas"]})
    owner.exports["gas"].value = 36
    instance.invoke("f")
    assert owner.exports["gas"].value == 0
    with pytest.raises(Trap):
        instance.invoke("f")
    assert owner.exports["gas"].value == MASK - 4


def test_other_types_than_the_counters_are_no_counter() -> None:
    source = """(module (global $g (mut i32) (i32.const 7))
      (func (export "f") (result i32) (local $l i32)
        global.get $g local.set $l
        (loop) (global.get $g)))"""
    assert instantiate_wat(source).invoke("f") == (7,)


@pytest.mark.parametrize("params", ["(param i64)", "(param i32 i64)"])
@pytest.mark.parametrize("body", ["", BODY])
def test_a_load_of_a_modules_own_is_no_injected_one(params: str, body: str) -> None:
    """A parameter was once taken for the injected local: the frame lost a slot."""
    own = params.count("i")
    source = f"""(module (import "e" "see" (func $see))
      (global $gas (export "gas") (mut i64) (i64.const 77))
      (func (export "f") {params} (result i64)
        (local $turns i32) (local $left i64)
        global.get $gas local.set {own - 1} {body}
        local.get {own - 1}))"""
    arguments = [3] * own
    for is_injected in (False, True):
        instance = instantiate_wat(
            source, {("e", "see"): host((), (), lambda: None)}, is_injected=is_injected
        )
        assert instance.invoke("f", *arguments) == (77,)


def test_a_parameter_is_never_the_injected_local() -> None:
    source = """(module (global $g (export "gas") (mut i64) (i64.const 7))
      (func (export "f") (param i64) (result i64)
        global.get 0 local.set 0 i64.const 5))"""
    for is_injected in (False, True):
        instance = instantiate_wat(source, is_injected=is_injected)
        assert instance.invoke("f", 3) == (5,)
