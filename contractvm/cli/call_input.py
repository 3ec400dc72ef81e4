"""What `call` and `send` take after the address: a signature with arguments, or data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from chain_sim.primitives import InvalidText
from contractvm.cli.abi import AbiFunction, parse_signature
from contractvm.cli.options import refuse_unknown_options
from contractvm.cli.parameters import ACCOUNT, DATA, GAS, WEI

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class CallInput:
    """Call data, and the function that it calls where that is known."""

    data: bytes
    function: AbiFunction | None

    def decode(self, output: bytes) -> list[Any] | None:
        """The function's results; None where their types are not known.

        Raises InvalidText where `output` is something else.
        """
        return None if self.function is None else self.function.decode_output(output)


def call_options(command: F) -> F:
    """The options that `call` and `send` share, and the signature with its arguments."""
    decorators = (
        click.argument("signature", required=False),
        click.argument("arguments", nargs=-1, metavar="[ARGS]..."),
        click.option("--data", type=DATA, help="Call data, instead of a SIGNATURE."),
        click.option(
            "--from",
            "sender",
            type=ACCOUNT,
            metavar="INDEX|ADDRESS",
            help="The caller: a developer account's index, or an address. [default: 0]",
        ),
        click.option(
            "--value", type=WEI, default=0, help="Ether to send: 1000, 2gwei, 1.5ether."
        ),
        click.option(
            "--gas-limit", type=GAS, help="Gas that may be used. [default: a block's]"
        ),
    )
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def read_call_input(
    signature: str | None, arguments: Sequence[str], data: bytes | None
) -> CallInput:
    """The call data; wrong usage where the arguments do not fit the signature."""
    refuse_unknown_options([signature or "", *arguments])
    if signature is None:
        return CallInput(data or b"", None)
    if data is not None:
        raise click.UsageError("give either a SIGNATURE or --data, not both")
    try:
        function = parse_signature(signature)
        return CallInput(function.encode_call(arguments), function)
    except InvalidText as error:
        raise click.UsageError(str(error)) from error
