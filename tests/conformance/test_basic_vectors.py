"""Ethereum's BasicTests: keys, transactions, hex-prefix paths.

Two of the four files have no test here. crypto.json is about the encryption of the
network's handshake (ECIES, AES), which a local chain does not have. The signatures in
keyaddrtest.json are of a message that the file does not define.
"""

import json

import pytest

from chain_sim.ethereum.primitives.errors import InvalidSignature
from chain_sim.ethereum.primitives.rlp_fields import encode_item
from chain_sim.ethereum.primitives.signatures import MAX_LOW_S, address_of_private_key
from chain_sim.ethereum.primitives.text import keccak256
from chain_sim.ethereum.primitives.transactions import (
    decode_transaction,
    encode_transaction,
    recover_sender,
    sign_transaction,
)
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_decoder import decode_node
from chain_sim.ethereum.trie.node_encoder import encode_tree
from tests.helpers.vectors import vectors_folder


def cases(file: str, count: int) -> list[dict[str, str]]:
    text = vectors_folder("ethereum").joinpath("BasicTests", file).read_text()
    content = json.loads(text)
    assert len(content) == count
    return content


def test_keys_have_the_published_addresses() -> None:
    for case in cases("keyaddrtest.json", 2):
        key = bytes.fromhex(case["key"])
        assert keccak256(case["seed"].encode()) == key
        assert address_of_private_key(key).hex() == case["addr"]


def test_transactions_have_the_published_encoding() -> None:
    for case in cases("txtest.json", 2):
        unsigned = decode_transaction(bytes.fromhex(case["unsigned"]))
        assert unsigned.nonce == case["nonce"]
        assert unsigned.gas_price == case["gasprice"]
        assert unsigned.gas_limit == case["startgas"]
        assert (unsigned.to or b"").hex() == case["to"]
        assert unsigned.value == case["value"]
        assert unsigned.data.hex() == case["data"]
        assert encode_transaction(unsigned).hex() == case["unsigned"]
        signed = decode_transaction(bytes.fromhex(case["signed"]))
        assert encode_transaction(signed).hex() == case["signed"]


def test_low_s_signature_is_the_published_one_and_high_s_is_refused() -> None:
    low, high = cases("txtest.json", 2)
    key = bytes.fromhex(low["key"])
    unsigned = decode_transaction(bytes.fromhex(low["unsigned"]))
    signed = sign_transaction(unsigned, key, None)
    assert encode_transaction(signed).hex() == low["signed"]
    assert recover_sender(signed, None) == address_of_private_key(key)
    # The second was signed before Homestead's EIP-2.
    old = decode_transaction(bytes.fromhex(high["signed"]))
    assert old.s > MAX_LOW_S
    with pytest.raises(InvalidSignature):
        recover_sender(old, None)


def test_hex_prefix_of_paths_is_the_published_one_both_ways() -> None:
    text = vectors_folder("ethereum").joinpath("BasicTests", "hexencodetest.json")
    content = json.loads(text.read_text())
    assert len(content) == 12
    for name, case in content.items():
        # A leaf ends in a value, an extension in the hash of the node below it.
        below = b"value" if case["term"] else keccak256(b"")
        encoded = encode_item([bytes.fromhex(case["out"]), below])
        node = decode_node(encoded, keccak256(encoded))
        assert (node.is_leaf, node.path) == (case["term"], bytes(case["seq"])), name
        root, nodes = encode_tree(node, NodeCache(), keccak256)
        assert nodes == {root: encoded}, name
