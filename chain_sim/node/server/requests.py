"""Requests of JSON-RPC 2.0, from the bytes of a body or a message.

The id is kept as the bytes that came, so that it is echoed exactly.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from chain_sim.node.errors import (
    INVALID_REQUEST,
    LIMIT_EXCEEDED,
    PARSE_ERROR,
    RpcError,
    invalid_params,
)
from contractvm.nesting import TooDeep, check_json_nesting

NULL = b"null"
UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError)


class WireRequest(Struct, forbid_unknown_fields=True):
    """The members of a request as they are sent."""

    jsonrpc: Literal["2.0"]
    method: str
    params: Raw | UnsetType = UNSET
    id: Raw | UnsetType = UNSET


class OnlyId(Struct):
    """The id of what is otherwise no request."""

    id: Raw | UnsetType = UNSET


class Request(Struct, frozen=True):
    """One request; `id` None is a notification's.

    With `fault` it is none: only the fault is answered.
    """

    id: bytes | None
    name: str = ""
    params: tuple[Any, ...] = ()
    fault: RpcError | None = None


class Requests(Struct, frozen=True):
    """What a body or a message asks for."""

    items: tuple[Request, ...]
    is_batch: bool


_read_request = msgspec.json.Decoder(WireRequest).decode
_read_only_id = msgspec.json.Decoder(OnlyId).decode
_read_list = msgspec.json.Decoder(list[Raw]).decode
_read_anything = msgspec.json.Decoder().decode
_skip = msgspec.json.Decoder(Raw).decode
_read_id = msgspec.json.Decoder(str | int | float | None).decode


def read_requests(body: bytes, most: int) -> Requests:
    """The requests of a body; whatever is wrong stands in them as a fault.

    At most `most` make a batch.
    """
    try:
        check_json_nesting(body)
    except TooDeep as error:
        return _refused(RpcError(PARSE_ERROR, f"parse error: {error}"))
    if not body.lstrip(b" \t\r\n").startswith(b"["):
        return Requests((_read_one(body),), is_batch=False)
    try:
        items = _read_list(body)
    except UNDECODABLE:
        return _refused(RpcError(PARSE_ERROR, "parse error: the batch is no JSON"))
    if not items:
        return _refused(RpcError(INVALID_REQUEST, "Invalid request: an empty batch"))
    if len(items) > most:
        message = f"batch too large: {len(items)} requests, more than {most}"
        return _refused(RpcError(LIMIT_EXCEEDED, message))
    return Requests(tuple(_read_one(bytes(item)) for item in items), is_batch=True)


def _refused(fault: RpcError) -> Requests:
    return Requests((Request(NULL, fault=fault),), is_batch=False)


def _read_one(text: bytes) -> Request:
    try:
        found = _read_request(text)
    except msgspec.ValidationError as error:
        if not is_json(text):
            return Request(NULL, fault=RpcError(PARSE_ERROR, "parse error: no JSON"))
        fault = RpcError(INVALID_REQUEST, f"Invalid request: {error}")
        return Request(_readable_id(text), fault=fault)
    except UNDECODABLE:
        return Request(NULL, fault=RpcError(PARSE_ERROR, "parse error: no JSON"))
    if found.id is UNSET:
        request_id = None
    else:
        request_id = bytes(found.id)
        if not is_id(request_id):
            message = "Invalid request: an id is text, a number or null"
            return Request(NULL, fault=RpcError(INVALID_REQUEST, message))
    return _with_params(request_id, found)


def _with_params(request_id: bytes | None, found: WireRequest) -> Request:
    try:
        params = None if found.params is UNSET else _read_anything(found.params)
    except msgspec.ValidationError as error:
        return Request(request_id, found.method, fault=invalid_params(str(error)))
    except UNDECODABLE:
        return Request(NULL, fault=RpcError(PARSE_ERROR, "parse error: no JSON"))
    if params is None:
        return Request(request_id, found.method)
    if not isinstance(params, list):
        fault = invalid_params("params is no list: names are not supported")
        return Request(request_id, found.method, fault=fault)
    return Request(request_id, found.method, tuple(params))


def is_json(text: bytes) -> bool:
    """Whether the text is one value of JSON, of a depth that can be read."""
    try:
        _skip(text)
    except UNDECODABLE:
        return False
    return True


def is_id(text: bytes) -> bool:
    """Whether JSON is text, a number or null."""
    if text.isdigit():
        return True
    try:
        _read_id(text)
    except UNDECODABLE:
        # A number may be beyond what a float holds: it is only echoed.
        return text[:1] in b"-0123456789" and text[:1] != b""
    return True


def _readable_id(text: bytes) -> bytes:
    try:
        found = _read_only_id(text).id
    except UNDECODABLE:
        return NULL
    if found is UNSET or not is_id(bytes(found)):
        return NULL
    return bytes(found)
