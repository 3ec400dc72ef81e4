"""`contractvm docs`: the page in a browser, or what to do without the pages."""

import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from contractvm_cli.commands import docs
from tests.contractvm_cli.conftest import Run

ErrorOf = Callable[..., str]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(webbrowser, "open", found.append)
    return found


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site" / "docs"
    folder.joinpath("api").mkdir(parents=True)
    for name in ("index", "gas", "api/contractvm"):
        folder.joinpath(f"{name}.html").write_text(name)
    monkeypatch.setattr(docs, "FOLDERS", (tmp_path / "none", folder.parent))
    return folder


def test_the_first_page_is_opened(run: Run, site: Path, opened: list[str]) -> None:
    assert run("docs").out == f"{site / 'index.html'}\n"
    assert opened == [site.joinpath("index.html").as_uri()]


@pytest.mark.parametrize(
    ("name", "file"), [("gas", "gas.html"), ("contractvm", "api/contractvm.html")]
)
def test_a_page_is_opened_by_its_name(
    run: Run, site: Path, opened: list[str], name: str, file: str
) -> None:
    assert run("docs", name).code == 0
    assert opened == [site.joinpath(file).as_uri()]


def test_nothing_is_opened_for_a_path_or_json(
    run: Run, site: Path, opened: list[str]
) -> None:
    assert run("docs", "--path").out == f"{site / 'index.html'}\n"
    assert run("docs", "gas", "--json").document == {"path": str(site / "gas.html")}
    assert opened == []


def test_an_unknown_page_is_told_with_those_there_are(
    error_of: ErrorOf, site: Path, opened: list[str]
) -> None:
    line = error_of("docs", "gass")
    assert line == "error: no page 'gass': there are contractvm, gas, index"


def test_without_the_pages_it_says_how_to_build_them(
    error_of: ErrorOf, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docs, "FOLDERS", (Path("none"),))
    assert "`make docs` in a clone of contractvm builds them" in error_of("docs")
    assert opened == []
