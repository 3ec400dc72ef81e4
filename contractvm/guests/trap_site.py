"""Where a guest trapped: its func, the byte in the module, the source line."""

from dataclasses import dataclass, field

from msgspec import Struct

from contractvm.ledger.debug_info import DebugInfo
from contractvm.ledger.where import describe_stop
from contractvm.runtime.original_stack import original_stack
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.code_stack import StoppedAt


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
    stopped: StoppedAt = field(compare=False, repr=False)

    def where(self) -> Where | None:
        """The instruction; None if none of the module's trapped.

        As slow as preparing the module.
        """
        module, stack = original_stack(self.pipeline, self.wasm, self.stopped)
        info = DebugInfo.of_code(self.wasm)
        found = describe_stop((module, stack), self.wasm, info, "").frames
        if not found:
            return None
        first = found[0]
        offset = module.code_offset + first.offset
        return Where(first.func_index, first.func_name, offset, first.file, first.line)
