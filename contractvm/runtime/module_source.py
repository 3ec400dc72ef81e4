"""Modules from what people have: bytes, text, a .wasm or .wat file, or an artefact."""

import json
import os
import re
from pathlib import Path
from typing import TypeGuard

from contractvm.errors import ContractVmError
from contractvm.nesting import check_json_nesting
from gas_schedule.arguments import as_path, wrong_type
from gas_schedule.bounded_files import read_bounded

# A large program with its debug information fits. Each byte of a hostile module may
# take 80 bytes of memory and 5 microseconds, of a hostile text more of both.
MAX_MODULE_BYTES = 64 * 1024 * 1024
MAX_TEXT_BYTES = 16 * 1024 * 1024
# What `contractvm build` writes: the code in hexadecimal, and where it comes from.
ARTEFACT_SUFFIX = ".contractvm.json"
TEXT_PLACE = re.compile(r"-->.*:(\d+):(\d+)")
# Text of a module begins with a bracket or a comment; no path that anyone uses does.
TEXT_STARTS = ("(", ";;")

ModuleSource = bytes | bytearray | memoryview | str | os.PathLike[str]


class MalformedText(ContractVmError):
    """Text with a module that cannot be read; `place` is `FILE:LINE:COLUMN`."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


def module_bytes(given: ModuleSource, name: str = "code") -> bytes:
    """The bytes of a module: given as they are, as text, or as a file's path.

    The file may be an artefact of `contractvm build`.

    Raises MalformedText, OSError, and TypeError for anything else.
    """
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given)
    if not isinstance(given, str | os.PathLike):
        wanted = "a module (its bytes, the path of a .wasm or .wat file, or .wat text)"
        raise wrong_type(name, wanted, given)
    if is_module_text(given):
        return assemble(name, given.encode(errors="surrogatepass"))
    path = as_path(given, name)
    return code_of_file(path, read_bounded(path, max_bytes(path)))


def is_module_text(given: ModuleSource) -> TypeGuard[str]:
    """Whether this is the text of a module itself, and no path."""
    return isinstance(given, str) and given.lstrip().startswith(TEXT_STARTS)


def code_of_file(path: Path, content: bytes) -> bytes:
    """The bytes of a module in a file with this content; raises MalformedText."""
    if is_text(path):
        return assemble(str(path), content)
    if path.name.endswith(ARTEFACT_SUFFIX):
        return artefact_code(str(path), content)
    return content


def artefact_code(name: str, content: bytes) -> bytes:
    """The code in an artefact; raises MalformedText."""
    try:
        check_json_nesting(content)
        document = json.loads(content)
    except ValueError as error:
        raise MalformedText(name, str(error)) from error
    code = document.get("code") if isinstance(document, dict) else None
    try:
        return bytes.fromhex(code.removeprefix("0x"))  # type: ignore[union-attr]
    except (AttributeError, ValueError) as error:
        raise MalformedText(name, "no code in hexadecimal under `code`") from error


def is_text(path: Path) -> bool:
    """Whether a file holds a module's text, by its name."""
    return path.suffix == ".wat"


def max_bytes(path: Path) -> int:
    """The most bytes that a module's file may have."""
    return MAX_TEXT_BYTES if is_text(path) else MAX_MODULE_BYTES


def assemble(name: str, source: bytes) -> bytes:
    """The bytes of a module in text format; an error has `name`, line and column."""
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise MalformedText(f"{name}:{line}", "not UTF-8 text") from error
    import wasmtime  # noqa: PLC0415 (takes 50 ms, and few callers need it)

    try:
        return bytes(wasmtime.wat2wasm(text))
    except wasmtime.WasmtimeError as error:
        reason, _, rest = str(error).partition("\n")
        found = TEXT_PLACE.search(rest)
        place = f"{name}:{found[1]}:{found[2]}" if found else name
        raise MalformedText(place, reason) from error
