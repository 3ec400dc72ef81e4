"""One module on both engines: the first thing in which they differ, if any."""

from dataclasses import dataclass, replace
from random import Random

import wasmtime
from msgspec import structs

from contractvm.metering.instrument import InstrumentationOptions, instrument_module
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.module import Export, ExternKind, Module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.schedules import distinct_schedule
from tests.helpers.wasmtime_verdict import wasmtime_fault
from tools.fuzz.calls import plan_calls
from tools.fuzz.ours import OurInstance
from tools.fuzz.outcomes import (
    EXHAUSTED,
    MEMORY_PAGES,
    TABLE_ELEMENTS,
    Subject,
    state_of,
)
from tools.fuzz.theirs import TheirInstance
from tools.fuzz.variants import verdict

SCHEDULE = distinct_schedule()
STACK_LIMITS = (300, 4_000, 16_000)


@dataclass(frozen=True)
class Difference:
    """Where the engines differ: the form of the module, the place, both sides."""

    form: str
    place: str
    ours: object
    theirs: object


@dataclass
class Report:
    """What one module came to; `calls` were compared."""

    calls: int = 0
    is_valid: bool = True
    difference: Difference | None = None


def is_small(module: Module) -> bool:
    """True if both engines can have its memories and tables from the start."""
    return all(
        memory.limits.minimum <= MEMORY_PAGES for memory in module.memory_types
    ) and all(table.limits.minimum <= TABLE_ELEMENTS for table in module.table_types)


def exposed(module: Module) -> Module:
    """The module with everything exported, and each import under a name of its own."""
    exports = [
        Export(f"{kind.name.lower()} {index}", kind, index)
        for kind, count in (
            (ExternKind.FUNC, len(module.func_type_indices)),
            (ExternKind.TABLE, len(module.table_types)),
            (ExternKind.MEMORY, len(module.memory_types)),
            (ExternKind.GLOBAL, len(module.global_types)),
        )
        for index in range(count)
    ]
    imports = tuple(
        structs.replace(entry, module="host", name=str(number))
        for number, entry in enumerate(module.imports)
    )
    return replace(module, imports=imports, exports=tuple(exports))


def metered(module: Module, seed: int) -> Module:
    """The instrumented form; its start func is exported, so that it has gas."""
    options = InstrumentationOptions(
        max_stack_height=Random(seed).choice(STACK_LIMITS), defer_start=True
    )
    heights = validate_module(module).operand_heights
    return instrument_module(module, heights, SCHEDULE, options)


def compare_runs(
    ours: Subject, theirs: Subject, module: Module, seed: int, form: str
) -> Report:
    """Instantiate and call both; the report ends at the first difference."""
    report = Report()

    def differ(place: str, here: object, there: object) -> Report:
        report.difference = Difference(form, place, here, there)
        return report

    ends = ours.instantiate(), theirs.instantiate()
    if ends[0] != ends[1] and EXHAUSTED not in ends:
        return differ("instantiate", *ends)
    if ends != (None, None):
        return report
    for number, planned in enumerate(plan_calls(module, seed)):
        here, there = ours.call(planned), theirs.call(planned)
        # Without a counted height recursion ends at another depth on each engine.
        if EXHAUSTED in (here.ended, there.ended) and form == "plain":
            return report
        report.calls += 1
        if here != there:
            return differ(f"call {number}: {planned}", here, there)
    states = state_of(ours, module), state_of(theirs, module)
    return report if states[0] == states[1] else differ("state", *states)


def compare_form(module: Module, seed: int, form: str) -> Report:
    """One form of a module on both engines."""
    wasm = encode_module(module)
    if seed % 8 == 0 and decode_module(wasm) != module:
        return Report(difference=Difference(form, "decode(encode)", None, None))
    try:
        theirs = TheirInstance(module, wasm)
    except wasmtime.WasmtimeError as error:
        return Report(difference=Difference(form, "compile", "valid", str(error)))
    try:
        return compare_runs(OurInstance(module), theirs, module, seed, form)
    finally:
        theirs.close()


def compare_module(wasm: bytes, seed: int, *, terminates: bool) -> Report:
    """All forms of a module: plain where it ends by itself, and metered."""
    module, fault = verdict(wasm)
    if module is None:
        # Where we accept a module and wasmtime does not, its compilation says so.
        if wasmtime_fault(wasm) is not None:
            return Report(is_valid=False)
        return Report(difference=Difference("bytes", "verdict", fault, None))
    if not is_small(module):
        return Report(is_valid=False)
    module = exposed(module)
    report = Report()
    if terminates:
        report = compare_form(module, seed, "plain")
    if report.difference is None:
        calls = report.calls
        report = compare_form(metered(module, seed), seed, "metered")
        report.calls += calls
    return report
