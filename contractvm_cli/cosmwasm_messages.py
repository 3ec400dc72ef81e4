"""Messages of CosmWasm on the command line: JSON, or names and values of a schema."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from chain_sim.cosmos.schema.composites import (
    Enum,
    Field,
    Optional,
    Struct,
    nearest_text,
    resolved,
)
from chain_sim.cosmos.schema.errors import InvalidSchema, UnfitMessage
from chain_sim.cosmos.schema.scalars import (
    Base64Bytes,
    DecimalNumber,
    HexBytes,
    Integer,
    Text,
    Type,
)
from chain_sim.cosmos.schema.schema import CosmosSchema, fields_of
from contractvm.hosts.cosmwasm.json_text import (
    MalformedJson,
    compact_json,
    parse_json,
)
from contractvm_cli.failures import CommandFailed, on_one_line
from contractvm_cli.options import Command, gathered

JSON_MARKS = ("{", '"', "[")


def message_words(entry: str) -> Callable[[Command], Command]:
    """`MESSAGE...` and `--schema`, as the JSON of a message in `message`."""

    def read(words: tuple[str, ...], schema: Path | None) -> str:
        if schema is not None:
            return message_of(read_schema(schema), entry, words)
        if len(words) != 1:
            raise click.UsageError(
                "Give one MESSAGE in JSON, or names and values with --schema.",
                click.get_current_context(),
            )
        return words[0]

    return gathered(
        read,
        "message",
        click.argument("words", nargs=-1, metavar="MESSAGE..."),
        click.option(
            "--schema",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="The contract's schema: one file of cosmwasm-schema, or a folder.",
        ),
    )


def read_schema(path: Path) -> CosmosSchema:
    """A schema; CommandFailed for what is none."""
    try:
        return CosmosSchema.read(path)
    except InvalidSchema as error:
        raise CommandFailed(str(error)) from error


def message_of(schema: CosmosSchema, entry: str, words: tuple[str, ...]) -> str:
    """The JSON of a message in words; CommandFailed with the path of what is wrong."""
    try:
        if len(words) == 1 and words[0].startswith(JSON_MARKS):
            message = parse_json(words[0])
        else:
            message = named_message(schema.message(entry), words)
        schema.check(entry, message)
    except MalformedJson as error:
        raise CommandFailed(f"the message is not JSON: {error}") from error
    except (InvalidSchema, UnfitMessage) as error:
        raise CommandFailed(str(error)) from error
    return compact_json(message)


def named_message(kind: Type, words: tuple[str, ...]) -> Any:
    """A message as `NAME FIELD=VALUE...`, or `FIELD=VALUE...` where it has no name."""
    if isinstance(kind, Struct):
        return struct_of(kind, words)
    if not isinstance(kind, Enum):
        raise CommandFailed(f"a message of {kind.shown} is written as JSON")
    names = [variant.name for variant in kind.variants]
    if not words:
        raise CommandFailed(f"a message is one of {', '.join(names)}")
    name, *rest = words
    found = kind.variant(name)
    if found is None:
        near = nearest_text(name, names) or f": there are {', '.join(names)}"
        raise CommandFailed(f"{kind.shown} has no {name!r}{near}")
    struct = fields_of(found.content)
    if struct is not None:
        return {name: struct_of(struct, tuple(rest))}
    if len(rest) != (0 if found.content is None else 1):
        wanted = "nothing" if found.content is None else found.content.shown
        raise CommandFailed(f"{name} takes {wanted}")
    return name if found.content is None else {name: value_of(found.content, rest[0])}


def struct_of(struct: Struct, words: tuple[str, ...]) -> dict[str, Any]:
    """The fields in `NAME=VALUE...`; what is missing is found later."""
    kinds = {field.name: field.type for field in struct.fields}
    found: dict[str, Any] = {}
    for word in words:
        name, mark, text = word.partition("=")
        if not mark:
            raise CommandFailed(f"{word!r} is no field: write NAME=VALUE")
        if name not in kinds:
            near = nearest_text(name, kinds) or f": it has {', '.join(kinds) or 'none'}"
            raise CommandFailed(f"{struct.shown} has no field {name!r}{near}")
        if name in found:
            raise CommandFailed(f"field {name} is given twice")
        found[name] = value_of(kinds[name], text)
    return found


def value_of(kind: Type, text: str) -> Any:
    """A value in JSON: what is not a number, text or bytes is written as JSON."""
    kind = resolved(kind)
    if isinstance(kind, Optional):
        return None if text == "null" else value_of(kind.inner, text)
    if isinstance(kind, Base64Bytes | HexBytes):
        content = bytes_of(kind, text)
        is_hex = isinstance(kind, HexBytes)
        return content.hex() if is_hex else b64encode(content).decode()
    is_text = isinstance(kind, Integer) and kind.is_text
    if is_text or isinstance(kind, Text | DecimalNumber):
        return text
    if isinstance(kind, Enum) and not text.startswith(JSON_MARKS):
        found = kind.variant(text)
        return {text: {}} if found is not None and found.content is not None else text
    return parse_json(text)


def bytes_of(kind: Type, text: str) -> bytes:
    """Bytes as `0x...`, or as the JSON that a contract is to get."""
    if text.startswith(JSON_MARKS):
        parse_json(text)
        return text.encode()
    try:
        if text.startswith("0x"):
            return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        pass
    raise CommandFailed(f"{text!r} is no {kind.shown}: write 0x..., or JSON")


# What a contract takes


def schema_lines(schema: CosmosSchema) -> Iterator[str]:
    """A line for each message."""
    yield on_one_line(f"{schema.name} {schema.version}".rstrip())
    width = max(map(len, schema.messages))
    for entry in schema.messages:
        title = entry.ljust(width)
        for message in messages_of(schema, entry):
            shown = f"{message['name']}({fields_text(message['fields'])})"
            answer = f" -> {message['answer']}" if "answer" in message else ""
            yield on_one_line(f"{title}  {shown}{answer}")
            title = " " * width


def fields_text(fields: list[dict[str, Any]]) -> str:
    """`recipient: string, memo?: string`."""
    parts = []
    for field in fields:
        name = field["name"] if field["required"] else f"{field['name']}?"
        parts.append(f"{name}: {field['type']}" if name else field["type"])
    return ", ".join(parts)


def schema_document(schema: CosmosSchema) -> dict[str, object]:
    """The same as JSON values."""
    return {
        "name": schema.name,
        "version": schema.version,
        "messages": {entry: messages_of(schema, entry) for entry in schema.messages},
    }


def messages_of(schema: CosmosSchema, entry: str) -> list[dict[str, Any]]:
    """Each message of an entry point: name, fields, and the answer of a query."""
    variants = schema.variants(entry)
    if not variants:
        return [{"name": "", "fields": described(schema.message(entry))}]
    found = []
    for variant in variants:
        message: dict[str, Any] = {
            "name": variant.name,
            "fields": described(variant.content),
        }
        answer = schema.responses.get(variant.name)
        if entry == "query" and answer is not None:
            message["answer"] = answer_text(answer)
        found.append(message)
    return found


def answer_text(answer: Type) -> str:
    """`CountResponse(count: int32)`."""
    struct = fields_of(answer)
    if struct is None:
        return answer.shown
    return f"{struct.shown}({fields_text(described(struct))})"


def described(content: Type | None) -> list[dict[str, Any]]:
    """The fields of a message; what is no struct is one without a name."""
    if content is None:
        return []
    struct = fields_of(content)
    fields = (Field("", content),) if struct is None else struct.fields
    return [
        {
            "name": field.name,
            "type": field.type.shown,
            "required": field.is_required,
            "description": field.description,
        }
        for field in fields
    ]
