"""The engine and block 0 of a chain, from its genesis configuration."""

from chain_sim.ethereum.blocks.genesis import (
    GenesisConfig,
)
from chain_sim.ethereum.execution.executor import EngineChoice
from chain_sim.ethereum.primitives.errors import (
    InstrumentationChanged,
    ScheduleChanged,
)
from contractvm.hosts.interface import HostInterface
from contractvm.hosts.registry import find_host, load_checked
from contractvm.metering.names import INSTRUMENTATION_VERSION
from contractvm.runtime.engine_selection import (
    DEFAULT_ENGINE,
    make_engine,
    other_engine,
)
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.interpreter.engine import InterpreterEngine
from gas_schedule.schedule import GasSchedule


def engine_for(
    genesis: GenesisConfig, engine: str = DEFAULT_ENGINE, *, cross_check: bool = False
) -> EngineChoice:
    """The engine of that name under the genesis's schedule and profile.

    With `cross_check`, the other engine too.

    Raises ScheduleChanged if the schedule is no longer the one that the chain was
    made with: its blocks could not be computed again; UnknownEngine.
    """
    schedule = load_checked(genesis.schedule)
    if schedule.content_hash != genesis.schedule_hash:
        raise ScheduleChanged(
            genesis.schedule, genesis.schedule_hash, schedule.content_hash
        )
    if genesis.instrumentation_version != INSTRUMENTATION_VERSION:
        raise InstrumentationChanged(
            genesis.instrumentation_version, INSTRUMENTATION_VERSION
        )
    interface = find_host(genesis.profile)
    return choose_engine(engine, schedule, interface, cross_check=cross_check)


def init_code_of(
    genesis: GenesisConfig, engine: Pipeline, code: bytes, *, is_init_code: bool
) -> bytes:
    """What a transaction that creates a contract holds; `code` is checked first.

    Around a runtime module an init module is made, where the host has those. Raises
    MalformedModule, InvalidModule and RefusedModule.
    """
    interface = find_host(genesis.profile)
    if interface.checks_new_code or not is_init_code:
        engine.prepare(code)
    if interface.init_code is None or is_init_code:
        return code
    return interface.init_code(code)


def traced_engine(engine: Pipeline, schedule: GasSchedule | None = None) -> Pipeline:
    """An engine with the same rules whose instances record what they are charged for.

    With `schedule`, it charges by that one. It is the interpreter, whichever the other
    is: results and gas are the same.
    """
    return engine.on(InterpreterEngine(), schedule=schedule, is_traced=True)


def choose_engine(
    name: str, schedule: GasSchedule, interface: HostInterface, *, cross_check: bool
) -> EngineChoice:
    """The engine of that name, and the other one to check it if asked.

    Raises UnknownEngine.
    """
    engine = interface.pipeline(make_engine(name), schedule)
    if not cross_check:
        return EngineChoice(engine)
    second = interface.pipeline(make_engine(other_engine(name)), schedule)
    return EngineChoice(engine, second)


def confirming_engines(choice: EngineChoice) -> EngineChoice | None:
    """Both engines, if a run recorded on the interpreter must be confirmed on them.

    None if the interpreter alone was chosen.
    """
    if choice.second is not None:
        return choice
    engine = choice.engine
    if engine.engine_name == DEFAULT_ENGINE:
        return None
    return EngineChoice(engine, engine.on(InterpreterEngine()))


def engine_with_schedule(schedule: str, engine: str = DEFAULT_ENGINE) -> Pipeline:
    """The engine for contracts under a schedule's name or path."""
    loaded = load_checked(schedule)
    return find_host(loaded.interface).pipeline(make_engine(engine), loaded)
