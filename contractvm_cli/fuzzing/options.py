"""The options of `contractvm fuzz`, in groups."""

from dataclasses import dataclass
from pathlib import Path

import click

from contract_fuzz.cases.case import DEFAULT_CASE_GAS
from contract_fuzz.judging.campaign import DEFAULT_LENGTH, FAIL_ON, TRAPS
from contract_fuzz.oracles.module_shrinking import DEFAULT_ATTEMPTS
from contract_fuzz.oracles.oracle_registry import GROUPS, ORACLES, SAMPLED
from contract_testing.coverage.counts import COVERAGE_FOLDER
from contractvm.runtime.engine_selection import ENGINES
from contractvm_cli.options import gathered
from contractvm_cli.output_paths import OutputDirectory, OutputFile
from contractvm_cli.parameters import GAS

MAX_WORKERS = 1_024
GREATEST_SEED = 2**64 - 1
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True, slots=True)
class StartOptions:
    """Where the campaign starts."""

    is_init_code: bool
    setup: Path | None
    schedule: str | None
    fork: str | None
    db: Path


@dataclass(frozen=True, slots=True)
class CaseOptions:
    """What cases are, and which of their results are findings."""

    abi: Path | None
    invariants: tuple[str, ...]
    fail_on: tuple[str, ...]
    oracles: str
    engines: str
    share: float
    gas_limit: int
    length: int
    seed: int


@dataclass(frozen=True, slots=True)
class FuzzRunOptions:
    """How long to run, on which workers, and where to keep results."""

    runs: int | None
    seconds: float | None
    workers: int
    cluster: str | None
    corpus: Path | None
    findings: Path
    pytest: Path | None
    coverage: Path | None
    shrink_attempts: int


@dataclass(frozen=True, slots=True)
class GasOptions:
    """The search for the most gas."""

    objective: str | None
    function: str | None
    size_parameter: str | None
    plot: Path | None


@dataclass(frozen=True, slots=True)
class MessageOptions:
    """What a CosmWasm contract is made of and sent."""

    schema: Path | None
    templates: tuple[str, ...]
    instantiate: str | None
    invariant_script: Path | None
    handlers: Path | None
    release: str | None


message_options = gathered(
    MessageOptions,
    "messages",
    click.option(
        "--schema",
        type=click.Path(path_type=Path, exists=True),
        metavar="FILE",
        help="The schema of a CosmWasm contract, a file or a folder.",
    ),
    click.option(
        "--message",
        "templates",
        multiple=True,
        metavar="ENTRY=JSON",
        help="A message to send, with $address, $number, $decimal, $binary, $hex or"
        ' $text where values are generated: \'execute={"burn": {"amount":'
        ' "$number"}}\'.',
    ),
    click.option(
        "--instantiate",
        metavar="JSON",
        help="The message that makes the contract, with $alice, $bob and $carol for"
        " addresses.  [default: {}]",
    ),
    click.option(
        "--invariants",
        "invariant_script",
        type=FILE,
        metavar="SCRIPT",
        help="A .py file of functions invariant_...(chain) that must hold after each"
        " message to a CosmWasm contract.",
    ),
    click.option(
        "--handlers",
        type=FILE,
        metavar="SCRIPT",
        help="A .py file whose register(handlers) adds what a Cosmos chain does not"
        " simulate: staking, IBC and others.",
    ),
    click.option(
        "--release",
        metavar="NAME",
        help="The release of a fresh Cosmos chain: wasmd-0.50.0.",
    ),
)

start_options = gathered(
    StartOptions,
    "start",
    click.option(
        "--init-code",
        "is_init_code",
        is_flag=True,
        help="CONTRACT is a file that runs once and returns the contract.",
    ),
    click.option(
        "--setup",
        type=FILE,
        metavar="SCRIPT",
        help="Run before the first case: a .py file with setup(chain, contract), or"
        " the .json of an entry.",
    ),
    click.option(
        "--schedule",
        metavar="NAME|PATH",
        help="The gas schedule, if CONTRACT is a file.  [default: a new chain's]",
    ),
    click.option(
        "--fork",
        metavar="NAME",
        help="The chain's rules, if CONTRACT is a file: arbitrum-51.  [default: those"
        " that the module's imports need]",
    ),
    click.option(
        "--db",
        metavar="PATH",
        type=click.Path(path_type=Path),
        envvar="CONTRACTVM_DB",
        default=".contractvm/chain",
        show_default=True,
        show_envvar=True,
        help="The chain, if CONTRACT is an address; it is only read.",
    ),
)

case_options = gathered(
    CaseOptions,
    "cases",
    click.option(
        "--abi",
        type=FILE,
        metavar="FILE",
        help="Solidity's ABI as JSON: typed arguments.  [default: raw call data]",
    ),
    click.option(
        "--invariant",
        "invariants",
        multiple=True,
        metavar="SIGNATURE",
        help="Must hold after each transaction: 'solvent()(bool)'. The ABI's functions"
        " named invariant_... are always included.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice([*FAIL_ON, "nothing"]),
        multiple=True,
        default=[TRAPS],
        show_default=True,
        help="Failures of the contract that are findings.",
    ),
    click.option(
        "--oracles",
        metavar="NAMES",
        default=SAMPLED,
        show_default=True,
        help=f"What cases are checked against: {', '.join(ORACLES)}; or a group:"
        f" {', '.join(GROUPS)}. Of all, {SAMPLED} checks fewer cases.",
    ),
    click.option(
        "--engines",
        metavar="NAMES",
        default=",".join(ENGINES),
        show_default=True,
        help="Engines that must agree; the interpreter alone checks nothing.",
    ),
    click.option(
        "--check-share",
        "share",
        type=click.FloatRange(0, 100),
        default=1.0,
        show_default=True,
        metavar="PERCENT",
        help="Share of cases without new coverage on which engines are compared.",
    ),
    click.option(
        "--gas-limit",
        type=GAS,
        default=DEFAULT_CASE_GAS,
        show_default=True,
        metavar="GAS",
        help="Gas limit of each transaction.",
    ),
    click.option(
        "--length",
        type=click.IntRange(1, 1_024),
        default=DEFAULT_LENGTH,
        show_default=True,
        help="Most transactions in a case.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, GREATEST_SEED),
        default=0,
        show_default=True,
        help="Seed of everything random.",
    ),
)

run_options = gathered(
    FuzzRunOptions,
    "run",
    click.option(
        "--runs",
        type=click.IntRange(1, 2**62),
        help="Cases to run.  [default: until --seconds have passed, or Ctrl-C]",
    ),
    click.option(
        "--seconds",
        type=click.FloatRange(min=0, min_open=True),
        help="When to end; the report says how many cases were run by then.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, MAX_WORKERS),
        default=1,
        show_default=True,
        help="Processes that run cases.",
    ),
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Run on the Dask cluster of this scheduler: tcp://HOST:8786.",
    ),
    click.option(
        "--corpus",
        type=OutputDirectory(),
        metavar="DIR",
        help="Start from the entries in this directory, and keep new ones there.",
    ),
    click.option(
        "--findings",
        type=OutputDirectory(),
        metavar="DIR",
        default="fuzz-findings",
        show_default=True,
        help="Directory for a file per finding.",
    ),
    click.option(
        "--pytest",
        type=OutputFile(is_replaced=True),
        metavar="FILE",
        help="Write the findings as pytest tests, which fail until they are mended.",
    ),
    click.option(
        "--coverage",
        type=click.Path(path_type=Path),
        is_flag=False,
        flag_value=COVERAGE_FOLDER,
        metavar="[FOLDER|FILE.info]",
        help="Count what the corpus and the findings execute, for `contractvm coverage`"
        f" in FOLDER, by default {COVERAGE_FOLDER}; or as lcov's FILE.info.",
    ),
    click.option(
        "--shrink-attempts",
        type=click.IntRange(0, 100_000),
        default=DEFAULT_ATTEMPTS,
        show_default=True,
        help="Steps without progress before shrinking a difference's module ends;"
        " 0 skips it.",
    ),
)

gas_options = gathered(
    GasOptions,
    "gas",
    click.option(
        "--objective",
        type=click.Choice(["gas"]),
        help="Search for the inputs that use the most gas.",
    ),
    click.option(
        "--function",
        metavar="SIGNATURE",
        help="Only this function; its name is enough if unique.",
    ),
    click.option(
        "--size-parameter",
        metavar="NAME|PATH",
        help="Relate gas to this parameter's value or length: items, order.1.",
    ),
    click.option(
        "--plot",
        type=OutputFile(),
        metavar="PATH",
        help="Draw gas by size, a .png or .svg file.",
    ),
)
