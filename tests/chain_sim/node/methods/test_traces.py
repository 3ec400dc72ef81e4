"""Traces and views: what they say of calls of known contracts."""

import pytest

from tests.helpers.nodes import FIRST, LocalClient, RpcFailed, local_client
from tests.helpers.probe_contract import FAIL, GET, SIGNATURE, TRAP, set_data

ZERO = "0x" + "00" * 32
CALLS = {"tracer": "callTracer", "tracerConfig": {"withLog": True}}


@pytest.fixture
def client() -> LocalClient:
    return local_client()


@pytest.fixture
def contract(client: LocalClient) -> str:
    return client.deploy()


@pytest.fixture
def sent(client: LocalClient, contract: str) -> str:
    return client.transact(contract, set_data(7), gas="0x30d40")


def test_call_tracer(client: LocalClient, contract: str, sent: str) -> None:
    found = client.call("debug_traceTransaction", sent, CALLS)
    receipt = client.call("eth_getTransactionReceipt", sent)
    intrinsic = 21_000 + 31 * 4 + 5 * 68
    assert found == {
        "type": "CALL",
        "from": FIRST,
        "to": contract,
        "input": set_data(7),
        "value": "0x0",
        "gas": hex(200_000 - intrinsic),
        "gasUsed": receipt["gasUsed"],
        "logs": [
            {
                "address": contract,
                "topics": receipt["logs"][0]["topics"],
                "data": receipt["logs"][0]["data"],
                "position": "0x0",
                "index": "0x0",
            }
        ],
    }
    (row,) = client.call("debug_traceBlockByNumber", "latest", CALLS)
    assert row == {"txHash": sent, "result": found}
    (same,) = client.call("debug_traceBlockByHash", receipt["blockHash"], CALLS)
    assert same == row


def test_traced_creation_and_failures(client: LocalClient, contract: str) -> None:
    (created,) = client.call("eth_getBlockByNumber", "0x1")["transactions"]
    found = client.call("debug_traceTransaction", created, {"tracer": "callTracer"})
    assert (found["type"], found["to"]) == ("CREATE", contract)
    call = {"from": FIRST, "to": contract, "data": FAIL}
    failed = client.call("debug_traceCall", call, "latest", CALLS)
    assert failed["error"] == "execution reverted"
    assert failed["revertReason"] == "nope"
    assert failed["output"].startswith("0x08c379a0")
    trapped = client.call("debug_traceCall", {**call, "data": TRAP}, "latest", CALLS)
    assert trapped["error"] == "trap: unreachable"


def test_prestate_and_what_changed(
    client: LocalClient, contract: str, sent: str
) -> None:
    options = {"tracer": "prestateTracer"}
    found = client.call("debug_traceTransaction", sent, options)
    assert found[contract]["storage"] == {ZERO: f"0x{42:064x}"}
    assert found[contract]["code"] == client.call("eth_getCode", contract)
    assert found[FIRST]["nonce"] == 1
    assert found[FIRST]["balance"] == client.call("eth_getBalance", FIRST, "0x1")
    options["tracerConfig"] = {"diffMode": True}  # type: ignore[assignment] # JSON
    found = client.call("debug_traceTransaction", sent, options)
    assert found["post"][contract] == {"storage": {ZERO: f"0x{7:064x}"}}
    assert found["pre"][contract]["storage"] == {ZERO: f"0x{42:064x}"}
    assert found["post"][FIRST] == {
        "balance": client.call("eth_getBalance", FIRST),
        "nonce": 2,
    }


def test_selectors_and_nothing(client: LocalClient, sent: str) -> None:
    four = client.call("debug_traceTransaction", sent, {"tracer": "4byteTracer"})
    assert four == {"0x60fe47b1-32": 1}
    assert client.call("debug_traceTransaction", sent, {"tracer": "noopTracer"}) == {}


def test_host_calls_have_operands_and_units(
    client: LocalClient, contract: str, sent: str
) -> None:
    calls = client.call("debug_traceTransaction", sent, {"tracer": "stylusTracer"})
    names = [call["name"] for call in calls]
    assert names == [
        "getCallDataSize",
        "getCallDataSize",
        "callDataCopy",
        "getCaller",
        "storageStore",
        "log",
        "finish",
    ]
    assert calls[2]["outs"] == set_data(7)
    assert calls[3]["outs"] == FIRST
    assert calls[4]["args"] == ZERO + f"{7:064x}"
    assert SIGNATURE.hex() in calls[5]["args"]
    assert all(call["address"] == contract for call in calls)
    counters = [value for call in calls for value in (call["startInk"], call["endInk"])]
    assert counters == sorted(counters, reverse=True)


def test_parity_form(client: LocalClient, contract: str, sent: str) -> None:
    (found,) = client.call("trace_transaction", sent)
    assert found["action"]["to"] == contract
    assert found["action"]["callType"] == "call"
    assert (found["type"], found["subtraces"], found["traceAddress"]) == ("call", 0, [])
    used = client.call("eth_getTransactionReceipt", sent)["gasUsed"]
    assert set(found["result"]) == {"gasUsed", "output"}
    assert found["result"]["output"] == "0x"
    assert 0 < int(found["result"]["gasUsed"], 16) < int(used, 16)
    assert client.call("trace_block", "latest") == [found]
    (creation,) = client.call("trace_block", "0x1")
    assert creation["type"] == "create"
    assert creation["result"]["address"] == contract
    code = client.call("eth_getCode", contract, "latest")
    assert (creation["result"]["code"], "output" in creation["result"]) == (code, False)
    tx = creation["transactionHash"]
    assert client.call("debug_traceTransaction", tx, CALLS)["output"] == code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (None, "there are no EVM steps"),
        ({}, "there are no EVM steps"),
        ({"tracer": "muxTracer"}, "no tracer 'muxTracer'"),
        ({"tracer": "flatCallTracer"}, "there are callTracer, prestateTracer"),
    ],
)
def test_other_tracers_are_refused(
    client: LocalClient, sent: str, options: object, message: str
) -> None:
    with pytest.raises(RpcFailed, match=message) as caught:
        client.call("debug_traceTransaction", sent, options)
    assert caught.value.code == -32602


def test_unknown_transaction_is_not_found(client: LocalClient) -> None:
    for method in ("debug_traceTransaction", "trace_transaction"):
        params = (ZERO, CALLS)[: 2 if method.startswith("debug") else 1]
        with pytest.raises(RpcFailed, match="transaction not found") as caught:
            client.call(method, *params)
        assert caught.value.code == -32000


def test_views_of_otterscan(client: LocalClient, contract: str, sent: str) -> None:
    assert client.call("ots_getApiLevel") == 8
    assert client.call("ots_hasCode", contract) is True
    assert client.call("ots_hasCode", FIRST) is False
    creator = client.call("ots_getContractCreator", contract)
    (created,) = client.call("eth_getBlockByNumber", "0x1")["transactions"]
    assert creator == {"hash": created, "creator": FIRST}
    assert client.call("ots_getTransactionBySenderAndNonce", FIRST, 1) == sent
    assert client.call("ots_getTransactionBySenderAndNonce", FIRST, 9) is None
    page = client.call("ots_searchTransactionsBefore", FIRST, 0, 1)
    assert [tx["hash"] for tx in page["txs"]] == [sent]
    assert (page["firstPage"], page["lastPage"]) == (True, False)
    page = client.call("ots_searchTransactionsBefore", FIRST, 2, 5)
    assert [tx["hash"] for tx in page["txs"]] == [created]
    assert (page["firstPage"], page["lastPage"]) == (False, True)
    page = client.call("ots_searchTransactionsAfter", FIRST, 0, 5)
    assert [tx["hash"] for tx in page["txs"]] == [sent, created]
    failed = client.transact(contract, FAIL, gas="0x30d40")
    assert client.call("ots_getTransactionError", failed).startswith("0x08c379a0")
    assert client.call("ots_getTransactionError", sent) == "0x"
    assert client.call("ots_getInternalOperations", sent) == []
    (message,) = client.call("ots_traceTransaction", sent)
    assert (message["depth"], message["type"]) == (0, "CALL")
    details = client.call("ots_getBlockDetails", "0x2")
    receipt = client.call("eth_getTransactionReceipt", sent)
    fees = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    assert details["totalFees"] == hex(fees)
    assert details["block"]["transactionCount"] == 1


def test_raw_forms_have_the_hashes(client: LocalClient, sent: str) -> None:
    raw = client.call("debug_getRawTransaction", sent)
    assert client.call("web3_sha3", raw) == sent
    header = client.call("debug_getRawHeader", "latest")
    block = client.call("eth_getBlockByNumber", "latest")
    assert client.call("web3_sha3", header) == block["hash"]
    assert header[2:] in client.call("debug_getRawBlock", "latest")
    (receipt,) = client.call("debug_getRawReceipts", "latest")
    assert receipt.startswith("0x02")
    code = client.call("eth_getCode", client.deploy())
    code_hash = client.call("web3_sha3", code)
    assert client.call("debug_codeByHash", code_hash) == code
    assert client.call("debug_codeByHash", ZERO) == "0x"


def test_call_of_old_blocks_reads_old_states(
    client: LocalClient, contract: str, sent: str
) -> None:
    assert client.call("eth_getTransactionReceipt", sent)["blockNumber"] == "0x2"
    call = {"to": contract, "data": GET}
    found = client.call("debug_traceCall", call, "0x1", {"tracer": "callTracer"})
    assert found["output"] == f"0x{42:064x}"
