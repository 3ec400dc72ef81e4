"""One run of `contractvm node`, from its options to its end."""

import json
import socket
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from secrets import token_hex
from time import time

import click

from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.mnemonic import derive_accounts
from chain_sim.node.node import Node, NodeOptions
from chain_sim.node.server.access import Access
from chain_sim.node.server.limits import Limits
from chain_sim.node.server.serving import ServerOptions, listen
from contractvm_cli.failures import on_one_line, say_warning
from contractvm_cli.options import EngineOptions
from contractvm_cli.output import print_json
from contractvm_cli.serving.banner import Address, banner_lines, config_document
from contractvm_cli.serving.chains import (
    genesis_of,
    mark_listening,
    served_chain,
    unmark_listening,
)
from contractvm_cli.serving.options import (
    AccountOptions,
    GenesisOptions,
    KeepingOptions,
    MiningOptions,
    NetworkOptions,
)
from contractvm_cli.serving.running import run_until_signal

INSTANCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class NodeSession:
    """The options, and what is done with them."""

    network: NetworkOptions
    wallet: AccountOptions
    genesis: GenesisOptions
    keeping: KeepingOptions
    mining: MiningOptions
    engines: EngineOptions

    def run(self, *, is_genesis_given: bool) -> None:
        """Serve until a signal; then write what was asked for."""
        wallet = self.wallet
        accounts = derive_accounts(
            wallet.mnemonic, wallet.accounts, wallet.derivation_path
        )
        genesis = genesis_of(self.genesis, accounts, wallet.balance)
        given = self.genesis if is_genesis_given else None
        with (
            served_chain(self.keeping, self.engines, genesis, given) as chain,
            listen(self.network.host, self.network.port) as listening,
        ):
            self._serve(chain, accounts, listening)
            for path in (self.keeping.state, self.keeping.dump_state):
                if path is not None:
                    chain.export.dump(path)

    def _serve(
        self,
        chain: Blockchain,
        accounts: tuple[DeveloperAccount, ...],
        listening: socket.socket,
    ) -> None:
        node = Node(
            chain,
            {account.address: account.private_key for account in accounts},
            self._node_options(),
        )
        host, port = listening.getsockname()[:2]
        address = Address(host, port)
        document = config_document(chain, accounts, self.wallet, address)

        def say_ready() -> None:
            if not self.network.as_json:
                self._announce(chain, accounts, address)
            if self.network.config_out is not None:
                self.network.config_out.write_text(json.dumps(document, indent=2))
            mark_listening(
                self.keeping.db,
                json.dumps(
                    {
                        "endpoint": document["endpoint"],
                        "instance": node.options.instance,
                    }
                ),
            )
            if self.network.as_json:
                print_json(document)
                sys.stdout.flush()
            else:
                click.echo(f"Listening on {address.text}")

        def say_ended() -> None:
            unmark_listening(self.keeping.db)

        run_until_signal(
            node, listening, self._server_options(), (say_ready, say_ended)
        )

    def _announce(
        self,
        chain: Blockchain,
        accounts: tuple[DeveloperAccount, ...],
        address: Address,
    ) -> None:
        if not ip_address(address.host).is_loopback:
            say_warning(
                f"everyone who reaches {address.text} can use the accounts: their keys"
                " are public"
            )
        if not self.network.silent:
            for line in banner_lines(chain, accounts, self.wallet, self.mining):
                click.echo(on_one_line(line))
            click.echo()

    def _node_options(self) -> NodeOptions:
        mining = self.mining
        is_timed = mining.block_time is not None
        return NodeOptions(
            call_gas_limit=self.network.call_gas_limit,
            has_receipt_details=self.network.receipt_details,
            order=mining.order,
            automines=not mining.no_mining and (mining.mixed_mining or not is_timed),
            interval_seconds=mining.block_time,
            block_time_step=mining.block_time_step,
            now=wall_clock if mining.wall_clock else None,
            auto_impersonates=self.wallet.auto_impersonate,
            instance=token_hex(INSTANCE_BYTES),
            client_version=self.network.client_version,
        )

    def _server_options(self) -> ServerOptions:
        network = self.network
        return ServerOptions(
            access=Access(
                network.allow_host, network.allow_origin, not network.no_cors
            ),
            limits=Limits(
                request_bytes=network.request_size_limit, batch=network.batch_limit
            ),
            log=None if network.silent or self.network.as_json else log_line,
        )


def log_line(text: str) -> None:
    """One line on stdout; control characters are escaped."""
    click.echo(on_one_line(text))


def wall_clock() -> int:
    """The machine's time in seconds."""
    return int(time())
