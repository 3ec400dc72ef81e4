"""Where a guest was when it stopped, kept until somebody asks."""

from dataclasses import dataclass, field

from contractvm.ledger.debug_info import DebugInfo
from contractvm.ledger.where import Where, describe_stop
from contractvm.runtime.original_stack import original_stack
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.code_stack import StoppedAt


@dataclass(frozen=True, slots=True)
class TrapSite:
    """What is kept of a stop to find its place.

    Sites do not differ, so that results of both engines are alike.
    """

    wasm: bytes = field(compare=False, repr=False)
    pipeline: Pipeline = field(compare=False, repr=False)
    stopped: StoppedAt = field(compare=False, repr=False)

    def where(self, reason: str) -> Where:
        """The funcs in progress. As slow as preparing the module twice."""
        located = original_stack(self.pipeline, self.wasm, self.stopped)
        return describe_stop(located, self.wasm, DebugInfo.of_code(self.wasm), reason)
