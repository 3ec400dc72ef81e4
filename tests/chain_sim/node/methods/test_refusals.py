"""Requests that are refused, with the words and the edge of each limit."""

from typing import Any

import pytest

from chain_sim.ethereum.primitives.text import keccak256
from chain_sim.node.calls import MAX_OVERRIDES
from chain_sim.node.typed_data import typed_data_hash
from tests.helpers.nodes import FIRST, LocalClient, RpcFailed, local_client
from tests.helpers.probe_contract import BURN, GET

NOBODY = "0x" + "00" * 18 + "0abc"
NONE = "0x" + "00" * 20
CALL = {"to": NOBODY, "data": GET}
MEMBER = [{"name": "x", "type": "uint8"}]


def typed(members: Any = MEMBER, primary: str = "A", **message: Any) -> dict[str, Any]:
    return {
        "primaryType": primary,
        "types": {"EIP712Domain": [], "A": members},
        "domain": {},
        "message": message,
    }


def accounts(count: int) -> dict[str, Any]:
    return {f"0x{number:040x}": {} for number in range(count)}


@pytest.fixture(scope="module")
def client() -> LocalClient:
    return local_client(call_gas_limit=100_000)


@pytest.mark.parametrize(
    ("method", "params", "message"),
    [
        (
            "eth_call",
            [CALL, "latest", accounts(MAX_OVERRIDES + 1)],
            f"state overrides: {MAX_OVERRIDES + 1} accounts, more than {MAX_OVERRIDES}",
        ),
        (
            "eth_call",
            [CALL, "latest", {NOBODY: {"movePrecompileToAddress": FIRST}}],
            "state overrides: movePrecompileToAddress is not supported",
        ),
        (
            "eth_call",
            [CALL, "latest", {NOBODY: {"zzz": 1}}],
            "state overrides: unknown override 'zzz'",
        ),
        (
            "eth_call",
            [CALL, "latest", {}, {"zzz": 1}],
            "block overrides: unknown override 'zzz'",
        ),
        ("eth_getLogs", [{"topics": 5}], "filter: topics is a list, not a number"),
        (
            "eth_feeHistory",
            ["0x1", "latest", [10.0] * 101],
            "percentiles: 101 percentiles, more than 100",
        ),
        (
            "eth_feeHistory",
            ["0x1", "latest", 5],
            "percentiles: a list, not a number",
        ),
        (
            "eth_sendTransaction",
            [{"from": FIRST, "type": "0x0", "accessList": [{"address": NOBODY}]}],
            "transaction: accessList in a transaction of type 0",
        ),
        (
            "eth_sendTransaction",
            [{"from": FIRST, "accessList": [{"address": NOBODY, "storageKeys": 5}]}],
            "transaction: storageKeys is a list, not a number",
        ),
        (
            "eth_sendTransaction",
            [{"from": FIRST, "type": "0x2", "gasPrice": "0x1"}],
            "transaction: gasPrice in a transaction of type 2",
        ),
        ("eth_signTypedData_v4", [FIRST, typed()], "typed data: A has no member 'x'"),
        (
            "eth_signTypedData_v4",
            [FIRST, typed(primary="B")],
            "typed data: types has no 'B'",
        ),
        (
            "eth_signTypedData_v4",
            [FIRST, typed(5)],
            "typed data: type 'A' is a list, not a number",
        ),
        (
            "eth_signTypedData_v4",
            [FIRST, typed([{"name": "x", "type": "uint8[]"}], x=5)],
            "typed data: an array is a list, not a number",
        ),
        (
            "eth_signTypedData_v4",
            [FIRST, typed([{"name": "x", "type": "(uint8)"}], x=5)],
            "typed data: '(uint8)' is no type of EIP-712",
        ),
        (
            "eth_simulateV1",
            [{"blockStateCalls": 5}, "latest"],
            "blocks: blockStateCalls is a list, not a number",
        ),
        (
            "eth_simulateV1",
            [{"blockStateCalls": [{"calls": 5}]}, "latest"],
            "blocks: calls is a list, not a number",
        ),
        (
            "eth_simulateV1",
            [{"blockStateCalls": [{}] * 257}, "latest"],
            "blocks: blockStateCalls has 257 elements, more than 256",
        ),
        (
            "eth_getStorageAt",
            [NOBODY, "17", "latest"],
            "slot: not a quantity: '17': write 0x and hexadecimal digits",
        ),
    ],
)
def test_what_is_wrong_is_named(
    client: LocalClient, method: str, params: list[Any], message: str
) -> None:
    with pytest.raises(RpcFailed) as caught:
        client.call(method, *params)
    assert (caught.value.code, caught.value.message) == (
        -32602,
        f"invalid params: {message}",
    )


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_call", [CALL, "latest", accounts(MAX_OVERRIDES)]),
        ("eth_call", [CALL, "latest", {}, {"number": None}]),
        ("eth_feeHistory", ["0x1", "latest", [10.0] * 100]),
        ("eth_simulateV1", [{"blockStateCalls": [{}] * 256}, "latest"]),
    ],
)
def test_what_is_just_allowed_is_answered(
    client: LocalClient, method: str, params: list[Any]
) -> None:
    assert client.call(method, *params) is not None


def test_the_gas_of_calls_is_limited_by_the_node(client: LocalClient) -> None:
    with pytest.raises(RpcFailed, match="gas"):
        client.call("eth_call", {"to": FIRST, "data": BURN, "gas": "0x5000"}, "latest")
    call = {"from": NONE, "to": FIRST, "data": "0x"}
    least, limit = 21_000, 100_000
    for gas in (None, hex(limit), hex(10**9)):
        given = call if gas is None else {**call, "gas": gas}
        assert client.call("eth_call", given, "latest") == "0x"
    assert client.number("eth_estimateGas", call) == least


def test_hexadecimal_and_decimal_numbers_of_typed_data_are_the_same() -> None:
    client = local_client()
    signed = {
        client.call("eth_signTypedData_v4", FIRST, typed(x=given))
        for given in (16, "16", "0x10")
    }
    assert len(signed) == 1
    assert client.call("eth_signTypedData_v4", FIRST, typed(x=17)) not in signed


def test_the_domain_alone_can_be_hashed() -> None:
    domain = keccak256(keccak256(b"EIP712Domain()"))
    assert typed_data_hash(typed(primary="EIP712Domain")) == keccak256(
        b"\x19\x01" + domain
    )


def structs(depth: int) -> dict[str, Any]:
    """Typed data of structs in each other; the innermost lacks its member."""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"x": value}
    return typed([{"name": "x", "type": "A"}], **value)


def lists(depth: int) -> dict[str, Any]:
    """Typed data of lists in each other."""
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return typed([{"name": "x", "type": "uint8" + "[]" * depth}], x=value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (structs(32), "typed data: A has no member 'x'"),
        (structs(33), "typed data: more than 32 values in each other"),
        (lists(32), None),
        (lists(33), "typed data: more than 32 values in each other"),
    ],
)
def test_values_in_each_other_have_a_greatest_depth(
    client: LocalClient, given: dict[str, Any], message: str | None
) -> None:
    answer = client.send("eth_signTypedData_v4", FIRST, given)
    found = answer.get("error", {}).get("message")
    assert found == (None if message is None else f"invalid params: {message}")


@pytest.mark.parametrize(
    ("fields", "above"),
    [
        ({"maxPriorityFeePerGas": "0x5"}, 5),
        ({"maxFeePerGas": hex(10**9)}, 0),
        ({"maxFeePerGas": hex(10**9), "maxPriorityFeePerGas": "0x7"}, 7),
    ],
)
def test_a_call_with_fee_caps_pays_the_next_blocks_base_fee_and_the_tip(
    fields: dict[str, str], above: int
) -> None:
    client = local_client()
    contract = client.deploy()
    base_fee = client.node.chain.next_block.base_fee
    assert base_fee is not None
    call = {"from": FIRST, "to": contract, "data": "0xfe173b97", **fields}
    assert client.number("eth_call", call, "pending") == base_fee + above


def test_a_call_without_a_price_pays_none() -> None:
    client = local_client()
    call = {"from": FIRST, "to": client.deploy(), "data": "0xfe173b97"}
    assert client.number("eth_call", call, "pending") == 0
    assert client.number("eth_call", {**call, "gasPrice": "0x3b9aca00"}) == 10**9
