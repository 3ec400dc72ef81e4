"""The documentation site: strict, complete, and without a request to another host."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.helpers.browsers import browser_tab, launch, require_browser
from tests.helpers.source_tree import PACKAGES, ROOT

CONF = ROOT / "docs" / "conf.py"
FIRST = Path("docs", "index.html")
# Attributes that make a browser fetch something by itself.
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src"}


def build(sources: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Build a site as `make docs` does; skips where Sphinx is missing."""
    pytest.importorskip("sphinx", reason="no Sphinx: pip install '.[docs]'")
    options = ("-q", "-W", "--keep-going", "-c", CONF.parent)
    doctrees = target.with_name("doctrees")
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *options, "-d", doctrees, sources, target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site") / "html"
    done = build(ROOT, target)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return target


class Links(HTMLParser):
    """What a page fetches, and what it leads to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if (url := found.get(FETCHED.get(tag, ""))) is not None:
            self.fetched.append(url)
        if tag == "a" and (url := found.get("href")) is not None:
            self.links.append(url)


@pytest.mark.slow
def test_no_page_fetches_anything_from_another_host(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 30
    foreign = {
        (page.name, url)
        for page in pages
        for url in Links(page).fetched
        if urlsplit(url).netloc
    }
    assert foreign == set()
    styles = "".join(each.read_text() for each in site.rglob("*.css"))
    assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", styles) == []


@pytest.mark.slow
def test_links_between_the_sites_pages_lead_somewhere(site: Path) -> None:
    missing = {
        (page.name, url)
        for page in site.rglob("*.html")
        for url in Links(page).links
        if not (parts := urlsplit(url)).scheme
        and parts.path
        and not page.parent.joinpath(unquote(parts.path)).resolve().exists()
    }
    assert missing == set()


@pytest.mark.slow
def test_every_document_is_a_page(site: Path) -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    pages = [path.relative_to(ROOT).with_suffix(".html") for path in documents]
    assert [str(page) for page in pages if not site.joinpath(page).is_file()] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "package", [one for one in PACKAGES if one != "contractvm_cli"]
)
def test_the_reference_has_every_public_name(site: Path, package: str) -> None:
    """On the package's page, or on that of the package it comes from."""
    folder = site.joinpath("docs", "api")
    pages = {page.stem: page.read_text() for page in folder.glob("*.html")}
    names = __import__(package).__all__
    assert len(names) > 3
    missing = [
        name
        for name in names
        if not any(f'id="{home}.{name}"' in page for home, page in pages.items())
    ]
    assert missing == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 1_400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_their_window(site: Path, width: int, scheme: str) -> None:
    with require_browser().sync_playwright() as running:
        browser = launch(running)
        viewport = {"width": width, "height": 900}
        with browser_tab(browser, viewport=viewport, color_scheme=scheme) as tab:
            for name in ("index", "tutorial-gas", "projects", "api/contractvm"):
                tab.page.goto(site.joinpath("docs", f"{name}.html").as_uri())
                wide = "document.documentElement.scrollWidth"
                assert tab.page.evaluate(wide) <= width, name
            assert tab.hosts() == {"file"}
        browser.close()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[gone](gone.md)", "myst.xref_missing"),
        ("[gone](#gone)", "myst.xref_missing"),
        ("![gone](gone.svg)", "image.not_readable"),
    ],
)
def test_a_broken_link_fails_the_build(tmp_path: Path, text: str, fault: str) -> None:
    folder = tmp_path / "sources" / "docs"
    folder.mkdir(parents=True)
    folder.joinpath("index.md").write_text(f"# Title\n\n{text}\n")
    done = build(folder.parent, tmp_path / "html")
    assert done.returncode == 1
    assert fault in done.stderr


def test_a_wheel_takes_the_pages_with_it(tmp_path: Path) -> None:
    """`setup.py` copies the folder to where `contractvm docs` looks for it."""
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    page = tmp_path / "site" / FIRST
    page.parent.mkdir(parents=True)
    page.write_text("pages")
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", "lib"],
        cwd=tmp_path,
        env={"CONTRACTVM_COMPILE": "0", "PATH": ""},
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "lib" / "contractvm_cli" / "site" / FIRST).read_text() == "pages"
