"""Published verdicts on whole modules: which are accepted, and why not the others."""

import csv
from collections.abc import Iterator
from dataclasses import replace

import pytest

from contractvm.errors import InvalidModule
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import check_program
from contractvm.hosts.stylus.parameters import parameters_of
from tests.helpers.vectors import vectors_folder, vectors_path

# What each refusal says: the rule and the operator; the func; the byte.
REASONS = {
    "console-import": ("import console.log_i32: no such host function", None, None),
    "data-out-of-bounds": ("data segment 0: 65535 to 65537, beyond 65536", None, None),
    "entry-type": (
        "export user_entrypoint: func type [i32] -> [i32] required, [] -> [i32] found",
        0,
        None,
    ),
    "export-named-as-import": (
        "export x__read_args: has the name of an imported func",
        None,
        None,
    ),
    "float-add": ("floating point arithmetic not allowed: f32.add", 0, 71),
    "growable-without-pay": (
        "memory can grow without the import vm_hooks.pay_for_memory_grow",
        None,
        None,
    ),
    "import-two-types": (
        "import vm_hooks.read_args: func type [i32] -> [] required, [i64] -> [] found",
        None,
        None,
    ),
    "locals-349": ("349 locals, 348 allowed", 0, None),
    "memory-129": ("129 initial pages of memory, 128 allowed", None, None),
    "memory-import": ("import env.memory: a memory, not a func", None, None),
    "memory-init": (
        "bulk memory beyond copy and fill not allowed: memory.init",
        0,
        70,
    ),
    "memory-not-exported": ("export memory: missing, memory required", None, None),
    "multi-value": ("multi-value not allowed: type 0 with 2 results", None, None),
    "no-entry": (
        "export user_entrypoint: missing, func type [i32] -> [i32] required",
        None,
        None,
    ),
    "no-memory": ("0 memories, 1 required", None, None),
    "ops-65537": ("65537 operators after instrumentation, 65536 allowed", 0, None),
    "reserved-export": ("export stylus_anything: begins with stylus", None, None),
    "start": ("start function not allowed", 0, None),
    "table-4097": ("4097 table elements, 4096 allowed", None, None),
    "typed-select": ("reference-types not allowed: select t", 0, 67),
    "unknown-import": (
        "import vm_hooks.storage_store_bytes32: no such host function",
        None,
        None,
    ),
    "wrong-import-type": (
        "import vm_hooks.read_args: func type [i32] -> [] required, [i64] -> [] found",
        None,
        None,
    ),
}


def verdicts() -> Iterator[tuple[str, str]]:
    path = vectors_path("stylus") / "own" / "verdicts.csv"
    if path.exists():
        with path.open() as lines:
            for row in csv.DictReader(lines):
                yield row["module"], row["verdict"]


def wasm_of(name: str) -> bytes:
    return (vectors_folder("stylus") / "own" / f"{name}.wasm").read_bytes()


@pytest.mark.parametrize(("name", "verdict"), list(verdicts()))
def test_each_published_verdict_holds(name: str, verdict: str) -> None:
    wasm = wasm_of(name)
    if verdict == "accept":
        check_program(wasm, TYPES, parameters_of(61))
        return
    with pytest.raises(InvalidModule) as caught:
        check_program(wasm, TYPES, parameters_of(61))
    found = caught.value
    expected = REASONS[name.removeprefix("reject/")]
    assert (found.reason, found.func_index, found.offset) == expected


def test_several_results_are_accepted_until_the_third_version() -> None:
    wasm = wasm_of("reject/multi-value")
    for arbos in (30, 31, 58):
        check_program(wasm, TYPES, parameters_of(arbos))
    with pytest.raises(InvalidModule):
        check_program(wasm, TYPES, parameters_of(59))


def test_a_debug_chain_accepts_its_own_imports_and_a_start_func() -> None:
    debug = replace(parameters_of(61), is_debug=True)
    for name in ("console-import", "start"):
        check_program(wasm_of(f"reject/{name}"), TYPES, debug)


@pytest.mark.parametrize(("pages_open", "is_refused"), [(0, False), (1, True)])
def test_the_pages_of_the_transaction_count(pages_open: int, is_refused: bool) -> None:
    wasm = wasm_of("accept/memory-128")
    if is_refused:
        with pytest.raises(InvalidModule) as caught:
            check_program(wasm, TYPES, parameters_of(61), pages_open)
        assert caught.value.reason == "128 initial pages of memory, 127 allowed"
    else:
        check_program(wasm, TYPES, parameters_of(61), pages_open)
