"""ArbWasmCache, the precompiled contract that caches programs and evicts them."""

from dataclasses import replace

from chain_sim.ethereum.arbitrum.arb_wasm import reverted
from chain_sim.ethereum.arbitrum.contract_runs import CallBurned, ContractRun, Method
from contractvm.hosts.stylus.parameters import VERSION_2
from contractvm.hosts.stylus.programs import ProgramUnusable

UPDATED = bytes.fromhex(
    "1bfaa29b4618e78f5b398027d530826dbb266dc976a5067f67fdad15434ecfab"
)
WORD_BYTES = 32
OFFSET_OF_LIST = 32


def set_cached(run: ContractRun, code_hash: bytes, *, is_cached: bool) -> None:
    """Change the mark of a program, which is an event and costs its start."""
    host, manager = run.host, run.message.sender
    run.read()
    if not host.arbos.cache_manager(manager):
        raise CallBurned("the caller is no cache manager")
    run.burn(run.costs.params_read)
    run.read()
    record = host.program(code_hash)
    if is_cached:
        try:
            record.check_callable(host.parameters, host.block.timestamp)
        except ProgramUnusable as reason:
            raise reverted(reason) from None
    if record.is_cached == is_cached:
        return
    topics = (UPDATED, manager.rjust(WORD_BYTES, b"\0"), code_hash)
    run.emit(topics, int(is_cached).to_bytes(WORD_BYTES, "big"))
    run.burn(record.init_cost)
    run.write()
    host.arbos.set_program(code_hash, replace(record, is_cached=is_cached))


def cache_program(run: ContractRun) -> tuple[int, ...]:
    """Cache the program of an account."""
    set_cached(run, run.host.code_hash(run.address_argument()), is_cached=True)
    return ()


def cache_code_hash(run: ContractRun) -> tuple[int, ...]:
    """Cache the program with a code hash."""
    set_cached(run, run.argument(0), is_cached=True)
    return ()


def evict_code_hash(run: ContractRun) -> tuple[int, ...]:
    """Take a program out of the cache."""
    set_cached(run, run.argument(0), is_cached=False)
    return ()


def is_cache_manager(run: ContractRun) -> tuple[int, ...]:
    """Whether an account may cache and evict."""
    run.read()
    return (int(run.host.arbos.cache_manager(run.address_argument())),)


def all_cache_managers(run: ContractRun) -> bytes:
    """The accounts that may cache and evict."""
    managers = run.host.arbos.cache_managers()
    run.read(1 + len(managers))
    words = (OFFSET_OF_LIST, len(managers))
    head = b"".join(word.to_bytes(WORD_BYTES, "big") for word in words)
    return head + b"".join(address.rjust(WORD_BYTES, b"\0") for address in managers)


def is_cached(run: ContractRun) -> tuple[int, ...]:
    """Whether the program with a code hash is cached."""
    run.read()
    return (int(run.host.program(run.argument(0)).is_cached),)


METHODS = {
    "85e2de85": Method(1, is_cache_manager),
    "0ec1d773": Method(0, all_cache_managers),
    "4ceac817": Method(1, cache_code_hash, last_arbos=VERSION_2 - 1),
    "e73ac9f2": Method(1, cache_program, first_arbos=VERSION_2),
    "ce972013": Method(1, evict_code_hash),
    "a72f179b": Method(1, is_cached),
}
