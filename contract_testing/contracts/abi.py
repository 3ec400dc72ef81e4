"""A contract's ABI: read from JSON, Solidity's interface text, or signatures."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from chain_sim.ethereum.abi.abi_file import read_content, read_functions
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.functions import AbiFunction, parse_function
from chain_sim.ethereum.primitives.text import InvalidText
from contract_testing.contracts.descriptions import (
    ErrorShape,
    EventShape,
    Function,
    event_of,
    function_of,
)
from contract_testing.contracts.shapes import shapes_of
from gas_schedule.arguments import wrong_type
from gas_schedule.bounded_files import read_bounded

MAX_ABI_BYTES = 4 * 1024 * 1024
MAX_ENTRIES = 2_000
WANTED = "an ABI (a path, JSON, interface text, a list of signatures, or an Abi)"


@dataclass(frozen=True)
class AbiContent:
    """Functions, events and errors of a contract, in the ABI's order."""

    functions: tuple[Function, ...]
    events: tuple[EventShape, ...] = ()
    errors: tuple[ErrorShape, ...] = ()
    constructor: Function | None = None
    name: str = ""

    @classmethod
    def read(cls, source: Any) -> Self:
        """The ABI in `source`; raises InvalidAbi, and OSError for a file.

        `source` is a path, or the content itself: the JSON array that compilers write,
        an object with one under `abi`, the text of a Solidity interface, or a list of
        signatures such as "balanceOf(address)(uint256)" and "constructor(uint256)".
        """
        if isinstance(source, cls):
            return source
        if isinstance(source, list | tuple):
            return cls._of_entries(entries_of_signatures(source), "")
        name, content = read_source(source)
        try:
            if len(content) > MAX_ABI_BYTES:
                raise InvalidAbi(f"{len(content)} bytes, at most {MAX_ABI_BYTES}")
            found_name, entries = read_content(content)
            return cls._of_entries(entries, found_name or name)
        except InvalidAbi as error:
            if not name:
                raise
            raise InvalidAbi(f"{source}: {error.reason}") from error

    def with_constructor(self, signature: str) -> Self:
        """The same with a constructor such as "constructor(uint256)"; InvalidAbi."""
        found = AbiContent.read([signature]).constructor
        if found is None:
            raise InvalidAbi(f"{signature!r} is no constructor: constructor(uint256)")
        return replace(self, constructor=found)

    @classmethod
    def _of_entries(cls, entries: Sequence[dict[str, Any]], name: str) -> Self:
        if len(entries) > MAX_ENTRIES:
            raise InvalidAbi(f"{len(entries)} entries, at most {MAX_ENTRIES}")
        kinds: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            kind = entry.get("type", "function")
            kinds.setdefault(kind if isinstance(kind, str) else "", []).append(entry)
        constructors = [
            function
            for entry in kinds.get("constructor", [])
            for function in read_each([{**entry, "name": "constructor", "outputs": []}])
        ]
        events = kinds.get("event", [])
        errors = kinds.get("error", [])
        return cls(
            tuple(read_each(kinds.get("function", []))),
            tuple(map(event_of, events, bare(events))),
            tuple(
                ErrorShape(abi, shapes_of(entry.get("inputs", []), abi.params))
                for entry, abi in zip(errors, bare(errors), strict=True)
            ),
            constructors[0] if constructors else None,
            name,
        )


def read_each(entries: Sequence[dict[str, Any]]) -> Iterable[Function]:
    """The functions that these entries describe."""
    # Results are read as parameters too, for their names.
    swapped = [{**entry, "inputs": entry.get("outputs") or []} for entry in entries]
    return map(function_of, entries, read_functions(entries), map_alone(swapped))


def map_alone(entries: Iterable[dict[str, Any]]) -> Iterable[AbiFunction]:
    """Each entry read alone: results of two functions may look alike."""
    for entry in entries:
        yield read_functions([{**entry, "outputs": []}])[0]


def bare(entries: Sequence[dict[str, Any]]) -> tuple[AbiFunction, ...]:
    """Events or errors in the form of functions."""
    return read_functions([{**entry, "outputs": []} for entry in entries])


def entries_of_signatures(signatures: Sequence[Any]) -> list[dict[str, Any]]:
    """Entries of functions such as `f(uint8)(bool)`, one with results as a view."""
    entries = []
    for text in signatures:
        if not isinstance(text, str):
            raise InvalidAbi(f"{text!r} is no signature")
        try:
            function = parse_function(text)
        except InvalidText as error:
            raise InvalidAbi(str(error)) from error
        entries.append(
            {
                "type": "constructor" if function.name == "constructor" else "function",
                "name": function.name,
                "inputs": [
                    typed(kind.type.text, kind.type) for kind in function.params
                ],
                "outputs": [typed(kind.text, kind) for kind in function.results or ()],
                "stateMutability": "nonpayable",
            }
        )
    return entries


def typed(text: str, value_type: Any) -> dict[str, Any]:
    """The entry of a nameless parameter."""
    inner, suffix = value_type, ""
    while inner.kind == "array":
        suffix = f"[{'' if inner.size is None else inner.size}]{suffix}"
        inner = inner.items[0]
    if inner.kind != "tuple":
        return {"name": "", "type": text}
    components = [typed(item.text, item) for item in inner.items]
    return {"name": "", "type": f"tuple{suffix}", "components": components}


def read_source(source: Any) -> tuple[str, bytes]:
    """A name for what is read, from its path, and the content."""
    if isinstance(source, bytes | bytearray | memoryview):
        return "", bytes(source)
    if isinstance(source, str) and looks_like_content(source):
        return "", source.encode("utf-8", "surrogatepass")
    if not isinstance(source, str | os.PathLike):
        raise wrong_type("abi", WANTED, source)
    path = Path(source)
    return path.name.partition(".")[0], read_bounded(path, MAX_ABI_BYTES)


def looks_like_content(text: str) -> bool:
    """Whether text is an ABI and not the path of one."""
    return text.lstrip().startswith("[") or any(mark in text for mark in "{;\n")
