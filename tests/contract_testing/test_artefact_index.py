"""The index of debug builds: what is found by a contract's code, and what is not."""

import json
from pathlib import Path

import pytest

from contract_testing.artefact_index import (
    INDEX,
    add_builds,
    code_hash,
    indexed_info,
    read_index,
)
from contract_testing.building.builds import build_contract, write_files
from contract_testing.building.project import Project
from contractvm.runtime.module_source import module_bytes
from tests.helpers.building import require_zig, write_contract

TEXT = '(module (func $inner (export "main") {} unreachable))'
ABI = '[{"type": "function", "name": "f", "inputs": [], "outputs": []}]'
C = """#include "c_abi.h"
static uint64_t twice(uint64_t number) { return 2 * number; }
void f(void) { storage_store_uint64(&(const Word){0}, twice(msg_sender().bytes[0])); }
"""


def named(text: str) -> bytes:
    return module_bytes(TEXT.format(text))


def nameless(module: bytes) -> bytes:
    """The module without its last section, the names."""
    return module[: module.rindex(b"\x04name") - 2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one debug build."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "c.debug.wasm").write_bytes(named(""))
    add_builds(tmp_path, {code_hash(named("")): "build/c.debug.wasm"})
    return tmp_path


def test_a_debug_build_is_found_by_the_code_section(root: Path) -> None:
    code = nameless(named(""))
    assert code_hash(code) == code_hash(named(""))
    assert indexed_info(root, code).names == {0: "inner"}
    other = nameless(named("(nop)"))
    assert indexed_info(root, other).names == {0: "main"}


def test_a_build_that_is_another_one_now_is_not_used(root: Path) -> None:
    (root / "build" / "c.debug.wasm").write_bytes(named("(nop)"))
    assert indexed_info(root, nameless(named(""))).names == {0: "main"}
    add_builds(root, {code_hash(named("(nop)")): "build/c.debug.wasm"})
    assert read_index(root) == {code_hash(named("(nop)")): "build/c.debug.wasm"}


def test_a_build_that_is_gone_leaves_the_index_at_the_next_one(root: Path) -> None:
    (root / "build" / "c.debug.wasm").unlink()
    assert indexed_info(root, nameless(named(""))).names == {0: "main"}
    (root / "d").write_bytes(b"")
    add_builds(root, {"00": "d"})
    assert read_index(root) == {"00": "d"}


def test_a_path_outside_of_the_project_is_not_read(root: Path) -> None:
    inside = root / "inside"
    inside.mkdir()
    add_builds(inside, {code_hash(named("")): "../build/c.debug.wasm"})
    assert indexed_info(inside, nameless(named(""))).names == {0: "main"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"format": "contractvm-artifacts", "version": 2, "builds": {"a": "b"}}',
        b'{"format": "contractvm-artifacts", "version": 1, "builds": ["a"]}',
        b'{"format": "contractvm-artifacts", "version": 1, "builds": {"a": 1}}',
    ],
)
def test_an_index_that_is_none_is_as_no_index(root: Path, content: bytes) -> None:
    (root / INDEX).write_bytes(content)
    assert read_index(root) == {}
    assert indexed_info(root, nameless(named(""))).names == {0: "main"}
    add_builds(root, {"00": "build/c.debug.wasm"})
    assert read_index(root) == {"00": "build/c.debug.wasm"}


def test_both_modes_build_the_same_contract_and_are_in_the_index(
    tmp_path: Path,
) -> None:
    require_zig()
    write_contract(tmp_path, C, ABI)
    sizes, modes = [], []
    for is_debug in (False, True, False):
        project = Project(tmp_path, is_debug=is_debug)
        (source,) = project.sources()
        made = build_contract(project, source)
        assert made.is_new
        write_files(project, made)
        sizes.append(len(made.module))
        artefact = json.loads((project.output / "c.contractvm.json").read_bytes())
        modes.append(artefact["mode"])
        names = indexed_info(tmp_path, made.module).names.values()
        assert ("twice" in names) is is_debug
        assert not build_contract(project, source).is_new
    assert modes == ["release", "debug", "release"]
    assert sizes[0] == sizes[2] < sizes[1]
