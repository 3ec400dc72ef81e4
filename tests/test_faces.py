"""The packages' faces: the names that users import, loaded on first use."""

import ast
import subprocess
import sys
from importlib import import_module

import pytest

from tests.helpers.source_tree import ROOT

FACES = (
    "chain_sim",
    "contract_fuzz",
    "contract_testing",
    "contractvm",
    "contractvm.hosts",
    "gas_schedule",
)


def imports_for_type_checkers(face: str) -> dict[str, str]:
    """The module that each name of a face is imported from, under TYPE_CHECKING."""
    tree = ast.parse(ROOT.joinpath(*face.split("."), "__init__.py").read_text())
    found = {}
    for branch in tree.body:
        for node in branch.body if isinstance(branch, ast.If) else ():
            assert isinstance(node, ast.ImportFrom)
            for alias in node.names:
                assert alias.asname == alias.name
                found[alias.name] = str(node.module)
    return found


@pytest.mark.parametrize("face", FACES)
def test_every_public_name_is_what_type_checkers_see(face: str) -> None:
    module, homes = import_module(face), imports_for_type_checkers(face)
    assert sorted(module.__all__) == sorted(homes)
    assert set(homes) <= set(dir(module))
    for name, home in homes.items():
        assert getattr(module, name) is getattr(import_module(home), name)


@pytest.mark.parametrize("face", FACES)
def test_an_unknown_name_is_an_attribute_error(face: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{face}' has no attribute 'x'"):
        import_module(face).x  # noqa: B018


def test_importing_the_faces_imports_nothing_else() -> None:
    """Otherwise every start of the command would take tens of milliseconds longer."""
    program = (
        "import sys; known = set(sys.modules);"
        " import chain_sim, contract_fuzz, contract_testing, contractvm, gas_schedule;"
        " print(*sorted(set(sys.modules) - known))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    ours = {"chain_sim", "contract_fuzz", "contract_testing", "contractvm"}
    assert ours <= set(output)
    inside = {name for name in output if "." in name and name.partition(".")[0] in ours}
    assert inside == set()
