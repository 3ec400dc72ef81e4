"""The findings of a determinism report, each with its place and severity."""

from dataclasses import dataclass
from enum import Enum

# The names of imports and exports may be as long as the module.
MAX_NAME_LENGTH = 256


class Severity(Enum):
    """Whether engines can still differ; the values are what reports say."""

    OPEN = "open"
    CLOSED_BY_PROFILE = "closed by profile"
    CLOSED_BY_INSTRUMENTATION = "closed by instrumentation"
    INFORMATION = "information"


class FindingKind(Enum):
    """What a finding is about; docs/determinism.md has a section for each."""

    NAN_BITS = "nan-bits"
    NAN_SOURCE = "nan-source"
    PROPOSAL = "proposal"
    MEMORY_GROWTH = "memory-growth"
    TABLE_GROWTH = "table-growth"
    NO_MAXIMUM = "no-maximum"
    RECURSION = "recursion"
    STACK_HEIGHT = "stack-height"
    IMPORT = "import"
    START = "start"
    EXPORTED_GLOBAL = "exported-global"
    SHARED_TABLE = "shared-table"


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where something is; fields that are unknown or do not apply are None.

    `offset` is the byte of the instruction in the module, `source_line` the file and
    line that debug information has for it.
    """

    func_index: int | None = None
    func_name: str | None = None
    offset: int | None = None
    instruction: str | None = None
    source_line: tuple[str, int] | None = None

    @property
    def text(self) -> str:
        """`func 3 (area), f64.store at byte 81, area.c:12`; `module` without a func."""
        if self.func_index is None:
            return "module" if self.offset is None else f"byte {self.offset}"
        text = f"func {self.func_index}"
        if self.func_name:
            text += f" ({self.func_name})"
        if self.instruction:
            text += f", {self.instruction}"
        if self.offset is not None:
            text += f" at byte {self.offset}"
        if self.source_line is not None:
            text += ", {}:{}".format(*self.source_line)
        return text


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One thing that could differ between engines, or that a reader should know.

    `text` says what and why in a sentence, `advice` what to do about it. `cause` is
    where it comes from, if that is another place. `count` is more than one if it stands
    for several, too many to be listed.
    """

    kind: FindingKind
    severity: Severity
    place: CodePlace
    text: str
    advice: str
    cause: CodePlace | None = None
    count: int = 1


def shortened(name: str) -> str:
    """A module's name for a finding, cut if it is long."""
    if len(name) <= MAX_NAME_LENGTH:
        return name
    return name[: MAX_NAME_LENGTH - 3] + "..."
