"""The header of a contract in C: its ABI as functions, and the entry to them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from chain_sim.ethereum.abi.types import ValueType, parse_type
from contract_testing.building.c_names import Names, overload_suffix
from contract_testing.building.c_values import (
    CValues,
    field_names,
    has_type,
    head_bytes,
    is_number,
    plain_words,
    pointers_start,
    setter,
    word_of,
)
from contract_testing.contracts.abi import AbiContent
from contract_testing.contracts.descriptions import ErrorShape, EventShape, Function
from contract_testing.contracts.shapes import Shape

SELECTOR_BYTES = 4
HASH = parse_type("bytes32")
# Output up to here fits whatever its limit was set to.
SURE_OUTPUT = 512
WORD_ROWS = range(0, 32, 8)
# From the text of a call to the statements that end with its result.
Ending = Callable[[str], list[str]]
Entry = TypeVar("Entry", Function, EventShape, ErrorShape)
INTRODUCTION = """\
/* The ABI of {name}, for {host}: made by `contractvm build`, which writes it again.
 *
 * Write the functions below `The contract's functions`; events and errors are functions
 * to call. Numbers of selectors are in the order in which the ABI prints them. Include
 * this file in one source file only: it has the contract's entry.
{notes} */
#pragma once
"""


@dataclass(frozen=True, slots=True)
class Fallbacks:
    """Which of the functions without a selector a contract has; whether they pay."""

    receive: bool = False
    fallback: bool = False
    is_fallback_payable: bool = False


def header_of(entries: Sequence[dict[str, Any]], name: str, host: str) -> str:
    """The header of a contract, from the entries of its ABI; raises InvalidAbi."""
    abi = AbiContent.read(json.dumps(entries).encode())
    kinds = {entry.get("type"): entry for entry in entries}
    fallback = kinds.get("fallback", {})
    fallbacks = Fallbacks(
        "receive" in kinds,
        "fallback" in kinds,
        fallback.get("stateMutability") == "payable",
    )
    return CHeader(abi, fallbacks, host).text(name)


class CHeader:
    """The text of a header, part by part."""

    def __init__(self, abi: AbiContent, fallbacks: Fallbacks, host: str) -> None:
        self._abi = abi
        self._fallbacks = fallbacks
        self._host = host
        self._names = Names()
        self._values = CValues(self._names)
        self._notes: list[str] = []

    def text(self, name: str) -> str:
        """The whole header."""
        prototypes, cases = [], []
        if self._fallbacks.receive:
            prototypes.append(f"ABI_OWN void {self._names.add('receive_ether')}(void);")
        if self._fallbacks.fallback:
            prototypes.append(f"ABI_OWN void {self._names.add('fallback')}(void);")
        for function, own in named(self._abi.functions, "", self._names):
            prototype, case = self._function(function, own)
            prototypes.append(f"{prototype} /* {function.signature} */")
            cases.append(case)
        makers = [*self._events(), *self._errors()]
        notes = "".join(f" *\n * {note}\n" for note in self._notes)
        types = [text for _, text in self._values.types.values()]
        checks = [text for _, text in self._values.checks.values()]
        parts = (
            INTRODUCTION.format(name=name, host=self._host, notes=notes),
            f'#include "contract_{self._host}.h"\n',
            *types,
            "/* The contract's functions */\n\n" + "\n".join(prototypes) + "\n",
            *makers,
            *checks,
            self._entry(cases),
        )
        return "\n".join(parts)

    def _function(self, function: Function, own: str) -> tuple[str, str]:
        """The prototype of a function, and the case that calls it."""
        params, arguments, offset = [], [], 0
        start = pointers_start(function.inputs)
        for shape, name in zip(
            function.inputs, field_names(function.inputs), strict=True
        ):
            if has_type(shape.type):
                owner = f"{own}_{name}"
                params.append(f"{self._values.c_type(shape, owner)} {name}")
                arguments.append(self._values.reader(shape, owner, offset, start))
            else:
                self._notes.append(
                    f"{function.signature}: C has no type for {shape.type.text};"
                    f" its head is abi_word({offset})."
                )
            offset += shape.type.head_bytes
        kind, ending = self._result(function, own)
        call = f"{own}({', '.join(arguments)})"
        selector = function.abi.selector.hex()
        lines = [
            f"        case ABI_SELECTOR(0x{selector}): {{ /* {function.signature} */"
        ]
        if function.mutability != "payable" and not self._refuses_all_value():
            lines.append("            abi_refuse_value();")
        if offset:
            lines.append(f"            abi_require_size({offset});")
        lines += [f"            {line}" for line in ending(call)]
        prototype = f"ABI_OWN {kind} {own}({', '.join(params) or 'void'});"
        return prototype, "\n".join([*lines, "        }"])

    def _result(self, function: Function, own: str) -> tuple[str, Ending]:
        """The type that a function returns, and what is done with it."""
        outputs = function.outputs
        if not outputs:
            return "void", lambda call: [f"{call};", "host_finish(0, 0);"]
        if not all(has_type(shape.type) for shape in outputs):
            types = ",".join(shape.type.text for shape in outputs)
            self._notes.append(
                f"{function.signature}: C has no type for its results ({types}); it"
                " returns them encoded."
            )
            return "Bytes", lambda call: [
                f"Bytes abi_result = {call};",
                "host_finish(abi_result.data, abi_result.size);",
            ]
        if len(outputs) > 1:
            kind = self._values.struct(f"{own}_results", outputs)
            names = [f"abi_result.{name}" for name in field_names(outputs)]
        else:
            kind = self._values.c_type(outputs[0], f"{own}_result")
            names = ["abi_result"]
            value_type = outputs[0].type
            if is_number(value_type):
                kind_of_number = "int64" if value_type.kind == "int" else "uint64"
                return kind, lambda call: [f"abi_return_{kind_of_number}({call});"]
            if len(value_type.items) == 0 and not value_type.has_length:
                return kind, lambda call: [
                    f"Word abi_result = {word_of(value_type, call)};",
                    "host_finish(&abi_result, 32);",
                ]
        written = self._written(0, outputs, names)
        return kind, lambda call: [
            f"{kind} abi_result = {call};",
            *written,
            "abi_return();",
        ]

    def _written(
        self, start: int, shapes: Sequence[Shape], names: Sequence[str]
    ) -> list[str]:
        """The statements that write values after `start` bytes of output."""
        heads = head_bytes(shapes)
        statements = [f"abi_begin({start}, {heads});"]
        if start + heads > SURE_OUTPUT:
            statements.insert(0, f"static_assert({start + heads} <= ABI_MAX_OUTPUT);")
        for shape, name in zip(shapes, names, strict=True):
            statements += self._values.writers(shape, name)
        return statements

    # Events and errors

    def _events(self) -> Iterator[str]:
        for event, own in named(self._abi.events, "emit_", self._names):
            if self._is_typed("event", event):
                yield self._event(event, own)

    def _event(self, event: EventShape, own: str) -> str:
        names = field_names(event.inputs)
        pairs = list(zip(event.inputs, names, event.indexed, strict=True))
        topics = [topic(shape, name) for shape, name, is_topic in pairs if is_topic]
        data = [(shape, name) for shape, name, is_topic in pairs if not is_topic]
        begin = 0 if event.is_anonymous else 1
        count, size = begin + len(topics), "abi_output.size - abi_output.start"
        words = plain_words(data)
        if words is None:
            lines = self._written(
                32 * count, [shape for shape, _ in data], [name for _, name in data]
            )
            lines.append("Word *abi_words = (Word *)abi_output.bytes;")
        else:
            size = f"{32 * len(words)}"
            lines = [f"static Word abi_words[{max(1, count + len(words))}];"]
            lines += setters(words, "abi_words", count)
        for place, (kind, value) in enumerate(topics, begin):
            lines.append(setter(kind, f"abi_words[{place}]", value))
        first = "abi_words"
        if not event.is_anonymous:
            first = "&abi_first"
            lines.append(f"static const Word abi_first = {word_literal(event.topic)};")
        lines.append(f"host_log({first}, abi_words, {count}, {size});")
        return self._maker("ABI_FUNC void", own, event, lines)

    def _errors(self) -> Iterator[str]:
        for error, own in named(self._abi.errors, "revert_", self._names):
            if self._is_typed("error", error):
                lines = self._error(error)
                yield self._maker("ABI_FUNC _Noreturn void", own, error, lines)

    def _error(self, error: ErrorShape) -> list[str]:
        names = field_names(error.inputs)
        words = plain_words(list(zip(error.inputs, names, strict=True)))
        selector = f"ABI_SELECTOR(0x{error.abi.selector.hex()})"
        if words is None:
            lines = self._written(SELECTOR_BYTES, error.inputs, names)
            return [*lines, f"abi_put_selector({selector});", "abi_revert();"]
        if not words:
            lines = [f"static const uint32_t abi_data = {selector};"]
            return [*lines, f"host_revert(&abi_data, {SELECTOR_BYTES});"]
        fields = f"uint32_t selector; Word words[{len(words)}];"
        return [
            f"static struct {{ {fields} }} abi_data;",
            f"abi_data.selector = {selector};",
            *setters(words, "abi_data.words", 0),
            f"host_revert(&abi_data, {SELECTOR_BYTES + 32 * len(words)});",
        ]

    def _is_typed(self, word: str, entry: EventShape | ErrorShape) -> bool:
        indexed = entry.indexed if isinstance(entry, EventShape) else ()
        for place, shape in enumerate(entry.inputs):
            is_struct_topic = (
                any(indexed[place : place + 1]) and shape.type.kind == "tuple"
            )
            if not has_type(shape.type) or is_struct_topic:
                kind = shape.type.text
                note = f"{word} {entry.signature}: C has no type for {kind}; left out."
                self._notes.append(note)
                return False
        return True

    def _maker(
        self, kind: str, own: str, entry: EventShape | ErrorShape, lines: Sequence[str]
    ) -> str:
        """A function with an event's or an error's arguments."""
        params = ", ".join(
            f"{self._values.c_type(shape, f'{own}_{name}')} {name}"
            for shape, name in zip(entry.inputs, field_names(entry.inputs), strict=True)
        )
        body = "".join(f"    {line}\n" for line in lines)
        return (
            f"/* {entry.signature} */\n{kind} {own}({params or 'void'}) {{\n{body}}}\n"
        )

    # The entry

    def _refuses_all_value(self) -> bool:
        is_any_payable = any(
            function.mutability == "payable" for function in self._abi.functions
        )
        other = self._fallbacks.receive or self._fallbacks.is_fallback_payable
        return not is_any_payable and not other

    def _entry(self, cases: Sequence[str]) -> str:
        has = self._fallbacks
        lines = ["CONTRACT_ENTRY {", "    uint32_t abi_input_size = abi_read_input();"]
        if self._refuses_all_value():
            lines.append("    abi_refuse_value();")
        if has.receive:
            lines += ["    if (abi_input_size == 0) {", "        receive_ether();"]
            lines += ["        host_finish(0, 0);", "    }"]
        if cases:
            lines += [
                "    if (abi_input_size >= 4)",
                "        switch (abi_selector()) {",
            ]
            lines += [*cases, "        }"]
        if not has.fallback:
            lines.append("    revert_without_data();")
        else:
            if not has.is_fallback_payable and not self._refuses_all_value():
                lines.append("    abi_refuse_value();")
            lines += ["    fallback();", "    host_finish(0, 0);"]
        return "\n".join([*lines, "}"]) + "\n"


def named(
    entries: Sequence[Entry], prefix: str, names: Names
) -> Iterator[tuple[Entry, str]]:
    """Each entry and its name in C; those of a name that several have, by types."""
    counts = Counter(entry.name for entry in entries)
    for entry in entries:
        own = prefix + entry.name
        if counts[entry.name] > 1:
            own += overload_suffix(shape.type.text for shape in entry.inputs)
        yield entry, names.add(own)


def topic(shape: Shape, name: str) -> tuple[ValueType, str]:
    """An indexed argument, of which what is no single word is hashed."""
    if shape.type.kind == "array":
        return HASH, f"keccak256({name}.data, 32 * {name}.count)"
    if shape.type.has_length:
        return HASH, f"keccak256({name}.data, {name}.size)"
    return shape.type, name


def setters(
    words: Sequence[tuple[ValueType, str]], target: str, start: int
) -> Iterator[str]:
    """The statements that put values into an array of words."""
    for place, (value_type, value) in enumerate(words, start):
        yield setter(value_type, f"{target}[{place}]", value)


def word_literal(word: bytes) -> str:
    """A constant of 32 bytes."""
    rows = [
        ", ".join(f"0x{byte:02x}" for byte in word[at : at + 8]) for at in WORD_ROWS
    ]
    return f"{{{{\n        {(',' + chr(10) + '        ').join(rows)}}}}}"
