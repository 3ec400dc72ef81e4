"""What a build does to a module: exports, custom sections, the start func."""

import pytest
import wasmtime

from contract_testing.building.tidy import tidied, with_folded_start
from contractvm.ledger.debug_info import code_section
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wat import wat_to_wasm

MODULE = """
(module
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1)
  (global (export "__data_end") i32 (i32.const 7))
  (func $helper (export "helper") (param $x i32) (result i32) (local.get $x))
  (func (export "main") (call $finish (i32.const 0) (call $helper (i32.const 32)))))
"""


def is_kept(name: str) -> bool:
    return name in ("main", "memory")


def test_only_the_hosts_exports_stay() -> None:
    module = decode_module(tidied(wat_to_wasm(MODULE), is_kept, keeps_names=False))
    assert [entry.name for entry in module.exports] == ["memory", "main"]


def test_custom_sections_go_and_names_stay_if_wanted() -> None:
    whole = wat_to_wasm(MODULE) + b"\0\6\4more!"
    assert {each.name for each in decode_module(whole).custom_sections} == {
        "name",
        "more",
    }
    assert not decode_module(tidied(whole, is_kept, keeps_names=False)).custom_sections
    (kept,) = decode_module(tidied(whole, is_kept, keeps_names=True)).custom_sections
    assert kept.name == "name"


def test_the_code_stays_byte_for_byte() -> None:
    whole = wat_to_wasm(MODULE)
    assert code_section(tidied(whole, is_kept, keeps_names=False)) == code_section(
        whole
    )


def started(entry: str, body: str, *, funcs: int = 0) -> bytes:
    """A module whose start func stores 42, which `entry` returns."""
    filler = "(func)" * funcs
    return wat_to_wasm(
        f"""(module (memory (export "memory") 1) {filler}
          (func $start (i32.store (i32.const 0) (i32.const 42)))
          (func (export "{entry}") {body})
          (start $start))"""
    )


def run(module: bytes, entry: str, *arguments: int) -> object:
    store = wasmtime.Store()
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, module), [])
    return instance.exports(store)[entry](store, *arguments)


@pytest.mark.parametrize("funcs", [0, 125, 126, 300])
def test_a_start_func_is_called_by_the_entry(funcs: int) -> None:
    """Also where the number of funcs gets a byte more."""
    body = "(param i32) (result i32) (i32.add (local.get 0) (i32.load (i32.const 0)))"
    module = started("entry", body, funcs=funcs)
    folded = with_folded_start(module, "entry")
    decoded = decode_module(folded)
    validate_module(decoded)
    assert decoded.start is None
    assert decoded.func_count == decode_module(module).func_count + 1
    assert run(folded, "entry", 5) == run(module, "entry", 5) == 47


def test_a_module_without_start_or_entry_stays() -> None:
    plain = wat_to_wasm(MODULE)
    assert with_folded_start(plain, "main") == plain
    module = started("other", "")
    assert with_folded_start(module, "main") == module
