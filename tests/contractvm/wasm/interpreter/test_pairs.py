"""Two operations as one: moves, a count with the jump back, a product with its sum."""

import struct

import pytest

from tests.helpers.instances import instantiate_wat, operations_of

SWAP = """(module (func (export "f") (param $n i32) (result i64)
  (local $a i64) (local $b i64) (local $sum i64)
  (local.set $b (i64.const 1))
  (block $done (loop $turn
    (br_if $done (i32.eqz (local.get $n)))
    (local.set $sum (i64.add (local.get $a) (local.get $b)))
    (local.set $a (local.get $b))
    (local.set $b (local.get $sum))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br $turn)))
  (local.get $a)))"""


def test_two_moves_are_one_operation_and_so_is_a_count_that_jumps_back() -> None:
    assert operations_of(SWAP)[4:] == [
        *("I64_ADD__MOVE_MOVE", "MOVE_MOVE", "MOVE", "I32_SUB_C_BR_LOOP", "BR_LOOP"),
        *("RETURN_ONE",),
    ]
    instance = instantiate_wat(SWAP)
    assert [instance.invoke("f", n)[0] for n in (0, 1, 2, 10, 90)] == [
        *(0, 1, 1, 55, 2880067194370816120),
    ]


def test_moves_that_wait_for_each_other_are_done_in_order() -> None:
    source = """(module (func (export "f") (param i32 i32 i32) (result i32)
      (local.set 0 (local.get 1)) (local.set 1 (local.get 0))
      (local.set 2 (local.get 1)) (local.set 0 (local.get 2))
      (i32.add (local.get 0) (i32.mul (i32.const 100) (local.get 1)))))"""
    assert operations_of(source)[:4] == ["MOVE_MOVE", "MOVE", "MOVE_MOVE", "MOVE"]
    assert instantiate_wat(source).invoke("f", 7, 8, 9) == (808,)


def test_a_branch_between_two_moves_keeps_them_apart() -> None:
    source = """(module (func (export "f") (param i32 i32 i32) (result i32)
      (block (br_if 0 (local.get 0)) (local.set 1 (local.get 2)))
      (local.set 0 (local.get 1)) (local.get 0)))"""
    assert "MOVE_MOVE" not in operations_of(source)
    instance = instantiate_wat(source)
    assert instance.invoke("f", 1, 5, 6) == (5,)
    assert instance.invoke("f", 0, 5, 6) == (6,)


@pytest.mark.parametrize(
    ("width", "step", "turns"),
    [
        ("i32", "i32.add (local.get 0) (i32.const 7)", 5),
        ("i32", "i32.sub (local.get 0) (i32.const -7)", 5),
        ("i64", "i64.add (local.get 0) (i64.const 7)", 5),
        ("i64", "i64.sub (local.get 0) (i64.const -7)", 5),
    ],
)
def test_a_count_that_jumps_back_counts_every_turn(
    width: str, step: str, turns: int
) -> None:
    source = f"""(module (func (export "f") (param {width}) (result i32) (local i32)
      (block $done (loop $turn
        (br_if $done ({width}.ge_u (local.get 0) ({width}.const 35)))
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (local.set 0 ({step})) (br $turn)))
      (local.get 1)))"""
    name = step.split(maxsplit=1)[0].replace(".", "_").upper()
    assert f"{name}_C_BR_LOOP" in operations_of(source)
    assert instantiate_wat(source).invoke("f", 0) == (turns,)


def bits(width: str, *values: float) -> tuple[int, ...]:
    """The values' bits, as which floats come from and go to Python."""
    float_form, int_form = {"f32": ("<f", "<I"), "f64": ("<d", "<Q")}[width]
    return tuple(
        struct.unpack(int_form, struct.pack(float_form, value))[0] for value in values
    )


def product_and_sum(width: str, product: str, other: str) -> str:
    return f"""(module (func (export "f") (param {width} {width} {width})
      (result {width}) ({width}.add ({product}) ({other}))))"""


@pytest.mark.parametrize("width", ["f32", "f64"])
@pytest.mark.parametrize(
    ("other", "name", "expected"),
    [("local.get 2", "ADD_A", 3.5 * 2 + 0.25), ("const 0.5", "ADD_A_C", 7.5)],
)
def test_a_product_and_its_sum_are_one_operation(
    width: str, other: str, name: str, expected: float
) -> None:
    if other.startswith("const"):
        other = f"{width}.{other}"
    source = product_and_sum(width, f"{width}.mul (local.get 0) (local.get 1)", other)
    operations = operations_of(source)
    prefix = width.upper()
    assert operations[:2] == [f"{prefix}_MUL_{name}", f"{prefix}_{name}"]
    found = instantiate_wat(source).invoke("f", *bits(width, 3.5, 2.0, 0.25))
    assert found == bits(width, expected)


def test_a_product_is_rounded_before_it_is_added() -> None:
    product = "f64.mul (local.get 0) (local.get 1)"
    instance = instantiate_wat(product_and_sum("f64", product, "local.get 2"))
    # Exactly 1 + 2^-26 + 2^-54, of which a double has no last bit.
    factor = 1 + 2**-27
    given = bits("f64", factor, factor, -(factor * factor))
    assert instance.invoke("f", *given) == (0,)


def test_a_product_that_is_read_again_is_there() -> None:
    source = """(module (func (export "f") (param f64 f64 f64) (result f64)
      (f64.sub (f64.add (local.tee 0 (f64.mul (local.get 0) (local.get 1)))
        (local.get 2)) (local.get 0))))"""
    assert operations_of(source)[0] == "F64_MUL_ADD_A"
    found = instantiate_wat(source).invoke("f", *bits("f64", 3.0, 5.0, 0.5))
    assert found == bits("f64", 0.5)


def test_what_is_not_a_number_is_canonical_in_both_places() -> None:
    source = """(module (func (export "f") (param f32 f32 f32) (result i32 i32)
      (i32.reinterpret_f32
        (f32.add (local.tee 0 (f32.mul (local.get 0) (local.get 1))) (local.get 2)))
      (i32.reinterpret_f32 (local.get 0))))"""
    given = bits("f32", float("inf"), 0.0, 1.0)
    found = instantiate_wat(source).invoke("f", *given)
    assert found == (0x7FC0_0000, 0x7FC0_0000)


def test_a_sum_of_another_width_is_a_separate_operation() -> None:
    """Between the two are only instructions that leave the bits as they are."""
    source = """(module (func (export "f") (param f32 f32 f64) (result i64)
      (i64.reinterpret_f64 (f64.add
        (f64.reinterpret_i64 (i64.extend_i32_u (i32.reinterpret_f32
          (f32.mul (local.get 0) (local.get 1)))))
        (local.get 2)))))"""
    assert operations_of(source)[:2] == ["F32_MUL", "F64_ADD_A"]
    # 2.0 in 32 bits, read as 64, is a tiny number.
    found = instantiate_wat(source).invoke("f", *bits("f32", 2.0, 1.0), 0)
    assert found == (0x4000_0000,)
