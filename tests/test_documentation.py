"""Checks of what the documents say.

The code map is generated from docstrings, the command line's reference from help texts:
`make bless` rewrites both.
"""

import ast
import os
import re
import shlex
from importlib import import_module
from itertools import groupby
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chain_sim.node.methods.table import METHODS_BY_SUBJECT
from contractvm_cli.main import cli as command_group
from contractvm_cli.verbs import VERBS
from tests.helpers.source_tree import ROOT, source_files

ARCHITECTURE = ROOT / "docs" / "architecture.md"
PROG = "contractvm"
DOCSTRING = re.compile(r'\A(?:\s|#[^\n]*\n)*(""".*?""")', re.DOTALL)


def first_sentence(path: Path) -> str:
    """The first sentence of a source file's docstring; empty if it has none."""
    match = DOCSTRING.match((ROOT / path).read_text())
    if match is None:
        return ""
    paragraph = " ".join(str(ast.literal_eval(match[1])).partition("\n\n")[0].split())
    sentence = re.match(r".*?(?=\.(?: |$))", paragraph)
    return sentence[0] if sentence else paragraph


def code_map() -> str:
    """One table per package: each source file and its sentence."""
    paths = source_files(".py", ".pyx")
    sections = [
        "# Code map\n\n"
        "Written by `make bless` from the first sentence of each file's docstring.\n"
    ]
    for folder, files in groupby(
        sorted(paths, key=order), key=lambda path: path.parent
    ):
        listed = list(files)
        rows = [
            f"| `{path}` | {first_sentence(path).replace('|', chr(92) + '|')} |"
            for path in listed
            if path.name != "__init__.py"
        ]
        about = first_sentence(folder / "__init__.py")
        heading = f"## `{folder}/`\n\n{about}.\n"
        table = ["", "| file | what it is for |", "| --- | --- |", *rows, ""]
        sections.append(heading + ("\n".join(table) if rows else ""))
    return "\n".join(sections)


def order(path: Path) -> tuple[str, str]:
    return str(path.parent), path.name


def test_code_map_names_every_file_and_says_what_its_docstring_says() -> None:
    path = ROOT / "docs" / "code-map.md"
    if os.environ.get("BLESS") == "1":
        path.write_text(code_map())
        return
    assert path.read_text() == code_map(), "run `make bless`"


def command_line_reference() -> str:
    """The help of every verb, as the command line prints it."""
    sections = [
        "# The command line\n\n"
        "Written by `make bless` from the help texts: `contractvm VERB --help`.\n"
    ]
    for words in [[], *verb_words()]:
        result = CliRunner().invoke(command_group, [*words, "--help"], prog_name=PROG)
        assert result.exit_code == 0, result.output
        name = " ".join([PROG, *words])
        sections.append(f"## `{name}`\n\n```text\n{result.output.rstrip()}\n```\n")
    return "\n".join(sections)


def verb_words() -> list[list[str]]:
    """Every verb, and the verbs of each group after it."""
    words: list[list[str]] = []
    for name in VERBS:
        command = command_group.get_command(click.Context(command_group), name)
        words.append([name])
        if isinstance(command, click.Group):
            words.extend([name, inner] for inner in command.commands)
    return words


def test_command_line_reference_says_what_the_help_says() -> None:
    """Selected by `make bless` too, as the code map is."""
    path = ROOT / "docs" / "command-line.md"
    if os.environ.get("BLESS") == "1":
        path.write_text(command_line_reference())
        return
    assert path.read_text() == command_line_reference(), "run `make bless`"


def node_methods() -> str:
    """One table for each subject: the methods of the node, and what they do."""
    sections = [
        "# Methods of the node\n\n"
        "Written by `make bless` from the table that the node reads. A `?` marks a"
        " parameter that may be left out or null; see [the node](node.md).\n"
    ]
    for subject, methods in METHODS_BY_SUBJECT.items():
        rows = [f"| `{one.signature}` | {one.about} |" for one in methods]
        lines = ["", "| method | what it answers |", "| --- | --- |", *rows, ""]
        sections.append(f"## {subject}\n" + "\n".join(lines))
    return "\n".join(sections)


def test_node_methods_are_those_of_the_table() -> None:
    """Selected by `make bless` too: code_map or command_line_reference or methods."""
    path = ROOT / "docs" / "node-methods.md"
    if os.environ.get("BLESS") == "1":
        path.write_text(node_methods())
        return
    assert path.read_text() == node_methods(), "run `make bless`"


def test_every_method_says_what_it_answers() -> None:
    rows = [row for rows in METHODS_BY_SUBJECT.values() for row in rows]
    assert [row.name for row in rows if len(row.about) < 5] == []
    assert len({row.name for row in rows}) == len(rows)


def test_every_path_in_the_architecture_page_exists() -> None:
    text = ARCHITECTURE.read_text()
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:toml|md))`", text)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", source_files(".py", ".pyx"), ids=str)
def test_file_says_in_a_sentence_what_it_is_for(path: Path) -> None:
    assert len(first_sentence(path)) >= 10


@pytest.mark.parametrize(
    ("name", "document"),
    [
        (path.name, path)
        for path in sorted(
            [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")]
        )
    ],
)
def test_links_between_documents_lead_somewhere(name: str, document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", document.read_text())
    missing = [one for one in targets if not (document.parent / one).exists()]
    assert missing == [], name


PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PUBLIC_IMPORT = re.compile(
    r"^\s*from ((?:contractvm|chain_sim|contract_fuzz|contract_testing|gas_schedule)"
    r"[\w.]*) import (\([^)]*\)|[^\n#]+)",
    re.MULTILINE,
)


def fences(page: Path) -> list[tuple[str, str]]:
    """Language and content of each block of code."""
    return FENCE.findall(page.read_text())


def documented_imports() -> list[tuple[str, str, str]]:
    """Page, module and name of every import of ours that a page shows."""
    return sorted(
        {
            (page.name, match[1], name)
            for page in PAGES
            for language, content in fences(page)
            if language == "python"
            for match in PUBLIC_IMPORT.finditer(content)
            for name in re.findall(r"\w+", match[2])
        }
    )


@pytest.mark.parametrize(("page", "module", "name"), documented_imports())
def test_what_a_page_imports_is_there(page: str, module: str, name: str) -> None:
    assert hasattr(import_module(module), name)


def documented_commands() -> list[tuple[str, str]]:
    """Page and line of every command of ours that a page shows."""
    return sorted(
        {
            (page.name, part.strip().removeprefix("$ ").partition(" # ")[0].strip())
            for page in PAGES
            if page.name != "command-line.md"  # made from the help texts
            for _, content in fences(page)
            for part in re.split(r"\n|&&", content.replace("\\\n", " "))
            if re.match(r"\s*(\$ )?contractvm [a-z]", part)
        }
    )


@pytest.mark.parametrize(("page", "line"), documented_commands())
def test_a_documented_command_has_its_verb_and_options(page: str, line: str) -> None:
    words = shlex.split(re.split(r" [|>&]| \d?>", line)[0])[1:]
    command: click.Command = command_group
    while isinstance(command, click.Group) and words and words[0][0] != "-":
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, line
        command = found
    known = {name for parameter in command.params for name in parameter.opts}
    known |= {name for parameter in command.params for name in parameter.secondary_opts}
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert options - {*known, "--help"} == set()


def test_the_pages_show_imports_and_commands() -> None:
    assert len(documented_imports()) > 20
    assert len(documented_commands()) > 30
