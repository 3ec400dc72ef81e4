"""The block that the state in an anvil or geth file belongs to."""

from dataclasses import dataclass, field, replace
from typing import Any

from chain_sim.ethereum.blocks.genesis import MAX_BLOCK_GAS, GenesisConfig, LoadedState
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.dumps.json_events import JsonEvents
from chain_sim.ethereum.dumps.values import any_data, any_number
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import MAX_UINT_64, MAX_UINT_256

MAX_NUMBER = 2**63 - 1
ANVIL = "anvil"
GETH = "geth"
ACCOUNTS_KEYS = {"accounts": ANVIL, "alloc": GETH}
SKIPPED_LISTS = ("blocks", "transactions")
# Fields that no block of this chain has, or that are computed.
NOT_KEPT = (
    "blobGasUsed",
    "difficulty",
    "excessBlobGas",
    "extraData",
    "gasUsed",
    "mixHash",
    "mixhash",
    "nonce",
    "parentHash",
)


@dataclass(slots=True)
class ForeignFields:
    """The fields read so far; `kind` is the tool that wrote the file."""

    kind: str = ""
    number: int = 0
    timestamp: int = 0
    gas_limit: int | None = None
    coinbase: Address | None = None
    chain_id: int | None = None
    base_fee: int | None = None
    skipped: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, None] = field(default_factory=dict)

    def begin_accounts(self, key: str, events: JsonEvents) -> None:
        """The accounts begin, under this key."""
        if self.kind:
            events.refuse("a file has either accounts or alloc, once")
        self.kind = ACCOUNTS_KEYS[key]

    def read(self, key: str, events: JsonEvents) -> None:
        """Read the value of a key other than the accounts'."""
        place = events.place
        if key in SKIPPED_LISTS:
            self.skipped[key] = events.skip()
        elif key == "historical_states":
            if events.skip():
                self.warn("historical_states is not kept: states of older blocks")
        elif key in NOT_KEPT:
            events.skip()
            self.warn(f"{key} is not kept")
        elif key in ("block", "config"):
            self._read_object(key, events.value(), place)
        elif not self._read_field(key, events.value, place):
            events.skip()
            self.warn(f"unknown key {key[:40]!r} is passed over")

    def warn(self, text: str) -> None:
        """Add a warning for the user, once."""
        if len(self.warnings) < 20:
            self.warnings[text] = None

    def genesis(
        self,
        root: Hash32,
        schedule: str | None,
        chain_id: int | None,
        fees: str | None,
    ) -> GenesisConfig:
        """The genesis of the chain; `chain_id` overrides the file's.

        With the fee market `fees` it starts with the file's base fee.
        """
        base_fee = self.base_fee
        if fees is None:
            base_fee = None
            if self.kind == GETH and self.base_fee is not None:
                self.warn("baseFeePerGas is not kept")
        default = default_genesis(schedule, fees=fees, base_fee_per_gas=base_fee)
        if not self.kind:
            reason = "has neither accounts nor alloc: no dump, state.json or genesis"
            raise MalformedDump("file", reason)
        gas_limit = self.gas_limit
        if gas_limit is not None and gas_limit > MAX_BLOCK_GAS:
            gas_limit = MAX_BLOCK_GAS
            self.warn(f"the block gas limit is {gas_limit}, the greatest there is")
        return replace(
            default,
            chain_id=chain_id or self.chain_id or default.chain_id,
            timestamp=self.timestamp,
            gas_limit=gas_limit or default.gas_limit,
            coinbase=self.coinbase or default.coinbase,
            accounts=(),
            loaded=LoadedState(self.number, root),
        )

    def _read_object(self, key: str, value: Any, place: str) -> None:
        if value is None:
            return
        if not isinstance(value, dict):
            raise MalformedDump(place, "not an object")
        if key == "config":
            if "chainId" in value:
                where = f"{place}.chainId"
                self.chain_id = any_number(value["chainId"], where, MAX_UINT_64)
            return
        for name, inner in value.items():
            self._read_field(name, lambda inner=inner: inner, f"{place}.{name}")

    def _read_field(self, key: str, read: Any, place: str) -> bool:
        """Whether the field is known; a null number is ignored."""
        match key:
            case "number" | "best_block_number":
                value = read()
                if value is not None and (key != "number" or not self.number):
                    self.number = any_number(value, place, MAX_NUMBER)
            case "timestamp":
                self.timestamp = any_number(read(), place, MAX_UINT_64)
            case "gas_limit" | "gasLimit":
                self.gas_limit = any_number(read(), place, MAX_UINT_64)
            case "coinbase" | "beneficiary":
                self.coinbase = Address(any_data(read(), place, 20))
            case "baseFeePerGas" | "basefee":
                value = read()
                if value is not None:
                    self.base_fee = any_number(value, place, MAX_UINT_256)
            case _:
                return False
        return True
