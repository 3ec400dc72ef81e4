"""The layers of .importlinter hold for compiled modules too.

import-linter reads Python files only, and takes `from package.compiled import name`
for an import of nothing; this test reads the import lines of every source file.
"""

import configparser
import re
from pathlib import Path

import pytest

from tests.helpers.source_tree import PACKAGES, ROOT, source_files

IMPORT = re.compile(
    r"^\s*(?:from\s+(?P<source>[\w.]+)\s+c?import\s+\(?(?P<name>\w*)"
    r"|c?import\s+(?P<module>[\w.]+))",
    re.MULTILINE,
)


def layer_names(contract: str) -> list[list[str]]:
    """The layers of a contract from the top; those on one line share a layer."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    lines = config[f"importlinter:contract:{contract}"]["layers"].split("\n")
    return [re.findall(r"\w+", line) for line in lines if line.strip()]


def layers(contract: str) -> dict[str, int]:
    """The layer of each name, the lowest is 0."""
    from_below = reversed(layer_names(contract))
    return {name: layer for layer, names in enumerate(from_below) for name in names}


PACKAGE_LAYERS = layers("packages")
STAGE_LAYERS = layers("stages")
# Modules of this layer know each other; elsewhere one layer means independence.
TOGETHER = {"engine", "engines", "host"}


def imported_modules(source: str) -> list[str]:
    """The modules that a Python or Cython source imports, `from a import b` as a.b."""
    return [
        match["module"] or f"{match['source']}.{match['name']}"
        for match in IMPORT.finditer(source)
    ]


def is_allowed(importer: str, imported: str) -> bool:
    """Whether the layers permit this import between two dotted names."""
    upper, lower = importer.split("."), imported.split(".")
    if lower[0] not in PACKAGES:
        return True
    if upper[0] != lower[0]:
        is_command_line = upper[:2] == ["contractvm", "cli"]
        return lower[:2] != ["contractvm", "cli"] and (
            is_command_line or PACKAGE_LAYERS[upper[0]] > PACKAGE_LAYERS[lower[0]]
        )
    if upper[0] != "contractvm" or len(upper) == 1 or upper[1] == lower[1]:
        return True
    if {upper[1], lower[1]} <= TOGETHER:
        return True
    return STAGE_LAYERS[upper[1]] > STAGE_LAYERS.get(lower[1], -1)


@pytest.mark.parametrize("path", source_files(".py", ".pyx", ".pxd", ".pyi"), ids=str)
def test_file_imports_only_what_lies_below_it(path: Path) -> None:
    importer = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    imported = imported_modules((ROOT / path).read_text())
    assert [name for name in imported if not is_allowed(importer, name)] == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("chain_sim.ethereum.state", "contractvm.runtime.pipeline"),
        ("contractvm_cli.main", "chain_sim.ethereum.chain.blockchain"),
        ("contractvm.metering.instrument", "gas_schedule.loader"),
        ("contractvm.runtime.pipeline", "contractvm.wasm.interpreter.instance"),
        ("contractvm.wasm.engines.interpreter", "contractvm.hosts.evm.interface"),
        ("contractvm.wasm.validation.validator", "contractvm.wasm.structure.opcodes"),
        ("contractvm.wasm.binary.decoder", "contractvm.wasm.binary.scanner"),
        ("contractvm.wasm.binary.decoder", "struct.unpack"),
    ],
)
def test_imports_downward_are_allowed(importer: str, imported: str) -> None:
    assert is_allowed(importer, imported)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("contractvm.runtime.pipeline", "chain_sim.ethereum.chain.blockchain"),
        ("gas_schedule.loader", "contractvm.errors"),
        ("chain_sim.ethereum.chain.blockchain", "contractvm_cli.main"),
        ("contractvm.runtime.pipeline", "contractvm_cli.main"),
        ("contractvm.wasm.interpreter.instance", "contractvm.runtime.pipeline"),
        ("contractvm.wasm.binary.decoder", "contractvm.wasm.validation.validator"),
        ("contractvm.wasm.structure.module", "contractvm.wasm.binary.decoder"),
        ("contractvm.errors", "contractvm.wasm.structure.module"),
    ],
)
def test_imports_upward_and_between_stages_are_refused(
    importer: str, imported: str
) -> None:
    assert not is_allowed(importer, imported)


def test_every_form_of_import_is_seen() -> None:
    source = """
import a
import a.b as c
from a.b import c
from a cimport b
cimport a.b
    from a.b import (
        c,
    )
"""
    assert imported_modules(source) == ["a", "a.b", "a.b.c", "a.b", "a.b", "a.b."]
