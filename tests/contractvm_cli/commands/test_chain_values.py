"""`nonce`, `estimate`, `logs`, `rpc`, `event-decode` and `slot`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contractvm_cli.conftest import COUNTER, Run
from tests.helpers.examples import EXAMPLES

ErrorOf = Callable[..., str]
ABI = EXAMPLES / "token" / "token.json"
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
TOPICS = [f"0x{address[2:].lower():0>64}" for address in (ALICE, BOB)]
SIGNATURE = "Transfer(address indexed from, address indexed, uint256 value)"
FIVE = f"0x{5:064x}"


def test_a_nonce_counts_what_was_sent(run: Run, token: str) -> None:
    assert run("nonce", ALICE).out == "1\n"
    assert run("nonce", ALICE, "--at", "0").out == "0\n"
    assert run("nonce", "@1", "--json").document == 0


def test_an_estimate_is_the_least_that_is_enough(
    run: Run, error_of: ErrorOf, token: str
) -> None:
    arguments = (token, "transfer(address,uint256)", BOB, "5")
    gas = int(run("estimate", *arguments).out)
    assert run("estimate", *arguments, "--json").document == gas
    failed = run("call", *arguments, "--gas-limit", gas - 1)
    assert (failed.code, run("call", *arguments, "--gas-limit", gas).code) == (1, 0)
    line = error_of("estimate", *arguments, "--from", "2")
    assert line == "error: it fails with any gas limit: reverted: balance too low"
    assert run("estimate", BOB).out == "21000\n"


def test_logs_are_found_by_place_account_and_topic(run: Run, token: str) -> None:
    for amount in (5, 6):
        run("send", token, "transfer(address,uint256)", BOB, amount)
    run("deploy", COUNTER)

    def blocks(*arguments: object) -> list[int]:
        found = run("logs", *arguments, "--json").document
        return [one["blockNumber"] for one in found]

    assert blocks() == blocks(token) == [1, 2, 3]
    assert blocks("--from-block", "2") == [2, 3]
    assert blocks("--to-block", "2") == [1, 2]
    assert blocks("--topic", TRANSFER, "--topic", TOPICS[0]) == [2, 3]
    assert blocks("--topic", TOPICS[0]) == []
    assert blocks("@1") == []
    outcome = run("logs", "--limit", "1")
    assert outcome.out.startswith("block 1 0x")
    assert "only 1 logs are shown" in outcome.err
    run("abi", "add", token, ABI)
    assert f"to={BOB}, amount=6)" in run("logs", "--from-block", "3").out


def test_rpc_asks_a_node_of_the_chain(
    run: Run, error_of: ErrorOf, counter: str
) -> None:
    assert run("rpc", "eth_blockNumber").out == "0x1\n"
    assert run("rpc", "eth_chainId", "--json").document == "0x7a69"
    block = json.loads(run("rpc", "eth_getBlockByNumber", "latest", "false").out)
    assert block["number"] == "0x1"
    call = json.dumps({"to": counter, "data": "0x6d4ce63c"})
    assert run("rpc", "eth_call", call, "latest").out == f"0x{0:064x}\n"
    line = error_of("rpc", "eth_foo")
    assert line == "error: eth_foo: Method not found: eth_foo (-32601)"
    assert "(-32602)" in error_of("rpc", "eth_getBalance", "x")
    assert "no chain in" in error_of("rpc", "eth_blockNumber", "--db", "none")


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        ([SIGNATURE, FIVE, TRANSFER, *TOPICS], [ALICE, BOB, 5]),
        (["Paid(uint256,bool)", f"{FIVE}{1:064x}"], [5, True]),
        (["Paid(uint256 indexed)", FIVE], [5]),
    ],
)
def test_an_event_is_decoded(run: Run, arguments: list[str], values: list[Any]) -> None:
    assert run("event-decode", *arguments, "--json").document["values"] == values
    shown = [str(one) if isinstance(one, str) else json.dumps(one) for one in values]
    assert run("event-decode", *arguments).out.splitlines() == shown


def test_an_indexed_text_is_its_hash(run: Run) -> None:
    topic = run("topic", "Named(string)").out.strip()
    arguments = ("event-decode", "Named(string indexed name)", "0x", topic, TRANSFER)
    assert run(*arguments).out == f"{TRANSFER}\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([SIGNATURE, FIVE, FIVE, *TOPICS], "not a log of Transfer(address,address,"),
        ([SIGNATURE, "0x", TRANSFER, *TOPICS], "not a log of Transfer("),
        ([SIGNATURE, FIVE, TRANSFER], "not a log of Transfer("),
        (["Transfer", FIVE], "not a signature: 'Transfer'"),
    ],
)
def test_what_is_no_such_log_is_refused(
    error_of: ErrorOf, arguments: list[str], error: str
) -> None:
    assert error in error_of("event-decode", *arguments)


def test_slots_of_mappings_and_arrays(run: Run, error_of: ErrorOf) -> None:
    outer = run("slot", "mapping", "address", ALICE, "1").out.strip()
    inner = run("slot", "mapping", "address", BOB, outer).out
    assert inner != run("slot", "mapping", "address", BOB, "1").out
    first = run("slot", "array", "3", "0").out.strip()
    assert first == run("keccak", f"0x{3:064x}").out.strip()
    assert int(run("slot", "array", "3", "7").out, 16) == int(first, 16) + 7
    line = error_of("slot", "mapping", "uint256[]", "[1]", "0")
    assert "a type of one word is needed" in line
    assert "0x1" not in error_of("slot", "mapping", "uint8", "256", "0")


def test_an_address_is_made_in_one_of_two_ways(error_of: ErrorOf) -> None:
    assert "either --nonce or --create2" in error_of("address", ALICE, code=2)
    both = ("--nonce", "1", "--create2", FIVE, "0x")
    assert "either --nonce or --create2" in error_of("address", ALICE, *both, code=2)
