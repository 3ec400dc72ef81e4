"""ArbWasm, the precompiled contract that activates programs and tells of them.

The module hash of an activation is that of Nitro's proving machine, which nothing here
computes: events have zeros.
"""

from collections.abc import Callable
from dataclasses import replace

from chain_sim.ethereum.arbitrum.addresses import NETWORK_FEE_ACCOUNT
from chain_sim.ethereum.arbitrum.contract_runs import (
    CallBurned,
    CallReverted,
    ContractRun,
    Method,
)
from chain_sim.ethereum.primitives.text import Address
from contractvm.errors import InvalidModule, MalformedModule
from contractvm.hosts.stylus.activation import (
    cached_gas,
    init_gas,
    module_gas,
    program_costs,
)
from contractvm.hosts.stylus.costs import AccessCosts, DataPricing
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import check_program
from contractvm.hosts.stylus.parameters import (
    HAS_ACTIVATION_GAS,
    HAS_FRAGMENTS,
    PAYS_FOR_BYTES,
    StylusParameters,
)
from contractvm.hosts.stylus.program_code import (
    MalformedProgram,
    is_program,
    read_fragments,
    unpack_program,
)
from contractvm.hosts.stylus.programs import (
    DAY,
    KIB,
    ProgramExpired,
    ProgramNeedsUpgrade,
    ProgramNotActivated,
    ProgramRecord,
    ProgramUnusable,
    hours_since_epoch,
)

ACTIVATED = bytes.fromhex(
    "c0e812780707128d9a180db8ee4d1c1f1300b6dd0626d577b5d9ac759b76253c"
)
LIFETIME_EXTENDED = bytes.fromhex(
    "03802ba32e3bd489d2ab04abb93d10687e0b6883bcb091206ca75172d248f2ec"
)
NO_MODULE_HASH = bytes(32)
WORD_BYTES = 32
COPIED_WORD_GAS = 3
PRICER_READS, PRICER_WRITES = 5, 2
PAGE_RAMP = 620_674_314  # only reported


def activate_program(run: ContractRun) -> tuple[int, ...]:
    """Check and price a program, keep its record, and take the fee for its data."""
    host, parameters, costs = run.host, run.host.parameters, run.costs
    address = run.address_argument()
    if parameters.arbos >= HAS_ACTIVATION_GAS:
        run.read()
        run.burn(parameters.activation_gas)
    run.burn(costs.gas_base)
    code_hash = host.code_hash(address)
    run.burn(costs.params_read)
    record = _read_program(run, code_hash)
    if _is_current(record, parameters, host.block.timestamp):
        raise CallReverted("ProgramUpToDate", "cc944bf2")
    wasm = _unpack(run, host.code(address))
    try:
        figures = check_program(wasm, TYPES, parameters, host.pages.open)
        estimate = program_costs(figures, parameters, costs)
    except (MalformedModule, InvalidModule) as reason:
        raise CallBurned(str(reason)) from None
    run.burn(module_gas(figures, parameters, costs))
    run.write()  # the module hash
    fee = _charge_data(run, estimate.asm_bytes)
    activated = ProgramRecord.activated(
        figures, estimate, parameters, host.block.timestamp
    )
    run.write()
    host.arbos.set_program(code_hash, replace(activated, is_cached=record.is_cached))
    _take_fee(run, fee)
    words = (int.from_bytes(address, "big"), fee, parameters.version)
    data = NO_MODULE_HASH + b"".join(word.to_bytes(WORD_BYTES, "big") for word in words)
    run.emit((ACTIVATED, code_hash), data)
    return parameters.version, fee


def _read_program(run: ContractRun, code_hash: bytes) -> ProgramRecord:
    run.read()
    return run.host.program(code_hash)


def _is_current(record: ProgramRecord, parameters: StylusParameters, now: int) -> bool:
    return (
        record.version == parameters.version
        and record.age(now) <= parameters.expiry_days * DAY
    )


def _unpack(run: ContractRun, code: bytes) -> bytes:
    """The module of a program; pays for its fragments."""
    parameters, host = run.host.parameters, run.host
    if not is_program(code, parameters):
        if parameters.arbos < HAS_FRAGMENTS:
            raise CallReverted("not a program", "")
        raise CallReverted("ProgramNotWasm", "27f38212")
    try:
        root = read_fragments(code, parameters)
        for fragment in () if root is None else root.addresses:
            access = run.schedule.section(AccessCosts)
            is_cold = host.access_account(fragment)
            run.burn(access.account_cold if is_cold else access.warm)
            words = -(-len(host.code(fragment)) // WORD_BYTES)
            run.burn(COPIED_WORD_GAS * words)
        return unpack_program(code, parameters, host.code)
    except MalformedProgram as reason:
        raise CallReverted(reason.reason, "") from None


def _charge_data(run: ContractRun, asm_bytes: int) -> int:
    """The fee in wei; demand grows."""
    run.read(PRICER_READS)
    run.write(PRICER_WRITES)
    pricing = run.schedule.section(DataPricing)
    pricer = run.host.arbos.data_pricer(pricing)
    now = run.host.block.timestamp
    fee, changed = pricer.charged(asm_bytes, now, pricing.accuracy_divisor)
    run.host.arbos.set_data_pricer(changed)
    return fee


def _take_fee(run: ContractRun, fee: int) -> None:
    """Move the fee on, and give back what was sent beyond it."""
    message, state = run.message, run.host.state
    run.read()  # the account that gets it
    if message.value < fee:
        raise CallReverted("ProgramInsufficientValue", "09781ab7", message.value, fee)
    state.subtract_balance(Address(message.recipient), message.value)
    state.add_fees(NETWORK_FEE_ACCOUNT, fee)
    state.add_balance(Address(message.sender), message.value - fee)


def _usable(run: ContractRun, code_hash: bytes) -> ProgramRecord:
    """The record of a program that can be called; reverts with the reason if not."""
    parameters = run.host.parameters
    run.burn(run.costs.params_read)
    record = _read_program(run, code_hash)
    try:
        record.check_callable(parameters, run.host.block.timestamp)
    except ProgramUnusable as reason:
        raise reverted(reason) from None
    return record


def reverted(reason: ProgramUnusable) -> CallReverted:
    """The contract's error for a program that cannot be called."""
    if isinstance(reason, ProgramNeedsUpgrade):
        numbers = (reason.version, reason.wanted)
        return CallReverted("ProgramNeedsUpgrade", "637d968f", *numbers)
    if isinstance(reason, ProgramExpired):
        return CallReverted("ProgramExpired", "c9b12e52", reason.age)
    if isinstance(reason, ProgramNotActivated):
        return CallReverted("ProgramNotActivated", "6f809c4e")
    raise reason


def keepalive(run: ContractRun) -> tuple[int, ...]:
    """Extend a program's life, for the fee of its data."""
    code_hash, host = run.argument(0), run.host
    record, now = _usable(run, code_hash), host.block.timestamp
    age = record.age(now)
    if age < host.parameters.keepalive_days * DAY:
        raise CallReverted("ProgramKeepaliveTooSoon", "16bd0cf8", age)
    fee = _charge_data(run, record.asm_kib * KIB)
    run.write()
    host.arbos.set_program(
        code_hash, replace(record, activated_at=hours_since_epoch(now))
    )
    _take_fee(run, fee)
    run.emit((LIFETIME_EXTENDED, code_hash), fee.to_bytes(WORD_BYTES, "big"))
    return ()


def _of_hash(value: Callable[[ContractRun, ProgramRecord], tuple[int, ...]]) -> Method:
    """A method about the program with the code hash in the argument."""
    return Method(1, lambda run: value(run, _usable(run, run.argument(0))))


def _of_address(
    value: Callable[[ContractRun, ProgramRecord], tuple[int, ...]],
) -> Method:
    """A method about the program of the account in the argument."""

    def find(run: ContractRun) -> tuple[int, ...]:
        code_hash = run.host.code_hash(run.address_argument())
        return value(run, _usable(run, code_hash))

    return Method(1, find)


def _parameter(
    value: Callable[[StylusParameters, ContractRun], tuple[int, ...]],
    first_arbos: int | None = None,
) -> Method:
    """A method that tells a parameter of the chain."""

    def tell(run: ContractRun) -> tuple[int, ...]:
        run.burn(run.costs.params_read)
        return value(run.host.parameters, run)

    return (
        Method(0, tell)
        if first_arbos is None
        else Method(0, tell, first_arbos=first_arbos)
    )


def _version(_: ContractRun, record: ProgramRecord) -> tuple[int, ...]:
    return (record.version,)


def _start_costs(run: ContractRun, record: ProgramRecord) -> tuple[int, ...]:
    parameters, costs = run.host.parameters, run.costs
    cached = cached_gas(record.cached_cost, parameters, costs)
    init = init_gas(record.init_cost, parameters, costs)
    return init + (cached if parameters.version > 1 else 0), cached


def _time_left(run: ContractRun, record: ProgramRecord) -> tuple[int, ...]:
    age = record.age(run.host.block.timestamp)
    return (run.host.parameters.expiry_days * DAY - age,)


METHODS = {
    "58c780c2": Method(1, activate_program, is_payable=True),
    "c689bad5": Method(1, keepalive, is_payable=True),
    "d70c0ca7": _of_hash(_version),
    "4089267f": _of_hash(lambda _, record: (record.asm_kib * KIB,)),
    "cc8f4e88": _of_address(_version),
    "62b688aa": _of_address(_start_costs),
    "aef36be3": _of_address(lambda _, record: (record.footprint,)),
    "c775a62a": _of_address(_time_left),
    "a996e0c2": _parameter(lambda given, _: (given.version,)),
    "d1c17abc": _parameter(lambda given, _: (given.ink_price,)),
    "8ccfaa70": _parameter(lambda given, _: (given.max_stack_depth,)),
    "4490c19d": _parameter(lambda given, _: (given.free_pages,)),
    "7af4ba49": _parameter(lambda given, _: (given.page_gas,)),
    "11c82ae8": _parameter(lambda _, __: (PAGE_RAMP,)),
    "9786f96e": _parameter(lambda given, _: (given.page_limit,)),
    "99d0b38d": _parameter(
        lambda given, run: (
            given.min_init_gas * run.costs.min_init_unit,
            given.min_cached_init_gas * run.costs.min_cached_unit,
        ),
        PAYS_FOR_BYTES,
    ),
    "5fc94c0b": _parameter(
        lambda given, run: (given.init_cost_scalar * run.costs.scalar_percent,)
    ),
    "309f6555": _parameter(lambda given, _: (given.expiry_days,)),
    "0a936455": _parameter(lambda given, _: (given.keepalive_days,)),
    "7af6e819": _parameter(lambda given, _: (given.block_cache_size,)),
    "2278c278": _parameter(
        lambda given, _: (given.activation_gas,), HAS_ACTIVATION_GAS
    ),
}
