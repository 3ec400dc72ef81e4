"""Responses of contracts: read from JSON, and checked."""

from base64 import b64decode
from binascii import Error as MalformedBase64
from dataclasses import dataclass
from typing import Any

from chain_sim.cosmos.errors import INVALID, INVALID_EVENT, VM_ERROR, CosmosError
from chain_sim.cosmos.gas import Attributes

REPLY_ON = ("always", "error", "success", "never")
LONGEST_SHORT_TYPE = 2
ADDRESS_ATTRIBUTE = "_contract_address"
GREATEST_U64 = 2**64 - 1


@dataclass(frozen=True, slots=True)
class SubMessage:
    """A message of a contract; `content` has one key, its kind."""

    id: int
    content: dict[str, Any]
    gas_limit: int | None
    reply_on: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What a contract answers; events are as it wrote them."""

    messages: tuple[SubMessage, ...]
    attributes: Attributes
    events: list[tuple[str, Attributes]]
    data: bytes | None


class MalformedField(ValueError):
    """A message has another form than its kind; the message says what is wrong."""


def field_of(body: object, name: str) -> Any:
    """A field of a message; raises MalformedField if it is missing."""
    if not isinstance(body, dict) or name not in body:
        raise MalformedField(f"missing field {name}")
    return body[name]


def text_of(body: object, name: str) -> str:
    """A text in a message; raises MalformedField."""
    value = field_of(body, name)
    if not isinstance(value, str):
        raise MalformedField(f"{name} is no text")
    return value


def number_of(body: object, name: str) -> int:
    """A number of 64 bits in a message; raises MalformedField."""
    value = field_of(body, name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedField(f"{name} is no number")
    if not 0 <= value <= GREATEST_U64:
        raise MalformedField(f"{name} does not fit 64 bits")
    return value


def bytes_of(body: object, name: str) -> bytes:
    """Bytes in a message, as base64; raises MalformedField."""
    return decode_base64(text_of(body, name))


def decode_base64(text: object) -> bytes:
    """The bytes of strict base64; raises MalformedField."""
    if not isinstance(text, str):
        raise MalformedField("base64 text expected")
    try:
        return b64decode(text, validate=True)
    except (MalformedBase64, ValueError) as error:
        raise MalformedField(f"not base64: {error}") from error


def read_response(answer: object) -> Response:
    """The response in the JSON of a contract; raises CosmosError for another form."""
    try:
        return _read(answer)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"Error calling the VM: malformed response: {error}"
        raise CosmosError(VM_ERROR, reason) from error


def _read(answer: Any) -> Response:
    data = answer.get("data")
    return Response(
        messages=tuple([_read_message(entry) for entry in answer["messages"]]),
        attributes=_read_attributes(answer["attributes"]),
        events=[
            (_text(event["type"]), _read_attributes(event["attributes"]))
            for event in answer.get("events") or ()
        ],
        data=None if data is None else decode_base64(data),
    )


def _read_message(entry: Any) -> SubMessage:
    content = entry["msg"]
    if not isinstance(content, dict):
        raise ValueError("a message is no object")
    return SubMessage(
        id=_number(entry["id"]),
        content=content,
        gas_limit=(
            None if entry.get("gas_limit") is None else _number(entry["gas_limit"])
        ),
        reply_on=_text(entry["reply_on"]),
        payload=decode_base64(entry.get("payload") or ""),
    )


def _read_attributes(listed: Any) -> Attributes:
    return [(_text(entry["key"]), _text(entry["value"])) for entry in listed]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("text expected")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("number expected")
    if not 0 <= value <= GREATEST_U64:
        raise ValueError("a number of 64 bits expected")
    return value


def check_reply_on(message: SubMessage) -> None:
    """Raise CosmosError for an unknown condition."""
    if message.reply_on not in REPLY_ON:
        raise CosmosError(INVALID, "replyOn value")


def clean_attributes(attributes: Attributes) -> Attributes:
    """Attributes without outer white space; raises CosmosError for bad keys."""
    cleaned = [(key.strip(), value.strip()) for key, value in attributes]
    for key, _ in cleaned:
        if not key:
            raise CosmosError(INVALID_EVENT, "Empty attribute key. Value")
        if key.startswith("_"):
            raise CosmosError(
                INVALID_EVENT,
                f"Attribute key starts with reserved prefix _: '{key}'",
            )
    return cleaned


def clean_type(kind: str) -> str:
    """The type of a custom event; raises CosmosError for a short one."""
    stripped = kind.strip()
    if len(stripped.encode()) <= LONGEST_SHORT_TYPE:
        raise CosmosError(INVALID_EVENT, f"Event type too short: '{stripped}'")
    return stripped
