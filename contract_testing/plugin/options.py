"""Options of the pytest plugin, and which of them a run uses. Imports nothing heavy."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PREFIX_VARIABLE = "CONTRACTVM_PYTEST_PREFIX"
PREFIX = "--contractvm-"
SHORT_NAMES = ("chain", "accounts", "deploy", "gas", "reverts", "cosmos")
DEFAULT_SNAPSHOT = ".gas-snapshot"
ENGINES = ("interpreter", "wasmtime")
DEFAULTS = {
    "gas_snapshot_file": DEFAULT_SNAPSHOT,
    "gas_tolerance": "0",
    "contract_coverage_file": "lcov.info",
    "contract_cross_check": False,
}

# Name, and what argparse is told of it.
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--gas-report",
        {"action": "store_true", "help": "Print the gas of contracts by function."},
    ),
    (
        "--gas-report-json",
        {"metavar": "FILE", "help": "Write the gas report as JSON, in forge's form."},
    ),
    (
        "--gas-snapshot",
        {"action": "store_true", "help": "Write the gas of each test to a file."},
    ),
    (
        "--gas-snapshot-check",
        {"action": "store_true", "help": "Fail if the gas of a test has changed."},
    ),
    (
        "--gas-snapshot-file",
        {
            "metavar": "FILE",
            "help": f"The file of these two. [default: {DEFAULT_SNAPSHOT}]",
        },
    ),
    (
        "--gas-tolerance",
        {
            "metavar": "PCT",
            "help": "Let a test's gas differ by so many per cent. [default: 0]",
        },
    ),
    (
        "--gas-strict",
        {"action": "store_true", "help": "Fail for a test that the file has not."},
    ),
    (
        "--gas-diff-md",
        {"metavar": "FILE", "help": "Write the differences of gas as Markdown."},
    ),
    (
        "--contract-coverage",
        {"action": "store_true", "help": "Count which lines of contracts ran."},
    ),
    (
        "--contract-coverage-file",
        {
            "metavar": "FILE",
            "help": "The lcov file of it. [default: lcov.info]",
        },
    ),
    (
        "--contract-trace",
        {
            "choices": ("failed", "all", "no"),
            "default": "failed",
            "help": "Whose transactions a report has traces of. [default: failed]",
        },
    ),
    (
        "--contract-engine",
        {"choices": ENGINES, "help": "The engine of the session's chain."},
    ),
    (
        "--contract-fork",
        {
            "metavar": "NAME",
            "help": 'The rules of the session\'s chain, such as "arbitrum".',
        },
    ),
    (
        "--contract-release",
        {
            "metavar": "NAME",
            "help": "The release of the session's Cosmos chain: wasmd-0.70.3.",
        },
    ),
    (
        "--contract-cross-check",
        {
            "action": "store_true",
            "default": None,
            "help": "Run everything on both engines.",
        },
    ),
    (
        "--contract-isolation",
        {
            "choices": ("scope", "none"),
            "default": "scope",
            "help": "Undo what each test and fixture did to the chain, or nothing.",
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a run, under whichever names they were registered."""

    gas_report: bool
    gas_report_json: str | None
    gas_snapshot: bool
    gas_snapshot_check: bool
    gas_snapshot_file: str
    gas_tolerance: str
    gas_strict: bool
    gas_diff_md: str | None
    contract_coverage: bool
    contract_coverage_file: str
    contract_trace: str
    contract_engine: str | None
    contract_fork: str | None
    contract_release: str | None
    contract_cross_check: bool
    contract_isolation: str
    # Of the project only.
    gas_report_exclude: tuple[str, ...] = ()
    coverage_exclude: tuple[str, ...] = ()
    coverage_fail_under: int | None = None

    @property
    def counts_tests(self) -> bool:
        """Whether the gas of each test is wanted."""
        return self.gas_snapshot or self.gas_snapshot_check or bool(self.gas_diff_md)

    @property
    def records(self) -> bool:
        """Whether any gas is wanted."""
        return self.counts_tests or self.gas_report or bool(self.gas_report_json)


SETTINGS = pytest.StashKey[Settings]()
PREFIXED = pytest.StashKey[list[str]]()


def register_options(parser: pytest.Parser) -> None:
    """Add the options; one whose name is taken gets a prefix."""
    group = parser.getgroup("contractvm", "contracts")
    prefixes_all = bool(os.environ.get(PREFIX_VARIABLE))
    for name, facts in OPTIONS:
        dest = f"contractvm_{name.removeprefix('--').replace('-', '_')}"
        prefixed = PREFIX + name.removeprefix("--").removeprefix("contract-")
        is_taken = prefixes_all or name in option_names(parser)
        group.addoption(prefixed if is_taken else name, dest=dest, **facts)
    parser.addini(
        "contractvm_fixtures",
        f"fixtures of contractvm with short names: {', '.join(SHORT_NAMES)}",
        type="args",
        default=[],
    )


def read_settings(config: pytest.Config) -> Settings:
    """What the run uses: its options, what the project says, or the default.

    Raises UsageError for a tolerance that is no number, and for a project file that is
    wrong.
    """
    values = {
        name: getattr(config.option, f"contractvm_{name}")
        for name in Settings.__dataclass_fields__
        if hasattr(config.option, f"contractvm_{name}")
    }
    for source in (project_values(config.rootpath), DEFAULTS):
        for name, value in source.items():
            if values.get(name) is None:
                values[name] = value
    settings = Settings(**values)
    read_tolerance(settings.gas_tolerance)
    return settings


def project_values(root: Path) -> dict[str, Any]:
    """What the table [tool.contractvm] says, by the names of settings."""
    if not any(mentions_us(folder) for folder in (root, *root.parents)):
        return {}
    from contract_testing.project import (  # noqa: PLC0415 (most have no such table)
        InvalidProject,
        find_project,
    )

    try:
        project = find_project(root)
    except (InvalidProject, OSError) as error:
        raise pytest.UsageError(str(error)) from error
    if project is None:
        return {}
    said, folder = project.settings, os.path.relpath(project.root, root)

    def path(text: str | None) -> str | None:
        return None if text is None else os.path.normpath(f"{folder}/{text}")

    tolerance = said.gas.tolerance
    return {
        "gas_snapshot_file": path(said.gas.snapshot),
        "gas_tolerance": None if tolerance is None else str(tolerance),
        "contract_coverage_file": path(said.coverage.lcov),
        "contract_engine": said.engine,
        "contract_cross_check": said.cross_check,
        "gas_report_exclude": said.gas.report_exclude,
        "coverage_exclude": said.coverage.exclude,
        "coverage_fail_under": said.coverage.fail_under,
    }


def mentions_us(folder: Path) -> bool:
    """Whether a folder has a project file with our name in it."""
    path = folder.joinpath("pyproject.toml")
    try:
        return path.is_file() and b"contractvm" in path.read_bytes()
    except OSError:
        return False


def read_tolerance(text: str) -> tuple[int, int]:
    """Per cent as a fraction, exact: numerator and denominator."""
    whole, _, decimals = text.partition(".")
    digits = whole + decimals
    if not digits.isascii() or not digits.isdigit() or len(digits) > len("1234567890"):
        raise pytest.UsageError(f"--gas-tolerance {text!r} is no number of per cent")
    return int(digits), 10 ** len(decimals)


def short_names(config: pytest.Config) -> tuple[str, ...]:
    """The short names that the project asks for; raises UsageError for others."""
    names: list[str] = config.getini("contractvm_fixtures")
    unknown = [name for name in names if name not in SHORT_NAMES]
    if unknown:
        raise pytest.UsageError(
            f"contractvm_fixtures: no fixture {', '.join(unknown)}; there are"
            f" {', '.join(SHORT_NAMES)}"
        )
    return tuple(names)


def prefixed_options(config: pytest.Config) -> list[str]:
    """The options that have a prefix in this run."""
    return [name for name in option_names(config._parser) if name.startswith(PREFIX)]


def option_names(parser: pytest.Parser) -> list[str]:
    """The names of all options so far: pytest itself compares within a group only."""
    groups = [parser._anonymous, *parser._groups]
    return [
        name for group in groups for option in group.options for name in option.names()
    ]


def path_in_root(config: pytest.Config, name: str) -> Path:
    """A file of the project, relative to its root."""
    return config.rootpath.joinpath(name)
