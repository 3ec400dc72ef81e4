"""Sending, calls and estimates: exact values, error codes, both sides of limits."""

from typing import Any

import pytest

from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    encode_transaction,
    sign_transaction,
)
from tests.helpers.nodes import (
    FIRST,
    KEYS,
    SECOND,
    LocalClient,
    RpcFailed,
    local_client,
)
from tests.helpers.probe_contract import (
    BURN,
    FAIL,
    FAIL_CUSTOM,
    GET,
    INCREMENT,
    TRAP,
    probe_init_code,
    probe_runtime,
    set_data,
)

NOBODY = "0x" + "00" * 18 + "0abc"
WHOAMI, NUMBER, TIME, PRICE = "0xb3b36bb3", "0x57e871e7", "0x16ada547", "0xfe173b97"
GWEI = 10**9


@pytest.fixture
def client() -> LocalClient:
    return local_client()


def word(number: int) -> str:
    return f"0x{number:064x}"


def error_of(client: LocalClient, method: str, *params: Any) -> tuple[int, str]:
    with pytest.raises(RpcFailed) as caught:
        client.call(method, *params)
    return caught.value.code, caught.value.message


def raw(nonce: int, index: int = 1, **more: Any) -> str:
    fields = {"gas_price": 2 * GWEI, "gas_limit": 21_000, "value": 1, "data": b""}
    to = bytes.fromhex(NOBODY[2:])
    tx = Transaction(nonce=nonce, to=to, **{**fields, **more})  # type: ignore[arg-type] # fields
    key = list(KEYS.values())[index]
    return "0x" + encode_transaction(sign_transaction(tx, key, 31337)).hex()


def test_what_is_left_out_is_filled_in(client: LocalClient) -> None:
    tx = client.call("eth_getTransactionByHash", client.transact(NOBODY, value="0x5"))
    base_fee = GWEI * 7 // 8  # after the first block, which is empty
    assert (tx["type"], tx["nonce"], tx["gas"]) == ("0x2", "0x0", "0x5208")
    assert int(tx["maxPriorityFeePerGas"], 16) == GWEI
    assert int(tx["maxFeePerGas"], 16) == 2 * base_fee + GWEI
    assert int(tx["gasPrice"], 16) == base_fee + GWEI
    assert tx["chainId"] == "0x7a69"
    assert tx["yParity"] == tx["v"]
    receipt = client.call("eth_getTransactionReceipt", tx["hash"])
    assert receipt["effectiveGasPrice"] == tx["gasPrice"]
    assert receipt["contractAddress"] is None


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"gasPrice": "0x77359400"}, "0x0"),
        ({"gasPrice": "0x77359400", "accessList": []}, "0x1"),
        ({"type": "0x1"}, "0x1"),
        ({"type": "0x0"}, "0x0"),
        ({"maxFeePerGas": "0x77359400"}, "0x2"),
    ],
)
def test_fields_decide_the_type(
    client: LocalClient, fields: dict[str, Any], kind: str
) -> None:
    sent = client.transact(NOBODY, **fields)
    assert client.call("eth_getTransactionByHash", sent)["type"] == kind
    assert client.call("eth_getTransactionReceipt", sent)["type"] == kind


def test_chain_without_a_fee_market_has_legacy_transactions() -> None:
    client = local_client(fees=None)
    sent = client.transact(NOBODY)
    tx = client.call("eth_getTransactionByHash", sent)
    assert (tx["type"], tx["gasPrice"]) == ("0x0", hex(GWEI))
    assert "baseFeePerGas" not in client.call("eth_getBlockByNumber", "latest")
    assert error_of(client, "eth_feeHistory", 1, "latest", [])[0] == -32601
    assert client.call("web3_clientVersion").endswith("/ewasm-byzantium")


def test_failing_transaction_without_a_gas_limit_is_mined(client: LocalClient) -> None:
    contract = client.deploy()
    receipt = client.call("eth_getTransactionReceipt", client.transact(contract, FAIL))
    assert receipt["status"] == "0x0"
    tx = client.call("eth_getTransactionByHash", receipt["transactionHash"])
    assert tx["gas"] == hex(30_000_000)


def test_failed_creation_has_its_address_in_the_receipt(client: LocalClient) -> None:
    fields = {"from": FIRST, "data": "0x0061736d01", "gas": "0x100000"}
    sent = client.call("eth_sendTransaction", fields)
    receipt = client.call("eth_getTransactionReceipt", sent)
    assert receipt["status"] == "0x0"
    assert receipt["contractAddress"] == "0x5fbdb2315678afecb367f032d93f642f64180aa3"


@pytest.mark.parametrize(
    ("sent", "code", "message"),
    [
        (raw(0, gas_limit=20_999), -32000, "intrinsic gas too low"),
        (raw(0, gas_limit=30_000_001), -32000, "exceeds block gas limit"),
        (raw(0, gas_price=1), -32003, "max fee per gas less than block base fee"),
        (raw(0, value=10**30), -32003, "insufficient funds for gas * price + value"),
        ("0x", -32602, "Empty transaction data"),
        ("0xf8", -32602, "Failed to decode transaction"),
        ("0x05c0", -32602, "transaction type 5 is not supported"),
        ("0x0", -32602, "odd number of digits"),
    ],
)
def test_refused_transactions_change_nothing(
    client: LocalClient, sent: str, code: int, message: str
) -> None:
    before = client.call("eth_getBlockByNumber", "latest")
    found = error_of(client, "eth_sendRawTransaction", sent)
    assert found[0] == code
    assert message in found[1]
    assert client.call("eth_getBlockByNumber", "latest") == before
    assert client.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_mined_transaction_again_is_a_nonce_too_low(client: LocalClient) -> None:
    client.call("eth_sendRawTransaction", raw(0))
    code, message = error_of(client, "eth_sendRawTransaction", raw(0))
    assert (code, message.startswith("nonce too low")) == (-32003, True)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"data": "0x11", "input": "0x22"}, "data and input are not the same"),
        ({"gasPrice": "0x1", "maxFeePerGas": "0x1"}, "gasPrice together with"),
        ({"type": "0x2", "gasPrice": "0x1"}, "gasPrice in a transaction of type 2"),
        ({"type": "0x0", "maxFeePerGas": "0x1"}, "maxFeePerGas in a transaction"),
        ({"type": "0x3"}, "3 is more than 2"),
        ({"to": "0x12"}, "not an address"),
        ({"value": -1}, "not between 0 and 2^256"),
    ],
)
def test_contradictions_are_named(
    client: LocalClient, fields: dict[str, Any], reason: str
) -> None:
    for method in ("eth_sendTransaction", "eth_call", "eth_estimateGas"):
        code, message = error_of(client, method, {"from": FIRST, **fields})
        assert code == -32602
        assert message.startswith("invalid params: transaction: ")
        assert reason in message


def test_only_accounts_with_keys_or_impersonated_ones_send(client: LocalClient) -> None:
    fields = {"from": NOBODY, "to": SECOND, "value": "0x1"}
    no_signer = (-32602, "No Signer available")
    assert error_of(client, "eth_sendTransaction", fields) == no_signer
    assert error_of(client, "eth_sign", NOBODY, "0x00") == no_signer
    client.call("anvil_impersonateAccount", NOBODY)
    assert error_of(client, "eth_sendTransaction", fields)[0] == -32003
    client.call("anvil_setBalance", NOBODY, hex(10**18))
    tx = client.call(
        "eth_getTransactionByHash", client.call("eth_sendTransaction", fields)
    )
    assert (tx["from"], tx["r"], tx["s"]) == (NOBODY, "0xabc", "0x0")
    again = client.call("eth_getRawTransactionByHash", tx["hash"])
    assert error_of(client, "eth_sendRawTransaction", again)[0] == -32003
    client.call("anvil_stopImpersonatingAccount", NOBODY)
    assert error_of(client, "eth_sendTransaction", fields) == no_signer
    client.call("anvil_autoImpersonateAccount", True)
    client.call("eth_sendTransaction", fields)
    assert client.call("eth_getTransactionCount", NOBODY) == "0x2"


def test_call_sees_its_block_and_what_is_overridden(client: LocalClient) -> None:
    contract = client.deploy()
    client.transact(contract, set_data(7))
    call = {"to": contract, "data": GET}
    assert client.call("eth_call", call) == word(7)
    assert client.call("eth_call", call, "0x1") == word(42)
    number = {"to": contract, "data": NUMBER}
    assert client.call("eth_call", number, "latest") == word(2)
    assert client.call("eth_call", number, "pending") == word(3)
    assert client.call("eth_call", number, "0x1") == word(1)
    time = {"to": contract, "data": TIME}
    assert client.call("eth_call", time, "latest") == word(1_700_000_002)
    block = {"number": "0x64", "time": "0x7fffffff"}
    assert client.call("eth_call", number, "latest", {}, block) == word(100)
    assert client.call("eth_call", time, "latest", {}, block) == word(0x7FFFFFFF)
    slots = {word(0): word(9)}
    difference = {contract: {"stateDiff": slots}}
    assert client.call("eth_call", call, "latest", difference) == word(9)
    assert client.call("eth_call", call, "latest", {contract: {"state": {}}}) == word(0)
    code = {NOBODY: {"code": "0x" + probe_runtime().hex()}}
    assert client.call("eth_call", {**call, "to": NOBODY}, "latest", code) == word(0)
    assert client.call("eth_call", call) == word(7)


def test_caller_and_price_of_a_call(client: LocalClient) -> None:
    contract = client.deploy()
    who, price = {"to": contract, "data": WHOAMI}, {"to": contract, "data": PRICE}
    assert client.call("eth_call", who) == word(0)
    assert client.call("eth_call", {**who, "from": NOBODY}) == word(0xABC)
    assert client.call("eth_call", price) == word(0)
    assert client.call("eth_call", {**price, "from": FIRST, "gasPrice": 1}) == word(1)
    poor = {**price, "from": NOBODY, "gasPrice": 1}
    assert error_of(client, "eth_call", poor)[0] == -32003
    assert error_of(client, "eth_call", {**who, "gas": "0x1"})[0] == -32000


def test_creation_and_nobody_in_a_call(client: LocalClient) -> None:
    code = "0x" + probe_init_code().hex()
    assert client.call("eth_call", {"data": code}) == "0x" + probe_runtime().hex()
    assert client.call("eth_call", {"to": NOBODY, "data": GET}) == "0x"
    assert error_of(client, "eth_call", {"data": "0x0061736d02000000"})[0] == -32003


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (FAIL, 3, "execution reverted: nope"),
        (FAIL_CUSTOM + "00" * 32, 3, "execution reverted: custom error 0x63a2a81f"),
        ("0xbdd4ad32", 3, "execution reverted"),
        (TRAP, -32003, "contract trapped: unreachable"),
    ],
)
def test_failed_calls_and_estimates_say_how(
    client: LocalClient, data: str, code: int, message: str
) -> None:
    call = {"to": client.deploy(), "data": data}
    assert error_of(client, "eth_call", call) == (code, message)
    assert error_of(client, "eth_estimateGas", call) == (code, message)


def test_call_that_needs_more_gas_than_it_may_have() -> None:
    client = local_client(call_gas_limit=300_000)
    call = {"to": client.deploy(), "data": BURN, "gas": hex(10**9)}
    code, message = error_of(client, "eth_call", call)
    assert (code, message.startswith("out of gas")) == (-32003, True)
    code, message = error_of(client, "eth_estimateGas", call)
    assert (code, message) == (
        -32003,
        "out of gas: gas required exceeds allowance: 300000",
    )


def test_estimate_is_enough_and_one_less_is_not(client: LocalClient) -> None:
    contract = client.deploy()
    call = {"from": FIRST, "to": contract, "data": INCREMENT}
    gas = client.number("eth_estimateGas", call)
    for limit, status in ((gas - 1, "0x0"), (gas, "0x1")):
        sent = client.call("eth_sendTransaction", {**call, "gas": hex(limit)})
        receipt = client.call("eth_getTransactionReceipt", sent)
        assert receipt["status"] == status
    assert client.call("eth_estimateGas", {"to": NOBODY, "value": "0x0"}) == "0x5208"


def test_access_list_has_the_slot(client: LocalClient) -> None:
    contract = client.deploy()
    found = client.call("eth_createAccessList", {"to": contract, "data": GET})
    assert found["accessList"] == [{"address": contract, "storageKeys": [word(0)]}]


def test_simulated_blocks_follow_each_other_and_are_not_kept(
    client: LocalClient,
) -> None:
    contract = client.deploy()
    calls = [
        {"from": FIRST, "to": contract, "data": set_data(9)},
        {"to": contract, "data": GET},
        {"to": contract, "data": FAIL},
    ]
    later = {"calls": [{"to": contract, "data": GET}, {"to": contract, "data": NUMBER}]}
    first, second = client.call(
        "eth_simulateV1", {"blockStateCalls": [{"calls": calls}, later]}, "latest"
    )
    assert [one["status"] for one in first["calls"]] == ["0x1", "0x1", "0x0"]
    assert first["calls"][1]["returnData"] == word(9)
    assert first["calls"][0]["logs"][0]["data"] == word(9)
    assert first["calls"][2]["error"]["message"] == "execution reverted: nope"
    assert second["parentHash"] == first["hash"]
    assert [one["returnData"] for one in second["calls"]] == [word(9), word(3)]
    assert client.call("eth_call", {"to": contract, "data": GET}) == word(42)
