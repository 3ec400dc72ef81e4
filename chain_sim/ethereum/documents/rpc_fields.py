"""Headers and access lists as JSON-RPC and dumps have them."""

from chain_sim.ethereum.blocks.block import Header
from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.primitives.access_list import AccessList
from chain_sim.ethereum.primitives.text import format_data, format_quantity


def header_fields(header: Header) -> Document:
    """The header's fields, in the order of its RLP."""
    base_fee = header.base_fee_per_gas
    return {
        "parentHash": format_data(header.parent_hash),
        "sha3Uncles": format_data(header.ommers_hash),
        "miner": format_data(header.coinbase),
        "stateRoot": format_data(header.state_root),
        "transactionsRoot": format_data(header.transactions_root),
        "receiptsRoot": format_data(header.receipts_root),
        "logsBloom": format_data(header.logs_bloom),
        "difficulty": format_quantity(header.difficulty),
        "number": format_quantity(header.number),
        "gasLimit": format_quantity(header.gas_limit),
        "gasUsed": format_quantity(header.gas_used),
        "timestamp": format_quantity(header.timestamp),
        "extraData": format_data(header.extra_data),
        "mixHash": format_data(header.mix_hash),
        "nonce": format_data(header.nonce),
        **({} if base_fee is None else {"baseFeePerGas": format_quantity(base_fee)}),
    }


def access_list_fields(entries: AccessList) -> list[Document]:
    """The addresses of an access list, in lower case, with their keys."""
    return [
        {
            "address": format_data(address),
            "storageKeys": [format_data(key) for key in keys],
        }
        for address, keys in entries
    ]
