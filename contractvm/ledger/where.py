"""Where code failed: the funcs in progress, each with its offset and source line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from contractvm.ledger.debug_info import DebugInfo
from contractvm.ledger.dwarf.inlining import Inlining
from contractvm.wasm.engines.code_stack import CodeStack
from contractvm.wasm.structure.module import Module

# Of a deep stack these are kept.
MAX_INNERMOST, MAX_OUTERMOST = 48, 16
# Funcs that call each other in a circle are told up to so many of them.
MAX_CYCLE = 8
FEWEST_TURNS = 3


@dataclass(frozen=True, slots=True)
class WhereFrame:
    """A func in progress, at the instruction that stopped or at a call.

    `offset` counts from the content of the code section of the module that is
    deployed. `file` and `line` are None where they are not known. `is_inlined` is of a
    func whose code is within that of the next frame, which has the same func index.
    """

    func_index: int
    func_name: str
    offset: int
    file: str | None = None
    line: int | None = None
    is_inlined: bool = False

    @property
    def place(self) -> str:
        """`counter.c:24`; the offset where the line is not known."""
        if self.file is None:
            return f"code {self.offset:#x}"
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Omission:
    """Frames that were left out, after the first `after` of those kept.

    `cycle` are the indices of funcs that called each other in a circle in
    `cycle_count` of them; empty if there is no such circle.
    """

    after: int
    count: int
    cycle: tuple[int, ...] = ()
    cycle_count: int = 0

    def __str__(self) -> str:
        told = f"{self.count:,} more"
        if not self.cycle:
            return told
        funcs = ", ".join(map(str, self.cycle))
        return f"{told}, of them {self.cycle_count:,} a cycle of func {funcs}"


@dataclass(frozen=True, slots=True)
class Where:
    """Where code failed, the innermost func first.

    `reason` says what happened there; `address` is the account of the contract, None
    without a chain; `module_hash` is the SHA-256 of its module. With `is_cut` the
    engine keeps no more frames. Nothing of this is ever hashed.
    """

    frames: tuple[WhereFrame, ...]
    reason: str
    module_hash: bytes
    address: bytes | None = None
    omission: Omission | None = None
    is_cut: bool = False

    @property
    def summary(self) -> str:
        """`counter.c:24 in inner_oob`; empty where no frame is known."""
        if not self.frames:
            return ""
        return f"{self.frames[0].place} in {self.frames[0].func_name}"


def describe_stop(
    located: tuple[Module, CodeStack],
    code: bytes,
    info: DebugInfo,
    reason: str,
    address: bytes | None = None,
) -> Where:
    """The place that `original_stack` found, with names and lines."""
    module, stack = located
    imported = module.func_count - len(module.funcs)
    positions = stack.positions
    omission = None
    if len(positions) > MAX_INNERMOST + MAX_OUTERMOST:
        left_out = positions[MAX_INNERMOST:-MAX_OUTERMOST]
        cycle, count = find_cycle([each.func_index for each in left_out])
        omission = Omission(MAX_INNERMOST, len(left_out), cycle, count)
        positions = positions[:MAX_INNERMOST] + positions[-MAX_OUTERMOST:]
    inlining = info.inlining()
    frames: list[WhereFrame] = []
    for each in positions:
        func = module.funcs[each.func_index - imported]
        offset = func.offset - module.code_offset + each.position
        unnamed = f"func[{each.func_index}]"
        name = info.names.get(each.func_index, unnamed)
        if name == unnamed:
            declared = inlining.func_at(offset)
            name = unnamed if declared is None else declared.name
        frames.extend(frames_at((each.func_index, name, offset), info, inlining))
    return Where(
        tuple(frames), reason, sha256(code).digest(), address, omission, stack.is_cut
    )


def frames_at(
    place: tuple[int, str, int], info: DebugInfo, inlining: Inlining
) -> Iterator[WhereFrame]:
    """The frames of an instruction: the funcs that were inlined there, and its own.

    `place` is the func's index and name, and the offset.
    """
    index, own_name, offset = place
    line = None if info.lines is None else info.lines.line_at(offset)
    for call in inlining.at(offset):
        file, number = line or (None, None)
        yield WhereFrame(index, call.name, offset, file, number, is_inlined=True)
        line = call.called_at
    file, number = line or (None, None)
    yield WhereFrame(index, own_name, offset, file, number)


def find_cycle(funcs: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """The funcs that repeat for longest, in order, and how many entries these are."""
    best: tuple[tuple[int, ...], int] = ((), 0)
    for period in range(1, MAX_CYCLE + 1):
        run = 0
        for index in range(len(funcs) - period):
            run = run + 1 if funcs[index] == funcs[index + period] else 0
            if run + period > best[1] and run >= period * (FEWEST_TURNS - 1):
                start = index + 1 - run
                best = tuple(funcs[start : start + period]), run + period
    return best
