"""Arguments of constructors: encoded, and carried in init code."""

from typing import Any

from chain_sim.ethereum.abi.encoding import encode_values
from contract_testing.contracts.abi import AbiContent
from contract_testing.contracts.connection import Connection
from contract_testing.contracts.errors import NoConstructor, UnfitValue
from contract_testing.contracts.functions import argument_text
from contract_testing.contracts.values import fitted
from contractvm.wasm.structure.encoding import encode_unsigned

ARGUMENTS_SECTION = b"\x04args"


def constructor_data(
    abi: AbiContent, arguments: tuple[Any, ...], connection: Connection
) -> bytes:
    """The constructor's arguments, encoded; empty for none."""
    constructor = abi.constructor
    if constructor is None or not constructor.inputs:
        if arguments:
            raise NoConstructor(len(arguments))
        return b""
    if len(arguments) != len(constructor.inputs):
        reason = f"{len(constructor.inputs)} arguments needed, {len(arguments)} given"
        raise UnfitValue(constructor.signature, reason)
    resolve = connection.book.names.get
    values = [
        fitted(shape, value, resolve, argument_text(shape.name, place, constructor))
        for place, (shape, value) in enumerate(
            zip(constructor.inputs, arguments, strict=True)
        )
    ]
    return encode_values([shape.type for shape in constructor.inputs], values)


def with_arguments(init_code: bytes, data: bytes) -> bytes:
    """Init code with arguments as its last bytes, in a custom section.

    A module followed by anything else is malformed; `codeCopy` shows the constructor
    the whole of it.
    """
    content = ARGUMENTS_SECTION + data
    return init_code + b"\0" + encode_unsigned(len(content)) + content
