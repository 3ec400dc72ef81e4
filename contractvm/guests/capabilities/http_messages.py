"""HTTP requests and responses as guests send and get them, in JSON."""

from msgspec import Struct, field


class Request(Struct, frozen=True):
    """What a guest sends; `body` is base64 in JSON."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Response(Struct, frozen=True):
    """What a guest gets; a redirect is a response like any other."""

    status: int
    headers: dict[str, str]
    body: bytes
