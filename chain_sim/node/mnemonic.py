"""Accounts from a mnemonic phrase (BIP-39, BIP-32)."""

import hmac
import re
from hashlib import pbkdf2_hmac

from coincurve import PrivateKey

from chain_sim.ethereum.blocks.accounts import DERIVATION_PATH, DeveloperAccount
from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.signatures import (
    CURVE_ORDER,
    address_of_private_key,
)

SEED_ROUNDS = 2_048
HARDENED = 1 << 31
STEP = re.compile(r"([0-9]{1,10})('?)")
DEFAULT_PATH = DERIVATION_PATH.removesuffix("{index}")


class InvalidDerivationPath(ChainError):
    """Text that is no path to a key."""

    def __init__(self, path: str) -> None:
        super().__init__(f"not a derivation path: {path!r}: write {DEFAULT_PATH}")
        self.path = path


def derive_accounts(
    phrase: str, count: int, path: str = DEFAULT_PATH
) -> tuple[DeveloperAccount, ...]:
    """The first accounts of a phrase; the words are not checked.

    `path` leads to the account that the indexes follow. Raises InvalidDerivationPath.
    """
    seed = pbkdf2_hmac(
        "sha512", " ".join(phrase.split()).encode(), b"mnemonic", SEED_ROUNDS
    )
    root = hmac.digest(b"Bitcoin seed", seed, "sha512")
    key, chain_code = root[:32], root[32:]
    for step in path_steps(path):
        key, chain_code = derive_child(key, chain_code, step)
    accounts = []
    for index in range(count):
        private_key, _ = derive_child(key, chain_code, index)
        address = address_of_private_key(private_key)
        accounts.append(DeveloperAccount(index, address, private_key))
    return tuple(accounts)


def path_steps(path: str) -> list[int]:
    """The numbers of the children on the way; raises InvalidDerivationPath."""
    first, *texts = path.rstrip("/").split("/")
    found = [STEP.fullmatch(text) for text in texts]
    if first != "m":
        raise InvalidDerivationPath(path)
    steps = []
    for match in found:
        if match is None or int(match[1]) >= HARDENED:
            raise InvalidDerivationPath(path)
        steps.append(int(match[1]) + (HARDENED if match[2] else 0))
    return steps


def derive_child(key: bytes, chain_code: bytes, number: int) -> tuple[bytes, bytes]:
    """The key and the chain code of a child (BIP-32, private parent to private child).

    Once in 2^127 there is no such child: then there is no key either.
    """
    is_hardened = number >= HARDENED
    data = b"\0" + key if is_hardened else PrivateKey(key).public_key.format()
    digest = hmac.digest(chain_code, data + number.to_bytes(4, "big"), "sha512")
    child = (int.from_bytes(digest[:32], "big") + int.from_bytes(key, "big")) % (
        CURVE_ORDER
    )
    return child.to_bytes(32, "big"), digest[32:]
