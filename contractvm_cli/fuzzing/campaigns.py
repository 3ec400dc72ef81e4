"""Campaigns from the options of `contractvm fuzz`, with every name checked."""

from collections.abc import Collection, Sequence

import click

from chain_sim.database.errors import LevelDbMissing
from chain_sim.database.leveldb.level import PLYVEL_FAULT
from chain_sim.ethereum.abi.abi_file import read_abi
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.functions import AbiFunction, find_function, parse_function
from chain_sim.ethereum.primitives.text import InvalidText
from contract_fuzz.errors import UnknownOracle
from contract_fuzz.inputs.size_parameter import find_size_parameter
from contract_fuzz.judging.campaign import FAIL_ON, Campaign, GasObjective
from contract_fuzz.oracles.oracle import MILLION, OracleFactory
from contract_fuzz.oracles.oracle_registry import (
    ENGINES_ORACLE,
    ON_DISK,
    ORACLES,
    SAMPLED,
    SAMPLED_ENGINES_OF_NEW,
    SAMPLED_ORACLES,
    engine_oracle,
    named_oracles,
)
from contractvm.runtime.engine_selection import DEFAULT_ENGINE, ENGINES
from contractvm_cli.failures import CommandFailed, say_warning
from contractvm_cli.fuzzing.options import CaseOptions, GasOptions
from contractvm_cli.fuzzing.starts import Start
from gas_schedule.bounded_files import read_bounded

MAX_ABI_BYTES = 16 * 1024 * 1024


def make_campaign(start: Start, cases: CaseOptions, gas: GasOptions) -> Campaign:
    """The campaign; wrong usage if the options do not go together."""
    functions: tuple[AbiFunction, ...] = ()
    if cases.abi is not None:
        try:
            functions = read_abi(read_bounded(cases.abi, MAX_ABI_BYTES))
        except InvalidAbi as error:
            raise CommandFailed(f"{cases.abi}: {error}") from error
    return Campaign(
        start=start.state,
        code=start.code,
        functions=functions,
        invariants=find_invariants(functions, cases.invariants),
        seed=cases.seed,
        gas_limit=checked_gas_limit(cases.gas_limit, start),
        length=cases.length,
        fail_on=tuple(name for name in FAIL_ON if name in cases.fail_on),
        oracles=find_oracles(cases, start.state.genesis.profile),
        objective=find_objective(functions, gas),
    )


def checked_gas_limit(gas_limit: int, start: Start) -> int:
    """The gas limit; CommandFailed if it is above the block's."""
    of_block = start.state.head.gas_limit
    if gas_limit > of_block:
        raise CommandFailed(
            f"--gas-limit {gas_limit} is above the block's {of_block}; lower it"
        )
    return gas_limit


def find_invariants(
    functions: Sequence[AbiFunction], given: Sequence[str]
) -> tuple[AbiFunction, ...]:
    """The ABI's functions named `invariant_...`, and those given."""
    found = [function for function in functions if function.is_invariant]
    for text in given:
        try:
            invariant = parse_function(text)
        except InvalidText as error:
            raise click.BadParameter(str(error), param_hint="--invariant") from error
        if invariant.params:
            raise click.BadParameter(
                f"{text}: an invariant has no parameters", param_hint="--invariant"
            )
        found.append(invariant)
    return tuple({function.selector: function for function in found}.values())


def find_oracles(
    cases: CaseOptions, host: str, missing: Collection[str] = ()
) -> tuple[OracleFactory, ...]:
    """The oracles that were named; that of engines for each engine that was.

    Those that only SAMPLED names check fewer cases. A group is left without those in
    `missing`, which `host` has not, and where no database can be opened on disk,
    without those that open one.
    """
    asked = [name.strip() for name in cases.oracles.split(",")]
    try:
        names = named_oracles(asked)
    except UnknownOracle as error:
        raise click.BadParameter(str(error), param_hint="--oracles") from error
    for name in missing:
        if name in asked:
            raise CommandFailed(f"the oracle {name} is not for contracts of {host}")
    left_out = [name for name in names if name in ON_DISK and PLYVEL_FAULT is not None]
    for name in left_out:
        if name in asked:
            raise LevelDbMissing(f"of the oracle {name}", str(PLYVEL_FAULT))
    if left_out:
        say_warning(f"{PLYVEL_FAULT}: without the oracles {', '.join(left_out)}")
    whole = named_oracles(name for name in asked if name != SAMPLED)
    found: list[OracleFactory] = []
    for name in names:
        if name in left_out or name in missing:
            continue
        if name == ENGINES_ORACLE:
            share = int(cases.share * 10_000)
            of_new = MILLION if name in whole else SAMPLED_ENGINES_OF_NEW
            found += [
                engine_oracle(engine, share, of_new) for engine in find_engines(cases)
            ]
        else:
            found.append((ORACLES if name in whole else SAMPLED_ORACLES)[name])
    return tuple(found)


def find_engines(cases: CaseOptions) -> list[str]:
    """The engines other than the interpreter."""
    names = [name.strip() for name in cases.engines.split(",")]
    for name in names:
        if name not in ENGINES:
            raise click.BadParameter(
                f"{name!r} is not one of {', '.join(ENGINES)}", param_hint="--engines"
            )
    if DEFAULT_ENGINE not in names:
        raise click.BadParameter(
            f"{DEFAULT_ENGINE} runs every case: name it too", param_hint="--engines"
        )
    return [name for name in dict.fromkeys(names) if name != DEFAULT_ENGINE]


def find_objective(
    functions: Sequence[AbiFunction], gas: GasOptions
) -> GasObjective | None:
    """The objective; wrong usage if its options do not go together."""
    if gas.objective is None:
        if gas.function or gas.size_parameter or gas.plot:
            raise click.UsageError(
                "--function, --size-parameter and --plot belong to --objective gas.",
                click.get_current_context(),
            )
        return None
    if not functions:
        raise click.UsageError(
            "--objective gas needs the functions of the contract: give --abi.",
            click.get_current_context(),
        )
    if gas.function is None:
        if gas.size_parameter:
            raise click.UsageError(
                "--size-parameter needs --function.", click.get_current_context()
            )
        return GasObjective(tuple(f for f in functions if not f.is_invariant))
    function = find_function(functions, gas.function)
    size = None
    if gas.size_parameter is not None:
        size = find_size_parameter(function, gas.size_parameter)
    elif gas.plot is not None:
        raise click.UsageError(
            "--plot needs --size-parameter.", click.get_current_context()
        )
    return GasObjective((function,), size)
