"""Errors of chains over JSON-RPC: each names the node's URL."""

from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.text import format_data
from contractvm.errors import ContractVmError

SHOWN_CHARACTERS = 300
METHOD_NOT_FOUND = -32601


class NodeError(ContractVmError):
    """The node at `url` did not do what it was asked for."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"the node at {url} {reason}")
        self.url = url
        self.reason = reason


class NodeUnreachable(NodeError):
    """No whole answer came: nothing listens, or it took too long.

    Whether the node has done what it was asked for is not known.
    """

    def __init__(self, url: str, fault: str) -> None:
        super().__init__(url, f"does not answer: {printable(fault)}")
        self.fault = fault


class InvalidNodeAnswer(NodeError):
    """What answers is no node, or its answer breaks a rule."""

    def __init__(self, url: str, method: str, fault: str) -> None:
        super().__init__(url, f"gave no valid answer to {method}: {printable(fault)}")
        self.method = method
        self.fault = fault


class NodeRefused(NodeError):
    """The node answered with an error: its `code` and `message`, as they came."""

    def __init__(self, url: str, method: str, code: int, message: str) -> None:
        super().__init__(url, f"refused {method}: {printable(message)}")
        self.method = method
        self.code = code
        self.message = message


class TransactionRefused(NodeRefused, InvalidTransaction):
    """The node did not take a transaction; `message` says why."""


class NotServed(NodeError, AttributeError):
    """A chain has this, and the node cannot give it; `what` names it."""

    def __init__(self, url: str, what: str) -> None:
        super().__init__(url, f"does not serve {what}")
        self.what = what


class StillWaiting(NodeError):
    """The node took the transaction, and made no block with it in that time."""

    def __init__(self, url: str, tx_hash: bytes, seconds: float) -> None:
        name = format_data(tx_hash)
        super().__init__(url, f"has {name} in no block after {seconds:g} seconds")
        self.tx_hash = tx_hash
        self.seconds = seconds


def printable(text: str) -> str:
    """The start of a node's text, with control characters as escapes."""
    shown = text[:SHOWN_CHARACTERS]
    rest = "..." if len(text) > SHOWN_CHARACTERS else ""
    letters = (
        one if one.isprintable() else one.encode("unicode_escape").decode()
        for one in shown
    )
    return "".join(letters) + rest
