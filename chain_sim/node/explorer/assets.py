"""The files of the page, and the headers that confine it to this machine."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

FOLDER = Path(__file__).parent.joinpath("static")
BASE = "/explorer"

# No other site, no script in the page's text, no markup from strings.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-cache",
    }
)
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Asset(Struct, frozen=True):
    """A file that is served: its media type and its content."""

    media_type: str
    content: bytes

    @property
    def headers(self) -> dict[str, str]:
        """The response's headers, names in lower case."""
        return {"content-type": self.media_type, **SECURITY_HEADERS}


def read_assets() -> dict[str, Asset]:
    """The files by the path that each is served at; the page itself at BASE."""
    found = {
        f"{BASE}/{path.relative_to(FOLDER).as_posix()}": Asset(
            MEDIA_TYPES[path.suffix], path.read_bytes()
        )
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in MEDIA_TYPES
    }
    page = found.pop(f"{BASE}/index.html")
    return {BASE: page, f"{BASE}/": page, **found}
