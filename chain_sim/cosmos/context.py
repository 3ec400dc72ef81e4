"""What code of a message works on: state, gas, events, and the block."""

from dataclasses import dataclass, field, replace

from chain_sim.cosmos.addresses import AddressBook
from chain_sim.cosmos.gas import Attributes, SdkGasMeter
from chain_sim.cosmos.releases import WasmdRules
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.state.stores import AUTH, BANK, WASM, GasStore


@dataclass(slots=True)
class Event:
    """Something that happened; attributes are in the order of emission."""

    kind: str
    attributes: Attributes

    def document(self) -> dict[str, object]:
        """The event in the chain's JSON."""
        listed = [{"key": key, "value": value} for key, value in self.attributes]
        return {"type": self.kind, "attributes": listed}


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """The block of a transaction; `time` in nanoseconds.

    `tx_index` and `tx_hash` are None outside of transactions. `gas_before` is what the
    block's transactions used before this one.
    """

    height: int
    time: int
    chain_id: str
    tx_index: int | None = None
    tx_hash: bytes = b""
    gas_before: int = 0


@dataclass(slots=True)
class CallRecord:
    """One call of a contract, for reports; `gas` values are CosmWasm gas."""

    entry: str
    contract: str
    gas_internal: int = 0
    gas_external: int = 0
    output: bytes | None = None
    error: str | None = None
    functions: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Context:
    """The surroundings of a message.

    `loaded` are the checksums of codes that this transaction ran already. `depth` is
    that of submessages, `query_depth` that of queries.
    """

    rules: WasmdRules
    addresses: AddressBook
    state: OrderedState
    block: BlockInfo
    meter: SdkGasMeter = field(default_factory=SdkGasMeter)
    events: list[Event] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)
    loaded: set[bytes] = field(default_factory=set)
    depth: int = 0
    query_depth: int = 0

    @property
    def auth(self) -> GasStore:
        """The store of accounts."""
        return GasStore(self.state, AUTH, self.meter)

    @property
    def bank(self) -> GasStore:
        """The store of balances."""
        return GasStore(self.state, BANK, self.meter)

    @property
    def wasm(self) -> GasStore:
        """The store of codes and contracts."""
        return GasStore(self.state, WASM, self.meter)

    def emit(self, kind: str, *attributes: tuple[str, str]) -> None:
        """Note an event."""
        self.events.append(Event(kind, list(attributes)))

    def with_meter(self, meter: SdkGasMeter) -> "Context":
        """The same surroundings with another meter."""
        return replace(self, meter=meter)

    def branched(self, meter: SdkGasMeter) -> "Context":
        """Surroundings with a list of events of their own."""
        return replace(self, meter=meter, events=[])
