"""Messages of contracts: what each kind does, and what answers it."""

from collections.abc import Callable
from typing import Any

from chain_sim.cosmos.accounts import bank
from chain_sim.cosmos.accounts.coins import Coins, checked_coins, read_coins
from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import (
    EMPTY,
    INVALID_MSG,
    UNKNOWN_MESSAGE,
    CosmosError,
)
from chain_sim.cosmos.protobuf import message as protobuf
from chain_sim.cosmos.steps import Steps
from chain_sim.cosmos.wasm.dispatcher import MessageResult
from chain_sim.cosmos.wasm.handlers import Handlers
from chain_sim.cosmos.wasm.keeper import Keeper, checked_message
from chain_sim.cosmos.wasm.lifecycle import Lifecycle, NewContract
from chain_sim.cosmos.wasm.responses import (
    MalformedField,
    bytes_of,
    field_of,
    number_of,
    text_of,
)

WASM_TYPE = "/cosmwasm.wasm.v1.Msg"
SEND_TYPE = "/cosmos.bank.v1beta1.MsgSendResponse"


RunKind = Callable[[Context, bytes, Any], Steps[MessageResult] | MessageResult]


class Messages:
    """Runs the messages of contracts."""

    def __init__(
        self, keeper: Keeper, lifecycle: Lifecycle, handlers: Handlers
    ) -> None:
        self._keeper = keeper
        self._lifecycle = lifecycle
        self._handlers = handlers
        self._kinds: dict[tuple[str, str], RunKind] = {
            ("bank", "send"): self._send,
            ("bank", "burn"): self._burn,
            ("wasm", "execute"): self._execute,
            ("wasm", "instantiate"): self._instantiate,
            ("wasm", "instantiate2"): self._instantiate2,
            ("wasm", "migrate"): self._migrate,
            ("wasm", "update_admin"): self._update_admin,
            ("wasm", "clear_admin"): self._clear_admin,
        }

    def run(
        self, context: Context, sender: bytes, content: dict[str, Any]
    ) -> Steps[MessageResult]:
        """Run a message of contract `sender`.

        Raises CosmosError, SdkOutOfGas, and NotSimulated for what nobody handles.
        """
        if len(content) != 1:
            raise CosmosError(UNKNOWN_MESSAGE, "unknown message variant")
        ((module, body),) = content.items()
        kind = next(iter(body)) if isinstance(body, dict) and len(body) == 1 else ""
        run = self._kinds.get((module, kind))
        if run is None:
            text = context.addresses.text(sender)
            return self._handlers.run_message(context, text, module, body)
        try:
            begun = run(context, sender, body[kind])
            if isinstance(begun, MessageResult):
                return begun
            result: MessageResult = yield begun
        except MalformedField as error:
            raise CosmosError(INVALID_MSG, f"{module}.{kind}: {error}") from error
        return result

    def _send(self, context: Context, sender: bytes, body: Any) -> MessageResult:
        coins = _coins(field_of(body, "amount"))
        if not coins:
            return MessageResult()
        receiver = context.addresses.data(text_of(body, "to_address"))
        bank.send_message(context, sender, receiver, coins)
        return MessageResult(responses=((SEND_TYPE, b""),))

    def _burn(self, context: Context, sender: bytes, body: Any) -> MessageResult:
        coins = _coins(field_of(body, "amount"))
        if not coins:
            raise CosmosError(EMPTY, "amount")
        bank.burn(context, sender, coins)
        return MessageResult()

    def _execute(
        self, context: Context, sender: bytes, body: Any
    ) -> Steps[MessageResult]:
        contract = context.addresses.data(text_of(body, "contract_addr"))
        message = checked_message(bytes_of(body, "msg"))
        funds = _coins(field_of(body, "funds"))
        data = yield self._keeper.execute(context, contract, sender, message, funds)
        return _result("ExecuteContract", protobuf((1, data)))

    def _instantiate(
        self, context: Context, sender: bytes, body: Any
    ) -> Steps[MessageResult]:
        return self._make(context, sender, body, "InstantiateContract", None)

    def _instantiate2(
        self, context: Context, sender: bytes, body: Any
    ) -> Steps[MessageResult]:
        salt = bytes_of(body, "salt")
        return self._make(context, sender, body, "InstantiateContract2", salt)

    def _make(
        self,
        context: Context,
        sender: bytes,
        body: Any,
        kind: str,
        salt: bytes | None,
    ) -> Steps[MessageResult]:
        new = NewContract(
            code_id=number_of(body, "code_id"),
            message=checked_message(bytes_of(body, "msg")),
            label=text_of(body, "label"),
            funds=_coins(field_of(body, "funds")),
            admin=text_of(body, "admin") if body.get("admin") is not None else "",
            salt=salt,
        )
        address, data = yield self._lifecycle.instantiate(context, sender, new)
        text = context.addresses.text(address)
        return _result(kind, protobuf((1, text), (2, data)))

    def _migrate(
        self, context: Context, sender: bytes, body: Any
    ) -> Steps[MessageResult]:
        contract = context.addresses.data(text_of(body, "contract_addr"))
        message = checked_message(bytes_of(body, "msg"))
        code_id = number_of(body, "new_code_id")
        data = yield self._lifecycle.migrate(
            context, contract, sender, code_id, message
        )
        return _result("MigrateContract", protobuf((1, data)))

    def _update_admin(
        self, context: Context, sender: bytes, body: Any
    ) -> MessageResult:
        contract = context.addresses.data(text_of(body, "contract_addr"))
        admin = text_of(body, "admin")
        context.addresses.data(admin)
        self._lifecycle.set_admin(context, contract, sender, admin)
        return _result("UpdateAdmin", b"")

    def _clear_admin(self, context: Context, sender: bytes, body: Any) -> MessageResult:
        contract = context.addresses.data(text_of(body, "contract_addr"))
        self._lifecycle.set_admin(context, contract, sender, "")
        return _result("ClearAdmin", b"")


def _result(kind: str, data: bytes) -> MessageResult:
    return MessageResult(data, ((f"{WASM_TYPE}{kind}Response", data),))


def _coins(listed: object) -> Coins:
    """Coins of a message; zero amounts are left out, as the SDK does."""
    return checked_coins(sorted(coin for coin in read_coins(listed) if coin[1]))
