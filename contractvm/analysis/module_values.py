"""The floats that a module's funcs pass to each other, and where their bits show."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from contractvm.analysis.findings import shortened
from contractvm.analysis.nan_levels import FIXED, NEVER, level_of_constant
from contractvm.analysis.references import (
    referenced_funcs,
    shared_globals,
    shares_references,
)
from contractvm.analysis.value_graph import ValueGraph
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import BY_MNEMONIC
from contractvm.wasm.structure.types import FuncType, ValType

# Not a float: nothing needs to be known of it.
UNTRACKED = -1
# Values that instructions take and pass on, for each byte of code, and for any module.
# An instruction without blocks and calls has at most three for its one byte; compilers'
# output has a fifteenth of that.
STEPS_PER_BYTE = 3
STEPS = 250_000
# The memory of a use, and of a value of several funcs, counted in values.
STEPS_OF_USE = 4
STEPS_OF_SHARED = 4

F32_CONST, F64_CONST = (BY_MNEMONIC[f"{name}.const"].opcode for name in ("f32", "f64"))
CONSTANT_WIDTHS = {F32_CONST: 32, F64_CONST: 64}

Floats = tuple[bool, ...]


class TooIntricate(Exception):
    """Blocks and calls pass on too many values for the analysis."""


class Use(Enum):
    """How the bits of a float become visible, as a predicate."""

    STORED = "is stored in memory"
    REINTERPRETED = "is read as an integer"
    SIGN = "gives its sign to another"
    PASSED = "is passed to"
    SET = "is set in a global that other modules see"
    RETURNED = "is returned to the caller outside"


class FloatUse(NamedTuple):
    """A place where the bits of `value` become visible."""

    value: int
    use: Use
    func_index: int
    position: int
    opcode: int
    detail: str = ""


class ValueSite(NamedTuple):
    """An instruction of a func."""

    func_index: int
    position: int
    opcode: int


class Makers:
    """The instructions that make NaNs, each with its value, in the values' order."""

    def __init__(self) -> None:
        self._values = array("i")
        self._sites = array("I")

    def __iter__(self) -> Iterator[tuple[int, ValueSite]]:
        for index, value in enumerate(self._values):
            yield value, self._site(index)

    def add(self, value: int, site: ValueSite) -> None:
        """Add one; its value is greater than all before."""
        self._values.append(value)
        self._sites.extend(site)

    def find(self, value: int) -> ValueSite | None:
        """The instruction that makes a value; None if none does."""
        index = bisect_left(self._values, value)
        if index == len(self._values) or self._values[index] != value:
            return None
        return self._site(index)

    def _site(self, index: int) -> ValueSite:
        return ValueSite(*self._sites[3 * index : 3 * index + 3])


class ModuleValues:
    """The graph of all floats of a module, and what its funcs share of them.

    Funcs that can be called by reference share the params and results of their type:
    a call through a table may meet any of them.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.graph = ValueGraph()
        self.uses: list[FloatUse] = []
        self.makers = Makers()
        # The names of imported funcs, for display.
        self.imported = [
            f"{shortened(entry.module)}.{shortened(entry.name)}"
            for entry in module.imports_of(ExternKind.FUNC)
        ]
        self.func_types = module.func_type_indices
        self.type_floats = [
            (_floats(entry.params), _floats(entry.results)) for entry in module.types
        ]
        self.shares_references = shares_references(module)
        self._referenced = referenced_funcs(module)
        self._exported = frozenset(
            export.index for export in module.exports if export.kind is ExternKind.FUNC
        )
        ids: dict[FuncType, int] = {}
        self.type_ids = [ids.setdefault(entry, len(ids)) for entry in module.types]
        self._shared: dict[tuple[str, int, int], int] = {}
        self._shared_globals = shared_globals(module)
        self._global_types = module.global_types
        self._steps = STEPS + STEPS_PER_BYTE * sum(
            len(func.code) for func in module.funcs
        )

    def spend(self, steps: int) -> None:
        """Count work; raises TooIntricate once it is no longer linear in the code."""
        self._steps -= steps
        if self._steps < 0:
            raise TooIntricate

    def is_called_from_outside(self, func_index: int) -> bool:
        """Whether the host or another module may call the func."""
        return func_index in self._exported or (
            self.shares_references and func_index in self._referenced
        )

    def param(self, func_index: int, number: int) -> int:
        """A param of a func that the module defines."""
        return self._of_func("param", func_index, number)

    def result(self, func_index: int, number: int) -> int:
        """A result of a func that the module defines."""
        return self._of_func("result", func_index, number)

    def param_by_type(self, type_id: int, number: int) -> int:
        """The param of all funcs that a reference of this type may call."""
        level = FIXED if self.shares_references else NEVER
        return self._value(("type param", type_id, number), level)

    def result_by_type(self, type_id: int, number: int) -> int:
        """The result of all funcs that a reference of this type may call."""
        level = FIXED if self.shares_references else NEVER
        return self._value(("type result", type_id, number), level)

    def global_value(self, index: int) -> int:
        """The value of a global, UNTRACKED unless it is a float."""
        global_type = self._global_types[index]
        if not global_type.val_type.is_float:
            return UNTRACKED
        key = ("global", index, 0)
        if key not in self._shared:
            self._shared[key] = self.graph.value(self._initial_level(index))
        return self._shared[key]

    def shows(self, global_index: int) -> bool:
        """Whether other modules see the global."""
        return global_index in self._shared_globals

    def alias(self, source: int) -> int:
        """A new value that equals `source`."""
        alias = self.graph.value(NEVER)
        self.graph.join(alias, source)
        return alias

    def fresh(self, floats: Floats) -> list[int]:
        """Joins without an input for the floats, UNTRACKED for the others."""
        self.spend(len(floats))
        return [self.graph.value(NEVER) if entry else UNTRACKED for entry in floats]

    def _of_func(self, what: str, func_index: int, number: int) -> int:
        is_given = what == "param" and self.is_called_from_outside(func_index)
        return self._value((what, func_index, number), FIXED if is_given else NEVER)

    def _value(self, key: tuple[str, int, int], level: int) -> int:
        if key not in self._shared:
            self.spend(STEPS_OF_SHARED)
            self._shared[key] = self.graph.value(level)
            self._link(key)
        return self._shared[key]

    def _link(self, key: tuple[str, int, int]) -> None:
        """Join the params and results of a func called by reference with its type's."""
        what, func_index, number = key
        if what not in ("param", "result") or func_index not in self._referenced:
            return
        type_id = self.type_ids[self.func_types[func_index]]
        if what == "param":
            source = self.param_by_type(type_id, number)
            self.graph.join(self._shared[key], source)
        else:
            target = self.result_by_type(type_id, number)
            self.graph.join(target, self._shared[key])

    def _initial_level(self, index: int) -> int:
        global_type = self._global_types[index]
        first_defined = len(self.module.imports_of(ExternKind.GLOBAL))
        is_changed_outside = index in self._shared_globals and global_type.is_mutable
        if index < first_defined or is_changed_outside:
            return FIXED
        init = self.module.globals[index - first_defined].init
        for opcode, bits, *_ in instructions(init.code):
            if opcode in CONSTANT_WIDTHS:
                return level_of_constant(bits, CONSTANT_WIDTHS[opcode])
        return FIXED  # another global's value, which was imported


def _floats(types: tuple[ValType, ...]) -> Floats:
    return tuple(entry.is_float for entry in types)
