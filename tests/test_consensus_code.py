"""Consensus code may not use what differs between machines or runs.

Everything but the command line is consensus code. Compiled modules, which Python cannot
parse, are searched for the same words among their tokens.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.source_tree import ROOT, source_files

FORBIDDEN_CALLS = {"float", "hash", "id", "round"}
FORBIDDEN_MODULES = {"datetime", "locale", "random", "secrets", "time", "uuid"}
C_FLOATS = {"double", "float"}
# The one place that knows floats: Wasm's own, computed in C where a profile has them.
FLOAT_PACKAGE = Path("contractvm/wasm/interpreter")


# The server's side of guests: deadlines, quotas, and resources of the host. Of these a
# guest sees its limits, and what a tape records.
SERVER_FILES = {
    Path("contractvm/guests", name)
    for name in ("quota.py", "watchdog.py", "capabilities/fetch.py")
} | {Path("contractvm/guests/capabilities/sql.py")}
# The node's server and its client: how long requests take, when the other is given up.
SERVER_PACKAGES = (
    Path("chain_sim/node/server"),
    Path("chain_sim/ethereum/chain/remote"),
)
# It looks at the clock to let signals and other threads in; nothing that runs sees it.
POLLING_FILE = Path("contractvm/wasm/interpreter/interpreter.pyx")
# It measures times and draws plots: no chain code imports it.
MEASURING_PACKAGE = Path("contractvm/calibration")
# A campaign uses random numbers and the clock; the code that runs its cases may not.
CAMPAIGN_PACKAGE = Path("contract_fuzz")
CASES_PACKAGE = CAMPAIGN_PACKAGE.joinpath("cases")
# Code above the chain and the fuzzer does not affect results.
USER_PACKAGES = {"contractvm_cli", "contract_testing"}


def is_consensus(path: Path) -> bool:
    return (
        path.parts[0] not in USER_PACKAGES
        and path.name != "__main__.py"
        and path not in SERVER_FILES
        and not any(path.is_relative_to(package) for package in SERVER_PACKAGES)
        and not path.is_relative_to(MEASURING_PACKAGE)
        and (
            not path.is_relative_to(CAMPAIGN_PACKAGE)
            or path.is_relative_to(CASES_PACKAGE)
        )
    )


def is_set(node: ast.expr) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
    return False


def forbidden_import(name: str | None) -> bool:
    return (name or "").partition(".")[0] in FORBIDDEN_MODULES


def violations(source: str) -> list[str]:
    """What a Python source does that consensus code may not."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                found.append(f"line {node.lineno}: true division")
            case ast.Constant(value=float()):
                found.append(f"line {node.lineno}: float constant")
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                found.append(f"line {node.lineno}: {name}()")
            case ast.For(iter=iterated) if is_set(iterated):
                found.append(f"line {node.lineno}: loop over a set")
            case ast.comprehension(iter=iterated) if is_set(iterated):
                found.append(f"line {iterated.lineno}: loop over a set")
            case ast.Assert():
                found.append(f"line {node.lineno}: assert")
            case ast.ImportFrom(module=name) if forbidden_import(name):
                found.append(f"line {node.lineno}: import of {name}")
            case ast.Import(names=names):
                found += [
                    f"line {node.lineno}: import of {alias.name}"
                    for alias in names
                    if forbidden_import(alias.name)
                ]
    return found


def code_tokens(source: str) -> list[tokenize.TokenInfo]:
    """The tokens of a Cython source without comments and strings."""
    left_out = {tokenize.COMMENT, tokenize.STRING, tokenize.NL}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token for token in tokens if token.type not in left_out]


def compiled_violations(source: str, may_use_floats: bool = False) -> list[str]:
    """What a Cython source does that consensus code may not."""
    return [
        f"line {token.start[0]}: {reason}"
        for token, following in pairs(code_tokens(source))
        if (reason := forbidden_token(token, following, may_use_floats))
    ]


def pairs(
    tokens: list[tokenize.TokenInfo],
) -> Iterator[tuple[tokenize.TokenInfo, str]]:
    """Each token with the text of the next."""
    for index, token in enumerate(tokens):
        yield token, tokens[index + 1].string if index + 1 < len(tokens) else ""


def forbidden_token(
    token: tokenize.TokenInfo, following: str, may_use_floats: bool
) -> str:
    """Why a token is refused; empty if it is not."""
    text = token.string
    is_import = token.line.split()[:1] in (["import"], ["from"], ["cimport"])
    if text == "assert" or (text in FORBIDDEN_CALLS - C_FLOATS and following == "("):
        return text
    if is_import and text in FORBIDDEN_MODULES:
        return f"import of {text}"
    if not may_use_floats and text in ("/", "/="):
        return "true division"
    if not may_use_floats and text in C_FLOATS:
        return text
    return ""


CONSENSUS_FILES = [path for path in source_files(".py") if is_consensus(path)]


@pytest.mark.parametrize("path", CONSENSUS_FILES, ids=str)
def test_file_has_nothing_nondeterministic(path: Path) -> None:
    assert violations((ROOT / path).read_text()) == []


@pytest.mark.parametrize("path", source_files(".pyx", ".pxd"), ids=str)
def test_compiled_file_has_nothing_nondeterministic(path: Path) -> None:
    source = (ROOT / path).read_text()
    found = compiled_violations(source, path.is_relative_to(FLOAT_PACKAGE))
    reasons = [violation.partition(": ")[2] for violation in found]
    assert reasons == (["import of time"] if path == POLLING_FILE else [])


@pytest.mark.parametrize(
    "source",
    [
        "a / b",
        "a /= b",
        "x = 0.5",
        "float(a)",
        "hash(a)",
        "id(a)",
        "round(a)",
        "for i in {1, 2}: pass",
        "for i in set(a): pass",
        "[i for i in frozenset(a)]",
        "assert a",
        "import time",
        "from datetime import date",
        "import os, random",
    ],
)
def test_check_sees_what_it_forbids(source: str) -> None:
    assert len(violations(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "cdef double a",
        "cdef float a",
        "a = b / c",
        "a /= b",
        "assert a",
        "hash(a)",
        "id(a)",
        "import time",
        "from random import choice",
    ],
)
def test_check_of_compiled_code_sees_what_it_forbids(source: str) -> None:
    assert len(compiled_violations(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "cdef unsigned int hash = a // b  # a / b",
        '"""time / random"""',
        "if a in b: id = <int>&c[0]",
        "from contractvm.wasm.structure cimport time_of_day",
    ],
)
def test_check_of_compiled_code_leaves_the_rest_alone(source: str) -> None:
    assert compiled_violations(source) == []


def test_floats_are_allowed_where_wasm_has_them_but_not_the_clock() -> None:
    source = "from libc cimport time\ncdef double a = b / c\n"
    assert compiled_violations(source, may_use_floats=True) == [
        "line 1: import of time"
    ]
