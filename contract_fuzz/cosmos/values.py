"""Values of the shapes of messages, generated and mutated."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.cosmos.shapes import (
    Anything,
    Boolean,
    Choice,
    Constant,
    Fields,
    Items,
    Number,
    Reference,
    Schema,
    Shape,
    Text,
)
from contract_fuzz.inputs.byte_mutation import ARITHMETIC
from contract_fuzz.inputs.dictionary import Dictionary

# Deeper than this, the first option is taken and lists are empty.
MAX_DEPTH = 8
MAX_ITEMS = 4
DECIMAL_PLACES = 18
MAX_BITS = 256
INTEGER = re.compile("-?[0-9]{1,160}")
KINDS: Mapping[type, type] = {Items: list, Text: str, Number: int, Boolean: bool}


class MessageValues:
    """Makes values for one schema; the same numbers give the same ones."""

    def __init__(
        self, schema: Schema, words: Dictionary, addresses: tuple[str, ...]
    ) -> None:
        """`addresses` are those of the chain that messages should name."""
        self._definitions = dict(schema.definitions)
        self._words = words
        self._addresses = addresses
        texts = (blob.decode("utf-8", "ignore") for blob in words.blobs)
        self._texts = tuple(text for text in texts if text.isprintable() and text)
        self._makers: dict[type, Callable[[Any, CaseRandom, int], Any]] = {
            Constant: lambda shape, _, __: shape.value,
            Text: lambda shape, random, _: self._text(shape.kind, random),
            Number: lambda shape, random, _: self._number(shape, random),
            Boolean: lambda _, random, __: random.one_in(2),
            Items: self._items,
            Fields: self._fields,
            Choice: self._choice,
            Reference: self._referred,
            Anything: lambda _, random, __: self._anything(random),
        }
        self._changers: dict[type, Callable[[Any, Any, CaseRandom], Any]] = {
            Number: self._changed_number,
            Items: self._changed_items,
            Fields: self._changed_fields,
            Choice: self._changed_choice,
            Reference: lambda shape, value, random: self.change(
                self._definitions[shape.name], value, random
            ),
        }
        self._of_kind: dict[str, Callable[[CaseRandom], str]] = {
            "address": self._address,
            "decimal": self._decimal,
            "binary": lambda random: b64encode(self._data(random)).decode(),
            "hex": lambda random: self._data(random).hex(),
        }

    def make(self, shape: Shape, random: CaseRandom, depth: int = 0) -> Any:
        """A value of the shape."""
        return self._makers[type(shape)](shape, random, depth)

    def change(self, shape: Shape, value: Any, random: CaseRandom) -> Any:
        """Another value of the shape, often close to `value`."""
        changer = self._changers.get(type(shape))
        if changer is None or random.one_in(8) or not fits(shape, value):
            return self.make(shape, random)
        return changer(shape, value, random)

    def _fields(self, shape: Fields, random: CaseRandom, depth: int) -> dict[str, Any]:
        return {
            name: self.make(one, random, depth + 1)
            for name, one, is_needed in shape.fields
            if is_needed or (depth < MAX_DEPTH and not random.one_in(2))
        }

    def _choice(self, shape: Choice, random: CaseRandom, depth: int) -> Any:
        is_deep = depth >= MAX_DEPTH
        chosen = shape.options[0] if is_deep else random.pick(shape.options)
        return self.make(chosen, random, depth + 1)

    def _referred(self, shape: Reference, random: CaseRandom, depth: int) -> Any:
        if depth > 2 * MAX_DEPTH:
            return None
        return self.make(self._definitions[shape.name], random, depth + 1)

    def _changed_number(
        self, shape: Number, value: int | str, random: CaseRandom
    ) -> int | str:
        number = int(value) + _step(random)
        return written(shape, min(max(number, shape.least), shape.most))

    def _changed_fields(
        self, shape: Fields, value: Mapping[str, Any], random: CaseRandom
    ) -> dict[str, Any]:
        if not shape.fields:
            return {}
        name, one, is_needed = random.pick(shape.fields)
        if name in value and (is_needed or not random.one_in(8)):
            return {**value, name: self.change(one, value[name], random)}
        kept = {key: item for key, item in value.items() if key != name}
        return kept if name in value else {**kept, name: self.make(one, random, 1)}

    def _changed_choice(self, shape: Choice, value: Any, random: CaseRandom) -> Any:
        fitting = [option for option in shape.options if fits(option, value)]
        if not fitting:
            return self.make(shape, random)
        return self.change(fitting[0], value, random)

    def _text(self, kind: str, random: CaseRandom) -> str:
        known = self._of_kind.get(kind)
        if known is not None:
            return known(random)
        # A text may be an address, or a number: schemas do not always say.
        choice = random.below(4)
        if choice < 2:
            return self._address(random)
        if choice == 2 and self._texts:
            text: str = random.pick(self._texts)
            return text
        return str(self._amount(random))

    def _decimal(self, random: CaseRandom) -> str:
        digits = str(self._amount(random)).rjust(DECIMAL_PLACES + 1, "0")
        return f"{digits[:-DECIMAL_PLACES]}.{digits[-DECIMAL_PLACES:]}"

    def _address(self, random: CaseRandom) -> str:
        if self._addresses and not random.one_in(16):
            known: str = random.pick(self._addresses)
            return known
        letters = "".join(chr(97 + byte % 26) for byte in random.data(8))
        return letters if random.one_in(2) else ""

    def _amount(self, random: CaseRandom) -> int:
        match random.below(4):
            case 0:
                return random.below(16)
            case 1:
                number: int = random.pick(self._words.words)
                return number
            case 2:
                return (1 << 128) - 1 - random.below(3)
        return random.bits(random.below(129))

    def _number(self, shape: Number, random: CaseRandom) -> int | str:
        least, most = shape.least, shape.most
        match random.below(4):
            case 0:
                number = most - random.below(min(3, most - least + 1))
            case 1:
                number = least + random.below(min(256, most - least + 1))
            case 2:
                number = min(max(random.pick(self._words.words), least), most)
            case _:
                bits = min((most - least + 1).bit_length() - 1, MAX_BITS)
                number = min(least + random.bits(random.below(bits + 1)), most)
        return written(shape, number)

    def _items(self, shape: Items, random: CaseRandom, depth: int) -> list[Any]:
        if shape.is_tuple:
            return [self.make(one, random, depth + 1) for one in shape.shapes]
        count = 0 if depth >= MAX_DEPTH else random.below(MAX_ITEMS)
        return [self.make(shape.shapes[0], random, depth + 1) for _ in range(count)]

    def _changed_items(
        self, shape: Items, value: list[Any], random: CaseRandom
    ) -> list[Any]:
        if not value:
            return self._items(shape, random, 0)
        place = random.below(len(value))
        choice = 4 if shape.is_tuple else random.below(4)
        if choice == 0:
            return value[:place] + value[place + 1 :]
        if choice == 1:
            return [*value, value[place]]
        one = shape.shapes[min(place, len(shape.shapes) - 1)]
        changed = self.change(one, value[place], random)
        return [*value[:place], changed, *value[place + 1 :]]

    def _data(self, random: CaseRandom) -> bytes:
        if self._words.blobs and random.one_in(2):
            blob: bytes = random.pick(self._words.blobs)
            return blob
        data: bytes = random.data(random.below(1 << random.below(8)))
        return data

    def _anything(self, random: CaseRandom) -> Any:
        match random.below(5):
            case 0:
                return {}
            case 1:
                return self._text("text", random)
            case 2:
                return random.bits(64)
            case 3 if self._texts:
                return {random.pick(self._texts): {}}
        return None


def _step(random: CaseRandom) -> int:
    step: int = random.below(2 * ARITHMETIC + 1) - ARITHMETIC
    return step


def fits(shape: Shape, value: Any) -> bool:
    """Whether the value may be one of the shape: by its outermost part."""
    if isinstance(shape, Constant):
        return bool(value == shape.value)
    if isinstance(shape, Fields):
        needed = [name for name, _, is_needed in shape.fields if is_needed]
        return isinstance(value, Mapping) and all(name in value for name in needed)
    if isinstance(shape, Number) and shape.is_text:
        return isinstance(value, str) and INTEGER.fullmatch(value) is not None
    kind = KINDS.get(type(shape), object)
    return isinstance(value, kind) and not (
        isinstance(value, bool) and isinstance(shape, Number)
    )


def written(shape: Number, number: int) -> int | str:
    """The number as JSON has it."""
    return str(number) if shape.is_text else number
