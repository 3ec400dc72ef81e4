"""A transaction's receipt as users read it: with its place, gas and contract."""

from dataclasses import dataclass

from chain_sim.primitives import Address, Hash32
from contractvm.host.interface import Log


@dataclass(frozen=True, slots=True)
class TransactionReceipt:
    """What became of a transaction that is in a block.

    Gas in gas, `gas_price` in wei. `contract_address` is the new account of a
    creation that succeeded. `output` is what the contract returned or reverted with;
    `error` says why it failed, None where it did not.
    """

    transaction_hash: Hash32
    transaction_index: int
    block_hash: Hash32
    block_number: int
    sender: Address
    to: Address | None
    contract_address: Address | None
    succeeded: bool
    gas_used: int
    cumulative_gas_used: int
    gas_price: int
    logs: tuple[Log, ...]
    output: bytes
    error: str | None
