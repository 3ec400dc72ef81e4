"""Traces of contracts that remove themselves: the frame that geth and anvil show."""

import pytest

from tests.helpers.ewasm import contract
from tests.helpers.nodes import FIRST, LocalClient, local_client

HEIR = "0x" + "ab" * 20
PAID = "0x" + "0b" * 20
ENDING = "0x" + "0e" * 20
CALLER = "0x" + "0c" * 20
CALLS = {"tracer": "callTracer"}
# A wei to PAID at 20, then all to HEIR at 0; the amount is at 40.
PAYING_AND_ENDING = contract(
    """(drop (call $call
         (i64.const 100000) (i32.const 20) (i32.const 40) (i32.const 0) (i32.const 0)))
       (call $selfDestruct (i32.const 0))""",
    b"\xab" * 20 + b"\x0b" * 20 + (1).to_bytes(16, "little"),
)


def calling(function: str, ending: str) -> bytes:
    """A contract that calls ENDING, and then ends so."""
    value = "(i32.const 20)" if function == "call" else ""
    return contract(
        f"""(drop (call ${function}
             (i64.const 1000000) (i32.const 0) {value} (i32.const 0) (i32.const 0)))
           (call ${ending} (i32.const 0) (i32.const 0))""",
        b"\x0e" * 20,
    )


@pytest.fixture
def client() -> LocalClient:
    client = local_client()
    client.call("hardhat_setCode", ENDING, "0x" + PAYING_AND_ENDING.hex())
    client.call("hardhat_setBalance", ENDING, "0x5")
    return client


def removed(owner: str, value: str) -> dict[str, str]:
    """The frame of an account that is removed."""
    return {
        "type": "SELFDESTRUCT",
        "from": owner,
        "to": HEIR,
        "value": value,
        "gas": "0x0",
        "gasUsed": "0x0",
        "input": "0x",
    }


def test_it_is_the_last_message_of_the_contract(client: LocalClient) -> None:
    sent = client.transact(ENDING)
    found = client.call("debug_traceTransaction", sent, CALLS)
    paid, ended = found["calls"]
    assert (paid["type"], paid["to"], paid["value"]) == ("CALL", PAID, "0x1")
    assert ended == removed(ENDING, "0x4")
    assert client.call("eth_getBalance", HEIR) == "0x4"
    options = {**CALLS, "tracerConfig": {"onlyTopCall": True}}
    assert "calls" not in client.call("debug_traceTransaction", sent, options)
    four = client.call("debug_traceTransaction", sent, {"tracer": "4byteTracer"})
    assert four == {}


def test_forms_of_parity_and_otterscan_have_it(client: LocalClient) -> None:
    sent = client.transact(ENDING)
    whole, paid, ended = client.call("trace_transaction", sent)
    assert (whole["subtraces"], whole["traceAddress"]) == (2, [])
    assert paid["traceAddress"] == [0]
    assert ended["action"] == {
        "address": ENDING,
        "refundAddress": HEIR,
        "balance": "0x4",
    }
    assert (ended["type"], ended["result"], ended["subtraces"]) == ("suicide", None, 0)
    assert (ended["traceAddress"], ended["transactionHash"]) == ([1], sent)
    assert client.call("ots_getInternalOperations", sent) == [
        {"type": 0, "from": ENDING, "to": PAID, "value": "0x1"},
        {"type": 1, "from": ENDING, "to": HEIR, "value": "0x4"},
    ]
    last = client.call("ots_traceTransaction", sent)[-1]
    assert (last["type"], last["depth"], last["value"]) == ("SELFDESTRUCT", 1, "0x4")


@pytest.mark.parametrize("ending", ["finish", "revert"])
def test_it_stands_inside_the_call_that_ends(client: LocalClient, ending: str) -> None:
    client.call("hardhat_setCode", CALLER, "0x" + calling("call", ending).hex())
    sent = client.transact(CALLER, gas=hex(2_000_000))
    found = client.call("debug_traceTransaction", sent, CALLS)
    (inner,) = found["calls"]
    assert [call["type"] for call in inner["calls"]] == ["CALL", "SELFDESTRUCT"]
    assert inner["calls"][1] == removed(ENDING, "0x4")
    assert ("error" in found) == (ending == "revert")


def test_lent_code_removes_the_account_that_lends_it(client: LocalClient) -> None:
    client.call(
        "hardhat_setCode", CALLER, "0x" + calling("callDelegate", "finish").hex()
    )
    client.call("hardhat_setBalance", CALLER, "0x9")
    sent = client.transact(CALLER, gas=hex(2_000_000))
    (lent,) = client.call("debug_traceTransaction", sent, CALLS)["calls"]
    assert lent["type"] == "DELEGATECALL"
    assert lent["calls"][1] == removed(CALLER, "0x8")


def test_a_refused_removal_is_no_message(client: LocalClient) -> None:
    client.call("hardhat_setBalance", HEIR, "0x" + "ff" * 32)
    call = {"from": FIRST, "to": ENDING}
    found = client.call("debug_traceCall", call, "latest", CALLS)
    assert [one["type"] for one in found["calls"]] == ["CALL"]
    assert "selfDestruct" in found["error"]
