"""Functions for addresses, messages to people, and queries."""

from typing import NoReturn

from contractvm.hosts.cosmwasm.backend import AddressRefused, Cost
from contractvm.hosts.cosmwasm.errors import Aborted, BackendOutOfGas
from contractvm.hosts.cosmwasm.frame import ChainQuery, Frame
from contractvm.wasm.engines.suspension import Suspension

KIB = 1024
MAX_HUMAN_ADDRESS = 256
MAX_CANONICAL_ADDRESS = 64
MAX_DEBUG = 2 * KIB * KIB
MAX_QUERY = 64 * KIB


def addr_validate(frame: Frame, source: int) -> int | Suspension:
    text, fault = _read_address(frame, source)
    if fault is not None:
        return frame.give(fault)
    try:
        frame.pay(frame.api.validate(text))
    except AddressRefused as refusal:
        return _refused(frame, refusal)
    return 0


def addr_canonicalize(frame: Frame, source: int, target: int) -> int | Suspension:
    text, fault = _read_address(frame, source)
    if fault is not None:
        return frame.give(fault)
    try:
        canonical, cost = frame.api.canonicalize(text)
    except AddressRefused as refusal:
        return _refused(frame, refusal)
    frame.pay(cost)
    frame.write(target, canonical)
    return 0


def addr_humanize(frame: Frame, source: int, target: int) -> int | Suspension:
    canonical = frame.read(source, MAX_CANONICAL_ADDRESS)
    try:
        text, cost = frame.api.humanize(canonical)
    except AddressRefused as refusal:
        return _refused(frame, refusal)
    frame.pay(cost)
    frame.write(target, text.encode())
    return 0


def _read_address(frame: Frame, source: int) -> tuple[str, bytes | None]:
    """The text of an address, or what is wrong with it."""
    data = frame.read(source, MAX_HUMAN_ADDRESS)
    if not data:
        return "", b"Input is empty"
    frame.gas.charge(frame.regions.string(len(data)))
    try:
        return data.decode(), None
    except UnicodeDecodeError:
        return "", b"Input is not valid UTF-8"


def _refused(frame: Frame, refusal: AddressRefused) -> Suspension:
    frame.pay(refusal.cost)
    return frame.give(refusal.reason.encode())


def debug(frame: Frame, message: int) -> None:
    if not frame.reads_debug:
        return
    text = frame.read(message, MAX_DEBUG).decode(errors="replace")
    if frame.debug_handler is not None:
        frame.debug_handler(text, frame.gas.left)


def abort(frame: Frame, message: int) -> NoReturn:
    data = frame.read(message, MAX_DEBUG)
    frame.gas.charge(frame.regions.string(len(data)))
    raise Aborted(data.decode(errors="replace"))


def query_chain(frame: Frame, request: int) -> Suspension:
    function = frame.gas.current

    def complete(answer: tuple[bytes | None, int]) -> Suspension:
        data, external = answer
        frame.gas.current = function
        frame.pay(Cost(external=external))
        if data is None:
            raise BackendOutOfGas
        return frame.give(data)

    data = frame.read(request, MAX_QUERY)
    return Suspension(ChainQuery(data, frame.gas.left), complete)
