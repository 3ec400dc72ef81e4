"""The explorer's methods: exact answers, pages and bounds."""

import json
from typing import Any

import pytest

import contractvm
from chain_sim.ethereum.abi.encoding import encode_values
from chain_sim.ethereum.abi.functions import ERROR_SELECTOR
from chain_sim.ethereum.abi.types import parse_type
from chain_sim.ethereum.blocks.block import encode_block
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.node.errors import RpcError
from chain_sim.node.explorer import state_views, transaction_views
from tests.helpers.explorers import (
    ALICE,
    BOB,
    HostileNode,
    TokenNode,
    ask,
    new_node,
)

STRANGER = "0x" + "99" * 20
ZERO = "0x" + "00" * 32
TRANSFER = "0xa9059cbb"


def word(number: int) -> str:
    return "0x" + number.to_bytes(32, "big").hex()


def hashes_of(rows: list[dict[str, Any]]) -> list[str]:
    return [row["hash"] for row in rows]


def hash_at(token: TokenNode, number: int) -> str:
    return format_data(token.chain.block(number).transactions[0].hash)


# Blocks


def test_the_overview_has_the_rules_and_the_head(token: TokenNode) -> None:
    found = token.ask("getOverview")
    head = found.pop("head")
    assert {name: found[name] for name in ("chainId", "fork", "profile", "branch")} == {
        "chainId": 31337,
        "fork": "byzantium",
        "profile": "ewasm",
        "branch": "main",
    }
    genesis = token.chain.genesis
    assert found["version"] == contractvm.__version__
    assert found["schedule"] == genesis.schedule
    assert found["scheduleHash"] == format_data(genesis.schedule_hash)
    assert found["nextTimestamp"] == 1_700_000_004
    assert found["genesisHash"] == format_data(token.chain.block(0).hash)
    assert head == {
        "number": 3,
        "hash": format_data(token.chain.head.hash),
        "timestamp": 1_700_000_003,
        "transactions": 1,
        "gasUsed": 25_742,
        "gasLimit": 30_000_000,
        "branches": [],
    }


def test_blocks_come_newest_first_with_their_branches(token: TokenNode) -> None:
    found = token.ask("listBlocks")
    assert [row["number"] for row in found["blocks"]] == [3, 2, 1, 0]
    assert [row["branches"] for row in found["blocks"]] == [["main"], ["other"], [], []]
    assert [row["gasUsed"] for row in found["blocks"]] == [25_742, 52_129, 1_894_220, 0]
    assert found["next"] is None


@pytest.mark.parametrize(("blocks", "next_number"), [(24, None), (25, 0), (26, 1)])
def test_a_page_has_25_blocks(blocks: int, next_number: int | None) -> None:
    node = new_node()
    node.chain.mine_blocks(blocks)
    found = ask(node, "listBlocks")
    assert len(found["blocks"]) == min(25, blocks + 1)
    if next_number is None:
        assert found["next"] is None
    else:
        assert found["next"] == format_data(node.chain.block(next_number).hash)
        rest = ask(node, "listBlocks", found["next"])
        assert [row["number"] for row in rest["blocks"]] == [
            *range(next_number, -1, -1)
        ]
        assert rest["next"] is None


def test_the_gas_history_has_the_newest_blocks_oldest_first(token: TokenNode) -> None:
    assert token.ask("getGasHistory", 3) == {
        "numbers": [1, 2, 3],
        "gasUsed": [1_894_220, 52_129, 25_742],
        "gasLimits": [30_000_000] * 3,
        "transactions": [1, 1, 1],
    }
    assert token.ask("getGasHistory", 2**64 - 1)["numbers"] == [0, 1, 2, 3]


def test_a_block_is_found_by_number_hash_and_branch(token: TokenNode) -> None:
    block = token.chain.block(3)
    names = (3, "0x3", "3", format_data(block.hash), "main", "latest")
    answers = [token.ask("getBlock", name) for name in names]
    assert answers == [answers[0]] * len(names)
    found = answers[0]
    assert found["block"]["hash"] == format_data(block.hash)
    assert found["block"]["transactions"] == 1
    assert found["block"]["size"] == len(encode_block(block))
    assert found["block"]["stateRoot"] == format_data(block.header.state_root)
    assert (found["isOnChain"], found["child"], found["next"]) == (True, None, None)
    (row,) = found["transactions"]
    assert row == {
        "hash": hash_at(token, 3),
        "blockNumber": 3,
        "transactionIndex": 0,
        "timestamp": 1_700_000_003,
        "from": ALICE,
        "to": token.token,
        "contractAddress": None,
        "value": 0,
        "gasUsed": 25_742,
        "status": 0,
        "method": "transfer",
    }
    below = token.ask("getBlock", 2)
    assert below["child"] == format_data(block.hash)


def test_an_unknown_block_is_an_error(token: TokenNode) -> None:
    for name in (4, ZERO, "nobranch"):
        with pytest.raises(Exception, match=r"4|0x0000|nobranch"):
            token.ask("getBlock", name)
    for name in (-1, 1.5, True, [], {}, "", "0x", "a b"):
        with pytest.raises(RpcError) as caught:
            token.ask("getBlock", name)
        assert caught.value.code == -32602


# Transactions


def test_a_transaction_is_decoded_with_its_logs(token: TokenNode) -> None:
    found = token.ask("getTransaction", hash_at(token, 2))
    assert found["call"] == {
        "name": "transfer",
        "signature": "transfer(address,uint256)",
        "values": [
            {"name": "to", "type": "address", "value": BOB},
            {"name": "amount", "type": "uint256", "value": 5},
        ],
    }
    assert found["transaction"]["input"]["size"] == 68
    assert found["transaction"]["input"]["data"].startswith(TRANSFER)
    assert found["receipt"]["output"] == {"data": word(1), "size": 32}
    assert (found["receipt"]["logs"], found["next"]) == (1, None)
    assert (found["failure"], found["error"]) == (None, None)
    assert found["timestamp"] == 1_700_000_002
    assert found["transaction"]["hash"] == found["receipt"]["transactionHash"]
    (log,) = found["logs"]
    assert log["data"] == {"data": word(5), "size": 32}
    assert [topic[-40:] for topic in log["topics"][1:]] == [
        ALICE[2:].lower(),
        BOB[2:].lower(),
    ]
    assert (log["logIndex"], log["address"]) == (0, token.token)
    assert log["event"]["signature"] == "Transfer(address,address,uint256)"
    assert [value["value"] for value in log["event"]["values"]] == [ALICE, BOB, 5]


def test_a_failure_has_its_reason_and_its_error(token: TokenNode) -> None:
    found = token.ask("getTransaction", hash_at(token, 3))
    assert found["failure"] == "reverted: balance too low"
    assert found["error"] == {
        "name": "Error",
        "signature": "Error(string)",
        "values": [{"name": "reason", "type": "string", "value": "balance too low"}],
    }
    assert found["logs"] == []


def test_long_input_is_cut_and_its_size_is_told() -> None:
    node = new_node()
    sent = [node.chain.send(STRANGER, bytes(size)) for size in (8_192, 8_193)]
    inputs = [
        ask(node, "getTransaction", format_data(one.transaction_hash))["transaction"]
        for one in sent
    ]
    assert [one["input"]["size"] for one in inputs] == [8_192, 8_193]
    assert {len(one["input"]["data"]) for one in inputs} == {2 + 2 * 8_192}


def test_a_long_reason_is_cut() -> None:
    hostile = HostileNode()
    reason = "x" * 60_000
    text = encode_values([parse_type("string")], [reason])
    data = ERROR_SELECTOR + text + b"\0"
    sent = hostile.node.chain.send(hostile.contract, data)
    found = ask(hostile.node, "getTransaction", format_data(sent.transaction_hash))
    assert found["failure"] == f"reverted: {'x' * 8_182}"
    assert found["receipt"]["output"]["size"] == len(data) - 1
    assert found["receipt"]["revertReason"] is None
    assert found["error"]["values"][0]["value"] == reason
    assert len(json.dumps(found)) < 60_000 + 3 * 16_384 + 4_096


def test_transactions_come_newest_first_of_all_or_of_one(token: TokenNode) -> None:
    every = [hash_at(token, number) for number in (3, 2, 1)]
    found = token.ask("listTransactions")
    assert (hashes_of(found["transactions"]), found["next"]) == (every, None)
    methods = [row["method"] for row in found["transactions"]]
    assert methods == ["transfer", "transfer", None]
    for party in (ALICE, token.token):
        mine = token.ask("listTransactions", None, party)
        assert hashes_of(mine["transactions"]) == every
    assert token.ask("listTransactions", None, BOB)["transactions"] == []
    assert hashes_of(token.ask("listTransactions", "2:1")["transactions"]) == every[1:]
    assert hashes_of(token.ask("listTransactions", "2:0")["transactions"]) == every[2:]


def test_pages_of_transactions_have_each_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever ends a page: its rows, or the steps that one request may take."""
    node = new_node()
    expected = []
    for number in range(30):
        sent = node.chain.send(STRANGER if number % 2 else BOB, value=1)
        expected.append(format_data(sent.transaction_hash))
        node.chain.mine_blocks(number % 3)
    for most in (10_000, 7, 1):
        monkeypatch.setattr(transaction_views, "MAX_STEPS", most)
        for account, wanted in ((None, expected[::-1]), (BOB, expected[-2::-2])):
            found, cursor = [], None
            while True:
                page = ask(node, "listTransactions", cursor, account)
                assert len(page["transactions"]) <= min(25, most)
                found += hashes_of(page["transactions"])
                cursor = page["next"]
                if cursor is None:
                    break
            assert found == wanted


@pytest.mark.parametrize("cursor", ["", "1", "1:", ":1", "-1:0", "1:2:3", 5, "x"])
def test_a_cursor_that_no_page_gave_is_refused(cursor: object) -> None:
    with pytest.raises(RpcError) as caught:
        ask(new_node(), "listTransactions", cursor)
    assert caught.value.code == -32602


# State


def test_an_account_has_its_functions(token: TokenNode) -> None:
    found = token.ask("getAccount", token.token)
    assert (found["balance"], found["nonce"], found["codeSize"]) == (0, 1, 6_777)
    state = token.chain.state_at()
    assert found["codeHash"] == format_data(state.get_code_hash(token.address))
    account = state.get_account(token.address)
    assert found["storageRoot"] == format_data(account.storage_root)
    assert (found["address"], found["precompile"]) == (token.token, None)
    assert found["errors"] == []
    assert found["functions"][6] == {
        "signature": "transfer(address,uint256)",
        "selector": TRANSFER,
        "params": [
            {"name": "to", "type": "address"},
            {"name": "amount", "type": "uint256"},
        ],
        "results": ["bool"],
        "isReadOnly": False,
        "isPayable": False,
    }
    assert len(found["functions"]) == 9
    assert found["events"][0] == "Transfer(address,address,uint256)"
    alice = token.ask("getAccount", ALICE)
    assert (alice["developerAccount"], alice["nonce"], alice["exists"]) == (0, 3, True)
    spent = (1_894_220 + 52_129 + 25_742) * 10**9
    assert alice["balance"] == 10_000 * 10**18 - spent
    stranger = token.ask("getAccount", STRANGER)
    assert (stranger["exists"], stranger["developerAccount"]) == (False, None)
    assert token.ask("getAccount", "0x" + "00" * 19 + "01")["precompile"] == "ecrecover"


def test_slots_are_listed_with_their_keys(token: TokenNode) -> None:
    found = token.ask("listSlots", token.token)
    assert found["next"] is None
    values = {row["key"]: row["value"] for row in found["slots"]}
    assert values == {
        ZERO: word(10**24),
        "0x01" + "00" * 11 + ALICE[2:].lower(): word(10**24 - 5),
        "0x01" + "00" * 11 + BOB[2:].lower(): word(5),
    }
    hashes = [row["keyHash"] for row in found["slots"]]
    assert hashes == sorted(hashes)
    second = token.ask("listSlots", token.token, hashes[1])
    assert second["slots"] == found["slots"][1:]
    at_birth = token.ask("listSlots", token.token, None, 1)
    assert len(at_birth["slots"]) == 2
    assert token.ask("listSlots", ALICE) == {"slots": [], "next": None}


def test_blame_names_the_transaction(token: TokenNode) -> None:
    slot = "0x01" + "00" * 11 + ALICE[2:].lower()
    found = token.ask("getBlame", token.token, slot)
    assert [write["transactionHash"] for write in found["writes"]] == [
        hash_at(token, 2),
        token.creation,
    ]
    assert found["writes"][0]["before"] == word(10**24)
    assert found["writes"][0]["after"] == word(10**24 - 5)
    assert (found["next"], found["isKept"]) == (None, True)
    assert token.ask("getBlame", token.token, slot, 1)["writes"] == found["writes"][1:]
    assert token.ask("getBlame", token.token, 99)["writes"] == []
    exact = token.ask("getBlame", token.token, slot, None, True)
    assert exact == found


def test_pages_of_blame_have_each_change_once(monkeypatch: pytest.MonkeyPatch) -> None:
    token = TokenNode()
    numbers = [token.transfer(BOB, 1).block_number for _ in range(30)]
    token.chain.mine_blocks(250)
    numbers.append(token.transfer(BOB, 1).block_number)
    slot = "0x01" + "00" * 11 + BOB[2:].lower()
    for bound, is_exact in ((10_000, False), (100, False), (None, True)):
        if bound is not None:
            monkeypatch.setattr(state_views, "MAX_BLOCKS_SEARCHED", bound)
        found: list[int] = []
        at, pages = None, 0
        while pages == 0 or at is not None:
            page = token.ask("getBlame", token.token, slot, at, is_exact)
            assert len(page["writes"]) <= 25
            found += [write["blockNumber"] for write in page["writes"]]
            at, pages = page["next"], pages + 1
        assert found == numbers[::-1]
        assert pages == {10_000: 2, 100: 4, None: 4}[bound]


def test_differences_of_a_transaction_and_of_a_block(token: TokenNode) -> None:
    found = token.ask("getTransactionDifference", hash_at(token, 2))
    assert found == token.ask("getBlockDifference", 2)
    accounts = {one["address"]: one for one in found["accounts"]}
    assert set(accounts) == {token.token, ALICE, "0x" + "0" * 40}
    contract = accounts[token.token]
    assert (contract["status"], contract["slotCount"]) == ("changed", 2)
    assert [slot["after"] for slot in contract["slots"]] == [word(10**24 - 5), word(5)]
    assert accounts[ALICE]["before"]["nonce"] + 1 == accounts[ALICE]["after"]["nonce"]
    born = token.ask("getBlockDifference", 1)
    code = {one["address"]: one for one in born["accounts"]}[token.token]
    assert (code["status"], code["changedCodes"][1]["size"]) == ("created", 6_777)
    hashes = [one["addressHash"] for one in found["accounts"]]
    rest = token.ask("getBlockDifference", 2, hashes[1])
    assert rest["accounts"] == found["accounts"][1:]
    assert token.ask("getBlockDifference", 0)["accounts"] != []
