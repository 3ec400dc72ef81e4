"""Each refusal says one clear line and keeps its facts."""

import pytest

from chain_sim.ethereum.blocks import history_errors as errors
from chain_sim.ethereum.primitives.errors import ChainError

MESSAGES = [
    (
        errors.InvalidBranchName("2x", "begin with a letter"),
        "not a branch's name: '2x': begin with a letter",
    ),
    (errors.UnknownBranch("left"), "the chain has no branch 'left'"),
    (
        errors.BranchExists("left", 7),
        "there is a branch 'left' already, which ends at block 7",
    ),
    (
        errors.BranchInUse("left"),
        "the chain is on branch 'left': switch to another first",
    ),
    (
        errors.UnknownTransactionIndex(4, 2, 2),
        "block 4 has no transaction 2: it has transactions 0 to 1",
    ),
    (
        errors.HistoryNotKept(9),
        "no answer in the kept blocks: the state before block 9 is not kept",
    ),
    (
        errors.TimeNotAfterHead(20, 20),
        "the next block cannot have time 20: the head has 20, and time only goes on",
    ),
    (errors.TimeTooLate(11, 10), "time 11 is later than a block can have: 10"),
]


@pytest.mark.parametrize(("error", "message"), MESSAGES)
def test_message(error: ChainError, message: str) -> None:
    assert str(error) == message
    assert isinstance(error, ChainError)


def test_every_error_has_its_message_here() -> None:
    defined = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and value.__module__ == errors.__name__
    }
    assert {type(error).__name__ for error, _ in MESSAGES} == defined
