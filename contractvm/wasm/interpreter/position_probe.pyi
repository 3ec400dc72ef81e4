from collections.abc import Iterable

class PositionProbe:
    """Asks a translation which instruction each of some words of code belongs to."""

    def __init__(self, words: Iterable[int]) -> None: ...
    def positions(self) -> dict[int, tuple[int, int]]:
        """By word: the func's number among the module's own, the offset in its body.

        Only after a translation, and only of words that the code has.
        """
