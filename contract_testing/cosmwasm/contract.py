"""Contract objects of CosmWasm: `token.execute.transfer(recipient=bob, amount=5)`."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Self

from chain_sim.cosmos.chain.contracts import Code
from chain_sim.cosmos.chain.contracts import Contract as ChainContract
from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.transactions import TransactionFailed
from chain_sim.cosmos.errors import CosmosError
from chain_sim.cosmos.schema.schema import CosmosSchema
from contract_testing.contracts.errors import InvalidUse
from contract_testing.cosmwasm.failures import raised
from contract_testing.cosmwasm.messages import (
    CosmosMessages,
    EntryPoint,
    default_gas,
)
from contract_testing.cosmwasm.receipt import CosmosReceipt
from contractvm.hosts.cosmwasm.json_text import compact_json, parse_json
from gas_schedule.arguments import as_kind


class CosmosContract:
    """A contract on a Cosmos chain, whose schema gives its messages names and types.

    `execute`, `query`, `migrate` and `sudo` have a method for each message, or are
    called themselves where there is only one. `receipt` is that of the transaction that
    made the contract, None if it was there before. `bound_schema` is for classes of
    `contractvm bind`.
    """

    bound_schema: ClassVar[Any] = None

    execute: CosmosMessages
    query: CosmosMessages
    migrate: CosmosMessages
    sudo: CosmosMessages

    def __init__(
        self,
        address: Any,
        schema: Any,
        chain: CosmosChain,
        *,
        label: str | None = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        """Raises CosmosError for an address without a contract.

        `schema` is whatever CosmosSchema.read takes: the path of a file or folder, or
        its content.
        """
        self.chain = as_kind(chain, "chain", CosmosChain)
        self.address = chain.contract(getattr(address, "address", address)).address
        self.schema = CosmosSchema.read(schema)
        self.label = label or self.schema.name or "contract"
        self.receipt: CosmosReceipt | None = None
        self._defaults = dict(defaults or {})
        for name in ("execute", "query", "migrate", "sudo"):
            send = self._ask if name == "query" else partial(self._transact, name)
            entry = EntryPoint(self.label, name, self.schema, send)
            setattr(self, name, CosmosMessages(entry))

    @classmethod
    def at(cls, address: Any, chain: CosmosChain, **options: Any) -> Self:
        """The contract at an address, for a class that has a schema."""
        return cls(address, cls.bound_schema, chain, **options)

    @classmethod
    def deploy(
        cls,
        chain: CosmosChain,
        code: Any,
        *,
        schema: Any = None,
        sender: Any = None,
        **fields: Any,
    ) -> Self:
        """Store a module, and make a contract of it; see `instantiate`.

        `code` is bytes, the path of a .wasm or .wat file, or .wat text.
        """
        messages = cls._making(
            as_kind(chain, "chain", CosmosChain),
            schema,
            lambda: chain.store(code, address_text(sender)),
        )
        made: Self = messages(sender=sender, **fields)
        return made

    @classmethod
    def instantiate(
        cls, chain: CosmosChain, code: Code | int, *, schema: Any = None, **fields: Any
    ) -> Self:
        """Make a contract of a stored code, with the fields of its message.

        Options are `sender`, `funds` as "5stake" or Coins, `label`, `admin`, `salt` and
        `gas_limit`; a field with such a name goes into `args={...}`. Raises
        ContractFailure, and UnfitMessage before anything is sent.
        """
        messages = cls._making(
            as_kind(chain, "chain", CosmosChain),
            schema,
            lambda: chain.code(code) if isinstance(code, int) else code,
        )
        made: Self = messages(**fields)
        return made

    @classmethod
    def _making(
        cls, chain: CosmosChain, schema: Any, find_code: Callable[[], Code]
    ) -> CosmosMessages:
        """What makes contracts; the code is asked for when the message is known."""
        read = CosmosSchema.read(cls.bound_schema if schema is None else schema)

        def send(message: Any, shown: str, options: Mapping[str, Any]) -> Any:
            label = options.get("label") or read.name or "contract"
            gas_limit = options.get("gas_limit") or default_gas("instantiate")
            try:
                made = find_code().instantiate(
                    compact_json(message).encode(),
                    sender=address_text(options.get("sender")),
                    funds=options.get("funds", ()),
                    label=label,
                    admin=address_text(options.get("admin")),
                    salt=options.get("salt"),
                    gas_limit=gas_limit,
                )
            except TransactionFailed as error:
                receipt = CosmosReceipt(error.outcome)
                raise raised(chain, error, shown, gas_limit, receipt) from error
            found = cls(made.address, read, chain, label=label)
            if made.outcome is not None:
                found.receipt = CosmosReceipt(made.outcome, found)
            return found

        entry = EntryPoint(read.name or "contract", "instantiate", read, send)
        return CosmosMessages(entry)

    def using(self, **options: Any) -> Self:
        """The same contract, with other defaults: `token.using(sender=alice)`."""
        unknown = set(options) - {"sender", "funds", "gas_limit"}
        if unknown:
            raise TypeError(f"no option {', '.join(sorted(unknown))}")
        found = type(self)(
            self.address,
            self.schema,
            self.chain,
            label=self.label,
            defaults={**self._defaults, **options},
        )
        found.receipt = self.receipt
        return found

    def raw_query(self, key: bytes | str) -> bytes | None:
        """A value of the contract's own storage; None if there is none."""
        data = key.encode() if isinstance(key, str) else key
        return self.chain.query_raw(self.address, data)

    def _ask(self, message: Any, shown: str, options: Mapping[str, Any]) -> Any:
        gas_limit = options.get("gas_limit") or default_gas("query")
        try:
            answer, _ = self.chain.query_bytes(
                self.address, compact_json(message).encode(), gas_limit=gas_limit
            )
        except CosmosError as error:
            raise raised(self.chain, error, shown, gas_limit) from error
        return self.schema.decode_answer(message, parse_json(answer))

    def _transact(
        self, entry: str, message: Any, shown: str, options: Mapping[str, Any]
    ) -> CosmosReceipt:
        given = {**self._defaults, **options}
        gas_limit = given.get("gas_limit") or default_gas(entry)
        contract = ChainContract(self.chain, self.address)
        sender = address_text(given.get("sender"))
        sent = compact_json(message).encode()
        try:
            match entry:
                case "execute":
                    outcome = contract.execute(
                        sent,
                        sender=sender,
                        funds=given.get("funds", ()),
                        gas_limit=gas_limit,
                    )
                case "migrate":
                    outcome = contract.migrate(
                        self._code(given.get("code_id")),
                        sent,
                        sender=sender,
                        gas_limit=gas_limit,
                    )
                case _:
                    outcome = contract.sudo(sent, gas_limit=gas_limit)
        except TransactionFailed as error:
            receipt = CosmosReceipt(error.outcome, self)
            if options.get("check") is False:
                return receipt
            raise raised(self.chain, error, shown, gas_limit, receipt) from error
        return CosmosReceipt(outcome, self)

    def _code(self, code: Code | int | None) -> Code:
        if code is None:
            raise InvalidUse("migrate needs code_id=, the number of the new code")
        return self.chain.code(code) if isinstance(code, int) else code

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CosmosContract)
            and self.address == other.address
            and self.chain is other.chain
        )

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{len(messages)} {name} message{'' if len(messages) == 1 else 's'}"
            for name, messages in (("execute", self.execute), ("query", self.query))
        )
        chain_id = self.chain.config.chain_id
        return f"<{self.label} {self.address} on chain {chain_id}: {counts}>"


def address_text(given: Any) -> str | None:
    """An address: text, or what has one; None is the chain's default."""
    found = getattr(given, "address", given)
    if found is not None and not isinstance(found, str):
        raise InvalidUse(f"{given!r} is no address of a Cosmos chain")
    return found
