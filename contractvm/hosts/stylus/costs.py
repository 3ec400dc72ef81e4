"""Sections of a Stylus schedule."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class InkCosts:
    """Ink for bytes that cross the boundary, and for state that was not read yet.

    The first 32 bytes are in the base. `state` was gas before ArbOS 32.
    """

    SECTION: ClassVar[str] = "ink"

    write_base: int
    write_per_byte: int
    read_base: int
    read_per_byte: int
    state: int


@dataclass(frozen=True, slots=True)
class AccessCosts:
    """Gas of accounts, slots, logs, calls and creations (EIP-2929, 2200 and 3529).

    The margins are what must be left before a function that they name goes on.
    """

    SECTION: ClassVar[str] = "access"

    account_cold: int
    slot_cold: int
    warm: int
    reads_from_33: int
    reads_from_129: int
    writes_from_9: int
    writes_from_65: int
    load_margin: int
    write_margin: int
    flush_margin: int
    code_per_24k: int
    log_topic: int
    log_byte: int
    slot_set: int
    slot_reset: int
    slot_clear_refund: int
    slot_unset_refund: int
    slot_restore_refund: int
    call_value: int
    call_new_account: int
    create: int
    create2_per_word: int
    return_word: int
    return_quadratic_divisor: int


@dataclass(frozen=True, slots=True)
class ActivationCosts:
    """The costs of activation; those that end in `rate` are per 100,000.

    `asm`, `cached` and `init` are the three estimates of a program, in bytes and gas;
    `gas` is what activation itself costs.
    """

    SECTION: ClassVar[str] = "activation"

    asm_base: int
    asm_func_rate: int
    asm_type_rate: int
    asm_byte_rate: int
    cached_func_rate: int
    cached_type_rate: int
    cached_byte_rate: int
    cached_global_rate: int
    cached_segment_rate: int
    cached_page: int
    init_func_rate: int
    init_type_rate: int
    init_byte_rate: int
    gas_base: int
    gas_per_unit: int
    gas_byte_rate: int
    gas_func_rate: int
    gas_payload_rate: int
    gas_element_rate: int
    gas_page: int
    gas_operator_rate: int
    min_init_unit: int
    min_cached_unit: int
    scalar_percent: int
    open_state: int
    storage_read: int
    storage_write: int
    storage_clear: int
    argument_word: int
    params_read: int
    program_event: int


@dataclass(frozen=True, slots=True)
class DataPricing:
    """How the data fee starts, and how it moves; in wei, bytes and seconds."""

    SECTION: ClassVar[str] = "data_pricer"

    bytes_per_second: int
    last_update: int
    min_price: int
    inertia_divisor: int
    accuracy_divisor: int


RATE = 100_000
SECTIONS = (InkCosts, AccessCosts, ActivationCosts, DataPricing)


def at_rate(count: int, rate: int) -> int:
    """`count` at a rate per 100,000, rounded down."""
    return count * rate // RATE
