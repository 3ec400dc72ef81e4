"""Every public name of Blockchain and its parts is served over a node, and exactly."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from chain_sim.database.errors import DatabaseReadOnly
from chain_sim.ethereum.chain.arbos import WithoutArbOs
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.remote.errors import NotServed
from chain_sim.ethereum.chain.remote.node_chain import NodeChain
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    sign_transaction,
)
from chain_sim.node.node import Node
from tests.helpers.chain_checks import CHECKS, CONTRACT, FIRST, WRONG, dumped
from tests.helpers.nodes import KEYS, served
from tests.helpers.probe_contract import INCREMENT, probe_init_code

NOT_SERVED = {
    "": {
        "open": "makes a chain",
        "in_memory": "makes a chain",
        "connect": "makes a chain",
    },
    "pool": {"take_over": "what waits elsewhere is added with `add`"},
}


def part_of(chain: Any, part: str) -> Any:
    return getattr(chain, part) if part else chain


@pytest.fixture
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[NodeChain, Blockchain]]:
    """A chain over a node, and one with the same genesis and story in this process."""
    rules = request.param
    with (
        Blockchain.in_memory(**rules) as behind,
        Blockchain.in_memory(**rules) as here,
        served(Node(behind, KEYS)) as client,
    ):
        if not rules.get("fork"):
            for chain in (behind, here):
                chain.deploy(probe_init_code(), is_init_code=True)
                chain.send(CONTRACT, INCREMENT)
                nonce, chain_id = chain.nonce(FIRST), chain.genesis.chain_id
                chain.mine(
                    [
                        sign_transaction(
                            Transaction(
                                nonce + index, 10**10, 100_000, CONTRACT, 0, data
                            ),
                            FIRST.private_key,
                            chain_id,
                        )
                        for index, data in enumerate(
                            [bytes.fromhex(INCREMENT[2:]), bytes.fromhex(WRONG[2:])]
                        )
                    ]
                )
        yield Blockchain.connect(client.url), here


PLAIN, FEES = {"fees": None}, {"fees": "eip1559"}
PARTS = [
    pytest.param(rules, part, id=f"{part or 'chain'}-{rules['fees']}")
    for part in CHECKS
    if part != "arbos"
    for rules in (PLAIN, FEES)
]


@pytest.mark.parametrize(("pair", "part"), PARTS, indirect=["pair"])
def test_each_part_of_a_connected_chain_answers_as_in_this_process(
    pair: tuple[NodeChain, Blockchain], part: str
) -> None:
    remote, here = pair
    for name, check in CHECKS[part].items():
        found, wanted = check(remote), check(here)
        assert found == wanted, f"{part}.{name}"


@pytest.mark.parametrize("pair", [{"fork": "arbitrum"}], indirect=True)
def test_the_settings_of_arbos_are_those_of_the_node(
    pair: tuple[NodeChain, Blockchain],
) -> None:
    remote, here = pair
    for name, check in CHECKS["arbos"].items():
        assert check(remote) == check(here), name


@pytest.mark.parametrize("part", CHECKS)
def test_every_public_name_of_a_part_is_checked(part: str) -> None:
    chain = Blockchain.in_memory(fork="arbitrum" if part == "arbos" else None)
    names = {name for name in dir(part_of(chain, part)) if not name.startswith("_")}
    refused = NOT_SERVED.get(part, {})
    checked = {name for name in CHECKS[part] if not name.startswith("_")}
    parts = set() if part else set(CHECKS) - {""}
    assert names == checked | parts | refused.keys()


@pytest.mark.parametrize("pair", [PLAIN], indirect=True)
def test_a_dump_over_a_node_is_that_of_the_chain(
    pair: tuple[NodeChain, Blockchain], tmp_path: Path
) -> None:
    remote, here = pair
    assert dumped(remote, tmp_path) == dumped(here, tmp_path)


@pytest.mark.parametrize("pair", [PLAIN], indirect=True)
def test_a_part_that_is_kept_sees_what_came_later(
    pair: tuple[NodeChain, Blockchain],
) -> None:
    remote, _ = pair
    reader, gas, pool = remote.reader, remote.gas, remote.pool
    before = reader.find_block()
    remote.send(CONTRACT, INCREMENT)
    assert reader.find_block() == remote.head != before
    assert gas.explain_transaction(remote.head.transactions[0].hash).gas_used > 21_000
    assert len(pool) == 0


def test_a_node_tells_its_filters_what_a_connected_chain_mines() -> None:
    with (
        Blockchain.in_memory(fees=None) as behind,
        served(Node(behind, KEYS)) as client,
    ):
        pending = client.call("eth_newPendingTransactionFilter")
        remote = Blockchain.connect(client.url)
        tx = sign_transaction(
            Transaction(remote.nonce(FIRST), 10**10, 21_000, CONTRACT, 1, b""),
            FIRST.private_key,
            remote.genesis.chain_id,
        )
        block = remote.mine([tx])
        told = client.call("eth_getFilterChanges", pending)
        assert told == [f"0x{block.transactions[0].hash.hex()}"]


@pytest.mark.parametrize("pair", [PLAIN], indirect=True)
def test_the_database_of_a_node_is_for_reading(
    pair: tuple[NodeChain, Blockchain],
) -> None:
    remote, here = pair
    database = remote.database
    assert database.get(keys.HEAD) == here.head.hash
    assert database.get(b"none") is None
    assert [*database.iterate(keys.NUMBER_INDEX)] == [
        *here.database.iterate(keys.NUMBER_INDEX)
    ]
    with pytest.raises(DatabaseReadOnly):
        database.write_batch({b"a": b"b"})
    with pytest.raises(WithoutArbOs):
        _ = remote.arbos
    with pytest.raises(NotServed, match="does not serve nothing"):
        _ = remote.nothing
    assert not hasattr(remote, "nothing")


@pytest.mark.parametrize("pair", [PLAIN], indirect=True)
def test_entries_come_in_pages(
    pair: tuple[NodeChain, Blockchain], monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, here = pair
    monkeypatch.setattr("chain_sim.node.methods.parts.PAGE_BYTES", 1)
    found = [*islice(remote.database.iterate(keys.NODE), 50)]
    assert found == [*islice(here.database.iterate(keys.NODE), 50)]
    assert len(found) > 10
