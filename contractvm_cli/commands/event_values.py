"""`contractvm event-decode` and `slot`: values of logs, and where mappings are kept."""

import re

import click

from chain_sim.ethereum.abi.encoding import encode_values
from chain_sim.ethereum.abi.errors import InvalidAbi, UnencodableValue
from chain_sim.ethereum.abi.events import EventType
from chain_sim.ethereum.abi.functions import AbiFunction, Parameter
from chain_sim.ethereum.abi.text_values import parse_value, show_value, split_items
from chain_sim.ethereum.abi.types import ValueType, parse_type
from chain_sim.ethereum.primitives.text import (
    InvalidText,
    format_data,
    keccak256,
)
from contractvm_cli.commands.values import function_of, show
from contractvm_cli.failures import CommandFailed
from contractvm_cli.options import VerbGroup, example, json_option, verb_command
from contractvm_cli.parameters import DATA, HASH, SLOT

INDEXED = re.compile(r"\sindexed(?:\s|$)")
WORD_BYTES = 32


@verb_command(
    "event-decode",
    epilog=example(
        "contractvm event-decode 'Paid(address indexed,uint256)' 0x05.. TOPIC0 TOPIC1"
    ),
)
@click.argument("signature")
@click.argument("data", type=DATA)
@click.argument("topics", nargs=-1, type=HASH, metavar="[TOPIC]...")
@json_option
def event_decode_command(
    signature: str, data: bytes, topics: tuple[bytes, ...], as_json: bool
) -> None:
    """Show the values in a log.

    SIGNATURE marks the parameters that are topics with `indexed`. Without a TOPIC, all
    of them are in DATA. Of an indexed text or array a log has the hash only.
    """
    event = event_of(signature, has_topics=bool(topics))
    found = event.read(topics, data)
    if found is None:
        raise CommandFailed(f"not a log of {event.description.signature}")
    values = [
        format_data(one.value) if one.type is None else show_value(one.type, one.value)
        for one in found
    ]
    if as_json:
        show({"event": event.description.signature, "values": values}, as_json)
    else:
        show(values, as_json)


def event_of(signature: str, *, has_topics: bool) -> EventType:
    """The event of a signature; raises CommandFailed."""
    function = function_of(signature)
    text = signature[signature.index("(") :].rpartition(")")[0] + ")"
    try:
        parts = split_items(text, "()", "a signature")
    except InvalidText as error:
        raise CommandFailed(str(error)) from error
    params = tuple(Parameter("", param.type) for param in function.params)
    described = AbiFunction(function.name, params)
    if not has_topics:
        return EventType(described, (False,) * len(params), is_anonymous=True)
    indexed = tuple(INDEXED.search(part) is not None for part in parts)
    return EventType(described, indexed, is_anonymous=False)


@click.group(
    "slot",
    cls=VerbGroup,
    epilog=example("contractvm slot mapping address 0x7099.. 2"),
)
def slot_command() -> None:
    """Show where Solidity's layout keeps an item."""


@slot_command.command(
    "mapping", epilog=example("contractvm slot mapping address 0x7099.. 2")
)
@click.argument("type_text", metavar="TYPE")
@click.argument("key")
@click.argument("base", type=SLOT)
@json_option
def mapping_command(type_text: str, key: str, base: int, as_json: bool) -> None:
    """Show the slot of KEY in the mapping that is at the slot BASE.

    TYPE is the key's. For a mapping within a mapping, BASE is the slot of the outer
    one's item.
    """
    try:
        kind = parse_type("uint256" if type_text == "uint" else type_text)
        encoded = key_bytes(kind, key)
    except (InvalidAbi, InvalidText, UnencodableValue) as error:
        raise CommandFailed(str(error)) from error
    show(format_data(keccak256(encoded + base.to_bytes(WORD_BYTES))), as_json)


@slot_command.command("array", epilog=example("contractvm slot array 3 7"))
@click.argument("base", type=SLOT)
@click.argument("index", type=SLOT)
@json_option
def array_command(base: int, index: int, as_json: bool) -> None:
    """Show the slot of item INDEX of the dynamic array that is at the slot BASE.

    For items of one slot each.
    """
    first = int.from_bytes(keccak256(base.to_bytes(WORD_BYTES)))
    slot = (first + index) % 2 ** (8 * WORD_BYTES)
    show(format_data(slot.to_bytes(WORD_BYTES)), as_json)


def key_bytes(kind: ValueType, key: str) -> bytes:
    """A key as it is hashed: text and bytes as they are, all else as a word."""
    value = parse_value(kind, key)
    if kind.text == "string":
        return str(value).encode()
    if kind.text == "bytes":
        return bytes(value)
    encoded = encode_values([kind], [value])
    if len(encoded) != WORD_BYTES:
        raise InvalidText("a mapping's key", kind.text, "a type of one word is needed")
    return encoded
