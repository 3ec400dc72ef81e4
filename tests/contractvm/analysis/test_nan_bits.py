"""Places where NaN bits become visible: each way, on both sides of its edge.

What the analysis says is visible is seen to change on an engine that makes other NaNs;
what it says is not, is not.
"""

import pytest

from contractvm.analysis import nan_bits
from contractvm.analysis.findings import CheckFinding, FindingKind, Severity
from contractvm.analysis.module_values import TooIntricate
from contractvm.analysis.nan_bits import find_nan_bits, follow
from contractvm.analysis.nan_levels import OPEN
from contractvm.analysis.options import ANY, CheckOptions
from contractvm.analysis.places import ModulePlaces
from contractvm.metering.nans import canonicalize_nans
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.feature_rules import FloatRule
from tests.helpers.perturbed_nans import perturb_nans, seen_here, seen_there
from tests.helpers.wat import wat_to_module

# The quotient of two zeros, in a module with what the bodies below refer to.
NAN = "(f64.div (local.get $zero) (local.get $zero))"
NAN32 = "(f32.demote_f64 (f64.div (local.get $zero) (local.get $zero)))"
FRAME = """(module
  (memory (export "memory") 1)
  (global $kept (mut f64) (f64.const 0))
  (global $shown (export "shown") (mut f64) (f64.const 0))
  (table funcref (elem $by_reference))
  (type $unary (func (param f64) (result f64)))
  (func $same (param f64) (result f64) (local.get 0))
  (func $by_reference (type $unary) (local.get 0))
  (func $less (param f64) (result i32) (f64.lt (local.get 0) (f64.const 1)))
  (func $bits (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
  (func $main (export "main") (result i32 i64)
    (local $zero f64) (local $x f64) (local $y f64) (local $n i32)
    (local $b i64) (local $i i32)
    {body}
    (local.get $i) (local.get $b))
{more})"""

VISIBLE = {
    "stored": (f"(f64.store (i32.const 0) {NAN})", "f64.store"),
    "stored as f32": (f"(f32.store (i32.const 0) {NAN32})", "f32.store"),
    "read as an integer": (
        f"(local.set $b (i64.reinterpret_f64 {NAN}))",
        "i64.reinterpret_f64",
    ),
    "f32 read as an integer": (
        f"(local.set $i (i32.reinterpret_f32 {NAN32}))",
        "i32.reinterpret_f32",
    ),
    "its sign": (
        f"(local.set $i (f64.lt (f64.copysign (f64.const 1) {NAN}) (f64.const 0)))",
        "f64.copysign",
    ),
    "set where others see it": (f"(global.set $shown {NAN})", "global.set"),
    "through a local": (
        f"(local.set $x {NAN}) (f64.store (i32.const 0) (local.get $x))",
        "f64.store",
    ),
    "through local.tee": (
        f"(f64.store (i32.const 0) (local.tee $x {NAN}))",
        "f64.store",
    ),
    "through a global": (
        f"(global.set $kept {NAN}) (f64.store (i32.const 0) (global.get $kept))",
        "f64.store",
    ),
    "through a func": (
        f"(f64.store (i32.const 0) (call $same {NAN}))",
        "f64.store",
    ),
    "in a func": (f"(local.set $b (call $bits {NAN}))", "i64.reinterpret_f64"),
    "through a call by reference": (
        f"(f64.store (i32.const 0) (call_indirect (type $unary) {NAN} (i32.const 0)))",
        "f64.store",
    ),
    "through moves of bits": (
        f"(f64.store (i32.const 0) (f64.neg (f64.abs {NAN})))",
        "f64.store",
    ),
    "out of a block": (
        f"(f64.store (i32.const 0) (block (result f64)"
        f" (drop (br_if 0 {NAN} (i32.const 1))) (f64.const 1)))",
        "f64.store",
    ),
    "out of a table of branches": (
        f"(f64.store (i32.const 0) (block $a (result f64) (block $b (result f64)"
        f" (br_table $b $a {NAN} (i32.const 1))) (drop) (f64.const 1)))",
        "f64.store",
    ),
    "out of an if": (
        f"(f64.store (i32.const 0) (if (result f64) (i32.const 1)"
        f" (then {NAN}) (else (f64.const 1))))",
        "f64.store",
    ),
    "through an if without else": (
        f"{NAN} (i32.const 0) (if (param f64) (result f64) (then (drop)"
        " (f64.const 1))) (local.set $x) (f64.store (i32.const 0) (local.get $x))",
        "f64.store",
    ),
    "around a loop": (
        f"(loop (f64.store (i32.const 0) (local.get $x)) (local.set $x {NAN})"
        " (local.set $n (i32.add (local.get $n) (i32.const 1)))"
        " (br_if 0 (i32.lt_u (local.get $n) (i32.const 2))))",
        "f64.store",
    ),
    "as the param of a loop": (
        "(f64.const 1) (loop (param f64) (local.set $x)"
        " (f64.store (i32.const 0) (local.get $x)) "
        f"{NAN} (local.set $n (i32.add (local.get $n) (i32.const 1)))"
        " (br_if 0 (i32.lt_u (local.get $n) (i32.const 2))) (drop))",
        "f64.store",
    ),
    "chosen by another test": (
        f"(local.set $x {NAN}) (f64.store (i32.const 0) (select (local.get $x)"
        " (f64.const 1) (f64.eq (local.get $zero) (local.get $zero))))",
        "f64.store",
    ),
    "the NaN of a test that keeps it": (
        f"(local.set $x {NAN}) (f64.store (i32.const 0) (select (local.get $x)"
        " (f64.const 1) (f64.ne (local.get $x) (local.get $x))))",
        "f64.store",
    ),
    "set in one arm of two": (
        f"(if (i32.const 1) (then (local.set $x {NAN}))"
        " (else (local.set $x (f64.const 1))))"
        " (f64.store (i32.const 0) (local.get $x))",
        "f64.store",
    ),
    "read in the arm behind the one that sets it": (
        f"(local.set $x {NAN}) (if (i32.const 0)"
        " (then (local.set $x (f64.const 1)))"
        " (else (f64.store (i32.const 0) (local.get $x))))",
        "f64.store",
    ),
    "in a block that is left before it is set anew": (
        f"(local.set $x {NAN}) (block (br_if 0 (i32.const 1))"
        " (local.set $x (f64.const 1))) (f64.store (i32.const 0) (local.get $x))",
        "f64.store",
    ),
    "set before a loop and at its end": (
        "(local.set $x (f64.const 1)) (loop (f64.store (i32.const 0) (local.get $x))"
        f" (local.set $x {NAN}) (local.set $n (i32.add (local.get $n) (i32.const 1)))"
        " (br_if 0 (i32.lt_u (local.get $n) (i32.const 2))))",
        "f64.store",
    ),
    "tested before it is set anew": (
        f"(local.get $x) (block (br_if 0 (i32.const 0)) (local.set $x {NAN}))"
        " (local.get $x) (f64.eq) (local.set $n)"
        " (f64.store (i32.const 0) (select (local.get $x) (f64.const 1)"
        " (i32.eqz (local.get $n))))",
        "f64.store",
    ),
}

HIDDEN = {
    "dropped": f"(drop {NAN})",
    "compared": f"(local.set $i (f64.lt {NAN} (f64.const 1)))",
    "compared with itself": (
        f"(local.set $x {NAN}) (local.set $i (f64.eq (local.get $x) (local.get $x)))"
    ),
    "truncated": f"(local.set $i (i32.trunc_sat_f64_s {NAN}))",
    "truncated with a trap": f"(local.set $i (i32.trunc_f64_s {NAN}))",
    "set where nobody sees it": f"(global.set $kept {NAN})",
    "compared in a func": f"(local.set $i (call $less {NAN}))",
    "added, then compared": f"(local.set $i (f64.gt (f64.add {NAN} {NAN}) {NAN}))",
    "in a local that is set anew": (
        f"(local.set $x {NAN}) (local.set $x (f64.const 1))"
        " (f64.store (i32.const 0) (local.get $x))"
    ),
    "only its payload is copied from, and compared": (
        f"(local.set $i (f64.lt (f64.copysign {NAN} (f64.const -1)) (f64.const 0)))"
    ),
    "made canonical": (
        f"(local.set $x {NAN}) (f64.store (i32.const 0) (select (local.get $x)"
        " (f64.const nan) (f64.eq (local.get $x) (local.get $x))))"
    ),
    "made canonical the other way round": (
        f"(local.set $x {NAN}) (f64.store (i32.const 0) (select (f64.const nan)"
        " (local.get $x) (f64.ne (local.get $x) (local.get $x))))"
    ),
    "made canonical by not equal": (
        f"(local.set $x {NAN}) (f64.store (i32.const 0) (select (f64.const nan)"
        " (local.get $x) (i32.eqz (f64.eq (local.get $x) (local.get $x)))))"
    ),
    "in code that nothing reaches": (f"(block (br 0) (f64.store (i32.const 0) {NAN}))"),
    "behind an unreachable": f"(if (i32.const 0) (then unreachable (drop {NAN})))",
}


def module_of(body: str, more: str = "") -> Module:
    return wat_to_module(FRAME.format(body=body, more=more))


def findings_of(module: Module, floats: FloatRule = "permitted") -> list[CheckFinding]:
    places = ModulePlaces(module)
    return list(find_nan_bits(module, places, CheckOptions(ANY, floats)))


@pytest.mark.parametrize(
    ("body", "count"),
    [("(drop (f32.const 1))", 0), ("(drop (f32.sqrt (f32.const 1)))", 1)],
)
def test_only_code_that_makes_nans_is_followed(
    monkeypatch: pytest.MonkeyPatch, body: str, count: int
) -> None:
    followed: list[Module] = []

    def follow_nothing(module: Module) -> None:
        followed.append(module)
        raise TooIntricate

    monkeypatch.setattr(nan_bits, "follow", follow_nothing)
    assert len(findings_of(wat_to_module(f"(module (func {body}))"))) == count
    assert len(followed) == count


def visible(module: Module) -> list[str | None]:
    """The instructions at which the report says that bits become visible."""
    return [
        finding.place.instruction
        for finding in findings_of(module)
        if finding.kind is FindingKind.NAN_BITS
    ]


@pytest.mark.parametrize(("body", "instruction"), VISIBLE.values(), ids=VISIBLE)
def test_visible_bits_are_found_at_their_instruction(
    body: str, instruction: str
) -> None:
    assert visible(module_of(body)) == [instruction]


@pytest.mark.parametrize("body", HIDDEN.values(), ids=HIDDEN)
def test_bits_that_nothing_depends_on_are_not_reported(body: str) -> None:
    assert visible(module_of(body)) == []


# These would be seen only with other operands; here the way is not taken.
NOT_TAKEN = {"chosen by another test", "tested before it is set anew"}


@pytest.mark.parametrize(
    "body",
    [body for name, (body, _) in VISIBLE.items() if name not in NOT_TAKEN],
)
def test_what_is_visible_changes_with_the_nans_of_the_engine(body: str) -> None:
    module = module_of(body)
    assert seen_here(perturb_nans(module)) != seen_here(module)


@pytest.mark.parametrize("body", HIDDEN.values(), ids=HIDDEN)
def test_what_is_hidden_does_not_change_with_the_nans(body: str) -> None:
    module = module_of(body)
    plain = seen_here(module)
    there = seen_there(module)
    for other in (perturb_nans(module), canonicalize_nans(module)):
        assert seen_here(other) == plain
        assert seen_there(other) == there


@pytest.mark.parametrize("body", [body for body, _ in VISIBLE.values()], ids=VISIBLE)
def test_instrumentation_leaves_nothing_visible(body: str) -> None:
    """The analysis knows the code that makes NaNs canonical."""
    assert visible(canonicalize_nans(module_of(body))) == []


# Results of arithmetic with operands of which something is known.

OPERAND_KINDS = {
    "nonzero": "(f64.const 2)",
    "finite": "(f64.convert_i32_s (local.get $n))",
    "number": "(f64.const inf)",
    "fixed": "(f64.load (i32.const 8))",
}
MAY_MAKE_NAN = {
    "add": [("number", "number"), ("fixed", "nonzero"), ("nonzero", "fixed")],
    "sub": [("number", "number"), ("fixed", "finite")],
    "mul": [("finite", "number"), ("number", "number"), ("nonzero", "fixed")],
    "div": [("nonzero", "finite"), ("number", "number"), ("fixed", "nonzero")],
    "min": [("fixed", "nonzero"), ("number", "fixed")],
    "max": [("fixed", "nonzero"), ("number", "fixed")],
}
MAKES_NONE = {
    "add": [("finite", "finite"), ("number", "finite"), ("nonzero", "number")],
    "sub": [("finite", "number"), ("nonzero", "nonzero")],
    "mul": [("finite", "finite"), ("nonzero", "number"), ("number", "nonzero")],
    "div": [("finite", "nonzero"), ("number", "nonzero")],
    "min": [("number", "number"), ("finite", "nonzero")],
    "max": [("number", "number"), ("finite", "nonzero")],
}


def stored(expression: str) -> list[str | None]:
    return visible(module_of(f"(f64.store (i32.const 0) {expression})"))


@pytest.mark.parametrize(
    ("operation", "left", "right", "is_open"),
    [
        (operation, *kinds, is_open)
        for table, is_open in ((MAY_MAKE_NAN, True), (MAKES_NONE, False))
        for operation, pairs in table.items()
        for kinds in pairs
    ],
)
def test_binary_instructions_make_nans_only_of_some_operands(
    operation: str, left: str, right: str, is_open: bool
) -> None:
    expression = f"(f64.{operation} {OPERAND_KINDS[left]} {OPERAND_KINDS[right]})"
    assert stored(expression) == (["f64.store"] if is_open else [])


@pytest.mark.parametrize(
    ("expression", "is_open"),
    [
        ("(f64.sqrt (f64.const 2))", True),
        ("(f64.floor (f64.const inf))", False),
        ("(f64.floor (f64.load (i32.const 8)))", True),
        ("(f64.abs (f64.load (i32.const 8)))", False),
        ("(f64.promote_f32 (f32.const 1))", False),
        ("(f64.promote_f32 (f32.load (i32.const 8)))", True),
        ("(f64.promote_f32 (f32.demote_f64 (f64.const 1)))", False),
        ("(f64.promote_f32 (f32.demote_f64 (f64.load (i32.const 8))))", True),
        ("(f64.const nan:0x123)", False),
        ("(f64.add (f64.const nan:0x123) (f64.const 1))", True),
        ("(f64.mul (f64.nearest (f64.const 0.25)) (f64.const inf))", True),
        ("(f64.mul (f64.neg (f64.const 0.25)) (f64.const inf))", False),
        ("(f64.mul (f64.const 0) (f64.const inf))", True),
        ("(f64.copysign (f64.const 1) (f64.load (i32.const 8)))", False),
    ],
)
def test_other_instructions_make_nans_only_of_some_operands(
    expression: str, is_open: bool
) -> None:
    assert stored(expression) == (["f64.store"] if is_open else [])


# What crosses the module's border.


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('(func (export "f") (param f64) (result f64) {})', ["end"]),
        ('(func (export "f") (param f64) (result f64) (return {}))', ["return"]),
        ("(func (param f64) (result f64) {})", []),
        ('(func (export "f") (param f64) (call $host {}))', ["call"]),
        ('(func (export "f") (param f64) (drop (call $inner {})))', []),
        ('(func (export "f") (param f64) (br_if 0 (i32.const 1)) (drop {}))', []),
    ],
)
def test_what_leaves_the_module_is_visible(
    source: str, expected: list[str | None]
) -> None:
    maker = "(f64.sqrt (local.get 0))"
    module = wat_to_module(
        '(module (import "env" "take" (func $host (param f64)))'
        " (func $inner (param f64) (result f64) (local.get 0))"
        f" {source.format(maker)})"
    )
    assert visible(module) == expected


def test_passing_to_the_host_names_the_import() -> None:
    module = wat_to_module(
        '(module (import "env" "take" (func $host (param f64)))'
        ' (func (export "f") (call $host (f64.sqrt (f64.const -1)))))'
    )
    found = findings_of(module)[0]
    assert found.text == (
        "a float that may be a NaN of open bits from f64.sqrt is passed to env.take"
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("(table funcref (elem $f))", []),
        ('(table (export "t") funcref (elem $f))', ["end", "call_indirect"]),
    ],
)
def test_a_shared_table_lets_references_out_and_in(
    table: str, expected: list[str | None]
) -> None:
    """Code with access to the table may call the func or replace it."""
    module = wat_to_module(
        f"""(module {table} (type $t (func (param f64) (result f64)))
          (func $f (type $t) (f64.sqrt (local.get 0)))
          (func (export "main") (drop (call_indirect (type $t)
            (f64.sqrt (f64.const 2)) (i32.const 0)))))"""
    )
    assert visible(module) == expected


def test_params_of_exported_funcs_are_fixed_but_perhaps_nans() -> None:
    module = wat_to_module(
        """(module (memory 1)
          (func (export "f") (param f64)
            (f64.store (i32.const 0) (local.get 0))
            (f64.store (i32.const 8) (f64.add (local.get 0) (f64.const 1)))))"""
    )
    (found, source) = findings_of(module)
    assert found.place.offset == module.funcs[0].offset + 21
    assert found.cause is not None
    assert found.cause.instruction == "f64.add"
    assert source.kind is FindingKind.NAN_SOURCE


def test_the_cause_is_where_the_nan_was_first_made() -> None:
    module = wat_to_module(
        """(module (memory 1)
          (func $root (param f64) (result f64) (f64.sqrt (local.get 0)))
          (func $twice (param f64) (result f64)
            (f64.neg (call $root (local.get 0))))
          (func (export "main")
            (f64.store (i32.const 0) (call $twice (f64.const 2)))))"""
    )
    found = findings_of(module)[0]
    assert (found.place.func_name, found.place.instruction) == ("main", "f64.store")
    assert found.cause is not None
    assert found.cause.text == (
        f"func 0 (root), f64.sqrt at byte {module.funcs[0].offset + 2}"
    )


@pytest.mark.parametrize(
    ("floats", "severity"),
    [
        ("refused", Severity.CLOSED_BY_PROFILE),
        ("canonical", Severity.CLOSED_BY_INSTRUMENTATION),
        ("permitted", Severity.OPEN),
    ],
)
def test_the_terms_decide_whether_it_is_closed(
    floats: FloatRule, severity: Severity
) -> None:
    found, source = findings_of(module_of(f"(f64.store (i32.const 0) {NAN})"), floats)
    assert found.severity is severity
    assert source.severity is Severity.INFORMATION


def test_sources_are_counted_by_func_and_instruction() -> None:
    module = wat_to_module(
        """(module
          (func (drop (f64.sqrt (f64.const 2))) (drop (f64.sqrt (f64.const 3)))
            (drop (f32.div (f32.const 1) (f32.const 0)))
            (drop (f32.div (f32.const 1) (f32.const 3))))
          (func))"""
    )
    (found,) = findings_of(module)
    assert found.kind is FindingKind.NAN_SOURCE
    assert found.place.func_index == 0
    assert found.text == (
        "the specification leaves open the bits of a NaN that f32.div (1), f64.sqrt (2)"
        " may make"
    )


def test_a_module_without_makers_is_not_followed() -> None:
    module = wat_to_module(
        '(module (memory 1) (func (export "f") (param f64) (result f64)'
        " (f64.store (i32.const 0) (local.get 0)) (local.get 0)))"
    )
    assert findings_of(module) == []


def test_too_many_values_between_blocks_are_reported_not_followed() -> None:
    """1,000 params of each of 3,000 loops, which are three bytes of code each."""
    results = "f64 " * 1000
    blocks = "(loop (type $many) " * 3000 + ")" * 3000
    module = wat_to_module(
        f"""(module (type $many (func (param {results}) (result {results})))
          (func (param f64) (drop (f64.sqrt (local.get 0))))
          (func (type $many) {"(local.get 0)" * 1000} {blocks}))"""
    )
    (found,) = findings_of(module)
    assert found.kind is FindingKind.NAN_BITS
    assert found.place.instruction == "f64.sqrt"
    assert found.text.startswith("the module hands on so many values")


def test_levels_are_settled_whatever_the_order_of_funcs() -> None:
    """A maker in the last func of a chain reaches the first, and back to the last."""
    chain = "".join(
        f"(func $f{index} (param f64) (result f64) (call $f{index + 1} (local.get 0)))"
        for index in range(200)
    )
    module = wat_to_module(
        f"""(module (memory 1)
          (func (export "main") (f64.store (i32.const 0) (call $f0 (f64.const 1))))
          {chain} (func $f200 (param f64) (result f64) (f64.sqrt (local.get 0))))"""
    )
    assert visible(module) == ["f64.store"]
    values = follow(module)
    assert values.graph.levels.count(OPEN) > 200
