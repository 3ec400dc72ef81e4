"""The funcs that can be called by reference, and what other modules can change."""

import pytest

from contractvm.analysis.references import (
    referenced_funcs,
    shared_globals,
    shared_tables,
    shares_references,
)
from tests.helpers.wat import wat_to_module

FUNCS = "(func $0) (func $1) (func $2)"


@pytest.mark.parametrize(
    ("source", "funcs"),
    [
        ("", set()),
        ("(table 3 funcref) (elem (i32.const 0) $0 $2)", {0, 2}),
        ("(table 3 funcref) (elem (i32.const 0) funcref (ref.null func) (ref.func $1))",
         {1}),
        ("(elem funcref (ref.func $2))", {2}),
        ("(elem declare func $1)", {1}),
        ("(global funcref (ref.func $1)) (global funcref (ref.null func))", {1}),
        # A number is no func, whatever its value.
        ("(global i32 (i32.const 2))", set()),
        ('(export "f" (func $2))', set()),
        # A body that makes references can make those of exports.
        ('(export "f" (func $2)) (func (drop (ref.func $2)))', {2}),
        ('(export "m" (memory 0)) (memory 1) (elem declare func $0)'
         " (func (drop (ref.func $0)))", {0}),
        ('(export "f" (func $2)) (elem declare func $0) (func (drop (ref.func $0)))',
         {0, 2}),
        ('(export "f" (func $2)) (func (drop (ref.null func)))', set()),
    ],
)  # fmt: skip
def test_funcs_that_a_table_can_hold(source: str, funcs: set[int]) -> None:
    assert referenced_funcs(wat_to_module(f"(module {FUNCS} {source})")) == funcs


@pytest.mark.parametrize(
    ("source", "tables", "names"),
    [
        ("(table 1 funcref) (global i32 (i32.const 0))", set(), set()),
        (
            '(import "a" "t" (table 1 funcref)) (import "a" "u" (table 1 funcref))'
            ' (import "a" "g" (global i32))',
            {0, 1},
            {0},
        ),
        (
            '(import "a" "t" (table 1 funcref)) (table 1 funcref)'
            ' (table (export "t") 1 funcref)',
            {0, 2},
            set(),
        ),
        (
            '(import "a" "g" (global i32)) (global i32 (i32.const 0))'
            ' (global (export "g") i32 (i32.const 0)) (memory (export "m") 1)',
            set(),
            {0, 2},
        ),
    ],
)
def test_tables_and_globals_that_other_modules_see(
    source: str, tables: set[int], names: set[int]
) -> None:
    module = wat_to_module(f"(module {source})")
    assert shared_tables(module) == tables
    assert shared_globals(module) == names


@pytest.mark.parametrize(
    ("source", "is_shared"),
    [
        ("", False),
        ("(table 1 funcref)", False),
        ('(table (export "t") 1 funcref)', True),
        ('(import "a" "t" (table 1 funcref))', True),
        ('(global (export "g") i32 (i32.const 0))', False),
        ("(global funcref (ref.null func))", False),
        ('(global (export "g") funcref (ref.null func))', True),
        ('(import "a" "g" (global externref))', True),
        ('(import "a" "f" (func (param i32) (result i64)))', False),
        ('(import "a" "f" (func (param i32 funcref)))', True),
        ('(import "a" "f" (func (result externref)))', True),
        ("(func (param funcref))", False),
        ('(func (export "f") (param funcref))', True),
        ('(func (export "f") (param i32)) (func (param funcref))', False),
        (
            '(func (param funcref)) (func (export "f") (result i32) (i32.const 1))',
            False,
        ),
    ],
)
def test_references_come_and_go_by_tables_globals_and_funcs(
    source: str, is_shared: bool
) -> None:
    assert shares_references(wat_to_module(f"(module {source})")) is is_shared
