"""Values of a module as a graph: which is computed of which, and what that settles."""

from collections import deque
from collections.abc import Sequence

from contractvm.determinism.nan_levels import JOIN, NEVER, OPEN, Rule


class ValueGraph:
    """Values are numbers; each has a rule that makes its level of its inputs' levels.

    A join may get inputs at any time, the others have one or two for good. Levels only
    rise, five times at most, so `settle` takes time linear in the inputs.
    """

    def __init__(self) -> None:
        self.levels: list[int] = []
        self._rules: list[Rule] = []
        self._inputs: list[tuple[int, ...]] = []
        self._users: list[list[int]] = []
        # For an open value, the one that it is open by: itself where it began.
        self._causes: dict[int, int] = {}

    def value(self, level: int) -> int:
        """A new value that is at least of this level: a constant, or a join."""
        self.levels.append(level)
        self._rules.append(JOIN)
        self._inputs.append(())
        self._users.append([])
        return len(self.levels) - 1

    def computed(self, rule: Rule, inputs: Sequence[int]) -> int:
        """A new value that is computed of one or two others."""
        value = self.value(NEVER)
        self._rules[value] = rule
        self._inputs[value] = (inputs[0], inputs[-1])
        for source in inputs:
            self._users[source].append(value)
        return value

    def join(self, target: int, source: int) -> None:
        """Let `target` be at least what `source` is."""
        self._users[source].append(target)

    def settle(self) -> None:
        """Raise every level as far as the rules say."""
        waiting = deque(range(len(self.levels)))
        while waiting:
            source = waiting.popleft()
            for user in self._users[source]:
                level = self._level_by(user, source)
                if level > self.levels[user]:
                    self.levels[user] = level
                    if level == OPEN:
                        self._causes[user] = self._cause(user, source)
                    waiting.append(user)

    def origin(self, value: int) -> int:
        """Where an open value became so first."""
        path = []
        while (cause := self._causes.get(value, value)) != value:
            path.append(value)
            value = cause
        for passed in path:
            self._causes[passed] = value
        return value

    def _level_by(self, user: int, source: int) -> int:
        inputs = self._inputs[user]
        if not inputs:
            return self.levels[source]
        left, right = (self.levels[entry] for entry in inputs)
        return NEVER if NEVER in (left, right) else self._rules[user](left, right)

    def _cause(self, user: int, source: int) -> int:
        """`source` where it is handed on, `user` where a new NaN is made."""
        inputs = self._inputs[user]
        if not inputs:
            return source
        is_passed_on = any(self.levels[entry] == OPEN for entry in inputs)
        return source if is_passed_on and self.levels[source] == OPEN else user
