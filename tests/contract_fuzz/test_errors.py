"""Why campaigns cannot start or go on, and the facts that errors carry."""

from types import SimpleNamespace

import pytest

from contract_fuzz.cases.positions import BlockNotMade
from contract_fuzz.cases.start_states import NotDeployed, StateTooLarge
from contract_fuzz.errors import (
    ChunkFailed,
    ClusterFailed,
    InvalidEntry,
    InvariantFails,
    NoSizeParameter,
    PositionDiffers,
    SetupFailed,
    ShrinkerMissing,
    UnknownOracle,
    WorkerFailed,
)
from contractvm.errors import ContractVmError

HERE = SimpleNamespace(transactions=(1, 2, 3), block_hash=b"\xab")
THERE = SimpleNamespace(transactions=(), block_hash=b"\xcd")


@pytest.mark.parametrize(
    ("error", "message", "facts"),
    [
        (InvalidEntry("why"), "not a corpus entry: why", {"reason": "why"}),
        (
            ChunkFailed(10, 64, 3, "exit code 7"),
            "the worker of cases 10 to 73 ended 3 times: exit code 7",
            {"first": 10, "count": 64, "attempts": 3, "reason": "exit code 7"},
        ),
        (
            WorkerFailed("KeyError: 1", "Traceback"),
            "a worker failed: KeyError: 1",
            {"details": "Traceback"},
        ),
        (
            NoSizeParameter("a.b", "f(bool)"),
            "a.b is no number and no bytes, string or array of free length among the"
            " parameters of f(bool)",
            {"path": "a.b", "function": "f(bool)"},
        ),
        (
            InvariantFails("f()", "it reverted"),
            "the invariant f() cannot be checked: before any transaction, it reverted;"
            " does the contract have this function, and does it need a state that"
            " --setup has to make?",
            {"signature": "f()", "reason": "it reverted"},
        ),
        (
            ClusterFailed("tcp://a:1", "it went away"),
            "the cluster at tcp://a:1: it went away",
            {"address": "tcp://a:1", "reason": "it went away"},
        ),
        (SetupFailed("a.py", "why"), "a.py: why", {"script": "a.py", "reason": "why"}),
        (
            UnknownOracle("x", ("a", "b")),
            "no oracle 'x': there are a, b",
            {"name": "x", "known": ("a", "b")},
        ),
        (
            ShrinkerMissing(),
            "wasm-tools is not installed; it makes modules smaller:"
            " pip install 'contractvm-wasm[shrink]'",
            {},
        ),
        (
            PositionDiffers(HERE, THERE),
            "the 3 transactions of position 0xab led to 0xcd",
            {"position": HERE, "found": THERE},
        ),
        (BlockNotMade(7), "block 7 was not made", {"number": 7}),
        (
            StateTooLarge(9),
            "the chain's state is larger than 9 bytes: too large to fuzz",
            {"limit_bytes": 9},
        ),
        (
            NotDeployed("it reverted"),
            "the contract could not be deployed: it reverted",
            {"reason": "it reverted"},
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_says_why_and_keeps_the_facts(
    error: ContractVmError, message: str, facts: dict[str, object]
) -> None:
    assert str(error) == message
    assert {name: getattr(error, name) for name in facts} == facts
