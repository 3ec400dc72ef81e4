"""A proof as the JSON of `eth_getProof`, written and read."""

from typing import Any

from chain_sim.ethereum.primitives.strict_json import JsonObject, Refusal, as_object
from chain_sim.ethereum.primitives.text import (
    ADDRESS_BYTES,
    Address,
    Hash32,
    format_address,
    format_data,
    format_quantity,
)
from chain_sim.ethereum.primitives.transactions import MAX_UINT_256
from chain_sim.ethereum.state.account import WORD_BYTES, Account
from chain_sim.ethereum.state.account_proof import AccountProof, SlotProof
from chain_sim.ethereum.trie.proof_errors import MalformedProof


def proof_document(proof: AccountProof) -> dict[str, Any]:
    """The result of `eth_getProof`: numbers are `0x` quantities here, too."""
    return {
        "address": format_address(proof.address),
        "accountProof": [format_data(node) for node in proof.proof],
        "balance": format_quantity(proof.account.balance),
        "codeHash": format_data(proof.account.code_hash),
        "nonce": format_quantity(proof.account.nonce),
        "storageHash": format_data(proof.account.storage_root),
        "storageProof": [
            {
                "key": format_data(slot.key),
                "value": format_quantity(int.from_bytes(slot.value, "big")),
                "proof": [format_data(node) for node in slot.proof],
            }
            for slot in proof.slots
        ],
    }


def parse_proof(document: object, refusal: Refusal = MalformedProof) -> AccountProof:
    """Inverse of proof_document; raises what `refusal` makes.

    Keys and values of slots may be quantities or 32 bytes; other members are ignored.
    """
    content = as_object(document, refusal)
    account = Account(
        nonce=content.quantity("nonce", 0, MAX_UINT_256),
        balance=content.quantity("balance", 0, MAX_UINT_256),
        storage_root=Hash32(content.data("storageHash", WORD_BYTES)),
        code_hash=Hash32(content.data("codeHash", WORD_BYTES)),
    )
    return AccountProof(
        Address(content.data("address", ADDRESS_BYTES)),
        account,
        tuple(content.data_list("accountProof")),
        tuple(
            SlotProof(
                _word(slot, "key"), _word(slot, "value"), tuple(slot.data_list("proof"))
            )
            for slot in content.objects("storageProof")
        ),
    )


def _word(content: JsonObject, key: str) -> bytes:
    """Thirty-two bytes from data of that length, or from a quantity."""
    if len(content.text(key)) == 2 + 2 * WORD_BYTES:
        return content.data(key)
    return content.quantity(key, 0, MAX_UINT_256).to_bytes(WORD_BYTES, "big")
