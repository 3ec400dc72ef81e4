"""Host interfaces are found by name, and nothing else names one."""

import re
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from contractvm.hosts import registry
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.hosts.registry import UnknownHostInterface, find_host, host_names
from tests.helpers.source_tree import ROOT, source_files

PLANTED = EntryPoint("planted", "contractvm.hosts.ewasm.host_interface:INTERFACE", "")


@pytest.fixture
def _fresh() -> None:
    find_host.cache_clear()


def test_a_folder_of_the_package_is_a_host_interface() -> None:
    assert find_host("ewasm") is INTERFACE
    assert "ewasm" in host_names()


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownHostInterface, match="no host interface 'evm'") as caught:
        find_host("evm")
    assert caught.value.known == host_names()


@pytest.mark.usefixtures("_fresh")
def test_an_entry_point_must_give_the_interface_of_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def found(**_: str) -> EntryPoints:
        return EntryPoints([PLANTED])

    monkeypatch.setattr(registry, "entry_points", found)
    with pytest.raises(UnknownHostInterface):
        find_host("planted")


NAMES_A_HOST = re.compile(r"\bewasm\b(?!-)", re.IGNORECASE)
# Files of the first format, which had no other interface; and the released schedules.
ALLOWED = {"gas_schedule/file_format.py"}


def test_no_other_package_names_a_host_interface() -> None:
    """The default schedule of a new chain says which interface it is for."""
    naming = [
        str(path)
        for path in source_files(".py", ".pyx", ".pxd", ".pyi")
        if not path.is_relative_to("contractvm/hosts/ewasm")
        and NAMES_A_HOST.search((ROOT / path).read_text())
    ]
    assert [name for name in naming if name not in ALLOWED] == []
    assert set(naming) >= ALLOWED
