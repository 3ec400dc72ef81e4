"""Types of imports and exports as text, those of invalid modules too."""

from dataclasses import replace

import pytest

from contractvm.analysis.extern_documents import (
    exported_type_text,
    import_documents,
    type_text,
)
from contractvm.analysis.module_values import Makers, ValueSite
from contractvm.wasm.structure.module import ExternKind
from tests.helpers.wat import wat_to_module

MODULE = wat_to_module("""(module
  (import "a" "f" (func (param i32) (result i64)))
  (import "a" "t" (table 1 funcref))
  (import "a" "m" (memory 1 16))
  (import "a" "g" (global i32))
  (import "a" "h" (global (mut f64)))
  (table 2 3 externref))""")


def test_imports_are_documents_in_their_order() -> None:
    assert import_documents(MODULE) == [
        {"module": "a", "name": name, "kind": kind, "type": text}
        for name, kind, text in (
            ("f", "func", "[i32] -> [i64]"),
            ("t", "table", "1 or more funcref"),
            ("m", "memory", "1 to 16 pages"),
            ("g", "global", "i32"),
            ("h", "global", "mutable f64"),
        )
    ]


@pytest.mark.parametrize(
    ("kind", "index", "text"),
    [
        (ExternKind.FUNC, 0, "[i32] -> [i64]"),
        (ExternKind.FUNC, 1, "unknown"),
        (ExternKind.TABLE, 1, "2 to 3 externref"),
        (ExternKind.TABLE, 2, "unknown"),
        (ExternKind.MEMORY, 1, "unknown"),
        (ExternKind.GLOBAL, 1, "mutable f64"),
        (ExternKind.GLOBAL, 2, "unknown"),
    ],
)
def test_what_an_invalid_module_exports_is_unknown(
    kind: ExternKind, index: int, text: str
) -> None:
    assert exported_type_text(MODULE, kind, index) == text


def test_a_type_that_is_missing_is_unknown() -> None:
    assert type_text(MODULE, len(MODULE.types)) == "unknown"
    assert type_text(replace(MODULE, types=()), 0) == "unknown"


def test_a_value_is_found_by_its_number_alone() -> None:
    makers = Makers()
    first, second = ValueSite(0, 3, 146), ValueSite(1, 5, 147)
    makers.add(4, first)
    makers.add(9, second)
    found = {value: makers.find(value) for value in (3, 4, 5, 9, 10)}
    assert found == {3: None, 4: first, 5: None, 9: second, 10: None}
