"""Misuse of the world state: bugs of its callers, never a contract's fault."""

from chain_sim.ethereum.primitives.text import Address, format_data
from contractvm.errors import InternalError


class UnknownStateSnapshot(InternalError):
    """Rollback to a snapshot already rolled back, or of an earlier transaction."""

    def __init__(self, snapshot_id: int) -> None:
        super().__init__(f"unknown snapshot {snapshot_id}")
        self.snapshot_id = snapshot_id


class BalanceOutOfRange(InternalError):
    """A balance would become negative, or need more than 256 bits."""

    def __init__(self, address: Address, balance: int, change: int) -> None:
        name = format_data(address)
        super().__init__(f"balance {balance} of {name} changed by {change}")
        self.address = address
        self.balance = balance
        self.change = change


class NotAStorageSlot(InternalError):
    """A storage key or value that isn't 32 bytes long."""

    def __init__(self, key: bytes, value: bytes) -> None:
        super().__init__(
            f"storage takes 32 bytes under 32, not {value!r} under {key!r}"
        )
        self.key = key
        self.value = value
