"""Every kind of command: a script that passes, and scripts that must fail."""

from pathlib import Path

import pytest

from tests.helpers.scripts import SUBJECTS, run_text

MODULE = """
(module $m
  (global (export "g") i32 (i32.const 7))
  (memory 1)
  (table 1 funcref)
  (type $nothing (func))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "two") (result i32 i64) (i32.const 1) (i64.const -2))
  (func (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "indirect") (param i32) (call_indirect (type $nothing) (local.get 0)))
  (func (export "stop") unreachable)
  (func $forever (export "forever") (call $forever))
  (func (export "f32") (param i32) (result f32)
    (f32.reinterpret_i32 (local.get 0)))
  (func (export "f64") (param i64) (result f64)
    (f64.reinterpret_i64 (local.get 0)))
  (func (export "null") (result funcref) (ref.null func))
  (func $self (export "self") (result funcref) (ref.func $self))
  (func (export "same") (param externref) (result externref) (local.get 0)))
"""
EMPTY_MODULE = r'(module binary "\00asm" "\01\00\00\00")'
# The count of types is missing; a func whose result is missing.
MALFORMED = r'(module binary "\00asm" "\01\00\00\00" "\01\00")'
INVALID = "(module (func (result i32)))"

# Each with the count of its commands, the module among them.
PASSING = {
    "return": (MODULE + '(assert_return (invoke "add" (i32.const 2) (i32.const -3))'
    " (i32.const -1))", 2),
    "several results": (
        MODULE + '(assert_return (invoke "two") (i32.const 1) (i64.const -2))', 2),
    "get": (MODULE + '(assert_return (get "g") (i32.const 7))', 2),
    "get by name": (MODULE + EMPTY_MODULE
    + '(assert_return (get $m "g") (i32.const 7))', 3),
    "action": (MODULE + '(invoke "two") (invoke "null")', 3),
    "float bits": (MODULE + '(assert_return (invoke "f32" (i32.const 0x80000000))'
    " (f32.const -0.0))", 2),
    "canonical NaN": (MODULE + '(assert_return (invoke "f32" (i32.const 0xFFC00000))'
    " (f32.const nan:canonical))", 2),
    "arithmetic NaN": (MODULE + '(assert_return (invoke "f64"'
    " (i64.const 0x7FF8000000000001)) (f64.const nan:arithmetic))", 2),
    "either": (MODULE + '(assert_return (invoke "add" (i32.const 1) (i32.const 1))'
    " (either (i32.const 3) (i32.const 2)))", 2),
    "null": (MODULE + '(assert_return (invoke "null") (ref.null func))', 2),
    "any null": (MODULE + '(assert_return (invoke "null") (ref.null))', 2),
    "a func": (MODULE + '(assert_return (invoke "self") (ref.func))', 2),
    "an extern value": (MODULE + '(assert_return (invoke "same" (ref.extern 5))'
    " (ref.extern 5))", 2),
    "any extern value": (MODULE + '(assert_return (invoke "same" (ref.extern 5))'
    " (ref.extern))", 2),
    "trap": (MODULE + '(assert_trap (invoke "div" (i32.const 1) (i32.const 0))'
    ' "integer divide by zero")', 2),
    "trap with more words": (MODULE + '(assert_trap (invoke "indirect" (i32.const 0))'
    ' "uninitialized element 0")', 2),
    "unreachable": (MODULE + '(assert_trap (invoke "stop") "unreachable")', 2),
    "exhaustion, and a call after it": (MODULE + '(assert_exhaustion (invoke "forever")'
    ' "call stack exhausted") (assert_return (invoke "add" (i32.const 1)'
    " (i32.const 1)) (i32.const 2))", 3),
    "invalid": (f'(assert_invalid {INVALID} "type mismatch")', 1),
    "malformed": (f'(assert_malformed {MALFORMED} "unexpected end")', 1),
    "malformed text": (
        '(assert_malformed (module quote "(module (func i32.bogus))")'
        ' "unknown operator")', 1),
    "text whose binary is malformed": (
        '(assert_malformed (module quote "(module (func $a) (start $a) (start $a))")'
        ' "multiple start sections")', 1),
    "quoted module": ('(module quote "(func (export \\"f\\"))")'
    '(assert_return (invoke "f"))', 2),
    "binary module": (EMPTY_MODULE, 1),
    "unlinkable, unknown": (
        '(assert_unlinkable (module (import "no" "such" (func))) "unknown import")', 1),
    "unlinkable, incompatible": (
        '(assert_unlinkable (module (import "spectest" "global_i32" (func)))'
        ' "incompatible import type")', 1),
    "uninstantiable": (
        '(assert_trap (module (func $f unreachable) (start $f)) "unreachable")', 1),
    "segment out of bounds": (
        '(assert_trap (module (memory 0) (data (i32.const 0) "x"))'
        ' "out of bounds memory access")', 1),
    "the host module": ("""
      (module
        (import "spectest" "print_f64_f64" (func $print (param f64 f64)))
        (import "spectest" "global_f32" (global $f32 f32))
        (import "spectest" "global_f64" (global $f64 f64))
        (import "spectest" "memory" (memory 1 2))
        (import "spectest" "table" (table 10 20 funcref))
        (func (export "f") (result f32 f64)
          (call $print (global.get $f64) (global.get $f64))
          (global.get $f32) (global.get $f64)))
      (assert_return (invoke "f") (f32.const 666.6) (f64.const 666.6))""", 2),
    "register": (MODULE + """(register "math")
      (module (import "math" "add" (func $add (param i32 i32) (result i32)))
        (func (export "f") (result i32) (call $add (i32.const 1) (i32.const 2))))
      (assert_return (invoke "f") (i32.const 3))""", 4),
    "definition and two instances": ("""
      (module definition $d (global (export "g") (mut i32) (i32.const 1))
        (func (export "up") (global.set 0 (i32.add (global.get 0) (i32.const 1)))))
      (module instance $a $d) (module instance $b $d)
      (invoke $a "up")
      (assert_return (get $a "g") (i32.const 2))
      (assert_return (get $b "g") (i32.const 1))""", 6),
    "a func left behind by a failed instance": ("""
      (module $t (table (export "t") 1 funcref)
        (func (export "call") (result i32)
          (call_indirect (result i32) (i32.const 0))))
      (register "t" $t)
      (assert_trap
        (module (import "t" "t" (table 1 funcref)) (memory 0)
          (elem (i32.const 0) $f) (func $f (result i32) (i32.const 9))
          (data (i32.const 0) "x"))
        "out of bounds memory access")
      (assert_return (invoke $t "call") (i32.const 9))""", 4),
}  # fmt: skip

# Each with the text of its only failure.
FAILING = {
    "another result": (
        MODULE + '(assert_return (invoke "add" (i32.const 2) (i32.const 2))'
        " (i32.const 5))",
        "(4) where (i32 5) is expected",
    ),
    "too few results": (
        MODULE + '(assert_return (invoke "two") (i32.const 1))',
        "(1, 18446744073709551614) where (i32 1) is expected",
    ),
    "zero of another sign": (
        MODULE + '(assert_return (invoke "f32" (i32.const 0)) (f32.const -0.0))',
        "(0) where (f32 2147483648) is expected",
    ),
    "NaN with a payload": (
        MODULE + '(assert_return (invoke "f32" (i32.const 0x7FC00001))'
        " (f32.const nan:canonical))",
        "(2143289345) where (f32 nan:canonical) is expected",
    ),
    "signalling NaN": (
        MODULE + '(assert_return (invoke "f64" (i64.const 0x7FF0000000000001))'
        " (f64.const nan:arithmetic))",
        "(9218868437227405313) where (f64 nan:arithmetic) is expected",
    ),
    "no NaN": (
        MODULE
        + '(assert_return (invoke "f32" (i32.const 0)) (f32.const nan:canonical))',
        "(0) where (f32 nan:canonical) is expected",
    ),
    "neither": (
        MODULE + '(assert_return (invoke "add" (i32.const 2) (i32.const 2))'
        " (either (i32.const 3) (i32.const 2)))",
        "(4) where (i32 3 or i32 2) is expected",
    ),
    "null for a func": (
        MODULE + '(assert_return (invoke "null") (ref.func))',
        "(None) where (funcref any) is expected",
    ),
    "a func for null": (
        MODULE + '(assert_return (invoke "self") (ref.null func))',
        "where (funcref null) is expected",
    ),
    "another extern value": (
        MODULE + '(assert_return (invoke "same" (ref.extern 5)) (ref.extern 6))',
        "(('extern', '5')) where (externref 6) is expected",
    ),
    "a trap for a result": (
        MODULE + '(assert_return (invoke "stop"))',
        "assert_return: Trap: unreachable",
    ),
    "an action that traps": (MODULE + '(invoke "stop")', "action: Trap: unreachable"),
    "no trap": (
        MODULE + '(assert_trap (invoke "add" (i32.const 2) (i32.const 2))'
        ' "unreachable")',
        "no trap, where 'unreachable' is expected",
    ),
    "another trap": (
        MODULE + '(assert_trap (invoke "stop") "integer overflow")',
        "'unreachable' where 'integer overflow' is expected",
    ),
    "unreachable for exhaustion": (
        MODULE + '(assert_exhaustion (invoke "stop") "call stack exhausted")',
        "'unreachable' where 'call stack exhausted' is expected",
    ),
    "exhaustion for unreachable": (
        MODULE + '(assert_trap (invoke "forever") "unreachable")',
        "'call stack exhausted' where 'unreachable' is expected",
    ),
    "no exception": (
        MODULE + '(assert_exception (invoke "add" (i32.const 2) (i32.const 2)))',
        "assert_exception: no exception",
    ),
    "valid": (
        '(assert_invalid (module (func)) "type mismatch")',
        "accepted, where 'type mismatch' is expected",
    ),
    "invalid for another reason": (
        f'(assert_invalid {INVALID} "unknown local")',
        "type mismatch: too few operands where 'unknown local' is expected",
    ),
    "malformed for another reason": (
        f'(assert_malformed {MALFORMED} "magic header not detected")',
        "MalformedModule: unexpected end where 'magic header not detected' is expected",
    ),
    "invalid for malformed": (
        r'(assert_malformed (module binary "\00asm" "\01\00\00\00" "\01\04\01\60\00\00"'
        r' "\03\02\01\05" "\0a\04\01\02\00\0b") "unknown type")',
        "InvalidModule: unknown type 5 where 'unknown type' is expected",
    ),
    "well-formed binary": (
        f'(assert_malformed {EMPTY_MODULE} "unexpected end")',
        "accepted, where 'unexpected end' is expected",
    ),
    "well-formed text": (
        '(assert_malformed (module quote "(module (func nop))") "unexpected token")',
        "accepted, where 'unexpected token' is expected",
    ),
    "linkable": (
        '(assert_unlinkable (module (import "spectest" "print" (func)))'
        ' "unknown import")',
        "linked, where 'unknown import' is expected",
    ),
    "unlinkable for another reason": (
        '(assert_unlinkable (module (import "no" "such" (func)))'
        ' "incompatible import type")',
        "'unknown import' where 'incompatible import type' is expected",
    ),
    "instantiable": (
        '(assert_trap (module (func $f) (start $f)) "unreachable")',
        "no trap, where 'unreachable' is expected",
    ),
    "uninstantiable module": (
        "(module (func $f unreachable) (start $f))",
        "module: Trap: unreachable",
    ),
    "unlinkable module": (
        '(module (import "no" "such" (func)))',
        "module: LinkError: import no.such: unknown import",
    ),
    "invalid module": (
        INVALID,
        "module: InvalidModule: type mismatch",
    ),
    "unknown export": (MODULE + '(invoke "nothing")', "no export 'nothing'"),
    "a func is no global": (
        MODULE + '(assert_return (get "add") (i32.const 1))',
        "the export 'add' is no global",
    ),
    "a global is no func": (MODULE + '(invoke "g")', "the export 'g' is no func"),
    "too few arguments": (
        MODULE + '(invoke "add" (i32.const 1))',
        "InternalError: 1 arguments for 2 parameters",
    ),
    "unknown definition": ("(module instance $a $b)", "no module of that name"),
}


@pytest.mark.parametrize("mode", SUBJECTS)
@pytest.mark.parametrize("name", PASSING)
def test_a_script_that_holds_passes(name: str, mode: str, tmp_path: Path) -> None:
    text, count = PASSING[name]
    result = run_text(text, tmp_path, mode)
    assert result.failures == []
    assert (result.passed, result.skipped) == (count, {})


@pytest.mark.parametrize("mode", SUBJECTS)
@pytest.mark.parametrize("name", FAILING)
def test_a_script_that_does_not_hold_fails(
    name: str, mode: str, tmp_path: Path
) -> None:
    text, message = FAILING[name]
    result = run_text(text, tmp_path, mode)
    (failure,) = result.failures
    assert message in failure
    assert result.passed == text.startswith("\n(module")
    assert result.skipped == {}


def test_a_failure_names_file_line_and_command(tmp_path: Path) -> None:
    text = '(module (func (export "f")))\n\n(assert_trap (invoke "f") "unreachable")'
    (failure,) = run_text(text, tmp_path).failures
    assert failure == (
        f"{tmp_path / 'script.wast'}:3: assert_trap:"
        " no trap, where 'unreachable' is expected"
    )


def test_what_follows_a_failed_module_fails_too(tmp_path: Path) -> None:
    """It must not affect the previous module."""
    text = MODULE + INVALID + '(invoke "two") (register "x")'
    result = run_text(text, tmp_path)
    assert result.passed == 1
    assert [failure.rpartition(": ")[2] for failure in result.failures[1:]] == [
        "no instance of that name",
        "no instance of that name",
    ]


def test_a_file_that_is_no_script_is_one_failure(tmp_path: Path) -> None:
    result = run_text("(module\n  (bogus))", tmp_path)
    (failure,) = result.failures
    assert failure.startswith(f"{tmp_path / 'script.wast'}: ")
    assert ":2:4" in failure
    assert (result.passed, result.skipped) == (0, {})
