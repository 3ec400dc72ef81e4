"""A contract's schema: the messages it takes and the answers it gives."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chain_sim.cosmos.schema.composites import Enum, Struct, Variant, resolved
from chain_sim.cosmos.schema.cw_schema import CwSchema
from chain_sim.cosmos.schema.documents import ENTRY_POINTS, read_document
from chain_sim.cosmos.schema.draft07 import Draft07, camel
from chain_sim.cosmos.schema.errors import InvalidSchema, UnfitAnswer, UnfitMessage
from chain_sim.cosmos.schema.scalars import Type
from chain_sim.cosmos.schema.walk import Walk

ROOT = "$"


@dataclass(frozen=True, slots=True)
class CosmosSchema:
    """Messages by entry point, and answers by the name of the query.

    `document` is what was read, in the form of one file.
    """

    name: str
    version: str
    messages: Mapping[str, Type]
    responses: Mapping[str, Type]
    document: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, source: Any) -> "CosmosSchema":
        """A schema; raises InvalidSchema, and OSError for a file.

        `source` is the path of cosmwasm-schema's file, in its old or its new form, or
        of a folder of files such as `execute_msg.json`; or the content of such a file,
        as text, bytes or a dict.
        """
        if isinstance(source, cls):
            return source
        document, name = read_document(source)
        try:
            return cls._of_document(document, name)
        except InvalidSchema as error:
            if not isinstance(source, str | os.PathLike) or not name:
                raise
            raise InvalidSchema(f"{Path(source)}: {error.reason}") from error

    @classmethod
    def _of_document(cls, document: dict[str, Any], name: str) -> "CosmosSchema":
        messages = {
            entry: read_type(document[entry], entry, f"{entry.capitalize()}Msg")
            for entry in ENTRY_POINTS
            if document.get(entry) is not None
        }
        responses = document.get("responses")
        if not isinstance(responses, dict | None):
            raise InvalidSchema("responses is no object")
        told = document.get("contract_name"), document.get("contract_version")
        return cls(
            told[0] if isinstance(told[0], str) else name,
            told[1] if isinstance(told[1], str) else "",
            messages,
            {
                query: read_type(
                    answer, f"responses.{query}", f"{camel(query)}Response"
                )
                for query, answer in (responses or {}).items()
            },
            document,
        )

    def message(self, entry: str) -> Type:
        """What an entry point takes; InvalidSchema if the schema does not say."""
        found = self.messages.get(entry)
        if found is None:
            known = ", ".join(self.messages)
            raise InvalidSchema(f"the schema has no {entry} message: it has {known}")
        return resolved(found)

    def encode(self, entry: str, message: Any) -> Any:
        """A message of Python as JSON has it; raises UnfitMessage with the path."""
        return self.message(entry).encode(message, Walk(UnfitMessage), ROOT)

    def check(self, entry: str, message: Any) -> None:
        """Raise UnfitMessage unless JSON is a message that the contract takes."""
        self.message(entry).decode(message, Walk(UnfitMessage), ROOT)

    def decode_answer(self, message: Any, answer: Any) -> Any:
        """The answer to a query in JSON, as Python has it; raises UnfitAnswer.

        It stays as it is where the schema has no answer to this query.
        """
        names = [message] if isinstance(message, str) else list(message)
        found = self.responses.get(names[0]) if len(names) == 1 else None
        return (
            answer if found is None else found.decode(answer, Walk(UnfitAnswer), ROOT)
        )

    def variants(self, entry: str) -> tuple[Variant, ...]:
        """The cases of a message; none for a struct."""
        found = self.message(entry)
        return found.variants if isinstance(found, Enum) else ()


def read_type(schema: Any, place: str, name: str) -> Type:
    """The type of a message or an answer, in either form; `name` if it has none."""
    if not isinstance(schema, dict):
        raise InvalidSchema(f"{place} is no object")
    if schema.get("type") == "v1":
        return CwSchema(schema, place).read()
    return Draft07(schema, place).read(name)


def fields_of(content: Type | None) -> Struct | None:
    """The struct that a message or case holds, so that its fields have names."""
    found = None if content is None else resolved(content)
    return found if isinstance(found, Struct) else None
