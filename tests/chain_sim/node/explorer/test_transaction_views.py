"""Walks through a chain's transactions, back to where receipts were pruned."""

from chain_sim import MemoryDatabase
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.node.explorer.transaction_views import walk_back
from chain_sim.node.node import Node
from tests.helpers.chains import chain_with_history


def test_a_walk_ends_where_receipts_were_pruned() -> None:
    database = MemoryDatabase()
    node = Node(chain_with_history(database, 6), {})
    head = node.chain.head.header.number
    places = [place for place, _ in walk_back(node.explorer, None)]
    assert places[0] == (head, len(node.chain.head.transactions))
    assert {number for number, _ in places} == set(range(head + 1))
    collect_garbage(database, 2)
    kept = [place for place in places if place[0] > head - 2]
    assert [place for place, _ in walk_back(node.explorer, None)] == kept
    assert [place for place, _ in walk_back(node.explorer, (head, 0))][1:] == [
        place for place in kept if place[0] < head
    ]
