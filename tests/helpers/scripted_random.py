"""Random numbers by a script: what is asked for, and what comes."""

from collections.abc import Sequence
from typing import Any


class ScriptedRandom:
    """Answers as CaseRandom, in the order of its script, and nothing else.

    The script has (bound, number) for a number below a bound, ("bits", count, number)
    and ("data", bytes). A question that is not the next of the script is an error.
    """

    def __init__(self, *script: tuple[Any, ...]) -> None:
        self.left = list(script)

    def below(self, bound: int) -> int:
        asked, number = self.left.pop(0)
        assert asked == bound
        return number

    def one_in(self, bound: int) -> bool:
        return self.below(bound) == 0

    def pick(self, sequence: Sequence[Any]) -> Any:
        return sequence[self.below(len(sequence))]

    def bits(self, count: int) -> int:
        kind, asked, number = self.left.pop(0)
        assert (kind, asked) == ("bits", count)
        return number

    def data(self, length: int) -> bytes:
        kind, content = self.left.pop(0)
        assert (kind, len(content)) == ("data", length)
        return content
