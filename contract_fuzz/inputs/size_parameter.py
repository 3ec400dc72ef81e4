"""The size parameter of a function: what its gas is compared with.

`items`, `order.lines` or `0.1` is a path through the parameters by names or places; at
its end is a number, whose size is its value, or something of free length.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain_sim.ethereum.abi.functions import AbiFunction
from chain_sim.ethereum.abi.types import ValueType
from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.errors import NoSizeParameter
from contract_fuzz.inputs.argument_values import fit_number, make_value
from contract_fuzz.inputs.dictionary import Dictionary

GREATEST_SIZE = 4_096


@dataclass(frozen=True, slots=True)
class SizeParameter:
    """Where the size is: places, one in the other, from the parameters on."""

    text: str
    places: tuple[int, ...]
    type: ValueType
    greatest: int

    def some_size(self, random: CaseRandom) -> int:
        """A size: small ones as often as large ones, and both ends too."""
        if random.one_in(16):
            return self.greatest
        bound = min(1 << random.below(self.greatest.bit_length() + 1), self.greatest)
        return random.below(bound + 1)

    def size_of(self, values: Sequence[Any]) -> int:
        """The size that these arguments have."""
        found: Any = values
        for place in self.places:
            found = found[place]
        if isinstance(found, int):
            return found
        return len(found.encode() if isinstance(found, str) else found)

    def with_size(
        self, values: Sequence[Any], size: int, random: CaseRandom, words: Dictionary
    ) -> list[Any]:
        """The arguments with another size; what is longer is filled with new items."""
        return list(self._replaced(values, self.places, size, random, words))

    def _replaced(
        self,
        values: Any,
        places: Sequence[int],
        size: int,
        random: CaseRandom,
        words: Dictionary,
    ) -> Any:
        if not places:
            return self._sized(values, size, random, words)
        changed = list(values)
        place = places[0]
        changed[place] = self._replaced(changed[place], places[1:], size, random, words)
        return tuple(changed) if isinstance(values, tuple) else changed

    def _sized(
        self, value: Any, size: int, random: CaseRandom, words: Dictionary
    ) -> Any:
        kind = self.type
        if isinstance(value, int):
            return fit_number(kind, size)
        if isinstance(value, bytes):
            return value[:size] + random.data(max(size - len(value), 0))
        if isinstance(value, str):
            text = value.encode("ascii", "replace").decode()[:size]
            return text.ljust(size, "x")
        items = list(value[:size])
        while len(items) < size:
            items.append(make_value(kind.items[0], random, words))
        return items


def find_size_parameter(
    function: AbiFunction, text: str, greatest: int = GREATEST_SIZE
) -> SizeParameter:
    """The parameter that `text` names; raises NoSizeParameter."""
    types = tuple(param.type for param in function.params)
    names = tuple(param.name for param in function.params)
    places: list[int] = []
    found: ValueType | None = None
    for step in text.split("."):
        place = _place_of(step, names, len(types))
        if place is None:
            raise NoSizeParameter(text, function.signature)
        places.append(place)
        found = types[place]
        is_tuple = found.kind == "tuple"
        types, names = (found.items, found.names) if is_tuple else ((), ())
    if found is None or not (found.has_length or found.kind in ("uint", "int")):
        raise NoSizeParameter(text, function.signature)
    if found.kind in ("uint", "int"):
        greatest = min(greatest, (1 << (found.size or 256) - 1) - 1)
    return SizeParameter(text, tuple(places), found, greatest)


def _place_of(step: str, names: Sequence[str], count: int) -> int | None:
    if step and step in names:
        return names.index(step)
    if step.isascii() and step.isdigit() and int(step) < count:
        return int(step)
    return None
