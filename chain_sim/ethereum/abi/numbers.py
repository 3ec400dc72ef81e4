"""Numbers and amounts of ether in text."""

import re

from chain_sim.ethereum.primitives.text import InvalidText

DECIMALS_OF_UNIT = {"": 0, "wei": 0, "gwei": 9, "ether": 18}
AMOUNT = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))? ?(|wei|gwei|ether)")
HEX_NUMBER = re.compile(r"(-?)0x([0-9a-fA-F]+)")
# As many as 256 bits need: Python refuses to read thousands of digits.
MAX_DIGITS = 78
MAX_HEX_DIGITS = 64


def parse_integer(text: str) -> int:
    """A number, decimal or `0x`, or an amount as `2gwei` or `1.5ether`, in wei.

    Raises InvalidText.
    """
    found = HEX_NUMBER.fullmatch(text)
    if found:
        _require_length(text, found[2], MAX_HEX_DIGITS)
        return int(found[1] + found[2], 16)
    found = AMOUNT.fullmatch(text)
    if not found:
        raise InvalidText("a number", text, "give digits, 0x digits, 2gwei or 1.5ether")
    sign, whole, fraction, unit = found.groups(default="")
    _require_length(text, whole, MAX_DIGITS)
    decimals = DECIMALS_OF_UNIT[unit]
    if len(fraction) > decimals:
        raise InvalidText("a number", text, "not a whole number of wei")
    return int(sign + whole + fraction.ljust(decimals, "0"))


def _require_length(text: str, digits: str, most: int) -> None:
    if len(digits) > most:
        reason = f"{len(digits)} digits, more than the {most} of 256 bits"
        raise InvalidText("a number in range", text, reason)
