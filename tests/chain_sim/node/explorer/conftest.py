"""A node with the example token, and a browser that looks at it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.browsers import WIDE, Tab, browser_tab, launch, require_browser
from tests.helpers.explorers import BOB, TokenNode
from tests.helpers.nodes import Client, served


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with require_browser().sync_playwright() as running:
        found = launch(running)
        yield found
        found.close()


@pytest.fixture
def wide(browser: Any) -> Iterator[Tab]:
    with browser_tab(browser, viewport=WIDE) as tab:
        yield tab


@pytest.fixture(scope="module")
def token() -> TokenNode:
    """Block 1 makes the token, 2 transfers 5 to Bob, 3 fails; `other` leaves at 2."""
    made = TokenNode()
    made.transfer(BOB, 5)
    made.chain.snapshot()
    made.chain.branches.create("other")
    made.transfer(BOB, 10**30)
    return made


@pytest.fixture(scope="module")
def client(token: TokenNode) -> Iterator[Client]:
    with served(token.node) as found:
        yield found
