"""Options of a message: its sender, ether and gas, and the chain."""

from pathlib import Path

import click
from msgspec import Struct

from chain_sim.ethereum.primitives.text import Address
from contractvm_cli.options import (
    EngineOptions,
    db_option,
    engine_options,
    gathered,
    schedule_option,
)
from contractvm_cli.parameters import ACCOUNT, GAS, PRIVATE_KEY, WEI
from contractvm_cli.settings import ProjectOption


class MessageOptions(Struct, frozen=True):
    """Sender, ether and gas; `value` in wei, None if not given."""

    sender: int | Address | None
    value: int
    gas_limit: int | None
    private_key: bytes | None = None


class ChainPlace(Struct, frozen=True):
    """Where the chain is, the engine, and the schedule that a new chain gets."""

    db: Path
    engine: str
    cross_check: bool
    schedule: str | None = None

    @property
    def engines(self) -> EngineOptions:
        """The engine that runs the contracts."""
        return EngineOptions(self.engine, self.cross_check)


sender_option = click.option(
    "--from",
    "sender",
    type=ACCOUNT,
    metavar="INDEX|ADDRESS",
    help="The sender: a developer account's index, or an address.  [default: 0]",
)
value_option = click.option(
    "--value", type=WEI, default=0, help="Ether to send: 1000, 2gwei, 1.5ether."
)
gas_limit_option = click.option(
    "--gas-limit",
    type=GAS,
    metavar="GAS",
    help="The gas limit.  [default: a block's]",
)
private_key_option = click.option(
    "--private-key",
    type=PRIVATE_KEY,
    envvar="CONTRACTVM_PRIVATE_KEY",
    show_envvar=True,
    help="Sign with this key, 64 hex digits.",
)

call_options = gathered(
    MessageOptions, "message", sender_option, value_option, gas_limit_option
)
signed_options = gathered(
    MessageOptions,
    "message",
    sender_option,
    private_key_option,
    value_option,
    gas_limit_option,
)
checked_db = gathered(ChainPlace, "place", *engine_options, db_option)
writable_db = gathered(
    ChainPlace,
    "place",
    schedule_option(
        "The gas schedule, if this creates the chain.", None, ProjectOption
    ),
    *engine_options,
    db_option,
)
