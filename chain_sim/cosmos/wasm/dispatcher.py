"""Submessages: one after the other, each on a branch of the state, then its reply."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from chain_sim.cosmos.context import Context, Event
from chain_sim.cosmos.errors import LIMIT, OUT_OF_GAS, CosmosError, SdkOutOfGas
from chain_sim.cosmos.gas import Attributes
from chain_sim.cosmos.gas_ledger import kind_of
from chain_sim.cosmos.steps import Steps
from chain_sim.cosmos.wasm.responses import SubMessage, check_reply_on

MAX_PAYLOAD_BYTES = 128 * 1024
# Events of this type stay with the message that emits them.
MESSAGE_EVENT = "message"
WASM = "wasm"


@dataclass(frozen=True, slots=True)
class MessageResult:
    """The response to a message: its data, and the same with its type."""

    data: bytes = b""
    responses: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a contract is told of its submessage; `result` is in the chain's JSON."""

    id: int
    result: dict[str, Any]
    payload: str
    events: list[tuple[str, Attributes]]


RunMessage = Callable[[Context, bytes, dict[str, Any]], Steps[MessageResult]]
TellReply = Callable[[Context, bytes, Reply], Steps[bytes | None]]


def dispatch(
    context: Context,
    contract: bytes,
    messages: Iterable[SubMessage],
    run_message: RunMessage,
    tell_reply: TellReply,
) -> Steps[bytes | None]:
    """Run a contract's messages; the data of its last reply that gave any.

    Raises the CosmosError of a message whose failure the contract does not handle.
    """
    data = None
    for message in messages:
        check_reply_on(message)
        outcome, events = yield _run(context, contract, message, run_message)
        has_responses = context.rules.has_payloads
        reply = _reply(message, outcome, events, has_responses=has_responses)
        if reply is None:
            continue
        with context.meter.ledger.node("reply", f"id {message.id}"):
            try:
                answer = yield tell_reply(context, contract, reply)
            except CosmosError as error:
                raise error.wrapped("reply") from error
        if answer is not None:
            data = answer
    return data


def _run(
    context: Context, contract: bytes, message: SubMessage, run_message: RunMessage
) -> Steps[tuple[MessageResult | CosmosError, list[Event]]]:
    """Run one message on a branch; its outcome, and the events that its reply sees."""
    mark = context.state.mark()
    meter = context.meter
    limit = message.gas_limit
    has_own_meter = limit is not None and limit < meter.left
    if has_own_meter:
        meter = meter.below(limit or 0)
    branch = context.branched(meter)
    outcome: MessageResult | CosmosError
    name = f"id {message.id}, {kind_of(message.content)}"
    with meter.ledger.node("submessage", name) as node:
        try:
            outcome = yield run_message(branch, contract, message.content)
        except SdkOutOfGas:
            if not has_own_meter:
                raise
            outcome = CosmosError(OUT_OF_GAS, "SubMsg hit gas limit")
        except CosmosError as error:
            outcome = error
        if isinstance(outcome, CosmosError):
            node.error, node.is_undone = str(outcome), True
        if has_own_meter:
            context.meter.take_over(meter)
    if isinstance(outcome, CosmosError):
        context.state.roll_back(mark)
        return outcome, []
    events = [event for event in branch.events if event.kind != MESSAGE_EVENT]
    context.events.extend(events)
    if WASM not in message.content:
        return outcome, []
    for event in events:
        event.attributes.sort(key=lambda attribute: attribute[0])
    return outcome, events


def _reply(
    message: SubMessage,
    outcome: MessageResult | CosmosError,
    events: list[Event],
    *,
    has_responses: bool,
) -> Reply | None:
    """The reply that is due, None if none is; raises what nobody handles.

    Older releases have no list of typed responses.
    """
    if isinstance(outcome, CosmosError):
        if message.reply_on in ("success", "never"):
            raise outcome
        result: dict[str, Any] = {"error": outcome.redacted}
    elif message.reply_on in ("error", "never"):
        return None
    else:
        result = {"ok": _success(outcome, events, has_responses=has_responses)}
    if len(message.payload) > MAX_PAYLOAD_BYTES:
        raise CosmosError(LIMIT, "payload of a reply")
    return Reply(
        id=message.id,
        result=result,
        payload=b64encode(message.payload).decode(),
        events=[(event.kind, event.attributes) for event in events],
    )


def _success(
    outcome: MessageResult, events: list[Event], *, has_responses: bool
) -> dict[str, object]:
    found: dict[str, object] = {"events": [event.document() for event in events]}
    if outcome.data:
        found["data"] = b64encode(outcome.data).decode()
    if has_responses:
        found["msg_responses"] = [
            {"type_url": kind, "value": b64encode(value).decode()}
            for kind, value in outcome.responses
        ]
    return found
