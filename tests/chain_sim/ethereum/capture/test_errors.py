"""Each error of cases and of dumps says one clear line and keeps its facts."""

import pytest

from chain_sim.ethereum.capture import errors as replay_errors
from chain_sim.ethereum.dumps import errors as exchange_errors
from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.trie.missing import MissingPreimage

MESSAGES = [
    (
        replay_errors.MalformedCase("nodes[1]", "empty"),
        "not a case: nodes[1]: empty",
    ),
    (
        replay_errors.WitnessIncomplete("trie node", b"\xab"),
        "the case lacks the trie node 0xab, which the run asks for",
    ),
    (
        replay_errors.WitnessIncomplete("hash of block", 7),
        "the case lacks the hash of block 7, which the run asks for",
    ),
    (
        replay_errors.CaseUnbounded("br costs nothing"),
        "the case may take very long, or very much memory: br costs nothing",
    ),
    (
        exchange_errors.MalformedDump("alloc", "cut short"),
        "cannot be loaded: alloc: cut short",
    ),
    (
        exchange_errors.WrongStateRoot(b"\1", b"\2"),
        "cannot be loaded: the accounts have the state root 0x02, the file says 0x01",
    ),
    (
        exchange_errors.ChainExists("chain"),
        "chain is there already: a chain is loaded into a new place",
    ),
]


@pytest.mark.parametrize(("error", "message"), MESSAGES)
def test_the_message(error: ChainError, message: str) -> None:
    assert str(error) == message


def test_a_missing_preimage_says_why() -> None:
    error = MissingPreimage(b"\xab", "address")
    assert (error.digest, error.kind) == (b"\xab", "address")
    assert str(error) == (
        "the address with hash ab is not in the database: an older version wrote it,"
        " which kept hashes only"
    )
