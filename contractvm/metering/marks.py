"""Marks of a rewritten body: which of its positions are which of the old body."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice

from msgspec import Struct

# From these positions on, in the new body and in the old, a part was copied. Each part
# ends in the old body where the next begins: what is between them in the new was
# inserted.
Marks = list[tuple[int, int]]
# By number of the func among the module's own.
MarksByFunc = dict[int, Marks]


def old_position(marks: Sequence[tuple[int, int]], position: int) -> int:
    """The position in the old body; of what was inserted, that of what comes next."""
    found = bisect_right(marks, position, key=lambda mark: mark[0])
    if found == 0:
        return 0
    new, old = marks[found - 1]
    in_old = old + position - new
    following = next(islice(marks, found, None), None)
    return in_old if following is None else min(in_old, following[1])


def new_position(marks: Sequence[tuple[int, int]], position: int) -> int:
    """The position in the new body of what is at one in the old body."""
    found = bisect_right(marks, position, key=lambda mark: mark[1])
    if found == 0:
        return position
    new, old = marks[found - 1]
    return new + position - old


def copied_position(marks: Sequence[tuple[int, int]], position: int) -> int | None:
    """The position in the old body; None for what was inserted."""
    found = bisect_right(marks, position, key=lambda mark: mark[0])
    if found == 0:
        return None
    new, old = marks[found - 1]
    in_old = old + position - new
    following = next(islice(marks, found, None), None)
    return in_old if following is None or in_old < following[1] else None


class BodyMarks(Struct, frozen=True):
    """The marks of some funcs, of both rewrites: charges, then canonical NaNs."""

    charges: MarksByFunc = {}
    nans: MarksByFunc = {}

    @classmethod
    def wanted(cls, func_numbers: Iterable[int]) -> "BodyMarks":
        """Empty marks for these funcs, to be filled by the rewrites."""
        numbers = set(func_numbers)
        return cls({each: [] for each in numbers}, {each: [] for each in numbers})

    def original(self, func_number: int, position: int) -> int:
        """The position before both rewrites."""
        after_charges = position
        if self.nans[func_number]:
            after_charges = old_position(self.nans[func_number], position)
        return old_position(self.charges[func_number], after_charges)

    def rewritten(self, func_number: int, position: int) -> int:
        """The position after both rewrites of an original instruction."""
        after_charges = new_position(self.charges[func_number], position)
        return new_position(self.nans[func_number], after_charges)

    def copied(self, func_number: int, position: int) -> int | None:
        """The position before both rewrites; None for what they inserted."""
        after_charges: int | None = position
        if self.nans[func_number]:
            after_charges = copied_position(self.nans[func_number], position)
        if after_charges is None:
            return None
        return copied_position(self.charges[func_number], after_charges)

    def is_copied(self, func_number: int, position: int) -> bool:
        """Whether an instruction is one of the old body; False in appended funcs."""
        has_marks = func_number in self.charges
        return has_marks and self.copied(func_number, position) is not None
