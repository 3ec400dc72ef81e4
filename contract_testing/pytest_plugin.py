"""The pytest plugin: the fixture `cvm`, isolation of tests, gas files.

Loaded with pytest in every project that has the package, so it imports what it needs
when a test asks for it.
"""
# ruff: noqa: PLC0415 (pytest loads this file, whether or not a test needs a chain)

from collections.abc import Callable, Generator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from contract_testing.plugin.options import (
    SETTINGS,
    Settings,
    prefixed_options,
    read_settings,
    register_options,
    short_names,
)

if TYPE_CHECKING:
    from contract_testing.coverage.recorder import CoverageRecorder
    from contract_testing.plugin.collecting import GasCollector
    from contract_testing.plugin.cvm import Cvm
    from contract_testing.plugin.isolation import Isolation
    from contract_testing.plugin.recording import Recorder

OWN_FIXTURES = ("cvm", "chain", "accounts", "deploy", "gas", "reverts", "cosmos")
PROPERTY = "contractvm"


class Session:
    """What the plugin keeps for a session: nothing of the engine until it is used."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.config = config
        self.settings = settings
        self.collector: GasCollector | None = None
        self.cvm: Cvm | None = None
        self.isolation: Isolation | None = None
        self.recorder: Recorder | None = None
        self.coverage: CoverageRecorder | None = None
        self.coverage_lines: list[str] = []
        self.path: Path | None = None

    def start(self) -> "Cvm":
        """The session's chain, made on first use."""
        if self.cvm is None:
            from contract_testing.plugin.cvm import Cvm
            from contract_testing.plugin.isolation import Isolation
            from contract_testing.plugin.recording import Recorder
            from contract_testing.plugin.world import World

            settings = self.settings
            world = World(
                settings.contract_engine or "interpreter",
                cross_check=settings.contract_cross_check,
                fork=settings.contract_fork,
                release=settings.contract_release,
            )
            self.cvm = Cvm(world, self.folders)
            if settings.contract_isolation != "none":
                self.isolation = Isolation(world)
            if settings.records:
                self.recorder = Recorder(world, explains=settings.counts_tests)
            if settings.contract_coverage:
                self.coverage = world.cover()
        return self.cvm

    def write_coverage(self) -> None:
        """Write what this process counted."""
        if self.coverage is not None:
            from contract_testing.coverage.counts import write_counts

            workerinput = getattr(self.config, "workerinput", {})
            name = workerinput.get("workerid", "main")
            write_counts(self.coverage_folder, name, self.coverage.counts)

    @property
    def coverage_folder(self) -> Path:
        """Where all processes write their counts."""
        return self.config.rootpath / ".contractvm" / "coverage"

    def folders(self) -> tuple[Path, ...]:
        """Where paths of contracts are looked for."""
        root = self.config.rootpath
        return (root,) if self.path is None else (self.path.parent, root)


SESSION = pytest.StashKey[Session]()


def session_of(config: pytest.Config) -> Session:
    """The plugin's session."""
    return config.stash[SESSION]


# Fixtures


@pytest.fixture(scope="session")
def cvm(request: pytest.FixtureRequest) -> "Cvm":
    """Contracts on a local chain: deploy, accounts, reverts, prank, deal, warp, gas.

    Each test begins on what its wider fixtures built, and leaves nothing.
    """
    return session_of(request.config).start()


def short_fixture(name: str) -> Any:
    """A fixture that gives a part of `cvm`."""

    def give(cvm: "Cvm") -> Any:
        return getattr(cvm, name)

    give.__doc__ = f"`cvm.{name}`."
    return pytest.fixture(scope="session", name=name)(give)


def register_short(config: pytest.Config) -> None:
    """Make the fixtures that `contractvm_fixtures` names."""
    names = short_names(config)
    if names:
        # A module, since fixtures that are methods see no instance of their own.
        plugin = ModuleType("contractvm_short_fixtures")
        vars(plugin).update({name: short_fixture(name) for name in names})
        config.pluginmanager.register(plugin, plugin.__name__)


# The session


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    register_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read options and the gas file; nothing of the engine."""
    settings = read_settings(config)
    config.stash[SETTINGS] = settings
    session = config.stash[SESSION] = Session(config, settings)
    register_short(config)
    config.addinivalue_line(
        "markers", "contractvm_no_isolation: keep what the test does to the chain"
    )
    if settings.records and not hasattr(config, "workerinput"):
        from contract_testing.plugin.collecting import GasCollector

        session.collector = GasCollector(config, settings)
    if settings.contract_coverage and not hasattr(config, "workerinput"):
        from contract_testing.coverage.counts import forget_counts

        forget_counts(session.coverage_folder)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which options have other names here."""
    renamed = prefixed_options(config)
    return [f"contractvm: its options are {', '.join(renamed)}"] if renamed else []


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Refuse two tests with one name in the gas file."""
    if not session_of(config).settings.counts_tests:
        return
    from contract_testing.plugin.gas_file import test_name

    seen: dict[str, str] = {}
    for item in items:
        name = test_name(item.nodeid)
        other = seen.setdefault(name, item.nodeid)
        if other != item.nodeid:
            raise pytest.UsageError(f"{other} and {item.nodeid} are both {name}")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: Any, request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """What a fixture changes lasts as long as it."""
    session = session_of(request.config)
    if fixturedef.argname in OWN_FIXTURES and fixturedef.scope == "session":
        return (yield)
    isolation, recorder = session.isolation, session.recorder
    if isolation is not None and fixturedef.scope == "function":
        isolation.begin_test(request.node)
    with nullcontext() if recorder is None else recorder.paused():
        if fixturedef.scope == "function":
            return (yield)
        if isolation is not None:
            isolation.require_unchanged(fixturedef, request)
        before = None if isolation is None else isolation.world.mark()
        result = yield
    isolation = session.isolation
    if isolation is not None:
        isolation.keep(fixturedef, before or isolation.world.beginning, request)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, Any, Any]:
    """Note the file of the test, for relative paths."""
    del nextitem
    session_of(item.config).path = item.path
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Run the body on the test's own state, and note what it does."""
    session = session_of(item.config)
    cvm = session.cvm
    if cvm is None:
        yield
        return
    if session.isolation is not None:
        session.isolation.begin_test(item)
    cvm.gas.begin(item.nodeid)
    with ExitStack() as stack:
        stack.callback(isolated_examples(session, item))
        if session.settings.contract_trace == "all":
            stack.callback(trace_all, cvm, item, stack.enter_context(cvm.receipts()))
        if session.recorder is not None:
            stack.callback(report_gas, session, item)
            stack.enter_context(session.recorder.body())
        yield


def isolated_examples(session: Session, item: pytest.Item) -> Callable[[], None]:
    """Give examples of Hypothesis their own state; returns how to stop."""
    if session.isolation is None:
        return lambda: None
    from contract_testing.plugin.isolation import isolate_examples

    around = nullcontext if session.recorder is None else session.recorder.example
    is_fixed = session.settings.counts_tests
    return isolate_examples(item, session.isolation, around, is_fixed=is_fixed)


def trace_all(cvm: "Cvm", item: pytest.Item, receipts: "list[Any]") -> None:
    """Add traces of the body's transactions to its report."""
    from contract_testing.plugin.sections import transaction_sections

    level = item.config.get_verbosity()
    for title, text in transaction_sections(cvm.chain, receipts, level):
        item.add_report_section("call", title, text)


def report_gas(session: Session, item: pytest.Item) -> None:
    """Send what the test did with its report."""
    if session.recorder is not None and session.cvm is not None:
        named = session.cvm.gas.take()
        item.user_properties.append((PROPERTY, session.recorder.take(named)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say where the contract failed that failed the test."""
    report = yield
    if session_of(item.config).cvm is not None and call.excinfo is not None:
        from contract_testing.plugin.sections import failure_sections

        wanted = session_of(item.config).settings.contract_trace
        with_trace = wanted == "failed" or (wanted == "all" and call.when != "call")
        error = call.excinfo.value
        level = item.config.get_verbosity()
        report.sections.extend(
            failure_sections(error, with_trace=with_trace, level=level)
        )
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect what tests report, in the process that controls the session."""
    for collector in COLLECTORS:
        collector.add(report)


COLLECTORS: "list[GasCollector]" = []


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to collect."""
    collector = session_of(session.config).collector
    if collector is not None:
        COLLECTORS.append(collector)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Compare and write the gas files, and coverage."""
    own = session_of(session.config)
    own.write_coverage()
    if own.settings.contract_coverage and not hasattr(session.config, "workerinput"):
        from contract_testing.plugin.covering import finish_coverage

        own.coverage_lines = finish_coverage(session, own.coverage_folder, own.settings)
    collector = own.collector
    if collector is not None:
        COLLECTORS.remove(collector)
        collector.finish(session)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show what the gas files say, and coverage."""
    lines = session_of(config).coverage_lines
    if lines:
        terminalreporter.section("coverage of contracts")
        for line in lines:
            terminalreporter.write_line(line)
    collector = session_of(config).collector
    if collector is not None:
        collector.show(terminalreporter)
