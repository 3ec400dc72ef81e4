"""Traces: their sites, counts and call trees."""

import pytest

from contractvm.errors import InternalError, Trap
from contractvm.metering import prices
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import GAS_EXPORT
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.engines.tracing import CallNode, SiteKind, Tracing
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.interpreter.instance import (
    Extern,
    ModuleInstance,
    instantiate_module,
)
from contractvm.wasm.interpreter.operation_rules import SIZED
from contractvm.wasm.interpreter.trace import MAX_CALL_NODES
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.instances import I32, host, instantiate_wat
from tests.helpers.metered_runs import metered
from tests.helpers.schedules import schedule_with
from tests.helpers.traced_runs import (
    KEEP_FREE,
    compile_counting,
    compile_traced,
    mnemonics,
)
from tests.helpers.wat import wat_to_module

PLENTY = 1 << 40
# An `end` costs 1, a call 10, `i32.add` 100; everything else is free.
COSTS = schedule_with({"end": 1, "call": 10, "i32.add": 100}, memory_page=1_000)
ROOT = CallNode(None, None, 0, 0)


def traced(
    source: str,
    imports: dict[tuple[str, str], Extern] | None = None,
    gas: int = PLENTY,
    **limits: int,
) -> ModuleInstance:
    """An instance, with gas, of a module that is instrumented under COSTS."""
    compiled = compile_traced(wat_to_module(source), COSTS)
    instance = instantiate_module(compiled, imports or {}, **limits)
    instance.exports[GAS_EXPORT].value = gas
    return instance


def counting(source: str, **imports: Extern) -> ModuleInstance:
    """An instance of an unchanged module whose instructions are counted."""
    compiled = compile_counting(wat_to_module(source))
    return instantiate_module(
        compiled, {("e", name): extern for name, extern in imports.items()}
    )


def counts(instance: ModuleInstance) -> list[tuple[str, int]]:
    """How often each instruction ran, in the order of the code."""
    compiled = instance.core.compiled
    names = mnemonics(compiled.module)
    return [
        (names[site.func_number, site.position], count)
        for site, count in zip(compiled.sites, instance.trace.counts, strict=True)
        if site.kind is SiteKind.INSTRUCTION
    ]


def charges(instance: ModuleInstance) -> list[tuple[int, int, int]]:
    """Func number, units and count of each charge."""
    compiled = instance.core.compiled
    return [
        (site.func_number, site.units, count)
        for site, count in zip(compiled.sites, instance.trace.counts, strict=True)
        if site.kind is SiteKind.CHARGE
    ]


def nodes(instance: ModuleInstance) -> list[CallNode]:
    return list(instance.trace.nodes[1:])


def test_a_module_translated_as_ever_has_no_trace() -> None:
    instance = instantiate_wat("(module (func))")
    assert instance.trace is None
    assert instance.core.compiled.sites == ()
    assert instance.core.compiled.tracing is Tracing.OFF


# Instructions


def test_a_loop_is_counted_on_entry_and_what_it_holds_on_each_turn() -> None:
    instance = counting("""(module (func (export "f") (param i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))""")
    instance.invoke("f", 5)
    assert counts(instance) == [
        *(("loop", 1), ("local.get", 5), ("i32.const", 5), ("i32.sub", 5)),
        *(("local.tee", 5), ("br_if", 5), ("end", 1), ("end", 1)),
    ]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (1, [1, 1, 1, 1, 0, 0, 1]),  # the then-arm runs into the else, which jumps
        (0, [1, 1, 0, 0, 1, 1, 1]),
    ],
)
def test_an_else_is_counted_where_the_then_arm_runs_into_it(
    argument: int, expected: list[int]
) -> None:
    instance = counting("""(module (func (export "f") (param i32)
      local.get 0 if nop else nop end))""")
    instance.invoke("f", argument)
    assert [count for _, count in counts(instance)] == expected


@pytest.mark.parametrize(("argument", "ends"), [(0, (1, 1)), (1, (0, 1))])
def test_an_end_is_counted_where_control_falls_through_to_it(
    argument: int, ends: tuple[int, int]
) -> None:
    instance = counting("""(module (func (export "f") (param i32)
      (block (br_if 0 (local.get 0)) nop)))""")
    instance.invoke("f", argument)
    nops = 1 - argument
    assert counts(instance) == [
        *(("block", 1), ("local.get", 1), ("br_if", 1), ("nop", nops)),
        *(("end", ends[0]), ("end", ends[1])),
    ]


def test_a_return_skips_the_end_and_dead_code_has_no_sites() -> None:
    instance = counting("""(module (func (export "f") (result i32)
      i32.const 7 return i32.const 8 drop block nop end))""")
    assert instance.invoke("f") == (7,)
    assert counts(instance) == [("i32.const", 1), ("return", 1)]


def test_comparisons_and_branches_are_counted_where_they_would_be_fused() -> None:
    instance = counting("""(module (func (export "f") (param i32) (result i32)
      (if (result i32) (i32.eqz (i32.lt_s (local.get 0) (i32.const 3)))
        (then (i32.const 1)) (else (i32.const 2)))))""")
    assert instance.invoke("f", 2) == (2,)
    assert [count for _, count in counts(instance)] == [1, 1, 1, 1, 1, 0, 0, 1, 1, 1]


def test_sizes_are_added_up_and_entries_counted() -> None:
    instance = counting("""(module (memory 1) (func $g (local i64))
      (func (export "f") (param i32) (result i32)
        call $g
        (memory.fill (i32.const 0) (i32.const 1) (local.get 0))
        (memory.grow (local.get 0))))""")
    for size in (3, 0, 700_000):
        try:
            instance.invoke("f", size)
        except Trap:
            assert size == 700_000
    compiled, trace = instance.core.compiled, instance.trace
    names = mnemonics(compiled.module)
    found = {
        names[site.func_number, site.position]: (trace.counts[k], trace.sizes[k])
        for k, site in enumerate(compiled.sites)
        if site.kind is SiteKind.INSTRUCTION and site.func_number == 1
    }
    # Counted before it runs, as it would be charged: the last fill traps.
    assert found["memory.fill"] == (3, 700_003)
    assert found["memory.grow"] == (2, 3)
    assert [
        (site.func_number, trace.counts[k])
        for k, site in enumerate(compiled.sites)
        if site.kind is SiteKind.ENTRY
    ] == [(0, 3), (1, 3)]
    assert trace.nodes == (ROOT,)


LOOKS_INJECTED = """(module (global $g (mut i64) (i64.const 100))
  (func (export "f")
    global.get $g i64.const 5 i64.sub global.set $g
    global.get $g i64.const 0 i64.lt_s if unreachable end))"""
LOOKS_INJECTED_TOO = """(module (global $g (mut i64) (i64.const 100))
  (func (export "f") (local i64)
    global.get $g local.set 0
    local.get 0 i64.const 5 i64.sub local.tee 0 i64.const 0 i64.lt_s
    if local.get 0 global.set $g unreachable end local.get 0 global.set $g))"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (LOOKS_INJECTED, [*[1] * 8, 0, 1]),
        (LOOKS_INJECTED_TOO, [*[1] * 9, 0, 0, 0, *[1] * 3]),
    ],
)
def test_what_looks_injected_is_counted_instruction_by_instruction(
    source: str, expected: list[int]
) -> None:
    instance = counting(source)
    instance.invoke("f")
    assert [count for _, count in counts(instance)] == expected


@pytest.mark.parametrize("source", [LOOKS_INJECTED, LOOKS_INJECTED_TOO])
def test_what_looks_injected_is_no_charge(source: str) -> None:
    instance = traced(source)
    instance.invoke("f")
    # The charge of the func, and those around its `if`: nothing of the contract's own.
    assert [count for _, _, count in charges(instance)] == [1, 0, 1]
    assert instance.trace.nodes[1].own_units == PLENTY - (
        instance.exports[GAS_EXPORT].value
    )


def test_operations_that_are_sized_are_those_that_are_priced_so() -> None:
    assert SIZED == prices.SIZED


# Blocks


def test_free_blocks_are_counted_and_charged_nothing() -> None:
    source = """(module (func (export "f") (param i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"""
    instance = traced(source)
    instance.invoke("f", 5)
    # The func up to the loop, an iteration, and both ends.
    assert charges(instance) == [(0, 0, 1), (0, 0, 5), (0, 2, 1)]
    assert instance.exports[GAS_EXPORT].value == PLENTY - 2


def test_charges_are_traced_in_instrumented_modules_only() -> None:
    module = wat_to_module(f'(module (global (export "{GAS_EXPORT}") i64 i64.const 0))')
    heights = validate_module(module).operand_heights
    with pytest.raises(InternalError):
        compile_module(module, heights, Tracing.BLOCKS)


CALLS = """(module (type $t (func (param i32)))
  (table funcref (elem $leaf $other))
  (func $leaf (type $t) (drop (i32.add (local.get 0) (local.get 0))))
  (func $other (type $t) (br_if 0 (local.get 0)) (call $leaf (local.get 0)) (return))
  (func (export "f") (param i32)
    (call $leaf (local.get 0))
    (call $leaf (local.get 0))
    (call_indirect (type $t) (local.get 0) (i32.const 1))
    (br_table 0 0 (local.get 0))))"""


@pytest.mark.parametrize("limit", [None, 1_000])
def test_calls_make_a_tree_whichever_way_funcs_end(limit: int | None) -> None:
    options = InstrumentationOptions(limit, keep_free_charges=True)
    compiled = compile_traced(wat_to_module(CALLS), COSTS, options)
    instance = instantiate_module(compiled, {})
    instance.exports[GAS_EXPORT].value = PLENTY
    instance.invoke("f", 0)
    assert nodes(instance) == [
        CallNode(0, 2, 1, 20),
        CallNode(1, 0, 2, 2 * 101),
        CallNode(1, 1, 1, 10),
        CallNode(3, 0, 1, 101),
    ]
    instance.invoke("f", 1)
    assert nodes(instance) == [
        CallNode(0, 2, 2, 40),
        CallNode(1, 0, 4, 4 * 101),
        CallNode(1, 1, 2, 10),
        CallNode(3, 0, 1, 101),
    ]
    assert instance.trace.current_node == 0
    assert instance.trace.nodes[0] == ROOT


def test_sized_charges_are_booked_on_the_func_that_they_are_in() -> None:
    instance = traced("""(module (memory 1) (func (export "f") (param i32)
      (drop (memory.grow (local.get 0)))))""")
    instance.invoke("f", 3)
    (site,) = (k for k in instance.core.compiled.sites if k.kind is SiteKind.SIZED)
    index = instance.core.compiled.sites.index(site)
    assert (site.func_number, site.units) == (0, 1_000)
    assert (instance.trace.counts[index], instance.trace.sizes[index]) == (1, 3)
    assert nodes(instance) == [CallNode(0, 0, 1, 3_001)]


@pytest.mark.parametrize("gas", [0, 9, 3_009, 3_010])
def test_what_is_booked_out_of_gas_is_gas_and_shortfall(gas: int) -> None:
    source = """(module (memory 1) (func $g (drop (memory.grow (i32.const 3))))
      (func (export "f") (call $g)))"""
    instance = traced(source, gas=gas)
    with pytest.raises(Trap):
        instance.invoke("f")
    shortfall = (1 << 64) - instance.exports[GAS_EXPORT].value
    booked = sum(node.own_units for node in instance.trace.nodes)
    assert booked == gas + shortfall
    assert instance.trace.current_node == 0


def test_a_host_func_sees_which_node_is_the_current_one() -> None:
    seen: list[int] = []
    see = host((), (), lambda: seen.append(instance.trace.current_node))
    instance = traced(
        """(module (import "e" "see" (func $see))
      (func $g (call $see)) (func (export "f") (call $see) (call $g) (call $see)))""",
        {("e", "see"): see},
    )
    instance.invoke("f")
    assert seen == [1, 2, 1]
    assert [node.func_index for node in nodes(instance)] == [2, 1]


def test_a_suspended_execution_keeps_its_node() -> None:
    ask = host((), (I32,), lambda: Suspension(None, lambda outcome: outcome))
    instance = traced(
        """(module (import "e" "ask" (func $ask (result i32)))
      (func $g (result i32) (call $ask)) (func (export "f") (result i32) (call $g)))""",
        {("e", "ask"): ask},
    )
    execution = instance.start("f")
    assert isinstance(execution.resume(), Suspension)
    assert instance.trace.current_node == 2
    assert execution.resume(5) == (5,)
    assert instance.trace.current_node == 0


REENTERED = """(module (import "e" "again" (func $again (param i32)))
  (func (export "f") (param i32) (call $again (local.get 0)))
  (func $h (param i32) (if (local.get 0) (then unreachable)))
  (func (export "g") (param i32) (call $h (local.get 0))))"""


@pytest.mark.parametrize("argument", [0, 1])
def test_a_call_from_a_host_func_is_below_the_func_that_called_it(
    argument: int,
) -> None:
    seen: list[int] = []

    def again(value: int) -> None:
        try:
            instance.invoke("g", value)
        except Trap:
            assert value == 1
        seen.append(instance.trace.current_node)

    instance = traced(REENTERED, {("e", "again"): host((I32,), (), again)})
    instance.invoke("f", argument)
    assert seen == [1]
    assert [(node.parent, node.func_index) for node in nodes(instance)] == [
        *((0, 1), (1, 3), (2, 2)),
    ]
    assert instance.trace.current_node == 0


# Several instances

CALLEE = """(module (import "e" "out" (func $out))
  (func $deep (param i32) (if (local.get 0) (then unreachable)))
  (func (export "f") (param i32) (call $deep (local.get 0)))
  (memory 1) (func (export "grow") (param i32) (drop (memory.grow (local.get 0))))
  (func (export "outer") (call $out)))"""
CALLER = """(module (import "o" "f" (func $f (param i32)))
  (func $mine (param i32) (call $f (local.get 0)))
  (func (export "run") (param i32) (call $mine (local.get 0))))"""


def pair(func: str, argument: int = 0) -> tuple[ModuleInstance, ModuleInstance]:
    """A caller and the callee, which has a host func that runs the caller."""

    def out() -> None:
        with pytest.raises(Trap):
            caller.invoke("run", argument)
        assert (caller.trace.current_node, callee.trace.current_node) == (0, 1)
        callee.exports[GAS_EXPORT].value = PLENTY

    callee = traced(CALLEE, {("e", "out"): host((), (), out)})
    caller = traced(CALLER, {("o", "f"): callee.exports[func]})
    return caller, callee


def test_each_instance_records_its_own_funcs() -> None:
    caller, callee = pair("f")
    caller.invoke("run", 0)
    assert [node.func_index for node in nodes(caller)] == [2, 1]
    assert nodes(callee) == [CallNode(0, 2, 1, 11), CallNode(1, 1, 1, 1)]
    assert (caller.trace.current_node, callee.trace.current_node) == (0, 0)


def test_a_trap_leaves_the_funcs_of_every_instance() -> None:
    caller, callee = pair("f")
    for argument in (1, 1, 0):
        try:
            caller.invoke("run", argument)
        except Trap:
            assert argument == 1
        assert (caller.trace.current_node, callee.trace.current_node) == (0, 0)
    assert [(node.parent, node.calls) for node in nodes(callee)] == [(0, 3), (1, 3)]


@pytest.mark.parametrize(
    ("func", "gas", "argument"),
    [
        ("f", PLENTY, 1),  # in a func below another
        ("f", 10, 0),  # in the charge of the first
        ("grow", 4_000, 5),  # in the sized charge, whose func has no node
    ],
)
def test_a_trap_leaves_no_func_that_called_before(
    func: str, gas: int, argument: int
) -> None:
    _, callee = pair(func, argument)
    callee.exports[GAS_EXPORT].value = gas + 10
    callee.invoke("outer")
    assert callee.trace.current_node == 0
    assert callee.trace.nodes[2].parent == 1


def test_calls_are_left_where_the_stack_ends() -> None:
    source = """(module (func $f (export "f") (param i32)
      (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))))))"""
    instance = traced(source, max_call_depth=10)
    with pytest.raises(Trap):
        instance.invoke("f", 10)
    assert instance.trace.current_node == 0
    assert len(nodes(instance)) == 10
    instance.invoke("f", 9)
    assert [node.calls for node in nodes(instance)] == [2] * 10


# The tree


def fan(count: int, order: range) -> Module:
    """A func that calls many others, each twice."""
    calls = " ".join(f"(call $f{number}) (call $f{number})" for number in order)
    funcs = " ".join(f"(func $f{number})" for number in range(count))
    return wat_to_module(f'(module {funcs} (func (export "f") {calls}))')


@pytest.mark.parametrize("order", [range(300), range(299, -1, -1), range(0, 300, 64)])
def test_a_node_finds_its_children_in_whatever_order_they_came(order: range) -> None:
    compiled = compile_traced(fan(300, order), COSTS)
    instance = instantiate_module(compiled, {})
    instance.exports[GAS_EXPORT].value = PLENTY
    instance.invoke("f")
    assert nodes(instance)[1:] == [CallNode(1, number, 2, 2) for number in order]


def test_a_tree_that_is_full_books_on_the_deepest_node_and_counts_all() -> None:
    depth = 20
    levels = " ".join(
        f"(func $a{level} (call $a{level + 1}) (call $b{level + 1}))"
        f" (func $b{level} (call $a{level + 1}) (call $b{level + 1}))"
        for level in range(depth)
    )
    source = f"""(module {levels} (func $a{depth}) (func $b{depth})
      (func (export "f") (call $a0)))"""
    instance = traced(source)
    assert not instance.trace.is_truncated
    instance.invoke("f")
    trace = instance.trace
    assert trace.is_truncated
    assert trace.current_node == 0
    kept = trace.nodes
    assert len(kept) == MAX_CALL_NODES
    used = PLENTY - instance.exports[GAS_EXPORT].value
    assert sum(node.own_units for node in kept) == used
    leaves = [count for number, _, count in charges(instance) if number >= 2 * depth]
    # Both funcs of the last level; then the exported one, in three blocks or fewer.
    assert leaves[:2] == [1 << (depth - 1), 1 << (depth - 1)]


def test_a_snapshot_stays_as_it_was() -> None:
    instance = traced('(module (func (export "f")))')
    instance.invoke("f")
    before = instance.trace.snapshot()
    instance.invoke("f")
    assert list(before.counts) == [1]
    assert list(instance.trace.counts) == [2]
    assert before.nodes == (ROOT, CallNode(0, 0, 1, 1))
    assert list(before.sizes) == [0]
    assert (before.current_node, before.is_truncated) == (0, False)


def test_a_trace_outlives_its_instance() -> None:
    trace = traced('(module (func (export "f")))').trace
    assert trace.nodes == (ROOT,)


@pytest.mark.parametrize(
    "tracing", [Tracing.OFF, Tracing.BLOCKS, Tracing.BRANCHES, Tracing.INSTRUCTIONS]
)
def test_a_stack_is_found_again_in_code_that_is_traced(tracing: Tracing) -> None:
    source = """(module (func (export "f") (param i32)
        (if (local.get 0) (then (nop)) (else (drop (i32.const 1))))
        (block (br_if 0 (i32.eqz (local.get 0))) (nop))
        (block (block (br_table 0 1 (local.get 0))) (nop))
        (drop (i32.div_u (i32.const 1) (i32.sub (local.get 0) (local.get 0))))))"""
    module = metered(wat_to_module(source), COSTS, KEEP_FREE)
    heights = validate_module(module).operand_heights
    instance = instantiate_module(compile_module(module, heights, tracing), {})
    instance.exports[GAS_EXPORT].value = PLENTY
    for given in (0, 1):
        with pytest.raises(Trap, match="divide by zero"):
            instance.invoke("f", given)
        stopped_at = instance.stopped_at
        assert stopped_at is not None
        (position,) = stopped_at.stack().positions
        assert mnemonics(module)[0, position.position] == "i32.div_u"
