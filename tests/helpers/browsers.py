"""Debian's Chromium without a window, for tests of pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDE = {"width": 1400, "height": 900}
READY = "main:not([aria-busy]) h1"


def require_browser() -> Any:
    """Playwright's module; skips the test where it or Chromium is missing."""
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium")
    return pytest.importorskip(
        "playwright.sync_api", reason="no playwright: pip install playwright"
    )


@dataclass
class Tab:
    """A page, and what it did: requests, and everything that went wrong."""

    page: Any
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page = self.page
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog}"))
        page.on("console", self._on_console)

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text}")

    def open(self, url: str) -> None:
        """Go to a page and wait until it shows something."""
        self.page.goto(url)
        self.page.wait_for_selector(READY, state="attached")

    def go(self, route: str, title: str) -> None:
        """Go to another route of the page, whose heading has `title` in it."""
        self.page.evaluate("route => { location.hash = route; }", route)
        self.page.wait_for_selector(f"main:not([aria-busy]) h1:has-text('{title}')")

    @property
    def text(self) -> str:
        return str(self.page.inner_text("main"))

    @property
    def focused(self) -> str:
        """The text or the label of the element that has the focus."""
        found = self.page.evaluate(
            "document.activeElement.getAttribute('aria-label')"
            " ?? document.activeElement.textContent"
        )
        return str(found)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def hosts(self) -> set[str]:
        """Where requests went, without the port."""
        return {urlsplit(url).hostname or urlsplit(url).scheme for url in self.requests}


@contextmanager
def browser_tab(browser: Any, **options: Any) -> Iterator[Tab]:
    """A tab of its own; at the end nothing may have gone wrong in it."""
    context = browser.new_context(**options)
    try:
        tab = Tab(context.new_page())
        yield tab
        assert tab.faults == []
    finally:
        context.close()


def launch(playwright: Any) -> Any:
    """The browser. As root it has no sandbox."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
