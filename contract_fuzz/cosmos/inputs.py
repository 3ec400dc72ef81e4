"""Messages of cases, generated and mutated by their shapes."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs

from chain_sim.cosmos.chain.sent_messages import Entry
from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.cosmos.cases import CosmosStart, CosmosTransaction
from contract_fuzz.cosmos.shapes import (
    Anything,
    Choice,
    Constant,
    Fields,
    Schema,
    Shape,
)
from contract_fuzz.cosmos.values import MessageValues
from contract_fuzz.inputs.byte_mutation import Operands, mutate_bytes
from contract_fuzz.inputs.dictionary import Dictionary
from contractvm.hosts.cosmwasm.json_text import (
    MalformedJson,
    compact_json,
    parse_json,
)

MAX_SECONDS_BITS = 25  # a year
MAX_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class MessageKind:
    """One message that a contract takes; `weight` is how often it is sent.

    `selector` and `signature` name it in reports: "execute transfer".
    """

    entry: Entry
    name: str
    schema: Schema
    shape: Shape
    weight: int = 4

    @property
    def signature(self) -> str:
        """The entry point, and the message's name."""
        return f"{self.entry} {self.name}".strip()

    @property
    def selector(self) -> bytes:
        """The same as bytes."""
        return self.signature.encode()


def kinds_of(entry: Entry, schema: Schema) -> tuple[MessageKind, ...]:
    """The messages of an entry point: a kind for each variant."""
    weight = 1 if entry == "query" else 4
    shape = schema.shape
    options = shape.options if isinstance(shape, Choice) else (shape,)
    found = []
    for option in options:
        # Variants without fields are a choice of texts.
        variants = option.options if isinstance(option, Choice) else (option,)
        for variant in variants:
            kind = MessageKind(entry, _variant_name(variant), schema, variant, weight)
            found.append(kind)
    return tuple(found)


def _variant_name(variant: Shape) -> str:
    if isinstance(variant, Constant):
        return str(variant.value)
    if isinstance(variant, Fields) and len(variant.fields) == 1:
        return variant.fields[0][0]
    return ""


def name_of(message: str) -> str:
    """The variant that a message is of: its only key; "" if it has none."""
    try:
        value = parse_json(message)
    except MalformedJson:
        return ""
    if isinstance(value, str):
        return value
    return str(next(iter(value))) if isinstance(value, dict) and value else ""


class MessageInputs:
    """Generates and mutates messages; the same numbers give the same ones.

    Numbers are text in messages, so what a contract compares says little of them.
    """

    uses_operands = False

    def __init__(
        self,
        start: CosmosStart,
        kinds: tuple[MessageKind, ...],
        words: Dictionary,
        gas_limit: int,
    ) -> None:
        self._start = start
        self._words = words
        self._gas_limit = gas_limit
        addresses = (*start.senders, *start.contracts)
        no_kind = MessageKind("execute", "", Schema(Anything()), Anything())
        self._kinds = kinds or (no_kind,)
        self._weighted = tuple(kind for kind in self._kinds for _ in range(kind.weight))
        self._values = {
            id(kind.schema): MessageValues(kind.schema, words, addresses)
            for kind in self._kinds
        }
        self._by_name = {(kind.entry, kind.name): kind for kind in self._kinds}
        self._labels: dict[CosmosTransaction, bytes] = {}

    def label(self, transaction: CosmosTransaction) -> bytes:
        """The kind of a message, as reports know it."""
        found = self._labels.get(transaction)
        if found is None:
            if len(self._labels) >= MAX_KEPT:
                self._labels.clear()
            kind = self._kind_of(transaction)
            found = b"" if kind is None else kind.selector
            self._labels[transaction] = found
        return found

    def make(self, random: CaseRandom) -> CosmosTransaction:
        """See InputMaker."""
        kind: MessageKind = random.pick(self._weighted)
        value = self._values[id(kind.schema)].make(kind.shape, random)
        return self._sent(kind, compact_json(value), random)

    def change(
        self,
        transaction: CosmosTransaction,
        random: CaseRandom,
        operands: Sequence[Operands] = (),  # noqa: ARG002 (see InputMaker)
    ) -> CosmosTransaction:
        """See InputMaker: mostly in its message."""
        match random.below(16):
            case 0:
                senders = len(self._start.senders)
                return structs.replace(transaction, sender=random.below(senders))
            case 1 if transaction.entry == "execute":
                return structs.replace(transaction, funds=self._funds(random))
            case 2:
                return structs.replace(transaction, seconds=_seconds(random))
        message = self._changed(transaction, random)
        return structs.replace(transaction, message=message)

    def simplest(self) -> list[CosmosTransaction]:
        """See InputMaker: every kind of message, once."""
        nothing = CaseRandom(0, 0)
        found = []
        for kind in self._kinds:
            value = self._values[id(kind.schema)].make(kind.shape, nothing)
            found.append(
                CosmosTransaction(
                    kind.entry,
                    compact_json(value),
                    code_id=self._code_id(kind, nothing),
                    gas_limit=self._gas_limit,
                )
            )
        return found

    def _sent(
        self, kind: MessageKind, message: str, random: CaseRandom
    ) -> CosmosTransaction:
        is_paid = kind.entry == "execute" and random.one_in(4)
        return CosmosTransaction(
            entry=kind.entry,
            message=message,
            contract=random.below(len(self._start.contracts)),
            sender=random.below(len(self._start.senders)),
            funds=self._funds(random) if is_paid else "",
            code_id=self._code_id(kind, random),
            gas_limit=self._gas_limit,
            seconds=_seconds(random),
        )

    def _code_id(self, kind: MessageKind, random: CaseRandom) -> int:
        codes = self._start.code_ids
        if kind.entry != "migrate" or not codes:
            return 0
        found: int = random.pick(codes)
        return found

    def _changed(self, transaction: CosmosTransaction, random: CaseRandom) -> str:
        kind = self._kind_of(transaction)
        if kind is not None and not random.one_in(32):
            values = self._values[id(kind.schema)]
            try:
                value = parse_json(transaction.message)
            except MalformedJson:
                return compact_json(values.make(kind.shape, random))
            return compact_json(values.change(kind.shape, value, random))
        data = mutate_bytes(transaction.message.encode(), random, self._words)
        return data.decode("utf-8", "replace")

    def _kind_of(self, transaction: CosmosTransaction) -> MessageKind | None:
        named = self._by_name.get((transaction.entry, name_of(transaction.message)))
        return named or self._by_name.get((transaction.entry, ""))

    def _funds(self, random: CaseRandom) -> str:
        if not self._start.coins or random.one_in(8):
            return ""
        amount = 1 + (
            random.below(16) if random.one_in(2) else random.bits(random.below(64))
        )
        return f"{amount}{random.pick(self._start.coins)}"


def _seconds(random: CaseRandom) -> int:
    if not random.one_in(16):
        return 0
    seconds: int = random.bits(random.below(MAX_SECONDS_BITS + 1))
    return seconds
