"""HTTP requests of plugins, made by a capability of the run."""

from base64 import b64encode

import msgspec
from msgspec import Struct, field

from contractvm.errors import Trap, TrapCode
from contractvm.hosts.extism.host_call import HostCall
from contractvm.nesting import check_json_nesting


class PluginRequest(Struct, frozen=True):
    """What a plugin sends, next to the body."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)


def http_request(call: HostCall, handle: int, body: int) -> int:
    """Make a request; the handle of the response's body.

    Raises Trap without a capability for it, for what is no request, and if the
    capability refuses it.
    """
    state = call.state
    content, data = call.read(handle), call.read(body)
    if state.fetch is None:
        raise Trap(TrapCode.HOST_REFUSED, "the run has no capability for requests")
    try:
        check_json_nesting(content)
        request = msgspec.json.decode(content, type=PluginRequest)
    except (msgspec.DecodeError, ValueError) as error:
        raise Trap(TrapCode.HOST_REFUSED, f"no HTTP request: {error}") from None
    sent = msgspec.structs.asdict(request) | {"body": b64encode(data).decode()}
    response = state.fetch(call.frame, msgspec.json.encode(sent))
    state.http_status = response.status
    state.http_headers = msgspec.json.encode(response.headers, order="sorted")
    return call.give(response.body)


def http_status_code(call: HostCall) -> int:
    """The status of the last response, 0 if there is none."""
    return call.state.http_status


def http_headers(call: HostCall) -> int:
    """The headers of the last response as JSON, 0 if there is none."""
    return call.give(call.state.http_headers)
