"""Checks of where open bits of NaNs become visible, and of what makes them."""

from collections import Counter
from collections.abc import Iterator

from contractvm.analysis.body_values import BodyValues
from contractvm.analysis.findings import CheckFinding, FindingKind, Severity
from contractvm.analysis.module_values import FloatUse, ModuleValues, TooIntricate
from contractvm.analysis.nan_levels import MAKERS, OPEN
from contractvm.analysis.options import CheckOptions
from contractvm.analysis.places import ModulePlaces
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import BY_OPCODE, slot_of
from contractvm.wasm.validation.instruction_search import (
    SEARCH_SLOT_COUNT,
    find_instruction,
)

SEVERITIES = {
    "refused": Severity.CLOSED_BY_PROFILE,
    "canonical": Severity.CLOSED_BY_INSTRUMENTATION,
    "permitted": Severity.OPEN,
}
ADVICE = {
    "refused": "nothing: the profile refuses floats",
    "canonical": "nothing: instrumentation makes every such NaN the canonical one",
    "permitted": "have NaNs made canonical (floats canonical), or compute in integers",
}
SOURCE_ADVICE = "nothing by itself: see where the bits become visible"
MAKER_SLOTS = bytes(
    slot in {slot_of(opcode) for opcode in MAKERS} for slot in range(SEARCH_SLOT_COUNT)
)
INTRICATE = (
    "hands on so many values between blocks that they were not followed: the bits of"
    " any NaN may become visible"
)


def find_nan_bits(
    module: Module, places: ModulePlaces, options: CheckOptions
) -> Iterator[CheckFinding]:
    """Every place where open bits become visible, then the funcs that make them.

    The module must be valid.
    """
    makers = [find_instruction(func.code, MAKER_SLOTS) for func in module.funcs]
    if not any(makers):
        return
    try:
        values = follow(module)
    except TooIntricate:
        yield from _unfollowed(module, places, options)
        return
    levels = values.graph.levels
    for use in values.uses:
        if levels[use.value] == OPEN:
            yield _visible(use, values, places, options)
    yield from _sources(values, places)


def follow(module: Module) -> ModuleValues:
    """The floats of the whole module, settled; raises TooIntricate."""
    values = ModuleValues(module)
    first_index = len(values.imported)
    for func_index, func in enumerate(module.funcs, first_index):
        BodyValues(values, func_index, func).walk()
    values.graph.settle()
    return values


def _visible(
    use: FloatUse, values: ModuleValues, places: ModulePlaces, options: CheckOptions
) -> CheckFinding:
    cause = None
    maker = values.makers.find(values.graph.origin(use.value))
    if maker is not None:
        cause = places.instruction(*maker)
    made_by = f" from {cause.instruction}" if cause is not None else ""
    detail = f" {use.detail}" if use.detail else ""
    return CheckFinding(
        FindingKind.NAN_BITS,
        SEVERITIES[options.floats],
        places.instruction(use.func_index, use.position, use.opcode),
        f"a float that may be a NaN of open bits{made_by} {use.use.value}{detail}",
        ADVICE[options.floats],
        cause,
    )


def _sources(values: ModuleValues, places: ModulePlaces) -> Iterator[CheckFinding]:
    counts: dict[int, Counter[str]] = {}
    for value, site in values.makers:
        if values.graph.levels[value] == OPEN:
            in_func = counts.setdefault(site.func_index, Counter())
            in_func[BY_OPCODE[site.opcode].mnemonic] += 1
    for func_index, in_func in sorted(counts.items()):
        yield CheckFinding(
            FindingKind.NAN_SOURCE,
            Severity.INFORMATION,
            places.func(func_index),
            "the specification leaves open the bits of a NaN that "
            + ", ".join(f"{name} ({count})" for name, count in sorted(in_func.items()))
            + " may make",
            SOURCE_ADVICE,
        )


def _unfollowed(
    module: Module, places: ModulePlaces, options: CheckOptions
) -> Iterator[CheckFinding]:
    """The findings if values are not followed: any maker may become visible."""
    first_index = len(module.imports_of(ExternKind.FUNC))
    for func_index, func in enumerate(module.funcs, first_index):
        found = find_instruction(func.code, MAKER_SLOTS)
        if found is None:
            continue
        position, slot = found
        place = places.instruction(func_index, position, slot)
        yield CheckFinding(
            FindingKind.NAN_BITS,
            SEVERITIES[options.floats],
            place,
            f"the module {INTRICATE}",
            ADVICE[options.floats],
            place,
        )
