"""Schemas of contracts for tests: of hackatom in each form, and of the echo."""

import json
from pathlib import Path
from typing import Any

from tests.helpers.vectors import vectors_folder

DRAFT_07 = "http://json-schema.org/draft-07/schema#"
STRING = {"type": "string"}
UINT32 = {"type": "integer", "format": "uint32", "minimum": 0.0}


def hackatom_code() -> Path:
    """The published module, which is not of this repository."""
    return vectors_folder("cosmwasm") / "contracts" / "cosmwasm.hackatom.wasm"


def struct(title: str = "", **fields: Any) -> dict[str, Any]:
    """A closed struct whose fields are all required."""
    made: dict[str, Any] = {"type": "object", "additionalProperties": False}
    if fields:
        made |= {"required": sorted(fields), "properties": fields}
    return made | ({"title": title} if title else {})


def variant(name: str, content: Any) -> dict[str, Any]:
    """A case of an enum that holds something."""
    return struct(**{name: content})


def enum(title: str, *cases: Any, **more: Any) -> dict[str, Any]:
    """A message of several cases, as the root of a document."""
    return {"$schema": DRAFT_07, "title": title, "oneOf": list(cases), **more}


def ref(name: str) -> dict[str, str]:
    """A reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


COIN = struct(amount=ref("Uint128"), denom=STRING)
COIN_DEFINITIONS = {"Coin": COIN, "Uint128": STRING}
COINS = {"type": "array", "items": ref("Coin")}

HACKATOM: dict[str, Any] = {
    "contract_name": "hackatom",
    "contract_version": "0.0.0",
    "idl_version": "1.0.0",
    "instantiate": struct("InstantiateMsg", beneficiary=STRING, verifier=STRING),
    "execute": enum(
        "ExecuteMsg",
        variant("release", struct(denom=STRING)),
        variant("cpu_loop", struct()),
        variant("allocate_large_memory", struct(pages=UINT32)),
        variant("panic", struct()),
    ),
    "query": enum(
        "QueryMsg",
        variant("verifier", struct()),
        variant("recurse", struct(depth=UINT32, work=UINT32)),
        variant("get_int", struct()),
    ),
    "migrate": struct("MigrateMsg", verifier=STRING),
    "sudo": enum(
        "SudoMsg",
        variant("steal_funds", struct(amount=COINS, recipient=STRING)),
        definitions=COIN_DEFINITIONS,
    ),
    "responses": {
        "verifier": struct("VerifierResponse", verifier=STRING),
        "get_int": struct("IntResponse", int=UINT32),
        "recurse": {
            **struct(
                "RecurseResponse", hashed={"allOf": [ref("Binary")], "description": "x"}
            ),
            "definitions": {"Binary": STRING},
        },
    },
}


# The form with definitions by index


def by_index(root: int, *definitions: dict[str, Any]) -> dict[str, Any]:
    """A message in that form."""
    return {"type": "v1", "root": root, "definitions": list(definitions)}


def node(name: str, kind: str, **more: Any) -> dict[str, Any]:
    """A definition."""
    return {"name": name, "type": kind, **more}


def fields(**indices: int) -> dict[str, Any]:
    """The properties of a struct."""
    return {name: {"value": index} for name, index in indices.items()}


def case(**indices: int) -> dict[str, Any]:
    """A case of an enum with named fields."""
    return {"type": "named", "properties": fields(**indices)}


TEXT = node("String", "string")
U32 = node("u32", "integer", precision=32, signed=False)
UINT128 = node("cosmwasm_std_Uint128", "integer", precision=128, signed=False)
COIN_NODE = node("cosmwasm_std_Coin", "struct", properties=fields(amount=1, denom=0))
COINS_NODE = node("alloc::vec::Vec<cosmwasm_std::coin::Coin>", "array", items=2)
BINARY = node("cosmwasm_std_binary_Binary", "binary")


def answer(name: str, *definitions: dict[str, Any], **indices: int) -> dict[str, Any]:
    """A struct after other definitions."""
    last = node(name, "struct", properties=fields(**indices))
    return by_index(len(definitions), *definitions, last)


HACKATOM_BY_INDEX: dict[str, Any] = {
    **HACKATOM,
    "instantiate": answer("InstantiateMsg", TEXT, beneficiary=0, verifier=0),
    "execute": by_index(
        2,
        U32,
        TEXT,
        node(
            "hackatom_msg_ExecuteMsg",
            "enum",
            cases={
                "release": case(denom=1),
                "cpu_loop": case(),
                "allocate_large_memory": case(pages=0),
                "panic": case(),
            },
        ),
    ),
    "query": by_index(
        1,
        U32,
        node(
            "hackatom_msg_QueryMsg",
            "enum",
            cases={
                "verifier": case(),
                "recurse": case(depth=0, work=0),
                "get_int": case(),
            },
        ),
    ),
    "migrate": answer("MigrateMsg", TEXT, verifier=0),
    "sudo": by_index(
        4,
        *(TEXT, UINT128, COIN_NODE, COINS_NODE),
        node("SudoMsg", "enum", cases={"steal_funds": case(amount=3, recipient=0)}),
    ),
    "responses": {
        "verifier": answer("VerifierResponse", TEXT, verifier=0),
        "get_int": answer("IntResponse", U32, int=0),
        "recurse": answer("RecurseResponse", BINARY, hashed=0),
    },
}


def write_folder(folder: Path, schema: dict[str, Any]) -> Path:
    """A folder of a file for each message and answer, as old contracts have it."""
    folder.mkdir(parents=True)
    for entry in ("instantiate", "execute", "query", "migrate", "sudo"):
        if schema.get(entry) is not None:
            write_json(folder / f"{entry}_msg.json", schema[entry])
    for name, content in schema["responses"].items():
        write_json(folder / f"{name}_response.json", content)
    return folder


def write_json(path: Path, document: Any) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(document))
    return path


# The echo: it answers each message with the message itself, as its response.
ANYTHING = True
RESPONSE = struct(
    messages={"type": "array", "items": ANYTHING},
    attributes={"type": "array", "items": struct(key=STRING, value=STRING)},
    events={"type": "array", "items": ANYTHING},
    data={"anyOf": [ref("Binary"), {"type": "null"}]},
)
RESPONSE["required"].remove("data")
ECHOED = (variant("ok", RESPONSE), variant("error", STRING))
ECHO_SCHEMA: dict[str, Any] = {
    "contract_name": "echo",
    "contract_version": "1.0.0",
    "idl_version": "1.0.0",
    "instantiate": enum("InstantiateMsg", *ECHOED, definitions={"Binary": STRING}),
    "execute": enum("ExecuteMsg", *ECHOED, definitions={"Binary": STRING}),
    "query": enum(
        "QueryMsg",
        variant("ok", ref("Binary")),
        variant("error", STRING),
        definitions={"Binary": STRING},
    ),
    "migrate": enum("MigrateMsg", *ECHOED, definitions={"Binary": STRING}),
    "sudo": None,
    "responses": {},
}
NO_RESPONSE: dict[str, Any] = {"attributes": [], "events": [], "messages": []}
