"""Requests on the event loop: short ones only, and what is stopped leaves nothing."""

import time
from threading import Thread
from typing import Any

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.node.server.short_runs import SHORT_SECONDS, LoopFlag, TooLong
from contractvm.errors import Stopped
from tests.helpers.nodes import Client, new_node
from tests.helpers.probe_contract import BURN, probe_init_code

FIRST = "0x" + DEVELOPER_ACCOUNTS[0].address.hex()
GAS = hex(4_000_000)


def deploy(client: Client) -> str:
    code = "0x" + probe_init_code().hex()
    sent = client.call("eth_sendTransaction", {"from": FIRST, "data": code})
    return str(client.call("eth_getTransactionReceipt", sent)["contractAddress"])


def test_long_call_goes_to_the_chains_thread_and_others_are_served() -> None:
    with new_node() as client:
        contract = deploy(client)
        other, answers = Client(client.port), list[dict[str, Any]]()
        call = {"to": contract, "data": BURN, "gas": GAS}
        thread = Thread(
            target=lambda: answers.append(other.send("eth_call", call, "latest"))
        )
        thread.start()
        served = 0
        while thread.is_alive():
            assert client.call("eth_chainId") == "0x7a69"
            served += 1
        thread.join()
        other.close()
        assert served >= 5
        assert answers[0]["error"]["message"].startswith("out of gas")


def test_long_transaction_is_mined_once() -> None:
    with new_node() as client:
        contract = deploy(client)
        pending = client.call("eth_newPendingTransactionFilter")
        send = {"from": FIRST, "to": contract, "data": BURN, "gas": GAS}
        sent = client.call("eth_sendTransaction", send)
        receipt = client.call("eth_getTransactionReceipt", sent)
        assert (receipt["status"], receipt["gasUsed"]) == ("0x0", GAS)
        assert client.call("eth_blockNumber") == "0x2"
        assert client.call("eth_getFilterChanges", pending) == [sent]


def test_precompiled_contract_that_takes_long_is_not_begun_on_the_loop() -> None:
    pairs = 12
    with new_node() as client:
        call = {"to": "0x" + f"{8:040x}", "data": "0x" + "00" * 192 * pairs}
        assert client.call("eth_call", call, "latest") == "0x" + f"{1:064x}"


def test_flag_stops_what_takes_long_within_the_block_only() -> None:
    flag = LoopFlag()
    with flag:
        flag.check()
        with pytest.raises(TooLong):
            flag.check_before_long_work()
        time.sleep(2 * SHORT_SECONDS)
        flag.check()
        start = time.thread_time()
        while time.thread_time() < start + 2 * SHORT_SECONDS:
            pass
        with pytest.raises(TooLong):
            flag.check()
    flag.check()
    flag.check_before_long_work()


def test_a_flag_that_is_set_ends_runs_on_the_loop_and_elsewhere() -> None:
    flag = LoopFlag()
    flag.set("the node ends")
    for look in (flag.check, flag.check_before_long_work):
        with pytest.raises(Stopped, match="the node ends"):
            look()
        with flag, pytest.raises(Stopped, match="the node ends"):
            look()
