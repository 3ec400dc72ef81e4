"""A slot's changes and an account's differences as documents."""

from chain_sim.ethereum.blocks.slot_history import SlotWrite
from chain_sim.ethereum.documents.documents import Document, address_text
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.ethereum.state.account import Account
from chain_sim.ethereum.state.state_difference import AccountDifference


def write_document(write: SlotWrite) -> Document:
    """A change as a document; the first block's has no transaction and no sender."""
    tx_hash = write.transaction_hash
    return {
        "address": address_text(write.address),
        "slot": format_data(write.key),
        "blockNumber": write.block_number,
        "blockHash": format_data(write.block_hash),
        "timestamp": write.timestamp,
        "transactionIndex": write.transaction_index,
        "transactionHash": None if tx_hash is None else format_data(tx_hash),
        "from": address_text(write.sender),
        "before": format_data(write.before),
        "after": format_data(write.after),
    }


def status_of(difference: AccountDifference) -> str:
    """Whether the account was created, deleted or changed."""
    if difference.before is None:
        return "created"
    return "deleted" if difference.after is None else "changed"


def account_document(difference: AccountDifference) -> Document:
    """An account as a document: both ends in full, null if there is no account."""
    return {
        "address": address_text(difference.address),
        "addressHash": format_data(difference.address_hash),
        "status": status_of(difference),
        "before": side_document(difference.before),
        "after": side_document(difference.after),
        "changedCodes": None
        if difference.codes is None
        else [format_data(code) for code in difference.codes],
        "slots": [
            {
                "key": None if slot.key is None else format_data(slot.key),
                "keyHash": format_data(slot.key_hash),
                "before": format_data(slot.before),
                "after": format_data(slot.after),
            }
            for slot in difference.slots
        ],
    }


def side_document(account: Account | None) -> Document | None:
    """An account at one end."""
    if account is None:
        return None
    return {
        "balance": account.balance,
        "nonce": account.nonce,
        "codeHash": format_data(account.code_hash),
        "storageRoot": format_data(account.storage_root),
    }
