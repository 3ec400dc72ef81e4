"""A chain's genesis file, and the header that follows from it.

The file is JSON. Numbers are quantities (`0x1`), addresses and data are `0x` text, as
in JSON-RPC. It is written in one canonical form and read strictly: every key once,
none missing, none unknown.

The genesis hash commits to all of it: `extra_data` holds the content hash of the gas
schedule, `mix_hash` the hash of the canonical file, `state_root` the accounts.
"""

import json
from dataclasses import dataclass

from msgspec import Struct, structs

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DEVELOPER_BALANCE
from chain_sim.ethereum.blocks.block import (
    EMPTY_OMMERS_HASH,
    NONCE_BYTES,
    ZERO_HASH,
    Header,
)
from chain_sim.ethereum.fee_market import DEFAULT_BASE_FEE
from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.primitives.arguments import as_address
from chain_sim.ethereum.primitives.bloom import EMPTY_BLOOM
from chain_sim.ethereum.primitives.errors import InvalidGenesis
from chain_sim.ethereum.primitives.strict_json import JsonObject, parse_object
from chain_sim.ethereum.primitives.text import (
    EMPTY_TRIE_ROOT,
    Address,
    Hash32,
    format_address,
    format_data,
    format_quantity,
    keccak256,
)
from chain_sim.ethereum.primitives.transactions import (
    MAX_UINT_64,
    MAX_UINT_256,
)
from gas_schedule.arguments import as_int, as_kind

DEVELOPER_CHAIN_ID = 31337
DEVELOPER_TIMESTAMP = 1_700_000_000
DEVELOPER_GAS_LIMIT = 30_000_000
ZERO_ADDRESS = Address(bytes(20))
# The engine's gas counter is a signed 64-bit number.
MAX_BLOCK_GAS = 2**63 - 1


class GenesisAccount(Struct, frozen=True):
    """An account at the start; `storage` is in the order of its keys, without zeros."""

    address: Address
    balance: int = 0
    nonce: int = 0
    code: bytes = b""
    storage: tuple[tuple[Hash32, Hash32], ...] = ()

    def __post_init__(self) -> None:
        """The address may be in any form; raises InvalidText and TypeError."""
        structs.force_setattr(self, "address", as_address(self.address))
        as_int(self.balance, "balance", "an int, in wei")
        as_int(self.nonce, "nonce")
        as_kind(self.code, "code", bytes)


class LoadedState(Struct, frozen=True):
    """The start of a loaded chain: its first block's number and state root."""

    number: int
    state_root: Hash32


@dataclass(frozen=True, slots=True)
class GenesisConfig:
    """Everything that two nodes must share to build the same chain.

    `schedule_hash` is the content hash of the gas schedule's file; `profile` and
    `instrumentation_version` name the rules for modules and for their metering.
    `accounts` is in the order of the addresses. With `loaded` it is empty: the accounts
    came from a file of another tool, and are in the database only. `fork` names
    Ethereum's rules; a file without one means Byzantium. `fees` names the fee market,
    and `base_fee_per_gas` is what it starts with, in wei; without one both are None.
    """

    chain_id: int
    timestamp: int
    gas_limit: int
    coinbase: Address
    schedule: str
    schedule_hash: Hash32
    profile: str
    instrumentation_version: int
    accounts: tuple[GenesisAccount, ...]
    loaded: LoadedState | None = None
    fork: str = BYZANTIUM.name
    fees: str | None = None
    base_fee_per_gas: int | None = None

    def __post_init__(self) -> None:
        """The coinbase may be in any form; a fee market starts with the usual base fee.

        Raises InvalidText, TypeError and InvalidGenesis.
        """
        object.__setattr__(self, "coinbase", as_address(self.coinbase, "coinbase"))
        for name in ("chain_id", "timestamp", "gas_limit", "instrumentation_version"):
            as_int(getattr(self, name), name)
        if self.fees is None and self.base_fee_per_gas is not None:
            raise InvalidGenesis("baseFeePerGas", "there is no fee market")
        if self.fees is not None and self.base_fee_per_gas is None:
            object.__setattr__(self, "base_fee_per_gas", DEFAULT_BASE_FEE)


def developer_genesis(
    schedule: str, schedule_hash: Hash32, profile: str, instrumentation_version: int
) -> GenesisConfig:
    """The configuration of a local chain: the ten funded developer accounts."""
    accounts = sorted(account.address for account in DEVELOPER_ACCOUNTS)
    return GenesisConfig(
        chain_id=DEVELOPER_CHAIN_ID,
        timestamp=DEVELOPER_TIMESTAMP,
        gas_limit=DEVELOPER_GAS_LIMIT,
        coinbase=ZERO_ADDRESS,
        schedule=schedule,
        schedule_hash=schedule_hash,
        profile=profile,
        instrumentation_version=instrumentation_version,
        accounts=tuple(
            GenesisAccount(address, DEVELOPER_BALANCE) for address in accounts
        ),
    )


def genesis_header(config: GenesisConfig, state_root: Hash32) -> Header:
    """The first block's header; `state_root` is the root of the accounts."""
    number = 0 if config.loaded is None else config.loaded.number
    return Header(
        parent_hash=ZERO_HASH,
        ommers_hash=EMPTY_OMMERS_HASH,
        coinbase=config.coinbase,
        state_root=state_root,
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=EMPTY_BLOOM,
        difficulty=0,
        number=number,
        gas_limit=config.gas_limit,
        gas_used=0,
        timestamp=config.timestamp,
        extra_data=config.schedule_hash,
        mix_hash=keccak256(encode_genesis(config).encode()),
        nonce=bytes(NONCE_BYTES),
        base_fee_per_gas=config.base_fee_per_gas,
    )


def encode_genesis(config: GenesisConfig) -> str:
    """The canonical JSON: keys and accounts in order, two spaces of indentation."""
    content: dict[str, object] = {
        "accounts": {
            format_address(account.address): _account_content(account)
            for account in config.accounts
        },
        **_base_fee_content(config.base_fee_per_gas),
        "chainId": format_quantity(config.chain_id),
        "coinbase": format_address(config.coinbase),
        **({} if config.fees is None else {"fees": config.fees}),
        **_fork_content(config.fork),
        "gasLimit": format_quantity(config.gas_limit),
        "instrumentationVersion": format_quantity(config.instrumentation_version),
        **_loaded_content(config.loaded),
        "profile": config.profile,
        "schedule": config.schedule,
        "scheduleHash": format_data(config.schedule_hash),
        "timestamp": format_quantity(config.timestamp),
    }
    return json.dumps(content, indent=2) + "\n"


def decode_genesis(text: str) -> GenesisConfig:
    """The configuration in a genesis file; raises InvalidGenesis."""
    content = parse_object(text, InvalidGenesis)
    config = GenesisConfig(
        chain_id=content.quantity("chainId", 1, MAX_UINT_64),
        timestamp=content.quantity("timestamp", 0, MAX_UINT_64),
        gas_limit=content.quantity("gasLimit", 1, MAX_BLOCK_GAS),
        coinbase=Address(content.data("coinbase", 20)),
        schedule=content.name("schedule"),
        schedule_hash=Hash32(content.data("scheduleHash", 32)),
        profile=content.name("profile"),
        instrumentation_version=content.quantity(
            "instrumentationVersion", 0, MAX_UINT_64
        ),
        accounts=_read_accounts(content.member_object("accounts")),
        loaded=_read_loaded(content.member_object("loaded"))
        if "loaded" in content
        else None,
        fork=content.name("fork") if "fork" in content else BYZANTIUM.name,
        fees=content.name("fees") if "fees" in content else None,
        base_fee_per_gas=content.quantity("baseFeePerGas", 0, MAX_UINT_256)
        if "baseFeePerGas" in content
        else None,
    )
    content.refuse_other_keys()
    if config.loaded is not None and config.accounts:
        content.refuse("accounts", "not empty, and the state is a loaded one")
    return config


def _fork_content(fork: str) -> dict[str, object]:
    """Left out for the first fork, as in the files from before it had a name."""
    return {} if fork == BYZANTIUM.name else {"fork": fork}


def _base_fee_content(base_fee: int | None) -> dict[str, object]:
    return {} if base_fee is None else {"baseFeePerGas": format_quantity(base_fee)}


def _loaded_content(loaded: LoadedState | None) -> dict[str, object]:
    if loaded is None:
        return {}
    number, root = format_quantity(loaded.number), format_data(loaded.state_root)
    return {"loaded": {"number": number, "stateRoot": root}}


def _read_loaded(content: JsonObject) -> LoadedState:
    loaded = LoadedState(
        number=content.quantity("number", 0, MAX_UINT_64),
        state_root=Hash32(content.data("stateRoot", 32)),
    )
    content.refuse_other_keys()
    return loaded


def _account_content(account: GenesisAccount) -> dict[str, object]:
    content: dict[str, object] = {"balance": format_quantity(account.balance)}
    if account.code:
        content["code"] = format_data(account.code)
    if account.nonce:
        content["nonce"] = format_quantity(account.nonce)
    if account.storage:
        content["storage"] = {
            format_data(key): format_data(value) for key, value in account.storage
        }
    return content


def _read_accounts(content: JsonObject) -> tuple[GenesisAccount, ...]:
    accounts: dict[Address, GenesisAccount] = {}
    for key in content:
        address = Address(content.key_data(key, 20))
        if address in accounts:
            content.refuse(key, "the address stands here twice")
        accounts[address] = _read_account(address, content.member_object(key))
    return tuple(accounts[address] for address in sorted(accounts))


def _read_account(address: Address, content: JsonObject) -> GenesisAccount:
    account = GenesisAccount(
        address=address,
        balance=content.quantity("balance", 0, MAX_UINT_256),
        nonce=content.quantity("nonce", 0, MAX_UINT_64) if "nonce" in content else 0,
        code=content.data("code") if "code" in content else b"",
        storage=_read_storage(content.member_object("storage"))
        if "storage" in content
        else (),
    )
    content.refuse_other_keys()
    return account


def _read_storage(content: JsonObject) -> tuple[tuple[Hash32, Hash32], ...]:
    slots: dict[Hash32, Hash32] = {}
    for key in content:
        slot = Hash32(content.key_data(key, 32))
        if slot in slots:
            content.refuse(key, "the slot stands here twice")
        slots[slot] = Hash32(content.data(key, 32))
        if not any(slots[slot]):
            content.refuse(key, "zero is what an absent slot holds")
    return tuple(sorted(slots.items()))
