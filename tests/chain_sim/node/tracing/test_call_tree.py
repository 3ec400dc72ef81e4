"""Trees of calls: why one failed, and how deep a document of them may be."""

import pytest

from chain_sim.node.errors import LIMIT_EXCEEDED, RpcError
from chain_sim.node.tracing.call_documents import (
    MAX_DEPTH,
    CallConfig,
    GasView,
    call_document,
)
from chain_sim.node.tracing.call_tree import CallNode, CallTracer
from contractvm.errors import ContractVmError, OutOfGas, Trap, TrapCode
from contractvm.hosts.evm.interface import CallResult, CallStatus, Message, MessageKind

ALICE, BOB = b"\xaa" * 20, b"\xbb" * 20
MESSAGE = Message(MessageKind.CALL, ALICE, BOB, BOB, 0, b"", 2_000)


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (None, None),
        (CallResult(CallStatus.SUCCESS), None),
        (CallResult(CallStatus.REVERTED), "execution reverted"),
        (CallResult(CallStatus.FAILURE, error=OutOfGas(7, 1)), "out of gas"),
        (
            CallResult(CallStatus.FAILURE, error=Trap(TrapCode.UNREACHABLE)),
            "trap: unreachable",
        ),
        (CallResult(CallStatus.FAILURE, error=ContractVmError("no code")), "no code"),
    ],
)
def test_a_failed_call_says_why(result: CallResult | None, error: str | None) -> None:
    node = CallNode(MESSAGE, result)
    assert node.error == error
    assert node.succeeded is (result is not None and error is None)
    document = call_document(node, GasView(1, 5), CallConfig())
    assert document.get("error") == error


def test_a_precompiled_contract_is_known_by_its_price() -> None:
    tracer = CallTracer()
    tracer.begin(MESSAGE)
    assert not tracer.root.is_precompile
    tracer.begin(MESSAGE).precompile_priced("sha256", 60)
    assert not tracer.root.is_precompile
    (inner,) = tracer.root.calls
    assert inner.is_precompile


def nested(depth: int) -> CallNode:
    """A call with so many calls within each other."""
    node = CallNode(MESSAGE, CallResult(CallStatus.SUCCESS, gas_left=1_000))
    for _ in range(depth):
        node = CallNode(MESSAGE, CallResult(CallStatus.SUCCESS), [node])
    return node


def test_calls_too_deep_for_a_document_are_refused() -> None:
    gas, config = GasView(10, 77), CallConfig()
    found = call_document(nested(MAX_DEPTH), gas, config)
    assert (found["gas"], found["gasUsed"]) == ("0xc8", "0x4d")
    depth = 0
    while "calls" in found:
        (found,) = found["calls"]
        depth += 1
    assert depth == 200
    assert found == {
        "from": "0x" + ALICE.hex(),
        "gas": "0xc8",
        "gasUsed": "0x64",
        "to": "0x" + BOB.hex(),
        "input": "0x",
        "value": "0x0",
        "type": "CALL",
    }
    with pytest.raises(RpcError) as caught:
        call_document(nested(MAX_DEPTH + 1), gas, config)
    assert caught.value.code == LIMIT_EXCEEDED == -32005
    assert caught.value.message == (
        "limit exceeded: calls are nested deeper than 200: use trace_transaction"
    )
