"""Errors of the chain: one class per reason, with the facts."""

from chain_sim.ethereum.primitives.text import format_data
from contractvm.errors import ContractVmError


class ChainError(ContractVmError):
    """A rule of the chain, not of the engine, was broken."""


class MalformedRlp(ChainError):
    """Bytes that are not the canonical RLP of what was expected."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"malformed RLP: {reason}")
        self.reason = reason


class InvalidTransaction(ChainError):
    """The transaction cannot be in any block: it changes nothing and costs nothing."""


class MalformedTransaction(InvalidTransaction):
    """The bytes are not a transaction."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"malformed transaction: {reason}")
        self.reason = reason


class UnsupportedTransactionType(InvalidTransaction):
    """The chain's fork does not have transactions of this type (EIP-2718)."""

    def __init__(self, type_byte: int, supported: tuple[int, ...] = (0,)) -> None:
        wanted = (
            "a legacy transaction"
            if supported == (0,)
            else f"one of type {', '.join(map(str, supported))}"
        )
        super().__init__(
            f"transaction type {type_byte} is not supported: send {wanted}"
        )
        self.type_byte = type_byte
        self.supported = supported


class FieldNegative(InvalidTransaction):
    """A number that cannot be encoded in a transaction."""

    def __init__(self, field: str, actual: int) -> None:
        super().__init__(f"{field} {actual} is negative")
        self.field = field
        self.actual = actual


class FieldTooLarge(InvalidTransaction):
    """A number in the transaction is greater than the protocol allows."""

    def __init__(self, field: str, maximum: int, actual: int) -> None:
        super().__init__(f"{field} {actual} exceeds the maximum of {maximum}")
        self.field = field
        self.maximum = maximum
        self.actual = actual


class GasCostTooLarge(InvalidTransaction):
    """Gas limit times gas price does not fit in 256 bits."""

    def __init__(self, gas_limit: int, gas_price: int) -> None:
        super().__init__(
            f"gas limit {gas_limit} times gas price {gas_price} exceeds 256 bits"
        )
        self.gas_limit = gas_limit
        self.gas_price = gas_price


class InvalidSignature(InvalidTransaction):
    """The signature's numbers are out of range or match no public key."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"invalid signature: {reason}")
        self.reason = reason


class WrongChainId(InvalidTransaction):
    """Signed for another chain (EIP-155); `expected` is None where none is allowed."""

    def __init__(self, expected: int | None, actual: int) -> None:
        wanted = "no chain id" if expected is None else f"chain id {expected}"
        super().__init__(f"signed for chain id {actual}, this chain takes {wanted}")
        self.expected = expected
        self.actual = actual


class NonceTooLow(InvalidTransaction):
    """The sender has already used this nonce."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(f"nonce {actual} is too low: the next one is {expected}")
        self.expected = expected
        self.actual = actual


class NonceTooHigh(InvalidTransaction):
    """An earlier nonce of the sender is still missing."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(f"nonce {actual} is too high: the next one is {expected}")
        self.expected = expected
        self.actual = actual


class InsufficientBalance(InvalidTransaction):
    """The sender cannot pay value and gas limit times gas price, both in wei."""

    def __init__(self, required: int, available: int) -> None:
        super().__init__(f"{required} wei are needed, the sender has {available}")
        self.required = required
        self.available = available


class PriorityFeeTooHigh(InvalidTransaction):
    """The priority fee is above the maximum fee that includes it; wei for a gas."""

    def __init__(self, priority_fee: int, max_fee: int) -> None:
        super().__init__(
            f"max priority fee per gas {priority_fee} is higher than"
            f" max fee per gas {max_fee}"
        )
        self.priority_fee = priority_fee
        self.max_fee = max_fee


class MaxFeeTooLow(InvalidTransaction):
    """The gas price, or the maximum fee, is less than the block's base fee, in wei."""

    def __init__(self, max_fee: int, base_fee: int) -> None:
        super().__init__(
            f"max fee per gas {max_fee} is less than the block's base fee {base_fee}"
        )
        self.max_fee = max_fee
        self.base_fee = base_fee


class AccessListNotPriced(InvalidTransaction):
    """The gas schedule has no prices for access lists, and the transaction has one."""

    def __init__(self) -> None:
        super().__init__(
            "the chain's gas schedule has no prices for access lists: leave it empty"
        )


class IntrinsicGasTooLow(InvalidTransaction):
    """The gas limit does not cover the intrinsic gas."""

    def __init__(self, required: int, available: int) -> None:
        super().__init__(f"gas limit {available} is below the intrinsic gas {required}")
        self.required = required
        self.available = available


class GasLimitTooLarge(InvalidTransaction):
    """The gas limit, in units of the gas schedule, does not fit in the gas counter."""

    def __init__(self, gas_limit: int, most: int) -> None:
        super().__init__(
            f"gas limit {gas_limit} is more than this chain can count: {most}"
        )
        self.gas_limit = gas_limit
        self.most = most


class BlockGasLimitExceeded(InvalidTransaction):
    """The gas limit is more than the gas left in the block."""

    def __init__(self, required: int, available: int) -> None:
        super().__init__(
            f"gas limit {required} exceeds the block's remaining {available} gas"
        )
        self.required = required
        self.available = available


class InvalidBlock(ChainError):
    """A field of the block is not what its content or its parent requires."""

    def __init__(self, field: str, expected: object, actual: object) -> None:
        super().__init__(
            f"invalid block: {field} is {_shown(actual)}, not {_shown(expected)}"
        )
        self.field = field
        self.expected = expected
        self.actual = actual


class InvalidGenesis(ChainError):
    """A genesis file breaks a rule; `place` is the path of the offending value."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"invalid genesis: {place}: {reason}")
        self.place = place
        self.reason = reason


class InvalidPrivateKey(ChainError):
    """Not 32 bytes, zero, or not below the order of the curve.

    The message does not repeat the key.
    """

    def __init__(self) -> None:
        super().__init__(
            "a private key is 32 bytes, neither zero nor above the curve's order"
        )


class NotRunnable(InvalidTransaction):
    """The transaction meets code that nothing here runs; its result is unknown."""

    def __init__(self, reason: ContractVmError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class ForkNeeded(ChainError):
    """The schedule prices code of an `interface` that only runs by a fork's rules."""

    def __init__(self, interface: str, needed: str, fork: str) -> None:
        super().__init__(
            f"{interface} code needs the rules of {needed}, the chain has those of"
            f" {fork}"
        )
        self.interface = interface
        self.needed = needed
        self.fork = fork


class CodeNotAllowed(ChainError):
    """A contract's code begins with what the chain keeps for other uses (EIP-3541)."""

    def __init__(self, start: bytes) -> None:
        super().__init__(f"code that begins with 0x{start.hex()} is not allowed")
        self.start = start


class PrecompileFailure(ChainError):
    """A precompiled contract refused its input: the call fails and uses all its gas."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


def _shown(value: object) -> str:
    return format_data(value) if isinstance(value, bytes) else str(value)


class UnknownBlock(ChainError):
    """The chain has no block with this number or hash."""

    def __init__(self, which: int | bytes) -> None:
        name = (
            f"number {which}"
            if isinstance(which, int)
            else f"hash {format_data(which)}"
        )
        super().__init__(f"the chain has no block with {name}")
        self.which = which


class BlockNotKept(ChainError):
    """Garbage collection removed the block, or its state and receipts."""

    def __init__(self, which: int | bytes) -> None:
        name = f"number {which}" if isinstance(which, int) else format_data(which)
        super().__init__(f"block {name} is no longer kept: it was pruned")
        self.which = which


class UnknownTransaction(ChainError):
    """No block of the chain contains a transaction with this hash."""

    def __init__(self, tx_hash: bytes) -> None:
        super().__init__(f"the chain has no transaction {format_data(tx_hash)}")
        self.tx_hash = tx_hash


class UnknownSnapshot(ChainError):
    """No snapshot with this number was taken on this chain."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the chain has no snapshot {number}")
        self.number = number


class GenesisMismatch(ChainError):
    """The chain in the database has another genesis than the one requested."""

    def __init__(self, field: str, found: object, wanted: object) -> None:
        super().__init__(
            f"the database's chain has {field} {_shown(found)}, not {_shown(wanted)}"
        )
        self.field = field
        self.found = found
        self.wanted = wanted


class ScheduleChanged(ChainError):
    """The gas schedule is not the one that the chain was created with."""

    def __init__(self, name: str, expected: bytes, actual: bytes) -> None:
        super().__init__(
            f"gas schedule {name} has content hash {actual.hex()}, "
            f"the chain was made with {expected.hex()}"
        )
        self.name = name
        self.expected = expected
        self.actual = actual


class InstrumentationChanged(ChainError):
    """The chain was created with another version of the instrumentation."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(
            f"the chain was made with instrumentation version {expected}, "
            f"this program has version {actual}"
        )
        self.expected = expected
        self.actual = actual


class ReplayDiffers(ChainError):
    """A transaction that was run again gave another result than its block records."""

    def __init__(self, field: str, stored: object, found: object) -> None:
        super().__init__(
            f"run again, the {field} is {_shown(found)}; "
            f"the chain has {_shown(stored)}: other rules made this block"
        )
        self.field = field
        self.stored = stored
        self.found = found


class UnknownFork(ChainError):
    """The genesis names an unknown fork."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no fork named {name!r}; known: {', '.join(known)}")
        self.name = name
        self.known = known


class NoFeeMarket(ChainError):
    """The chain has no base fee."""

    def __init__(self) -> None:
        super().__init__("the chain has no fee market, so no block has a base fee")


class EditOutOfRange(ChainError):
    """A number that an account, or the next block, cannot have."""

    def __init__(self, field: str, maximum: int, actual: int) -> None:
        super().__init__(f"{field} {actual} is not from 0 to {maximum}")
        self.field = field
        self.maximum = maximum
        self.actual = actual


class UnknownFeeMarket(ChainError):
    """The genesis names an unknown fee market."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no fee market named {name!r}; known: {', '.join(known)}")
        self.name = name
        self.known = known
