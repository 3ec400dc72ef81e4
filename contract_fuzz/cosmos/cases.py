"""The inputs and outcomes of CosmWasm campaigns: plain values for any process."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import Struct

from chain_sim.cosmos.accounts.coins import parse_coins
from chain_sim.cosmos.chain.sent_messages import Entry, SentMessage
from chain_sim.cosmos.errors import CosmosError
from chain_sim.cosmos.files.cases import CaseStart
from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.errors import InvalidEntry

DEFAULT_GAS = 10_000_000
BOUNDS = {
    "contract": 1 << 16,
    "sender": 1 << 16,
    "codeId": 1 << 63,
    "gasLimit": 1 << 63,
    "seconds": 1 << 31,
}
TEXTS = ("entry", "message", "funds")
ENTRIES = ("execute", "migrate", "sudo", "query")
MAX_MESSAGE_BYTES = 1 << 20


class CosmosTransaction(Struct, frozen=True):
    """One message of a case, in a block of its own.

    `contract` and `sender` are places among those of the start state; `message` is
    JSON, `funds` coins as people write them. `seconds` is how much later than usual
    its block is.
    """

    entry: Entry
    message: str
    contract: int = 0
    sender: int = 0
    funds: str = ""
    code_id: int = 0
    gas_limit: int = DEFAULT_GAS
    seconds: int = 0

    @property
    def size_bytes(self) -> int:
        """What makes a sequence large: its messages."""
        return len(self.message)

    def document(self) -> dict[str, Any]:
        """The transaction for JSON."""
        return {
            "entry": self.entry,
            "message": self.message,
            "contract": self.contract,
            "sender": self.sender,
            "funds": self.funds,
            "codeId": self.code_id,
            "gasLimit": self.gas_limit,
            "seconds": self.seconds,
        }


def read_transaction(document: Any, place: int) -> CosmosTransaction:
    """The transaction in JSON, the one at this place; raises InvalidEntry."""
    keys = {*TEXTS, *BOUNDS}
    if not isinstance(document, dict) or set(document) != keys:
        raise InvalidEntry(f"transaction {place} needs the keys {sorted(keys)}")
    for key, bound in BOUNDS.items():
        if type(document[key]) is not int or not 0 <= document[key] < bound:
            raise InvalidEntry(f"transaction {place}: {key} is out of range")
    for key in TEXTS:
        text = document[key]
        if not isinstance(text, str) or len(text) > MAX_MESSAGE_BYTES:
            raise InvalidEntry(f"transaction {place}: {key} is no text, or too long")
    if document["entry"] not in ENTRIES:
        raise InvalidEntry(f"transaction {place}: entry is one of {ENTRIES}")
    try:
        document["message"].encode()
        parse_coins(document["funds"])
    except (UnicodeEncodeError, CosmosError) as error:
        raise InvalidEntry(f"transaction {place}: {error}") from error
    return CosmosTransaction(
        entry=document["entry"],
        message=document["message"],
        contract=document["contract"],
        sender=document["sender"],
        funds=document["funds"],
        code_id=document["codeId"],
        gas_limit=document["gasLimit"],
        seconds=document["seconds"],
    )


class CosmosOutcome(Struct, frozen=True):
    """What a message did, as far as anybody can see it.

    `error_kind` is "" for success and for an error of the contract's own, else "out of
    gas", "aborted", a trap's code, or the chain's words. `gas` is by descriptor,
    `calls` have the CosmWasm gas of each call. `token_fault` says which tokens came
    from nowhere.
    """

    status: CaseStatus
    error_kind: str
    error: str | None
    data: bytes
    events: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    gas_used: int
    gas: tuple[tuple[str, int], ...]
    calls: tuple[tuple[str, str, int, int], ...]
    token_fault: str = ""

    @property
    def succeeded(self) -> bool:
        """True if the message neither failed nor was refused."""
        return self.status is CaseStatus.SUCCESS


@dataclass(frozen=True, slots=True)
class CosmosStart:
    """The start of a campaign: a chain's newest block, contracts and senders.

    Addresses are text. `coins` are the denominations that senders pay with. `handlers`
    is a script that registers handlers, which each process runs.
    """

    chain: CaseStart
    contracts: tuple[str, ...]
    senders: tuple[str, ...]
    coins: tuple[str, ...] = ()
    code_ids: tuple[int, ...] = ()
    handlers: Path | None = None

    def sent(self, transaction: CosmosTransaction) -> SentMessage:
        """The transaction in the chain's own form."""
        is_signed = transaction.entry in {"execute", "migrate"}
        return SentMessage(
            entry=transaction.entry,
            contract=self.contracts[transaction.contract % len(self.contracts)],
            message=transaction.message,
            sender=(
                self.senders[transaction.sender % len(self.senders)]
                if is_signed
                else ""
            ),
            funds=transaction.funds if transaction.entry == "execute" else "",
            code_id=transaction.code_id,
            gas_limit=transaction.gas_limit,
        )


@dataclass(frozen=True, slots=True)
class CosmosPosition:
    """The state after the transactions that lead there from the start."""

    root: bytes
    height: int
    time: int
    transactions: tuple[CosmosTransaction, ...] = ()

    @property
    def block_hash(self) -> bytes:
        """A hash of the newest block: equal ones have equal states."""
        return sha256(self.root + b"%d %d" % (self.height, self.time)).digest()
