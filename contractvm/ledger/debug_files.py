"""Debug builds from files: modules with the lines that are in them or beside them."""

import os
from base64 import b64decode
from binascii import Error as InvalidBase64
from contextlib import suppress
from pathlib import Path

from contractvm.errors import MalformedModule
from contractvm.ledger.dwarf.sections import LINE
from contractvm.ledger.source_lines import SOURCE_MAP
from contractvm.ledger.source_map import (
    MAX_MAP_BYTES,
    MalformedSourceMap,
    with_map_lines,
)
from contractvm.ledger.wat_lines import with_text_lines
from contractvm.runtime.module_source import code_of_file, is_text, max_bytes
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.reader import ByteReader
from contractvm.wasm.structure.module import Module
from gas_schedule.bounded_files import read_bounded

DATA = "data:application/json;base64,"


def read_debug_build(path: Path) -> bytes:
    """The module of a file, with source lines where there are any.

    Text has its own lines. A module without DWARF may name a source map, which is in
    the file itself or beside it, or have one beside it: NAME.wasm.map. Raises OSError,
    MalformedText, and MalformedSourceMap for a map that cannot be used; what is no
    module is returned as it is.
    """
    content = read_bounded(path, max_bytes(path))
    code = code_of_file(path, content)
    if is_text(path):
        return with_text_lines(code, content, shown_path(path))
    try:
        module = decode_module(code)
    except MalformedModule:
        return code
    if any(section.name == LINE for section in module.custom_sections):
        return code
    name, found = source_map(path, module)
    return code if found is None else with_map_lines(code, module, found, name)


def source_map(path: Path, module: Module) -> tuple[str, bytes | None]:
    """A name for the map of a module, and its content; None if there is none.

    Of a URL the last part is taken: a file elsewhere is not read.
    """
    url = map_url(module)
    if url.startswith(DATA):
        name = f"{path}: {SOURCE_MAP}"
        try:
            return name, b64decode(url.removeprefix(DATA), validate=True)
        except InvalidBase64 as error:
            raise MalformedSourceMap(name, str(error)) from error
    named = url.rpartition("/")[2].rpartition("\\")[2]
    for beside in (named, f"{path.name}.map"):
        # What is no name, or too long for one, is no help.
        with suppress(ValueError, OSError):
            file = path.with_name(beside)
            if file.is_file():
                return str(file), read_bounded(file, MAX_MAP_BYTES + 1)
    return "", None


def map_url(module: Module) -> str:
    """Where a module says that its map is; empty if it does not."""
    for section in module.custom_sections:
        if section.name == SOURCE_MAP:
            with suppress(MalformedModule):
                return ByteReader(section.payload).read_name()
    return ""


def shown_path(path: Path) -> str:
    """The path from the working directory, if it is below; else the file's name."""
    relative = os.path.relpath(path.resolve(), Path.cwd())
    return path.name if relative.startswith(os.pardir) else Path(relative).as_posix()
