"""Names of funcs from the custom section `name` (spec 7.4.1), only for display.

Nothing depends on them, so a garbage section is no error: names are used as far as they
can be read.
"""

from contextlib import suppress

from contractvm.errors import MalformedModule
from contractvm.wasm.binary.reader import ByteReader
from contractvm.wasm.structure.module import ExternKind, Module

SECTION_NAME = "name"
FUNC_NAMES = 1  # the id of the subsection that has them
MAX_NAME_LENGTH = 256


def func_names(module: Module) -> dict[int, str]:
    """A name for every func by index: its own, else its export's, else `func[7]`.

    An imported func has the name that it is imported by. A name that cannot be shown
    on one line, or has the `;` that separates names in a stack, counts as none.
    """
    names = {index: f"func[{index}]" for index in range(module.func_count)}
    for index, entry in enumerate(module.imports_of(ExternKind.FUNC)):
        _give(names, index, entry.name)
    for export in reversed(module.exports):
        if export.kind is ExternKind.FUNC:
            _give(names, export.index, export.name)
    for section in reversed(module.custom_sections):
        if section.name == SECTION_NAME:
            for index, name in read_func_names(section.payload).items():
                _give(names, index, name)
    return names


def _give(names: dict[int, str], index: int, name: str) -> None:
    if index in names and name.isprintable() and name.strip() and ";" not in name:
        names[index] = name[:MAX_NAME_LENGTH]


def read_func_names(payload: bytes) -> dict[int, str]:
    """The func names in a name section's content, as far as it can be read."""
    names: dict[int, str] = {}
    reader = ByteReader(payload)
    with suppress(MalformedModule):
        while reader.position < reader.size:
            subsection, length = reader.read_byte(), reader.read_length()
            end = reader.position + length
            if subsection == FUNC_NAMES:
                # On its own bytes: read past its end, many would be read many times.
                read_subsection(payload[reader.position : end], names)
            reader.position = end
    return names


def read_subsection(content: bytes, names: dict[int, str]) -> None:
    """Add the func names of one subsection; raises MalformedModule after the last."""
    reader = ByteReader(content)
    for _ in range(reader.read_length()):
        index = reader.read_u32()
        names[index] = reader.read_name()
