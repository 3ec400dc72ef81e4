"""Options and arguments that name a block, a branch, or a point within a block."""

from pathlib import Path

import click
from msgspec import Struct

from chain_sim.ethereum.blocks.chain_point import (
    BlockName,
    ChainPoint,
    parse_block,
    parse_place,
    parse_range,
)
from contractvm_cli.options import db_option, gathered
from contractvm_cli.parameters import ParsedText


class PlaceText(ParsedText):
    """`BLOCK`, or `BLOCK:TX`."""

    name = "place"

    def parse(self, text: str) -> ChainPoint:
        """The block, and the transaction's index if given."""
        return parse_place(text)


class RangeText(ParsedText):
    """`A..B`."""

    name = "range"

    def parse(self, text: str) -> tuple[ChainPoint, ChainPoint]:
        """Both ends; the one left out is the head."""
        return parse_range(text)


class BlockNameText(ParsedText):
    """A number, a hash, a branch's name, or `head`."""

    name = "block"

    def parse(self, text: str) -> BlockName:
        """None is the head."""
        return parse_block(text)


PLACE = PlaceText()
RANGE = RangeText()
BLOCK = BlockNameText()

at_place_option = click.option(
    "--at",
    metavar="BLOCK[:TX]",
    type=PLACE,
    default="head",
    show_default=True,
    help="After this block, or after transaction TX (0, 1, ...) of it; a block is a"
    " number, a hash, a branch or head.",
)
at_block_option = click.option(
    "--at",
    metavar="BLOCK",
    type=BLOCK,
    default="head",
    show_default=True,
    help="After this block: a number, a hash, a branch or head.",
)


class ReadPlace(Struct, frozen=True):
    """The chain to read, and the point in its history."""

    at: ChainPoint
    db: Path


read_place = gathered(ReadPlace, "place", at_place_option, db_option)
