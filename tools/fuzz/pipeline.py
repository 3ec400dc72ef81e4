"""Bytes through every stage: decode, profile, validate, instrument, compile, run."""

from contractvm.errors import InvalidModule, MalformedModule, OutOfGas, Trap
from contractvm.metering.names import GAS_EXPORT
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.interpreter.instance import ExportedFunc
from contractvm.wasm.validation.profile import Profile, SizeLimits
from tests.helpers.schedules import distinct_schedule
from tools.fuzz.ours import OurInstance

# Nothing is refused but what no engine takes, and the gas pays for any size.
SIZES = SizeLimits(max_memory_pages=65_536, max_operand_height=2**32)
PROFILE = Profile("any", floats="canonical", sizes=SIZES)
SCHEDULE = distinct_schedule()
GAS = 2**62


def fresh_engine() -> Pipeline:
    """An engine that has judged nothing yet."""
    return Pipeline(InterpreterEngine(), SCHEDULE, PROFILE)


def run_bytes(data: bytes, call_gas: int = 20_000) -> str:
    """How far the bytes came: the name of the refusal, or "ran".

    Any exception but the contract's own faults comes out.
    """
    engine = fresh_engine()
    try:
        prepared = engine.prepare(data)
    except (MalformedModule, InvalidModule) as refusal:
        return type(refusal).__name__
    host = OurInstance(prepared.module, prepared.compiled)
    try:
        run = engine.start(prepared, host.imports(), GAS)
    except (Trap, OutOfGas) as stopped:
        return type(stopped).__name__
    for name, extern in list(run.instance.exports.items())[:8]:
        if isinstance(extern, ExportedFunc) and not extern.func_type.params:
            run.instance.exports[GAS_EXPORT].value = call_gas
            try:
                run.begin(name)
                found = run.resume()
                while isinstance(found, Suspension):
                    found = run.resume(found.request)
            except (Trap, OutOfGas):
                continue
    return "ran"
