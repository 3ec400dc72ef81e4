"""A module's values as a graph: which is computed from which, and their levels."""

from array import array
from collections.abc import Sequence

from contractvm.analysis.nan_levels import JOIN, NEVER, OPEN, Rule

NONE = -1


class ValueGraph:
    """Values are numbers; each has a rule that makes its level from its inputs' levels.

    A join may get inputs at any time; others have one or two fixed ones. Levels only
    rise, at most five times, so `settle` takes time linear in the inputs. Stored in
    columns: a value takes about twenty bytes, and an input eight.
    """

    def __init__(self) -> None:
        self.levels = bytearray()
        self._rules: list[Rule] = [JOIN]
        self._rule_numbers = bytearray()
        # The inputs of computed values, NONE for a join.
        self._left = array("i")
        self._right = array("i")
        # The users of a value: the first and the last of a chain of links, in order.
        self._first_link = array("i")
        self._last_link = array("i")
        self._next_link = array("i")
        self._users = array("i")
        # For an open value, the one that made it open; itself at the origin.
        self._causes = array("i")

    def value(self, level: int) -> int:
        """A new value that is at least of this level: a constant, or a join."""
        self.levels.append(level)
        self._rule_numbers.append(0)
        self._left.append(NONE)
        self._right.append(NONE)
        self._first_link.append(NONE)
        self._last_link.append(NONE)
        self._causes.append(NONE)
        return len(self.levels) - 1

    def computed(self, rule: Rule, inputs: Sequence[int]) -> int:
        """A new value that is computed from one or two others."""
        value = self.value(NEVER)
        if rule not in self._rules:
            self._rules.append(rule)
        self._rule_numbers[value] = self._rules.index(rule)
        self._left[value], self._right[value] = inputs[0], inputs[-1]
        for source in inputs:
            self.join(value, source)
        return value

    def join(self, target: int, source: int) -> None:
        """Make `target` at least what `source` is."""
        link = len(self._users)
        self._users.append(target)
        self._next_link.append(NONE)
        last = self._last_link[source]
        if last == NONE:
            self._first_link[source] = link
        else:
            self._next_link[last] = link
        self._last_link[source] = link

    def settle(self) -> None:
        """Raise every level as far as the rules require."""
        waiting: Sequence[int] = range(len(self.levels))
        while waiting:
            raised = array("i")
            for source in waiting:
                self._raise_users(source, raised)
            waiting = raised

    def _raise_users(self, source: int, raised: "array[int]") -> None:
        levels = self.levels
        link = self._first_link[source]
        while link != NONE:
            user = self._users[link]
            level = self._level_by(user, source)
            if level > levels[user]:
                levels[user] = level
                if level == OPEN:
                    self._causes[user] = self._cause(user, source)
                raised.append(user)
            link = self._next_link[link]

    def origin(self, value: int) -> int:
        """The value where an open value first became open."""
        path = []
        while (cause := self._causes[value]) not in (NONE, value):
            path.append(value)
            value = cause
        for passed in path:
            self._causes[passed] = value
        return value

    def _level_by(self, user: int, source: int) -> int:
        left = self._left[user]
        if left == NONE:
            return self.levels[source]
        first, second = self.levels[left], self.levels[self._right[user]]
        if NEVER in (first, second):
            return NEVER
        return self._rules[self._rule_numbers[user]](first, second)

    def _cause(self, user: int, source: int) -> int:
        """`source` if it is passed on, `user` if it makes a new NaN."""
        left = self._left[user]
        if left == NONE:
            return source
        is_passed_on = OPEN in (self.levels[left], self.levels[self._right[user]])
        return source if is_passed_on and self.levels[source] == OPEN else user
