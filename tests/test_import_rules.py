"""Imports go one way, in compiled modules too, and never in a cycle."""

import pytest

from tests.helpers.import_rules import (
    Edge,
    Layers,
    circles,
    imported_modules,
    layer_lists,
    source_edges,
)
from tests.helpers.source_tree import PACKAGES

LISTS = layer_lists()
EDGES = source_edges()


def name_of(layers: Layers) -> str:
    return layers.container or "packages"


@pytest.mark.parametrize("layers", LISTS, ids=name_of)
def test_imports_go_down_the_layers(layers: Layers) -> None:
    assert sorted(edge for edge in EDGES if not layers.allows(edge)) == []


def test_no_package_has_a_circle_inside() -> None:
    assert circles(EDGES) == []


def test_every_package_is_in_the_list_of_packages() -> None:
    (packages,) = (layers for layers in LISTS if not layers.container)
    assert sorted(name for row in packages.rows for name in row) == sorted(PACKAGES)


@pytest.mark.parametrize(
    ("layers", "planted"),
    [(layers, planted) for layers in LISTS for planted in layers.planted()],
    ids=str,
)
def test_a_planted_import_upward_is_found(layers: Layers, planted: Edge) -> None:
    assert not layers.allows(planted)


@pytest.mark.parametrize("edge", sorted(EDGES)[::97], ids=str)
def test_a_planted_circle_is_found(edge: Edge) -> None:
    """Cycles between two modules are found, however deep they are nested."""
    importer, imported = edge
    if importer.startswith(f"{imported}.") or imported.startswith(f"{importer}."):
        pytest.skip("a package and a part of it")
    assert circles({*EDGES, (imported, importer)}) != []


def test_every_form_of_import_is_seen() -> None:
    source = """
import a
import a.b as c
from a.b import c
from a.b import d, e as f
from a cimport b
cimport a.b
    from a.b import (
        c,
        g,
    )
"""
    known = {"a", "a.b", "a.b.c", "a.b.g"}
    assert imported_modules(source, known) == [
        *("a", "a.b", "a.b.c", "a.b", "a.b", "a.b", "a.b", "a.b.c", "a.b.g")
    ]
