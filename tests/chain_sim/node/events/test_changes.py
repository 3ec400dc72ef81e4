"""Ways from one head to another, and the logs of their blocks."""

import pytest

from chain_sim import MemoryDatabase
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.node.events import changes
from chain_sim.node.events.changes import NO_CHANGE, Change, change_between
from chain_sim.node.events.log_query import LogQuery
from chain_sim.node.events.subscriptions import Session, Subscription
from chain_sim.node.node import Node
from contractvm.hosts.evm.interface import Log
from tests.helpers.chains import chain_with_history
from tests.helpers.probe_contract import INCREMENT, probe_init_code

A, B = Address(b"\xaa" * 20), Address(b"\xbb" * 20)
ONE, TWO, THREE = (Hash32(bytes([number]) * 32) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        (LogQuery(), True),
        (LogQuery(addresses=(A,)), True),
        (LogQuery(addresses=(B, A)), True),
        (LogQuery(addresses=(B,)), False),
        (LogQuery(addresses=(B,), topics=((ONE,),)), False),
        (LogQuery(topics=((ONE,),)), True),
        (LogQuery(topics=((ONE,), (TWO,))), True),
        (LogQuery(topics=((), (THREE, TWO))), True),
        (LogQuery(topics=((ONE,), (THREE,))), False),
        (LogQuery(topics=((), (), ())), False),
    ],
)
def test_a_log_matches_by_address_and_topics(query: LogQuery, matches: bool) -> None:
    assert query.matches(Log(A, (ONE, TWO), b"")) is matches


def test_blocks_without_receipts_have_no_logs() -> None:
    database = MemoryDatabase()
    node = Node(chain_with_history(database, 1), {})
    created = node.chain.deploy(probe_init_code(), is_init_code=True)
    assert created.contract_address is not None
    node.chain.send(created.contract_address, INCREMENT)
    block, query = node.chain.head, LogQuery(addresses=(created.contract_address,))
    (found,) = query.logs_in(node.store, block)
    assert (found["blockNumber"], found["removed"]) == (
        hex(block.header.number),
        False,
    )
    (gone,) = query.logs_in(node.store, block, removed=True)
    assert gone == {**found, "removed": True}
    node.chain.mine_blocks(2)
    collect_garbage(database, 1)
    assert list(query.logs_in(node.store, block)) == []


def test_a_change_has_so_many_blocks_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    assert changes.MAX_BLOCKS == 10_000
    node = Node(Blockchain.in_memory(), {})
    store, chain = node.store, node.chain
    start = chain.head
    chain.mine_blocks(4)
    blocks = tuple(chain.block(number) for number in range(1, 5))
    assert change_between(store, start.hash, start) == NO_CHANGE == Change((), ())
    assert change_between(store, start.hash, blocks[3]) == Change((), blocks)
    back = tuple(reversed(blocks))
    assert change_between(store, blocks[3].hash, start) == Change(back, ())
    monkeypatch.setattr(changes, "MAX_BLOCKS", 4)
    assert change_between(store, start.hash, blocks[3]) == Change((), blocks)
    monkeypatch.setattr(changes, "MAX_BLOCKS", 3)
    assert change_between(store, start.hash, blocks[3]) == Change((), blocks[1:])
    assert change_between(store, blocks[3].hash, start) == Change(back[:3], ())


def test_a_subscription_to_logs_without_a_query_hears_nothing() -> None:
    node = Node(Blockchain.in_memory(), {})
    subscriptions, session = node.subscriptions, Session()
    subscriptions.add(session, Subscription("logs"))
    second = subscriptions.add(session, Subscription("logs", LogQuery()))
    created = node.chain.deploy(probe_init_code(), is_init_code=True)
    assert created.contract_address is not None
    node.chain.send(created.contract_address, INCREMENT)
    messages = subscriptions.collect(node.chain.head)
    heard = f'"subscription":"{hex(second)}"'.encode()
    assert len(messages) == 2
    assert all(heard in message.text for message in messages)
