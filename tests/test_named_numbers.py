"""Every number that a module names: limits, prices, sizes, intervals, the chains' own.

Those that fields and parameters have by default are among them, yes and no too. Tests
show what most of them do, at both sides. Here a change of any of them is seen, so that
none is made by accident. BLESS=1 writes the file anew.
"""

import ast
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tests.helpers.source_tree import ROOT

GOLDEN = ROOT / "tests" / "golden" / "named-numbers.txt"
PACKAGES = (
    "chain_sim",
    "contract_fuzz",
    "contract_testing",
    "contractvm",
    "gas_schedule",
)


def is_number(value: object) -> bool:
    """A number, or a tuple of numbers, as a release's."""
    if type(value) is tuple:
        return bool(value) and all(is_number(each) for each in value)
    return type(value) in (int, float)


def numbers_of(path: Path) -> Iterator[str]:
    """The names in capitals that the module gives a number to, and those."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned = {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    }
    if not assigned:
        return
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    values = vars(import_module(module.removesuffix(".__init__")))
    for name in sorted(assigned):
        if is_number(values[name]):
            yield f"{module}.{name} = {values[name]!r}"


def defaults_of(path: Path) -> Iterator[str]:
    """The numbers that fields and parameters of the module have by default."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for name, default in given_by_default(node):
            if is_of_numbers(default):
                yield f"{module}.{name} = {ast.unparse(default)}"


def given_by_default(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The fields of a class, or the parameters of a function, that have a default."""
    if isinstance(node, ast.ClassDef):
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and field.value is not None:
                yield f"{node.name}.{ast.unparse(field.target)}", field.value
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        of_place = [*node.args.posonlyargs, *node.args.args]
        defaults = node.args.defaults
        pairs = [*zip(of_place[len(of_place) - len(defaults) :], defaults, strict=True)]
        pairs += [
            (parameter, default)
            for parameter, default in zip(
                node.args.kwonlyargs, node.args.kw_defaults, strict=True
            )
            if default is not None
        ]
        for parameter, default in pairs:
            yield f"{node.name}({parameter.arg})", default


def is_of_numbers(value: ast.expr) -> bool:
    """An expression of numbers, True and False only."""
    return all(
        isinstance(part, ast.BinOp | ast.UnaryOp | ast.operator | ast.unaryop)
        or (isinstance(part, ast.Constant) and isinstance(part.value, int | float))
        for part in ast.walk(value)
    )


def named_numbers() -> list[str]:
    """All modules' numbers, in the order of the modules' paths."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return [
        line
        for path in sorted(paths)
        for line in (*numbers_of(path), *sorted(defaults_of(path)))
    ]


def test_every_named_number_is_as_it_was() -> None:
    now = named_numbers()
    if os.environ.get("BLESS") == "1":
        GOLDEN.write_text("\n".join(now) + "\n", encoding="utf-8")
    assert now == GOLDEN.read_text(encoding="utf-8").splitlines()
