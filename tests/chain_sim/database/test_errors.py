import pytest

from chain_sim.database.errors import (
    DatabaseClosed,
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseUnavailable,
    DatabaseVersionMismatch,
    DatabaseWriteFailed,
)
from chain_sim.ethereum.trie.missing import MissingCode, MissingNode
from contractvm.errors import ContractVmError, InternalError

HASH = bytes(31) + b"\xab"
HASH_TEXT = "00" * 31 + "ab"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MissingNode(HASH, b""), f"missing trie node {HASH_TEXT} at the root"),
        (
            MissingNode(HASH, b"\x00\x0a\x0f"),
            f"missing trie node {HASH_TEXT} at path 0af",
        ),
        (MissingCode(HASH), f"missing code {HASH_TEXT}"),
        (DatabaseDamaged(b"n\1", "torn"), "database damaged at key 6e01: torn"),
        (DatabaseDamaged(b"", "torn"), "database damaged at key (any): torn"),
        (DatabaseWriteFailed("/db", "full"), "database /db: write failed: full"),
        (DatabaseClosed(), "database is closed"),
    ],
)
def test_failures_of_the_machine_are_internal_errors(
    error: Exception, text: str
) -> None:
    assert isinstance(error, InternalError)
    assert str(error) == text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            DatabaseLocked("/db"),
            "database /db: already open in another process; end that one first",
        ),
        (
            DatabaseVersionMismatch("/db", "2", "1"),
            "database /db: has format version 2, this program needs 1",
        ),
    ],
)
def test_what_the_user_can_mend_is_no_internal_error(
    error: DatabaseUnavailable, text: str
) -> None:
    assert isinstance(error, ContractVmError)
    assert not isinstance(error, InternalError)
    assert str(error) == text
    assert error.path == "/db"
