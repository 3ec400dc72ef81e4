"""Skipped commands: those that need a proposal that is left out, and no others."""

from pathlib import Path

import pytest

from contractvm.spec_scripts.proposals import PROPOSALS
from tests.helpers.scripts import SUBJECTS, run_text

OURS = '(module $ours (func (export "f") (result i32) (i32.const 1)))'
RUN_OURS = '(assert_return (invoke $ours "f") (i32.const 1))'

# A module that needs just one proposal, for each.
NEEDING = {
    "SIMD": "(module (func (drop (v128.const i64x2 0 0))))",
    "exceptions": "(module (tag))",
    "GC": "(module (type (struct (field i32))))",
    "typed function references": (
        "(module (type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0))))"
    ),
    "tail calls": "(module (func $f (return_call $f)))",
    "memory64": "(module (memory i64 1))",
    "multi-memory": "(module (memory 1) (memory 1))",
}


def test_there_is_an_example_of_each_proposal() -> None:
    assert list(NEEDING) == list(PROPOSALS)


@pytest.mark.parametrize("mode", SUBJECTS)
@pytest.mark.parametrize("proposal", NEEDING)
def test_a_module_is_skipped_for_its_proposal(
    proposal: str, mode: str, tmp_path: Path
) -> None:
    result = run_text(OURS + NEEDING[proposal] + RUN_OURS, tmp_path, mode)
    assert result.failures == []
    assert (result.passed, result.skipped) == (2, {f"needs {proposal}": 1})


def test_a_module_that_needs_two_names_both(tmp_path: Path) -> None:
    text = "(module (memory 1) (memory 1) (func (drop (v128.const i64x2 0 0))))"
    result = run_text(text, tmp_path)
    assert result.skipped == {"needs SIMD, multi-memory": 1}


def test_modules_to_be_refused_are_skipped_too(tmp_path: Path) -> None:
    """They would not be valid for us either, but for another reason."""
    text = """
      (assert_invalid (module (memory i64 1) (func (result i32))) "type mismatch")
      (assert_unlinkable
        (module (import "no" "such" (func)) (memory i64 1)) "unknown import")
      (assert_trap
        (module (memory i64 0) (data (i64.const 0) "x")) "out of bounds memory access")
    """
    result = run_text(text, tmp_path)
    assert (result.passed, result.failures) == (0, [])
    assert result.skipped == {"needs memory64": 3}


def test_what_acts_on_a_skipped_module_is_skipped_and_nothing_else(
    tmp_path: Path,
) -> None:
    text = f"""{OURS}
      (module $theirs (memory 1) (memory 1)
        (func (export "f")) (global (export "g") i32 (i32.const 0)))
      (invoke "f")
      (assert_return (get $theirs "g") (i32.const 0))
      (assert_trap (invoke $theirs "f") "unreachable")
      (register "theirs" $theirs)
      (module $importer (import "theirs" "f" (func)))
      (assert_unlinkable (module (import "theirs" "f" (func))) "unknown import")
      {RUN_OURS}"""
    result = run_text(text, tmp_path)
    assert result.failures == []
    assert (result.passed, result.skipped) == (2, {"needs multi-memory": 7})


def test_a_name_registered_anew_counts_again(tmp_path: Path) -> None:
    text = f"""(module (memory 1) (memory 1)) (register "m")
      {OURS} (register "m")
      (module (import "m" "f" (func (result i32))))"""
    result = run_text(text, tmp_path)
    assert result.failures == []
    assert (result.passed, result.skipped) == (3, {"needs multi-memory": 2})


SHARED = """
  (module $m (memory (export "memory") 1) (func $nop (export "nop"))
    (func (export "load") (result i32) (i32.load8_u (i32.const 0))))
  (register "m")"""


def test_an_instance_that_a_skipped_module_would_have_changed_is_skipped(
    tmp_path: Path,
) -> None:
    text = f"""{SHARED}
      (assert_return (invoke $m "load") (i32.const 0))
      (module (import "m" "memory" (memory 1)) (memory 1) (data (i32.const 0) "x"))
      (assert_return (invoke $m "load") (i32.const 120))"""
    result = run_text(text, tmp_path)
    assert result.failures == []
    assert (result.passed, result.skipped) == (3, {"needs multi-memory": 2})


def test_an_instance_of_which_only_funcs_were_imported_is_not(tmp_path: Path) -> None:
    text = f"""{SHARED}
      (module (import "m" "nop" (func)) (memory 1) (memory 1))
      (assert_return (invoke $m "load") (i32.const 0))"""
    result = run_text(text, tmp_path)
    assert result.failures == []
    assert (result.passed, result.skipped) == (3, {"needs multi-memory": 1})


def test_a_definition_that_is_skipped_skips_its_instances(tmp_path: Path) -> None:
    text = """(module definition $d (memory 1) (memory 1) (func (export "f")))
      (module instance $i $d) (invoke $i "f")"""
    result = run_text(text, tmp_path)
    assert result.failures == []
    assert (result.passed, result.skipped) == (0, {"needs multi-memory": 3})


def test_a_fault_that_all_proposals_leave_is_a_failure(tmp_path: Path) -> None:
    (failure,) = run_text("(module (func (result i32)))", tmp_path).failures
    assert "InvalidModule" in failure
