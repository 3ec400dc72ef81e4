"""The check of a built module: what its host refuses, where, and what to do."""

from contract_testing.building.compilers import Language
from contract_testing.building.errors import BuildFailed
from contractvm.errors import InvalidModule
from contractvm.hosts.registry import find_host
from contractvm.ledger.debug_info import DebugInfo
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.profile import check_profile
from contractvm.wasm.validation.validator import validate_module

# What avoids a refusal, by a word of the reason and by language.
WAYS_OUT = {
    "sign": {"C": "-mcpu=mvp", "Zig": "-mcpu=mvp", "Rust": "-C target-cpu=mvp"},
    "bulk": {
        "C": "-mcpu=mvp",
        "Zig": "-mcpu=mvp",
        "Rust": "-C target-cpu=mvp",
        "AssemblyScript": "--disable bulk-memory",
    },
    "reference": {"Rust": "--target wasm32v1-none, or rustc before 1.82"},
    "multi": {"Rust": "--target wasm32v1-none, or rustc before 1.82"},
    "float": dict.fromkeys(
        ("C", "Zig", "Rust", "AssemblyScript", "WAT"), "integers instead of floats"
    ),
}


def check_build(module: bytes, debug: bytes, host: str, language: Language) -> None:
    """Raise BuildFailed unless the host accepts the module.

    `debug` is the same with debug information. Floats are refused also where a gas
    schedule would price them.
    """
    interface = find_host(host)
    try:
        decoded = decode_module(module)
        validate_module(decoded)
        check_profile(decoded, interface.profile)
        if interface.check_module is not None:
            interface.check_module(module)
    except InvalidModule as error:
        place = place_of(debug, decoded, error)
        raise BuildFailed(
            f"{host} refuses the module: {error.reason}{place}"
            f"{way_out(error.reason, language)}"
        ) from error


def place_of(debug: bytes, module: Module, error: InvalidModule) -> str:
    """` in inner_oob, counter.c:24`; empty where there is no func."""
    imported = module.func_count - len(module.funcs)
    if error.func_index is None or error.func_index < imported:
        return ""
    info = DebugInfo.of_code(debug)
    name = info.names.get(error.func_index, f"func {error.func_index}")
    start = module.funcs[error.func_index - imported].offset
    offset = (start if error.offset is None else error.offset) - module.code_offset
    line = None if info.lines is None else info.lines.line_at(offset)
    where = "" if line is None else f", {line[0]}:{line[1]}"
    return f" in {name}{where}"


def way_out(reason: str, language: Language) -> str:
    """`; needs -mcpu=mvp`, where a flag would do."""
    for word, ways in WAYS_OUT.items():
        if word in reason.lower() and language.name in ways:
            return f"; use {ways[language.name]}"
    return ""
