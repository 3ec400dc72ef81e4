"""Small verbs without a chain: hashes, signatures, ABI data, amounts, addresses."""

import json
import re
import sys
from typing import Any

import click

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.errors import UnencodableValue
from chain_sim.ethereum.abi.functions import (
    SELECTOR_BYTES,
    AbiFunction,
    parse_function,
    revert_reason,
)
from chain_sim.ethereum.abi.numbers import parse_integer
from chain_sim.ethereum.abi.text_values import show_value
from chain_sim.ethereum.primitives.contract_address import (
    contract_address,
    salted_address,
)
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    InvalidText,
    format_address,
    format_data,
    keccak256,
    parse_data,
)
from chain_sim.ethereum.primitives.transactions import MAX_NONCE
from contractvm_cli.failures import CommandFailed, on_one_line
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_json
from contractvm_cli.parameters import ADDRESS, DATA, HASH

MAX_STDIN_BYTES = 64 * 1024 * 1024
DECIMALS = {"wei": 0, "gwei": 9, "ether": 18}
# A name after a type, perhaps with a word of Solidity's between them.
NAMED = re.compile(
    r"([A-Za-z0-9\]]+|\))(?:\s+[A-Za-z_$][A-Za-z0-9_$]*)+(?=\s*[,)])",
)
PANIC = "Panic(uint256)"
KNOWN_ERRORS = ("Error(string)", PANIC)

signature_argument = click.argument("signature")
values_argument = click.argument("values", nargs=-1, metavar="[ARGS]...")


def show(value: Any, as_json: bool) -> None:
    """Print a value, or the lines of several; control characters are escaped."""
    if as_json:
        print_json(value)
        return
    for line in value if isinstance(value, list) else [value]:
        click.echo(on_one_line(line if isinstance(line, str) else json.dumps(line)))


def function_of(signature: str) -> AbiFunction:
    """The function that a signature names; names of parameters are left out."""
    head, bracket, rest = signature.partition("(")
    plain = head.removeprefix("function ").removeprefix("event ").strip()
    try:
        return parse_function(plain + bracket + NAMED.sub(r"\1", rest))
    except InvalidText as error:
        raise CommandFailed(str(error)) from error


def encoded(function: AbiFunction, values: tuple[str, ...]) -> bytes:
    """Call data; CommandFailed for arguments that do not fit."""
    try:
        return function.encode_text(values)
    except (InvalidText, UnencodableValue) as error:
        raise CommandFailed(str(error)) from error


def decoded(function: AbiFunction, types: list[str], data: bytes) -> list[Any]:
    """The values in data; CommandFailed if it has another form."""
    try:
        values = decode_values(types, data)
    except MalformedAbiData as error:
        raise CommandFailed(str(error)) from error
    kinds = [param.type for param in function.params]
    if types == function.result_texts:
        kinds = list(function.results or ())
    return [show_value(*pair) for pair in zip(kinds, values, strict=True)]


@verb_command("sig", epilog=example("contractvm sig 'transfer(address,uint256)'"))
@signature_argument
@json_option
def sig_command(signature: str, as_json: bool) -> None:
    """Show a function's selector."""
    show(format_data(function_of(signature).selector), as_json)


@verb_command("topic", epilog=example("contractvm topic 'Paid(address,uint256)'"))
@signature_argument
@json_option
def topic_command(signature: str, as_json: bool) -> None:
    """Show the first topic of an event's logs."""
    text = function_of(signature).signature
    show(format_data(keccak256(text.encode())), as_json)


@verb_command(
    "keccak", epilog=example("contractvm keccak hello", "contractvm keccak 0x00")
)
@click.argument("data")
@click.option("--text", "is_text", is_flag=True, help="DATA is text, even with 0x.")
@json_option
def keccak_command(data: str, is_text: bool, as_json: bool) -> None:
    """Show the Keccak-256 of bytes or text.

    DATA that begins with 0x is bytes, - is stdin, anything else is text.
    """
    if data == "-":
        content = sys.stdin.buffer.read(MAX_STDIN_BYTES + 1)
        if len(content) > MAX_STDIN_BYTES:
            raise CommandFailed(f"stdin has more than {MAX_STDIN_BYTES} bytes")
    elif data.startswith("0x") and not is_text:
        try:
            content = parse_data(data)
        except InvalidText as error:
            raise CommandFailed(str(error)) from error
    else:
        content = data.encode("utf-8", "surrogateescape")
    show(format_data(keccak256(content)), as_json)


@verb_command(
    "calldata", epilog=example("contractvm calldata 'transfer(address,uint256)' 0x7..")
)
@signature_argument
@values_argument
@json_option
def calldata_command(signature: str, values: tuple[str, ...], as_json: bool) -> None:
    """Show the call data of a function with arguments."""
    show(format_data(encoded(function_of(signature), values)), as_json)


@verb_command("abi-encode", epilog=example("contractvm abi-encode 'f(uint8)' 5"))
@signature_argument
@values_argument
@json_option
def abi_encode_command(signature: str, values: tuple[str, ...], as_json: bool) -> None:
    """Show encoded arguments, without a selector."""
    data = encoded(function_of(signature), values)
    show(format_data(data[SELECTOR_BYTES:]), as_json)


@verb_command(
    "abi-decode", epilog=example("contractvm abi-decode 'get()(uint256)' 0x00..")
)
@signature_argument
@click.argument("data", type=DATA)
@json_option
def abi_decode_command(signature: str, data: bytes, as_json: bool) -> None:
    """Show the values in a function's output.

    SIGNATURE has their types in a second pair of brackets.
    """
    function = function_of(signature)
    show(decoded(function, function.result_texts, data), as_json)


@verb_command(
    "calldata-decode", epilog=example("contractvm calldata-decode 'f(uint8)' 0xd8..")
)
@signature_argument
@click.argument("data", type=DATA)
@json_option
def calldata_decode_command(signature: str, data: bytes, as_json: bool) -> None:
    """Show the arguments in call data."""
    function = function_of(signature)
    if data[:SELECTOR_BYTES] != function.selector:
        raise CommandFailed(
            f"the data begins with {format_data(data[:SELECTOR_BYTES])}, not with"
            f" {format_data(function.selector)} of {function.signature}"
        )
    show(decoded(function, function.type_texts, data[SELECTOR_BYTES:]), as_json)


@verb_command("error-decode", epilog=example("contractvm error-decode 0x08c379a0.."))
@click.argument("data", type=DATA)
@click.option("--sig", "signature", metavar="SIGNATURE", help="The error's signature.")
@json_option
def error_decode_command(data: bytes, signature: str | None, as_json: bool) -> None:
    """Show what the data of a revert says.

    It is an Error(string), a Panic(uint256), or the error that --sig names.
    """
    known = KNOWN_ERRORS if signature is None else (signature,)
    for text in known:
        function = function_of(text)
        if data[:SELECTOR_BYTES] == function.selector:
            types = function.type_texts
            values = decoded(function, types, data[SELECTOR_BYTES:])
            found = {"error": function.signature, "values": values}
            reason = revert_reason(data)
            shown = reason if reason is not None else json.dumps(values)[1:-1]
            show(found if as_json else f"{function.name}({shown})", as_json)
            return
    raise CommandFailed(f"unknown error {format_data(data[:SELECTOR_BYTES])}")


@verb_command("to-wei", epilog=example("contractvm to-wei 1.5 ether"))
@click.argument("amount")
@click.argument("unit", type=click.Choice(list(DECIMALS)), default="ether")
@json_option
def to_wei_command(amount: str, unit: str, as_json: bool) -> None:
    """Show an amount in wei, exactly."""
    try:
        wei = parse_integer(f"{amount}{unit}")
    except InvalidText as error:
        raise CommandFailed(str(error)) from error
    show(str(wei), as_json)


@verb_command("from-wei", epilog=example("contractvm from-wei 1500 gwei"))
@click.argument("amount")
@click.argument("unit", type=click.Choice(list(DECIMALS)), default="ether")
@json_option
def from_wei_command(amount: str, unit: str, as_json: bool) -> None:
    """Show an amount of wei in another unit, with all its digits."""
    try:
        wei = parse_integer(amount)
    except InvalidText as error:
        raise CommandFailed(str(error)) from error
    decimals = DECIMALS[unit]
    whole, fraction = divmod(abs(wei), 10**decimals)
    digits = f".{str(fraction).rjust(decimals, '0')}" if decimals else ""
    show(f"{'-' if wei < 0 else ''}{whole}{digits}", as_json)


@verb_command("to-hex", epilog=example("contractvm to-hex 255"))
@click.argument("number")
@json_option
def to_hex_command(number: str, as_json: bool) -> None:
    """Show a number in hexadecimal."""
    try:
        show(hex(parse_integer(number)), as_json)
    except InvalidText as error:
        raise CommandFailed(str(error)) from error


@verb_command("to-dec", epilog=example("contractvm to-dec 0xff"))
@click.argument("number")
@json_option
def to_dec_command(number: str, as_json: bool) -> None:
    """Show a number in decimal."""
    try:
        show(str(parse_integer(number)), as_json)
    except InvalidText as error:
        raise CommandFailed(str(error)) from error


@verb_command("checksum", epilog=example("contractvm checksum 0xf39fd6e51aad88f6.."))
@click.argument("address", type=ADDRESS)
@json_option
def checksum_command(address: Address, as_json: bool) -> None:
    """Show an address with its checksum."""
    show(format_address(address), as_json)


@verb_command(
    "address",
    epilog=example(
        "contractvm address 0xf39F.. --nonce 1",
        "contractvm address 0xf39F.. --create2 0x00..00 0x6000",
    ),
)
@click.argument("sender", type=ADDRESS)
@click.option(
    "--nonce",
    type=click.IntRange(0, MAX_NONCE),
    help="The sender's nonce at the creation.",
)
@click.option(
    "--create2",
    "salted",
    type=(HASH, DATA),
    metavar="SALT CODE",
    help="The salt of a CREATE2, and the init code.",
)
@json_option
def address_command(
    sender: Address,
    nonce: int | None,
    salted: tuple[Hash32, bytes] | None,
    as_json: bool,
) -> None:
    """Show the address of a contract to be created."""
    if (nonce is None) == (salted is None):
        raise click.UsageError(
            "Give either --nonce or --create2.", click.get_current_context()
        )
    if salted is not None:
        found = salted_address(sender, *salted)
    else:
        found = contract_address(sender, nonce or 0)
    show(format_address(found), as_json)
