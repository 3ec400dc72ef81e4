"""What a node says of itself at its start, for people and for programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import format_address, format_data
from contractvm_cli.serving.options import AccountOptions, MiningOptions

GWEI = 10**9


class Address(Struct, frozen=True):
    """Where the node listens."""

    host: str
    port: int

    @property
    def text(self) -> str:
        """`127.0.0.1:8545`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def banner_lines(
    chain: Blockchain,
    accounts: Sequence[DeveloperAccount],
    wallet: AccountOptions,
    mining: MiningOptions,
) -> Iterator[str]:
    """The parts that anvil prints, the gas schedule, and the clock."""
    genesis = chain.genesis
    yield from part(
        "Available Accounts",
        *(
            f"({account.index}) {format_address(account.address)}"
            f" ({wallet.balance} ETH)"
            for account in accounts
        ),
    )
    yield from part(
        "Private Keys",
        *(f"({one.index}) {format_data(one.private_key)}" for one in accounts),
    )
    yield from part(
        "Wallet",
        f"Mnemonic:          {wallet.mnemonic}",
        f"Derivation path:   {wallet.derivation_path}",
    )
    yield from part("Chain ID", str(genesis.chain_id))
    if genesis.base_fee_per_gas is not None:
        yield from part("Base Fee", str(genesis.base_fee_per_gas))
    yield from part("Gas Limit", str(chain.head.header.gas_limit))
    yield from part("Genesis Timestamp", str(genesis.timestamp))
    yield from part("Gas Schedule", genesis.schedule)
    yield from part("Clock", clock_text(mining, chain.clock.interval))


def part(title: str, *lines: str) -> Iterator[str]:
    """A title and what is under it."""
    yield ""
    yield title
    yield "=================="
    yield ""
    yield from lines


def clock_text(mining: MiningOptions, interval: int) -> str:
    """What the times of blocks depend on; `interval` in seconds."""
    if mining.wall_clock:
        return "the machine's: the same requests give other hashes each time"
    if mining.block_time is not None:
        return (
            f"logical, {interval} s a block; when blocks are made"
            " depends on the machine"
        )
    return f"logical, {interval} s a block"


def config_document(
    chain: Blockchain,
    accounts: Sequence[DeveloperAccount],
    wallet: AccountOptions,
    address: Address,
) -> dict[str, Any]:
    """The same for programs, with anvil's keys and the address."""
    genesis = chain.genesis
    base_fee = genesis.base_fee_per_gas or 0
    return {
        "host": address.host,
        "port": address.port,
        "endpoint": f"http://{address.text}",
        "available_accounts": [format_address(one.address) for one in accounts],
        "private_keys": [format_data(one.private_key) for one in accounts],
        "wallet": {
            "mnemonic": wallet.mnemonic,
            "derivation_path": wallet.derivation_path,
        },
        "chain_id": genesis.chain_id,
        "base_fee": str(base_fee),
        "gas_price": str(base_fee + GWEI),
        "gas_limit": str(chain.head.header.gas_limit),
        "genesis_timestamp": str(genesis.timestamp),
        "schedule": genesis.schedule,
    }
