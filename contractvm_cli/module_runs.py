"""One metered call of a module that needs no host."""

from collections.abc import Sequence

from msgspec import Struct

from contractvm.errors import InternalError, LinkError, OutOfGas, Trap
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import START_EXPORT
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import Pipeline, PreparedModule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.profile import Profile
from contractvm_cli.failures import CommandFailed
from contractvm_cli.wasm_values import parse_wasm_value
from gas_schedule.schedule import GasSchedule

MAX_UNITS = 2**63 - 1

ANY_WITHOUT_HOST = Profile(name="run", floats="refused", imports={})


class RunOutcome(Struct, frozen=True):
    """The result of a call; `error` says why it stopped, None if it returned.

    `units_used` is exact; `gas_used` is rounded up. After a trap they are what was
    charged until then; on a chain, all gas of the call would be gone.
    """

    results: tuple[tuple[ValType, object], ...]
    units_used: int
    gas_used: int
    units_per_gas: int
    schedule: str
    error: str | None


class RunCase(Struct, frozen=True):
    """A call: the module's bytes, the exported func, arguments as text, gas."""

    code: bytes
    invoke: str
    arguments: tuple[str, ...]
    gas: int


def run_func(case: RunCase, schedule: GasSchedule, engine_name: str) -> RunOutcome:
    """Call the exported func in a fresh instance.

    Raises MalformedModule, InvalidModule, RefusedModule or LinkError for the module,
    and CommandFailed for a name or arguments that do not fit it.
    """
    require_no_imports(decode_module(case.code))
    engine = Pipeline(
        make_engine(engine_name),
        schedule,
        ANY_WITHOUT_HOST,
        InstrumentationOptions(defer_start=True),
    )
    prepared = engine.prepare(case.code)
    func_type = type_of_export(prepared.module, case.invoke)
    values = parse_arguments(case.invoke, func_type, case.arguments)
    units = schedule.units_from_gas(case.gas)
    results: tuple[object, ...] = ()
    error, units_left = None, 0
    try:
        run = engine.start(prepared, {}, units)
        try:
            results = call_func(run, prepared, case.invoke, values)
        finally:
            units_left = run.meter.left
    except (Trap, OutOfGas) as stopped:
        error = str(stopped)
    used = units - units_left
    return RunOutcome(
        results=tuple(
            zip(func_type.results if not error else (), results, strict=True)
        ),
        units_used=used,
        gas_used=schedule.gas_from_units(used),
        units_per_gas=schedule.units_per_gas,
        schedule=schedule.name,
        error=error,
    )


def require_no_imports(module: Module) -> None:
    """Raise LinkError for the first import."""
    for entry in module.imports:
        raise LinkError(
            entry.module,
            entry.name,
            "a module that needs a host cannot run alone: deploy it to a chain",
        )


def call_func(
    run: MeteredRun, prepared: PreparedModule, name: str, values: Sequence[int]
) -> tuple[object, ...]:
    """Run the start function, if any, then the func."""
    if any(export.name == START_EXPORT for export in prepared.module.exports):
        run.begin(START_EXPORT)
        run.resume()
    run.begin(name, *values)
    results = run.resume()
    if isinstance(results, Suspension):
        raise InternalError("a module without a host was suspended")
    return results


def type_of_export(module: Module, name: str) -> FuncType:
    """The type of the exported func; CommandFailed lists the exported funcs."""
    funcs = {
        export.name: module.types[module.func_type_indices[export.index]]
        for export in module.exports
        if export.kind is ExternKind.FUNC and export.name != START_EXPORT
    }
    if name not in funcs:
        known = ", ".join(funcs) or "none"
        raise CommandFailed(f"no func {name!r} is exported; exported funcs: {known}")
    return funcs[name]


def parse_arguments(
    name: str, func_type: FuncType, arguments: Sequence[str]
) -> list[int]:
    """The arguments as the func's parameters; CommandFailed if they do not fit."""
    if len(arguments) != len(func_type.params):
        raise CommandFailed(
            f"{name} has the type {func_type}: {len(func_type.params)} arguments"
            f" needed, {len(arguments)} given"
        )
    pairs = enumerate(zip(func_type.params, arguments, strict=True), start=1)
    return [
        parse_wasm_value(val_type, text, place) for place, (val_type, text) in pairs
    ]
