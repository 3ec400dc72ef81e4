"""The packages' faces: what users import, loaded when it is first used."""

import ast
import subprocess
import sys
from importlib import import_module

import pytest

from tests.helpers.source_tree import ROOT

FACES = ("chain_sim", "contract_fuzz", "contractvm", "contractvm.hosts", "gas_schedule")


@pytest.mark.parametrize("face", FACES)
def test_every_public_name_is_there(face: str) -> None:
    module = import_module(face)
    assert module.__all__
    for name in module.__all__:
        found = getattr(module, name)
        home = import_module(module._HOME_OF[name])
        assert found is getattr(home, name)
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("face", FACES)
def test_type_checkers_see_the_same_names(face: str) -> None:
    tree = ast.parse(ROOT.joinpath(*face.split("."), "__init__.py").read_text())
    seen = {
        (node.module, alias.name, alias.asname)
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    homes = import_module(face)._HOME_OF
    assert seen == {(home, name, name) for name, home in homes.items()}


@pytest.mark.parametrize("face", [*FACES, "contract_testing"])
def test_an_unknown_name_is_an_attribute_error(face: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{face}' has no attribute 'x'"):
        import_module(face).x  # noqa: B018


def test_importing_the_faces_imports_nothing_else() -> None:
    """Tens of milliseconds would be paid by every start of the command."""
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
    heavy = {name for name in output if "." in name and name.partition(".")[0] in ours}
    assert heavy == set()
