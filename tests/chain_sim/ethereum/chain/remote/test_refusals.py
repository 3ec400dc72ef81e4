"""What a node does not serve or refuses, without a node."""

import socket
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from chain_sim.ethereum.blocks.chain_point import ChainPoint
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.remote import node_database
from chain_sim.ethereum.chain.remote.endpoint import Endpoint, shut
from chain_sim.ethereum.chain.remote.errors import (
    InvalidNodeAnswer,
    NodeRefused,
    NotServed,
)
from chain_sim.ethereum.chain.remote.node_database import NodeDatabase
from chain_sim.ethereum.chain.remote.node_history import NodeBranches
from chain_sim.ethereum.chain.remote.node_mining import require_same
from chain_sim.ethereum.chain.remote.node_part import NodeReader
from chain_sim.ethereum.chain.remote.node_reads import block_parameter
from chain_sim.ethereum.primitives.errors import UnknownSnapshot
from chain_sim.ethereum.primitives.text import Hash32

URL = "http://127.0.0.1:1"
T = TypeVar("T")


class ScriptedEndpoint(Endpoint):
    """Answers by method; a number is the code of a refusal."""

    def __init__(self, given: dict[str, Any]) -> None:
        super().__init__(URL, 1)
        self.given = given
        self.asked: list[tuple[object, ...]] = []

    def ask(self, method: str, *params: object, read: Callable[[Any], T]) -> T:
        self.asked.append((method, *params))
        found = self.given[method]
        if isinstance(found, int) and not isinstance(found, bool):
            raise NodeRefused(URL, method, found, "no")
        return read(found)


def no_mirror(what: str) -> Any:
    raise NotServed(URL, what)


def refusal(run: Callable[[], object]) -> str:
    with pytest.raises(NotServed) as caught:
        run()
    return str(caught.value)


def test_blocks_are_named_as_requests_have_them() -> None:
    block_hash = Hash32(b"\x01" * 32)
    assert block_parameter(URL, None) == "latest"
    assert block_parameter(URL, 17) == "0x11"
    wanted = {"blockHash": "0x" + "01" * 32}
    assert block_parameter(URL, block_hash) == wanted


@pytest.mark.parametrize(
    ("place", "what"),
    [(ChainPoint(1, 0), "points within a block"), (ChainPoint("side"), "branches")],
)
def test_branches_and_places_within_a_block_are_not_served(
    place: ChainPoint, what: str
) -> None:
    found = refusal(lambda: block_parameter(URL, place))
    assert found == str(NotServed(URL, what))


def test_private_names_are_not_sought_in_the_mirror() -> None:
    part = NodeReader(ScriptedEndpoint({}), no_mirror)
    with pytest.raises(AttributeError) as caught:
        _ = part._hidden
    assert (type(caught.value), str(caught.value)) == (AttributeError, "_hidden")
    assert refusal(lambda: part.shown) == str(NotServed(URL, "reader.shown"))


def test_a_method_of_ours_that_is_not_there_is_not_served() -> None:
    part = NodeReader(ScriptedEndpoint({"a": -32601, "b": -32000, "c": 5.5}), no_mirror)
    found = refusal(lambda: part._ask_own("place", "a", read=bool))
    assert found == str(NotServed(URL, "reader.place"))
    with pytest.raises(NodeRefused) as caught:
        part._ask_own("place", "b", read=bool)
    assert caught.value.code == -32000
    assert part._ask_own("place", "c", 1, read=int) == 5


def test_the_standard_method_is_asked_only_where_ours_is_not_there() -> None:
    endpoint = ScriptedEndpoint({"a": -32601, "b": -32000, "c": True})
    branches = NodeBranches(endpoint, no_mirror, lambda _: pytest.fail("no block"))
    assert branches._ask_either("a", "c", 7, read=bool) is True
    assert endpoint.asked == [("a", 7), ("c", 7)]
    with pytest.raises(NodeRefused) as caught:
        branches._ask_either("b", "c", read=bool)
    assert caught.value.code == -32000
    assert endpoint.asked[2:] == [("b",)]


@pytest.mark.parametrize("number", [-1, 1 << 64])
def test_the_number_of_a_snapshot_has_64_bits(number: int) -> None:
    branches = NodeBranches(
        ScriptedEndpoint({}), no_mirror, lambda _: pytest.fail("no block")
    )
    with pytest.raises(UnknownSnapshot) as caught:
        branches._number(number)
    assert str(caught.value) == str(UnknownSnapshot(number))
    assert branches._number(0) == "0x0"
    assert branches._number((1 << 64) - 1) == "0x" + "f" * 16


def test_kept_entries_are_dropped_once_they_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(node_database, "MAX_KEPT_BYTES", 8)
    database = NodeDatabase(ScriptedEndpoint({}))
    for key in (b"a", b"b"):
        database._keep(key, b"123")
    assert (sorted(database._kept), database._kept_bytes) == ([b"a", b"b"], 8)
    database._keep(b"c", b"1")
    assert (len(database._kept), database._kept_bytes) == (3, 10)
    database._keep(b"d", b"1")
    assert (database._kept, database._kept_bytes) == ({b"d": b"1"}, 2)


def test_another_block_than_the_one_built_here_is_no_answer() -> None:
    with Blockchain.in_memory() as chain:
        built = chain.mining.build(lambda _: None)
    require_same(URL, "evm_mine", built, built.block.hash)
    with pytest.raises(InvalidNodeAnswer) as caught:
        require_same(URL, "evm_mine", built, Hash32(b"\x01" * 32))
    fault = f"its block 0x{'01' * 32} is not the one that was to be made"
    assert str(caught.value) == str(InvalidNodeAnswer(URL, "evm_mine", fault))


def test_a_socket_that_is_not_connected_is_shut_already() -> None:
    shut(None)
    with socket.socket() as sock:
        shut(sock)
    first, second = socket.socketpair()
    with first, second:
        shut(first)
        assert second.recv(1) == b""
