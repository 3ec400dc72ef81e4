"""The process started by `fresh_process`: runs the cases it is sent."""

import os
import pickle
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from contract_fuzz.errors import PositionDiffers
from contract_fuzz.oracles.fresh_process import (
    Failure,
    FreshOptions,
    read_message,
    write_message,
)
from contract_fuzz.oracles.observations import Observation, observe_with_block
from contract_fuzz.oracles.oracle import Executor
from contractvm.errors import InternalError


class CaseServer:
    """Runs the cases as the options say."""

    def __init__(self, start: Any, options: FreshOptions, kind: type[Executor]) -> None:
        for name in options.modules:
            import_module(name)
        self._start = start
        self._options = options
        self._kind = kind
        self._executor = self._make_executor()

    def observe(
        self, position: Any, transactions: Sequence[Any]
    ) -> Observation | Failure:
        """The case's result, or our own error."""
        try:
            if self._options.is_cold:
                return observe_with_block(self._make_executor(), position, transactions)
            self._warm_up(position, transactions)
            return observe_with_block(self._executor, position, transactions)
        except PositionDiffers as error:
            return Failure(str(error), (error.position, error.found))
        except InternalError as error:
            return Failure(f"{type(error).__name__}: {error}")

    def _warm_up(self, position: Any, transactions: Sequence[Any]) -> None:
        executor = self._executor
        for transaction in executor.simplest_calls():
            executor.run(executor.begin, transaction)
        executor.run_sequence(position, transactions[::-1])
        executor.run_sequence(position, transactions)

    def _make_executor(self) -> Executor:
        return self._kind.plain(self._start)


def main() -> None:
    """Serve until the requests end."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Stray prints must not reach the answers.
    os.dup2(2, 1)
    begin = read_message(requests)
    if begin is None:
        return
    server = CaseServer(*pickle.loads(begin))
    while (request := read_message(requests)) is not None:
        found = server.observe(*pickle.loads(request))
        write_message(answers, pickle.dumps(found))


if __name__ == "__main__":
    main()
