"""The gas of all tests, in the process that reports them. Imports nothing heavy."""

import json
import shutil
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from contract_testing.plugin.comparison import Comparison, compare
from contract_testing.plugin.gas_file import (
    GasEntry,
    cosmos_names,
    entry_of_examples,
    read_gas_file,
    test_name,
    write_gas_file,
    write_named_values,
)
from contract_testing.plugin.meta_file import (
    COSMOS,
    Meta,
    read_meta,
    rules_text,
    why_texts,
    write_meta,
)
from contract_testing.plugin.options import Settings, path_in_root, read_tolerance
from contract_testing.plugin.shown_gas import (
    ContractGas,
    FunctionGas,
    difference_lines,
    markdown,
    report_document,
    report_lines,
)

PROPERTY = "contractvm"
# After these a run has said what it can; after an interruption it has not.
COMPLETE = (
    pytest.ExitCode.OK,
    pytest.ExitCode.TESTS_FAILED,
    pytest.ExitCode.NO_TESTS_COLLECTED,
)
SELECTING = ("keyword", "markexpr", "lf", "deselect", "stepwise", "collectonly")


class GasCollector:
    """Collects what workers noted; compares and writes at the end of the session."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._path = path_in_root(config, settings.gas_snapshot_file)
        self._before = read_gas_file(self._path) if settings.counts_tests else None
        self._entries: dict[str, GasEntry] = {}
        self._meta = Meta()
        self._named: dict[tuple[str, str], tuple[str, int]] = {}
        self._contracts: dict[str, ContractGas] = {}
        self._known: set[str] = set()
        self._problems: list[str] = []
        self._lines: list[str] = []
        self._title = ""
        self.has_failed = False

    def add(self, report: pytest.TestReport) -> None:
        """Take what a test reports of itself."""
        name = test_name(report.nodeid)
        self._known |= {name, *cosmos_names(name)}
        self.has_failed = self.has_failed or report.failed
        if report.when != "call":
            return
        for key, value in report.user_properties:
            if key == PROPERTY and isinstance(value, str):
                self._take(name, json.loads(value))

    def _take(self, name: str, document: dict[str, Any]) -> None:
        self._meta.world = self._meta.world or document["world"]
        if "gas" in document:
            self._entries[name] = GasEntry(document["gas"])
        elif "examples" in document:
            self._entries[name] = entry_of_examples(document["examples"])
        if name in self._entries:
            self._meta.add(name, document["modules"], document.get("parts", {}))
        cosmos = document.get("cosmos")
        if cosmos is not None:
            self._meta.world[COSMOS] = cosmos["release"]
            for each, kind in zip(cosmos_names(name), ("sdk", "vm"), strict=True):
                self._entries[each] = GasEntry(cosmos[kind])
        for group, value_name, test, gas in document["named"]:
            other, before = self._named.setdefault((group, value_name), (test, gas))
            if before != gas:
                self._problems.append(
                    f"gas {value_name!r} has one value in {other}, another in {test}"
                )
        for call in document["calls"]:
            self._take_call(call)

    def _take_call(self, call: dict[str, Any]) -> None:
        label = call["contract"].rpartition(":")[2]
        excluded = self._settings.gas_report_exclude
        if not label or any(fnmatchcase(label, pattern) for pattern in excluded):
            return
        contract = self._contracts.setdefault(call["contract"], ContractGas())
        if "function" not in call:
            contract.deployment = call["gas"], call["size"]
            return
        function = contract.functions.setdefault(call["function"], FunctionGas())
        function.gas.append(call["gas"])
        function.failed += not call["ok"]

    # The end of the session

    def finish(self, session: pytest.Session) -> None:
        """Compare with the file, write files, and fail the session if gas changed."""
        settings = self._settings
        if self._config.option.collectonly:
            return
        self.has_failed = self.has_failed or session.exitstatus not in COMPLETE
        comparison = self._compare() if settings.counts_tests else None
        if comparison is not None:
            self._conclude(session, comparison)
            if settings.gas_diff_md:
                report = report_lines(self._contracts) if settings.gas_report else []
                text = markdown(comparison, rules_text(self._meta.world), report)
                path = path_in_root(self._config, settings.gas_diff_md)
                path.write_text(text, encoding="utf-8")
        if settings.gas_report_json:
            path = path_in_root(self._config, settings.gas_report_json)
            document = report_document(self._contracts)
            path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    def _compare(self) -> Comparison:
        before = self._before
        problems = list(self._problems)
        notes: list[str] = []
        old_meta = None
        if before is None and self._settings.gas_snapshot_check:
            name = self._settings.gas_snapshot_file
            problems.append(f"no {name}; make it with --gas-snapshot")
        if before is not None:
            old_meta = read_meta(self._meta_path)
            if old_meta is None:
                notes.append(f"no {self._meta_path.name}: only numbers were compared")
            else:
                problems += old_meta.differing_rules(self._meta.world)
                notes += old_meta.changed_modules(self._meta)
        after = self._entries
        return compare(
            before or {},
            after if before is not None or not problems else {},
            tolerance=read_tolerance(self._settings.gas_tolerance),
            known=self._known,
            is_partial=self._is_partial,
            is_strict=self._settings.gas_strict,
            why={} if old_meta is None else why_texts(old_meta, self._meta),
            problems=tuple(problems),
            notes=tuple(notes),
        )

    def _conclude(self, session: pytest.Session, comparison: Comparison) -> None:
        settings = self._settings
        if self.has_failed:
            if settings.gas_snapshot:
                self._lines.append("not all passed: no gas file was written")
            if settings.gas_snapshot_check:
                self._lines.append("not all passed: gas was not checked")
            return
        if settings.gas_snapshot:
            if self._problems:
                self._lines += self._problems
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
                return
            self._lines += difference_lines(comparison) if self._before else []
            self._write()
            return
        if not settings.gas_snapshot_check:
            return
        self._title = comparison.title
        self._lines += difference_lines(comparison)
        if comparison.fails:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            self._lines.append("update with --gas-snapshot")

    def _write(self) -> None:
        entries = dict(self._entries)
        is_partial = self._is_partial
        if is_partial:
            entries = {**(self._before or {}), **entries}
            self._lines.append("only a part of the tests ran: other lines were kept")
        write_gas_file(self._path, entries)
        old = read_meta(self._meta_path) if is_partial else None
        write_meta(self._meta_path, self._meta, old)
        write_named_values(
            self._path.parent / "snapshots",
            [(group, name, gas) for (group, name), (_, gas) in self._named.items()],
            is_partial=is_partial,
        )
        count = len(entries)
        self._lines.append(f"wrote {self._settings.gas_snapshot_file}: {count} entries")

    @property
    def _meta_path(self) -> Path:
        return self._path.with_name(f"{self._path.name}.meta.json")

    @property
    def _is_partial(self) -> bool:
        """Whether some of the project's tests were left out on purpose."""
        option = self._config.option
        if any(getattr(option, name, None) for name in SELECTING):
            return True
        source = self._config.args_source
        return source is pytest.Config.ArgsSource.ARGS and not self._has_whole_root()

    def _has_whole_root(self) -> bool:
        root = self._config.rootpath
        folder = self._config.invocation_params.dir
        return any(
            folder.joinpath(each).resolve() == root for each in self._config.args
        )

    def show(self, reporter: pytest.TerminalReporter) -> None:
        """The summary, after pytest's own."""
        lines = list(self._lines)
        if self._settings.gas_report:
            columns = shutil.get_terminal_size().columns if reporter.isatty else None
            lines += report_lines(self._contracts, columns)
        if not lines and not self._title:
            return
        title = f"gas changed: {self._title}" if self._title else "gas"
        reporter.section(title)
        for line in lines:
            reporter.write_line(line)
