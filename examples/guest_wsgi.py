"""A WSGI application that runs one guest for each POST.

Serve it with any WSGI server, or: `python -m examples.guest_wsgi`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

from contractvm import Guest, Limits

MAX_BODY = 1 << 20
LIMITS = Limits(gas=10_000_000, memory_pages=256, stdin_bytes=MAX_BODY, seconds=5)
GUEST = Guest.load(Path(__file__).parent / "guests" / "words_rust.wasm")


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    length = environ.get("CONTENT_LENGTH") or "0"
    status, gas, body = "405 Method Not Allowed", 0, b""
    if environ["REQUEST_METHOD"] == "POST" and not length.isdecimal():
        status = "400 Bad Request"
    elif environ["REQUEST_METHOD"] == "POST" and int(length) > MAX_BODY:
        status = "413 Content Too Large"
    elif environ["REQUEST_METHOD"] == "POST":
        text = environ["wsgi.input"].read(int(length))
        result = GUEST.run(stdin=text, limits=LIMITS)
        status = "200 OK" if result.ok else "422 Unprocessable Content"
        gas, body = result.gas_used, result.stdout
    headers = [("Content-Type", "application/octet-stream"), ("X-Gas", str(gas))]
    start_response(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    make_server("127.0.0.1", 8001, app).serve_forever()
