"""Values of an ABI in C: their types, and the code that reads and writes them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chain_sim.ethereum.abi.types import WORD_BYTES, ValueType
from contract_testing.building.c_names import Names
from contract_testing.contracts.shapes import Shape

NATIVE_BITS = 64
C_TYPES = {"bool": "bool", "address": "Address", "array": "Words", "string": "Bytes"}


def is_native(value_type: ValueType) -> bool:
    """Whether a number is one of C's."""
    return (value_type.size or 0) <= NATIVE_BITS


def is_static(value_type: ValueType) -> bool:
    """Whether all of a value is in the head, and C has a type for it."""
    return not value_type.is_dynamic


def is_array_of_words(value_type: ValueType) -> bool:
    """Whether it is an array of free length, of items that C has as words."""
    return (
        value_type.kind == "array"
        and value_type.size is None
        and is_static(value_type.items[0])
    )


def has_type(value_type: ValueType) -> bool:
    """Whether C has a type for the value."""
    return (
        is_static(value_type)
        or value_type.kind in ("bytes", "string")
        or is_array_of_words(value_type)
    )


def head_bytes(shapes: Sequence[Shape]) -> int:
    """The length of the heads of these values."""
    return sum(shape.type.head_bytes for shape in shapes)


def pointers_start(shapes: Sequence[Shape]) -> int:
    """The least that a pointer may be: eth-abi counts a struct as one word."""
    words = 0
    for shape in shapes:
        is_fixed_array = shape.type.kind == "array" and is_static(shape.type)
        words += (shape.type.size or 0) if is_fixed_array else 1
    return words * WORD_BYTES


def leaves(value_type: ValueType) -> Iterator[ValueType]:
    """The words of a value that is all in the head."""
    if value_type.kind == "array":
        for _ in range(value_type.size or 0):
            yield from leaves(value_type.items[0])
    elif value_type.kind == "tuple":
        for item in value_type.items:
            yield from leaves(item)
    else:
        yield value_type


def is_any_word(value_type: ValueType) -> bool:
    """Whether every word is a value of this type."""
    return value_type.size == (WORD_BYTES if value_type.kind == "bytes" else 256)


def word_reader(value_type: ValueType, place: str) -> str:
    """The expression that reads a word; it reverts if the word is none of this type."""
    match value_type.kind:
        case "bool":
            return f"abi_bool({place})"
        case "address":
            return f"abi_address({place})"
        case "bytes":
            return f"abi_fixed_bytes({place}, {value_type.size})"
        case kind:
            name = f"abi_{kind}64" if is_native(value_type) else f"abi_{kind}"
            return f"{name}({place}, {value_type.size})"


def word_of(value_type: ValueType, value: str) -> str:
    """The expression of the word that holds a value."""
    match value_type.kind:
        case "bool":
            return f"word_of_uint64({value})"
        case "address":
            return f"word_of_address({value})"
        case "uint" | "int" as kind if is_native(value_type):
            return f"word_of_{kind}64({value})"
    return value


def is_number(value_type: ValueType) -> bool:
    """Whether C has the value as a number."""
    return value_type.kind in ("bool", "uint", "int") and is_native(value_type)


def setter(value_type: ValueType, target: str, value: str) -> str:
    """The statement that puts a value into a word."""
    if is_number(value_type):
        kind = "int64" if value_type.kind == "int" else "uint64"
        return f"abi_set_{kind}(&{target}, {value});"
    if value_type.kind == "address":
        return f"abi_set_address(&{target}, {value});"
    return f"{target} = {value};"


def plain_words(
    values: Sequence[tuple[Shape, str]],
) -> list[tuple[ValueType, str]] | None:
    """The words of values, and their expressions; None if one has a length or count."""
    words: list[tuple[ValueType, str]] = []
    for shape, value in values:
        if shape.type.kind == "array" or shape.type.has_length:
            return None
        if shape.type.kind != "tuple":
            words.append((shape.type, value))
            continue
        names = field_names(shape.parts)
        fields = [f"{value}.{name}" for name in names]
        parts = plain_words(list(zip(shape.parts, fields, strict=True)))
        if parts is None:
            return None
        words += parts
    return words


@dataclass
class CValues:
    """Types and readers that the values of one contract need, by their C text.

    `types` are definitions of structs, `checks` functions that check arrays.
    """

    names: Names
    types: dict[tuple[object, ...], tuple[str, str]] = field(default_factory=dict)
    checks: dict[str, tuple[str, str]] = field(default_factory=dict)

    def c_type(self, shape: Shape, owner: str) -> str:
        """The type of a value; `owner` names a struct that has no name."""
        value_type = shape.type
        match value_type.kind:
            case "uint" | "int" as kind if is_native(value_type):
                return f"{kind}64_t"
            case "tuple":
                return self.struct(shape.struct or owner, shape.parts)
            case "bytes" if value_type.has_length:
                return "Bytes"
            case kind:
                return C_TYPES.get(kind, "Word")

    def struct(self, name: str, parts: Sequence[Shape]) -> str:
        """The struct of these parts; the same parts under the same name are one."""
        inner = Names()
        fields = [
            (self.c_type(part, f"{name}_{field_name}"), field_name)
            for part, field_name in zip(parts, field_names(parts), strict=True)
        ]
        key = (name, tuple(fields))
        if key not in self.types:
            lines = "".join(f"    {kind} {inner.add(each)};\n" for kind, each in fields)
            made = self.names.add(name)
            self.types[key] = (made, f"typedef struct {{\n{lines}}} {made};\n")
        return self.types[key][0]

    def reader(self, shape: Shape, owner: str, offset: int, start: int) -> str:
        """The expression that reads an argument, whose head is at `offset`.

        `start` is the least that its pointer may be.
        """
        value_type = shape.type
        if value_type.kind == "tuple":
            values, at = [], offset
            for part, name in zip(shape.parts, field_names(shape.parts), strict=True):
                read = self.reader(part, f"{shape.struct or owner}_{name}", at, start)
                values.append(f".{name} = {read}")
                at += part.type.head_bytes
            return f"({self.c_type(shape, owner)}){{{', '.join(values)}}}"
        if value_type.kind == "array":
            item = value_type.items[0]
            if value_type.size is None:
                read = f"abi_array({offset}, {start}, {item.leaf_count})"
            else:
                count = value_type.leaf_count
                read = f"(Words){{(const Word *)abi_word({offset}), {count}}}"
            return self._checked(item, read)
        if value_type.has_length:
            return f"abi_{value_type.kind}({offset}, {start})"
        return word_reader(value_type, f"abi_word({offset})")

    def _checked(self, item: ValueType, words: str) -> str:
        """`words` if they are items of this type."""
        if all(map(is_any_word, leaves(item))):
            return words
        if item.text not in self.checks:
            name = self.names.add(f"abi_checked{len(self.checks)}")
            reads = "".join(
                f"        {word_reader(leaf, f'words.data[index + {place}].bytes')};\n"
                for place, leaf in enumerate(leaves(item))
            )
            self.checks[item.text] = (
                name,
                f"/* Items of {item.text}. */\n"
                f"static Words {name}(Words words) {{\n"
                "    for (uint32_t index = 0; index < words.count;"
                f" index += {item.leaf_count}) {{\n{reads}    }}\n"
                "    return words;\n}\n",
            )
        return f"{self.checks[item.text][0]}({words})"

    def writers(self, shape: Shape, value: str) -> Iterator[str]:
        """The statements that put a value into the output."""
        value_type = shape.type
        if value_type.kind == "tuple":
            for part, name in zip(shape.parts, field_names(shape.parts), strict=True):
                yield from self.writers(part, f"{value}.{name}")
        elif value_type.kind == "array":
            if value_type.size is None:
                yield f"abi_put_array({value}, {value_type.items[0].leaf_count});"
            else:
                yield f"abi_put_words({value}, {value_type.leaf_count});"
        elif value_type.has_length:
            yield f"abi_put_bytes({value});"
        else:
            yield f"abi_put({word_of(value_type, value)});"


def field_names(parts: Sequence[Shape]) -> list[str]:
    """The names of a struct's fields, or of parameters: `arg0` where one has none."""
    names = Names()
    return [names.add(part.name or f"arg{place}") for place, part in enumerate(parts)]
