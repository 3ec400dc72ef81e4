"""The chain as the contracts of one transaction see it."""

from collections.abc import Callable

from msgspec import Struct, field

from chain_sim.ethereum.forks import Fork
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.evm.frame import refusal
from contractvm.hosts.evm.interface import (
    BlockEnvironment,
    CallResult,
    Log,
    Message,
    TransactionEnvironment,
)
from gas_schedule.schedule import GasSchedule

# A contract that is part of the chain: a message and the schedule to a result.
SystemContract = Callable[[Message, GasSchedule], CallResult]


class Substate(Struct):
    """A transaction's data outside the state; undone with the frame (YP 6.1)."""

    logs: list[Log] = field(default_factory=list)
    refund: int = 0
    self_destructs: list[Address] = field(default_factory=list)

    def mark(self) -> tuple[int, int, int]:
        """A point to come back to."""
        return len(self.logs), self.refund, len(self.self_destructs)

    def rollback(self, mark: tuple[int, int, int]) -> None:
        """Forget what came after `mark`."""
        log_count, self.refund, destruct_count = mark
        del self.logs[log_count:]
        del self.self_destructs[destruct_count:]


class TransactionHost:
    """The chain that the contracts of one transaction see."""

    def __init__(
        self,
        state: WorldState,
        block: BlockEnvironment,
        transaction: TransactionEnvironment,
        block_hash: Callable[[int], bytes | None],
        fork: Fork,
    ) -> None:
        self.state = state
        self.block = block
        self.transaction = transaction
        self.fork = fork
        self.substate = Substate()
        self._block_hash = block_hash

    def balance(self, address: bytes) -> int:
        """In wei."""
        return self.state.get_balance(Address(address))

    def code(self, address: bytes) -> bytes:
        """The account's code, empty where it has none."""
        return self.state.get_code(Address(address))

    def is_empty(self, address: bytes) -> bool:
        """True for an account that does not exist, in EIP-161's sense."""
        return self.state.is_empty(Address(address))

    def load_storage(self, address: bytes, key: bytes) -> bytes:
        """The slot's 32 bytes."""
        return self.state.get_storage(Address(address), key)

    def store_storage(self, address: bytes, key: bytes, value: bytes) -> None:
        """Write the slot's 32 bytes."""
        self.state.set_storage(Address(address), key, value)

    def emit_log(self, log: Log) -> None:
        """Append to the transaction's logs."""
        self.substate.logs.append(log)

    def add_refund(self, gas: int) -> None:
        """Promise gas back at the end of the transaction."""
        self.substate.refund += gas

    def self_destruct(self, address: bytes, beneficiary: bytes) -> int:
        """Move the balance now; the account goes with the end of the transaction.

        The result is the balance, in wei. Traps if the beneficiary's would exceed 256
        bits.
        """
        balance = self.state.get_balance(Address(address))
        if beneficiary != address:
            if not self.state.can_add_balance(Address(beneficiary), balance):
                raise refusal(
                    "selfDestruct: the beneficiary's balance would exceed 256 bits"
                )
            self.state.add_balance(Address(beneficiary), balance)
        self.state.subtract_balance(Address(address), balance)
        if address not in self.substate.self_destructs:
            self.substate.self_destructs.append(Address(address))
        return balance

    def block_hash(self, number: int) -> bytes | None:
        """The hash of a block before the current one, if it is in the fork's window."""
        current = self.block.number
        if not max(0, current - self.fork.block_hash_window) <= number < current:
            return None
        return self._block_hash(number)

    def begin(self, tx: Transaction) -> None:
        """The transaction's message is about to run."""

    def system_contract(self, address: bytes) -> SystemContract | None:  # noqa: ARG002 (chains with some)
        """The chain's own contract at this address, None if there is none."""
        return None

    def check_new_code(self, code: bytes) -> None:
        """Raise CodeNotAllowed if the chain stores no such code."""

    def meet_new_account(self, address: Address) -> None:
        """A contract is about to be created at this address."""

    def end(self) -> None:
        """The transaction's message has its result, and no more code runs."""
