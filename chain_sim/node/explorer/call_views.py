"""Calls of a contract's functions by name, with arguments and results as text."""

from collections.abc import Sequence

from chain_sim.ethereum.abi.functions import AbiFunction, find_function
from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.documents.documents import Document, failure_text
from chain_sim.ethereum.primitives.text import Address, InvalidText
from chain_sim.node.explorer.explorer import (
    SHOWN_BYTES,
    Explorer,
    data_document,
    decoded_document,
)


def call_function(
    explorer: Explorer,
    address: Address,
    signature: str,
    arguments: Sequence[str],
    at: BlockName,
) -> Document:
    """The result of a function of the registered ABI; the call is not made.

    `arguments` are texts as the command line takes them. `values` is null where the
    output has another form than the ABI says.
    """
    abi = explorer.abi_of(address)
    function = find_function(abi.functions, signature)
    data = function.encode_text(arguments)
    result = explorer.chain.call(address, data, at=at)
    failure = error = None
    if not result.succeeded:
        failure = failure_text(result.error, result.output)[:SHOWN_BYTES]
        error = decoded_document(abi.error(result.output))
    return {
        "gasUsed": result.gas_used,
        "failure": failure,
        "error": error,
        "values": result_values(function, result.output) if failure is None else None,
        "output": data_document(result.output),
    }


def result_values(function: AbiFunction, output: bytes) -> list[Document] | None:
    """The results with their types; None where the output has another form."""
    try:
        values = function.decode_output(output)
    except InvalidText:
        return None
    pairs = zip(function.result_texts, values or [], strict=True)
    return [{"name": "", "type": kind, "value": value} for kind, value in pairs]
