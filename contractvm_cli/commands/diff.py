"""`contractvm diff`."""

from collections.abc import Iterator
from pathlib import Path

import click

from chain_sim.ethereum.blocks.chain_point import ChainPoint
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.documents import Document, address_text, amount_text
from chain_sim.ethereum.documents.history_documents import account_document, status_of
from chain_sim.ethereum.primitives.text import Address, format_data, keccak256
from chain_sim.ethereum.state.account import Account
from chain_sim.ethereum.state.state_difference import AccountDifference, SlotDifference
from contractvm_cli.chains import existing_chain
from contractvm_cli.options import db_option, example, json_option, verb_command
from contractvm_cli.output import print_json
from contractvm_cli.places import RANGE

NOTHING = Account()


@verb_command(
    "diff",
    epilog=example(
        "contractvm diff main..experiment",
        "contractvm diff 41..",
        "contractvm diff 41:0..41:1 --json",
    ),
)
@click.argument("ends", metavar="A..B", type=RANGE)
@db_option
@json_option
def diff_command(ends: tuple[ChainPoint, ChainPoint], db: Path, as_json: bool) -> None:
    """Show what differs between two states: accounts, balances, code, storage.

    A and B are BLOCK or BLOCK:TX (after transaction 0, 1, ... of it); a block is a
    number, a hash, a branch or head. A side left out is head.

    Only nodes above a difference are read, so the cost grows with the difference, not
    with the state. The state has only hashes of addresses and of slot keys: where the
    database does not know the original, the hash is shown.
    """
    with existing_chain(db) as chain:
        found = chain.history.diff(*ends)
        if as_json:
            print_json(
                {
                    "before": end_document(chain, ends[0]),
                    "after": end_document(chain, ends[1]),
                    "accounts": [account_document(one) for one in found],
                }
            )
            return
        slot_count = account_count = 0
        for difference in found:
            account_count += 1
            slot_count += len(difference.slots)
            click.echo("\n".join(account_lines(difference)))
    click.echo(
        f"{plural(account_count, 'account')} and {plural(slot_count, 'slot')} differ"
        if account_count
        else "no difference"
    )


def plural(count: int, noun: str) -> str:
    """`1 account`, `2 accounts`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def end_document(chain: Blockchain, place: ChainPoint) -> Document:
    """One end of the range."""
    block = chain.reader.find_block(place.block)
    return {
        "number": block.header.number,
        "hash": format_data(block.hash),
        "transactionIndex": place.tx,
    }


def account_lines(difference: AccountDifference) -> Iterator[str]:
    """An account as text: what it is, then what changed."""
    before, after = difference.before or NOTHING, difference.after or NOTHING
    yield f"account {named(difference)}  {status_of(difference)}"
    if before.balance != after.balance:
        change = after.balance - before.balance
        yield f"  balance  {amount_text(before.balance)}"
        yield f"       ->  {amount_text(after.balance)}, {change:+} wei"
    if before.nonce != after.nonce:
        yield f"  nonce    {before.nonce} -> {after.nonce}"
    if difference.codes is not None:
        old, new = map(code_text, difference.codes)
        yield f"  code     {old} -> {new}"
    for slot in difference.slots:
        yield f"  slot     {slot_text(slot)}"
        yield f"           {format_data(slot.before)}"
        yield f"       ->  {format_data(slot.after)}"


def named(difference: AccountDifference) -> str:
    """The address, or its hash."""
    if difference.address is None:
        return f"with address hash {format_data(difference.address_hash)}"
    return str(address_text(Address(difference.address)))


def slot_text(slot: SlotDifference) -> str:
    """A slot's number, or the hash of its key."""
    if slot.key is None:
        return f"with key hash {format_data(slot.key_hash)}"
    return hex(int.from_bytes(slot.key, "big"))


def code_text(code: bytes) -> str:
    """Code by its hash and its length."""
    return f"{format_data(keccak256(code))} ({len(code)} bytes)" if code else "none"
