"""Start states of campaigns: a contract in a file, or one on a chain."""

import importlib.util
import shlex
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.module_placement import module_at
from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.text import Address, InvalidText, parse_address
from contract_fuzz.campaign.corpus_directory import read_entry
from contract_fuzz.cases.case import StartState
from contract_fuzz.cases.start_states import deploy_usable, start_from_chain
from contract_fuzz.errors import InvalidEntry, SetupFailed
from contractvm.hosts.registry import find_host, host_of_module, message_hosts
from contractvm.wasm.binary.decoder import decode_module
from contractvm_cli.chains import existing_chain, require_contract
from contractvm_cli.failures import CommandFailed
from contractvm_cli.fuzzing.options import StartOptions
from contractvm_cli.module_files import naming_file, read_module

SetUp = Callable[[Blockchain, Address], object]


@dataclass(frozen=True, slots=True)
class Start:
    """The start state, the contract's module, and commands that recreate the state.

    `note` says what the commands leave out, or when they hold.
    """

    state: StartState
    code: bytes
    commands: tuple[str, ...]
    options: str
    note: str | None = None


def find_start(contract: str, options: StartOptions) -> Start:
    """The start of a campaign; `contract` is a file or an address."""
    try:
        address = parse_address(contract)
    except InvalidText:
        return _start_from_file(Path(contract), options)
    if Path(contract).exists():
        return _start_from_file(Path(contract), options)
    return _start_on_chain(address, options)


def _start_from_file(path: Path, options: StartOptions) -> Start:
    code = read_module(path)
    with naming_file(path):
        fork = options.fork or fork_of(code, options.schedule)
        genesis = default_genesis(options.schedule, fork=fork)
    with Blockchain.in_memory(genesis) as chain:
        with naming_file(path):
            contracts = [deploy_usable(chain, code, is_init_code=options.is_init_code)]
        if options.setup is not None:
            contracts += run_setup(options.setup, chain, contracts[0])
        code = module_at(chain.state_at(), contracts[0], genesis.profile)
        state = start_from_chain(chain, list(dict.fromkeys(contracts)))
        stylus = chain.fork.stylus
    verb = "deploy" if stylus is None else f"stylus deploy --arbos {stylus.arbos}"
    deploy = f"contractvm {verb} {shlex.quote(str(path))} --db fuzz-chain"
    if options.schedule:
        deploy += f" --schedule {shlex.quote(options.schedule)}"
    deploy += " --init-code" if options.is_init_code else ""
    note = None
    if options.setup is not None:
        note = f"after the first command, do what {options.setup} does"
    return Start(state, code, (deploy,), "--db fuzz-chain", note)


def fork_of(code: bytes, schedule: str | None) -> str | None:
    """The rules that a module needs; None where the schedule or the default says.

    Raises MalformedModule.
    """
    if schedule is not None:
        return None
    host = host_of_module(decode_module(code), message_hosts())
    return None if host is None else find_host(host).fork


def _start_on_chain(address: Address, options: StartOptions) -> Start:
    if options.is_init_code or options.schedule or options.fork or options.setup:
        raise CommandFailed(
            "a contract on a chain has its state and schedule from there: leave"
            " --init-code, --schedule, --fork and --setup out"
        )
    with existing_chain(options.db) as chain:
        require_contract(chain, address)
        code = module_at(chain.state_at(), address, chain.genesis.profile)
        if not code:
            raise CommandFailed("a precompiled contract has no code to fuzz")
        state = start_from_chain(chain, [address])
    copy = f"cp -r {shlex.quote(str(options.db))} fuzz-chain"
    note = "the chain must be as it was at the start"
    return Start(state, code, (copy,), "--db fuzz-chain", note)


def run_setup(script: Path, chain: Blockchain, contract: Address) -> list[Address]:
    """Run a setup script; return further contracts to call. Raises SetupFailed."""
    if script.suffix == ".json":
        _send_all(script, chain)
        return []
    returned = _call_setup(script, chain, contract)
    if returned is None:
        return []
    found = [returned] if isinstance(returned, bytes) else returned
    if not isinstance(found, list | tuple) or not all(
        isinstance(item, bytes) and len(item) == 20 for item in found
    ):
        raise SetupFailed(
            str(script), "setup returns nothing, an address or a list of addresses"
        )
    return [Address(item) for item in found]


def _call_setup(script: Path, chain: Blockchain, contract: Address) -> Any:
    spec = importlib.util.spec_from_file_location("contract_fuzz_setup", script)
    if script.suffix != ".py" or spec is None or spec.loader is None:
        raise SetupFailed(str(script), "the script ends in .py or .json")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        set_up: SetUp = module.setup
        return set_up(chain, contract)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise SetupFailed(
            str(script),
            f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})",
        ) from error


def _send_all(script: Path, chain: Blockchain) -> None:
    try:
        transactions = read_entry(script)
    except InvalidEntry as error:
        raise SetupFailed(str(script), error.reason) from error
    for place, transaction in enumerate(transactions):
        if transaction.sender >= len(chain.accounts):
            raise SetupFailed(str(script), f"transaction {place}: no such sender")
        try:
            receipt = chain.send(
                transaction.to,
                transaction.data,
                sender=chain.accounts[transaction.sender],
                value=transaction.value,
                gas_limit=transaction.gas_limit,
            )
        except ChainError as error:
            raise SetupFailed(str(script), f"transaction {place}: {error}") from error
        if not receipt.succeeded:
            reason = receipt.error or "reverted"
            raise SetupFailed(str(script), f"transaction {place} failed: {reason}")
