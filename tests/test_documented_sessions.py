"""What the documents show is run, from an empty folder, and prints what they show.

A block of code with lines that begin with `$ ` is a session. The sessions of a page
are run in order in one folder, which holds only a link to the examples. Under a command
stand some of the lines that it prints, in their order; `...` is any text. Programs in
Python that define all the names they use, or find them in those above them on the page,
are run in such a folder, too; what a `print` shows is told by the comment after it.
"""

import ast
import builtins
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from contractvm_cli.main import main
from tests.helpers.examples import EXAMPLES
from tests.helpers.source_tree import ROOT

PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
# They change the machine, or need a distribution or a compiler that is not there.
NOT_RUN = ("pip", "make")
NEEDS_A_HOST = "host-interfaces.md"
# Its programs need other packages: see examples/test_guests_compared.py.
NEEDS_PEERS = "guests-compared.md"
NEEDS_A_COMPILER = "build/debug"
# Lines of a command that ends with exit code 1.
FAILS = ("error:", "verdict   open", "finding 1 ")
# A campaign of thousands of cases, or of some time.
SLOW = re.compile(r"contractvm fuzz(?!.* --runs [0-9]{1,4}(?:\s|$))", re.DOTALL)
COMPILES = "contractvm build"


class Command(NamedTuple):
    """A command of a session, and the lines under it."""

    text: str
    shown: tuple[str, ...]


def fences(page: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(page.read_text()) if kind == language]


def sessions(page: Path) -> list[Command]:
    """The commands of a page's sessions."""
    found = []
    for block in fences(page, ""):
        joined = block.replace("\\\n", " ")
        for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
            text, *rest = part.splitlines()
            ends = re.search(r"<<'(\w+)'", text)
            if ends:
                last = rest.index(ends[1]) + 1
                text, rest = "\n".join([text, *rest[:last]]), rest[last:]
            found.append(Command(text, tuple(line for line in rest if line.strip())))
    return found


def empty_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "examples").symlink_to(EXAMPLES)
    return folder


def run(command: Command) -> str:
    """What it prints, errors among it; each `contractvm` runs in this process."""
    if not command.text.startswith("contractvm "):
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", command.text],
            env={**os.environ, "PATH": programs},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout
    content = io.BytesIO()
    printed = io.TextIOWrapper(content, write_through=True)
    with redirect_stdout(printed), redirect_stderr(printed):
        for part in command.text.partition(" #")[0].split("&&"):
            code = main(shlex.split(part)[1:])
            fails = any(line.startswith(FAILS) for line in command.shown)
            assert code == int(fails), content.getvalue().decode()
    return content.getvalue().decode()


def missing_lines(shown: tuple[str, ...], printed: str) -> Iterator[str]:
    """The shown lines that are not printed after the one before."""
    lines = iter(printed.splitlines())
    for line in shown:
        pattern = ".*".join(map(re.escape, line.rstrip().split("...")))
        if not any(re.fullmatch(pattern, actual.rstrip()) for actual in lines):
            yield line


def check_sessions(page: Path, folder: Path, *, slow: bool) -> int:
    """Run a page's commands, and compare; returns how many they were."""
    count = 0
    if any(command.text.startswith(COMPILES) for command in sessions(page)):
        pytest.importorskip("ziglang", reason="no ziglang: pip install ziglang")
    with chdir(folder):
        for command in sessions(page):
            is_slow = SLOW.match(command.text) is not None
            is_left_out = NEEDS_A_COMPILER in command.text
            if is_slow is not slow or is_left_out or command.text.startswith(NOT_RUN):
                continue
            printed = run(command)
            assert [*missing_lines(command.shown, printed)] == [], printed
            count += 1
    return count


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CONTRACTVM_DB", "CONTRACTVM_PRIVATE_KEY", "CONTRACTVM_TRACEBACK"):
        monkeypatch.delenv(variable, raising=False)


WITH_SESSIONS = [page for page in PAGES if sessions(page) and page.name != NEEDS_A_HOST]


@pytest.mark.parametrize("page", WITH_SESSIONS, ids=lambda page: page.name)
def test_sessions_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    check_sessions(page, empty_folder(tmp_path), slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_SESSIONS, ids=lambda page: page.name)
def test_campaigns_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    check_sessions(page, empty_folder(tmp_path), slow=True)


def test_the_tour_is_a_session(tmp_path: Path) -> None:
    assert "README.md" in [page.name for page in WITH_SESSIONS]
    assert check_sessions(ROOT / "README.md", empty_folder(tmp_path), slow=False) == 15


def is_file_name(value: object) -> bool:
    return isinstance(value, str) and value.endswith(
        (".json", ".tape", ".toml", ".wasm", ".wat")
    )


def bound_names(program: str) -> set[str]:
    """The names that a program defines."""
    bound = set()
    for node in ast.walk(ast.parse(program)):
        match node:
            case ast.Import() | ast.ImportFrom():
                bound |= {alias.asname or alias.name for alias in node.names}
            case ast.FunctionDef() | ast.ClassDef():
                bound.add(node.name)
            case ast.arg():
                bound.add(node.arg)
            case ast.Name(id=name, ctx=ast.Store()):
                bound.add(name)
            case ast.ExceptHandler(name=str(name)):
                bound.add(name)
    return bound


def is_whole(program: str, known: set[str]) -> bool:
    """Whether it defines the names it uses but those, and every file is an example."""
    nodes = [*ast.walk(ast.parse(program))]
    files = [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and is_file_name(node.value)
    ]
    if not all((ROOT / name).exists() for name in files):
        return False
    bound = bound_names(program) | known
    return all(
        node.id in bound or hasattr(builtins, node.id)
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def program_of(page: Path) -> str:
    """The whole programs of a page, one after the other."""
    parts: list[str] = []
    known: set[str] = set()
    for text in fences(page, "python"):
        if is_whole(text, known):
            parts.append(text)
            known |= bound_names(text)
        else:
            known -= bound_names(text)  # below, they mean what did not run
    return "\n".join(parts)


PROGRAMS = {
    str(page.relative_to(ROOT)): program_of(page)
    for page in PAGES
    if page.name not in (NEEDS_A_HOST, NEEDS_PEERS)
}
# As `python -m asyncio`: `await` works outside functions.
RUN = """
import ast, asyncio, inspect, sys
code = compile(sys.argv[1], "page", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
waiting = eval(code, {"__name__": "__main__"})
if inspect.isawaitable(waiting):
    asyncio.run(waiting)
"""
PRINTS = re.compile(r"^print\([^#\n]*\)  # ([^:\n]*)", re.MULTILINE)


@pytest.mark.parametrize("page", [name for name, text in PROGRAMS.items() if text])
def test_programs_run_and_print_what_their_comments_say(
    page: str, tmp_path: Path
) -> None:
    program = PROGRAMS[page]
    done = subprocess.run(
        [sys.executable, "-c", RUN, program],
        cwd=empty_folder(tmp_path),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert [*missing_lines(tuple(PRINTS.findall(program)), done.stdout)] == []


def test_the_pages_show_whole_programs() -> None:
    """A page that is not here shows parts of programs only."""
    assert sorted(name for name, text in PROGRAMS.items() if text) == [
        "README.md",
        "docs/fuzzing.md",
        "docs/guests.md",
        "docs/python-api.md",
        "docs/tutorial-guests.md",
    ]


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (("a", "c"), []),
        (("c", "a"), ["a"]),
        (("b...", "c"), []),
        (("...x",), ["...x"]),
        (("b",), ["b"]),
    ],
)
def test_a_comparison_sees_what_is_not_printed(
    shown: tuple[str, ...], missing: list[str]
) -> None:
    assert [*missing_lines(shown, "a\nb 1\nc\n")] == missing
