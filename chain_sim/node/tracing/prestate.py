"""The accounts that a transaction read, before and after it."""

from collections.abc import Mapping

from msgspec import Struct

from chain_sim.ethereum.primitives.text import Address, format_data, format_quantity
from chain_sim.ethereum.state.account import Account
from chain_sim.ethereum.state.recording_state import RecordingState
from chain_sim.node.documents import Document

NO_ACCOUNT = Account()


class PrestateConfig(Struct, frozen=True):
    """Options of prestateTracer."""

    is_difference: bool = False
    has_code: bool = True
    has_storage: bool = True


def prestate(state: RecordingState, config: PrestateConfig) -> Document:
    """What was read, by account; or with the difference, what changed of it."""
    accounts = state.accounts_before()
    slots = {address: state.slots_before(address) for address in accounts}
    before = {
        address: describe(state, account, slots[address], config)
        for address, account in accounts.items()
    }
    if not config.is_difference:
        return {format_data(address): found for address, found in before.items()}
    pre: Document = {}
    post: Document = {}
    for address in state.addresses_read():
        old = accounts.get(address, NO_ACCOUNT)
        old_slots = slots.get(address) or state.slots_before(address)
        changed = changes(state, address, old, old_slots, config)
        if changed is None:
            continue
        name = format_data(address)
        if address in before:
            pre[name] = with_changed_slots(before[address], changed)
        if state.account_exists(address):
            post[name] = {
                key: value for key, value in changed.items() if value is not None
            }
    return {"post": {key: _without_zeros(post[key]) for key in post}, "pre": pre}


def describe(
    state: RecordingState,
    account: Account,
    slots: Mapping[bytes, bytes],
    config: PrestateConfig,
) -> Document:
    """An account as it was."""
    found: Document = {"balance": format_quantity(account.balance)}
    if account.nonce:
        found["nonce"] = account.nonce
    code = state.code_of(account)
    if code and config.has_code:
        found["code"] = format_data(code)
    if slots and config.has_storage:
        found["storage"] = {
            format_data(key): format_data(value) for key, value in slots.items()
        }
    return found


def changes(
    state: RecordingState,
    address: Address,
    old: Account,
    old_slots: Mapping[bytes, bytes],
    config: PrestateConfig,
) -> Document | None:
    """The new values of what changed; None where nothing did."""
    new = state.get_account(address)
    found: Document = {}
    if new.balance != old.balance:
        found["balance"] = format_quantity(new.balance)
    if new.nonce != old.nonce:
        found["nonce"] = new.nonce
    if new.code_hash != old.code_hash and config.has_code:
        found["code"] = format_data(state.get_code(address))
    if config.has_storage:
        new_slots = {key: state.get_storage(address, key) for key in old_slots}
        changed = {
            format_data(key): format_data(value)
            for key, value in new_slots.items()
            if value != old_slots[key]
        }
        if changed:
            found["storage"] = changed
    return found or None


def with_changed_slots(before: Document, changed: Document) -> Document:
    """The account as it was, with the slots alone that changed."""
    found = {key: value for key, value in before.items() if key != "storage"}
    names = changed.get("storage", {})
    slots = {
        key: value
        for key, value in before.get("storage", {}).items()
        if key in names and value.strip("0x")
    }
    return {**found, "storage": slots} if slots else found


def _without_zeros(account: Document) -> Document:
    """Slots that are zero now are not there."""
    slots = {
        key: value
        for key, value in account.get("storage", {}).items()
        if value.strip("0x")
    }
    rest = {key: value for key, value in account.items() if key != "storage"}
    return {**rest, "storage": slots} if slots else rest
