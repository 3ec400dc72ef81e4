"""ABI files: Solidity's JSON, or the text of an interface, as entries of one form."""

import os
import re
from collections.abc import Sequence
from typing import Any

from msgspec import structs

from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.functions import AbiFunction, Parameter
from chain_sim.ethereum.abi.interface_text import read_interface
from chain_sim.ethereum.abi.types import ValueType, parse_type
from chain_sim.ethereum.primitives.strict_json import TOP, decode_text, parse_json
from gas_schedule.arguments import as_path
from gas_schedule.bounded_files import read_bounded

READ_ONLY = ("view", "pure")
ARRAY_SUFFIX = re.compile(r"tuple((?:\[[0-9]*\])*)")
FUNCTION_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
# Compilers write the syntax tree into the same file.
MAX_JSON_DEPTH = 200
MAX_FILE_BYTES = 16 * 1024 * 1024
# What JSON begins with, and no interface does.
JSON_STARTS = tuple(bytes([each]) for each in b'[{"-0123456789')


def read_abi(
    abi: bytes | bytearray | memoryview | str | os.PathLike[str],
) -> tuple[AbiFunction, ...]:
    """The functions of an ABI, in its order; raises InvalidAbi.

    `abi` is the file's path, its content or its text; OSError where it cannot be read.
    The file is the array that compilers write, or an object with one under `abi`.
    """
    if isinstance(abi, str) and abi.lstrip().startswith(("[", "{")):
        abi = abi.encode(errors="surrogatepass")
    if not isinstance(abi, bytes | bytearray | memoryview):
        wanted = "an ABI (the path of its file, or JSON)"
        abi = read_bounded(as_path(abi, "abi", wanted), MAX_FILE_BYTES)
    return functions_of(read_entries(bytes(abi)))


def read_entries(content: bytes) -> list[dict[str, Any]]:
    """The entries of an ABI file; see `read_content`."""
    return read_content(content)[1]


def read_content(content: bytes) -> tuple[str, list[dict[str, Any]]]:
    """The name of what is described, if told, and its entries; raises InvalidAbi.

    `content` is the array that compilers write, an object with one under `abi`, or the
    text of a Solidity interface.
    """
    if content.lstrip()[:1] not in JSON_STARTS:
        return read_interface(content)
    document = parse_json(decode_text(content, _refusal), _refusal, MAX_JSON_DEPTH)
    name = ""
    if isinstance(document, dict):
        names = (document.get(key) for key in ("name", "contractName"))
        name = next((each for each in names if isinstance(each, str)), "")
        document = document.get("abi")
    if not isinstance(document, list):
        raise InvalidAbi("no array of functions, and no object with one under `abi`")
    return name, [entry for entry in document if isinstance(entry, dict)]


def functions_of(entries: Sequence[dict[str, Any]]) -> tuple[AbiFunction, ...]:
    """The functions among these entries; raises InvalidAbi, also if there are none."""
    found = [entry for entry in entries if entry.get("type", "function") == "function"]
    if not found:
        raise InvalidAbi("it has no functions")
    return read_functions(found)


def read_functions(entries: Sequence[dict[str, Any]]) -> tuple[AbiFunction, ...]:
    """The functions that these entries describe, of any type; raises InvalidAbi."""
    functions = tuple(_function(entry, index) for index, entry in enumerate(entries))
    seen: dict[bytes, str] = {}
    for function in functions:
        other = seen.setdefault(function.selector, function.signature)
        if other != function.signature:
            raise InvalidAbi(f"{other} and {function.signature} have one selector")
    return functions


def _refusal(place: str, reason: str) -> InvalidAbi:
    return InvalidAbi(reason if place == TOP else f"{place}: {reason}")


def _function(entry: dict[str, Any], index: int) -> AbiFunction:
    name, inputs = entry.get("name"), entry.get("inputs", [])
    if not isinstance(name, str) or not isinstance(inputs, list):
        raise InvalidAbi(f"entry {index} has no name or no list of inputs")
    if not FUNCTION_NAME.fullmatch(name):
        raise InvalidAbi(f"entry {index} has a name that no function has")
    outputs = entry.get("outputs") or []
    if not isinstance(outputs, list):
        raise InvalidAbi(f"entry {index} has no list of outputs")
    mutability = entry.get("stateMutability", "")
    return AbiFunction(
        name,
        tuple(_parameter(item, name) for item in inputs),
        tuple(_parameter(item, name).type for item in outputs),
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
    return _with_components(outer, params)


def _with_components(outer: ValueType, params: Sequence[Parameter]) -> ValueType:
    """The same type, its tuple with the names that `params` and their parts have."""
    if outer.kind == "array":
        inner = _with_components(outer.items[0], params)
        return structs.replace(outer, items=(inner,))
    items = tuple(param.type for param in params)
    return structs.replace(
        outer, items=items, names=tuple(param.name for param in params)
    )
