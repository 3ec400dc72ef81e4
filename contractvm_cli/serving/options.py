"""Options of `contractvm node`, gathered by what they are about."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from chain_sim.ethereum.blocks.accounts import DEVELOPER_MNEMONIC
from contractvm_cli.options import gathered, json_option, schedule_option
from contractvm_cli.output_paths import OutputFile
from contractvm_cli.parameters import GAS
from contractvm_cli.settings import ProjectOption
from contractvm_cli.times import TIME

DEFAULT_PORT = 8545
DEFAULT_PATH = "m/44'/60'/0'/0/"
MAX_ACCOUNTS = 1_000
MIB = 1024 * 1024
INPUT_FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """The accounts that are funded, and that the node signs for; `balance` in ether."""

    accounts: int
    balance: int
    mnemonic: str
    derivation_path: str
    auto_impersonate: bool


@dataclass(frozen=True, slots=True)
class GenesisOptions:
    """What a new chain begins with; None for the usual."""

    chain_id: int | None
    gas_limit: int | None
    base_fee: int | None
    timestamp: int | None
    fork: str | None
    fees: str | None
    schedule: str | None


@dataclass(frozen=True, slots=True)
class KeepingOptions:
    """Where the chain comes from, and what stays of it."""

    db: Path | None
    init: Path | None
    load_state: Path | None
    dump_state: Path | None
    state: Path | None
    prune: int | None


@dataclass(frozen=True, slots=True)
class MiningOptions:
    """When blocks are made, what is in them, and what time they have."""

    block_time: int | None
    no_mining: bool
    mixed_mining: bool
    order: str
    block_time_step: int | None
    wall_clock: bool


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Where the node listens, to whom, and what it says about it."""

    host: str
    port: int
    allow_origin: tuple[str, ...]
    allow_host: tuple[str, ...]
    no_cors: bool
    request_size_limit: int
    batch_limit: int
    silent: bool
    config_out: Path | None
    call_gas_limit: int | None
    receipt_details: bool
    client_version: str | None
    as_json: bool


def printable(_ctx: click.Context, _param: click.Parameter, given: str | None) -> Any:
    """Text that every client can show."""
    if given is not None and not given.isprintable():
        raise click.BadParameter("write letters that can be printed")
    return given


account_options = gathered(
    AccountOptions,
    "accounts",
    click.option(
        "-a",
        "--accounts",
        type=click.IntRange(1, MAX_ACCOUNTS),
        default=10,
        show_default=True,
        help="How many accounts are funded and signed for.",
    ),
    click.option(
        "--balance",
        metavar="ETHER",
        type=click.IntRange(0, 10**50),
        default=10_000,
        show_default=True,
        help="The ether of each in a new chain.",
    ),
    click.option(
        "-m",
        "--mnemonic",
        metavar="WORDS",
        default=DEVELOPER_MNEMONIC,
        help="The phrase that the accounts' keys come from.  [default: test ... junk]",
    ),
    click.option(
        "--derivation-path",
        metavar="PATH",
        default=DEFAULT_PATH,
        show_default=True,
        help="The path to the accounts' keys, without the index.",
    ),
    click.option(
        "--auto-impersonate",
        is_flag=True,
        help="Send from any account, with or without its key.",
    ),
)
genesis_options = gathered(
    GenesisOptions,
    "genesis",
    click.option(
        "--chain-id",
        type=click.IntRange(1, 2**64 - 1),
        help="The chain id.  [default: 31337]",
    ),
    click.option(
        "--gas-limit",
        type=GAS,
        metavar="GAS",
        help="A block's gas limit.  [default: 30000000]",
    ),
    click.option(
        "--block-base-fee-per-gas",
        "--base-fee",
        "base_fee",
        metavar="WEI",
        type=click.IntRange(0, 2**128),
        help="The first block's base fee.  [default: 1000000000]",
    ),
    click.option(
        "--timestamp",
        metavar="TIME",
        type=TIME,
        help="The first block's time.  [default: 1700000000]",
    ),
    click.option(
        "--fork",
        metavar="FORK",
        help="The rules of a new chain: byzantium, arbitrum for Stylus programs, or"
        " arbitrum-51 for a version of ArbOS.  [default: byzantium]",
    ),
    click.option(
        "--fees",
        type=click.Choice(["eip1559", "none"]),
        help="The fee market of a new chain.  [default: the fork's, or eip1559]",
    ),
    schedule_option("The gas schedule of a new chain.", None, ProjectOption),
)
keeping_options = gathered(
    KeepingOptions,
    "keeping",
    click.option(
        "--db",
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="The chain's database, a directory.  [default: in memory]",
    ),
    click.option(
        "--init",
        metavar="FILE",
        type=INPUT_FILE,
        help="Begin a new chain with the accounts of geth's genesis.json.",
    ),
    click.option(
        "--load-state",
        metavar="FILE",
        type=INPUT_FILE,
        help="Begin a new chain with the state of a dump, ours or anvil's.",
    ),
    click.option(
        "--dump-state",
        metavar="FILE",
        type=OutputFile(is_replaced=True),
        help="Write a dump at the end.",
    ),
    click.option(
        "--state",
        metavar="FILE",
        type=OutputFile(is_replaced=True),
        help="Both: load FILE if it is there, and write it at the end.",
    ),
    click.option(
        "--prune",
        metavar="N",
        type=click.IntRange(1),
        help="Keep the newest N blocks only.",
    ),
)
mining_options = gathered(
    MiningOptions,
    "mining",
    click.option(
        "-b",
        "--block-time",
        metavar="SECONDS",
        type=click.IntRange(1, 86_400),
        help="Make a block every so many seconds, instead of for each transaction.",
    ),
    click.option(
        "--no-mining", is_flag=True, help="Make no blocks unless a client asks."
    ),
    click.option(
        "--mixed-mining",
        is_flag=True,
        help="With --block-time, make one for each transaction too.",
    ),
    click.option(
        "--order",
        type=click.Choice(["fees", "fifo"]),
        default="fees",
        show_default=True,
        help="The order of waiting transactions in a block.",
    ),
    click.option(
        "--block-time-step",
        metavar="SECONDS",
        type=click.IntRange(1, 2**32),
        help="Seconds from a block to the next by the logical clock, from now on."
        "  [default: 1]",
    ),
    click.option(
        "--wall-clock",
        is_flag=True,
        help="Give blocks the machine's time: the same requests give other hashes.",
    ),
)
network_options = gathered(
    NetworkOptions,
    "network",
    click.option(
        "-p",
        "--port",
        type=click.IntRange(0, 65_535),
        default=DEFAULT_PORT,
        show_default=True,
        help="The port; 0 takes any that is free.",
    ),
    click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        help="The address to listen on.",
    ),
    click.option(
        "--allow-origin",
        metavar="ORIGIN",
        multiple=True,
        help="Serve web pages of this origin too; * is any. Repeatable.",
    ),
    click.option(
        "--allow-host",
        metavar="NAME",
        multiple=True,
        help="Serve requests to this host name too; * is any. Repeatable.",
    ),
    click.option("--no-cors", is_flag=True, help="Send no CORS headers."),
    click.option(
        "--request-size-limit",
        metavar="BYTES",
        type=click.IntRange(1_024, 1_024 * MIB),
        default=16 * MIB,
        show_default=True,
        help="The longest request.",
    ),
    click.option(
        "--batch-limit",
        metavar="N",
        type=click.IntRange(1, 100_000),
        default=1_000,
        show_default=True,
        help="The most requests in a batch.",
    ),
    click.option(
        "--call-gas-limit",
        type=GAS,
        metavar="GAS",
        help="The most gas of a call or an estimate.  [default: a block's]",
    ),
    click.option(
        "--receipt-details",
        is_flag=True,
        help="Add error texts and outputs to receipts, under the key contractvm.",
    ),
    click.option(
        "--client-version",
        metavar="TEXT",
        callback=printable,
        help="What web3_clientVersion answers, for tools that ask for a name they know:"
        " Hardhat's network helpers want it to begin with anvil.",
    ),
    click.option("--silent", is_flag=True, help="Print the address only, and no log."),
    click.option(
        "--config-out",
        metavar="FILE",
        type=OutputFile(is_replaced=True),
        help="Write addresses, keys and the port to a JSON file.",
    ),
    json_option,
)
