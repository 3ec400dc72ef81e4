"""Schema files: one document of a contract, or a folder of old files as one."""

import os
import re
from pathlib import Path
from typing import Any

from chain_sim.cosmos.schema.errors import InvalidSchema
from contractvm.hosts.cosmwasm.json_text import MalformedJson, parse_json
from gas_schedule.arguments import wrong_type
from gas_schedule.bounded_files import read_bounded

MAX_SCHEMA_BYTES = 8 * 1024 * 1024
MAX_FILES = 2_000
ENTRY_POINTS = ("instantiate", "execute", "query", "migrate", "sudo")
WANTED = "a schema (the path of a file or folder, its JSON, or a CosmosSchema)"
# Names of files for an entry point, the usual one first.
FILE_WORDS = {
    "instantiate": ("instantiate", "init"),
    "execute": ("execute", "handle"),
    "query": ("query",),
    "migrate": ("migrate",),
    "sudo": ("sudo",),
}
RETURN_TYPE = re.compile(r"[Rr]eturn type:?\s+`?(\w+)`?")


def read_document(source: Any) -> tuple[dict[str, Any], str]:
    """What a schema says, as one document, and a name for it from its path."""
    if isinstance(source, dict):
        return checked(source), ""
    if isinstance(source, bytes | bytearray | memoryview):
        return checked(parsed(bytes(source), "")), ""
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return checked(parsed(source.encode(errors="surrogatepass"), "")), ""
    if not isinstance(source, str | os.PathLike):
        raise wrong_type("schema", WANTED, source)
    path = Path(source)
    name = path.resolve().name.partition(".")[0]
    if not path.is_dir():
        found = parsed(read_bounded(path, MAX_SCHEMA_BYTES), f"{path}: ")
        return checked(found, f"{path}: "), name
    if name == "schema":
        name = path.resolve().parent.name
    return read_folder(path), name


def parsed(content: bytes, place: str) -> dict[str, Any]:
    """A JSON object; raises InvalidSchema."""
    if len(content) > MAX_SCHEMA_BYTES:
        raise InvalidSchema(f"{place}{len(content)} bytes, at most {MAX_SCHEMA_BYTES}")
    try:
        found = parse_json(content)
    except MalformedJson as error:
        raise InvalidSchema(f"{place}{error}") from error
    if not isinstance(found, dict):
        raise InvalidSchema(f"{place}it is no JSON object")
    return found


def checked(document: dict[str, Any], place: str = "") -> dict[str, Any]:
    """A document with a message in it, of a version that is known."""
    if not any(document.get(entry) is not None for entry in ENTRY_POINTS):
        raise InvalidSchema(
            f"{place}it has none of {', '.join(ENTRY_POINTS)}; of a folder with a file"
            " for each message, give the folder"
        )
    version = document.get("idl_version", "1.0.0")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        raise InvalidSchema(f"{place}idl_version {version!r}, 1 is known")
    return document


def read_folder(folder: Path) -> dict[str, Any]:
    """The one file of a contract in a folder, or its old files as one document."""
    paths = sorted(folder.glob("*.json"))
    if len(paths) > MAX_FILES:
        raise InvalidSchema(f"{folder}: {len(paths)} files, at most {MAX_FILES}")
    left = MAX_SCHEMA_BYTES
    files: dict[str, dict[str, Any]] = {}
    for path in paths:
        content = read_bounded(path, left)
        left -= len(content)
        files[path.stem] = parsed(content, f"{path}: ")
    whole = [stem for stem, file in files.items() if is_whole(file)]
    if len(whole) > 1:
        names = ", ".join(f"{stem}.json" for stem in whole)
        raise InvalidSchema(f"{folder}: there are {names}; give one of them")
    if whole:
        return checked(files[whole[0]], f"{folder.joinpath(whole[0])}.json: ")
    document: dict[str, Any] = {}
    for entry, words in FILE_WORDS.items():
        found = message_file(folder, list(files), words)
        if found is not None:
            document[entry] = files[found]
    document["responses"] = responses(files, document.get("query"))
    return checked(document, f"{folder}: ")


def is_schema(path: Path) -> bool:
    """Whether a path is of a contract's schema: a folder, or a file with messages.

    OSError for a file that cannot be read.
    """
    if path.is_dir():
        return True
    try:
        document = parsed(read_bounded(path, MAX_SCHEMA_BYTES), "")
    except InvalidSchema:
        return False
    return any(entry in document for entry in ENTRY_POINTS)


def is_whole(document: dict[str, Any]) -> bool:
    """Whether a file is of a whole contract, not of one message."""
    return "idl_version" in document or "contract_name" in document


def message_file(folder: Path, stems: list[str], words: tuple[str, ...]) -> str | None:
    """The file of an entry point's message; raises InvalidSchema for several."""
    for word in words:
        for exact in (f"{word}_msg", word):
            if exact in stems:
                return exact
        pattern = re.compile(rf"(\w+_)?{word}_msg(_for_\w+)?")
        near = [stem for stem in stems if pattern.fullmatch(stem)]
        if len(near) > 1:
            names = ", ".join(f"{stem}.json" for stem in near)
            raise InvalidSchema(
                f"{folder}: there are {names}; rename one to {word}_msg.json"
            )
        if near:
            return near[0]
    return None


def responses(files: dict[str, dict[str, Any]], query: Any) -> dict[str, Any]:
    """The answers by query: `NAME_response.json`, `response_to_NAME.json`.

    Old contracts also say "Return type: TokenInfoResponse" where a query is described.
    """
    titles = {str(file.get("title", "")): file for file in files.values()}
    found = {}
    for stem, file in files.items():
        if stem.startswith("response_to_"):
            found[stem.removeprefix("response_to_")] = file
        elif stem.endswith("_response"):
            found[stem.removesuffix("_response")] = file
    cases = [] if query is None else query.get("oneOf", query.get("anyOf"))
    for case in filter(is_case, cases if isinstance(cases, list) else []):
        told = RETURN_TYPE.search(case["description"])
        if told is not None and told[1] in titles:
            (name,) = case["required"]
            found[str(name)] = titles[told[1]]
    return found


def is_case(schema: Any) -> bool:
    """Whether a schema is of one variant, with a description."""
    if not isinstance(schema, dict) or not isinstance(schema.get("description"), str):
        return False
    required = schema.get("required")
    return isinstance(required, list) and len(required) == 1
