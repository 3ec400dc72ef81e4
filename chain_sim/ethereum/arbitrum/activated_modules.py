"""Modules put on a chain as activated programs, outside of any transaction."""

from chain_sim.ethereum.arbitrum.arbos_state import ArbOsState
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.stylus.activation import program_costs
from contractvm.hosts.stylus.costs import ActivationCosts
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import check_program
from contractvm.hosts.stylus.parameters import StylusParameters
from contractvm.hosts.stylus.programs import ProgramRecord
from gas_schedule.schedule import GasSchedule


def keep_activation(
    state: WorldState,
    address: Address,
    wasm: bytes,
    parameters: StylusParameters,
    schedule: GasSchedule,
    now: int,
) -> None:
    """Keep the record of the account's code, whose module is `wasm`.

    `now` is in seconds. Raises MalformedModule, InvalidModule or RefusedModule for a
    module that no activation accepts.
    """
    figures = check_program(wasm, TYPES, parameters)
    estimate = program_costs(figures, parameters, schedule.section(ActivationCosts))
    record = ProgramRecord.activated(figures, estimate, parameters, now)
    ArbOsState(state).set_program(state.get_code_hash(address), record)
