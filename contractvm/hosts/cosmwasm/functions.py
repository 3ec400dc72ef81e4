"""The functions of `env`, one row each."""

from collections.abc import Callable
from typing import Any

from contractvm.hosts.cosmwasm import chain_functions as chain
from contractvm.hosts.cosmwasm import crypto_functions as crypto
from contractvm.hosts.cosmwasm import storage_functions as storage
from contractvm.hosts.cosmwasm.frame import MODULE, Frame
from contractvm.hosts.interface import HostFunction, func_type


def _charging(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    """The host function that charges a call before all else, then calls `run`."""

    def call(frame: Frame, *arguments: int) -> Any:
        frame.enter(name)
        return run(frame, *arguments)

    return call


def _row(
    name: str, params: str, results: str, run: Callable[..., Any], group: str
) -> HostFunction:
    kind = func_type(params, results)
    return HostFunction(MODULE, name, kind, _charging(name, run), group=group)


FUNCTIONS = (
    _row("db_read", "i", "i", storage.db_read, "storage"),
    _row("db_write", "ii", "", storage.db_write, "storage"),
    _row("db_remove", "i", "", storage.db_remove, "storage"),
    _row("db_scan", "iii", "i", storage.db_scan, "storage"),
    _row("db_next", "i", "i", storage.db_next, "storage"),
    _row("db_next_key", "i", "i", storage.db_next_key, "storage"),
    _row("db_next_value", "i", "i", storage.db_next_value, "storage"),
    _row("addr_validate", "i", "i", chain.addr_validate, "host"),
    _row("addr_canonicalize", "ii", "i", chain.addr_canonicalize, "host"),
    _row("addr_humanize", "ii", "i", chain.addr_humanize, "host"),
    _row("secp256k1_verify", "iii", "i", crypto.secp256k1_verify, "host"),
    _row("secp256k1_recover_pubkey", "iii", "I", crypto.secp256k1_recover, "host"),
    _row("secp256r1_verify", "iii", "i", crypto.secp256r1_verify, "host"),
    _row("secp256r1_recover_pubkey", "iii", "I", crypto.secp256r1_recover, "host"),
    _row("ed25519_verify", "iii", "i", crypto.ed25519_verify, "host"),
    _row("ed25519_batch_verify", "iii", "i", crypto.ed25519_batch_verify, "host"),
    _row("bls12_381_aggregate_g1", "ii", "i", crypto.bls_aggregate_g1, "host"),
    _row("bls12_381_aggregate_g2", "ii", "i", crypto.bls_aggregate_g2, "host"),
    _row("bls12_381_pairing_equality", "iiii", "i", crypto.bls_pairing, "host"),
    _row("bls12_381_hash_to_g1", "iiii", "i", crypto.bls_hash_to_g1, "host"),
    _row("bls12_381_hash_to_g2", "iiii", "i", crypto.bls_hash_to_g2, "host"),
    _row("debug", "i", "", chain.debug, "host"),
    _row("abort", "i", "", chain.abort, "host"),
    _row("query_chain", "i", "i", chain.query_chain, "host"),
)
