"""What contracts are told of the block and the sender, as the chain writes it."""

from base64 import b64encode

from chain_sim.cosmos.accounts.coins import Coins, coins_document
from chain_sim.cosmos.context import BlockInfo, Context
from contractvm.hosts.cosmwasm.json_text import go_json


def env_json(context: Context, address: bytes) -> bytes:
    """The block, the transaction and the contract."""
    block = context.block
    env: dict[str, object] = {
        "block": {
            "height": block.height,
            "time": str(block.time),
            "chain_id": block.chain_id,
        }
    }
    contract = {"address": context.addresses.text(address)}
    if context.rules.has_transaction:
        env["transaction"] = _transaction(block, has_hash=context.rules.has_tx_hash)
        env["contract"] = contract
    else:
        env["contract"] = contract
        if block.tx_index is not None:
            env["transaction_info"] = {"index": block.tx_index}
    return go_json(env).encode()


def _transaction(block: BlockInfo, *, has_hash: bool) -> dict[str, object] | None:
    if block.tx_index is None:
        return None
    found: dict[str, object] = {"index": block.tx_index}
    if has_hash and block.tx_hash:
        found["hash"] = b64encode(block.tx_hash).decode()
    return found


def info_json(context: Context, sender: bytes, funds: Coins) -> bytes:
    """Who sent a message, and with what."""
    info = {"sender": context.addresses.text(sender), "funds": coins_document(funds)}
    return go_json(info).encode()
