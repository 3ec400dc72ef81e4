"""Overrides of the state and the block: of traces, estimates and access lists too."""

from typing import Any

import pytest

from tests.helpers.nodes import FIRST, LocalClient, RpcFailed, local_client
from tests.helpers.probe_contract import FAIL, GET

BLOCK_NUMBER = "0x57e871e7"
NOBODY = "0x" + "77" * 20


@pytest.fixture
def client() -> LocalClient:
    return local_client()


@pytest.fixture
def contract(client: LocalClient) -> str:
    return client.deploy()


def slot_of(contract: str, number: int) -> dict[str, Any]:
    word = f"0x{number:064x}"
    return {contract: {"stateDiff": {"0x" + "00" * 32: word}}}


def traced(client: LocalClient, contract: str, data: str, **options: Any) -> int:
    """What a traced call returned."""
    call, config = {"to": contract, "data": data}, {"tracer": "callTracer", **options}
    return int(client.call("debug_traceCall", call, "latest", config)["output"], 16)


def test_a_traced_call_sees_overrides(client: LocalClient, contract: str) -> None:
    assert traced(client, contract, GET) == 42
    assert traced(client, contract, GET, stateOverrides=slot_of(contract, 7)) == 7
    assert traced(client, contract, BLOCK_NUMBER) == 1
    overrides = {"number": "0x99"}
    assert traced(client, contract, BLOCK_NUMBER, blockOverrides=overrides) == 0x99
    assert traced(client, contract, GET) == 42


@pytest.mark.parametrize(
    "options", [{"stateOverrides": {"0x12": {}}}, {"blockOverrides": {"hash": "0x1"}}]
)
def test_wrong_overrides_of_a_trace_are_refused(
    client: LocalClient, contract: str, options: dict[str, Any]
) -> None:
    with pytest.raises(RpcFailed) as caught:
        traced(client, contract, GET, **options)
    assert caught.value.code == -32602
    assert next(iter(options)) in caught.value.message


def test_an_estimate_and_an_access_list_see_overrides(
    client: LocalClient, contract: str
) -> None:
    transfer = {"from": NOBODY, "to": FIRST, "value": "0x1"}
    rich = {NOBODY: {"balance": "0x5"}}
    with pytest.raises(RpcFailed, match="insufficient funds"):
        client.call("eth_estimateGas", transfer, "latest", None, {"number": "0x9"})
    found = client.call("eth_estimateGas", transfer, "latest", rich, {"number": "0x9"})
    assert found == "0x5208"
    limit = {"gasLimit": hex(20_000)}
    with pytest.raises(RpcFailed, match="gas required exceeds allowance: 20000"):
        client.call("eth_estimateGas", transfer, "latest", rich, limit)
    code = {NOBODY: {"code": client.call("eth_getCode", contract)}}
    call = {"to": NOBODY, "data": GET}
    assert client.call("eth_createAccessList", call)["accessList"] == []
    listed = client.call("eth_createAccessList", call, "latest", code)["accessList"]
    assert listed == [{"address": NOBODY, "storageKeys": ["0x" + "00" * 32]}]
    failing = {"to": NOBODY, "data": FAIL}
    with pytest.raises(RpcFailed, match="nope"):
        client.call("eth_createAccessList", failing, "latest", code)
