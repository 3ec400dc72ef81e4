"""Checks of imports, the start func, exported globals and shared tables."""

from collections.abc import Iterator

from contractvm.analysis.findings import (
    CheckFinding,
    CodePlace,
    FindingKind,
    Severity,
    shortened,
)
from contractvm.analysis.options import CheckOptions
from contractvm.analysis.places import ModulePlaces
from contractvm.analysis.references import shared_tables
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import ExternKind, Import, Module
from contractvm.wasm.structure.opcodes import BY_MNEMONIC, slot_of
from contractvm.wasm.validation.instruction_search import (
    SEARCH_SLOT_COUNT,
    find_instruction,
)

CALL_INDIRECT = BY_MNEMONIC["call_indirect"].opcode
INDIRECT_SLOTS = bytes(
    slot == slot_of(CALL_INDIRECT) for slot in range(SEARCH_SLOT_COUNT)
)


def find_externs(
    module: Module, places: ModulePlaces, options: CheckOptions
) -> Iterator[CheckFinding]:
    """Findings on imports in order, the start func, exported globals, shared tables."""
    func_index = 0
    for entry in module.imports:
        place = CodePlace()
        if entry.kind is ExternKind.FUNC:
            place = places.func(func_index)
            func_index += 1
        yield _import(module, entry, place, options)
    if module.start is not None:
        yield _start(places.func(module.start), options)
    yield from _exported_globals(module, options)
    yield from _shared_calls(module, places, options)


def _import(
    module: Module, entry: Import, place: CodePlace, options: CheckOptions
) -> CheckFinding:
    allowed = options.profile.imports
    name = f"{shortened(entry.module)}.{shortened(entry.name)}"
    profile = options.profile.name
    if allowed is None:
        text = f"what {name} gives is known to nobody here: it is the host's"
        severity, advice = Severity.OPEN, "name the profile of the host with --profile"
    elif _is_known(module, entry, options):
        text = f"{name} is a function of the host interface {profile}: deterministic"
        severity, advice = Severity.INFORMATION, "nothing"
    else:
        text = f"{name} is no function of the host interface {profile}"
        severity, advice = Severity.CLOSED_BY_PROFILE, "nothing: the profile refuses it"
    return CheckFinding(FindingKind.IMPORT, severity, place, text, advice)


def _is_known(module: Module, entry: Import, options: CheckOptions) -> bool:
    found = (options.profile.imports or {}).get((entry.module, entry.name))
    return isinstance(entry.description, int) and (
        module.types[entry.description] == found
    )


def _start(place: CodePlace, options: CheckOptions) -> CheckFinding:
    is_allowed = options.profile.allows_start
    return CheckFinding(
        FindingKind.START,
        Severity.INFORMATION if is_allowed else Severity.CLOSED_BY_PROFILE,
        place,
        "the start func runs when an instance is made, before any call",
        "mind that its gas is due then"
        if is_allowed
        else "nothing: the profile refuses start funcs",
    )


def _exported_globals(module: Module, options: CheckOptions) -> Iterator[CheckFinding]:
    global_types = module.global_types
    allowed = options.profile.exports
    for export in module.exports:
        if export.kind is not ExternKind.GLOBAL:
            continue
        if not global_types[export.index].is_mutable:
            continue
        is_refused = allowed is not None and export.name not in allowed
        name = shortened(export.name)
        yield CheckFinding(
            FindingKind.EXPORTED_GLOBAL,
            Severity.CLOSED_BY_PROFILE if is_refused else Severity.INFORMATION,
            CodePlace(),
            f"global {export.index} is mutable and exported as {name!r}: anyone who"
            " has the instance can change it between calls",
            "nothing: the profile refuses the export"
            if is_refused
            else "export it only if the host is meant to set it",
        )


def _shared_calls(
    module: Module, places: ModulePlaces, options: CheckOptions
) -> Iterator[CheckFinding]:
    """Findings on calls whose callee another module can choose."""
    tables = shared_tables(module)
    if not tables:
        return
    is_refused = _refuses_tables(module, options)
    first_index = len(module.imports_of(ExternKind.FUNC))
    for func_index, func in enumerate(module.funcs, first_index):
        if find_instruction(func.code, INDIRECT_SLOTS) is None:
            continue
        for opcode, _, table_index, position, _ in instructions(func.code):
            if opcode == CALL_INDIRECT and table_index in tables:
                yield CheckFinding(
                    FindingKind.SHARED_TABLE,
                    Severity.CLOSED_BY_PROFILE if is_refused else Severity.OPEN,
                    places.instruction(func_index, position, opcode),
                    f"what table {table_index} calls can be changed from outside: it"
                    " is imported or exported",
                    "nothing: the profile refuses such tables"
                    if is_refused
                    else "keep the table to the module, or check all modules together",
                )


def _refuses_tables(module: Module, options: CheckOptions) -> bool:
    """Whether the profile refuses all imported and exported tables."""
    profile = options.profile
    if module.imports_of(ExternKind.TABLE) and profile.imports is None:
        return False
    exported = [entry for entry in module.exports if entry.kind is ExternKind.TABLE]
    return not exported or (
        profile.exports is not None
        and any(entry.name not in profile.exports for entry in exported)
    )
