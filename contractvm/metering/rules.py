"""Metering rules as values: where charges go, what they look like, what they count."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from contractvm.metering.names import FRAME_HEIGHT, INSTRUMENTATION_VERSION
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import BY_MNEMONIC
from contractvm.wasm.structure.templates import (
    CHARGE,
    LOCAL_CHARGE,
    LOCAL_LOAD,
    SIZED_CHARGER,
    STACK_ENTER,
    STACK_LEAVE,
    Hole,
    Template,
)

GREATEST_SIGNED = 2**63 - 1
GREATEST_UNSIGNED = 2**64 - 1


@dataclass(frozen=True, slots=True)
class BlockRule:
    """Which metered blocks there are, when each is charged, and how much.

    A block ends after each instruction in `ends`; with `ends_where_joined`, after an
    `end` too that control can also reach by a jump: that of an `if`, and that of a
    block that a branch leaves. A block is charged before its first instruction, or with
    `is_charged_last` before its last one, so that what traps before is free. Code that
    control cannot reach is charged only where `counts_dead`.

    A block costs `header` and the prices of its instructions; a func's first block also
    that of every declared local above `free_locals`. Where a sum exceeds `max_units`,
    the block costs `max_units` if `saturates`; otherwise the module is refused.
    """

    ends: frozenset[str]
    ends_where_joined: bool = False
    is_charged_last: bool = False
    counts_dead: bool = False
    header: int = 0
    free_locals: int = 0
    max_units: int = GREATEST_SIGNED
    saturates: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(self.ends - BY_MNEMONIC.keys())
        if unknown:
            raise ValueError(f"no instruction is called {unknown[0]}")
        if self.is_charged_last and "end" not in self.ends:
            raise ValueError("a func's last block is charged at its end")
        if not 0 <= self.max_units <= GREATEST_UNSIGNED:
            raise ValueError(f"max_units is {self.max_units}, not 0 to 2^64 - 1")
        if not 0 <= self.header <= self.max_units:
            raise ValueError(f"header is {self.header}, not 0 to max_units")
        if self.free_locals < 0:
            raise ValueError(f"free_locals is {self.free_locals}, below 0")


def _has_hole(template: Template, hole: Hole) -> bool:
    return any(immediate is hole for _, immediate in template)


class ChargeShape(Struct, frozen=True):
    """The code of a charge, with its AMOUNT left open.

    `local` and `load` are for funcs with a loop, where a local holds the counter too:
    another form of the charge, and what brings the counter into the local, at the
    start and after each call. Without them every func has the plain form.
    """

    plain: Template
    local: Template = ()
    load: Template = ()


class SizedRule(Struct, frozen=True):
    """How work is charged by the count on top of the stack, at AMOUNT units each.

    The template is written before the instruction, with the count on the stack, which
    it leaves there. If `is_called` it is the body of a func (i32) -> (i32) instead.
    """

    template: Template
    is_called: bool


class StackRule(Struct, frozen=True):
    """How the stack is limited.

    A frame's height (AMOUNT) is the func's declared locals, its operands, `frame`, and
    its parameters where `counts_params`. `enter` is written at the func's start,
    `leave` at its end. If `is_wrapped` a block is put around the body, which every way
    out leaves; otherwise `leave` is written before each return, and a branch to the
    label of the func leaves without it.

    The counter starts at 0 and must not exceed the limit; if it `counts_down`, it
    starts at the limit, and is 0 once a frame did not fit. `operand_heights(module)`
    counts the operands of each func where they are not those of validation.
    """

    enter: Template
    leave: Template
    frame: int
    counts_params: bool
    is_wrapped: bool
    counts_down: bool = False
    operand_heights: Callable[[Module], tuple[int, ...]] | None = None


class GrowHook(Struct, frozen=True):
    """An imported func that gets the number of pages before memory grows.

    Memory that can grow needs the import; `memory.grow` of other memory has no hook.
    `template` is written before the instruction, with the number of pages on the
    stack, which it leaves there.
    """

    module: str
    name: str
    template: Template


@dataclass(frozen=True, slots=True)
class Metering:
    """How modules are metered; the costs come from a gas schedule.

    `version` is raised by every change that gives other bytes for the same module,
    schedule and options. A part that is None is left out; without `sized`, no
    instruction may cost by its size. Making an instance is work that is charged, unless
    `initial_work_is_free`.
    """

    name: str
    version: int
    blocks: BlockRule
    charge: ChargeShape
    sized: SizedRule | None = None
    stack: StackRule | None = None
    grow_hook: GrowHook | None = None
    initial_work_is_free: bool = False

    def __post_init__(self) -> None:
        if self.charge.local and self.blocks.is_charged_last:
            raise ValueError("a local holds the counter only where blocks begin paid")

    @property
    def identity(self) -> str:
        """Name and version, part of the identity of instrumented code."""
        return f"{self.name}-{self.version}"

    @property
    def has_status(self) -> bool:
        """Whether a separate global says that gas ran out."""
        return _has_hole(self.charge.plain, Hole.STATUS)

    @property
    def has_scratch(self) -> bool:
        """Whether charges by size or hooks keep an operand in a global."""
        templates = [
            part.template for part in (self.sized, self.grow_hook) if part is not None
        ]
        return any(_has_hole(template, Hole.SCRATCH) for template in templates)


STANDARD_METERING = Metering(
    name="contractvm",
    version=INSTRUMENTATION_VERSION,
    blocks=BlockRule(
        ends=frozenset(
            {
                *("loop", "if", "else", "br", "br_if", "br_table", "return"),
                *("unreachable", "call", "call_indirect"),
            }
        ),
        ends_where_joined=True,
    ),
    charge=ChargeShape(CHARGE, LOCAL_CHARGE, LOCAL_LOAD),
    sized=SizedRule(SIZED_CHARGER, is_called=True),
    stack=StackRule(
        STACK_ENTER,
        STACK_LEAVE,
        frame=FRAME_HEIGHT,
        counts_params=True,
        is_wrapped=True,
    ),
)
