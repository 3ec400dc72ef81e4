"""Hostile text in the browser: shown, never run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.primitives.text import parse_hash
from chain_sim.node.explorer.static_file import transaction_file
from tests.helpers.browsers import Tab, browser_tab
from tests.helpers.examples import EXAMPLES
from tests.helpers.explorers import (
    HOSTILE_NAME,
    PAYLOADS,
    HostileNode,
    TokenNode,
)
from tests.helpers.nodes import Client, served

TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 400, "height": 800}
SHOWN_NAME = " ".join(PAYLOADS[:4])
SHOWN_CONTROLS = "\\u{202e}\\u{0}gnp.exe"


def hostile_routes(hostile: HostileNode) -> Iterator[tuple[str, str]]:
    for tx_hash in hostile.hashes.values():
        for part in ("", "/gas", "/logs", "/state"):
            yield f"/tx/{tx_hash}{part}", tx_hash[-6:]
    for part in ("", "/transactions", "/call", "/storage", "/contract"):
        yield f"/address/{hostile.contract}{part}", "Contract"
    yield from (("/", "Overview"), ("/transactions", "Transactions"), ("/abis", "ABIs"))


def require_harmless(tab: Tab) -> None:
    ran, made = tab.page.evaluate(
        """() => [
          window.ran,
          document.querySelectorAll('main img, main script, main iframe,'
            + ' main [onload], main [onerror], main [style*=url]').length,
        ]"""
    )
    assert (ran, made) == (None, 0)


def test_hostile_text_is_shown_as_text(wide: Tab) -> None:
    hostile = HostileNode()
    shown: dict[str, str] = {}
    with served(hostile.node) as client:
        wide.open(f"{client.url}/explorer")
        for route, title in hostile_routes(hostile):
            wide.go(route, title)
            require_harmless(wide)
            shown[route] = wide.text
    full = f"{SHOWN_NAME} {SHOWN_CONTROLS}"
    hashes = hostile.hashes
    assert f"reverted: {full}" in shown[f"/tx/{hashes['reason']}"]
    assert shown[f"/tx/{hashes['call']}"].count(full) == 2
    assert shown[f"/tx/{hashes['error']}"].count(full) == 2
    assert shown[f"/tx/{hashes['event']}/logs"].count(full) == 2
    assert HOSTILE_NAME in shown[f"/tx/{hashes['reason']}/gas"]
    assert "\u202e" not in "".join(shown.values())


@pytest.mark.parametrize(
    ("attempt", "outcome"),
    [
        ("document.body.innerHTML = '<img src=x onerror=window.ran=1>'", "TypeError"),
        ("document.write('<script>window.ran=1</script>')", "TypeError"),
        (
            "new Promise((done, fail) => setTimeout(() => {"
            " try { done(window.eval('window.ran=1')); } catch (error) { fail(error); }"
            "}))",
            "EvalError",
        ),
        ("setTimeout('window.ran=1')", "TypeError"),
        ("fetch('http://127.0.0.2/')", "TypeError"),
        ("import('data:text/javascript,window.ran=1')", "TypeError"),
        (
            "new Promise((done) => {"
            " const script = document.createElement('script');"
            " script.append('window.ran=1');"
            " document.body.append(script); setTimeout(done, 100); })",
            "nothing",
        ),
        (
            "new Promise((done) => {"
            " const image = document.createElement('img');"
            " image.setAttribute('onerror', 'window.ran=1'); image.src = 'x';"
            " document.body.append(image); setTimeout(done, 100); })",
            "TypeError",
        ),
        (
            "new Promise((done) => { const link = document.createElement('a');"
            " link.href = 'javascript:window.ran=1'; link.click();"
            " setTimeout(done, 100); })",
            "nothing",
        ),
    ],
)
def test_the_policy_stops_what_text_alone_would_not(
    browser: Any, client: Client, attempt: str, outcome: str
) -> None:
    """Markup made by mistake would still not run, nor ask anyone."""
    with browser_tab(browser) as tab:
        tab.open(f"{client.url}/explorer")
        found = tab.page.evaluate(
            f"(async () => {{ try {{ await ({attempt}); return 'nothing'; }}"
            " catch (error) { return error.name; } })()"
        )
        assert (found, tab.page.evaluate("window.ran")) == (outcome, None)
        assert tab.hosts() <= {"127.0.0.1", "127.0.0.2"}
        # Each is told on the console.
        assert tab.faults != [] or outcome == "nothing"
        tab.faults = []


def test_hostile_routes_and_searches_are_text_too(wide: Tab, client: Client) -> None:
    wide.open(f"{client.url}/explorer")
    for payload in (*PAYLOADS[:4], "constructor", "__proto__", "%E0%A4%A"):
        for route in (f"/{payload}", f"/tx/{payload}", f"/block/{payload}"):
            wide.go(route, "That cannot be shown")
            require_harmless(wide)
        wide.page.fill("input[type=search]", payload)
        wide.page.wait_for_selector("#found li:has-text('Nothing found')")
        require_harmless(wide)


def test_an_abi_is_uploaded_and_a_bad_one_refused(
    wide: Tab, token: TokenNode, client: Client, tmp_path: Path
) -> None:
    good = EXAMPLES / "token" / "token.json"
    bad = tmp_path / "bad.json"
    bad.write_text(PAYLOADS[0])
    wide.open(f"{client.url}/explorer#/abis")
    target = "0x" + "c0" * 32
    wide.page.fill("input[name=target]", target)
    wide.page.set_input_files("input[type=file]", bad)
    wide.page.click("text=Add ABI")
    wide.page.wait_for_selector("form p:has-text('not a contract')")
    wide.page.set_input_files("input[type=file]", good)
    wide.page.click("text=Add ABI")
    wide.page.wait_for_selector(f"td:has-text('{target}')")
    row = wide.page.locator("tr", has_text=target)
    row.locator("text=Remove").click()
    row.wait_for(state="detached")
    assert token.ask("listAbis")["count"] == 1
    require_harmless(wide)


def test_a_file_of_one_transaction_needs_no_node(wide: Tab, tmp_path: Path) -> None:
    hostile = HostileNode()
    for name in ("call", "reason", "event"):
        tx_hash = hostile.hashes[name]
        file = tmp_path / f"{name}.html"
        file.write_bytes(transaction_file(hostile.node.explorer, parse_hash(tx_hash)))
        wide.open(file.as_uri())
        assert tx_hash in str(wide.page.text_content("h1"))
        require_harmless(wide)
        for part in ("Gas", "Logs", "State", "Transaction"):
            wide.page.click(f"nav.tabs >> text={part}")
            wide.page.wait_for_selector(f"nav.tabs [aria-current]:has-text('{part}')")
            require_harmless(wide)
        wide.go("/blocks", "That cannot be shown")
        assert "this file holds one transaction only" in wide.text
    assert {url.partition(":")[0] for url in wide.requests} == {"file"}
