from contractvm.wasm.structure.module import ExternKind, Func
from contractvm.wasm.structure.types import FuncType, GlobalType, ValType
from tests.helpers.wat import wat_to_module

MODULE = """
(module
  (import "a" "f" (func (param i64)))
  (import "a" "g" (global i64))
  (import "a" "m" (memory 1))
  (import "a" "t" (table 1 externref))
  (func) (global (mut i32) (i32.const 0)) (table 2 funcref))
"""


def test_index_spaces_begin_with_the_imports() -> None:
    module = wat_to_module(MODULE)
    assert module.func_type_indices == (0, 1)
    assert module.global_types == (
        GlobalType(ValType.I64, is_mutable=False),
        GlobalType(ValType.I32, is_mutable=True),
    )
    assert [entry.element_type for entry in module.table_types] == [
        ValType.EXTERNREF,
        ValType.FUNCREF,
    ]
    assert [entry.limits.minimum for entry in module.memory_types] == [1]


def test_imports_of_one_kind_keep_their_order() -> None:
    module = wat_to_module(MODULE)
    assert [entry.name for entry in module.imports_of(ExternKind.GLOBAL)] == ["g"]


def test_func_type_reads_like_the_specification() -> None:
    func_type = FuncType((ValType.I32, ValType.FUNCREF), (ValType.I64,))
    assert str(func_type) == "[i32 funcref] -> [i64]"


def test_local_count_adds_groups_up() -> None:
    func = Func(0, ((2, ValType.I32), (0, ValType.I64), (3, ValType.I32)), b"\x0b")
    assert func.local_count == 5
