"""Methods that sign with the node's keys."""

import msgspec

from chain_sim.ethereum.primitives.signatures import Signature, sign_hash
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_data,
    keccak256,
)
from chain_sim.node.errors import INVALID_PARAMS, NO_SIGNER, RpcError
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, aliases, method
from chain_sim.node.typed_data import typed_data_hash
from chain_sim.node.values import ADDRESS, DATA, required
from contractvm.nesting import check_json_nesting


def key_of(node: Node, address: Address) -> bytes:
    """The account's private key; raises RpcError where the node has none."""
    if address not in node.keys:
        raise RpcError(INVALID_PARAMS, NO_SIGNER)
    return node.keys[address]


def sign(node: Node, address: Address, data: bytes) -> str:
    """The signature of data as a wallet signs a message (EIP-191)."""
    prefix = b"\x19Ethereum Signed Message:\n%d" % len(data)
    return signature_text(sign_hash(keccak256(prefix + data), key_of(node, address)))


def personal_sign(node: Node, data: bytes, address: Address) -> str:
    """As eth_sign, with the parameters in the other order."""
    return sign(node, address, data)


def sign_typed_data(node: Node, address: Address, typed_hash: Hash32) -> str:
    """The signature of typed data (EIP-712); it may be given as JSON text."""
    return signature_text(sign_hash(typed_hash, key_of(node, address)))


def signature_text(signature: Signature) -> str:
    """r, s and v, 65 bytes."""
    numbers = signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big")
    return format_data(numbers + bytes([27 + signature.recovery_id]))


def parse_typed_data(given: object) -> Hash32:
    """The hash of typed data, an object or JSON text with one."""
    if isinstance(given, str):
        try:
            check_json_nesting(given)
            given = msgspec.json.decode(given)
        except (msgspec.DecodeError, ValueError) as error:
            raise InvalidValue("the text is no JSON") from error
    return typed_data_hash(given)


METHODS = (
    method("eth_sign", sign, required("address", ADDRESS), required("data", DATA)),
    method(
        "personal_sign",
        personal_sign,
        required("data", DATA),
        required("address", ADDRESS),
    ),
    *aliases(
        ("eth_signTypedData_v4", "eth_signTypedData"),
        sign_typed_data,
        required("address", ADDRESS),
        required("typed data", Kind("typed data", parse_typed_data)),
    ),
)
