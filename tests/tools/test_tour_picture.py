"""The README's picture is what the commands print today."""

import os
from xml.etree import ElementTree

import pytest

from tests.helpers.source_tree import ROOT
from tools.tour_picture import PICTURE, picture, printed


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CONTRACTVM_DB", "CONTRACTVM_PRIVATE_KEY", "CONTRACTVM_ENGINE"):
        monkeypatch.delenv(variable, raising=False)


def test_the_picture_is_current_as_golden_files_are() -> None:
    drawn = picture()
    if os.environ.get("BLESS") == "1":
        PICTURE.write_text(drawn, encoding="utf-8")
    assert PICTURE.read_text(encoding="utf-8") == drawn, "run `make bless`"
    shown = "".join(ElementTree.fromstring(drawn).itertext())
    assert "52,449 gas" in shown
    assert "Transfer(from=accounts[0], to=accounts[1]" in shown


def test_the_readme_shows_it() -> None:
    assert "](docs/figures/tour.svg)" in (ROOT / "README.md").read_text()


def test_a_command_that_fails_ends_it() -> None:
    with pytest.raises(RuntimeError, match="contractvm balance gone: error"):
        printed("balance gone")
