"""Every pair of integer operations that the loop does as one, compared with wasmtime.

Each is written as the text that translates to it. Both engines run it from equal
arguments: the same results, memories and traps.
"""

import itertools

import pytest

from contractvm.wasm.interpreter.operations import OPERATIONS
from contractvm.wasm.interpreter.pairs import PAIRS
from tests.helpers.instances import operations_of
from tests.helpers.wasmtime_runs import same_call

FORMS = ("_A_C", "_A", "_TO_C", "_TO", "_C")
NUMBERS = (0, 1, 5, 77, 32_760, 65_528, 65_531, 65_532, 65_536, 1 << 31, (1 << 32) - 1)
LONG_NUMBERS = (*NUMBERS, 1 << 63, (1 << 64) - 1)


def split(name: str) -> tuple[str, str, str]:
    """The type, the instruction and the form: `i32`, `i32.add`, `_A_C`."""
    form = next((form for form in FORMS if name.endswith(form)), "")
    mnemonic = name.removesuffix(form).lower().replace("_", ".", 1)
    return mnemonic[:3], mnemonic, form


def constant(kind: str) -> str:
    return f"({kind}.const 13)"


def left(kind: str, form: str) -> str:
    """An operand in a local, or one that the instruction before computes."""
    local = f"(local.get ${'x' if kind == 'i32' else 'X'})"
    return f"({kind}.extend16_s {local})" if form.startswith("_A") else local


def right(kind: str, form: str) -> str:
    local = f"(local.get ${'y' if kind == 'i32' else 'Y'})"
    return constant(kind) if form.endswith("_C") else local


def first_text(name: str) -> tuple[str, str]:
    """The first of a pair as an expression, and the type of its value."""
    kind, mnemonic, form = split(name)
    if mnemonic == "i32.wrap_i64":
        return f"(i64.and {left('i64', form)} (i64.const 0xffffffff))", "i64"
    if ".load" in mnemonic:
        return f"({mnemonic} offset=3 {left('i32', form)})", kind
    return f"({mnemonic} {left(kind, form)} {right(kind, form)})", kind


def body(first: str, second: str) -> str:
    """Instructions that leave an i64, translated to the pair."""
    text, given = first_text(first)
    if second == "MOVE_MOVE":
        other = "x" if given == "i32" else "X"
        return f"""(local.set $t{given} {text})
            (local.set $a{given} (local.get $b{given}))
            (local.set ${other} (local.get $t{given}))
            {widened(given, f"(local.get ${other})")}"""
    kind, mnemonic, form = split(second.removeprefix("BR_IF_").removesuffix("_LOOP"))
    if ".load" in mnemonic:
        return widened(kind, f"({mnemonic} offset=5 {text})")
    if ".store" in mnemonic and form.startswith("_TO"):
        return f"({mnemonic} offset=5 {text} {right(kind, form)}) (i64.const 0)"
    if ".store" in mnemonic:
        if given == "i64" and kind == "i32":
            mnemonic = mnemonic.replace("i32.store", "i64.store32")
        return f"({mnemonic} offset=5 (local.get $p) {text}) (i64.const 0)"
    if given == "i32" and kind == "i64":
        text = f"(i64.extend_i32_u {text})"
    answer = f"({mnemonic} {{}} {right(kind, form)})"
    if second.startswith("BR_IF_"):
        return f"""(block $out (loop $turn
            (br_if $out (i32.gt_u (local.get $n) (i32.const 9)))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (local.set $x {text})
            (br_if $turn {answer.format("(local.get $x)")})))
            (i64.extend_i32_u (i32.xor (local.get $x) (local.get $n)))"""
    return widened(kind, answer.format(text))


def branching(first: str, second: str) -> str | None:
    """Instructions that branch on what the pair computes: its second is taken back."""
    kind, mnemonic, form = split(second)
    if kind != "i32" or not form.startswith("_A"):
        return None
    if ".load" in mnemonic or ".store" in mnemonic or second.startswith("BR_IF"):
        return None
    text, given = first_text(first)
    if given != "i32":
        return None
    answer = f"({mnemonic} {text} {right(kind, form)})"
    in_local = f"({mnemonic} (local.get $x) {right(kind, form)})"
    return f"""(i64.add
        (if (result i64) {answer} (then (i64.const 1)) (else (i64.const 2)))
        (if (result i64) (i32.eqz {answer})
          (then (i64.const 10)) (else (i64.const 20))))
      (local.set $x {text})
      (block $out
        (br_if $out (local.tee $x {in_local})) (local.set $n (i32.const 100)))
      (i64.add (i64.extend_i32_u (i32.xor (local.get $x) (local.get $n))))"""


def widened(kind: str, text: str) -> str:
    return text if kind == "i64" else f"(i64.extend_i32_u {text})"


def source(instructions: str) -> str:
    return f"""(module (memory (export "memory") 1)
      (data (i32.const 0) "\\f1\\e2\\d3\\c4\\b5\\a6\\97\\88\\79\\6a\\5b\\4c")
      (func (export "f") (param $x i32) (param $y i32) (param $p i32)
        (param $X i64) (param $Y i64) (result i64)
        (local $n i32) (local $ti32 i32) (local $ai32 i32) (local $bi32 i32)
        (local $ti64 i64) (local $ai64 i64) (local $bi64 i64)
        {instructions}))"""


def arguments_of(first: str, second: str) -> list[tuple[int, int, int, int, int]]:
    """All numbers at each of the places in turn, and in some together."""
    count = len(LONG_NUMBERS)
    turns = itertools.count(len(first) + len(second))
    found = []
    for number, step in itertools.product(range(count), (3, 5)):
        place = next(turns)
        x, y, p = (NUMBERS[(number + step * k) % len(NUMBERS)] for k in (0, 1, 2))
        wide, wider = (LONG_NUMBERS[(place + step * k) % count] for k in (0, 1))
        found.append((x, y, p, wide, wider))
    return found


def compare(text: str, first: str, second: str) -> None:
    for arguments in arguments_of(first, second):
        same_call(text, *arguments)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_pair_does_what_wasmtime_does(first: str, second: str) -> None:
    text = source(body(first, second))
    assert f"{first}__{second}" in operations_of(text)
    compare(text, first, second)


@pytest.mark.parametrize(
    ("first", "second", "instructions"),
    [
        (first, second, instructions)
        for first, second in PAIRS
        if (instructions := branching(first, second))
    ],
)
def test_a_branch_on_what_a_pair_computes(
    first: str, second: str, instructions: str
) -> None:
    compare(source(instructions), first, second)


def test_what_is_taken_back_leaves_the_first_alone() -> None:
    text = """(module (memory (export "memory") 1)
      (func (export "f") (param i32) (result i32)
      (block $out (br_if $out
        (i32.and (i32.load8_u (local.get 0)) (i32.const 4))) (return (i32.const 7)))
      (i32.const 8)))"""
    assert operations_of(text)[:2] == ["I32_LOAD8_U", "BR_IF_I32_AND_A_C"]
    compare(text.replace("param i32)", "param i32 i32 i32 i64 i64)"), "", "")


def test_no_answer_that_can_be_inverted_is_the_second_of_a_pair() -> None:
    """`i32.eqz` of a comparison is its opposite, which a pair would not know of."""
    inverted = {row.name for row in OPERATIONS if row.inverse}
    assert "i32.lt_u" in inverted
    assert not [second for _, second in PAIRS if split(second)[1] in inverted]
