"""A layered database reads from both, and writes to itself alone."""

from chain_sim.database.memory import MemoryDatabase
from contract_fuzz.cases.layered_database import LayeredDatabase


def test_its_size_is_that_of_what_it_holds() -> None:
    layered = LayeredDatabase(MemoryDatabase())
    sizes = []
    for puts, deletes in (
        ({b"a": b"12", b"bc": b""}, ()),
        ({b"a": b"123456"}, ()),
        ({}, (b"bc", b"unknown")),
    ):
        layered.write_batch(puts, deletes)
        sizes.append(layered.size_bytes)
    assert sizes == [5, 9, 7]
    layered.forget()
    assert layered.size_bytes == 0


def test_what_is_written_stays_above() -> None:
    base = MemoryDatabase()
    base.write_batch({b"a1": b"below", b"a2": b"below", b"b": b"other"})
    layered = LayeredDatabase(base)
    layered.write_batch({b"a2": b"above", b"a3": b"new"})
    assert [layered.get(key) for key in (b"a1", b"a2", b"a3", b"a4")] == [
        *(b"below", b"above", b"new", None)
    ]
    assert list(layered.iterate(b"a")) == [
        *((b"a1", b"below"), (b"a2", b"above"), (b"a3", b"new"))
    ]
    assert layered.size_bytes == 2 + 5 + 2 + 3
    layered.write_batch({}, [b"a3", b"a1"])
    assert layered.get(b"a3") is None
    assert layered.get(b"a1") == b"below"
    layered.compact()
    layered.close()
    assert (layered.get(b"a2"), layered.size_bytes) == (b"below", 0)
    assert list(base.iterate(b"")) == [
        *((b"a1", b"below"), (b"a2", b"below"), (b"b", b"other"))
    ]
