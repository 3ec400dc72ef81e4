"""Types of arguments and options: text in, checked and typed values out."""

import re
from typing import TYPE_CHECKING, Any

import click

from chain_sim.ethereum.abi.numbers import parse_integer
from chain_sim.ethereum.primitives.text import (
    HASH_BYTES,
    Address,
    Hash32,
    InvalidText,
    parse_address,
    parse_data,
    parse_hash,
)
from contractvm_cli.completing import (
    Complete,
    complete_account,
    complete_target,
    complete_transaction,
)
from contractvm_cli.names import (
    LAST_TRANSACTION,
    Name,
    named_account,
    named_sender,
    require_name,
)

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MAX_WORD = 2**256 - 1
MAX_GAS = 2**63 - 1
COUNT = re.compile(r"[0-9]{1,19}")


class ParsedText(click.ParamType):  # type: ignore[type-arg] # not generic in 8.1
    """A parameter read by `parse`, whose InvalidText becomes wrong usage."""

    completes: Complete | None = None

    def parse(self, text: str) -> object:
        """The value of `text`."""
        raise NotImplementedError

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """See click."""
        if self.completes is None:
            return []
        from click.shell_completion import (  # noqa: PLC0415 (for shells alone)
            CompletionItem,
        )

        return [CompletionItem(each) for each in self.completes(ctx, param, incomplete)]

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """See click."""
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except InvalidText as error:
            self.fail(str(error), param, ctx)


class AddressText(ParsedText):
    """An address; a mixed-case one must have a valid checksum."""

    name = "address"

    def parse(self, text: str) -> Address:
        """Twenty bytes."""
        return parse_address(text)


class AccountOrNameText(ParsedText):
    """An address; a name of the address book; `@3`; `$last`."""

    name = "address"
    completes = staticmethod(complete_account)

    def parse(self, text: str) -> Address | Name:
        """Twenty bytes, or the name."""
        return named_account(text)


class NameText(ParsedText):
    """A name for an account."""

    name = "name"

    def parse(self, text: str) -> str:
        """The name."""
        return require_name(text)


class HashText(ParsedText):
    """A hash of 32 bytes."""

    name = "hash"

    def parse(self, text: str) -> Hash32:
        """Thirty-two bytes."""
        return parse_hash(text)


class TransactionText(ParsedText):
    """A transaction's hash, or `$tx`."""

    name = "hash"
    completes = staticmethod(complete_transaction)

    def parse(self, text: str) -> Hash32 | Name:
        """Thirty-two bytes, or the name."""
        return Name(text) if text == LAST_TRANSACTION else parse_hash(text)


class AddressOrHashText(ParsedText):
    """An address or a hash; `wanted` says of what."""

    name = "address or hash"

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def parse(self, text: str) -> Address | Hash32:
        """Twenty bytes, or thirty-two."""
        if len(text) == len("0x") + 2 * HASH_BYTES:
            return parse_hash(text)
        try:
            return parse_address(text)
        except InvalidText as error:
            raise InvalidText(self.wanted, text, error.reason) from error


class CallOrTransactionText(ParsedText):
    """An address or a transaction's hash, or a name of one."""

    name = "address or hash"
    completes = staticmethod(complete_target)

    def parse(self, text: str) -> Address | Hash32 | Name:
        """Twenty bytes, thirty-two, or the name."""
        if text == LAST_TRANSACTION:
            return Name(text)
        return ADDRESS_OR_TX.parse(text) if text[:2] == "0x" else CONTRACT.parse(text)


class DataText(ParsedText):
    """Bytes as `0x` text."""

    name = "hex"

    def parse(self, text: str) -> bytes:
        """The bytes."""
        return parse_data(text)


class WeiText(ParsedText):
    """An amount of ether, in wei or with a unit."""

    name = "amount"

    def parse(self, text: str) -> int:
        """Wei."""
        amount = parse_integer(text)
        if not 0 <= amount <= MAX_WORD:
            raise InvalidText("an amount", text, "not between 0 and 2^256 - 1 wei")
        return amount


class GasText(ParsedText):
    """An amount of gas that a transaction may use."""

    name = "gas"

    def parse(self, text: str) -> int:
        """Gas."""
        gas = parse_integer(text)
        if not 0 < gas <= MAX_GAS:
            raise InvalidText("gas", text, "not between 1 and 2^63 - 1")
        return gas


class SlotText(ParsedText):
    """A storage slot: a number, decimal or `0x`."""

    name = "slot"

    def parse(self, text: str) -> int:
        """The number."""
        slot = parse_integer(text)
        if not 0 <= slot <= MAX_WORD:
            raise InvalidText("a storage slot", text, "not between 0 and 2^256 - 1")
        return slot


class AccountText(ParsedText):
    """An account: the index of a developer account, an address, or a name."""

    name = "account"
    completes = staticmethod(complete_account)

    def parse(self, text: str) -> int | Address:
        """The index, or the address."""
        if COUNT.fullmatch(text):
            return int(text)
        return named_sender(text)


class PrivateKeyText(ParsedText):
    """A private key; no message repeats it."""

    name = "key"

    def parse(self, text: str) -> bytes:
        """Thirty-two bytes."""
        digits = text.removeprefix("0x")
        if not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
            raise InvalidText("a private key", "(not shown)", "give 64 hex digits")
        return bytes.fromhex(digits)


ADDRESS = AddressText()
CONTRACT = AccountOrNameText()
NAME = NameText()
HASH = HashText()
TRANSACTION = TransactionText()
ADDRESS_OR_TX = AddressOrHashText("an address or a transaction's hash")
CALL_OR_TX = CallOrTransactionText()
ADDRESS_OR_CODE = AddressOrHashText("an address or a code hash")
DATA = DataText()
WEI = WeiText()
SLOT = SlotText()
ACCOUNT = AccountText()
PRIVATE_KEY = PrivateKeyText()
GAS = GasText()
