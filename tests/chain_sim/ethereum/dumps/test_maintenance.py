"""Maintenance of loaded chains; unused preimages are removed."""

import io
import json

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import whole_blocks
from chain_sim.ethereum.blocks.genesis import decode_genesis, encode_genesis
from chain_sim.ethereum.blocks.genesis_block import genesis_block
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.dumps.load import LoadOptions, load_into
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.maintenance.statistics import measure
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    GenesisMismatch,
    UnknownBlock,
)
from chain_sim.ethereum.primitives.text import keccak256
from chain_sim.ethereum.state.world_state import WorldState
from tests.chain_sim.ethereum.dumps.test_foreign import ANVIL
from tests.helpers.chains import numbered
from tests.helpers.histories import EVERYTHING, SLOTS, history_of


@pytest.fixture
def database() -> MemoryDatabase:
    """Anvil's chain of two blocks, and three more; one account funds all."""
    database = MemoryDatabase()
    document = json.dumps(ANVIL).encode()
    load_into(database, io.BytesIO(document), LoadOptions("ewasm-metered"))
    chain = Blockchain(database)
    for number in range(3):
        chain.send(numbered(number), value=1, sender=chain.accounts[1])
    return database


def test_a_chain_that_begins_at_another_number_is_whole(
    database: MemoryDatabase,
) -> None:
    found = list(BlockChecker(database).check(whole_blocks(database)))
    assert sorted(verdict.number or 0 for verdict in found) == [2, 3, 4, 5]
    assert {verdict.fault for verdict in found} == {None}
    chain = Blockchain(database)
    with pytest.raises(BlockNotKept):
        chain.block(1)
    with pytest.raises(UnknownBlock):
        chain.block(6)


def test_it_is_collected_reverted_and_captured(database: MemoryDatabase) -> None:
    chain = Blockchain(database)
    snapshot = chain.snapshot()
    sent = chain.send(numbered(9), value=1, sender=chain.accounts[1])
    case = chain.export.capture(sent.transaction_hash)
    assert replay_case(case, cross_check=True).is_same
    chain.revert(snapshot)
    assert chain.head.header.number == 5
    assert collect_garbage(database, 2).removed_blocks == 3
    assert Blockchain(database).balance(numbered(0)) == 1


def test_its_genesis_file_says_where_the_state_is_from(
    database: MemoryDatabase,
) -> None:
    genesis = Blockchain(database).genesis
    text = encode_genesis(genesis)
    assert decode_genesis(text) == genesis
    assert '"loaded": {\n    "number": "0x2",\n    "stateRoot": "0x' in text
    with pytest.raises(GenesisMismatch):
        genesis_block(genesis, WorldState(MemoryDatabase()))


def test_a_collection_removes_preimages_that_no_kept_state_has() -> None:
    database = MemoryDatabase()
    history = history_of([])
    database.write_batch(dict(history.chain.database.iterate(b"")))
    chain = Blockchain(database)
    history.chain = chain
    for actions in EVERYTHING[:3]:
        history.block(actions)
    slots = [keys.preimage_key(keccak256(slot)) for slot in SLOTS[:3]]
    for slot in slots:
        assert database.get(slot) is not None
    chain.mine()
    collect_garbage(database, 1)
    # The last of the three blocks set the worker's slots back to zero; the counter and
    # the token have slot 0.
    assert [database.get(slot) is not None for slot in slots[1:]] == [False, False]
    for account in chain.accounts:
        key = keys.preimage_key(keccak256(account.address))
        assert database.get(key) == account.address
    kind = measure(database).kinds["preimages of hashed keys"]
    assert kind.count == len(list(database.iterate(keys.PREIMAGE)))
