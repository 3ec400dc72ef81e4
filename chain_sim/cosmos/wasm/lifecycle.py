"""Contracts from their making to their last code: instantiate, migrate, and admins."""

from dataclasses import dataclass, replace

from chain_sim.cosmos.accounts.accounts import create_account, find_account, is_in_use
from chain_sim.cosmos.accounts.coins import Coins
from chain_sim.cosmos.addresses import (
    MAX_SALT_BYTES,
    classic_address,
    predictable_address,
)
from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import (
    ACCOUNT_EXISTS,
    DUPLICATE,
    EMPTY,
    INSTANTIATE_FAILED,
    INVALID,
    LIMIT,
    MIGRATE_FAILED,
    UNAUTHORIZED,
    CosmosError,
)
from chain_sim.cosmos.state.stores import prefix_end
from chain_sim.cosmos.steps import Steps
from chain_sim.cosmos.wasm.codes import check_permission
from chain_sim.cosmos.wasm.environment import env_json, info_json
from chain_sim.cosmos.wasm.keeper import Keeper, move_funds, response_of
from chain_sim.cosmos.wasm.records import (
    CONTRACT_KEY,
    HISTORY_KEY,
    INIT,
    LAST_CONTRACT,
    MIGRATE,
    CodeInfo,
    ContractInfo,
    by_code_key,
    by_creator_key,
    find_code,
    find_contract,
    history_entry,
    next_number,
    number_key,
    store_contract,
)
from chain_sim.cosmos.wasm.responses import ADDRESS_ATTRIBUTE
from contractvm.hosts.cosmwasm.json_text import go_json

MAX_LABEL_BYTES = 128


@dataclass(frozen=True, slots=True)
class NewContract:
    """What a message says of a contract to make; `salt` makes its address predictable.

    `admin` is empty for a contract that nobody can migrate.
    """

    code_id: int
    message: bytes
    label: str
    funds: Coins
    admin: str = ""
    salt: bytes | None = None
    fixes_message: bool = False


class Lifecycle:
    """Makes contracts, and changes them."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def instantiate(
        self, context: Context, sender: bytes, new: NewContract
    ) -> Steps[tuple[bytes, bytes]]:
        """Make a contract; its address, and the data of its response."""
        check_label(new.label)
        code = find_code(context, new.code_id)
        self._keeper.charge_setup(context, new.code_id, code, "instantiate")
        check_permission(context, code, sender)
        address = _new_address(context, sender, code, new)
        text = context.addresses.text(address)
        if context.wasm.has(CONTRACT_KEY + address):
            raise CosmosError(DUPLICATE, "contract account already exists")
        account = find_account(context, address)
        if is_in_use(account):
            raise CosmosError(ACCOUNT_EXISTS, f"address {text}")
        if not account:
            create_account(context, address)
        move_funds(context, sender, address, new.funds)
        answer = self._keeper.machine.call(
            context,
            "instantiate",
            code,
            address,
            env_json(context, address),
            info_json(context, sender, new.funds),
            new.message,
        )
        response = response_of(answer, INSTANTIATE_FAILED)
        has_ibc = self._keeper.machine.analysis(context, code).has_ibc_entry_points
        _store_new(context, sender, address, new, has_ibc=has_ibc)
        context.emit(
            "instantiate",
            (ADDRESS_ATTRIBUTE, text),
            ("code_id", str(new.code_id)),
        )
        data: bytes = yield self._keeper.respond_wrapped(context, address, response)
        return address, data

    def migrate(
        self,
        context: Context,
        contract: bytes,
        sender: bytes,
        code_id: int,
        message: bytes,
    ) -> Steps[bytes]:
        """Give a contract another code, and run its `migrate`; the response's data.

        It does not run where both codes have the same version.
        """
        info = find_contract(context, contract)
        check_admin(context, info, sender, "can not migrate")
        code = find_code(context, code_id)
        check_permission(context, code, sender)
        old = find_code(context, info.code_id)
        analysis = self._keeper.machine.analysis
        before, after = analysis(context, old), analysis(context, code)
        if info.ibc_port and not after.has_ibc_entry_points:
            raise CosmosError(MIGRATE_FAILED, "requires ibc callbacks")
        version = before.migrate_version
        response = None
        if version is None or version != after.migrate_version:
            self._keeper.charge_setup(context, code_id, code, "migrate")
            arguments = [env_json(context, contract), message]
            if context.rules.has_migrate_info:
                told = {
                    "sender": context.addresses.text(sender),
                    "old_migrate_version": version,
                }
                arguments.append(go_json(told).encode())
            answer = self._keeper.machine.call(
                context, "migrate", code, contract, *arguments
            )
            response = response_of(answer, MIGRATE_FAILED)
        context.wasm.delete(by_code_key(info, info.created, contract))
        changed = replace(info, code_id=code_id)
        created = (context.block.height, context.block.gas_before)
        _add_history(context, contract, MIGRATE, code_id, message)
        context.wasm.set(by_code_key(changed, created, contract), b"")
        store_contract(context, contract, changed)
        text = context.addresses.text(contract)
        context.emit("migrate", ("code_id", str(code_id)), (ADDRESS_ATTRIBUTE, text))
        if response is None:
            return b""
        data: bytes = yield self._keeper.respond_wrapped(context, contract, response)
        return data

    def set_admin(
        self, context: Context, contract: bytes, sender: bytes, admin: str
    ) -> None:
        """Give a contract another admin, or none where `admin` is empty."""
        info = find_contract(context, contract)
        check_admin(context, info, sender, "can not modify contract")
        if admin:
            context.addresses.data(admin)
        store_contract(context, contract, replace(info, admin=admin))
        context.emit(
            "update_contract_admin",
            (ADDRESS_ATTRIBUTE, context.addresses.text(contract)),
            ("new_admin_address", admin),
        )

    def set_label(
        self, context: Context, contract: bytes, sender: bytes, label: str
    ) -> None:
        """Give a contract another label."""
        check_label(label)
        info = find_contract(context, contract)
        check_admin(context, info, sender, "can not modify contract")
        store_contract(context, contract, replace(info, label=label))
        context.emit(
            "update_contract_label",
            (ADDRESS_ATTRIBUTE, context.addresses.text(contract)),
            ("new_label", label),
        )


def check_label(label: str) -> None:
    """Raise CosmosError for a label that a chain does not take."""
    if not label:
        raise CosmosError(EMPTY, "label is required")
    if len(label.encode()) > MAX_LABEL_BYTES:
        reason = f"label cannot be longer than {MAX_LABEL_BYTES} characters"
        raise CosmosError(LIMIT, reason)
    if label != label.strip():
        reason = "label must not start/end with whitespaces"
        raise CosmosError(INVALID, reason)
    if not label.isprintable():
        raise CosmosError(INVALID, "label must have printable characters only")


def check_admin(context: Context, info: ContractInfo, sender: bytes, what: str) -> None:
    """Raise CosmosError unless `sender` is the admin."""
    if not info.admin or info.admin != context.addresses.text(sender):
        raise CosmosError(UNAUTHORIZED, what)


def _new_address(
    context: Context, sender: bytes, code: CodeInfo, new: NewContract
) -> bytes:
    if new.salt is None:
        return classic_address(new.code_id, next_number(context, LAST_CONTRACT))
    if not new.salt:
        raise CosmosError(EMPTY, "salt")
    if len(new.salt) > MAX_SALT_BYTES:
        raise CosmosError(LIMIT, f"salt of {len(new.salt)} bytes")
    message = new.message if new.fixes_message else b""
    return predictable_address(code.checksum, sender, new.salt, message)


def _store_new(
    context: Context,
    sender: bytes,
    address: bytes,
    new: NewContract,
    *,
    has_ibc: bool,
) -> None:
    created = (context.block.height, context.block.gas_before)
    text = context.addresses.text(address)
    if new.admin:
        context.addresses.data(new.admin)
    has_ibc2 = context.rules.has_ibc2_port
    info = ContractInfo(
        code_id=new.code_id,
        creator=context.addresses.text(sender),
        admin=new.admin,
        label=new.label,
        created=created,
        ibc_port=f"wasm.{text}" if has_ibc else "",
        ibc2_port=ibc2_port(context, address) if has_ibc2 else "",
    )
    wasm = context.wasm
    wasm.set(by_code_key(info, created, address), b"")
    wasm.set(by_creator_key(sender, created, address), b"")
    _add_history(context, address, INIT, new.code_id, new.message)
    store_contract(context, address, info)


def ibc2_port(context: Context, address: bytes) -> str:
    """The port that a contract has for the second version of IBC."""
    text = context.addresses.text(address)
    return "wasm2" + text.removeprefix(context.addresses.prefix)


def _add_history(
    context: Context, address: bytes, operation: int, code_id: int, message: bytes
) -> None:
    """Append to a contract's history, after a look at its last entry."""
    prefix = HISTORY_KEY + address
    last = context.wasm.iterate(prefix, prefix_end(prefix), is_reverse=True).entry
    number = 1 if last is None else int.from_bytes(last[0][len(prefix) :], "big") + 1
    at = (context.block.height, context.block.gas_before)
    entry = history_entry(operation, code_id, at, message)
    context.wasm.set(prefix + number_key(number), entry)
