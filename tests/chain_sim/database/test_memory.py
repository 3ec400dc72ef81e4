"""The database in memory as a context manager."""

import pytest

from chain_sim.database.errors import DatabaseClosed
from chain_sim.database.memory import MemoryDatabase


def test_leaving_the_block_closes_the_database() -> None:
    whole = MemoryDatabase()
    with whole as database:
        assert database is whole
        database.write_batch({b"key": b"value"})
        assert database.get(b"key") == b"value"
    with pytest.raises(DatabaseClosed, match=r"^database is closed$"):
        whole.get(b"key")
