"""Methods that begin and end subscriptions, over WebSocket only."""

from chain_sim.ethereum.primitives.text import InvalidText, format_quantity
from chain_sim.node.errors import invalid_params
from chain_sim.node.events.log_query import ALL_LOGS, parse_log_query
from chain_sim.node.events.subscriptions import Session, Subscription
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, method
from chain_sim.node.values import ANYTHING, NUMBER, optional, required, text_of

SUBSCRIPTION_KINDS = ("newHeads", "logs", "newPendingTransactions", "syncing")


def parse_subscription_kind(given: object) -> str:
    """One of the names of subscriptions."""
    kind = text_of(given, "the kind")
    if kind not in SUBSCRIPTION_KINDS:
        raise InvalidValue(f"{kind!r:.40} is none of {', '.join(SUBSCRIPTION_KINDS)}")
    return kind


def subscribe(node: Node, session: Session, kind: str, details: object) -> str:
    """Send what happens: newHeads, logs, newPendingTransactions; syncing never does.

    `details` is the filter of logs, or true for whole transactions.
    """
    query = None
    if kind == "logs":
        try:
            query = ALL_LOGS if details is None else parse_log_query(details)
        except (InvalidValue, InvalidText) as error:
            raise invalid_params(str(error)) from error
    wanted = Subscription(kind, query, is_full=details is True)
    return format_quantity(node.subscriptions.add(session, wanted))


def unsubscribe(node: Node, session: Session, number: int) -> bool:
    """End a subscription of this connection; false where there is none."""
    return node.subscriptions.remove(session, number)


METHODS = (
    method(
        "eth_subscribe",
        subscribe,
        required("kind", Kind("text", parse_subscription_kind)),
        optional("details", ANYTHING),
        needs_session=True,
    ),
    method(
        "eth_unsubscribe",
        unsubscribe,
        required("subscription", NUMBER),
        needs_session=True,
    ),
)
