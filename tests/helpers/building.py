"""Contracts in C that tests build."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from contract_testing.building.builds import Built, build_contract
from contract_testing.building.project import Project
from contract_testing.project import ContractSettings


def require_zig() -> None:
    """Skip where the compiler is not installed."""
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("ziglang is not installed (make examples)")


def build(folder: Path, name: str = "c", **settings: Any) -> Built:
    """The contract of a folder's `contracts`."""
    project = Project(folder, ContractSettings(**settings))
    (source,) = (each for each in project.sources() if each.name == name)
    return build_contract(project, source)


def write_contract(folder: Path, source: str, abi: str, ending: str = ".c") -> None:
    """Write the contract `c`; an empty ABI is no file."""
    contracts = folder / "contracts"
    contracts.mkdir(parents=True, exist_ok=True)
    (contracts / f"c{ending}").write_text(source)
    if abi:
        (contracts / "c.json").write_text(abi)
