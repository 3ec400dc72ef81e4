"""Types of Solidity's ABI from text, parsed within limits of length and depth."""

import re

from eth_abi.exceptions import ParseError
from eth_abi.grammar import ABIType, normalize, parse

from contractvm.errors import ContractVmError

MAX_TYPE_CHARACTERS = 1_000
# The parser and the encoders recurse.
MAX_TUPLE_DEPTH = 16
MAX_ARRAY_DEPTH = 8
TOO_DEEP_ARRAY = re.compile(rf"(?:\[[0-9]*\]){{{MAX_ARRAY_DEPTH + 1}}}")


class InvalidType(ContractVmError):
    """Text that is no type, or one that nobody could have a value of."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text[:MAX_TYPE_CHARACTERS]!r} {reason}")
        self.text = text
        self.reason = reason


def parse_abi_type(text: str) -> ABIType:
    """The type that `text` names; raises InvalidType.

    None that takes no bytes is one, so that an array of a billion is not read for free.
    """
    if len(text) > MAX_TYPE_CHARACTERS:
        raise InvalidType(text, f"is a type of {len(text)} characters")
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth > MAX_TUPLE_DEPTH:
            raise InvalidType(
                text, f"has more than {MAX_TUPLE_DEPTH} tuples in each other"
            )
    if TOO_DEEP_ARRAY.search(text):
        reason = f"has more than {MAX_ARRAY_DEPTH} arrays in each other"
        raise InvalidType(text, reason)
    try:
        found: ABIType = parse(normalize(text))  # type: ignore[no-untyped-call]
        found.validate()  # type: ignore[no-untyped-call]
    except (ParseError, ValueError) as error:
        raise InvalidType(text, "is no type of Solidity's ABI") from error
    return found
