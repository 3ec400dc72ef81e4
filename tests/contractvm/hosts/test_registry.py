"""Host interfaces are found by name, and nothing else names one."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from contractvm.hosts import registry
from contractvm.hosts.ewasm import host_interface
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.hosts.registry import (
    UnknownHostInterface,
    contract_hosts,
    find_host,
    host_names,
    message_hosts,
)
from tests.helpers.source_tree import ROOT, source_files

PLANTED = EntryPoint("planted", "contractvm.hosts.ewasm.host_interface:INTERFACE", "")


@pytest.fixture
def _fresh() -> Iterator[None]:
    find_host.cache_clear()
    yield
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
    mine = replace(INTERFACE, name="planted")
    monkeypatch.setattr(host_interface, "INTERFACE", mine)
    assert find_host("planted") is mine


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


def test_kinds_of_chains_are_said_by_the_interfaces() -> None:
    assert message_hosts() == ("ewasm", "stylus")
    assert contract_hosts() == ("cosmwasm", "ewasm", "stylus")
    chains = {name: find_host(name).chain for name in host_names()}
    assert chains == {**dict.fromkeys(host_names()), "cosmwasm": "cosmos"}


# Texts that are a host's name, each with its reason.
NAMES_OF_OTHER_THINGS = {
    # Verbs of the command line, and the commands that they are.
    "contractvm_cli/verbs.py": {"cosmwasm", "stylus"},
    "contractvm_cli/commands/cosmwasm.py": {"cosmwasm"},
    "contractvm_cli/commands/stylus.py": {"stylus"},
    "contractvm_cli/fuzzing/cosmos.py": {"cosmwasm"},
    # Build rules and templates of each kind of contract.
    "contract_testing/building/compilers.py": {"cosmwasm"},
    "contract_testing/building/host_builds.py": {"cosmwasm", "stylus"},
    "contract_testing/building/templates.py": {"cosmwasm", "stylus"},
    # The ABIs of guests, which are named like the interfaces below them.
    "contractvm/guests/wasi_abi.py": {"wasi"},
    "contractvm/guests/extism_abi.py": {"extism"},
}


def test_other_hosts_are_named_in_their_folders_alone() -> None:
    names = set(host_names()) - {"ewasm"}
    found: dict[str, set[str]] = {}
    for path in source_files(".py"):
        tree = ast.parse((ROOT / path).read_text())
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and node.value in names
                and not path.is_relative_to(f"contractvm/hosts/{node.value}")
            ):
                found.setdefault(str(path), set()).add(node.value)
    assert found == NAMES_OF_OTHER_THINGS
