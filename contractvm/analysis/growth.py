"""Checks of the growth of memories and tables, and what limits it."""

from collections.abc import Iterator

from contractvm.analysis.findings import CheckFinding, CodePlace, FindingKind, Severity
from contractvm.analysis.options import CheckOptions
from contractvm.analysis.places import ModulePlaces
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import BY_MNEMONIC, slot_of
from contractvm.wasm.structure.types import MAX_PAGES, MemoryType, TableType
from contractvm.wasm.validation.instruction_search import (
    SEARCH_SLOT_COUNT,
    find_instruction,
)

MEMORY_GROW, TABLE_GROW = (
    BY_MNEMONIC[name].opcode for name in ("memory.grow", "table.grow")
)
GROWING_SLOTS = bytes(
    slot in (slot_of(MEMORY_GROW), slot_of(TABLE_GROW))
    for slot in range(SEARCH_SLOT_COUNT)
)
UNLIMITED = "declare a maximum, or check under a profile that sets one"
LIMITED = "nothing: growth beyond the limit is refused alike on every engine"


def find_growth(
    module: Module, places: ModulePlaces, options: CheckOptions
) -> Iterator[CheckFinding]:
    """Every instruction that grows a memory or a table; then those without a maximum.

    On our engines a lack of memory is a failure of the machine, never a result; other
    engines may answer -1.
    """
    # Looked up once: there may be as many imports as instructions.
    memory_types, table_types = module.memory_types, module.table_types
    first_index = len(module.imports_of(ExternKind.FUNC))
    for func_index, func in enumerate(module.funcs, first_index):
        if find_instruction(func.code, GROWING_SLOTS) is None:
            continue
        for opcode, table_index, _, position, _ in instructions(func.code):
            if opcode == MEMORY_GROW:
                place = places.instruction(func_index, position, opcode)
                yield _memory_growth(memory_types[0], place, options)
            elif opcode == TABLE_GROW:
                place = places.instruction(func_index, position, opcode)
                table_type = table_types[table_index]
                yield _table_growth(table_type, table_index, place, options)
    yield from _without_maximum(module)


def _memory_growth(
    memory_type: MemoryType, place: CodePlace, options: CheckOptions
) -> CheckFinding:
    declared = memory_type.limits.maximum
    allowed = options.profile.sizes.max_memory_pages
    most = min(MAX_PAGES if declared is None else declared, allowed)
    is_open = most == MAX_PAGES
    whose = "its own maximum" if most == declared else f"profile {options.profile.name}"
    limit = "no limit but 4 GiB" if is_open else f"{most} pages by {whose}"
    return CheckFinding(
        FindingKind.MEMORY_GROWTH,
        Severity.OPEN if is_open else Severity.CLOSED_BY_PROFILE,
        place,
        f"growth of the memory may fail on one machine and not on another; {limit}",
        UNLIMITED if is_open else LIMITED,
    )


def _table_growth(
    table_type: TableType, table_index: int, place: CodePlace, options: CheckOptions
) -> CheckFinding:
    declared = table_type.limits.maximum
    allowed = options.profile.sizes.max_table_elements
    limit = allowed if declared is None else min(declared, allowed)
    return CheckFinding(
        FindingKind.TABLE_GROWTH,
        Severity.CLOSED_BY_PROFILE,
        place,
        f"growth of table {table_index} may fail on one machine and not on another;"
        f" {limit} elements at most",
        LIMITED,
    )


def _without_maximum(module: Module) -> Iterator[CheckFinding]:
    limits = [
        (f"memory {index}", entry.limits)
        for index, entry in enumerate(module.memory_types)
    ]
    limits += [
        (f"table {index}", entry.limits)
        for index, entry in enumerate(module.table_types)
    ]
    for name, found in limits:
        if found.maximum is None:
            yield CheckFinding(
                FindingKind.NO_MAXIMUM,
                Severity.INFORMATION,
                CodePlace(),
                f"{name} declares no maximum",
                "declare one where it is known how much is needed",
            )
