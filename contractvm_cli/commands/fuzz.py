"""`contractvm fuzz`."""

from collections.abc import Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import click

from chain_sim.ethereum.documents.whole_files import write_whole
from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
    Pool,
)
from contract_fuzz.campaign.corpus_directory import (
    CorpusDirectory,
    SkippedFile,
)
from contract_fuzz.campaign.report import (
    in_order,
    make_report,
    never_succeeding,
    shape_of,
)
from contract_fuzz.cases.sequences import Transactions
from contract_fuzz.judging.parts import HostedCampaign
from contract_fuzz.judging.shape_plot import FORMATS, draw_shape
from contract_fuzz.oracles.oracle import DIFFERENCE
from contract_fuzz.oracles.oracle_registry import ON_DISK
from contract_fuzz.workers.cluster import Cluster
from contract_fuzz.workers.pools import InProcess, Processes
from contractvm.hosts.interface import COSMOS
from contractvm.hosts.registry import contract_hosts, find_host, host_of_module
from contractvm.wasm.binary.decoder import decode_module
from contractvm_cli.failures import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    describe_os_error,
    missing_library,
    say,
    say_error,
)
from contractvm_cli.fuzzing.campaigns import find_oracles, make_campaign
from contractvm_cli.fuzzing.coverage import write_coverage
from contractvm_cli.fuzzing.files import Files
from contractvm_cli.fuzzing.interrupts import Deadline, interruptible
from contractvm_cli.fuzzing.options import (
    CaseOptions,
    FuzzRunOptions,
    GasOptions,
    MessageOptions,
    StartOptions,
    case_options,
    gas_options,
    message_options,
    run_options,
    start_options,
)
from contractvm_cli.fuzzing.progress import CampaignProgress, showing_progress
from contractvm_cli.fuzzing.showing import show_explained, show_report, time_documents
from contractvm_cli.fuzzing.starts import find_start
from contractvm_cli.fuzzing.targets import CallTarget, FuzzTarget
from contractvm_cli.module_files import naming_file, read_module
from contractvm_cli.options import example, json_option
from contractvm_cli.output import print_json

HOSTS = contract_hosts()
NO_MESSAGES = MessageOptions(None, (), None, None, None, None)


@click.command(
    "fuzz",
    epilog=example(
        "contractvm fuzz examples/counter/counter.wat --runs 20000",
        "contractvm fuzz token_init.wasm --init-code --abi token.json --seconds 60",
        "contractvm fuzz 0x5FbD... --abi vault.json --corpus corpus --workers 2",
        "contractvm fuzz cw20.wasm --schema cw20-base.json \\",
        '  --instantiate \'{"name": "Coin", "symbol": "COIN", ...}\'',
        "contractvm fuzz list.wat --abi list.json --objective gas --function 'sum' \\",
        "  --size-parameter items --plot gas.svg",
    ),
)
@click.argument("contract")
@click.option(
    "--host",
    type=click.Choice(HOSTS),
    help="The host interface of CONTRACT.  [default: that of its imports, or address]",
)
@start_options
@case_options
@message_options
@run_options
@gas_options
@json_option
def fuzz_command(  # noqa: PLR0913, PLR0917 (one for each group of options)
    contract: str,
    host: str | None,
    start: StartOptions,
    cases: CaseOptions,
    messages: MessageOptions,
    run: FuzzRunOptions,
    gas: GasOptions,
    as_json: bool,
) -> None:
    """Find crashes, broken invariants and differences.

    Differences are those between engines, which must give the same result for every
    case. CONTRACT is a module, .wasm or .wat, deployed on a fresh chain, or the
    address of a contract on the chain in --db, which is only read. CosmWasm contracts
    need --schema or --message. Case n depends on
    --seed and n alone: the same campaign has the same findings and the same report on
    any machine. Exit code 1 if something was found, 130 after Ctrl-C, which keeps what
    was found until then.
    """
    check_packages(run, gas)
    if run.pytest is not None and not Path(contract).exists():
        raise click.UsageError("--pytest needs the contract as a file.")
    target = find_target(contract, host, start, cases, messages, gas)
    campaign = target.campaign
    directory = open_corpus(run.corpus, target)
    corpus, skipped = load_corpus(directory)
    files = Files(target, directory, run.findings)
    first = 0 if directory is None else directory.next_case(campaign.seed)
    with interruptible(run.seconds) as deadline:
        coordinator = Coordinator(campaign, first, keep=files.keep)
        state, progress = run_campaign(
            coordinator, run, deadline, corpus, is_quiet=as_json
        )
        files.explain(state, run.shrink_attempts, deadline)
    report = make_report(campaign, state, corpus)
    if as_json:
        print_json(
            {
                **report.document,
                "reportHash": report.hash,
                "run": {
                    "seconds": round(progress.seconds, 3),
                    "casesPerSecond": round(progress.speed, 1),
                    "isInterrupted": deadline.is_interrupted,
                    "time": time_documents(state),
                    "skippedFiles": [
                        {"name": file.name, "reason": file.reason} for file in skipped
                    ],
                    "findingFiles": [str(path) for path in files.paths.values()],
                    "laterFindings": len(state.later),
                    "tests": [str(path) for path in files.tests],
                },
            }
        )
    else:
        show_report(target, state, report)
        show_explained(files.explained)
    if run.coverage is not None:
        with files.writing():
            write_coverage(target, state, run.coverage)
        say(f"coverage: {run.coverage}")
    shape = shape_of(campaign, state)
    if gas.plot is not None and shape is not None:
        with files.writing():
            draw_shape(shape, gas.size_parameter or "", gas.plot)
    if run.pytest is not None:
        with files.writing():
            write_tests(target, state, run.pytest)
    finish(campaign, state, files, deadline)


def write_tests(target: FuzzTarget, state: CampaignState, path: Path) -> None:
    """Write the findings as pytest tests, if there are any."""
    findings = [found.finding for _, found in in_order(state.findings)]
    if findings:
        write_whole(path, target.tests(findings, path))
        say(f"tests: pytest {path}")


def check_packages(run: FuzzRunOptions, gas: GasOptions) -> None:
    """Refuse what would only fail at the end."""
    if run.cluster is not None and find_spec("distributed") is None:
        raise missing_library("distributed", "cluster")
    if run.cluster is not None and run.workers > 1:
        raise click.UsageError("Give either --workers or --cluster, not both.")
    if gas.plot is None:
        return
    if gas.plot.suffix not in FORMATS:
        raise click.BadParameter("must end in .png or .svg", param_hint="--plot")
    if find_spec("matplotlib") is None:
        raise missing_library("matplotlib", "fuzz")


def find_target(
    contract: str,
    host: str | None,
    start: StartOptions,
    cases: CaseOptions,
    messages: MessageOptions,
    gas: GasOptions,
) -> FuzzTarget:
    """The campaign, on the host of the contract."""
    name = host or host_of(contract)
    if name is not None and find_host(name).chain == COSMOS:
        from contractvm_cli.fuzzing.cosmos import (  # noqa: PLC0415 (few need it)
            make_cosmos_target,
        )

        if gas.objective is not None:
            raise click.UsageError("--objective is not for CosmWasm contracts.")
        oracles = find_oracles(cases, name, ON_DISK)
        return make_cosmos_target(contract, start, cases, messages, oracles)
    if messages != NO_MESSAGES:
        raise click.UsageError(
            "--schema, --message, --instantiate, --invariants, --handlers and"
            " --release are for CosmWasm contracts."
        )
    found = find_start(contract, start)
    return CallTarget(make_campaign(found, cases, gas), found, Path(contract), start)


def host_of(contract: str) -> str | None:
    """The host interface of a module's imports, or of an address's form."""
    path = Path(contract)
    if path.exists():
        code = read_module(path)
        with naming_file(path):
            return host_of_module(decode_module(code), HOSTS)
    is_bech32 = "1" in contract and not contract.startswith("0x")
    if not is_bech32 or not contract.islower():
        return None
    return next(name for name in HOSTS if find_host(name).chain == COSMOS)


def open_corpus(path: Path | None, target: FuzzTarget) -> CorpusDirectory | None:
    """The corpus directory, if one was given."""
    if path is None:
        return None
    directory = CorpusDirectory(
        path, sha256(target.campaign.code).hexdigest(), target.read_transaction
    )
    if directory.is_of_another:
        say(
            f"warning: the corpus in {path} was made with another contract, or another"
            " version: no existing entry is removed"
        )
    return directory


def load_corpus(
    directory: CorpusDirectory | None,
) -> tuple[list[Transactions], list[SkippedFile]]:
    """The corpus on disk; a line on stderr for each file that is not an entry."""
    if directory is None:
        return [], []
    corpus, skipped = directory.load()
    for file in skipped:
        say(f"warning: skipped {directory.path / file.name}: {file.reason}")
    return corpus, skipped


def run_campaign(
    coordinator: Coordinator,
    run: FuzzRunOptions,
    deadline: Deadline,
    corpus: Sequence[Transactions],
    *,
    is_quiet: bool,
) -> tuple[CampaignState, CampaignProgress]:
    """Run the cases, with progress on stderr."""
    if not coordinator.begin(corpus, deadline):
        say("stopped before the first case: the corpus itself was still being run")
        raise click.exceptions.Exit(
            EXIT_INTERRUPTED if deadline.is_interrupted else EXIT_FAILED
        )
    pool = make_pool(coordinator, run)
    progress = CampaignProgress(coordinator.state)
    try:
        with showing_progress(progress, is_quiet=is_quiet) as watch:

            def look(state: CampaignState) -> None:
                watch(state)
                if any(kind == DIFFERENCE for kind, _, _ in state.findings):
                    deadline.leave_time()

            coordinator.watch = look
            coordinator.run(pool, CampaignLimits(run.runs, deadline))
    except BaseException:
        # Whatever happened, what was found so far is on disk: report it.
        coordinator.keep(coordinator.state)
        say(f"{len(coordinator.state.findings)} findings so far, in {run.findings}")
        raise
    finally:
        pool.close()
    return coordinator.state, progress


def make_pool(coordinator: Coordinator, run: FuzzRunOptions) -> Pool:
    """The pool that runs the cases."""
    if run.cluster is not None:
        return Cluster(coordinator.campaign, run.cluster)
    if run.workers > 1:
        return Processes(coordinator.campaign, run.workers)
    return InProcess(coordinator.campaign, coordinator.runner)


def finish(
    campaign: HostedCampaign, state: CampaignState, files: Files, deadline: Deadline
) -> None:
    """Report warnings on stderr, and end with the exit code."""
    failing = never_succeeding(campaign.functions, state.outcomes, state.unknown)
    for signature in state.unknown:
        if signature not in failing:
            say(
                f"warning: {signature} runs like a call of no function: does the ABI"
                " fit the contract?"
            )
    for signature in failing:
        say(
            f"warning: {signature} never succeeded: does the ABI fit the contract, and"
            " do its calls need a state that --setup has to make?"
        )
    for path in files.tests:
        say(f"test: pytest {path}")
    for path in files.paths.values():
        say(f"finding: {path}")
    if state.later:
        say(
            f"{len(state.later)} of these are of cases beyond the last in the report:"
            " work that the end cut off"
        )
    if files.failure is not None:
        say_error(describe_os_error(files.failure))
    if deadline.is_interrupted:
        raise click.exceptions.Exit(EXIT_INTERRUPTED)
    if state.findings or state.later or files.failure is not None:
        raise click.exceptions.Exit(EXIT_FAILED)
