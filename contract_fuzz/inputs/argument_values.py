"""Arguments of every ABI type, generated and mutated.

Values are those of eth-abi: numbers, `0x` text for addresses, bytes, text, lists, and
tuples.
"""

from collections.abc import Callable, Sequence
from typing import Any

from chain_sim.ethereum.abi.types import ValueType
from chain_sim.ethereum.primitives.text import format_data
from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.inputs.byte_mutation import (
    ARITHMETIC,
    Operands,
    mutate_bytes,
    replace_operand,
)
from contract_fuzz.inputs.dictionary import Dictionary

MAX_ITEMS = 64
MAX_BYTES = 1_024


def make_value(kind: ValueType, random: CaseRandom, words: Dictionary) -> Any:
    """A value of the type."""
    return MAKERS[kind.kind](kind, random, words)


def change_value(
    kind: ValueType,
    value: Any,
    random: CaseRandom,
    words: Dictionary,
    operands: Sequence[Operands] = (),
) -> Any:
    """Another value of the type, often close to `value`."""
    if random.one_in(16):
        return make_value(kind, random, words)
    match kind.kind:
        case "uint" | "int":
            change: Callable[..., Any] = _changed_number
        case "bytes" | "string":
            change = _changed_bytes
        case "array" if kind.size is None:
            change = _changed_list
        case "array" | "tuple":
            change = _changed_item
        case _:
            return make_value(kind, random, words)
    return change(kind, value, random, words, operands)


def fit_number(kind: ValueType, number: int) -> int:
    """The number of the type with the same low bits."""
    bits = kind.size or 256
    number &= (1 << bits) - 1
    if kind.kind == "int" and number >> bits - 1:
        number -= 1 << bits
    return number


def _make_number(kind: ValueType, random: CaseRandom, words: Dictionary) -> int:
    bits = kind.size or 256
    match random.below(6):
        case 0:
            number = (1 << bits) - 1 - random.below(3)
        case 1:
            number = (1 << bits - 1) + random.below(3) - 1
        case 2 | 3:
            number = random.pick(words.words)
        case 4:
            number = random.below(256)
        case _:
            number = random.bits(random.below(bits + 1))
    return fit_number(kind, number)


def _make_address(_: ValueType, random: CaseRandom, words: Dictionary) -> str:
    is_known = not random.one_in(16)
    address = random.pick(words.addresses) if is_known else random.data(20)
    return format_data(address)


def _make_bool(_: ValueType, random: CaseRandom, __: Dictionary) -> bool:
    return random.one_in(2)


def _make_bytes(kind: ValueType, random: CaseRandom, words: Dictionary) -> bytes:
    if random.one_in(2) and words.blobs:
        data = random.pick(words.blobs)
    else:
        data = random.data(random.below(1 << random.below(8)))
    return data if kind.size is None else data[: kind.size].ljust(kind.size, b"\0")


def _make_string(_: ValueType, random: CaseRandom, words: Dictionary) -> str:
    if random.one_in(4) and words.blobs:
        return random.pick(words.blobs).decode("utf-8", "replace")
    data = random.data(random.below(1 << random.below(7)))
    return "".join(chr(32 + byte % 95) for byte in data)


def _make_array(kind: ValueType, random: CaseRandom, words: Dictionary) -> list[Any]:
    length = kind.size
    if length is None:
        length = random.below(1 << random.below(4))
    return [make_value(kind.items[0], random, words) for _ in range(length)]


def _make_tuple(
    kind: ValueType, random: CaseRandom, words: Dictionary
) -> tuple[Any, ...]:
    return tuple(make_value(item, random, words) for item in kind.items)


MAKERS: dict[str, Callable[[ValueType, CaseRandom, Dictionary], Any]] = {
    "uint": _make_number,
    "int": _make_number,
    "address": _make_address,
    "bool": _make_bool,
    "bytes": _make_bytes,
    "string": _make_string,
    "array": _make_array,
    "tuple": _make_tuple,
}


def _changed_number(
    kind: ValueType,
    number: int,
    random: CaseRandom,
    words: Dictionary,
    operands: Sequence[Operands],
) -> int:
    match random.below(8):
        case 0 | 1:
            number += random.below(2 * ARITHMETIC + 1) - ARITHMETIC
        case 2:
            number ^= 1 << random.below(kind.size or 256)
        case 3:
            number = ~number
        case 4:
            number = number * 2 if random.one_in(2) else number // 2
        case 5 | 6 if operands:
            number = _compared_number(number, random, operands)
        case _:
            return _make_number(kind, random, words)
    return fit_number(kind, number)


def _compared_number(
    number: int, random: CaseRandom, operands: Sequence[Operands]
) -> int:
    """A number the contract has compared something with, or one that contains it.

    Code may load an argument's bytes in either order, and in parts.
    """
    if random.one_in(2):
        data = bytearray((number & (2**256 - 1)).to_bytes(32, "big"))
        if replace_operand(data, random, operands):
            return int.from_bytes(data, "big")
    operand = random.pick(random.pick(operands))
    if random.one_in(2):
        length = 4 if operand < 1 << 32 and random.one_in(2) else 8
        operand = int.from_bytes(operand.to_bytes(length, "little"), "big")
    return operand + random.below(3) - 1


def _changed_bytes(
    kind: ValueType,
    value: bytes | str,
    random: CaseRandom,
    words: Dictionary,
    operands: Sequence[Operands],
) -> bytes | str:
    data = value.encode() if isinstance(value, str) else value
    changed = mutate_bytes(data, random, words, operands)[:MAX_BYTES]
    if kind.kind == "string":
        return changed.decode("utf-8", "replace")
    if kind.size is None:
        return changed
    return changed[: kind.size].ljust(kind.size, b"\0")


def _changed_list(
    kind: ValueType,
    values: Sequence[Any],
    random: CaseRandom,
    words: Dictionary,
    operands: Sequence[Operands],
) -> list[Any]:
    changed = list(values)
    choice = random.below(6)
    if choice == 0 and len(changed) < MAX_ITEMS:
        item = make_value(kind.items[0], random, words)
        changed.insert(random.below(len(changed) + 1), item)
    elif choice == 1 and changed:
        del changed[random.below(len(changed))]
    elif choice == 2 and changed:
        changed = (changed * 2)[:MAX_ITEMS]
    elif choice == 3 and changed:
        changed[random.below(len(changed))] = random.pick(changed)
    elif changed:
        return list(_changed_item(kind, changed, random, words, operands))
    return changed


def _changed_item(
    kind: ValueType,
    values: Sequence[Any],
    random: CaseRandom,
    words: Dictionary,
    operands: Sequence[Operands],
) -> Sequence[Any]:
    if not values:
        return values
    place = random.below(len(values))
    item = kind.items[0 if kind.kind == "array" else place]
    changed = list(values)
    changed[place] = change_value(item, values[place], random, words, operands)
    return changed if kind.kind == "array" else tuple(changed)
