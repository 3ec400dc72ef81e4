"""The input of `call` and `send`: a signature with arguments, or call data."""

from collections.abc import Sequence
from typing import Any

import click
from msgspec import Struct

from chain_sim.ethereum.abi.functions import AbiFunction, parse_function
from chain_sim.ethereum.primitives.text import InvalidText
from contractvm_cli.options import gathered
from contractvm_cli.parameters import DATA


class CallInput(Struct, frozen=True):
    """Call data, and the function it calls if known."""

    data: bytes
    function: AbiFunction | None

    def decode(self, output: bytes) -> list[Any] | None:
        """The function's results; None if their types are unknown.

        Raises InvalidText if `output` does not decode to those types.
        """
        return None if self.function is None else self.function.decode_output(output)


def read_call_input(
    signature: str | None, arguments: Sequence[str], data: bytes | None
) -> CallInput:
    """The call data; wrong usage if the arguments do not fit the signature."""
    if signature is None:
        return CallInput(data or b"", None)
    if data is not None:
        raise click.UsageError(
            "Give either a SIGNATURE or --data, not both.", click.get_current_context()
        )
    try:
        function = parse_function(signature)
        return CallInput(function.encode_text(arguments), function)
    except InvalidText as error:
        raise click.UsageError(str(error), click.get_current_context()) from error


call_input = gathered(
    read_call_input,
    "call_input",
    click.argument("signature", required=False),
    click.argument("arguments", nargs=-1, metavar="[ARGS]..."),
    click.option("--data", type=DATA, help="Call data, instead of a SIGNATURE."),
)
