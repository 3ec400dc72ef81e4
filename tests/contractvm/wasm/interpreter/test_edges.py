"""Coverage: a module's edges, their counts, and recorded comparisons."""

import pytest

from contractvm.errors import InternalError, Trap
from contractvm.metering.names import GAS_EXPORT
from contractvm.wasm.engines.tracing import (
    Comparison,
    ComparisonKind,
    EdgeKind,
    Tracing,
)
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.interpreter.instance import ExportedFunc, Table, instantiate_module
from contractvm.wasm.structure.types import Limits, TableType, ValType
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.covered_runs import KEY, compile_covered, counts_of, covered, passed
from tests.helpers.instances import I32, OPERATION_NAMES, host, instantiate_wat
from tests.helpers.metered_runs import metered
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_module

ENTRY, TAKEN, NOT_TAKEN = EdgeKind.ENTRY, EdgeKind.TAKEN, EdgeKind.NOT_TAKEN
IF_TRUE, IF_FALSE, BACK = EdgeKind.IF_TRUE, EdgeKind.IF_FALSE, EdgeKind.BACK
SWITCH, INDIRECT = EdgeKind.SWITCH, EdgeKind.INDIRECT

BRANCH = """(module (func (export "f") (param i32) (result i32)
  (block $b (br_if $b (i32.gt_u (local.get 0) (i32.const 5))) (return (i32.const 1)))
  (i32.const 2)))"""
CARRYING = """(module (func (export "f") (param i32) (result i32)
  (block $b (result i32) (br_if $b (i32.const 7) (local.get 0)) drop
    (local.get 0) (i32.const 9) i32.add)))"""
TWO_CARRIED = """(module (func (export "f") (param i32) (result i32 i32)
  (block $b (result i32 i32)
    (local.get 0) (i32.const 3) (br_if $b (local.get 0)) drop drop
    (i32.const 4) (i32.const 5))))"""
RETURNING = """(module (func (export "f") (param i32) (result i32)
  (i32.const 6) (br_if 0 (local.get 0)) (i32.const 1) i32.add))"""


@pytest.mark.parametrize(
    ("source", "argument", "results", "taken"),
    [
        (BRANCH, 6, (2,), True),
        (BRANCH, 5, (1,), False),
        (CARRYING, 1, (7,), True),
        (CARRYING, 0, (9,), False),
        (TWO_CARRIED, 8, (8, 3), True),
        (TWO_CARRIED, 0, (4, 5), False),
        (RETURNING, 1, (6,), True),
        (RETURNING, 0, (7,), False),
    ],
)
def test_a_branch_has_an_edge_where_it_is_taken_and_one_where_not(
    source: str, argument: int, results: tuple[int, ...], taken: bool
) -> None:
    instance = covered(source)
    assert instance.invoke("f", argument) == results
    assert passed(instance) == [
        (0, ENTRY, 1),
        (0, TAKEN, int(taken)),
        (0, NOT_TAKEN, int(not taken)),
    ]


@pytest.mark.parametrize(
    ("is_own", "edges"),
    [
        (True, [(0, ENTRY, 1), (0, TAKEN, 1), (0, NOT_TAKEN, 0)]),
        (False, [(0, ENTRY, 1)]),
    ],
)
def test_only_the_modules_own_instructions_have_edges(
    is_own: bool, edges: list[tuple[int, EdgeKind, int]]
) -> None:
    module, counts = wat_to_module(BRANCH), EdgeCounts()
    compiled = compile_module(
        module,
        validate_module(module).operand_heights,
        Tracing.EDGES,
        region=counts.region(KEY),
        is_own=lambda func_number, position: is_own,
    )
    instance = instantiate_module(compiled, {})
    assert instance.invoke("f", 6) == (2,)
    assert passed(instance) == edges


def test_funcs_that_metering_adds_have_no_edges() -> None:
    source = """(module (memory 1) (func (export "f") (param i32)
      (drop (memory.grow (local.get 0)))))"""
    schedule = schedule_with({"memory.grow": 1}, memory_page=3)
    module = metered(wat_to_module(source), schedule)
    assert len(module.funcs) > 1
    counts = EdgeCounts()
    instance = instantiate_module(compile_covered(module, counts), {})
    instance.exports[GAS_EXPORT].value = 1_000
    instance.invoke("f", 1)
    assert passed(instance) == [(0, ENTRY, 1)]


IF_ELSE = """(module (func (export "f") (param i32) (result i32)
  (if (result i32) (local.get 0) (then (i32.const 4)) (else (i32.const 5)))))"""
IF_ALONE = """(module (func (export "f") (param i32) (result i32) (local i32)
  (local.set 1 (i32.const 5))
  (if (i32.eqz (i32.eqz (local.get 0))) (then (local.set 1 (i32.const 4))))
  (local.get 1)))"""
IF_WITH_PARAMS = """(module (func (export "f") (param i32) (result i32)
  (i32.const 5) (local.get 0)
  (if (param i32) (result i32) (then (i32.const 1) i32.sub))))"""
IF_THAT_ENDS = """(module (func (export "f") (param i32) (result i32)
  (if (local.get 0) (then (return (i32.const 4)))) (i32.const 5)))"""


@pytest.mark.parametrize("source", [IF_ELSE, IF_ALONE, IF_WITH_PARAMS, IF_THAT_ENDS])
@pytest.mark.parametrize("argument", [0, 1])
def test_an_if_has_two_edges_with_or_without_an_else(source: str, argument) -> None:
    instance = covered(source)
    assert instance.invoke("f", argument) == (5 - argument,)
    assert passed(instance) == [
        (0, ENTRY, 1),
        (0, IF_TRUE, argument),
        (0, IF_FALSE, 1 - argument),
    ]


@pytest.mark.parametrize(
    ("turns", "count"), [(1, 0), (3, 2), (255, 254), (256, 255), (257, 255), (900, 255)]
)
def test_a_count_stays_at_255(turns: int, count: int) -> None:
    instance = covered("""(module (func (export "f") (param i32)
      (loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $l (local.get 0)))))""")
    instance.invoke("f", turns)
    assert passed(instance) == [
        (0, ENTRY, 1),
        (0, TAKEN, count),
        (0, NOT_TAKEN, 1),
    ]


def test_an_unconditional_branch_back_is_an_edge_and_one_onward_is_none() -> None:
    instance = covered("""(module (func (export "f") (param i32)
      (block $out (loop $l
        (br_if $out (i32.eqz (local.get 0)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (block $on (br $on))
        (br $l)))))""")
    instance.invoke("f", 3)
    assert passed(instance) == [
        (0, ENTRY, 1),
        (0, TAKEN, 1),
        (0, NOT_TAKEN, 3),
        (0, BACK, 3),
    ]


SWITCHED = """(module (func (export "f") (param i32) (result i32)
  (block $c (block $b (block $a
    (br_table $b $a $b $c (local.get 0)))
    (return (i32.const 10)))
    (return (i32.const 11)))
  (i32.const 12)))"""


@pytest.mark.parametrize(
    ("index", "result", "counts"),
    [
        (0, 11, [1, 0, 0]),
        (1, 10, [0, 1, 0]),
        (2, 11, [1, 0, 0]),
        (3, 12, [0, 0, 1]),
        (0xFFFFFFFF, 12, [0, 0, 1]),
    ],
)
def test_a_switch_has_an_edge_for_each_label(index: int, result: int, counts) -> None:
    instance = covered(SWITCHED)
    assert instance.invoke("f", index) == (result,)
    assert passed(instance) == [
        (0, ENTRY, 1),
        *((0, SWITCH, count) for count in counts),
    ]


@pytest.mark.parametrize(("index", "results"), [(0, (3, 4)), (1, (3, 4)), (2, (3, 4))])
def test_a_switch_takes_values_along_to_blocks_and_out_of_the_func(
    index: int, results: tuple[int, ...]
) -> None:
    instance = covered("""(module (func (export "f") (param i32) (result i32 i32)
      (i32.const 1)
      (block $b (result i32 i32)
        (i32.const 2) (i32.const 3) (i32.const 4)
        (br_table $b 1 (local.get 0)))
      (return)))""")
    assert instance.invoke("f", index) == results


INDIRECTLY = """(module
  (type $n (func (result i32))) (type $m (func (param i32) (result i32)))
  (import "e" "h" (func $h (type $n)))
  (table (export "t") 6 funcref)
  (elem (i32.const 0) $h $one $other $two)
  (func $one (type $n) (i32.const 1))
  (func $other (type $m) (local.get 0))
  (func $two (type $n) (i32.const 2))
  (func (export "f") (param i32) (result i32)
    (call_indirect (type $n) (local.get 0))))"""


@pytest.mark.parametrize(("index", "result", "cell"), [(0, 9, 0), (1, 1, 1), (3, 2, 2)])
def test_an_indirect_call_has_an_edge_for_each_func_of_its_type(
    index: int, result: int, cell: int
) -> None:
    instance = covered(INDIRECTLY, h=host((), (I32,), lambda: 9))
    assert instance.invoke("f", index) == (result,)
    found = [count for _, kind, count in passed(instance) if kind is INDIRECT]
    assert found == [int(cell == number) for number in range(3)]


@pytest.mark.parametrize(
    ("index", "reason", "count"),
    [
        (2, "indirect call type mismatch", 1),
        (4, "uninitialized element", 0),
        (6, "undefined element", 0),
        (0xFFFFFFFF, "undefined element", 0),
    ],
)
def test_an_indirect_call_that_traps_counts_the_func_that_was_meant(
    index: int, reason: str, count: int
) -> None:
    instance = covered(INDIRECTLY, h=host((), (I32,), lambda: 9))
    with pytest.raises(Trap) as trap:
        instance.invoke("f", index)
    assert trap.value.code.value == reason
    found = [count for _, kind, count in passed(instance) if kind is INDIRECT]
    assert sum(found) == count


def test_a_func_of_another_instance_is_counted_as_the_first_one() -> None:
    instance = covered(INDIRECTLY, h=host((), (I32,), lambda: 9))
    other = instantiate_wat('(module (func (export "g") (result i32) (i32.const 8)))')
    table = instance.exports["t"]
    assert isinstance(table, Table)
    assert isinstance(other.exports["g"], ExportedFunc)
    assert table.table_type == TableType(ValType.FUNCREF, Limits(6))
    table.set(5, other.exports["g"])
    assert instance.invoke("f", 5) == (8,)
    found = [count for _, kind, count in passed(instance) if kind is INDIRECT]
    assert found == [1, 0, 0]


def test_a_call_of_a_constant_place_in_the_table_is_counted() -> None:
    instance = covered("""(module (table 1 funcref) (elem (i32.const 0) $a)
      (func $a (result i32) (i32.const 3))
      (func (export "f") (result i32) (call_indirect (result i32) (i32.const 0))))""")
    assert instance.invoke("f") == (3,)
    # `f` is of the same type.
    found = [count for _, kind, count in passed(instance) if kind is INDIRECT]
    assert found == [1, 0]


def test_many_funcs_of_a_type_share_64_cells() -> None:
    funcs = "".join(f"(func $f{n} (result i32) (i32.const {n}))" for n in range(70))
    names = " ".join(f"$f{n}" for n in range(70))
    instance = covered(f"""(module (table 70 funcref) (elem (i32.const 0) {names})
      {funcs} (func (export "f") (param i32) (result i32)
        (call_indirect (result i32) (local.get 0))))""")
    for index in (0, 63, 64, 69):
        assert instance.invoke("f", index) == (index,)
    found = [count for _, kind, count in passed(instance) if kind is INDIRECT]
    # The caller is not of the type, so ranks are the funcs' numbers.
    assert [cell for cell, count in enumerate(found) if count] == [0, 5, 63]
    assert len(found) == 64
    assert found[0] == 2


def test_code_that_nothing_reaches_has_no_edges() -> None:
    instance = covered("""(module (func (export "f") (result i32)
      (return (i32.const 1))
      (if (i32.const 1) (then (br 0)) (else))
      (block (br_if 0 (i32.const 1)) (br_table 0 0 (i32.const 0)))
      (i32.const 2)))""")
    assert instance.invoke("f") == (1,)
    assert passed(instance) == [(0, ENTRY, 1)]


def test_the_last_edge_is_where_a_trap_was() -> None:
    instance = covered("""(module (func (export "f") (param i32)
      (if (local.get 0) (then unreachable))))""")
    with pytest.raises(Trap):
        instance.invoke("f", 1)
    counts = counts_of(instance)
    edges = dict(instance.core.compiled.region.edges)
    assert edges[counts.last].kind is IF_TRUE
    counts.reset()
    assert counts.last == 0


def test_instances_of_a_module_count_together() -> None:
    counts = EdgeCounts()
    compiled = compile_covered(wat_to_module(BRANCH), counts)
    instantiate_module(compiled, {}).invoke("f", 6)
    instance = instantiate_module(compiled, {})
    instance.invoke("f", 1)
    assert [count for _, _, count in passed(instance)] == [2, 1, 1]


def test_a_module_translated_as_ever_has_no_counting_operation() -> None:
    module = wat_to_module(SWITCHED)
    compiled = compile_module(module, validate_module(module).operand_heights)
    covering = compile_covered(module, EdgeCounts())
    assert compiled.region is None
    assert compiled.code_size < covering.code_size
    assert not any(
        OPERATION_NAMES.get(word, "").startswith(("EDGE", "NOTE"))
        for word in compiled.code_of(0)[::4]
    )


def test_coverage_without_a_place_for_its_counts_is_our_error() -> None:
    module = wat_to_module("(module)")
    with pytest.raises(InternalError):
        compile_module(module, (), Tracing.EDGES)


# Comparisons


def noted(source: str, *arguments: int) -> list[tuple[int, int, int]]:
    """Left, right and bits of the comparisons in a call of `f`."""
    instance = covered(source, Tracing.COMPARISONS)
    counts_of(instance).reset()
    instance.invoke("f", *arguments)
    return [
        (found.left, found.right, found.bits)
        for found in counts_of(instance).comparisons()
    ]


@pytest.mark.parametrize(
    "name", ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
)
@pytest.mark.parametrize("bits", [32, 64])
def test_every_comparison_is_noted(name: str, bits: int) -> None:
    most = (1 << bits) - 1
    source = f"""(module (func (export "f") (param i{bits} i{bits}) (result i32)
      (i{bits}.{name} (local.get 0) (local.get 1))))"""
    assert noted(source, 3, most) == [(3, most, bits)]


@pytest.mark.parametrize(
    ("body", "pair"),
    [
        ("(i32.eq (local.get 0) (i32.const -1))", (7, 0xFFFFFFFF, 32)),
        ("(i32.eq (i32.const -1) (local.get 0))", (0xFFFFFFFF, 7, 32)),
        ("(i32.lt_u (i32.const 4) (i32.const 5))", (4, 5, 32)),
        ("(i32.eqz (local.get 0))", (7, 0, 32)),
        ("(i32.eqz (i32.add (local.get 0) (i32.const 1)))", (8, 0, 32)),
        ("(i32.eqz (i32.eq (local.get 0) (i32.const 3)))", (7, 3, 32)),
        ("(i32.eqz (i32.xor (local.get 0) (i32.const 3)))", (7, 3, 32)),
    ],
)
def test_operands_are_noted_wherever_they_are(body: str, pair) -> None:
    source = f'(module (func (export "f") (param i32) (result i32) {body}))'
    found = noted(source, 7)
    assert found[0] == pair


@pytest.mark.parametrize(
    ("constant", "seen"),
    [
        (-1, 0xFFFFFFFFFFFFFFFF),
        (0x7FFFFFFF, 0x7FFFFFFF),
        (0x80000000, 0x80000000),
        (-0x80000000, 0xFFFFFFFF80000000),
        (0x0102030405060708, 0x0102030405060708),
    ],
)
def test_constants_of_64_bits_are_noted_in_full(constant: int, seen: int) -> None:
    source = f"""(module (func (export "f") (param i64) (result i32)
      (i64.eq (local.get 0) (i64.const {constant}))))"""
    assert noted(source, 5) == [(5, seen, 64)]
    zero = '(module (func (export "f") (param i64) (result i32) local.get 0 i64.eqz))'
    assert noted(zero, 5) == [(5, 0, 64)]


def test_a_switch_is_noted_with_its_number_of_labels() -> None:
    instance = covered(SWITCHED, Tracing.COMPARISONS)
    instance.invoke("f", 77)
    assert counts_of(instance).comparisons() == [
        Comparison(77, 3, ComparisonKind.SWITCH)
    ]


def test_a_word_of_32_bytes_is_noted_in_the_order_of_its_parts() -> None:
    compares = "".join(
        f"(br_if 0 (i64.ne (i64.load offset={at} (local.get 0))"
        f" (i64.load offset={at} (local.get 1))))"
        for at in (0, 8, 16, 24)
    )
    source = f"""(module (memory 1) (data (i32.const 0) "abcdefghijklmnop")
      (data (i32.const 64) "abcdefgh")
      (func (export "f") (param i32 i32) {compares}))"""
    left, right = (
        int.from_bytes(part, "little") for part in (b"abcdefgh", b"ijklmnop")
    )
    assert noted(source, 0, 64) == [(left, left, 64), (right, 0, 64)]


COUNTING = """(module (func (export "f") (param i32) (local i32)
  (loop $l
    (local.set 1 (i32.add (local.get 1) (i32.const 1)))
    (br_if $l (i32.lt_u (local.get 1) (local.get 0))))))"""


@pytest.mark.parametrize(("turns", "count"), [(31, 31), (32, 32), (33, 32), (500, 32)])
def test_a_place_is_noted_32_times(turns: int, count: int) -> None:
    assert noted(COUNTING, turns) == [(n + 1, turns, 32) for n in range(count)]


def test_all_places_together_are_noted_4096_times() -> None:
    compares = "(drop (i32.eq (local.get 0) (local.get 1)))" * 200
    source = f"""(module (func (export "f") (param i32) (local i32)
      (loop $l {compares}
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get 1) (i32.const 40))))))"""
    assert len(noted(source, 9)) == 4_096


def test_a_reset_lets_every_place_be_noted_again() -> None:
    instance = covered(COUNTING, Tracing.COMPARISONS)
    for _ in range(3):
        counts_of(instance).reset()
        instance.invoke("f", 100)
        assert len(counts_of(instance).comparisons()) == 32
    counts_of(instance).reset()
    assert counts_of(instance).comparisons() == []
