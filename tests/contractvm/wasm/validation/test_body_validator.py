"""Typing of instructions (spec 3.3): each rule from both sides."""

import pytest

from contractvm.errors import InvalidModule
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wasmtime_verdict import wasmtime_fault
from tests.helpers.wat import wat_to_module, wat_to_wasm

CONTEXT = """
(type $pair (func (param i32 i64) (result i64 i32)))
(type $none (func))
(type $id (func (param i32) (result i32)))
(import "m" "g" (global $imported i64))
(memory 1)
(table $funcs 4 funcref)
(table $externs 4 externref)
(global $var (mut i32) (i32.const 0))
(func $swap (type $pair) local.get 1 local.get 0)
(func $declared)
(func $undeclared)
(elem $part declare func $declared)
(elem $passive externref)
(data $bytes "abc")
"""


def fault(body: str) -> str | None:
    """What is wrong with a func of type [i32 i64] -> [] with a local f32."""
    text = f"(module {CONTEXT} (func (param i32 i64) (local f32) {body}))"
    try:
        validate_module(wat_to_module(text))
    except InvalidModule as error:
        reason: str | None = error.reason
    else:
        reason = None
    # An implementation that shares nothing with ours must say yes and no alike.
    assert (wasmtime_fault(wat_to_wasm(text)) is None) == (reason is None)
    return reason


VALID = [
    "",
    "nop",
    "unreachable",
    "unreachable i32.add drop",
    "unreachable i64.const 1 i32.const 2 select drop",
    "unreachable select i32.add drop",
    "unreachable select drop",
    "unreachable select (result externref) drop",
    "unreachable ref.is_null drop",
    "unreachable call $swap drop drop",
    "unreachable br_if 0",
    "unreachable local.tee 0 drop",
    "return i32.add drop",
    "br 0 i64.eqz drop",
    "i32.const 1 drop",
    "local.get 0 local.set 0",
    "local.get 1 local.tee 1 drop",
    "local.get 2 f32.neg drop",
    "global.get $imported drop",
    "global.get $var global.set $var",
    "block end loop end",
    "(block (result i32) i32.const 1) drop",
    "(block (result i32) i32.const 1 br 0) drop",
    "(block (result i32) i32.const 1 i32.const 0 br_if 0) drop",
    "i32.const 1 i64.const 2 (block (type $pair) call $swap) drop drop",
    "i32.const 1 (loop (type $id) i32.const 0 br_if 0) drop",
    "i32.const 1 (loop (type $id) br 0) drop",
    "(if (local.get 0) (then))",
    "(if (local.get 0) (then) (else))",
    "(if (result i32) (local.get 0) (then i32.const 1) (else i32.const 2)) drop",
    "(if (result i32) (local.get 0) (then i32.const 1) (else unreachable)) drop",
    "i32.const 5 (if (type $id) (local.get 0) (then)) drop",
    "i32.const 1 i64.const 2 call $swap drop drop",
    "i32.const 5 i32.const 0 call_indirect $funcs (type $id) drop",
    "i32.const 1 i32.const 2 i32.const 3 select drop",
    "f64.const 1 f64.const 2 i32.const 3 select drop",
    "ref.null func ref.null func i32.const 3 select (result funcref) drop",
    "ref.null extern ref.is_null drop",
    "ref.func $declared drop",
    "i32.const 0 table.get $externs drop",
    "i32.const 0 ref.null extern table.set $externs",
    "ref.null func i32.const 1 table.grow $funcs drop",
    "table.size $externs drop",
    "i32.const 0 ref.null func i32.const 1 table.fill $funcs",
    "i32.const 0 i32.const 0 i32.const 0 table.copy $funcs $funcs",
    "i32.const 0 i32.const 0 i32.const 0 table.init $externs $passive",
    "elem.drop $part",
    "i32.const 0 i64.load align=8 drop",
    "i32.const 0 i32.load8_u align=1 drop",
    "i32.const 0 i64.const 0 i64.store32 align=4",
    "i32.const 0 i32.const 0 i32.const 0 memory.init $bytes",
    "i32.const 0 i32.const 0 i32.const 0 memory.copy",
    "i32.const 0 i32.const 0 i32.const 0 memory.fill",
    "data.drop $bytes",
    "memory.size memory.grow drop",
    "i32.const 0 (br_table 0 0 0 (i32.const 1)) drop",
    "block block i32.const 1 br_table 0 1 2 end end",
    "(block (result i32) (block (result i32) unreachable br_table 0 1 0)) drop",
    "(block (result i32) (block (result f32) unreachable br_table 0 1) drop"
    " unreachable) drop",
    "(block (result i32 i64) (block (result i32 f64) unreachable i32.const 0"
    " br_table 0 1) unreachable) drop drop",
    "(block (result i64) i64.const 1 (block (result i32) unreachable)"
    " drop) drop",
]  # fmt: skip


@pytest.mark.parametrize("body", VALID)
def test_valid(body: str) -> None:
    assert fault(body) is None


INVALID = [
    ("i32.const 1", "type mismatch"),
    ("drop", "type mismatch"),
    ("i32.const 1 i32.add drop", "type mismatch"),
    ("i32.const 1 i64.const 1 i32.add drop", "type mismatch"),
    ("unreachable i64.const 1 i32.add drop", "type mismatch"),
    ("unreachable i32.const 1", "type mismatch"),
    ("unreachable i32.const 1 f32.const 1 i32.const 1 select drop", "type mismatch"),
    ("unreachable select i64.add f32.neg drop", "type mismatch"),
    ("unreachable f32.const 1 call $swap drop drop", "type mismatch"),
    ("local.get 3 drop", "unknown local 3"),
    ("i32.const 1 local.set 3", "unknown local 3"),
    ("i32.const 1 local.tee 4294967295 drop", "unknown local 4294967295"),
    ("i64.const 1 local.set 0", "type mismatch"),
    ("i32.const 0 local.tee 1 drop", "type mismatch"),
    ("local.get 2 i32.eqz drop", "type mismatch"),
    ("global.get 2 drop", "unknown global 2"),
    ("i64.const 0 global.set $imported", "immutable global"),
    ("i64.const 0 global.set $var", "type mismatch"),
    ("i32.const 0 global.set 2", "unknown global 2"),
    ("br 1", "unknown label 1"),
    ("i32.const 0 br_if 1", "unknown label 1"),
    ("block i32.const 0 br_table 0 2 1 end", "unknown label 2"),
    ("block i32.const 0 br_table 0 1 2 end", "unknown label 2"),
    ("br_if 0", "type mismatch"),
    ("br_table 0", "type mismatch"),
    ("(block (result i32) br 0) drop", "type mismatch"),
    ("(block (result i32)) drop", "type mismatch"),
    ("(block (result i32) i64.const 1) drop", "type mismatch"),
    ("(block (result i32) i32.const 1 i32.const 2) drop", "type mismatch"),
    ("i32.const 1 (block drop)", "type mismatch"),
    ("i32.const 1 (loop drop) ", "type mismatch"),
    ("(loop (result i32) br 0) (drop) (drop)", "type mismatch"),
    ("i32.const 1 i32.const 2 (block (type $pair) call $swap) drop drop", "type"),
    ("(block (type 9))", "unknown type 9"),
    ("(if (result i32) (local.get 0) (then i32.const 1)) drop", "type mismatch"),
    ("(if (result i32) (local.get 0) (then i32.const 1) (else)) drop", "type mismatch"),
    ("(if (result i32) (local.get 0) (then i64.const 1) (else i32.const 1)) drop",
     "type mismatch"),
    ("(if (local.get 1) (then))", "type mismatch"),
    ("(if (then))", "type mismatch"),
    ("(block (result i32) (block (result i64 i64)"
     " unreachable br_table 0 1) unreachable) drop", "type mismatch"),
    ("(block (result i32) (block (result f32) i32.const 1 i32.const 0 br_table 1 0)"
     " unreachable) drop", "type mismatch"),
    ("(block (result i32 i64) (block (result i32 f64) unreachable i64.const 1"
     " i32.const 0 br_table 0 1) unreachable) drop drop", "type mismatch"),
    ("call 9", "unknown function 9"),
    ("i32.const 1 call $swap drop drop", "type mismatch"),
    ("i64.const 1 i32.const 1 call $swap drop drop", "type mismatch"),
    ("i32.const 0 call_indirect $externs (type $none)", "type mismatch"),
    ("i32.const 0 call_indirect 2 (type $none)", "unknown table 2"),
    ("i32.const 0 call_indirect (type 9)", "unknown type 9"),
    ("i64.const 0 call_indirect (type $none)", "type mismatch"),
    ("i32.const 0 call_indirect (type $id) drop", "type mismatch"),
    ("ref.null func ref.null func i32.const 3 select drop", "type mismatch"),
    ("ref.null func i32.const 0 i32.const 3 select drop", "type mismatch"),
    ("i32.const 1 i64.const 2 i32.const 3 select drop", "type mismatch"),
    ("i32.const 1 i32.const 2 i64.const 3 select drop", "type mismatch"),
    ("i32.const 1 i32.const 2 i32.const 3 select (result i64) drop", "type mismatch"),
    ("unreachable select (result) drop", "invalid result arity"),
    ("unreachable select (result i32 i32) drop", "invalid result arity"),
    ("i32.const 0 ref.is_null drop", "type mismatch"),
    ("ref.is_null drop", "type mismatch"),
    ("ref.func $undeclared drop", "undeclared function reference"),
    ("ref.func 9 drop", "unknown function 9"),
    ("i32.const 0 table.get 2 drop", "unknown table 2"),
    ("i32.const 0 ref.null func table.set $externs", "type mismatch"),
    ("ref.null extern i32.const 1 table.grow $funcs drop", "type mismatch"),
    ("table.size 2 drop", "unknown table 2"),
    ("i32.const 0 ref.null func i32.const 1 table.fill $externs", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 table.copy $funcs $externs", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 table.copy $funcs 2", "unknown table 2"),
    ("i32.const 0 i32.const 0 i32.const 0 table.init $funcs $passive", "type mismatch"),
    ("unreachable table.init $funcs 2", "unknown elem segment 2"),
    ("elem.drop 2", "unknown elem segment 2"),
    ("i32.const 0 i64.load align=16 drop", "alignment must not be larger than natural"),
    ("i32.const 0 i32.load8_u align=2 drop", "alignment must not be larger"),
    ("i32.const 0 i64.const 0 i64.store32 align=8", "alignment must not be larger"),
    ("i64.const 0 i32.load drop", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 memory.init 1", "unknown data segment 1"),
    ("data.drop 1", "unknown data segment 1"),
    ("i64.const 0 memory.grow drop", "type mismatch"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "reason"), INVALID)
def test_invalid(body: str, reason: str) -> None:
    found = fault(body)
    assert found is not None
    assert found.startswith(reason)


@pytest.mark.parametrize(
    "body",
    [
        "i32.const 0 i32.load drop",
        "i32.const 0 i32.const 0 i32.store8",
        "memory.size drop",
        "i32.const 0 memory.grow drop",
        "i32.const 0 i32.const 0 i32.const 0 memory.fill",
        "i32.const 0 i32.const 0 i32.const 0 memory.copy",
    ],
)
def test_memory_instructions_need_a_memory(body: str) -> None:
    with pytest.raises(InvalidModule, match="unknown memory 0"):
        validate_module(wat_to_module(f"(module (func {body}))"))


@pytest.mark.parametrize(
    ("local_index", "val_type"),
    [(0, "i32"), (63, "i32"), (64, "i64"), (163, "i64"), (164, "f32")],
)
def test_every_local_has_the_type_of_its_group(local_index: int, val_type: str) -> None:
    groups = "(local" + " i32" * 64 + ")(local" + " i64" * 100 + ")(local f32)"

    def validate_with(given: str) -> None:
        body = f"{given}.const 0 local.tee {local_index} drop"
        validate_module(wat_to_module(f"(module (func {groups} {body}))"))

    validate_with(val_type)
    for other in {"i32", "i64", "f32", "f64"} - {val_type}:
        with pytest.raises(InvalidModule, match="type mismatch"):
            validate_with(other)


def test_local_behind_the_last_is_unknown() -> None:
    groups = "(local" + " i32" * 64 + ")(local" + " i64" * 100 + ")"
    with pytest.raises(InvalidModule, match="unknown local 164"):
        validate_module(wat_to_module(f"(module (func {groups} local.get 164 drop))"))
