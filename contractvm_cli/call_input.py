"""The input of a call: a function with arguments, or call data.

A signature is known at once. A bare name needs the contract's ABI, an account's name
among the arguments the address book: both are of a chain, and known when it is open.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from chain_sim.ethereum.abi.functions import AbiFunction, parse_function
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import (
    ADDRESS_BYTES,
    Address,
    InvalidText,
    format_address,
)
from contractvm_cli.completing import complete_account, complete_function
from contractvm_cli.decoding import abi_option, may_know_abis
from contractvm_cli.failures import CommandFailed
from contractvm_cli.lookups import account_of
from contractvm_cli.names import Name, named_account, nearest
from contractvm_cli.options import gathered
from contractvm_cli.parameters import DATA

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain
    from contractvm_cli.known_abis import KnownAbis

Find = Callable[[Address | Name], Address]

FUNCTION_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
ADDRESSES = re.compile(r"address(?:\[[0-9]*\])*")
WORD = re.compile(r"[^\s,\[\]]+")
UNKNOWN = Address(bytes(ADDRESS_BYTES))


class CallInput(Struct, frozen=True):
    """Call data, and the function it calls if known.

    With a `signature`, both are those of `on` a chain. `abi` is the path of a file,
    `given_types` the signature as it was given, if it has types.
    """

    data: bytes = b""
    function: AbiFunction | None = None
    signature: str | None = None
    arguments: tuple[str, ...] = ()
    abi: Path | None = None
    given_types: str | None = None

    @property
    def is_call(self) -> bool:
        """Whether anything is called: without, there is only ether to send."""
        return bool(self.data) or self.signature is not None

    def on(
        self,
        chain: "Blockchain | NodeChain",
        address: Address,
        abis: "KnownAbis | None",
    ) -> "CallInput":
        """The input for the contract at `address`; raises CommandFailed."""
        if self.signature is None:
            return self

        def find(given: Address | Name) -> Address:
            return account_of(chain, given)

        if "(" in self.signature:
            try:
                function = parse_function(self.signature)
                return CallInput(encoded(function, self.arguments, find), function)
            except InvalidText as error:
                raise CommandFailed(str(error)) from error
        functions = () if abis is None else abis.of(address).functions
        function = chosen(self.signature, self.arguments, functions, find)
        return CallInput(encoded(function, self.arguments, find), function)

    def decode(self, output: bytes) -> list[Any] | None:
        """The function's results; None if their types are unknown.

        Raises InvalidText if `output` does not decode to those types.
        """
        return None if self.function is None else self.function.decode_output(output)


def encoded(function: AbiFunction, arguments: Sequence[str], find: Find) -> bytes:
    """Call data, with names in the place of addresses; raises InvalidText."""

    def address(word: re.Match[str]) -> str:
        return format_address(find(named_account(word[0])))

    texts = list(arguments)
    for index, (param, text) in enumerate(zip(function.params, texts, strict=False)):
        if ADDRESSES.fullmatch(param.type.text):
            texts[index] = WORD.sub(address, text)
    return function.encode_text(texts)


def chosen(
    name: str, arguments: Sequence[str], functions: Sequence[AbiFunction], find: Find
) -> AbiFunction:
    """The one function of a name that takes the arguments; raises CommandFailed."""
    if not functions:
        raise CommandFailed(
            f"{name!r} is no signature, and no ABI of the contract is known: write"
            " name(types)(returned types), or give --abi"
        )
    named = [one for one in functions if one.name == name]
    if not named:
        names = [one.name for one in functions]
        raise CommandFailed(
            f"no function {name!r} in the ABI{nearest(name, names)}; it has"
            f" {', '.join(one.signature for one in functions)}"
        )
    fits, reasons = [], []
    for one in named:
        try:
            encoded(one, arguments, find)
            fits.append(one.signature)
        except InvalidText as error:
            reasons.append(f"{one.signature}: {error}")
    if not fits:
        raise CommandFailed("; ".join(reasons))
    if len(fits) > 1:
        call = f"{name}({', '.join(arguments)})"
        raise CommandFailed(f"{call} fits {' and '.join(fits)}: write one of these")
    return next(one for one in named if one.signature == fits[0])


def read_call_input(
    signature: str | None,
    arguments: tuple[str, ...],
    data: bytes | None,
    abi: Path | None,
) -> CallInput:
    """The call data; wrong usage if the arguments do not fit the signature."""
    context = click.get_current_context()
    if signature is None:
        return CallInput(data or b"", abi=abi)
    if data is not None:
        raise click.UsageError("Give either a SIGNATURE or --data, not both.", context)
    if FUNCTION_NAME.fullmatch(signature) and (abi is not None or may_know_abis()):
        return CallInput(signature=signature, arguments=arguments, abi=abi)
    try:
        function = parse_function(signature)
        unknown: list[Name] = []

        def find(given: Address | Name) -> Address:
            if not isinstance(given, Name):
                return given
            unknown.append(given)
            return UNKNOWN

        call_data = encoded(function, arguments, find)
    except InvalidText as error:
        raise click.UsageError(str(error), context) from error
    if unknown:
        return CallInput(b"", None, signature, arguments, abi, signature)
    return CallInput(call_data, function, abi=abi, given_types=signature)


call_input = gathered(
    read_call_input,
    "call_input",
    click.argument("signature", required=False, shell_complete=complete_function),
    click.argument(
        "arguments", nargs=-1, metavar="[ARGS]...", shell_complete=complete_account
    ),
    click.option("--data", type=DATA, help="Call data, instead of a SIGNATURE."),
    abi_option,
)
