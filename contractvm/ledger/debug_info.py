"""What is known of a module's source: names of its funcs, lines of its instructions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contractvm.ledger.dwarf.inlining import Inlining, read_inlining
from contractvm.ledger.dwarf.sections import INLINING_NAMES
from contractvm.ledger.rust_names import readable_name
from contractvm.ledger.source_lines import SourceLines, debug_sections, read_lines
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.name_section import func_names

CODE_SECTION = 10
HEADER_BYTES = 8


@dataclass(frozen=True, slots=True)
class DebugInfo:
    """Names of all funcs by index; source lines, None where there are none.

    `fault` says what of the lines could not be read, None if all was. `sections` are
    those of the inlined calls, which few need.
    """

    names: Mapping[int, str]
    lines: SourceLines | None = None
    fault: str | None = None
    sections: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of_code(cls, code: bytes) -> "DebugInfo":
        """What a module says of itself; MalformedModule if it is none."""
        module = decode_module(code)
        found = read_lines(module)
        names = {
            index: readable_name(name) for index, name in func_names(module).items()
        }
        sections = debug_sections(module, INLINING_NAMES)
        return cls(names, found.lines, found.fault, sections)

    def inlining(self) -> Inlining:
        """The inlined calls, read anew; empty where there are none."""
        return read_inlining(self.sections)


# What is known of the code of a contract.
FindDebugInfo = Callable[[bytes], DebugInfo]


class DebugBuild:
    """Another build of a module: the same code section, with debug information."""

    def __init__(self, build: bytes) -> None:
        """Raises MalformedModule where `build` is no module."""
        self.info = DebugInfo.of_code(build)
        self.content = build
        self.section = code_section(build)
        self.is_used = False

    def find(self, code: bytes) -> DebugInfo:
        """What is known of `code`: by this build if it has the same code section."""
        if code_section(code) != self.section:
            return DebugInfo.of_code(code)
        self.is_used = True
        return self.info


def code_section(module: bytes) -> bytes:
    """The content of the code section of a module; empty if it has none."""
    position = HEADER_BYTES
    while position < len(module):
        section = module[position]
        size, start = leb128(module, position + 1)
        if section == CODE_SECTION:
            return module[start : start + size]
        position = start + size
    return b""


def leb128(data: bytes, position: int) -> tuple[int, int]:
    """An unsigned number, and the position after it; `data` is a decoded module."""
    number = shift = 0
    while True:
        byte = data[position]
        number |= (byte & 0x7F) << shift
        position += 1
        shift += 7
        if byte < 0x80:
            return number, position
