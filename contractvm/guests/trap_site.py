"""Where a guest trapped: its func, the byte in the module, the source line."""

from dataclasses import dataclass, field

from msgspec import Struct

from contractvm.ledger.source_lines import read_lines
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.name_section import func_names
from contractvm.wasm.engines.code_place import CodePlace


class Where(Struct, frozen=True):
    """The instruction that trapped, in the module as it was given.

    `offset` is its byte in the module. `file` and `line` are known where the module has
    debug information.
    """

    func_index: int
    func_name: str
    offset: int
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        line = "" if self.file is None else f", {self.file}:{self.line}"
        return f"func {self.func_index} ({self.func_name}) at byte {self.offset}{line}"


@dataclass(frozen=True, slots=True)
class TrapSite:
    """What is kept of a trap to find its place, if anybody asks.

    Sites do not differ, so that results of both engines are alike.
    """

    wasm: bytes = field(compare=False, repr=False)
    pipeline: Pipeline = field(compare=False, repr=False)
    place: CodePlace = field(compare=False, repr=False)

    def where(self) -> Where | None:
        """The instruction; None if none of the module's trapped.

        As slow as preparing the module.
        """
        found = self.pipeline.find_source(self.wasm, self.place)
        if found is None or self.place.func_index is None:
            return None
        func, position = found
        module = decode_module(self.wasm)
        offset = func.offset + position
        lines = read_lines(module).lines
        known = None if lines is None else lines.line_at(offset - module.code_offset)
        name = func_names(module)[self.place.func_index]
        return Where(self.place.func_index, name, offset, *(known or ()))
