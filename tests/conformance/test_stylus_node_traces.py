"""The published Stylus traces, by debug_traceTransaction of a node."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import keccak256
from chain_sim.ethereum.stylus_tests.own_chain import ADDRESSES, program_path
from chain_sim.ethereum.stylus_tests.own_transactions import (
    CACHED,
    FRESH,
    LISTED,
    ON_ITS_OWN_CHAIN,
    SAME_BLOCK,
)
from chain_sim.ethereum.stylus_tests.vector_files import VectorRow, read_rows
from chain_sim.node.node import Node
from contractvm.hosts.stylus.program_code import pack_program
from tests.helpers.nodes import FIRST, KEYS, LocalClient
from tests.helpers.stylus_requests import (
    ACTIVATE,
    ARB_WASM,
    ARB_WASM_CACHE,
    CACHE_PROGRAM,
    word,
)
from tests.helpers.vectors import vectors_folder

SENDER, OTHER = "0x" + "aa" * 20, "0x" + "bb" * 20
PRICE = {"maxFeePerGas": hex(10**8), "maxPriorityFeePerGas": "0x0"}
# The transactions have this time; block times rise, so one that asks for it has it.
TIMESTAMP = 1_764_000_000
ASKS_FOR_TIME = "/hostall"
# A transaction runs with so much gas at most; the vectors' chain has no such limit.
MAX_GAS = 32_000_000
EVICT = "0xce972013"


def text(address: bytes) -> str:
    return "0x" + address.hex()


def transact(client: LocalClient, **fields: Any) -> str:
    return str(client.call("eth_sendTransaction", {**PRICE, **fields}))


@pytest.fixture
def folder() -> Path:
    return vectors_folder("stylus")


@pytest.fixture
def client(folder: Path) -> Iterator[LocalClient]:
    """A node with the programs, activated, and the accounts of the vectors."""
    with Blockchain.in_memory(fork="arbitrum") as chain:
        client = LocalClient(Node(chain, KEYS))
        for name, address in ADDRESSES.items():
            code = pack_program(program_path(folder, name).read_bytes())
            client.call("hardhat_setCode", text(address), "0x" + code.hex())
            client.call("hardhat_setNonce", text(address), "0x1")
        client.call("evm_setNextBlockTimestamp", TIMESTAMP - 10_000)
        for address in ADDRESSES.values():
            data = ACTIVATE + word(text(address))
            transact(
                client, **{"from": FIRST}, to=ARB_WASM, data=data, value=hex(10**16)
            )
        for account, balance in ((SENDER, 10**18), (OTHER, 5)):
            client.call("hardhat_setBalance", account, hex(balance))
            client.call("hardhat_setNonce", account, "0x1")
        client.call("hardhat_impersonateAccount", SENDER)
        chain.arbos.set_l1_block_number(100)
        chain.arbos.add_cache_manager(DEVELOPER_ACCOUNTS[0].address)
        client.call("evm_mine")
        yield client


def run(client: LocalClient, row: VectorRow) -> str:
    """The hash of a row's transaction."""
    address = ADDRESSES[row["contract"]]
    fields: dict[str, Any] = {
        "from": SENDER,
        "to": text(address),
        "data": "0x" + row.data("calldata").hex(),
        "gas": hex(row.number("gas_limit")),
        "value": hex(row.number("value")),
    }
    if row["case"].endswith(LISTED):
        key = "0x" + "00" * 32
        fields["accessList"] = [{"address": text(address), "storageKeys": [key]}]
    if row["case"].endswith(ASKS_FOR_TIME):
        client.call("evm_setNextBlockTimestamp", TIMESTAMP)
    if not row["case"].endswith(CACHED):
        return transact(client, **fields)
    manager = {"from": FIRST, "to": ARB_WASM_CACHE}
    transact(client, **manager, data=CACHE_PROGRAM + word(text(address)))
    sent = transact(client, **fields)
    code = bytes.fromhex(client.call("eth_getCode", text(address))[2:])
    transact(client, **manager, data=EVICT + keccak256(code).hex())
    return sent


def test_each_step_has_the_published_ink(folder: Path, client: LocalClient) -> None:
    traces = json.loads(folder.joinpath("golden-own-traces.json").read_text())
    start = client.call("evm_snapshot")
    compared = 0
    for row in read_rows(folder.joinpath("golden-own.csv")):
        case = row["case"]
        if not case.startswith("arbos61/") or row.number("gas_limit") > MAX_GAS:
            continue
        if case.endswith((ON_ITS_OWN_CHAIN, SAME_BLOCK)):
            continue
        if case.endswith(FRESH):
            client.call("evm_revert", start)
            start = client.call("evm_snapshot")
        sent = run(client, row)
        if case not in traces:
            continue
        options = {"tracer": "stylusTracer"}
        found = json.dumps(client.call("debug_traceTransaction", sent, options))
        steps = json.loads(found.replace('"0x', '"'))
        assert steps == traces[case]["steps"], case
        compared += 1
    assert compared == 85
