"""What a chain takes: every static rule at both sides of its edge."""

import pytest

from contractvm.hosts.cosmwasm.errors import VmError
from contractvm.hosts.cosmwasm.module_rules import (
    ContractLimits,
    available_capabilities,
    check_contract,
)
from contractvm.hosts.cosmwasm.releases import find_release
from tests.helpers.wat import wat_to_wasm

NEWEST = find_release("cosmwasm-3.0.9")
MARKER = '(func (export "interface_version_8"))'
EXPORTS = """
  (func (export "allocate") (param i32) (result i32) i32.const 0)
  (func (export "deallocate") (param i32))"""
MEMORY = '(memory (export "memory") 1)'
BASE = f"{MEMORY} {MARKER} {EXPORTS}"
PARAMS, MORE_PARAMS = "i32 " * 100, "i32 " * 101


def verdict(source: str, release: str = "cosmwasm-3.0.9", **options: object) -> str:
    found = find_release(release)
    try:
        check_contract(wat_to_wasm(f"(module {source})"), found, **options)  # type: ignore[arg-type]
    except VmError as error:
        return f"{error.kind}: {error.detail}"
    return "ok"


@pytest.mark.parametrize(
    "source",
    [
        BASE,
        f"{BASE} (table 1 2500 funcref)",
        f'(memory (export "memory") 512) {MARKER} {EXPORTS}',
        f'{BASE} (global (export "interface_version_7") i32 (i32.const 0))',
        f'{BASE} (func (export "requires_"))',
        f'{BASE} (func (export "requires_iterator"))',
        f"{BASE} (type (func (param {PARAMS})))",
        f"{BASE} (func (param {PARAMS}) (local {PARAMS}))",
        f"{BASE} (func (drop (i32.extend8_s (i32.const 1))))",
        f"{BASE} (func (drop (i32.trunc_sat_f32_s (f32.const 1))))",
        f"{BASE} (func i32.const 1 (block (param i32) drop))",
        f'(import "env" "db_read" (func (param i64))) {BASE}',
    ],
)
def test_a_module_at_the_edge_is_taken(source: str) -> None:
    assert verdict(source) == "ok"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f"{BASE} (table 1 funcref)", "unbound table section"),
        (f"{BASE} (table 1 2501 funcref)", "too large max limit"),
        (f"{BASE} (table 1 1 funcref) (table 1 1 funcref)", "more than 1 table"),
        (f'(memory (export "memory") 513) {MARKER} {EXPORTS}', "exceed 512 pages"),
        (f'(memory (export "memory") 1 2) {MARKER} {EXPORTS}', "must be unset"),
        (f"{MARKER} {EXPORTS}", "exactly one memory"),
        (f"{MEMORY} {EXPORTS}", "missing a required marker export"),
        (f'{BASE} (func (export "interface_version_7"))', "more than one marker"),
        (f'{MEMORY} {EXPORTS} (func (export "interface_version_7"))', "unknown interf"),
        (f'{MEMORY} {MARKER} (func (export "allocate"))', 'export: "deallocate"'),
        (f'{BASE} (func (export "requires_x"))', "capabilities: {x}"),
        (f'{BASE} (func (export "requires_Iterator"))', "capabilities: {Iterator}"),
        (f'(import "env" "db_reed" (func)) {BASE}', '"env.db_reed"'),
        (f'(import "x" "db_read" (func)) {BASE}', '"x.db_read"'),
        (f'(import "env" "db_read" (global i32)) {BASE}', "non-function import"),
        (f"{BASE} (type (func (param {MORE_PARAMS})))", "100 parameters"),
        (f"{BASE} (type (func (result i32 i32)))", "1 results"),
        (f"{BASE} (func (local {MORE_PARAMS}))", "100 locals in a function: 101"),
        (
            f"{BASE} (global i32 (i32.add (i32.const 1) (i32.const 1)))",
            "extended-const",
        ),
        (f"{BASE} (func i32.const 1 i32.const 1 i32.const 1 memory.fill)", "bulk-mem"),
    ],
)
def test_a_module_beyond_the_edge_is_refused(source: str, reason: str) -> None:
    found = verdict(source)
    assert found.startswith("StaticValidationErr")
    assert reason in found


@pytest.mark.parametrize(("count", "taken"), [(100, True), (101, False)])
def test_imports_are_counted(count: int, taken: bool) -> None:
    imports = '(import "env" "abort" (func (param i32)))' * count
    assert (verdict(f"{imports} {BASE}") == "ok") == taken


@pytest.mark.parametrize(
    ("shape", "count", "taken"),
    [
        (f"(func (local {PARAMS}))", 100, True),
        (f"(func (local {PARAMS}))", 101, False),
        (f"(func (param {PARAMS}))", 99, True),
        (f"(func (param {PARAMS}))", 100, False),
    ],
)
def test_sums_over_funcs_are_limited(shape: str, count: int, taken: bool) -> None:
    """`allocate` and `deallocate` have a parameter each."""
    assert (verdict(f"{BASE} {shape * count}") == "ok") == taken


@pytest.mark.parametrize(
    ("release", "taken"),
    [
        ("cosmwasm-3.0.8", True),
        ("cosmwasm-3.0.9", False),
        ("cosmwasm-2.2.8", True),
        ("cosmwasm-2.2.9", False),
        ("cosmwasm-2.3.3", True),
        ("cosmwasm-2.3.4", False),
        ("cosmwasm-1.5.11", True),
    ],
)
def test_locals_are_limited_by_late_releases(release: str, taken: bool) -> None:
    found = verdict(f"{BASE} (func (local {MORE_PARAMS}))", release)
    assert (found == "ok") == taken


@pytest.mark.parametrize(
    ("body", "release", "kind"),
    [
        ("(drop (ref.null func))", "cosmwasm-3.0.9", "CompileErr"),
        ("(drop (ref.null func))", "cosmwasm-2.3.4", "StaticValidationErr"),
    ],
)
def test_operators_on_references_are_refused_by_another_stage_since_3_0(
    body: str, release: str, kind: str
) -> None:
    assert verdict(f"{BASE} (func {body})", release).startswith(kind)


def test_bodies_are_validated_after_all_other_rules() -> None:
    code = bytearray(wat_to_wasm(f"(module {BASE} (table 1 funcref) (func drop))"))
    with pytest.raises(VmError, match="unbound table"):
        check_contract(bytes(code), NEWEST)


def test_the_first_release_requires_instantiate() -> None:
    assert verdict(BASE, "cosmwasm-1.1.0") == "ok"
    assert 'export: "instantiate"' in verdict(BASE, "cosmwasm-1.0.1")


@pytest.mark.parametrize(
    ("payload", "version"),
    [(b"7", 7), (b"18446744073709551615", 2**64 - 1)],
)
def test_the_version_for_migration_is_a_number(payload: bytes, version: int) -> None:
    assert analysis_with(payload) == version


@pytest.mark.parametrize(
    "payload", [b"", b"x", b"-1", b"18446744073709551616", b"\xff"]
)
def test_another_version_for_migration_is_refused(payload: bytes) -> None:
    with pytest.raises(VmError, match="cw_migrate_version"):
        analysis_with(payload)


def analysis_with(payload: bytes) -> int | None:
    name = b"cw_migrate_version"
    content = bytes([len(name)]) + name + payload
    section = b"\0" + bytes([len(content)]) + content
    code = wat_to_wasm(f"(module {BASE})") + section
    return check_contract(code, NEWEST).migrate_version


def test_limits_are_the_chains_to_set() -> None:
    source = f"{BASE} (table 1 10 funcref)"
    assert verdict(source, limits=ContractLimits(table_elements=10)) == "ok"
    assert "too large" in verdict(source, limits=ContractLimits(table_elements=9))


@pytest.mark.parametrize(
    ("release", "newest"),
    [
        ("wasmd-0.28.0", set()),
        ("wasmd-0.33.0", {"cosmwasm_1_1", "cosmwasm_1_2"}),
        ("wasmd-0.41.0", {"cosmwasm_1_1", "cosmwasm_1_2", "cosmwasm_1_3"}),
    ],
)
def test_capabilities_follow_the_release(release: str, newest: set[str]) -> None:
    base = {"iterator", "staking", "stargate"}
    assert available_capabilities(find_release(release)) == base | newest


def test_the_newest_chain_lacks_what_only_the_machine_has() -> None:
    chain = available_capabilities(find_release("wasmd-0.70.3"))
    assert available_capabilities(NEWEST) - chain == {"cosmwasm_3_0"}
    assert "ibc2" in chain
