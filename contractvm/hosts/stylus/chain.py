"""The chain as Stylus programs see it, beside what other contracts see."""

from typing import Protocol

from contractvm.hosts.evm.interface import Host
from contractvm.hosts.stylus.page_prices import OpenPages
from contractvm.hosts.stylus.parameters import StylusParameters
from contractvm.hosts.stylus.programs import ProgramRecord, RecentPrograms


class StylusHost(Host, Protocol):
    """The chain, as seen by one transaction's programs.

    `pages` and `open_frames`, the open calls that are no delegate calls by the address
    that they act for, are the transaction's.
    """

    @property
    def parameters(self) -> StylusParameters:
        """The chain's rules for programs."""

    @property
    def pages(self) -> OpenPages:
        """The memory of the transaction's programs."""

    @property
    def open_frames(self) -> dict[bytes, int]:
        """How many calls act for each address."""

    @property
    def recent_programs(self) -> RecentPrograms:
        """The programs that the block has called."""

    @property
    def chain_id(self) -> int:
        """The number of the chain."""

    @property
    def base_fee(self) -> int:
        """The block's base fee, in wei."""

    @property
    def l1_block_number(self) -> int:
        """The number of the parent chain's block, which programs see as theirs."""

    def program(self, code_hash: bytes) -> ProgramRecord:
        """The record of a code hash, that of zeros if it was never activated."""

    def code_hash(self, address: bytes) -> bytes:
        """The hash of the account's code, 32 zeros if the account does not exist."""

    def access_account(self, address: bytes) -> bool:
        """Make an account warm; whether it was cold (EIP-2929)."""

    def access_slot(self, address: bytes, key: bytes) -> bool:
        """Make a slot warm; whether it was cold."""

    def original_storage(self, address: bytes, key: bytes) -> bytes:
        """The slot's 32 bytes when the transaction began."""

    def load_transient(self, address: bytes, key: bytes) -> bytes:
        """The transient slot's 32 bytes (EIP-1153)."""

    def store_transient(self, address: bytes, key: bytes, value: bytes) -> None:
        """Write the transient slot's 32 bytes."""
