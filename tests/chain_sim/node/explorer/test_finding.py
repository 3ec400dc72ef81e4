"""Branches, contracts, search and ABIs, as the explorer's methods give them."""

import pytest

from chain_sim.ethereum.primitives.text import Hash32, InvalidText, format_data
from chain_sim.node.errors import RpcError
from chain_sim.node.explorer import branch_views, state_views
from tests.helpers.explorers import (
    ALICE,
    BOB,
    FUNCTIONS,
    TOKEN_ABI,
    TokenNode,
    ask,
    new_node,
)

STRANGER = "0x" + "99" * 20
ZERO = "0x" + "00" * 32
TRANSFER = "0xa9059cbb"


def word(number: int) -> str:
    return "0x" + number.to_bytes(32, "big").hex()


def hash_at(token: TokenNode, number: int) -> str:
    return format_data(token.chain.block(number).transactions[0].hash)


# Branches and contracts


@pytest.fixture
def forked() -> TokenNode:
    """`other` leaves the chain at block 1 and has one block more."""
    token = TokenNode()
    token.chain.snapshot()
    token.chain.branches.create("other")
    token.transfer(BOB, 1)
    token.chain.branches.switch("other")
    token.chain.mine_blocks(1)
    token.chain.branches.switch("main")
    return token


def test_branches_leave_the_chain_where_they_do(
    forked: TokenNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = forked.ask("listBranches")
    assert found["current"] == "main"
    names = [(one["name"], one["isCurrent"]) for one in found["branches"]]
    assert names == [("main", True), ("other", False)]
    places = [(one["number"], one["fork"]["number"]) for one in found["branches"]]
    assert places == [(2, 2), (2, 1)]
    for branch in found["branches"]:
        block = forked.chain.reader.find_block(branch["name"])
        assert branch["hash"] == format_data(block.hash)
        assert branch["timestamp"] == block.header.timestamp
    first = format_data(forked.chain.block(1).hash)
    assert found["branches"][1]["fork"]["hash"] == first
    (snapshot,) = found["snapshots"]
    assert snapshot["hash"] == first
    assert (snapshot["snapshot"], snapshot["number"]) == (1, 1)
    tip = found["branches"][1]["hash"]
    assert forked.ask("getBlock", tip)["isOnChain"] is False
    assert forked.ask("listBlocks", "other")["blocks"][0]["hash"] == tip
    monkeypatch.setattr(branch_views, "MAX_BLOCKS_WALKED", 1)
    assert forked.ask("listBranches")["branches"][1]["fork"] is None


def test_a_contract_has_imports_exports_and_a_check(token: TokenNode) -> None:
    found = token.ask("getContract", token.token)
    assert (found["size"], found["fault"]) == (6_777, None)
    assert found["imports"][0] == {
        "module": "ethereum",
        "name": "getCallValue",
        "kind": "func",
        "type": "[i32] -> []",
    }
    assert (found["importCount"], found["exportCount"]) == (9, 2)
    assert [entry["name"] for entry in found["exports"]] == ["memory", "main"]
    assert (found["check"]["verdict"], found["check"]["findingCount"]) == ("closed", 11)
    assert token.ask("getContract", ALICE)["fault"] == "the account has no code"


# Calls


def test_a_function_is_called_by_name_with_texts(token: TokenNode) -> None:
    found = token.ask("callFunction", token.token, "balanceOf", [BOB])
    assert found["values"] == [{"name": "", "type": "uint256", "value": 5}]
    assert found["output"] == {"data": word(5), "size": 32}
    assert (found["failure"], found["error"]) == (None, None)
    signature = "balanceOf(address)"
    before = token.ask("callFunction", token.token, signature, [BOB], 1)
    assert before["values"][0]["value"] == 0
    data = format_data(FUNCTIONS["balanceOf"].encode_text([BOB]))
    explained = token.ask("getCallGas", {"to": token.token, "data": data})
    assert found["gasUsed"] == explained["gasUsed"]


def test_a_call_that_fails_says_why(token: TokenNode) -> None:
    head = token.chain.head.hash
    found = token.ask("callFunction", token.token, "transfer", [BOB, "2ether"], 0)
    assert (found["values"], found["failure"]) == (None, None)
    assert found["output"] == {"data": "0x", "size": 0}
    found = token.ask("callFunction", token.token, "transfer", [BOB, str(10**30)])
    assert (found["values"], found["failure"]) == (None, "reverted: balance too low")
    assert found["error"]["values"][0]["value"] == "balance too low"
    assert token.chain.head.hash == head


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("nothing", []), ("name", ["1"]), ("balanceOf", ["x"]), ("balanceOf", [])],
)
def test_a_call_that_the_abi_does_not_have_is_refused(
    token: TokenNode, function: str, arguments: list[str]
) -> None:
    with pytest.raises((RpcError, InvalidText)) as caught:
        token.ask("callFunction", token.token, function, arguments)
    if isinstance(caught.value, RpcError):
        assert caught.value.code == -32602


# Search


@pytest.mark.parametrize("digits", [4, 5, 7, 63, 64])
def test_search_finds_a_transaction_by_its_beginning(
    token: TokenNode, digits: int
) -> None:
    wanted = hash_at(token, 2)
    found = token.ask("search", wanted[: 2 + digits].upper().replace("0X", "0x"))
    assert found == [{"kind": "transaction", "target": wanted, "label": "transaction"}]


def test_search_finds_each_kind(token: TokenNode) -> None:
    block = format_data(token.chain.block(2).hash)
    assert token.ask("search", " 2 ") == [
        {"kind": "block", "target": 2, "label": block}
    ]
    assert token.ask("search", block) == [
        {"kind": "block", "target": block, "label": "block"}
    ]
    assert token.ask("search", token.token) == [
        {"kind": "address", "target": token.token, "label": "contract"}
    ]
    assert token.ask("search", ALICE.lower()[:12]) == [
        {"kind": "address", "target": ALICE, "label": "developer account 0"}
    ]
    head = format_data(token.chain.head.hash)
    assert token.ask("search", "mai") == [
        {"kind": "block", "target": head, "label": "branch main"}
    ]
    assert [one["label"] for one in token.ask("search", "TRANSFER")] == [
        "transfer(address,uint256)",
        "transferFrom(address,address,uint256)",
    ]


@pytest.mark.parametrize(
    "text", ["", "  ", "4", "0x", "0xabc", "0x" + "f" * 65, "\0", "<b>", "9" * 500]
)
def test_search_finds_nothing_where_nothing_is(token: TokenNode, text: str) -> None:
    assert token.ask("search", text) == []


def test_search_gives_ten_results_at_most() -> None:
    node = new_node()
    for number in range(12):
        node.chain.branches.create(f"same{number:02}")
    found = ask(node, "search", "same")
    assert [one["label"] for one in found] == [
        f"branch same{number:02}" for number in range(10)
    ]


# ABIs


def test_abis_are_listed_replaced_and_removed() -> None:
    token = TokenNode()
    code_hash = token.ask("getAccount", token.token)["codeHash"]
    row = {"functions": 9, "events": 2, "errors": 0}
    assert token.ask("addAbi", code_hash, TOKEN_ABI) == {"target": code_hash, **row}
    listed = token.ask("listAbis")
    assert [one["target"] for one in listed["abis"]] == sorted(
        [token.token.lower(), code_hash]
    )
    assert (listed["count"], listed["next"]) == (2, None)
    assert token.ask("removeAbi", token.token) is True
    assert token.ask("removeAbi", token.token) is False
    sent = token.transfer(BOB, 1)
    found = token.ask("getTransaction", format_data(sent.transaction_hash))
    assert found["call"]["name"] == "transfer"
    assert token.ask("removeAbi", code_hash) is True
    assert token.ask("listAbis") == {"abis": [], "count": 0, "next": None}
    found = token.ask("getTransaction", format_data(sent.transaction_hash))
    assert (found["call"], found["logs"][0]["event"]) == (None, None)
    assert token.ask("listTransactions")["transactions"][0]["method"] == TRANSFER


def test_a_page_has_25_abis() -> None:
    node = new_node()
    for number in range(26):
        ask(node, "addAbi", f"0x{number:040x}", TOKEN_ABI)
    first = ask(node, "listAbis")
    assert (len(first["abis"]), first["next"]) == (25, f"0x{25:040x}")
    rest = ask(node, "listAbis", first["next"])
    assert [one["target"] for one in rest["abis"]] == [first["next"]]


@pytest.mark.parametrize("content", ["", "{}", "[]", "[1]", '[{"type":[]}]', "\ud800"])
def test_what_is_no_abi_is_refused_and_nothing_changes(content: str) -> None:
    node = new_node()
    with pytest.raises(RpcError, match="not a contract's ABI") as caught:
        ask(node, "addAbi", STRANGER, content)
    assert caught.value.code == -32602
    assert ask(node, "listAbis")["count"] == 0


def test_data_is_decoded_by_kind(token: TokenNode) -> None:
    found = token.ask("getTransaction", hash_at(token, 2))
    (log,) = found["logs"]
    event = token.ask(
        "decode", token.token, "event", log["data"]["data"], log["topics"]
    )
    assert event == log["event"]
    data = found["transaction"]["input"]["data"]
    assert token.ask("decode", token.token, "call", data) == found["call"]
    assert token.ask("decode", token.token, "call", "0x") is None
    panic = "0x4e487b71" + word(17)[2:]
    decoded = token.ask("decode", token.token, "error", panic)
    assert (decoded["signature"], decoded["values"][0]["value"]) == (
        "Panic(uint256)",
        17,
    )
    with pytest.raises(RpcError) as caught:
        token.ask("decode", token.token, "other", data)
    assert caught.value.code == -32602


def test_first_key_is_the_first_of_all_hashes() -> None:
    assert Hash32(bytes(32)) == state_views.FIRST_KEY
