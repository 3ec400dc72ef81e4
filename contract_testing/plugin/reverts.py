"""`cvm.reverts`: a block of a test in which one message must fail."""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import pytest

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.primitives.transactions import Transaction
from contract_testing.contracts.failures import (
    ContractFailure,
    CustomError,
    Panicked,
    Reverted,
    RevertedWithReason,
)
from contract_testing.plugin.world import World

Expected = str | re.Pattern[str] | ContractFailure | type[ContractFailure] | None


class Reverts:
    """Expects a failure in its block, which ends there; `failed` is the failure."""

    def __init__(
        self,
        world: World,
        expected: Expected,
        panic: int | None,
        wanted: Mapping[str, Any],
    ) -> None:
        if panic is not None and (expected is not None or wanted):
            raise TypeError("panic= is a whole expectation")
        if wanted and not isinstance(expected, type):
            raise TypeError("arguments are for a class of failures")
        self._world = world
        self._expected = expected
        self._panic = panic
        self._wanted = dict(wanted)
        self._succeeded = 0
        self.failed: ContractFailure | None = None

    def __enter__(self) -> "Reverts":
        self._world.chain.notes.append(self._note)
        self._world.cosmos_notes.append(self._note_cosmos)
        return self

    def __getattr__(self, name: str) -> Any:
        failed = self.__dict__.get("failed")
        if failed is None or name.startswith("__"):
            raise AttributeError(f"nothing has failed yet that has {name!r}")
        return getattr(failed, name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self._world.chain.notes.remove(self._note)
        self._world.cosmos_notes.remove(self._note_cosmos)
        if error is None:
            many = "" if self._succeeded == 1 else "s"
            pytest.fail(
                f"nothing reverted; {self._succeeded} transaction{many} succeeded in"
                " the block"
            )
        if not isinstance(error, ContractFailure):
            return False
        if not self._fits(error):
            place = "" if error.where is None else f" at {error.where.summary}"
            raise AssertionError(
                f"expected {self._text()}, got {error.what}{place}"
            ) from error
        self.failed = error
        return True

    def _note(self, receipt: TransactionReceipt, _: Transaction) -> None:
        self._succeeded += receipt.succeeded

    def _note_cosmos(self, outcome: Any) -> None:
        self._succeeded += outcome.error is None

    def _fits(self, failure: ContractFailure) -> bool:
        expected = self._expected
        if self._panic is not None:
            return isinstance(failure, Panicked) and failure.code == self._panic
        match expected:
            case None:
                return isinstance(failure, Reverted)
            case str():
                return (
                    isinstance(failure, RevertedWithReason)
                    and failure.reason == expected
                )
            case re.Pattern():
                return isinstance(failure, RevertedWithReason) and bool(
                    expected.search(failure.reason)
                )
            case type():
                return self._is_kind(failure, expected)
        return failure == expected

    def _is_kind(
        self, failure: ContractFailure, expected: type[ContractFailure]
    ) -> bool:
        if issubclass(expected, CustomError) and expected.shape is not None:
            # By signature: two ABIs may have the same error.
            if not isinstance(failure, CustomError):
                return False
            if failure.signature != expected.shape.signature:
                return False
        elif not isinstance(failure, expected):
            return False
        return all(
            getattr(failure, name, None) == value
            for name, value in self._wanted.items()
        )

    def _text(self) -> str:
        if self._panic is not None:
            return Panicked(self._panic).what
        match self._expected:
            case None:
                return "a revert"
            case re.Pattern():
                return f"a revert with a reason like {self._expected.pattern!r}"
            case type():
                named = [f"{name}={value!r}" for name, value in self._wanted.items()]
                shown = f"({', '.join(named)})" if named else ""
                return f"{self._expected.__name__}{shown}"
            case ContractFailure():
                return self._expected.what
        return f"reverted: {self._expected}"
