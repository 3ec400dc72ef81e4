"""The functions of a contract: from an ABI file in Solidity's JSON, or by signature.

Call data is written and read by eth-abi; what it refuses to read is no call of ours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eth_abi.abi import encode

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.value_types import ValueType, parse_type
from chain_sim.ethereum.primitives.strict_json import TOP, decode_text, parse_json
from chain_sim.ethereum.primitives.text import keccak256

SELECTOR_BYTES = 4
INVARIANT_PREFIX = "invariant_"
READ_ONLY = ("view", "pure")
SIGNATURE = re.compile(r"([A-Za-z_$][A-Za-z0-9_$]*)(\(.*\))")
ARRAY_SUFFIX = re.compile(r"tuple((?:\[[0-9]*\])*)")
FUNCTION_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
MAX_SIGNATURE_CHARACTERS = 1_000
# Compilers write the tree of the source into the same file.
MAX_JSON_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; `name` may be empty."""

    name: str
    type: ValueType


@dataclass(frozen=True, slots=True)
class ContractFunction:
    """A function that a contract says it has.

    `results` are the types that it returns, as text. `is_payable` says whether it takes
    ether, `is_read_only` that it promises to change nothing.
    """

    name: str
    params: tuple[Parameter, ...]
    results: tuple[str, ...] = ()
    is_payable: bool = False
    is_read_only: bool = False
    selector: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        """The selector is the hash of the signature."""
        digest = keccak256(self.signature.encode())
        object.__setattr__(self, "selector", bytes(digest[:SELECTOR_BYTES]))

    @property
    def type_texts(self) -> list[str]:
        """The parameters' types, as eth-abi takes them."""
        return [param.type.text for param in self.params]

    @property
    def signature(self) -> str:
        """`transfer(address,uint256)`."""
        return f"{self.name}({','.join(self.type_texts)})"

    @property
    def is_invariant(self) -> bool:
        """Named as an invariant is, and callable as one."""
        return self.name.startswith(INVARIANT_PREFIX) and not self.params

    def encode(self, values: Sequence[Any]) -> bytes:
        """Call data."""
        return self.selector + encode(self.type_texts, values)

    def decode(self, data: bytes) -> list[Any] | None:
        """The arguments in call data; None where it holds something else."""
        if data[:SELECTOR_BYTES] != self.selector:
            return None
        try:
            return list(decode_values(self.type_texts, data[SELECTOR_BYTES:]))
        except MalformedAbiData:
            return None


def parse_function(text: str) -> ContractFunction:
    """Read `name(types)` or `name(types)(types)`; raises InvalidAbi."""
    is_short = len(text) <= MAX_SIGNATURE_CHARACTERS
    found = SIGNATURE.fullmatch(text.replace(" ", "")) if is_short else None
    if found is None:
        shown = text[:MAX_SIGNATURE_CHARACTERS]
        raise InvalidAbi(f"{shown!r}: write name(types)(returned types)")
    params, results = _split(found[2], text)
    return ContractFunction(
        found[1],
        tuple(Parameter("", item) for item in _types(params)),
        tuple(item.text for item in _types(results)) if results else (),
    )


def read_abi(content: bytes) -> tuple[ContractFunction, ...]:
    """The functions of an ABI file, in its order; raises InvalidAbi.

    The file is the array that compilers write, or an object with one under `abi`.
    """
    entries = [
        entry
        for entry in read_entries(content)
        if isinstance(entry, dict) and entry.get("type", "function") == "function"
    ]
    if not entries:
        raise InvalidAbi("it has no functions")
    return functions_of(entries)


def read_entries(content: bytes) -> list[Any]:
    """All that the array of an ABI file holds; raises InvalidAbi."""
    text = decode_text(content, _refusal)
    document = parse_json(text, _refusal, MAX_JSON_DEPTH)
    if isinstance(document, dict):
        document = document.get("abi")
    if not isinstance(document, list):
        raise InvalidAbi("no array of functions, and no object with one under `abi`")
    return document


def functions_of(entries: Sequence[dict[str, Any]]) -> tuple[ContractFunction, ...]:
    """What these entries describe; raises InvalidAbi."""
    functions = tuple(_function(entry, index) for index, entry in enumerate(entries))
    _check_selectors(functions)
    return functions


def _refusal(place: str, reason: str) -> InvalidAbi:
    return InvalidAbi(reason if place == TOP else f"{place}: {reason}")


def _check_selectors(functions: Sequence[ContractFunction]) -> None:
    seen: dict[bytes, str] = {}
    for function in functions:
        other = seen.setdefault(function.selector, function.signature)
        if other != function.signature:
            raise InvalidAbi(f"{other} and {function.signature} have one selector")


def _function(entry: dict[str, Any], index: int) -> ContractFunction:
    name, inputs = entry.get("name"), entry.get("inputs", [])
    if not isinstance(name, str) or not isinstance(inputs, list):
        raise InvalidAbi(f"entry {index} has no name or no list of inputs")
    if not FUNCTION_NAME.fullmatch(name):
        raise InvalidAbi(f"entry {index} has a name that no function has")
    outputs = entry.get("outputs") or []
    if not isinstance(outputs, list):
        raise InvalidAbi(f"entry {index} has no list of outputs")
    mutability = entry.get("stateMutability", "")
    return ContractFunction(
        name,
        tuple(_parameter(item, name) for item in inputs),
        tuple(_parameter(item, name).type.text for item in outputs),
        is_payable=mutability == "payable" or entry.get("payable") is True,
        is_read_only=mutability in READ_ONLY or entry.get("constant") is True,
    )


def _parameter(item: Any, function: str) -> Parameter:
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise InvalidAbi(f"a parameter of {function} has no type")
    name = item.get("name")
    return Parameter(name if isinstance(name, str) else "", _type_of(item, function))


def _type_of(item: dict[str, Any], function: str) -> ValueType:
    found = ARRAY_SUFFIX.fullmatch(item["type"])
    if found is None:
        return parse_type(item["type"])
    components = item.get("components")
    if not isinstance(components, list) or not components:
        raise InvalidAbi(f"a tuple of {function} has no components")
    params = [_parameter(component, function) for component in components]
    inner = ",".join(param.type.text for param in params)
    outer = parse_type(f"({inner}){found[1]}")
    return _with_names(
        outer, found[1].count("["), tuple(param.name for param in params), params
    )


def _with_names(
    outer: ValueType, depth: int, names: tuple[str, ...], params: Sequence[Parameter]
) -> ValueType:
    """The tuple below `depth` arrays, with the names of its components."""
    if depth:
        inner = _with_names(outer.items[0], depth - 1, names, params)
        return replace(outer, items=(inner,))
    return replace(outer, items=tuple(param.type for param in params), names=names)


def _types(text: str) -> tuple[ValueType, ...]:
    return () if text == "()" else parse_type(text).items


def _split(text: str, signature: str) -> tuple[str, str]:
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return text[: position + 1], text[position + 1 :]
    raise InvalidAbi(f"{signature!r}: brackets do not match")
