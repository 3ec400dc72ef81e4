"""Points in a chain's history: after a block, or after a transaction in it.

As text: `BLOCK` or `BLOCK:TX`. A block is a number (of the branch that the chain is
on), a hash (of any block in the database), a branch's name (its newest block), or
`head`; TX is a transaction's index in the block, from 0, and means the moment after it.
"""

import re

from msgspec import Struct

from chain_sim.ethereum.blocks.history_errors import InvalidBranchName
from chain_sim.ethereum.primitives.text import InvalidText, parse_hash
from gas_schedule.arguments import as_int

HEAD_NAMES = ("head", "latest")
MAX_NAME_LENGTH = 100
BRANCH_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
COUNT = re.compile(r"[0-9]{1,19}")

BlockName = int | bytes | str | None
"""A number, a hash, a branch's name; None is the head."""


class ChainPoint(Struct, frozen=True):
    """After a block, or after its transaction with the index `tx`."""

    block: BlockName = None
    tx: int | None = None


Where = ChainPoint | BlockName
"""A place, or the block after which."""

HEAD = ChainPoint()


def as_place(where: Where, tx: int | None = None) -> ChainPoint:
    """The place that is meant; raises TypeError for what is none."""
    if isinstance(where, ChainPoint):
        return where
    if where is None and tx is None:
        return HEAD
    if where is not None and not isinstance(where, bytes | str):
        as_int(where, "block", "a number, a hash, a branch's name, None or ChainPoint")
    return ChainPoint(where, None if tx is None else as_int(tx, "tx"))


def parse_place(text: str) -> ChainPoint:
    """The place that `BLOCK` or `BLOCK:TX` names; raises InvalidText."""
    block, colon, tx = text.partition(":")
    if not colon:
        return ChainPoint(parse_block(block))
    if not COUNT.fullmatch(tx):
        reason = "after the colon comes a transaction's index: 0, 1, ..."
        raise InvalidText("a place in the chain", text, reason)
    return ChainPoint(parse_block(block), int(tx))


def parse_block(text: str) -> BlockName:
    """The block that a text names; raises InvalidText."""
    if text in HEAD_NAMES:
        return None
    if COUNT.fullmatch(text):
        return int(text)
    if text.isdecimal():
        raise InvalidText("a block", text, f"{len(text)} digits: no chain is so long")
    if text.startswith("0x"):
        return parse_hash(text)
    try:
        return require_branch_name(text)
    except InvalidBranchName as error:
        reason = "give a number, a hash, a branch's name, head or latest"
        raise InvalidText("a block", text, reason) from error


def parse_range(text: str) -> tuple[ChainPoint, ChainPoint]:
    """The places of `A..B`; the one left out is the head. Raises InvalidText."""
    before, dots, after = text.partition("..")
    if not dots or "." in after[:1] or not (before or after):
        reason = "give A..B, A.. or ..B, with a block or BLOCK:TX on each side"
        raise InvalidText("a range", text, reason)
    return (
        parse_place(before) if before else HEAD,
        parse_place(after) if after else HEAD,
    )


def require_branch_name(name: str) -> str:
    """The name, if it can be a branch's; raises InvalidBranchName."""
    if not BRANCH_NAME.fullmatch(name):
        reason = "begin with a letter; then letters, digits and _ . / -"
    elif len(name) > MAX_NAME_LENGTH:
        reason = f"{len(name)} characters, more than {MAX_NAME_LENGTH}"
    elif ".." in name or name.endswith((".", "/")):
        reason = "two dots, or a dot or slash at the end, would be read as a range"
    elif name.lower() in HEAD_NAMES:
        reason = "it stands for the newest block"
    else:
        return name
    raise InvalidBranchName(name, reason)
