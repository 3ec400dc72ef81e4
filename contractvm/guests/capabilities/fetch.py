"""HTTP requests to the hosts of a list, and to no address inside."""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from contractvm.errors import LimitExceeded
from contractvm.guests.capabilities.codes import FAILED, NOT_ALLOWED, TOO_LARGE
from contractvm.guests.capabilities.http_messages import Request, Response
from contractvm.guests.errors import GuestError
from contractvm.guests.host_functions import HostFunctionSpec, host_function

PORTS = {"https": 443, "http": 80}
# Headers that say where a request goes or where it ends are the client's.
CLIENT_HEADERS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "upgrade"}
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the address is the one that was checked."""

    url: SplitResult
    host: str
    port: int
    address: str


# Sends a request to the target's address, within seconds, and reads so many bytes.
Client = Callable[[Request, Target, float, int], Response]


class Fetch:
    """Requests over HTTPS to the hosts in `allow`: `name`, `*.name` or `name:port`.

    Guests import `fetch(request) -> response` from `capability:fetch`, in JSON.
    Refusals: -4 for what is not allowed, -5 for a request that failed, -2 for more than
    `max_bytes`. Addresses inside (private, loopback, link-local) are refused once the
    name is resolved, unless `allow_inside`, and the client is given the address that
    was checked. Redirects are not followed. A request takes effect when it is made,
    whatever becomes of the run; so only GET is allowed unless `methods` says otherwise.
    """

    def __init__(  # noqa: PLR0913 (each limits something else)
        self,
        client: Client | None = None,
        *,
        allow: Sequence[str],
        methods: Sequence[str] = ("GET",),
        max_bytes: int = 1 << 20,
        max_calls: int = 10,
        timeout: float = 10.0,
        allow_http: bool = False,
        allow_inside: bool = False,
    ) -> None:
        self._client = client or send
        self._allow = tuple(allow)
        self._methods = frozenset(methods)
        self._max_bytes = max_bytes
        self._max_calls = max_calls
        self._timeout = timeout
        self._schemes = ("https", "http") if allow_http else ("https",)
        self._allow_inside = allow_inside
        self._calls_left = max_calls

    def functions(self) -> Sequence[HostFunctionSpec]:
        """The function of `capability:fetch`."""
        return [
            host_function(
                self._fetch, module="capability:fetch", name="fetch", charge=10_000
            )
        ]

    def begin(self) -> None:
        """A run may make `max_calls` requests."""
        self._calls_left = self._max_calls

    def commit(self) -> None:
        """Requests have had their effects."""

    def discard(self) -> None:
        """Requests have had their effects."""

    def _fetch(self, request: Request) -> Response:
        if not self._calls_left:
            raise LimitExceeded("requests", self._max_calls)
        self._calls_left -= 1
        target = self._target(request)
        try:
            response = self._client(request, target, self._timeout, self._max_bytes + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise GuestError(FAILED) from error
        if len(response.body) > self._max_bytes:
            raise GuestError(TOO_LARGE)
        return response

    def _target(self, request: Request) -> Target:
        try:
            url = urlsplit(request.url)
            host, port = (url.hostname or "").lower(), url.port
        except ValueError as error:
            raise GuestError(NOT_ALLOWED) from error
        port = port or PORTS.get(url.scheme, 0)
        if (
            url.scheme not in self._schemes
            or url.username is not None
            or request.method not in self._methods
            or not CLIENT_HEADERS.isdisjoint(map(str.lower, request.headers))
            or not any(_matches(entry, host, port, url.scheme) for entry in self._allow)
        ):
            raise GuestError(NOT_ALLOWED)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise GuestError(FAILED) from error
        addresses = [str(entry[4][0]) for entry in found]
        if not self._allow_inside:
            addresses = [one for one in addresses if _is_outside(one)]
        if not addresses:
            raise GuestError(NOT_ALLOWED)
        return Target(url, host, port, addresses[0])


def send(request: Request, target: Target, seconds: float, most: int) -> Response:
    """Send a request to the address that was checked: the client by default."""
    raw = socket.create_connection((target.address, target.port), timeout=seconds)
    with raw:
        connection = http.client.HTTPConnection(target.host, target.port)
        if target.url.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(raw, server_hostname=target.host)
        else:
            connection.sock = raw
        path = target.url.path or "/"
        if target.url.query:
            path += f"?{target.url.query}"
        connection.request(request.method, path, request.body, request.headers)
        answer = connection.getresponse()
        body = answer.read(most)
        headers = {name.lower(): value for name, value in answer.getheaders()}
        connection.close()
        return Response(answer.status, headers, body)


def _matches(entry: str, host: str, port: int, scheme: str) -> bool:
    name, _, named_port = entry.lower().partition(":")
    if port != (int(named_port) if named_port else PORTS[scheme]):
        return False
    if name.startswith("*."):
        return host.endswith(name[1:])
    return host == name


def _is_outside(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast
