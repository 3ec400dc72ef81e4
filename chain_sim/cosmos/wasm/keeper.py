"""Contracts at work: every entry point, with its charges in the chain's order."""

from dataclasses import replace

from chain_sim.cosmos.accounts import bank
from chain_sim.cosmos.accounts.coins import Coins
from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import (
    CALL_DEPTH,
    EXECUTE_FAILED,
    INVALID,
    CosmosError,
    Reason,
)
from chain_sim.cosmos.gas import SETUP, event_costs, reply_costs
from chain_sim.cosmos.steps import Steps
from chain_sim.cosmos.wasm.codes import is_pinned
from chain_sim.cosmos.wasm.dispatcher import Reply, RunMessage, dispatch
from chain_sim.cosmos.wasm.environment import env_json, info_json
from chain_sim.cosmos.wasm.machine import Machine
from chain_sim.cosmos.wasm.records import (
    CodeInfo,
    ContractInfo,
    find_code,
    find_contract,
)
from chain_sim.cosmos.wasm.responses import (
    ADDRESS_ATTRIBUTE,
    Response,
    clean_attributes,
    clean_type,
    read_response,
)
from contractvm.hosts.cosmwasm.json_text import MalformedJson, go_json, parse_json

CUSTOM_PREFIX = "wasm-"


class Keeper:
    """Runs contracts, and what they ask for afterwards."""

    def __init__(self, machine: Machine, run_message: RunMessage) -> None:
        self.machine = machine
        self._run_message = run_message

    def execute(
        self,
        context: Context,
        contract: bytes,
        sender: bytes,
        message: bytes,
        funds: Coins,
    ) -> Steps[bytes]:
        """Run `execute`; the data of its response."""
        _, code = self.load(context, contract, "execute")
        move_funds(context, sender, contract, funds)
        env, info = env_json(context, contract), info_json(context, sender, funds)
        answer = self.machine.call(
            context, "execute", code, contract, env, info, message
        )
        response = response_of(answer, EXECUTE_FAILED)
        context.emit("execute", _address(context, contract))
        data: bytes = yield self.respond(context, contract, response)
        return data

    def sudo(self, context: Context, contract: bytes, message: bytes) -> Steps[bytes]:
        """Run `sudo`, as a module of the chain does; the data of its response."""
        _, code = self.load(context, contract, "sudo")
        env = env_json(context, contract)
        answer = self.machine.call(context, "sudo", code, contract, env, message)
        response = response_of(answer, EXECUTE_FAILED)
        context.emit("sudo", _address(context, contract))
        data: bytes = yield self.respond_wrapped(context, contract, response)
        return data

    def reply(
        self, context: Context, contract: bytes, reply: Reply
    ) -> Steps[bytes | None]:
        """Tell a contract of its submessage; its data, None if it gave none."""
        info = find_contract(context, contract)
        code = find_code(context, info.code_id)
        gas = reply_costs(reply.events, context.rules.reply_base)
        context.meter.consume(gas, "Loading CosmWasm module: reply")
        told: dict[str, object] = {"id": reply.id, "result": reply.result}
        if context.rules.has_payloads:
            told = {"gas_used": 0, **told}
            if reply.payload:
                told["payload"] = reply.payload
        env = env_json(context, contract)
        message = go_json(told).encode()
        answer = self.machine.call(context, "reply", code, contract, env, message)
        response = response_of(answer, EXECUTE_FAILED)
        context.emit("reply", _address(context, contract))
        data: bytes | None = yield self._handle(context, contract, response)
        return data

    def load(
        self, context: Context, contract: bytes, entry: str
    ) -> tuple[ContractInfo, CodeInfo]:
        """A contract and its code, ready to run: the setup is charged."""
        info = find_contract(context, contract)
        code = find_code(context, info.code_id)
        self.charge_setup(context, info.code_id, code, entry)
        return info, code

    def charge_setup(
        self, context: Context, code_id: int, code: CodeInfo, entry: str
    ) -> None:
        """Charge the loading of a code: less if it is pinned, or was loaded before."""
        rules = context.rules
        is_cheap = is_pinned(context, code_id)
        if rules.has_discount:
            is_cheap = is_cheap or code.checksum in context.loaded
            context.loaded.add(code.checksum)
        gas = rules.pinned_setup if is_cheap else SETUP
        context.meter.consume(gas, f"Loading CosmWasm module: {entry}")

    def respond(
        self, context: Context, contract: bytes, response: Response
    ) -> Steps[bytes]:
        """Emit a response's events and run its messages; the data of the call."""
        data: bytes | None = yield self._handle(context, contract, response)
        return data or b""

    def respond_wrapped(
        self, context: Context, contract: bytes, response: Response
    ) -> Steps[bytes]:
        """The same; an error of a message says that it was met here."""
        try:
            data: bytes = yield self.respond(context, contract, response)
        except CosmosError as error:
            raise error.wrapped("dispatch") from error
        return data

    def _handle(
        self, context: Context, contract: bytes, response: Response
    ) -> Steps[bytes | None]:
        gas = event_costs(response.attributes, response.events)
        context.meter.consume(gas, "Custom contract event attributes")
        address = _address(context, contract)
        if response.attributes:
            cleaned = clean_attributes(response.attributes)
            context.emit("wasm", address, *cleaned)
        for kind, attributes in response.events:
            name = CUSTOM_PREFIX + clean_type(kind)
            context.emit(name, address, *clean_attributes(attributes))
        deeper = replace(context, depth=context.depth + 1)
        limit = context.rules.max_depth
        if limit is not None and deeper.depth > limit:
            raise CosmosError(CALL_DEPTH)
        data: bytes | None = yield dispatch(
            deeper, contract, response.messages, self._run_message, self.reply
        )
        return response.data if data is None else data


def move_funds(context: Context, sender: bytes, contract: bytes, funds: Coins) -> None:
    """Pay a contract before it runs."""
    if funds:
        bank.check_send_enabled(context, funds)
        bank.check_not_blocked(context, contract)
        bank.send(context, sender, contract, funds)


def response_of(answer: dict[str, object], reason: Reason) -> Response:
    """The response in an answer; raises CosmosError with the contract's own error."""
    if "error" in answer:
        raise CosmosError(reason, str(answer["error"]), is_of_contract=True)
    return read_response(answer["ok"])


def checked_message(message: bytes) -> bytes:
    """A message that is JSON; raises CosmosError."""
    try:
        parse_json(message)
    except MalformedJson as error:
        raise CosmosError(INVALID, "payload msg: invalid") from error
    return message


def _address(context: Context, contract: bytes) -> tuple[str, str]:
    return ADDRESS_ATTRIBUTE, context.addresses.text(contract)
