"""Queries: of people and of contracts."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chain_sim.cosmos.accounts import bank
from chain_sim.cosmos.accounts.coins import coins_document
from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import (
    INVALID_REQUEST,
    NO_SUCH_CODE,
    NO_SUCH_CONTRACT,
    NOT_FOUND,
    QUERY_FAILED,
    QUERY_STACK,
    CosmosError,
    NotSimulated,
    SdkOutOfGas,
)
from chain_sim.cosmos.gas_ledger import kind_of
from chain_sim.cosmos.state.stores import prefix_end
from chain_sim.cosmos.wasm.codes import is_pinned
from chain_sim.cosmos.wasm.environment import env_json
from chain_sim.cosmos.wasm.handlers import Handlers
from chain_sim.cosmos.wasm.keeper import Keeper, checked_message
from chain_sim.cosmos.wasm.lifecycle import ibc2_port
from chain_sim.cosmos.wasm.records import STORAGE_KEY, find_code, find_contract
from chain_sim.cosmos.wasm.responses import (
    MalformedField,
    bytes_of,
    decode_base64,
    number_of,
    text_of,
)
from contractvm.hosts.cosmwasm.json_text import (
    MalformedJson,
    compact_json,
    go_json,
    parse_json,
)

MAX_QUERY_DEPTH = 10
QUERY_GAS = 3_000_000
# What wasmd's own plug-ins refuse, and how they say it.
REFUSED = {
    "custom": "custom",
    "stargate": "Stargate queries are disabled on this chain",
    "grpc": "gRPC queries are disabled on this chain",
}
MAX_RANGE = 100


class Refusal(Exception):
    """A system error, which the contract sees as it is."""

    def __init__(self, error: dict[str, object]) -> None:
        super().__init__(compact_json(error))
        self.error = error


class Queries:
    """Answers queries of contracts and of people."""

    def __init__(self, keeper: Keeper, handlers: Handlers) -> None:
        self._keeper = keeper
        self._handlers = handlers
        run = Callable[[Context, Any], bytes]
        self._kinds: dict[tuple[str, str], run] = {
            ("bank", "balance"): self._balance,
            ("bank", "all_balances"): self._all_balances,
            ("bank", "supply"): self._supply,
            ("bank", "denom_metadata"): self._metadata,
            ("wasm", "smart"): self._smart,
            ("wasm", "raw"): self._raw,
            ("wasm", "raw_range"): self._raw_range,
            ("wasm", "contract_info"): self._contract_info,
            ("wasm", "code_info"): self._code_info,
        }

    def smart(self, context: Context, contract: bytes, message: bytes) -> bytes:
        """Run a contract's `query`; the JSON that it answers with.

        Raises CosmosError and SdkOutOfGas.
        """
        deeper = replace(context, query_depth=context.query_depth + 1)
        if deeper.query_depth > MAX_QUERY_DEPTH:
            raise CosmosError(QUERY_STACK)
        checked_message(message)
        _, code = self._keeper.load(deeper, contract, "query")
        env = env_json(deeper, contract)
        answer = self._keeper.machine.call(
            deeper, "query", code, contract, env, message
        )
        if "error" in answer:
            error = str(answer["error"])
            raise CosmosError(QUERY_FAILED, error, is_of_contract=True)
        try:
            return decode_base64(answer["ok"])
        except ValueError as error:
            raise CosmosError(QUERY_FAILED, str(error)) from error

    def raw(self, context: Context, contract: bytes, key: bytes) -> bytes | None:
        """A value of a contract's store, None if there is none."""
        return context.wasm.get(STORAGE_KEY + contract + key)

    def answer(self, context: Context, request: bytes) -> dict[str, object]:
        """The SystemResult for a contract's request."""
        try:
            return {"ok": {"ok": b64encode(self._answer(context, request)).decode()}}
        except Refusal as refusal:
            return {"error": refusal.error}
        except CosmosError as error:
            return {"ok": {"error": error.redacted}}

    def _answer(self, context: Context, request: bytes) -> bytes:
        try:
            asked = parse_json(request)
            ((module, body),) = asked.items()
        except (MalformedJson, AttributeError, ValueError) as error:
            encoded = b64encode(request).decode()
            fault = {"error": str(error), "request": encoded}
            raise Refusal({"invalid_request": fault}) from error
        kind = next(iter(body)) if isinstance(body, dict) and len(body) == 1 else ""
        handler = self._handlers.find_query(module, body)
        if handler is not None:
            return handler(context)
        if module in REFUSED:
            raise Refusal({"unsupported_request": {"kind": REFUSED[module]}})
        run = self._kinds.get((module, kind))
        if run is None:
            raise NotSimulated(f"the query {module}.{kind}" if kind else module)
        try:
            return run(context, body[kind])
        except MalformedField as error:
            raise CosmosError(INVALID_REQUEST, f"{module}.{kind}: {error}") from error

    def _balance(self, context: Context, body: Any) -> bytes:
        address = context.addresses.data(text_of(body, "address"))
        amount = bank.balance(context, address, text_of(body, "denom"))
        coins = coins_document(((body["denom"], amount),))
        return go_json({"amount": coins[0]}).encode()

    def _all_balances(self, context: Context, body: Any) -> bytes:
        address = context.addresses.data(text_of(body, "address"))
        coins = coins_document(bank.all_balances(context, address))
        return go_json({"amount": coins}).encode()

    def _supply(self, context: Context, body: Any) -> bytes:
        denom = text_of(body, "denom")
        coins = coins_document(((denom, bank.supply(context, denom)),))
        return go_json({"amount": coins[0]}).encode()

    def _metadata(self, _: Context, body: Any) -> bytes:
        raise CosmosError(NOT_FOUND, f"denom metadata of {text_of(body, 'denom')}")

    def _smart(self, context: Context, body: Any) -> bytes:
        contract = context.addresses.data(text_of(body, "contract_addr"))
        try:
            return self.smart(context, contract, bytes_of(body, "msg"))
        except CosmosError as error:
            raise _system_error(error, text_of(body, "contract_addr")) from error

    def _raw(self, context: Context, body: Any) -> bytes:
        contract = context.addresses.data(text_of(body, "contract_addr"))
        return self.raw(context, contract, bytes_of(body, "key")) or b""

    def _raw_range(self, context: Context, body: Any) -> bytes:
        contract = context.addresses.data(text_of(body, "contract_addr"))
        prefix = STORAGE_KEY + contract
        start = prefix + decode_base64(body.get("start") or "")
        end = body.get("end")
        limit = min(number_of(body, "limit"), MAX_RANGE)
        iterator = context.wasm.iterate(
            start,
            prefix_end(prefix) if end is None else prefix + decode_base64(end),
            is_reverse=text_of(body, "order") == "descending",
        )
        found: list[list[str]] = []
        while iterator.entry is not None and len(found) < limit:
            key, value = iterator.entry
            found.append([_encoded(key[len(prefix) :]), _encoded(value)])
            iterator.move()
        following = iterator.entry
        next_key = None if following is None else _encoded(following[0][len(prefix) :])
        return go_json({"data": found, "next_key": next_key}).encode()

    def _contract_info(self, context: Context, body: Any) -> bytes:
        address = context.addresses.data(text_of(body, "contract_addr"))
        try:
            info = find_contract(context, address)
        except CosmosError as error:
            raise _system_error(error, text_of(body, "contract_addr")) from error
        found: dict[str, object] = {"code_id": info.code_id, "creator": info.creator}
        if info.admin:
            found["admin"] = info.admin
        found["pinned"] = is_pinned(context, info.code_id)
        if info.ibc_port:
            found["ibc_port"] = info.ibc_port
        if context.rules.has_ibc2_port:
            found["ibc2_port"] = ibc2_port(context, address)
        return go_json(found).encode()

    def _code_info(self, context: Context, body: Any) -> bytes:
        code_id = number_of(body, "code_id")
        try:
            code = find_code(context, code_id)
        except CosmosError as error:
            raise _system_error(error, "", code_id) from error
        return go_json(
            {
                "code_id": code_id,
                "creator": code.creator,
                "checksum": code.checksum.hex(),
            }
        ).encode()


def _encoded(data: bytes) -> str:
    return b64encode(data).decode()


def _system_error(error: CosmosError, address: str, code_id: int = 0) -> Exception:
    """What a contract sees of an error: a system error for what does not exist."""
    reason = (error.codespace, error.code)
    if reason == NO_SUCH_CONTRACT[:2]:
        return Refusal({"no_such_contract": {"addr": address}})
    if reason == NO_SUCH_CODE[:2]:
        return Refusal({"no_such_code": {"code_id": code_id}})
    return error


def _kind_of(request: bytes) -> str:
    """`wasm.smart`; what a request is called in ledgers."""
    try:
        return kind_of(parse_json(request))
    except MalformedJson:
        return ""


class ContractQuerier:
    """The querier of one call: a query has a meter of its own, paid by the caller."""

    def __init__(self, queries: Queries, context: Context) -> None:
        self._queries = queries
        self._context = context

    def query(self, request: bytes, gas_limit: int) -> tuple[bytes | None, int]:
        """See Querier."""
        multiplier = self._context.rules.multiplier
        parent = self._context.meter
        meter = parent.below(gas_limit // multiplier)
        answer = None
        with parent.ledger.node("query", _kind_of(request)):
            try:
                found = self._queries.answer(self._context.with_meter(meter), request)
                answer = compact_json(found).encode()
            except SdkOutOfGas:
                meter.fill()
            try:
                parent.take_over(meter)
            except SdkOutOfGas:
                answer = None
        return answer, 0 if answer is None else meter.used * multiplier
