"""HTTP requests of Extism's plugins: by the run's capability, or from a tape."""

from typing import Any

import msgspec

from contractvm.errors import Trap, TrapCode
from contractvm.guests.capabilities.http_messages import Response
from contractvm.guests.errors import HostRaised
from contractvm.guests.frame import GuestFrame
from contractvm.guests.host_functions import HostFunctionSpec, call_host_function
from contractvm.guests.passing import ByValue
from contractvm.guests.recording import Player
from contractvm.hosts.extism.state import Fetching

MODULE, NAME = KEY = ("capability:fetch", "fetch")


def fetching_by(specs: list[HostFunctionSpec]) -> Fetching | None:
    """Requests by the capability among these functions, None if there is none."""
    spec = next((one for one in specs if one.key == KEY and not one.is_async), None)
    if spec is None:
        return None

    def fetch(frame: GuestFrame, request: bytes) -> Response:
        raw = (0, len(request))
        result = call_host_function(spec, frame, raw, ByValue(request))
        return _response(frame, result)

    return fetch


def fetching_from(player: Player) -> Fetching | None:
    """Requests answered from a tape, None if there are none on it."""
    if not player.has_call(f"{MODULE}.{NAME}"):
        return None

    def fetch(frame: GuestFrame, request: bytes) -> Response:
        raw = (0, len(request))
        result = player.answer(MODULE, NAME, raw, frame, ByValue(request))
        return _response(frame, result)

    return fetch


def _response(frame: GuestFrame, result: Any) -> Response:
    """The response; raises Trap where the capability refused."""
    data, frame.answer = frame.answer, b""
    if not data:
        code = (1 << 32) - result
        raise Trap(TrapCode.HOST_REFUSED, f"the request was refused with code {code}")
    try:
        return msgspec.json.decode(data, type=Response)
    except msgspec.DecodeError as error:
        raise HostRaised(NAME, error) from error
