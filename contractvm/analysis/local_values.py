"""The floats in the locals of one func.

In straight-line code a local is what was last set. After a label, where paths meet, it
may be anything that is set anywhere in the func; this keeps the time linear.
"""

from bisect import bisect_right
from itertools import accumulate

from contractvm.analysis.module_values import UNTRACKED, ModuleValues
from contractvm.analysis.nan_levels import FINITE, NEVER
from contractvm.wasm.structure.func import Func
from contractvm.wasm.structure.types import ValType


class LocalValues:
    """What each local holds at the walk's current place."""

    def __init__(self, values: ModuleValues, func_index: int, func: Func) -> None:
        self._values = values
        self._func_index = func_index
        self._params = values.module.types[func.type_index].params
        counts = [count for count, _ in func.local_groups]
        self._ends = list(accumulate(counts, initial=len(self._params)))
        self._group_types = [val_type for _, val_type in func.local_groups]
        self._summaries: dict[int, int] = {}
        self._current: dict[int, int] = {}

    def get(self, index: int) -> int:
        """The local's value; the same one if it is the same at run time."""
        value = self._current.get(index)
        if value is None:
            value = self._summary(index)
            if value != UNTRACKED:
                value = self._values.alias(value)
            self._current[index] = value
        return value

    def set(self, index: int, value: int) -> None:
        """Set the local to `value`."""
        summary = self._summary(index)
        if summary != UNTRACKED:
            self._values.graph.join(summary, value)
            self._current[index] = value

    def meet(self) -> None:
        """Join the other paths that arrive here."""
        self._current.clear()

    def _summary(self, index: int) -> int:
        summary = self._summaries.get(index)
        if summary is None:
            summary = self._summaries[index] = self._new_summary(index)
        return summary

    def _new_summary(self, index: int) -> int:
        if not self._type(index).is_float:
            return UNTRACKED
        if index >= len(self._params):
            return self._values.graph.value(FINITE)  # it begins as zero
        summary = self._values.graph.value(NEVER)
        param = self._values.param(self._func_index, index)
        self._values.graph.join(summary, param)
        return summary

    def _type(self, index: int) -> ValType:
        if index < len(self._params):
            return self._params[index]
        return self._group_types[bisect_right(self._ends, index) - 1]
