"""Who may ask: rules against pages in the developer's browser.

The node signs with keys that everyone knows, and a page of any site can send requests
to loopback. So the Host header must not be a name that the page's owner controls (DNS
rebinding), and the Origin must be local or allowed. A browser's Origin is `null` or has
a scheme; one word is the name of an application, as titanoboa gives it.
"""

import re
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
ANY = "*"
PREFLIGHT_SECONDS = b"600"
APPLICATION = re.compile(r"(?!null\b)[a-z][a-z0-9_-]*", re.IGNORECASE)

Headers = list[tuple[bytes, bytes]]


class Access(Struct, frozen=True):
    """Names and origins that are allowed besides local ones; `*` is any.

    Without `sends_cors` no browser is told that it may read an answer.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    sends_cors: bool = True

    def refusal(self, headers: Collection[tuple[bytes, bytes]]) -> str | None:
        """Why a request with these headers is not served; None where it is."""
        for name, value in headers:
            text = value.decode("latin-1")
            if name == b"host" and not self.is_host_allowed(text):
                return f"Host {text!r} is not allowed: see --allow-host"
            if name == b"origin" and not self.is_origin_allowed(text):
                return f"Origin {text!r} is not allowed: see --allow-origin"
        return None

    def is_host_allowed(self, host: str) -> bool:
        """Whether the Host header is an address, localhost, or an allowed name."""
        name = host_name(host)
        if ANY in self.hosts or name in LOCAL_NAMES or is_address(name):
            return True
        return name in {allowed.lower() for allowed in self.hosts}

    def is_origin_allowed(self, origin: str) -> bool:
        """Whether a page of that origin, or the application, may send requests."""
        if ANY in self.origins or origin in self.origins:
            return True
        if APPLICATION.fullmatch(origin):
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.hostname in LOCAL_NAMES

    def cors_headers(self, headers: Collection[tuple[bytes, bytes]]) -> Headers:
        """What lets the page of an allowed origin read the answer."""
        origin = value_of(headers, b"origin")
        if not self.sends_cors or not origin:
            return []
        return [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]

    def preflight_headers(self, headers: Collection[tuple[bytes, bytes]]) -> Headers:
        """The answer to a browser that asks whether a page may send a request."""
        found = self.cors_headers(headers)
        if not found:
            return []
        found += [
            (b"access-control-allow-methods", b"POST, GET"),
            (b"access-control-allow-headers", b"content-type"),
            (b"access-control-max-age", PREFLIGHT_SECONDS),
        ]
        if value_of(headers, b"access-control-request-private-network") == b"true":
            found.append((b"access-control-allow-private-network", b"true"))
        return found


def value_of(headers: Collection[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first value of a header, whose name is in lower case."""
    return next((value for found, value in headers if found == name), None)


def host_name(host: str) -> str:
    """The name in a Host header, without the port and the brackets of an address."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def is_address(name: str) -> bool:
    """Whether it is an address of IPv4 or IPv6: no one can rebind that."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
