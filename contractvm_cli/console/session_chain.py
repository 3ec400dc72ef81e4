"""A chain whose database is open only while a statement runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chain_sim.ethereum.chain.blockchain import Blockchain
from contractvm_cli.chains import existing_chain
from contractvm_cli.options import EngineOptions


class SessionChain(Blockchain):
    """One object for a whole session; between statements it is closed.

    Contract objects keep it, so that it has to stay the same one. What it is made of
    is that of the chain which is opened for a statement.
    """

    def __init__(self, path: Path, engines: EngineOptions) -> None:
        self._session = path, engines

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Open the database for a block; raises what `existing_chain` does."""
        session = self._session
        path, engines = session
        with existing_chain(path, engines, for_writing=True) as chain:
            vars(self).update(vars(chain))
            try:
                yield
            finally:
                vars(self).clear()
                self._session = session

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name!r}: the chain is open while a statement runs")
