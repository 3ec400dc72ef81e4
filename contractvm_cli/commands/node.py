"""`contractvm node`."""

import click

from contractvm_cli.failures import missing_library
from contractvm_cli.options import (
    EngineOptions,
    example,
    gathered_engines,
    verb_command,
)
from contractvm_cli.serving.options import (
    AccountOptions,
    GenesisOptions,
    KeepingOptions,
    MiningOptions,
    NetworkOptions,
    account_options,
    genesis_options,
    keeping_options,
    mining_options,
    network_options,
)

SERVER_LIBRARIES = ("httptools", "uvicorn", "websockets")
GENESIS_NAMES = (
    "accounts",
    "balance",
    "mnemonic",
    "derivation_path",
    "chain_id",
    "gas_limit",
    "base_fee",
    "timestamp",
    "fork",
    "fees",
    "schedule",
)


@verb_command(
    "node",
    epilog=example("contractvm node", "contractvm node --port 0 --db chain"),
)
@network_options
@account_options
@genesis_options
@keeping_options
@mining_options
@gathered_engines
def node_command(
    network: NetworkOptions,
    accounts: AccountOptions,
    genesis: GenesisOptions,
    keeping: KeepingOptions,
    mining: MiningOptions,
    engines: EngineOptions,
) -> None:
    """Serve a chain to Ethereum clients, over HTTP and WebSocket.

    Blocks are made for each transaction, unless options say otherwise. The keys of the
    accounts are public: serve no one but yourself. Ctrl-C ends the node; with --db the
    chain is there again the next time. With --json the document of --config-out takes
    the place of all other output.
    """
    try:
        from contractvm_cli.serving.session import NodeSession  # noqa: PLC0415 (large)
    except ImportError as error:
        if error.name in SERVER_LIBRARIES:
            raise missing_library(error.name, "node") from error
        raise
    given = given_names(click.get_current_context())
    NodeSession(network, accounts, genesis, keeping, mining, engines).run(
        is_genesis_given=bool(given & set(GENESIS_NAMES))
    )


def given_names(ctx: click.Context) -> set[str]:
    """The names of the options that the user gave."""
    sources = click.core.ParameterSource
    others = (sources.DEFAULT, sources.DEFAULT_MAP)
    return {
        param.name
        for param in ctx.command.params
        if param.name and ctx.get_parameter_source(param.name) not in others
    }
