"""Subscriptions: what one client ends, no other one misses."""

import json

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.events.subscriptions import Session, Subscription
from chain_sim.node.node import Node


def test_after_one_has_ended_the_others_are_told() -> None:
    chain = Blockchain.in_memory()
    subscriptions = Node(chain, {}).subscriptions
    gone, left, closed = Session(), Session(), Session()
    first = subscriptions.add(gone, Subscription("newHeads"))
    second = subscriptions.add(left, Subscription("newHeads"))
    subscriptions.add(closed, Subscription("newHeads"))
    assert subscriptions.remove(gone, first)
    assert not subscriptions.remove(gone, first)
    subscriptions.end(closed)
    chain.mine()
    (message,) = subscriptions.collect(chain.head)
    assert message.session is left
    told = json.loads(message.text)["params"]
    assert (told["subscription"], told["result"]["number"]) == (hex(second), "0x1")
