"""A chain with some history, for tests of database maintenance."""

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address
from tests.helpers.examples import example

INCREMENT = bytes.fromhex("d09de08a")
STRANGER_BASE = 1_000


def numbered(number: int) -> Address:
    return Address((STRANGER_BASE + number).to_bytes(20, "big"))


def chain_with_history(database: KeyValueStore, blocks: int) -> Blockchain:
    """A counter in block 1; then each block has one increment or one transfer."""
    chain = Blockchain(database)
    counter = chain.deploy(example("counter/counter.wat")).contract_address
    assert counter is not None
    while chain.head.header.number < blocks:
        number = chain.head.header.number
        if number % 2:
            chain.send(counter, INCREMENT)
        else:
            chain.send(numbered(number), value=1)
    return chain
