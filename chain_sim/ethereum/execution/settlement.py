"""The costs and refunds around the message of a transaction."""

from msgspec import Struct


class Settlement(Struct, frozen=True):
    """The costs around the message of a transaction; gas in gas, bytes counted.

    `refund` is what contracts were promised, `self_destruct_count` the accounts that
    go; `gas_used` is after the refund.
    """

    gas_limit: int
    is_creation: bool
    zero_byte_count: int
    nonzero_byte_count: int
    access_list_address_count: int
    access_list_key_count: int
    refund: int
    self_destruct_count: int
    gas_used: int

    @property
    def init_code_words(self) -> int:
        """Words of 32 bytes in the data, the last of which may be cut."""
        return -(-(self.zero_byte_count + self.nonzero_byte_count) // 32)
