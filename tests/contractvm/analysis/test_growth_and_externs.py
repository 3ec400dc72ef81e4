"""Growth, imports, start, exported globals, shared tables: what rules out each."""

import pytest

from contractvm.analysis.externs import find_externs
from contractvm.analysis.findings import CheckFinding, FindingKind, Severity
from contractvm.analysis.growth import find_growth
from contractvm.analysis.options import ANY, CheckOptions
from contractvm.analysis.places import ModulePlaces
from contractvm.hosts.ewasm.host_interface import PROFILE as EWASM
from contractvm.wasm.structure.module import ExternKind
from contractvm.wasm.validation.profile import Profile, SizeLimits
from tests.helpers.wat import wat_to_module

OPEN, REFUSED, INFORMATION = (
    Severity.OPEN,
    Severity.CLOSED_BY_PROFILE,
    Severity.INFORMATION,
)
SMALL = Profile("small", sizes=SizeLimits(max_memory_pages=65_535))
EWASM_FUNC = '(import "ethereum" "getCallDataSize" (func (result i32)))'


def growth(source: str, profile: Profile) -> list[CheckFinding]:
    module = wat_to_module(source)
    options = CheckOptions(profile, "canonical")
    return list(find_growth(module, ModulePlaces(module), options))


def externs(source: str, profile: Profile) -> list[CheckFinding]:
    module = wat_to_module(source)
    options = CheckOptions(profile, "canonical")
    return list(find_externs(module, ModulePlaces(module), options))


@pytest.mark.parametrize(
    ("memory", "profile", "severity", "limit"),
    [
        ("1", ANY, OPEN, "no limit but 4 GiB"),
        ("1 65536", ANY, OPEN, "no limit but 4 GiB"),
        ("1 65535", ANY, REFUSED, "65535 pages by its own maximum"),
        ("1 3", ANY, REFUSED, "3 pages by its own maximum"),
        ("1", SMALL, REFUSED, "65535 pages by profile small"),
        ("1", EWASM, REFUSED, "16384 pages by profile ewasm"),
        ("1 20", EWASM, REFUSED, "20 pages by its own maximum"),
    ],
)
def test_growth_of_a_memory_is_closed_by_a_limit(
    memory: str, profile: Profile, severity: Severity, limit: str
) -> None:
    source = f"(module (memory {memory}) (func nop (drop (memory.grow (i32.const 1)))))"
    found = growth(source, profile)[0]
    assert (found.kind, found.severity) == (FindingKind.MEMORY_GROWTH, severity)
    assert found.text.endswith(f"; {limit}")
    assert found.place.instruction == "memory.grow"


@pytest.mark.parametrize(
    ("table", "limit"), [("1 funcref", 1_000_000), ("1 7 funcref", 7)]
)
def test_growth_of_a_table_is_closed_by_a_limit(table: str, limit: int) -> None:
    source = (
        f"(module (table {table})"
        " (func (drop (table.grow (ref.null func) (i32.const 1)))))"
    )
    found = growth(source, EWASM)[0]
    assert (found.kind, found.severity) == (FindingKind.TABLE_GROWTH, REFUSED)
    assert found.text.endswith(f"; {limit} elements at most")


def test_each_instruction_that_grows_is_found() -> None:
    source = """(module (memory 1 2) (table 1 2 funcref) (func)
      (func (drop (memory.grow (i32.const 1)))
        (drop (table.grow (ref.null func) (i32.const 1)))
        (drop (memory.grow (i32.const 1)))))"""
    found = growth(source, EWASM)
    assert [entry.kind for entry in found] == [
        FindingKind.MEMORY_GROWTH,
        FindingKind.TABLE_GROWTH,
        FindingKind.MEMORY_GROWTH,
    ]
    assert {entry.place.func_index for entry in found} == {1}


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("(module (memory 1))", ["memory 0 declares no maximum"]),
        ("(module (memory 1 1))", []),
        (
            "(module (table 0 1 funcref) (table 0 funcref))",
            ["table 1 declares no maximum"],
        ),
        ("(module)", []),
    ],
)
def test_what_declares_no_maximum_is_told(source: str, texts: list[str]) -> None:
    found = growth(source, ANY)
    assert [entry.text for entry in found] == texts
    assert all(entry.severity is INFORMATION for entry in found)


@pytest.mark.parametrize(
    ("entry", "profile", "severity"),
    [
        (EWASM_FUNC, EWASM, INFORMATION),
        (EWASM_FUNC, ANY, OPEN),
        ('(import "ethereum" "getCallDataSize" (func))', EWASM, REFUSED),
        ('(import "ethereum" "random" (func (result i32)))', EWASM, REFUSED),
        ('(import "wasi" "getCallDataSize" (func (result i32)))', EWASM, REFUSED),
        ('(import "env" "memory" (memory 1))', EWASM, REFUSED),
        ('(import "env" "memory" (memory 1))', ANY, OPEN),
        ('(import "env" "g" (global i32))', ANY, OPEN),
        ('(import "ethereum" "getCallDataSize" (global i32))', EWASM, REFUSED),
    ],
)
def test_an_import_is_as_deterministic_as_its_host_interface(
    entry: str, profile: Profile, severity: Severity
) -> None:
    (found,) = externs(f"(module {entry})", profile)
    assert (found.kind, found.severity) == (FindingKind.IMPORT, severity)


def test_imported_funcs_are_placed_by_index() -> None:
    source = """(module (import "env" "g" (global i32))
      (import "env" "a" (func)) (import "env" "b" (func)))"""
    found = externs(source, ANY)
    assert [entry.place.func_index for entry in found] == [None, 0, 1]
    assert [entry.place.func_name for entry in found] == [None, "a", "b"]


@pytest.mark.parametrize(
    ("profile", "severity"), [(EWASM, REFUSED), (ANY, INFORMATION)]
)
def test_a_start_func_is_told(profile: Profile, severity: Severity) -> None:
    (found,) = externs("(module (func nop) (func $go) (start $go))", profile)
    assert (found.kind, found.severity) == (FindingKind.START, severity)
    assert found.place.text == "func 1 (go)"


SETTER = Profile("setter", exports={"gas": ExternKind.GLOBAL})


@pytest.mark.parametrize(
    ("declaration", "profile", "severities"),
    [
        ('(global (export "gas") (mut i64) (i64.const 0))', ANY, [INFORMATION]),
        ('(global (export "gas") (mut i64) (i64.const 0))', EWASM, [REFUSED]),
        ('(global (export "gas") (mut i64) (i64.const 0))', SETTER, [INFORMATION]),
        ('(global (export "gas") i64 (i64.const 0))', ANY, []),
        ("(global (mut i64) (i64.const 0))", ANY, []),
    ],
)
def test_exported_globals_that_can_change_are_told(
    declaration: str, profile: Profile, severities: list[Severity]
) -> None:
    found = externs(f"(module {declaration})", profile)
    assert [entry.severity for entry in found] == severities
    assert all(entry.kind is FindingKind.EXPORTED_GLOBAL for entry in found)


TABLE_PROFILE = Profile("tables", imports={}, exports={"t": ExternKind.TABLE})


@pytest.mark.parametrize(
    ("table", "profile", "severities"),
    [
        ("(table 1 funcref)", ANY, []),
        ('(table (export "t") 1 funcref)', ANY, [OPEN]),
        ('(table (export "t") 1 funcref)', EWASM, [REFUSED]),
        ('(table (export "t") 1 funcref)', TABLE_PROFILE, [OPEN]),
        ('(table (import "e" "t") 1 funcref)', ANY, [OPEN]),
        ('(table (import "e" "t") 1 funcref)', EWASM, [REFUSED]),
        ('(table 1 funcref) (table (export "t") 1 funcref)', ANY, []),
    ],
)
def test_calls_through_tables_that_others_can_change(
    table: str, profile: Profile, severities: list[Severity]
) -> None:
    source = f"(module {table} (func (call_indirect (i32.const 0))))"
    found = [
        entry
        for entry in externs(source, profile)
        if entry.kind is not FindingKind.IMPORT
    ]
    assert [entry.severity for entry in found] == severities
    assert all(entry.kind is FindingKind.SHARED_TABLE for entry in found)
    assert all(entry.place.instruction == "call_indirect" for entry in found)
