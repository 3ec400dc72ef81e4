"""A walk over a body that tracks blocks, branches and the operand stack.

The body must be valid. The operand stack holds values of the graph; for anything else
UNTRACKED, or a number below it that has a meaning for a subclass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from contractvm.analysis.local_values import LocalValues
from contractvm.analysis.module_values import (
    STEPS_OF_USE,
    Floats,
    FloatUse,
    ModuleValues,
    Use,
)
from contractvm.wasm.structure.func import Func
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.opcodes import BY_MNEMONIC

BLOCK, LOOP, IF, ELSE, END = (
    BY_MNEMONIC[name].opcode for name in ("block", "loop", "if", "else", "end")
)
EMPTY_BLOCK_TYPE = (1 << 64) - 64
FLOAT_TYPES = (0x7C, 0x7D)

Handler = Callable[[Any, int, int], None]


@dataclass(slots=True)
class Label:
    """A block that control is in; branches to it pass values to `targets`.

    `height` is that of the operand stack below its params. `entry` has the params of
    an `if` until its `else`.
    """

    height: int
    results: Floats
    targets: list[int] | None = None
    is_loop: bool = False
    is_met: bool = False
    entry: list[int] | None = None


class BodyWalk:
    """One walk over a body, in the order of its bytes."""

    handlers: ClassVar[dict[int, Handler]]  # by opcode

    def __init__(self, values: ModuleValues, func_index: int, func: Func) -> None:
        self._values = values
        self._graph = values.graph
        self._func_index = func_index
        self._code = func.code
        self._locals = LocalValues(values, func_index, func)
        self._results = values.type_floats[func.type_index][1]
        self._stack: list[int] = []
        self._labels = [Label(0, self._results)]
        # Inside code that control cannot reach: how many of its blocks are open, and 1.
        self._dead = 0
        self._position = 0
        self._opcode = 0

    def walk(self) -> None:
        """Add what the func does to the graph."""
        handlers = self.handlers
        for opcode, first, second, start, _ in instructions(self._code):
            if self._dead and not self._comes_alive(opcode):
                continue
            self._position, self._opcode = start, opcode
            handlers[opcode](self, first, second)

    def _comes_alive(self, opcode: int) -> bool:
        """Whether an instruction in dead code ends the dead block."""
        if opcode in (BLOCK, LOOP, IF):
            self._dead += 1
        elif opcode == END and self._dead > 1:
            self._dead -= 1
        else:
            return self._dead == 1 and opcode in (ELSE, END)
        return False

    # The operand stack

    def _take(self, count: int) -> list[int]:
        self._values.spend(count)
        if not count:
            return []
        taken = self._stack[-count:]
        del self._stack[-count:]
        return taken

    def _use(self, value: int, use: Use, detail: str = "") -> None:
        if value >= 0:
            self._values.spend(STEPS_OF_USE)
            place = (self._func_index, self._position, self._opcode)
            self._values.uses.append(FloatUse(value, use, *place, detail))

    def _flow(self, values: list[int], targets: list[int]) -> None:
        self._values.spend(len(targets))
        for value, target in zip(values, targets, strict=True):
            if target >= 0:
                self._graph.join(target, value)

    # Control

    def _block_floats(self, block_type: int) -> tuple[Floats, Floats]:
        if block_type == EMPTY_BLOCK_TYPE:
            return (), ()
        if block_type >> 32:
            return (), ((block_type & 0x7F) in FLOAT_TYPES,)
        return self._values.type_floats[block_type]

    def _block(self, block_type: int, _: int) -> None:
        params, results = self._block_floats(block_type)
        self._labels.append(Label(len(self._stack) - len(params), results))

    def _loop(self, block_type: int, _: int) -> None:
        params, results = self._block_floats(block_type)
        entry = self._take(len(params))
        targets = self._values.fresh(params)
        self._flow(entry, targets)
        self._labels.append(
            Label(len(self._stack), results, targets, is_loop=True, is_met=True)
        )
        self._stack += targets
        self._locals.meet()

    def _if(self, block_type: int, _: int) -> None:
        self._stack.pop()
        params, results = self._block_floats(block_type)
        height = len(self._stack) - len(params)
        self._values.spend(len(params))
        entry = self._stack[height:]
        self._labels.append(Label(height, results, entry=entry))

    def _targets(self, label: Label) -> list[int]:
        label.is_met = True
        if label.targets is None:
            label.targets = self._values.fresh(label.results)
        return label.targets

    def _arrive(self, label: Label) -> None:
        """Pass the operands on top to a label that control goes to."""
        if label is self._labels[0]:
            self._leave()
            return
        targets = self._targets(label)
        if targets:
            self._flow(self._stack[-len(targets) :], targets)

    def _leave(self) -> None:
        """Pass the operands on top to the callers."""
        count = len(self._results)
        self._values.spend(count)
        is_seen = self._values.is_called_from_outside(self._func_index)
        for number, value in enumerate(self._stack[-count:] if count else ()):
            if value >= 0:
                target = self._values.result(self._func_index, number)
                self._graph.join(target, value)
                if is_seen:
                    self._use(value, Use.RETURNED)

    def _else(self, *_: int) -> None:
        label = self._labels[-1]
        if not self._dead:
            self._arrive(label)
        self._targets(label)
        del self._stack[label.height :]
        self._stack += label.entry or []
        label.entry = None
        self._dead = 0
        self._locals.meet()

    def _end(self, *_: int) -> None:
        label = self._labels[-1]
        is_met = label.is_met and not label.is_loop
        is_needed = is_met or label.entry is not None or label is self._labels[0]
        if is_needed and not self._dead:
            self._arrive(label)
        if label.entry is not None:  # an `if` without an `else` passes them on
            self._flow(label.entry, self._targets(label))
        self._labels.pop()
        self._close(label)
        self._dead = 0

    def _close(self, label: Label) -> None:
        """Push what a block's label was given, or the same value if that is all."""
        if label.is_met and not label.is_loop:
            del self._stack[label.height :]
            self._stack += label.targets or []
        elif self._dead:
            del self._stack[label.height :]
            self._stack += self._values.fresh(label.results)
        else:
            return
        self._locals.meet()

    def _br(self, depth: int, _: int) -> None:
        self._arrive(self._labels[-1 - depth])
        self._dead = 1

    def _br_if(self, depth: int, _: int) -> None:
        self._stack.pop()
        self._arrive(self._labels[-1 - depth])

    def _br_table(self, count: int, position: int) -> None:
        self._stack.pop()
        for depth in dict.fromkeys(self._label_depths(count + 1, position)):
            self._arrive(self._labels[-1 - depth])
        self._dead = 1

    def _label_depths(self, count: int, position: int) -> list[int]:
        depths = []
        for _ in range(count):
            depth = shift = 0
            while True:
                byte = self._code[position]
                depth |= (byte & 0x7F) << shift
                position += 1
                shift += 7
                if byte < 0x80:
                    break
            depths.append(depth)
        return depths

    def _return(self, *_: int) -> None:
        self._leave()
        self._dead = 1

    def _unreachable(self, *_: int) -> None:
        self._dead = 1


CONTROL_HANDLERS: dict[str, Handler] = {
    "unreachable": BodyWalk._unreachable,
    "block": BodyWalk._block,
    "loop": BodyWalk._loop,
    "if": BodyWalk._if,
    "else": BodyWalk._else,
    "end": BodyWalk._end,
    "br": BodyWalk._br,
    "br_if": BodyWalk._br_if,
    "br_table": BodyWalk._br_table,
    "return": BodyWalk._return,
}
