"""Calls in simulated blocks: how each one ended."""

import pytest

from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.node.documents import Document
from chain_sim.node.simulation import call_document
from contractvm.hosts.evm.interface import CallStatus


@pytest.mark.parametrize(
    ("status", "error", "ending"),
    [
        (CallStatus.SUCCESS, None, {"status": "0x1"}),
        (
            CallStatus.FAILURE,
            "unreachable",
            {"status": "0x0", "error": {"code": -32003, "message": "unreachable"}},
        ),
        (
            CallStatus.REVERTED,
            "reverted",
            {
                "status": "0x0",
                "error": {
                    "code": 3,
                    "message": "execution reverted: custom error 0x01020304",
                    "data": "0x01020304",
                },
            },
        ),
    ],
)
def test_a_call_says_how_it_ended(
    status: CallStatus, error: str | None, ending: Document
) -> None:
    result = TransactionResult(status, 17, b"\1\2\3\4", (), None, error, 0)
    assert call_document(result, []) == {
        "returnData": "0x01020304",
        "logs": [],
        "gasUsed": "0x11",
        **ending,
    }
