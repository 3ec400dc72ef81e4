"""Schedule sections of chains of accounts; all numbers are gas."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class TransactionCosts:
    """Costs of a transaction, and the shares and refunds of calls (YP appendix G).

    A caller keeps 1 / `retained_gas_divisor` of its gas (EIP-150). At most
    1 / `max_refund_divisor` of the gas used is refunded. Each address of an access list
    and each key costs its own number (EIP-2930); a schedule without them has no prices
    for access lists. `init_code_word` is for each 32 bytes of init code (EIP-3860).
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
    access_list_address: int | None = None
    access_list_key: int | None = None
    init_code_word: int = 0


@dataclass(frozen=True, slots=True)
class PrecompileCosts:
    """Costs of precompiled contracts (YP appendix E); `modexp_least` is EIP-2565's."""

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
    modexp_least: int = 0
