"""Register code of floats: NaNs that are canonical already, and constants in place."""

import math
import struct
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contractvm.metering.nans import canonicalize_nans
from contractvm.wasm.structure.module import Module
from tests.helpers.instances import (
    OPERATION_NAMES,
    compile_checked,
    instantiate_wat,
    operations_of,
)
from tests.helpers.wat import wat_to_module

REPLACEMENT = """local.tee $x {type}.const nan local.get $x local.get $x {type}.eq
  select"""
TYPES = ["f32", "f64"]
CANONICAL = {"f32": 0x7FC00000, "f64": 0x7FF8 << 48}
# A quiet NaN with a payload, negative.
OTHER = {"f32": 0xFFC00001, "f64": 0xFFF8000000000001}


def names_of(module: Module) -> list[str]:
    return [OPERATION_NAMES[word] for word in compile_checked(module).code_of(0)[::4]]


def bits_of(source: str) -> Callable[..., int]:
    """The export `f` of a module that gives the bits of a float."""
    instance = instantiate_wat(source)
    return lambda *values: int(instance.invoke("f", *values)[0])


@pytest.mark.parametrize("kind", TYPES)
def test_what_makes_nans_canonical_is_no_work_for_the_loop(kind: str) -> None:
    source = f"""(module (func (export "f") (param {kind} {kind}) (result {kind})
      ({kind}.sqrt ({kind}.add (local.get 0) ({kind}.div (local.get 1)
        (local.get 0))))))"""
    plain = wat_to_module(source)
    rewritten = canonicalize_nans(plain)
    assert rewritten != plain
    names = names_of(rewritten)
    # The local that it declares is set to zero, and that is all.
    assert names == ["ZERO", *names_of(plain)]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("use", ["local.get $x drop", "{0} local.set $x", ""])
def test_a_replacement_runs_as_written_where_its_local_is_used(
    kind: str, use: str
) -> None:
    zero = f"{kind}.const 0"
    source = f"""(module (func (export "f") (param {kind}) (result {kind})
      (local $x {kind})
      (block {use.format(zero)})
      ({kind}.add (local.get 0) (local.get 0)) {REPLACEMENT.format(type=kind)}))"""
    assert ("SELECT" in operations_of(source)) == bool(use)


@pytest.mark.parametrize("kind", TYPES)
def test_a_local_that_a_replacement_sets_can_be_read_after_it(kind: str) -> None:
    bits = "i32" if kind == "f32" else "i64"
    sum_of = bits_of(f"""(module (func (export "f") (param {bits}) (result {bits})
      (local $x {kind})
      ({kind}.add ({kind}.reinterpret_{bits} (local.get 0)) ({kind}.const 1))
      {REPLACEMENT.format(type=kind)} drop
      ({bits}.reinterpret_{kind} (local.get $x))))""")
    one = struct.unpack("<I", struct.pack("<f", 1))[0]
    two = struct.unpack("<I", struct.pack("<f", 2))[0]
    if kind == "f64":
        one, two = (struct.unpack("<Q", struct.pack("<d", n))[0] for n in (1, 2))
    assert sum_of(one) == two


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("maker", ["local.get 0", "local.get 0 {0}.neg {0}.neg"])
def test_other_nans_are_replaced_where_the_loop_did_not(kind: str, maker: str) -> None:
    bits = "i32" if kind == "f32" else "i64"
    canonical = bits_of(f"""(module (func (export "f") (param {bits}) (result {bits})
      (local $x {kind}) (local $y {kind})
      (local.set $y ({kind}.reinterpret_{bits} (local.get 0)))
      {maker.format(kind).replace("local.get 0", "local.get $y")}
      {REPLACEMENT.format(type=kind)} {bits}.reinterpret_{kind}))""")
    assert canonical(OTHER[kind]) == CANONICAL[kind]
    assert canonical(1) == 1


def test_each_type_has_a_local_of_its_own() -> None:
    source = """(module (func (export "f") (param f32 f64) (result f64)
      (local $a f32) (local $b f64) (local $c f64)
      (f64.promote_f32 (f32.add (local.get 0) (local.get 0))
        local.tee $a f32.const nan local.get $a local.get $a f32.eq select)
      local.tee $b f64.const nan local.get $b local.get $b f64.eq select
      local.get 1 f64.mul
      local.tee $c f64.const nan local.get $c local.get $c f64.eq select))"""
    names = operations_of(source)
    # $c is another local of its type than the first.
    assert names.count("SELECT") == 1
    assert names[-1] == "RETURN_ONE"


FLOATS = (
    st.floats(width=64)
    | st.floats(width=32)
    | st.sampled_from(
        [0.0, -0.0, 0.5, 0.1, math.inf, -math.inf, math.nan, 5e-324, 2.0**-149, 1e300]
    )
)
BINARY = ["add", "sub", "mul", "div", "min", "max", "copysign"]
COMPARISONS = ["eq", "ne", "lt", "gt", "le", "ge"]


def text(kind: str, number: float) -> str:
    """The constant in WAT, by its bits."""
    if math.isnan(number):
        return "nan"
    if kind == "f32":
        number = single(number)
    return ("-inf" if number < 0 else "inf") if math.isinf(number) else number.hex()


def single(number: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", number))[0])
    except OverflowError:
        return math.copysign(math.inf, number)


@given(
    st.sampled_from(TYPES),
    st.sampled_from(BINARY + COMPARISONS),
    FLOATS,
    FLOATS,
    st.booleans(),
)
@example("f64", "mul", 0.1, 3.0, False)
@example("f64", "sub", -0.0, 0.0, True)
@example("f32", "lt", math.nan, 1.0, True)
def test_constants_give_what_values_in_locals_give(
    kind: str, operation: str, number: float, constant: float, is_left: bool
) -> None:
    bits = "i32" if kind == "f32" else "i64"
    result = "i32" if operation in COMPARISONS else bits
    back = "" if operation in COMPARISONS else f"{bits}.reinterpret_{kind}"
    value, other = "(local.get 0)", f"({kind}.const {text(kind, constant)})"
    operands = [other, value] if is_left else [value, other]
    variables = [part.replace(other, "(local.get 1)") for part in operands]

    def run(parts: list[str], *, branches: bool) -> int:
        body = f"{kind}.{operation} {back}"
        if branches:
            body = (
                f"{kind}.{operation} if (result i32) i32.const 1 else i32.const 0 end"
            )
        return bits_of(f"""(module (func (export "f") (result {result})
          (local {kind} {kind})
          (local.set 0 ({kind}.const {text(kind, number)}))
          (local.set 1 {other})
          {parts[0]} {parts[1]} {body}))""")()

    for branches in {False, operation in COMPARISONS}:
        expected = run(variables, branches=branches)
        assert run(operands, branches=branches) == expected
