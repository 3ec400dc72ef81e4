"""The requests of `cargo stylus`, in its order, to a node with Arbitrum's rules."""

from collections.abc import Iterator
from typing import Any

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.node import Node
from tests.helpers.nodes import FIRST, KEYS, SECOND, LocalClient, RpcFailed
from tests.helpers.stylus_requests import (
    ACTIVATE,
    ALL_CACHE_MANAGERS,
    ARB_WASM,
    ARB_WASM_CACHE,
    CACHE_PROGRAM,
    CODE_HASH_IS_CACHED,
    CODE_HASH_VERSION,
    ELSEWHERE,
    INCREMENT,
    NOT_ACTIVATED,
    NUMBER,
    ONE_ETHER,
    RICH,
    SET_NUMBER,
    code_hash,
    deploy_and_activate,
    init_code,
    program_code,
    send,
    simulated_fee,
    word,
)

ZERO = "0x" + "00" * 32
ONE = f"0x{1:064x}"
STYLUS = {"tracer": "stylusTracer"}
CALLS = {"tracer": "callTracer", "tracerConfig": {"withLog": True}}


@pytest.fixture
def client() -> Iterator[LocalClient]:
    with Blockchain.in_memory(fork="arbitrum") as chain:
        yield LocalClient(Node(chain, KEYS))


@pytest.fixture
def program(client: LocalClient) -> str:
    return deploy_and_activate(client, FIRST)


def refused(client: LocalClient, *call: object) -> RpcFailed:
    with pytest.raises(RpcFailed) as caught:
        client.call("eth_call", *call)
    return caught.value


def test_check_asks_for_the_hash_and_simulates_the_activation(
    client: LocalClient,
) -> None:
    asked = {"to": ARB_WASM, "input": CODE_HASH_VERSION + code_hash()}
    error = refused(client, asked, "latest")
    assert (error.code, error.data) == (3, NOT_ACTIVATED)
    assert simulated_fee(client, ELSEWHERE) == 52_745_697_308_929
    assert client.call("eth_getCode", ELSEWHERE) == "0x"
    assert client.call("eth_blockNumber") == "0x0"


@pytest.mark.parametrize(
    ("code", "data"),
    [("0x6000", "0x27f38212"), ("0x", "0x27f38212"), ("0xeff00000", "0x")],
)
def test_code_that_is_no_program_is_the_contracts_error(
    client: LocalClient, code: str, data: str
) -> None:
    request = {"from": RICH, "to": ARB_WASM, "value": ONE_ETHER}
    request["data"] = ACTIVATE + word(ELSEWHERE)
    overrides = {RICH: {"balance": ONE_ETHER}, ELSEWHERE: {"code": code}}
    error = refused(client, request, "latest", overrides)
    assert (error.code, error.data) == (3, data)


def test_deploy_sends_init_code_and_activates(client: LocalClient) -> None:
    assert client.call("eth_chainId") == hex(412_346)
    assert client.call("eth_gasPrice") == hex(10**8)
    assert client.call("eth_maxPriorityFeePerGas") == "0x0"
    assert client.call("eth_feeHistory", "0x1", "latest", [20.0])["reward"] == [["0x0"]]
    receipt = send(client, FIRST, None, init_code(), 0)
    address = receipt["contractAddress"]
    assert receipt["effectiveGasPrice"] == hex(10**8)
    assert client.call("eth_getCode", address) == "0x" + program_code().hex()
    error = refused(client, {"to": address, "data": NUMBER}, "latest")
    assert error.code == -32003
    fee = simulated_fee(client, address)
    before = client.number("eth_getBalance", FIRST)
    sent = send(client, FIRST, ARB_WASM, ACTIVATE + word(address), fee)
    paid = before - client.number("eth_getBalance", FIRST)
    # What was sent beyond the fee comes back.
    assert paid - int(sent["gasUsed"], 16) * 10**8 == -(-fee * 100 // 120)
    (log,) = sent["logs"]
    assert (log["address"], log["topics"][1]) == (ARB_WASM, "0x" + code_hash())
    asked = {"to": ARB_WASM, "input": CODE_HASH_VERSION + code_hash()}
    assert client.call("eth_call", asked, "latest") == f"0x{3:064x}"
    assert client.call("eth_call", {"to": address, "data": NUMBER}) == ZERO


def test_a_second_activation_is_refused_before_it_is_sent(
    client: LocalClient, program: str
) -> None:
    request = {"from": FIRST, "to": ARB_WASM, "data": ACTIVATE + word(program)}
    with pytest.raises(RpcFailed) as caught:
        client.call("eth_estimateGas", {**request, "value": ONE_ETHER})
    assert (caught.value.code, caught.value.data) == (3, "0xcc944bf2")


def test_estimates_are_exact_and_within_a_transactions_gas(
    client: LocalClient, program: str
) -> None:
    request = {"from": FIRST, "to": program, "data": SET_NUMBER + f"{7:064x}"}
    least = client.number("eth_estimateGas", request)
    for gas, status in ((least - 1, "0x0"), (least, "0x1")):
        sent = client.call("eth_sendTransaction", {**request, "gas": hex(gas)})
        found = client.call("eth_getTransactionReceipt", sent)
        assert found["status"] == status
        client.call("anvil_rollback", 1)
    most = {**request, "gas": hex(2**50)}
    assert client.number("eth_estimateGas", most) == least
    with pytest.raises(RpcFailed, match=f"allowance: {least - 1}"):
        client.call("eth_estimateGas", {**request, "gas": hex(least - 1)})


def test_a_call_after_a_block_is_not_one_of_its_transactions(
    client: LocalClient, program: str
) -> None:
    request = {"from": FIRST, "to": program, "data": INCREMENT}
    client.transact(program, SET_NUMBER + f"{7:064x}")
    # The program was called in this block, which makes it cheaper there.
    for block in ("latest", "pending"):
        assert client.number("eth_estimateGas", request, block) == 36_386
    found = client.call("eth_createAccessList", request)
    assert found["accessList"] == [{"address": program, "storageKeys": [ZERO]}]
    sent = client.transact(program, INCREMENT)
    receipt = client.call("eth_getTransactionReceipt", sent)
    assert receipt["gasUsed"] == hex(36_386)


def test_a_transaction_that_fails_is_mined_with_a_limit_that_can_be_paid(
    client: LocalClient, program: str
) -> None:
    sent = client.transact(program, "0xffffffff")
    found = client.call("eth_getTransactionReceipt", sent)
    assert found["status"] == "0x0"
    assert client.call("eth_getTransactionByHash", sent)["gas"] == hex(32_000_000)


def test_cache_asks_for_managers_and_one_of_them_caches(
    client: LocalClient, program: str
) -> None:
    def asked(data: str) -> Any:
        return client.call("eth_call", {"to": ARB_WASM_CACHE, "data": data}, "latest")

    assert asked(ALL_CACHE_MANAGERS) == f"0x{32:064x}{0:064x}"
    assert asked(CODE_HASH_IS_CACHED + code_hash()) == ZERO
    client.node.chain.arbos.add_cache_manager(DEVELOPER_ACCOUNTS[1].address)
    assert asked(ALL_CACHE_MANAGERS) == f"0x{32:064x}{1:064x}{word(SECOND)}"
    send(client, SECOND, ARB_WASM_CACHE, CACHE_PROGRAM + word(program), 0)
    assert asked(CODE_HASH_IS_CACHED + code_hash()) == ONE


def test_trace_is_nitros(client: LocalClient, program: str) -> None:
    sent = client.transact(program, INCREMENT)
    steps = client.call("debug_traceTransaction", sent, STYLUS)
    assert [step["name"] for step in steps] == [
        "user_entrypoint",
        "read_args",
        "storage_load_bytes32",
        "storage_cache_bytes32",
        "storage_flush_cache",
        "msg_sender",
        "emit_log",
        "user_returned",
    ]
    found = {step["name"]: (step["args"], step["outs"]) for step in steps}
    assert found["user_entrypoint"] == ("0x00000004", "0x")
    assert found["read_args"] == ("0x", INCREMENT)
    assert found["storage_load_bytes32"] == (ZERO, ZERO)
    assert found["storage_cache_bytes32"] == (ZERO + ONE[2:], "0x")
    assert found["storage_flush_cache"] == ("0x00", "0x")
    assert found["msg_sender"] == ("0x", FIRST)
    assert found["emit_log"] == ("0x00000001" + word(FIRST) + ONE[2:], "0x")
    assert found["user_returned"] == ("0x", "0x00000000")
    keys = {"name", "args", "outs", "startInk", "endInk"}
    assert all(set(step) == keys for step in steps)
    call = {"from": FIRST, "to": program, "data": NUMBER}
    steps = client.call("debug_traceCall", call, "latest", STYLUS)
    assert steps[-1]["name"] == "user_returned"
    (row,) = client.call("debug_traceBlockByNumber", "latest", STYLUS)
    assert row["txHash"] == sent


def test_other_tracers_know_programs_and_the_chains_contracts(
    client: LocalClient, program: str
) -> None:
    sent = client.transact(program, INCREMENT)
    found = client.call("debug_traceTransaction", sent, CALLS)
    assert (found["type"], found["to"], found["input"]) == ("CALL", program, INCREMENT)
    (log,) = found["logs"]
    assert (log["topics"], log["data"]) == (["0x" + word(FIRST)], ONE)
    (activation,) = client.call("eth_getBlockByNumber", "0x2")["transactions"]
    found = client.call("debug_traceTransaction", activation, CALLS)
    assert (found["to"], found["logs"][0]["address"]) == (ARB_WASM, ARB_WASM)
    assert client.call("debug_traceTransaction", activation, STYLUS) == []
    state = client.call("debug_traceTransaction", sent, {"tracer": "prestateTracer"})
    assert state[program]["storage"] == {ZERO: ZERO}
    (whole,) = client.call("trace_transaction", sent)
    assert whole["action"]["to"] == program
