"""Lines of modules in text format, compared with wasm-tools' own assembler."""

import tempfile
from pathlib import Path

import pytest

from contractvm.ledger import wat_lines
from contractvm.ledger.debug_info import code_section
from contractvm.ledger.source_lines import SourceLines
from contractvm.ledger.wat_lines import with_text_lines
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from tests.helpers.source_tree import ROOT
from tests.helpers.wasm_tools import run_wasm_tools
from tests.helpers.wat import wat_to_wasm

FOLDERS = ("examples", "tests/golden", "tests/contract_testing")
TEXTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.wat")
)
# Every way to write an instruction, and what looks like one.
ODD = r"""(module $m (; a block comment with "quotes
  (; another ;) (call $f) ;; still one ;)
  (import "a" "b" (func $imported (param i32)))
  (func $other (import "a" "call") (param i32))
  (type $t (func (param i32) (result i32)))
  (table 1 funcref)
  (memory 1)
  (@custom "nop" "(func nop)")
  (data (i32.const 0) "(func \" ) ;; nop")
  (func $f (export "end") (type $t) (param i32) (result i32) (local i32 i64)
    (if $label (result i32) (local.get 0)
      (then
        (i32.const 1))
      (else
        (block $b (result i32)
          (select (result i32) (i32.const 1)
            (i32.const 2)
            (i32.const 3)))))
    i32.const 0
    if $x ;; plain
      nop
    else $x
      unreachable
    end
    (if (i32.const 0) (then))
    (loop (br_if 0 (i32.const 0)))
    (drop (f32.const nan)) (drop (f64.const inf))
    (drop (ref.null func))
    (drop (call_indirect (type $t)
      (i32.const 4) (i32.load offset=4 align=2
        (i32.const 8)))))
  (func) (func $last
    (call $f (i32.const 0)) drop))"""


def lines_of(module: Module) -> list[list[tuple[str, int | None]]]:
    """Mnemonics' lines, func by func; None where there is no line."""
    lines = SourceLines.of_module(module)
    assert lines is not None
    found = []
    for func in module.funcs:
        start = func.offset - module.code_offset
        own = []
        for opcode, _, _, position, _ in instructions(func.code):
            at = lines.line_at(start + position)
            own.append((hex(opcode), None if at is None else at[1]))
        found.append(own)
    return found


def assembled(text: str) -> bytes:
    return with_text_lines(wat_to_wasm(text), text.encode(), "a.wat")


@pytest.mark.parametrize("name", TEXTS)
def test_lines_are_those_of_another_assembler(name: str) -> None:
    text = (ROOT / name).read_bytes()
    module = wat_to_wasm(text.decode())
    ours = decode_module(with_text_lines(module, text, name))
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "o.wasm")
        done = run_wasm_tools(["parse", "-g", "-", "-o", str(output)], text)
        assert done.returncode == 0, done.stderr
        theirs = SourceLines.of_module(decode_module(output.read_bytes()))
    if not ours.funcs:
        return
    lines = SourceLines.of_module(ours)
    assert lines is not None
    assert theirs is not None or len(ours.funcs[0].code) == 1
    for func in ours.funcs:
        for opcode, _, _, position, _ in instructions(func.code):
            offset = func.offset - ours.code_offset + position
            if opcode == END:  # theirs are where a bracket closes
                continue
            # Their addresses do not count the byte that counts the funcs.
            found = None if theirs is None else theirs.line_at(offset - 1)
            at = lines.line_at(offset)
            assert found is not None
            assert at == (name, found[1])


END = 0x0B


def test_each_way_to_write_an_instruction_is_read() -> None:
    found = [
        [line for opcode, line in func if opcode != hex(END)]
        for func in lines_of(decode_module(assembled(ODD)))
    ]
    assert found == [
        [
            *(11, 11, 13, 14, 15, 16, 17, 18, 16),
            *(19, 20, 21, 22, 23, 25, 25, 26, 26, 26),
            *(27, 27, 27, 27, 28, 28, 30, 31, 30, 29, 29),
        ],
        [],
        [33, 33, 33],
    ]


def test_an_end_that_is_not_written_is_of_what_it_ends() -> None:
    text = "(module (func\n(if (i32.const 0)\n(then\nunreachable\n)\n)\n)\n)"
    ((*_, if_end, func_end),) = lines_of(decode_module(assembled(text)))
    assert (if_end, func_end) == ((hex(END), 2), (hex(END), None))


def test_code_is_the_same_and_lines_are_beside_it() -> None:
    code = wat_to_wasm(ODD)
    debug = assembled(ODD)
    assert debug.startswith(code)
    assert code_section(debug) == code_section(code)


@pytest.mark.parametrize(
    "other", ["(module)", "(module (func nop nop))", "(module (func drop))", "(", ")"]
)
def test_text_of_another_module_gives_no_lines(other: str) -> None:
    code = wat_to_wasm("(module (func nop))")
    assert with_text_lines(code, other.encode(), "a.wat") == code


@pytest.mark.parametrize(("most", "has_lines"), [(2, False), (3, True)])
def test_longer_code_has_no_lines(
    monkeypatch: pytest.MonkeyPatch, most: int, *, has_lines: bool
) -> None:
    monkeypatch.setattr(wat_lines, "MAX_CODE_BYTES", most)
    text = "(module (func nop nop))"
    code = wat_to_wasm(text)
    found = with_text_lines(code, text.encode(), "a.wat")
    assert (found != code) is has_lines


def test_annotations_and_an_empty_else_are_left_out() -> None:
    text = b"""(module (func
      (@note (nop) (call 0)) nop
      (if (i32.const 1)
        (then drop)
        (else))
      (if (i32.const 1) (then) (else nop))))"""
    (found,) = wat_lines.text_instructions(text)
    assert [word for word, _ in found] == [
        "nop",
        *("i32.const", "if", "drop", "end"),
        *("i32.const", "if", "else", "nop", "end"),
        "end",
    ]
    assert [line for _, line in found][:5] == [2, 3, 3, 4, 3]
