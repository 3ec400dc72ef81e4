"""Proposals that a module needs, as wasmtime decides with each switched off."""

import pytest
import wasmtime

from contractvm.errors import MissingProposal
from contractvm.spec_scripts.proposals import imported_names, proposals_needed


def binary(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("(module (func))", ()),
        ("(module (func (param v128)))", ("SIMD",)),
        ("(module (tag))", ("exceptions",)),
        ("(module (type (struct)))", ("GC",)),
        ("(module (type $t (func)) (func (param (ref $t))))",
         ("typed function references",)),
        ("(module (func $f (return_call $f)))", ("tail calls",)),
        ("(module (memory i64 1))", ("memory64",)),
        ("(module (memory 1) (memory 1))", ("multi-memory",)),
        ("(module (memory i64 1) (func (param v128)))", ("SIMD", "memory64")),
    ],
)  # fmt: skip
def test_a_module_needs_what_it_has(text: str, needed: tuple[str, ...]) -> None:
    assert proposals_needed(binary(text)) == needed


def test_a_fault_that_wasmtime_names_first_leaves_our_own_reason() -> None:
    broken = b"\0asm\1\0\0\0\x0b\x02\1\0"
    fault = MissingProposal("SIMD", "v128", 73)
    assert proposals_needed(broken) == ()
    assert proposals_needed(broken, fault) == ("SIMD",)
    assert proposals_needed(binary("(module)"), fault) == ()


def test_modules_that_memories_tables_and_globals_are_imported_from() -> None:
    text = """(module (import "a" "m" (memory 1)) (import "b" "t" (table 1 funcref))
      (import "c" "g" (global i32)) (import "d" "f" (func)))"""
    assert imported_names(binary(text)) == {"a", "b", "c"}
    assert imported_names(b"\0asm\1\0\0\0\x0b\x02\1\0") == set()
