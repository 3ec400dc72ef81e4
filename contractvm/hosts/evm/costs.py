"""Sections of a gas schedule that chains of accounts have; everything is gas."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class TransactionCosts:
    """What a transaction costs, and the shares and refunds of calls (YP appendix G).

    `retained_gas_divisor`: a caller keeps one part of so many of its gas (EIP-150).
    `max_refund_divisor`: of the gas used, at most one part of so many is refunded.
    """

    SECTION: ClassVar[str] = "transaction"

    base: int
    create: int
    data_zero_byte: int
    data_nonzero_byte: int
    code_deposit_per_byte: int
    call_stipend: int
    retained_gas_divisor: int
    storage_clear_refund: int
    self_destruct_refund: int
    max_refund_divisor: int


@dataclass(frozen=True, slots=True)
class PrecompileCosts:
    """What the precompiled contracts of Byzantium cost (YP appendix E)."""

    SECTION: ClassVar[str] = "precompiles"

    ecrecover: int
    sha256_base: int
    sha256_per_word: int
    ripemd160_base: int
    ripemd160_per_word: int
    identity_base: int
    identity_per_word: int
    modexp_divisor: int
    bn128_add: int
    bn128_mul: int
    bn128_pairing_base: int
    bn128_pairing_per_point: int
