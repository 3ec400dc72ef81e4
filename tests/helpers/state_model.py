"""The world state as a plain dict; third-party code computes its root."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import rlp
from trie import HexaryTrie

from chain_sim.ethereum.primitives.text import Address, keccak256
from chain_sim.ethereum.state.world_state import WorldState

ZERO = bytes(32)


@dataclass
class ModelAccount:
    nonce: int = 0
    balance: int = 0
    code: bytes = b""
    storage: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return (self.nonce, self.balance, self.code) == (0, 0, b"")


Model = dict[Address, ModelAccount]


def root_of(model: Model) -> bytes:
    accounts = HexaryTrie({})
    for address, account in model.items():
        storage = HexaryTrie({})
        for key, value in account.storage.items():
            if value != ZERO:
                storage[keccak256(key)] = rlp.encode(int.from_bytes(value, "big"))
        accounts[keccak256(address)] = rlp.encode(
            [
                account.nonce,
                account.balance,
                storage.root_hash,
                keccak256(account.code),
            ]
        )
    return accounts.root_hash


def check_equal(
    state: WorldState, model: Model, addresses: Iterable[Address], keys: Iterable[bytes]
) -> None:
    slots = list(keys)
    for address in addresses:
        account = model.get(address, ModelAccount())
        assert state.account_exists(address) == (address in model)
        assert state.is_empty(address) == account.is_empty
        assert state.get_nonce(address) == account.nonce
        assert state.get_balance(address) == account.balance
        assert state.get_code(address) == account.code
        assert state.get_code_hash(address) == keccak256(account.code)
        for key in slots:
            assert state.get_storage(address, key) == account.storage.get(key, ZERO)
