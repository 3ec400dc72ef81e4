"""Small contracts of CosmWasm in the text format, and chains that run them."""

import json
from typing import Any

from chain_sim.cosmos.chain.contracts import Contract
from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from contractvm.hosts.cosmwasm.backend import Backend
from contractvm.hosts.cosmwasm.host_interface import INTERFACE
from contractvm.hosts.cosmwasm.instance import ContractInstance
from contractvm.hosts.cosmwasm.testing.api import Bech32Api
from contractvm.hosts.cosmwasm.testing.querier import MockQuerier, by_response
from contractvm.hosts.cosmwasm.testing.storage import MockStorage
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.loader import load_schedule
from tests.helpers.wat import wat_to_wasm

EMPTY_RESPONSE = '{"ok":{"messages":[],"attributes":[],"events":[],"data":null}}'
REGION = 12
# A bump allocator; regions of arguments begin at 4096.
BASE = """
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (func (export "interface_version_8"))
  (func $allocate (export "allocate") (param $size i32) (result i32) (local $at i32)
    global.get $next local.tee $at
    local.get $at i32.const 12 i32.add i32.store
    local.get $at local.get $size i32.store offset=4
    local.get $at i32.const 0 i32.store offset=8
    local.get $at i32.const 12 i32.add local.get $size i32.add global.set $next
    local.get $at)
  (func (export "deallocate") (param i32))
"""


def constant(at: int, text: str) -> str:
    """A region at `at` with a text behind it."""
    data = text.encode()
    header = b"".join(
        number.to_bytes(4, "little") for number in (at + REGION, len(data), len(data))
    )
    escaped = "".join(f"\\{byte:02x}" for byte in header + data)
    return f'(data (i32.const {at}) "{escaped}")'


# Answers each message with the message; keeps what a reply was told.
ECHO = f"""(module
  (import "env" "db_write" (func $write (param i32 i32)))
  {BASE.replace('"memory") 2', '"memory") 16')}
  {constant(16, "reply")}
  {constant(64, EMPTY_RESPONSE)}
  (func $last (param i32 i32 i32) (result i32) local.get 2)
  (export "instantiate" (func $last))
  (export "execute" (func $last))
  (func $second (param i32 i32) (result i32) local.get 1)
  (export "migrate" (func $second))
  (export "sudo" (func $second))
  (export "query" (func $second))
  (func (export "reply") (param i32 i32) (result i32)
    i32.const 16 local.get 1 call $write i32.const 64))"""


def contract_code(imports: str, funcs: str) -> bytes:
    """A module with the base's funcs, and others."""
    return wat_to_wasm(f"(module {imports} {BASE} {funcs})")


def response(
    *messages: dict[str, Any],
    attributes: object = (),
    events: object = (),
    data: str | None = None,
) -> dict[str, Any]:
    """A contract's response, which the echo answers with."""
    return {
        "ok": {
            "messages": list(messages),
            "attributes": [{"key": key, "value": value} for key, value in attributes],
            "events": [
                {
                    "type": kind,
                    "attributes": [
                        {"key": key, "value": value} for key, value in pairs
                    ],
                }
                for kind, pairs in events
            ],
            "data": data,
        }
    }


def submessage(
    content: dict[str, Any],
    reply_on: str = "never",
    number: int = 1,
    gas_limit: int | None = None,
) -> dict[str, Any]:
    """A message of a contract."""
    return {
        "id": number,
        "msg": content,
        "gas_limit": gas_limit,
        "reply_on": reply_on,
    }


def echo_chain(**settings: Any) -> tuple[CosmosChain, Contract]:
    """A chain with an echo that has 1000 stake; alice, its admin, has as many."""
    chain = CosmosChain(**settings)
    alice = chain.account("alice", "2000stake")
    code = chain.store(wat_to_wasm(ECHO))
    contract = code.instantiate(response(), funds="1000stake", admin=alice)
    return chain, contract


def pipeline(schedule: str = "cosmwasm-3.0.9", engine: str = "interpreter") -> Pipeline:
    return INTERFACE.pipeline(make_engine(engine), load_schedule(schedule))


def instance(
    code: bytes, *, gas_limit: int = 10**12, engine: str = "interpreter", **options: Any
) -> ContractInstance:
    """An instance with empty storage."""
    storage = options.pop("storage", None) or MockStorage()
    backend = Backend(storage, Bech32Api(), MockQuerier(by_response))
    made = pipeline(options.pop("schedule", "cosmwasm-3.0.9"), engine)
    return ContractInstance(made, code, backend, gas_limit, **options)


def told(contract: Contract) -> Any:
    """What the echo's last reply was told."""
    stored = contract.query_raw(b"reply")
    return None if stored is None else json.loads(stored)
