"""Codes and contracts of a chain, as values with methods."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from chain_sim.cosmos.accounts.coins import coins_text, parse_coins
from chain_sim.cosmos.addresses import AddressBook
from chain_sim.cosmos.chain.sent_messages import DEFAULT_GAS, SentMessage, text_of
from chain_sim.cosmos.chain.transactions import Produced, TransactionOutcome
from chain_sim.cosmos.context import Context
from chain_sim.cosmos.schema.schema import CosmosSchema
from chain_sim.cosmos.wasm.keeper import checked_message
from chain_sim.cosmos.wasm.module import WasmModule
from chain_sim.cosmos.wasm.queries import QUERY_GAS
from contractvm.hosts.cosmwasm.json_text import compact_json, parse_json

Run = Callable[[Context, WasmModule], Produced]


class Chain(Protocol):
    """What codes and contracts need of their chain."""

    @property
    def addresses(self) -> AddressBook:
        """The chain's addresses."""

    def transact(
        self, run: Run, gas_limit: int | None
    ) -> tuple[TransactionOutcome, Produced]:
        """Run messages as a transaction."""

    def deliver(self, sent: SentMessage) -> tuple[TransactionOutcome, Produced]:
        """Send a message to a contract as a transaction."""

    def sender(self, text: str | None) -> bytes:
        """The bytes of a sender."""

    def sender_address(self, text: str | None) -> str:
        """The address of a sender."""

    def query(self, contract: str, message: object, *, gas_limit: int) -> Any:
        """Ask a contract."""

    def query_raw(self, contract: str, key: bytes) -> bytes | None:
        """A value of a contract's store."""


def message_bytes(
    message: object, schema: CosmosSchema | None = None, entry: str = ""
) -> bytes:
    """A message as JSON: text and bytes are JSON already.

    With a schema, raises UnfitMessage for what the entry point does not take.
    """
    if isinstance(message, bytes | bytearray | memoryview | str):
        content = message.encode() if isinstance(message, str) else bytes(message)
        if schema is not None:
            schema.check(entry, json_of(content))
        return content
    if schema is not None:
        message = schema.encode(entry, message)
    return compact_json(message).encode()


def json_of(message: bytes | str) -> Any:
    """What a message in JSON says; raises CosmosError."""
    return parse_json(checked_message(message_bytes(message)))


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract; `outcome` is that of the transaction that made it, if known here.

    With a `schema`, messages are checked before they are sent, and converted: Uint128
    is int, Binary is bytes, and answers are named tuples. A message that does not fit
    raises UnfitMessage, an answer UnfitAnswer. JSON, as text or bytes, is only checked.
    """

    chain: Chain = field(repr=False)
    address: str
    outcome: TransactionOutcome | None = field(default=None, repr=False)
    schema: CosmosSchema | None = field(default=None, repr=False)

    def execute(
        self,
        message: object,
        *,
        sender: str | None = None,
        funds: object = (),
        gas_limit: int = DEFAULT_GAS,
    ) -> TransactionOutcome:
        """Send a message; raises TransactionFailed, and then nothing has changed."""
        sent = SentMessage(
            "execute",
            self.address,
            text_of(message_bytes(message, self.schema, "execute")),
            self.chain.sender_address(sender),
            coins_text(parse_coins(funds)),
            gas_limit=gas_limit,
        )
        return self.chain.deliver(sent)[0]

    def query(self, message: object, *, gas_limit: int = QUERY_GAS) -> Any:
        """Ask; the answer, parsed. Raises CosmosError."""
        sent = message_bytes(message, self.schema, "query")
        answer = self.chain.query(self.address, sent, gas_limit=gas_limit)
        if self.schema is None:
            return answer
        return self.schema.decode_answer(json_of(sent), answer)

    def query_raw(self, key: bytes) -> bytes | None:
        """A value of the contract's store, None if there is none."""
        return self.chain.query_raw(self.address, key)

    def migrate(
        self,
        code: "Code",
        message: object,
        *,
        sender: str | None = None,
        gas_limit: int = DEFAULT_GAS,
    ) -> TransactionOutcome:
        """Give the contract another code; raises TransactionFailed."""
        sent = SentMessage(
            "migrate",
            self.address,
            text_of(message_bytes(message, self.schema, "migrate")),
            self.chain.sender_address(sender),
            code_id=code.code_id,
            gas_limit=gas_limit,
        )
        return self.chain.deliver(sent)[0]

    def sudo(
        self, message: object, *, gas_limit: int = DEFAULT_GAS
    ) -> TransactionOutcome:
        """Call `sudo`, as a module of the chain does; raises TransactionFailed."""
        text = text_of(message_bytes(message, self.schema, "sudo"))
        sent = SentMessage("sudo", self.address, text, gas_limit=gas_limit)
        return self.chain.deliver(sent)[0]

    def set_admin(
        self,
        admin: str | None,
        *,
        sender: str | None = None,
        gas_limit: int = DEFAULT_GAS,
    ) -> TransactionOutcome:
        """Give the contract another admin, or none; raises TransactionFailed."""

        def run(context: Context, wasm: WasmModule) -> Produced:
            wasm.lifecycle.set_admin(
                context,
                context.addresses.data(self.address),
                self.chain.sender(sender),
                admin or "",
            )
            return Produced()

        return self.chain.transact(run, gas_limit)[0]

    def set_label(
        self, label: str, *, sender: str | None = None, gas_limit: int = DEFAULT_GAS
    ) -> TransactionOutcome:
        """Give the contract another label; raises TransactionFailed."""

        def run(context: Context, wasm: WasmModule) -> Produced:
            contract = context.addresses.data(self.address)
            source = self.chain.sender(sender)
            wasm.lifecycle.set_label(context, contract, source, label)
            return Produced()

        return self.chain.transact(run, gas_limit)[0]


@dataclass(frozen=True, slots=True)
class Code:
    """A stored code; `outcome` is that of the transaction, if known here."""

    chain: Chain = field(repr=False)
    code_id: int
    checksum: bytes
    outcome: TransactionOutcome | None = field(default=None, repr=False)

    def instantiate(  # noqa: PLR0913 (what wasmd's message has)
        self,
        message: object,
        *,
        sender: str | None = None,
        funds: object = (),
        label: str = "contract",
        admin: str | None = None,
        salt: bytes | None = None,
        fixes_message: bool = False,
        schema: Any = None,
        gas_limit: int = DEFAULT_GAS,
    ) -> Contract:
        """Make a contract; raises TransactionFailed.

        Its address follows from the numbers of the code and the contract, or with a
        `salt` from code, sender and salt (and message, if it `fixes_message`). `schema`
        is whatever CosmosSchema.read takes; see Contract.
        """
        known = None if schema is None else CosmosSchema.read(schema)
        sent = SentMessage(
            "instantiate",
            "",
            text_of(message_bytes(message, known, "instantiate")),
            self.chain.sender_address(sender),
            coins_text(parse_coins(funds)),
            code_id=self.code_id,
            gas_limit=gas_limit,
            label=label,
            admin=admin or "",
            salt=None if salt is None else salt.hex(),
            fixes_message=fixes_message,
        )
        outcome, produced = self.chain.deliver(sent)
        address = self.chain.addresses.text(produced.address)
        return Contract(self.chain, address, outcome, known)
