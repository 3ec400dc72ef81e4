"""Errors of loading a file as a chain: one class per reason, with the facts."""

from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.text import format_data

SHOWN_CHARACTERS = 300


class MalformedDump(ChainError):
    """A file breaks a rule; `place` is the path of the offending value in it."""

    def __init__(self, place: str, reason: str) -> None:
        shown = place if len(place) <= SHOWN_CHARACTERS else f"...{place[-120:]}"
        super().__init__(f"cannot be loaded: {shown}: {reason}")
        self.place = place
        self.reason = reason


class WrongStateRoot(ChainError):
    """The accounts of a dump do not have the state root that it declares."""

    def __init__(self, said: bytes, found: bytes) -> None:
        super().__init__(
            f"cannot be loaded: the accounts have the state root {format_data(found)},"
            f" the file says {format_data(said)}"
        )
        self.said = said
        self.found = found


class ChainExists(ChainError):
    """The path already exists, and loading never adds to a chain."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is there already: a chain is loaded into a new place")
        self.path = path
