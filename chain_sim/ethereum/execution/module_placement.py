"""A module put in place of an account's code, outside of any transaction."""

from chain_sim.ethereum.forks import Fork
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.registry import find_host
from gas_schedule.schedule import GasSchedule


def module_at(state: WorldState, address: Address, interface: str) -> bytes:
    """The module of the account's code; empty if it has none.

    Raises UnreadableCode for other code.
    """
    code = state.get_code(address)

    def code_at(other: bytes) -> bytes:
        return state.get_code(Address(other))

    return find_host(interface).unpack(code, code_at) if code else b""


def place_module(
    state: WorldState,
    address: Address,
    wasm: bytes,
    fork: Fork,
    schedule: GasSchedule,
    now: int,
) -> None:
    """Make `wasm` the account's contract, which can be called at once.

    `now`, in seconds, is when it was activated, where programs are. Raises
    MalformedModule, InvalidModule or RefusedModule for one that no activation accepts.
    """
    state.set_code(address, find_host(schedule.interface).pack(wasm))
    if fork.stylus is None:
        return
    from chain_sim.ethereum.arbitrum.activated_modules import (  # noqa: PLC0415 (few chains have it)
        keep_activation,
    )

    keep_activation(state, address, wasm, fork.stylus, schedule, now)
