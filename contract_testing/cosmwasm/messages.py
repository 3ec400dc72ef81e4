"""Messages of a contract by name: arguments, checks, and how they are sent."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chain_sim.cosmos.chain.sent_messages import DEFAULT_GAS
from chain_sim.cosmos.schema.composites import Struct, Variant, nearest_text
from chain_sim.cosmos.schema.errors import UnfitMessage
from chain_sim.cosmos.schema.records import python_name
from chain_sim.cosmos.schema.schema import CosmosSchema, fields_of
from chain_sim.cosmos.wasm.queries import QUERY_GAS
from contract_testing.contracts.functions import arguments_text

# Runs a message that was checked: its JSON, how it reads, and its options.
Send = Callable[[Any, str, Mapping[str, Any]], Any]
OPTIONS = {
    "instantiate": ("sender", "funds", "gas_limit", "label", "admin", "salt"),
    "execute": ("sender", "funds", "gas_limit", "check"),
    "query": ("gas_limit",),
    "migrate": ("code_id", "sender", "gas_limit", "check"),
    "sudo": ("gas_limit", "check"),
}


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """An entry point of a contract: what its messages are, and how one is sent."""

    label: str
    name: str
    schema: CosmosSchema
    send: Send

    @property
    def options(self) -> tuple[str, ...]:
        """The keywords that are options, not fields."""
        return OPTIONS[self.name]

    @property
    def struct(self) -> Struct | None:
        """The message, if it is a struct."""
        return fields_of(self.schema.message(self.name))

    def take(
        self, content: Any, given: tuple[Any, ...], keywords: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """The value for a message or case that holds `content`, and the options."""
        fields = dict(keywords)
        options = {name: fields.pop(name) for name in self.options if name in keywords}
        args = fields.pop("args", None)
        whole = given if args is None else (*given, args)
        is_struct = fields_of(content) is not None
        if is_struct and all(isinstance(each, Mapping) for each in whole):
            parts = [dict(each) for each in (*whole, fields)]
            return {name: part[name] for part in parts for name in part}, options
        if len(whole) != (0 if content is None else 1) or fields:
            shown = "none" if content is None else f"one, {content.shown}"
            raise UnfitMessage("$", f"arguments: {shown}; fields go by name")
        return (whole[0] if whole else None), options


class CosmosMessage:
    """One message of a contract; its fields are keywords.

    Options are keywords too: `sender`, `funds` as "5stake" or Coins, `gas_limit`, and
    `check=False`, which returns the receipt of a failure. A field with such a name goes
    into `args={...}`. What is no struct is the only argument.
    """

    def __init__(self, entry: EntryPoint, variant: Variant) -> None:
        self._entry = entry
        self._variant = variant

    def __call__(self, *content: Any, **fields: Any) -> Any:
        """Send it; a query's answer, or a receipt. UnfitMessage for wrong arguments."""
        message, options = self._encode(content, fields)
        entry, name = self._entry, self._variant.name
        arguments = arguments_text(content, fields)
        shown = f"{entry.label}.{entry.name}.{name}{arguments}"
        return entry.send(message, shown, options)

    def encode(self, *content: Any, **fields: Any) -> Any:
        """The message as JSON has it."""
        return self._encode(content, fields)[0]

    def _encode(
        self, content: tuple[Any, ...], fields: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        variant = self._variant
        value, options = self._entry.take(variant.content, content, fields)
        message = variant.name if variant.content is None else {variant.name: value}
        return self._entry.schema.encode(self._entry.name, message), options

    def __repr__(self) -> str:
        entry = self._entry
        return f"<{entry.label}.{entry.name}.{variant_text(self._variant)}>"


class CosmosMessages:
    """The messages of an entry point: a method for each, or one if it has no names."""

    def __init__(self, entry: EntryPoint) -> None:
        self._entry = entry

    def _variants(self) -> dict[str, Variant]:
        entry = self._entry
        if entry.name not in entry.schema.messages:
            return {}
        return {
            python_name(each.name): each for each in entry.schema.variants(entry.name)
        }

    def __getattr__(self, name: str) -> CosmosMessage:
        if name.startswith("__") or name == "_entry":
            raise AttributeError(name)
        variants = self._variants()
        found = variants.get(name)
        if found is None:
            entry = self._entry
            near = nearest_text(name, variants)
            raise AttributeError(f"{entry.label} has no {entry.name} {name!r}{near}")
        return CosmosMessage(self._entry, found)

    def __getitem__(self, name: str) -> CosmosMessage:
        """A message by the name in the schema; raises KeyError."""
        for each in self._variants().values():
            if each.name == name:
                return CosmosMessage(self._entry, each)
        raise KeyError(name)

    def __call__(self, *content: Any, **fields: Any) -> Any:
        """Send the message of an entry point that has only one, with these fields."""
        entry = self._entry
        message, options = self._encode(content, fields)
        shown = f"{entry.label}.{entry.name}{arguments_text(content, fields)}"
        return entry.send(message, shown, options)

    def encode(self, *content: Any, **fields: Any) -> Any:
        """The message as JSON has it."""
        return self._encode(content, fields)[0]

    def _encode(
        self, content: tuple[Any, ...], fields: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        entry = self._entry
        kind = entry.schema.message(entry.name)
        value, options = entry.take(kind, content, fields)
        return entry.schema.encode(entry.name, value), options

    def __iter__(self) -> Iterator[str]:
        return iter(self._variants())

    def __len__(self) -> int:
        return len(self._variants())

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._variants()]

    def __repr__(self) -> str:
        entry = self._entry
        return f"<{entry.label}.{entry.name}: {', '.join(self) or 'no names'}>"


def variant_text(variant: Variant) -> str:
    """`transfer(recipient: string, amount: Uint128)`; optional fields have a `?`."""
    if variant.content is None:
        return f"{variant.name}()"
    struct = fields_of(variant.content)
    if struct is None:
        return f"{variant.name}({variant.content.shown})"
    return f"{variant.name}{struct_text(struct)}"


def struct_text(struct: Struct) -> str:
    """`(recipient: string, memo?: string)`."""
    parts = [
        f"{field.name}{'' if field.is_required else '?'}: {field.type.shown}"
        for field in struct.fields
    ]
    return f"({', '.join(parts)})"


def default_gas(entry: str) -> int:
    """The SDK gas limit where none is given."""
    return QUERY_GAS if entry == "query" else DEFAULT_GAS
