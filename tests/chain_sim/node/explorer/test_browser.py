"""The explorer in a browser: live, by keyboard alone, and with hostile text."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.node.node import Node
from tests.helpers import nodes
from tests.helpers.browsers import Tab, browser_tab
from tests.helpers.examples import EXAMPLES
from tests.helpers.explorers import (
    ALICE,
    BOB,
    PAYLOADS,
    TokenNode,
)
from tests.helpers.nodes import Client, served

TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 400, "height": 800}
SHOWN_NAME = " ".join(PAYLOADS[:4])
SHOWN_CONTROLS = "\\u{202e}\\u{0}gnp.exe"


def routes_of(token: TokenNode) -> dict[str, str]:
    """A route of each view, and what its heading has in it."""
    first, second = (
        format_data(token.chain.block(number).transactions[0].hash) for number in (2, 3)
    )
    slot = "0x01" + "00" * 11 + BOB[2:].lower()
    return {
        "/": "Overview",
        "/blocks": "Blocks",
        "/blocks/other": "Blocks of other",
        "/block/2": "Block 2",
        "/block/2/state": "Block 2",
        "/transactions": "Transactions",
        f"/tx/{first}": first[-6:],
        f"/tx/{first}/gas": first[-6:],
        f"/tx/{first}/logs": first[-6:],
        f"/tx/{second}/state": second[-6:],
        f"/tx/{second}": second[-6:],
        f"/compare/{first}/{second}": "Comparison",
        f"/address/{TOKEN}": "Contract",
        f"/address/{TOKEN}/transactions": "Contract",
        f"/address/{TOKEN}/storage": "Contract",
        f"/address/{TOKEN}/call": "Contract",
        f"/address/{TOKEN}/storage/{slot}": "Contract",
        f"/address/{TOKEN}/contract": "Contract",
        f"/address/{ALICE}": "Account",
        "/branches": "Branches",
        "/abis": "ABIs",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_view_fits_and_asks_only_this_machine(
    browser: Any, client: Client, token: TokenNode, viewport: Any, scheme: str
) -> None:
    with browser_tab(browser, viewport=viewport, color_scheme=scheme) as tab:
        tab.open(f"{client.url}/explorer")
        for route, title in routes_of(token).items():
            tab.go(route, title)
            overflow, hashes, headings, nameless = tab.page.evaluate(
                """() => {
                  const page = document.documentElement;
                  const hashes = [...document.querySelectorAll('main .hash')];
                  return [
                    page.scrollWidth - page.clientWidth,
                    hashes.map((hash) => hash.getBoundingClientRect().height),
                    document.querySelectorAll('main h1').length,
                    [...document.querySelectorAll('a, button, input, [tabindex="0"]')]
                      .filter((one) => !one.textContent.trim() && !one.ariaLabel)
                      .map((one) => one.outerHTML),
                  ];
                }"""
            )
            assert (route, overflow, headings, nameless) == (route, 0, 1, [])
            assert all(height < 30 for height in hashes), route
        assert tab.hosts() == {"127.0.0.1"}


def test_a_hash_is_whole_in_the_page_and_can_be_copied(
    browser: Any, client: Client, token: TokenNode
) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    with browser_tab(browser, viewport=PHONE, permissions=permissions) as tab:
        wanted = format_data(token.chain.head.transactions[0].hash)
        tab.open(f"{client.url}/explorer#/tx/{wanted}")
        assert tab.page.text_content("h1 .hash-text") == wanted
        tab.page.click("h1 button.copy")
        tab.page.wait_for_selector("h1 button.copy.done")
        assert tab.page.evaluate("navigator.clipboard.readText()") == wanted


def test_colours_follow_the_system_until_one_chooses(
    browser: Any, client: Client
) -> None:
    with browser_tab(browser, color_scheme="dark") as tab:
        tab.open(f"{client.url}/explorer")
        tab.page.wait_for_selector("html[data-theme='dark']")
        tab.page.emulate_media(color_scheme="light")
        tab.page.wait_for_selector("html[data-theme='light']")
        tab.page.click("#theme")
        tab.page.wait_for_selector("html[data-theme='dark']")
        tab.page.reload()
        tab.page.wait_for_selector("html[data-theme='dark']")


def test_amounts_beyond_a_double_are_exact(wide: Tab, client: Client) -> None:
    wide.open(f"{client.url}/explorer")
    found = wide.page.evaluate(
        """async () => {
          const { parseExact } = await import('/explorer/rpc.js');
          const { decimals, ether } = await import('/explorer/format.js');
          const text = '{"a":9007199254740993,"b":[-12345678901234567890],'
            + '"c":"9007199254740993","d":1.5,"e":9007199254740991}';
          const { a, b, c, d, e } = parseExact(text);
          return [
            String(a), String(b[0]), c, d, e,
            decimals(521290001, 10000), decimals(-1, 10000), decimals(7, 1),
            decimals(1, 3), ether(10n ** 24n + 1n), ether(0),
          ];
        }"""
    )
    assert found == [
        "9007199254740993",
        "-12345678901234567890",
        "9007199254740993",
        1.5,
        9007199254740991,
        "52,129.0001",
        "-0.0001",
        "7",
        "0.333333",
        "1,000,000.000000000000000001 ether",
        "0 ether",
    ]


def test_the_gas_view_adds_up_on_the_page(
    wide: Tab, client: Client, token: TokenNode
) -> None:
    tx_hash = format_data(token.chain.block(2).transactions[0].hash)
    wide.open(f"{client.url}/explorer#/tx/{tx_hash}/gas")
    assert "52,129 of 30,000,000" in wide.text
    assert "0 units adds up" in wide.text
    labels = [
        frame.get_attribute("aria-label")
        for frame in wide.page.query_selector_all("g.frame")
    ]
    assert labels[0] == f"transaction {tx_hash}, transaction, 52,129 gas, 100.0 %"
    assert "storageStore [host], host function, 25,000 gas, 48.0 %" in labels
    assert "By host call" in wide.text


def test_the_flame_graph_is_walked_by_keyboard(
    wide: Tab, client: Client, token: TokenNode
) -> None:
    tx_hash = format_data(token.chain.block(2).transactions[0].hash)
    wide.open(f"{client.url}/explorer#/tx/{tx_hash}/gas")
    wide.page.focus("g.frame[tabindex='0']")

    def about() -> str:
        return str(wide.page.text_content(".flame-about"))

    assert about().startswith(f"transaction {tx_hash} transaction, 52,129 gas")
    wide.press("ArrowDown")
    assert about() == (
        "call 0x5FbD...0aa3 message call, 29,256.1334 gas, 56.1 % of all,"
        " 56.1 % of its caller"
    )
    wide.press("ArrowRight")
    assert about().startswith("transaction: base transaction, 21,000 gas, 40.3 %")
    wide.press("ArrowLeft", "ArrowDown")
    assert about().startswith("contract_main Wasm func, 27,255.3587 gas")
    whole = wide.page.get_attribute("g.frame rect", "width")
    wide.press("Enter")
    assert wide.page.locator("g.frame.above").count() == 2
    assert about().startswith("contract_main")
    assert wide.page.get_attribute("g.frame:not(.above) rect", "width") == whole
    wide.press("Escape")
    assert wide.page.locator("g.frame.above").count() == 0
    assert wide.focused.startswith(f"transaction {tx_hash}")


def test_deploy_watch_search_and_read_by_keyboard_alone(
    browser: Any, tmp_path: Path
) -> None:
    """A node of the command line; other processes find it by its database."""
    program = [sys.executable, "-m", "contractvm_cli"]
    db = ["--db", str(tmp_path / "chain")]
    node = subprocess.Popen(
        [*program, "node", "--port", "0", *db], stdout=subprocess.PIPE, text=True
    )

    def verb(*arguments: str) -> dict[str, Any]:
        """What a verb says as JSON, from a process of its own through the node."""
        done = subprocess.run(
            [*program, *arguments, *db, "--json"],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return dict(json.loads(done.stdout))

    try:
        assert node.stdout is not None
        port = next(
            int(found[1])
            for line in node.stdout
            if (found := re.search(r"Listening on 127\.0\.0\.1:(\d+)", line))
        )
        with browser_tab(browser, viewport=WIDE) as tab:
            tab.open(f"http://127.0.0.1:{port}/explorer")
            tab.page.wait_for_selector("#live[data-state='live']")
            read_by_keyboard(tab, verb)
    finally:
        node.terminate()
        node.wait(30)
        if node.stdout is not None:
            node.stdout.close()
    with Blockchain.open(tmp_path / "chain") as chain:
        assert chain.head.header.number == 2


def appears(tab: Tab, tx_hash: str) -> str:
    """The row of a transaction, which comes into the open page by itself."""
    row = tab.page.wait_for_selector(f"a[href='#/tx/{tx_hash}']")
    return str(row.evaluate("link => link.closest('tr').textContent"))


def read_by_keyboard(tab: Tab, verb: Callable[..., dict[str, Any]]) -> None:
    folder = EXAMPLES / "token"
    made = verb("deploy", str(folder / "token_init.wasm"), "--init-code")
    assert made["contractAddress"] == TOKEN
    assert "creat" in appears(tab, made["transactionHash"]).lower()
    sent = verb("send", TOKEN, "transfer(address,uint256)", BOB, "5")["transactionHash"]
    assert "0xa9059cbb" in appears(tab, sent)
    verb("abi", "add", TOKEN, str(folder / "token.json"))
    # From here on the keyboard alone.
    tab.press("Tab")
    assert tab.focused == "Skip to the content"
    tab.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "main"
    tab.press("/")
    tab.page.keyboard.type(sent[:12])
    tab.page.wait_for_selector("#found a")
    tab.press("ArrowDown")
    assert sent in tab.focused
    tab.press("Enter")
    tab.page.wait_for_selector(f"main:not([aria-busy]) h1:has-text('{sent[-6:]}')")
    assert "transfer(address,uint256)" in tab.text
    tab.press("Tab", "Tab", "Tab")
    assert tab.focused == "Gas"
    tab.press("Enter")
    tab.page.wait_for_selector("g.frame")
    while not tab.focused.startswith("transaction 0x"):
        tab.press("Tab")
    tab.press("ArrowDown")
    assert tab.focused.startswith("call 0x5FbD...0aa3, message call")
    tab.press("/")
    tab.page.keyboard.type("2")
    tab.press("Enter")
    tab.page.wait_for_selector("main:not([aria-busy]) h1:has-text('Block 2')")
    tab.press("/", "Escape")
    assert tab.page.evaluate("document.activeElement.id") == "main"


def test_a_function_is_called_from_its_form(
    wide: Tab, client: Client, token: TokenNode
) -> None:
    wide.open(f"{client.url}/explorer#/address/{TOKEN}/call")
    head = token.chain.head.hash

    def call(name: str, *arguments: str) -> str:
        form = wide.page.locator("article", has_text=f"{name}(")
        for place, argument in enumerate(arguments):
            form.locator("input").nth(place).fill(argument)
        form.locator("input, button").last.press("Enter")
        form.locator("[role=status] > *").wait_for()
        return str(form.locator("[role=status]").inner_text())

    assert "Token" in call("name")
    assert re.search(r"uint256\s+5\n", call("balanceOf", BOB))
    assert "reverted: balance too low" in call("transfer", BOB, "1000000ether")
    assert "not an address" in call("approve", "nobody", "1")
    assert token.chain.head.hash == head


def test_arrows_move_between_rows(wide: Tab, client: Client) -> None:
    wide.open(f"{client.url}/explorer#/blocks")
    wide.page.focus("tbody tr:first-child td:first-child a")
    assert wide.focused == "3"
    wide.press("ArrowDown", "ArrowDown")
    assert wide.focused == "1"
    wide.press("End")
    assert wide.focused == "0"
    wide.press("Home", "ArrowUp")
    assert wide.focused == "3"
    block_hash = wide.page.text_content("tbody tr:first-child .hash-text")
    wide.press("ArrowRight")
    assert wide.focused == block_hash
    wide.press("ArrowRight")
    assert wide.focused == f"Copy {block_hash}"
    wide.press("ArrowLeft", "ArrowLeft")
    assert wide.focused == "3"


def test_a_chain_that_goes_back_is_shown_as_it_is(browser: Any) -> None:
    with served(TokenNode().node) as client, browser_tab(browser) as tab:
        tab.open(f"{client.url}/explorer#/blocks")
        tab.page.wait_for_selector("#live[data-state='live']")
        snapshot = client.call("evm_snapshot")
        client.call("evm_mine")
        tab.page.wait_for_selector("tbody tr:first-child td:first-child:has-text('2')")
        # It looks every two seconds, and has to have seen the block.
        tab.page.wait_for_timeout(2_500)
        assert client.call("evm_revert", snapshot) is True
        tab.page.wait_for_selector("tbody tr:first-child td:first-child:has-text('1')")


def test_a_node_that_comes_back_is_followed_again(
    browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = TokenNode()
    first_row = "tbody tr:first-child td:first-child:has-text('{}')"
    with browser_tab(browser) as tab:
        with served(token.node) as client:
            tab.open(f"{client.url}/explorer#/blocks")
            tab.page.wait_for_selector("#live[data-state='live']")
        tab.page.wait_for_selector("#live[data-state='offline']")
        tab.page.wait_for_selector(first_row.format(1))
        tab.go("/branches", "That cannot be shown")
        assert "the node does not answer" in tab.text
        same = partial(nodes.listen, "127.0.0.1", client.port)
        monkeypatch.setattr(nodes, "listen", lambda *_: same())
        with served(Node(token.chain, {})) as again:
            tab.page.wait_for_selector("#live[data-state='live']")
            tab.go("/blocks", "Blocks")
            again.call("evm_mine")
            tab.page.wait_for_selector(first_row.format(2))
        # Chromium tells of connections that are refused.
        tab.faults = [fault for fault in tab.faults if "ERR_CONNECTION" not in fault]
