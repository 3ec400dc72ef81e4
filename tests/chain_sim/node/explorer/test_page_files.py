"""The page's files: what serves them, what they may do, and whose they are."""

import hashlib
import re
from collections.abc import Iterator

import pytest

from chain_sim.node.explorer.assets import FOLDER, POLICY, SECURITY_HEADERS, read_assets
from chain_sim.node.methods.explorer import METHODS
from tests.helpers.nodes import Client, new_node
from tests.helpers.source_tree import ROOT

OWN = sorted(path for path in FOLDER.iterdir() if path.is_file())
MAX_OWN_BYTES = 150_000

PAPERS = ("paper", "surface")
BADGES = ("good", "bad", "warn")
KINDS = ("transaction", "message", "func", "host", "cost")

# What makes markup or code of text, in any of the ways that browsers know.
FORBIDDEN = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "setHTML",
    "document.write",
    "DOMParser",
    "createContextualFragment",
    "srcdoc",
    "eval(",
    "Function(",
    "javascript:",
    "http://",
    "https://",
)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with new_node() as found:
        yield found


def get(client: Client, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    answer = client.ask(None, verb="GET", path=path, headers=headers)
    return answer.status, answer.headers, answer.body


@pytest.mark.parametrize("path", ["/explorer", "/explorer/"])
def test_the_page_is_served_with_its_policy(client: Client, path: str) -> None:
    status, headers, body = get(client, path)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert body == FOLDER.joinpath("index.html").read_bytes()
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'; require-trusted-types-for 'script';"
        " trusted-types 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"


def test_every_file_has_its_type_and_the_policy(client: Client) -> None:
    types = {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }
    for path in read_assets():
        if path.rstrip("/") == "/explorer":
            continue
        status, headers, body = get(client, path)
        file = FOLDER.joinpath(path.removeprefix("/explorer/"))
        assert (status, body) == (200, file.read_bytes())
        assert headers["content-type"] == types[file.suffix[1:]]
        assert SECURITY_HEADERS.items() <= headers.items()


@pytest.mark.parametrize(
    "path",
    [
        "/explorer/index.html",
        "/explorer/../assets.py",
        "/explorer/%2e%2e/assets.py",
        "/explorer/vendor",
        "/explorer/vendor/SHA256SUMS",
        "/explorer//main.js",
        "/explorerx",
        "/main.js",
    ],
)
def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert get(client, path)[0] == 404


def test_the_page_has_the_node_s_rules_of_access(client: Client) -> None:
    assert get(client, "/explorer", host="evil.example")[0] == 403
    assert get(client, "/explorer", origin="http://evil.example")[0] == 403
    answer = client.ask("{}", path="/explorer")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    answer = client.ask(None, verb="HEAD", path="/explorer", headers={})
    assert (answer.status, answer.body) == (200, b"")


def test_own_files_are_small_and_make_no_markup_of_text() -> None:
    assert sum(path.stat().st_size for path in OWN) < MAX_OWN_BYTES
    for path in OWN:
        text = path.read_text()
        if path.suffix in (".svg",) or path.name == "dom.js":
            text = text.replace("http://www.w3.org/2000/svg", "")
        assert [word for word in FORBIDDEN if word in text] == [], path.name
    page = FOLDER.joinpath("index.html").read_text()
    assert re.findall(r"\son\w+=|style=|<style|<script(?![^>]*src=)", page) == []
    links = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert set(links) <= set(read_assets())


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_all_text_has_the_contrast_that_wcag_asks_for(theme: int) -> None:
    style = FOLDER.joinpath("style.css").read_text()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", style)
    colours = {name: both[theme] for name, *both in pairs}
    frame_ink = re.findall(r"--frame-ink: (#\w{6});", style)[0]
    texts = ("ink", "faint", "accent", "good", "bad", "warn")
    checked = [(colours[text], colours[on]) for text in texts for on in PAPERS]
    checked += [(colours[name], colours[f"{name}-wash"]) for name in BADGES]
    checked += [(colours["ink"], colours["plain-wash"])]
    checked += [(frame_ink, colours[kind]) for kind in KINDS]
    assert min(contrast(*pair) for pair in checked) >= 4.5


def test_contrast_is_that_of_the_definition() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_vendored_files_are_those_of_the_list() -> None:
    vendor = FOLDER.joinpath("vendor")
    listed = dict(
        reversed(line.split("  "))
        for line in vendor.joinpath("SHA256SUMS").read_text().splitlines()
    )
    files = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in vendor.glob("*/*")
    }
    assert files == listed
    for folder in {path.parent for path in vendor.glob("*/*")}:
        assert "Permission is hereby granted" in folder.joinpath("LICENSE").read_text()
        assert f"`{folder.name}`" in vendor.joinpath("README.md").read_text()


def test_the_policy_lets_nothing_else_in() -> None:
    sources = dict(part.split(" ", 1) for part in POLICY.split("; "))
    assert sources["default-src"] == "'none'"
    assert {word for value in sources.values() for word in value.split()} == {
        "'none'",
        "'self'",
        "'script'",
    }


def test_the_documentation_has_every_method() -> None:
    page = ROOT.joinpath("docs/explorer.md").read_text()
    rows = [f"| `{row.signature}` | {row.about} |" for row in METHODS]
    assert [line for line in page.splitlines() if "| `contractvm_" in line] == rows
