"""Instances of contracts: entry points, limits, and hostile code, on both engines."""

from typing import Any

import pytest

from contractvm.hosts.cosmwasm.errors import (
    CommunicationErr,
    CompileErr,
    FunctionArityMismatch,
    GasDepletion,
    InstantiationErr,
    ResolveErr,
    RuntimeErr,
)
from contractvm.hosts.cosmwasm.gas import GREATEST_GAS
from contractvm.hosts.cosmwasm.instance import MIB
from contractvm.hosts.cosmwasm.testing.storage import MockStorage
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.cosmwasm import (
    BASE,
    ECHO,
    EMPTY_RESPONSE,
    constant,
    contract_code,
    instance,
)
from tests.helpers.wat import wat_to_wasm

on_each_engine = pytest.mark.parametrize("engine", ENGINES)
QUERY = '(func (export "query") (param i32 i32) (result i32)'
EXECUTE = '(func (export "execute") (param i32 i32 i32) (result i32)'
WRITE = '(import "env" "db_write" (func $write (param i32 i32)))'
# allocate has 19 plain operators and an end; regions of 2, 2 and 7 bytes are written;
# the contract has one operator and an end, deallocate an end; 7 bytes are read.
ALLOCATION = 19 * 115 + 1_610
ECHO_GAS = (
    3 * (ALLOCATION + 230_000) + 11 * 570 + (115 + 1_610) + 200_000 + 7 * 115 + 1_610
)
KEY = constant(16, "key") + constant(64, "value") + constant(128, EMPTY_RESPONSE)


def used(found: Any) -> tuple[int, int]:
    report = found.report()
    return report.used_internally, report.used_externally


@on_each_engine
def test_both_engines_charge_the_same(engine: str) -> None:
    found = instance(wat_to_wasm(ECHO), engine=engine)
    assert found.call("execute", b"{}", b"{}", b'{"a":1}') == b'{"a":1}'
    assert used(found) == (ECHO_GAS, 0)


@on_each_engine
@pytest.mark.parametrize(("missing", "ends"), [(0, True), (1, False)])
def test_a_call_ends_with_exactly_enough_gas(
    engine: str, missing: int, ends: bool
) -> None:
    found = instance(wat_to_wasm(ECHO), engine=engine, gas_limit=ECHO_GAS - missing)
    if ends:
        found.call("execute", b"{}", b"{}", b'{"a":1}')
        assert found.gas.left == 0
    else:
        with pytest.raises(GasDepletion):
            found.call("execute", b"{}", b"{}", b'{"a":1}')


@on_each_engine
@pytest.mark.parametrize("limit", [0, GREATEST_GAS])
def test_the_least_and_the_greatest_limit(engine: str, limit: int) -> None:
    found = instance(wat_to_wasm(ECHO), engine=engine, gas_limit=limit)
    if limit:
        found.call("query", b"{}", b"{}")
        assert found.gas.left == GREATEST_GAS - used(found)[0]
    else:
        with pytest.raises(GasDepletion):
            found.call("query", b"{}", b"{}")


def test_a_query_must_not_write_and_pays_for_the_attempt() -> None:
    code = contract_code(
        WRITE,
        f"{KEY} {QUERY} i32.const 16 i32.const 64 call $write i32.const 128)",
    )
    storage = MockStorage()
    found = instance(code, storage=storage)
    with pytest.raises(RuntimeErr, match="Must not call a writing storage function"):
        found.call("query", b"{}", b"{}")
    assert storage.entries == {}
    write = found.report().functions["db_write"]
    assert (write.calls, write.internal, write.external) == (1, 18_000, 0)


@on_each_engine
def test_a_write_is_charged_after_it_was_made(engine: str) -> None:
    code = contract_code(
        WRITE,
        f"{KEY} {EXECUTE} i32.const 16 i32.const 64 call $write i32.const 128)",
    )
    storage = MockStorage()
    found = instance(code, storage=storage, engine=engine)
    found.call("execute", b"", b"", b"")
    assert storage.entries == {b"key": b"value"}
    write = found.report().functions["db_write"]
    assert (write.internal, write.external) == (18_000 + 2 * 200_000 + 115 * 8, 8)


@on_each_engine
@pytest.mark.parametrize(("size", "fits"), [(131_072, True), (131_073, False)])
def test_values_have_a_limit_of_their_own_words(
    engine: str, size: int, fits: bool
) -> None:
    region = b"".join(n.to_bytes(4, "little") for n in (1, size, size))
    escaped = "".join(f"\\{byte:02x}" for byte in region)
    code = wat_to_wasm(
        f"(module {WRITE} {BASE} {constant(16, 'key')} {constant(128, EMPTY_RESPONSE)}"
        f' (data (i32.const 64) "{escaped}")'
        f" (func $grow (drop (memory.grow (i32.const 2))))"
        f" {EXECUTE} call $grow i32.const 16 i32.const 64 call $write i32.const 128))"
    )
    found = instance(code, engine=engine)
    if fits:
        assert found.call("execute", b"", b"", b"") == EMPTY_RESPONSE.encode()
    else:
        with pytest.raises(RuntimeErr) as caught:
            found.call("execute", b"", b"", b"")
        assert caught.value.detail == (
            "Wasmer runtime error: RuntimeError: Generic error: Key/Value too big."
            " Tried to write 131073 bytes to storage, limit is 131072."
        )


@on_each_engine
def test_an_unknown_iterator_is_an_error_of_the_backend(engine: str) -> None:
    code = contract_code(
        '(import "env" "db_next" (func $next (param i32) (result i32)))',
        f"{QUERY} i32.const 9 call $next)",
    )
    with pytest.raises(RuntimeErr, match="Iterator with ID 9 does not exist"):
        instance(code, engine=engine).call("query", b"", b"")


@on_each_engine
@pytest.mark.parametrize("order", [0, 3, -1])
def test_an_order_is_1_or_2(engine: str, order: int) -> None:
    code = contract_code(
        '(import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))',
        f"{QUERY} i32.const 0 i32.const 0 i32.const {order} call $scan)",
    )
    with pytest.raises(RuntimeErr, match=f"invalid value for iteration order: {order}"):
        instance(code, engine=engine).call("query", b"", b"")


@on_each_engine
def test_an_allocation_inside_of_an_allocation_is_too_deep(engine: str) -> None:
    code = wat_to_wasm(
        """(module
        (import "env" "db_next" (func $next (param i32) (result i32)))
        (import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (global $depth (mut i32) (i32.const 0))
        (data (i32.const 16) "\\30\\00\\00\\00\\ff\\00\\00\\00\\00\\00\\00\\00")
        (func (export "interface_version_8"))
        (func (export "deallocate") (param i32))
        (func (export "allocate") (param i32) (result i32)
          global.get $depth
          (if (then (drop (call $next (i32.const 1)))))
          i32.const 16)
        (func (export "query") (param i32 i32) (result i32)
          (drop (call $scan (i32.const 0) (i32.const 0) (i32.const 1)))
          i32.const 1 global.set $depth
          i32.const 1 call $next))"""
    )
    with pytest.raises(RuntimeErr, match="Maximum call depth exceeded"):
        instance(code, engine=engine).call("query", b"", b"")


@on_each_engine
def test_a_trap_inside_of_an_allocation_stops_the_contract(engine: str) -> None:
    code = wat_to_wasm(
        """(module
        (import "env" "db_next" (func $next (param i32) (result i32)))
        (import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (global $fails (mut i32) (i32.const 0))
        (data (i32.const 16) "\\30\\00\\00\\00\\ff\\00\\00\\00\\00\\00\\00\\00")
        (func (export "interface_version_8"))
        (func (export "deallocate") (param i32))
        (func (export "allocate") (param i32) (result i32)
          global.get $fails (if (then unreachable)) i32.const 16)
        (func (export "query") (param i32 i32) (result i32)
          (drop (call $scan (i32.const 0) (i32.const 0) (i32.const 1)))
          i32.const 1 global.set $fails
          i32.const 1 call $next))"""
    )
    with pytest.raises(RuntimeErr, match="RuntimeError: unreachable"):
        instance(code, engine=engine).call("query", b"", b"")


def test_a_pointer_of_zero_is_no_region() -> None:
    code = wat_to_wasm(
        """(module (memory (export "memory") 1)
        (func (export "deallocate") (param i32))
        (func (export "allocate") (param i32) (result i32) i32.const 0))"""
    )
    with pytest.raises(CommunicationErr, match="zero Wasm address"):
        instance(code).call("query", b"", b"")


@on_each_engine
def test_a_start_func_has_no_gas(engine: str) -> None:
    code = contract_code("", "(func $start) (start $start)")
    with pytest.raises(InstantiationErr, match="unreachable"):
        instance(code, engine=engine)


@on_each_engine
def test_an_import_of_another_type_is_met_when_an_instance_is_made(
    engine: str,
) -> None:
    code = contract_code('(import "env" "db_read" (func (param i64) (result i32)))', "")
    with pytest.raises(InstantiationErr, match=r"env\.db_read"):
        instance(code, engine=engine)


def test_an_import_of_a_later_release_is_unknown() -> None:
    imported = (
        '(import "env" "secp256r1_verify" (func (param i32 i32 i32) (result i32)))'
    )
    code = contract_code(imported, "")
    instance(code, schedule="cosmwasm-2.1.0")
    with pytest.raises(InstantiationErr, match="unknown to this release"):
        instance(code, schedule="cosmwasm-2.0.9")


@on_each_engine
def test_memory_is_limited_in_whole_pages(engine: str) -> None:
    code = contract_code(
        "",
        """(func (export "query") (param i32 i32) (result i32)
        (if (i32.ne (memory.grow (i32.const 14)) (i32.const 2)) (then unreachable))
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        local.get 1)""",
    )
    found = instance(code, memory_limit=MIB + 65_535, engine=engine)
    assert found.memory_pages == 2
    assert found.call("query", b"", b"x") == b"x"
    assert found.memory_pages == 16
    with pytest.raises(InstantiationErr, match="begins with 2 pages, 1 are the limit"):
        instance(code, memory_limit=131_071, engine=engine)


def test_memory_must_be_exported() -> None:
    with pytest.raises(InstantiationErr, match="memory"):
        instance(wat_to_wasm("(module (memory 1))"))


def test_what_no_instance_is_made_of_is_a_compile_error() -> None:
    with pytest.raises(CompileErr):
        instance(b"\0asm\1\0\0\0\xff")


def test_an_export_that_is_missing_has_a_name() -> None:
    with pytest.raises(ResolveErr, match="Missing export sudo"):
        instance(contract_code("", "")).call("sudo", b"", b"")


@pytest.mark.parametrize(
    ("func", "error"),
    [
        ('(func (export "query") (param i32) (result i32) i32.const 0)', "arity"),
        ('(func (export "query") (param i32 i64) (result i32) i32.const 0)', "types"),
        ('(func (export "query") (param i32 i32))', "returns 0 values"),
    ],
)
def test_entry_points_have_a_type(func: str, error: str) -> None:
    kinds = (FunctionArityMismatch, RuntimeErr)
    with pytest.raises(kinds, match=error):
        instance(contract_code("", func)).call("query", b"", b"")


def test_migrate_without_the_third_argument_pays_for_both_attempts() -> None:
    found = instance(wat_to_wasm(ECHO))
    assert found.migrate(b"{}", b"{}", b"{}") == b"{}"
    twice = used(found)[0]
    once = instance(wat_to_wasm(ECHO))
    once.migrate(b"{}", b"{}")
    allocations = instance(wat_to_wasm(ECHO))
    for _ in range(3):
        allocations.allocate(2)
    written = 3 * (230_000 + 2 * 570)
    assert twice == used(once)[0] + used(allocations)[0] + written


@on_each_engine
def test_the_flag_of_exhaustion_is_depletion_and_not_a_trap(engine: str) -> None:
    code = contract_code("", f"{QUERY} (loop (br 0)) unreachable)")
    found = instance(code, engine=engine, gas_limit=2_000_000)
    with pytest.raises(GasDepletion):
        found.call("query", b"", b"")
    assert found.gas.left == 0
    assert found.report().used_internally == 2_000_000


@on_each_engine
def test_recursion_without_end_is_stopped_at_the_same_place(engine: str) -> None:
    code = contract_code(
        "", f"(func $again call $again) {QUERY} call $again i32.const 0)"
    )
    found = instance(code, engine=engine)
    with pytest.raises(RuntimeErr, match="call stack exhausted"):
        found.call("query", b"", b"")
    # Frames of 8 fill the height of 65,536 but for that of the entry point.
    assert used(found)[0] == 2 * (ALLOCATION + 230_000) + 8_191 * 1_610


@pytest.mark.parametrize(
    ("handler", "schedule", "cost"),
    [
        (None, "cosmwasm-3.0.9", 18_000 + 200_000 + 3 * 115),
        (None, "cosmwasm-1.5.10", 18_000),
        (lambda *_: None, "cosmwasm-1.5.10", 18_000 + 200_000 + 3 * 115),
        (None, "cosmwasm-1.5.9", 0),
    ],
)
def test_debug_reads_by_the_rule_of_the_release(
    handler: Any, schedule: str, cost: int
) -> None:
    code = contract_code(
        '(import "env" "debug" (func $debug (param i32)))',
        f"{KEY} {QUERY} i32.const 16 call $debug i32.const 128)",
    )
    name = "cosmwasm-1.5.8" if schedule == "cosmwasm-1.5.9" else schedule
    found = instance(code, schedule=name, debug_handler=handler)
    found.call("query", b"", b"")
    assert found.report().functions["debug"].internal == cost
