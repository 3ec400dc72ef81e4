"""The facts that `inspect` shows: content, sizes, features, and three verdicts."""

from dataclasses import dataclass
from typing import Any

from contractvm.errors import InvalidModule, RefusedModule
from contractvm.hosts.registry import find_host, host_names
from contractvm.metering.instrument import instrument_module
from contractvm.runtime.pipeline import profile_under
from contractvm.wasm.binary.reader import ByteReader
from contractvm.wasm.binary.section_ids import MAGIC, VERSION, SectionId
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.types import GlobalType, Limits, MemoryType, TableType
from contractvm.wasm.validation.features import features_used
from contractvm.wasm.validation.profile import Profile, check_profile
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import DEFAULT_SCHEDULE, load_schedule
from gas_schedule.schedule import GasSchedule

FLOATLESS = Profile(name="floatless", floats="refused")


@dataclass(frozen=True, slots=True)
class ModuleVerdict:
    """Yes, or the reason why not."""

    reason: str | None = None

    @property
    def is_good(self) -> bool:
        """True if there is no reason against it."""
        return self.reason is None

    @property
    def text(self) -> str:
        """`yes`, or `no: ` and the reason."""
        return "yes" if self.reason is None else f"no: {self.reason}"


@dataclass(frozen=True, slots=True)
class ModuleSummary:
    """Everything that `inspect` finds out about a module; sizes in bytes.

    `contracts` says for each host interface whether it accepts the module. `priced` and
    `schedule` are None if no schedule was asked for.
    """

    module: Module
    size: int
    sections: tuple[tuple[str, int], ...]
    features: tuple[str, ...]
    has_floats: bool
    validity: ModuleVerdict
    contracts: dict[str, ModuleVerdict]
    priced: ModuleVerdict | None
    schedule: str | None


def gather_facts(
    code: bytes, module: Module, schedule: GasSchedule | None
) -> ModuleSummary:
    """All facts about the module in `code`."""
    validity, heights = judge_validity(module)
    invalid = ModuleVerdict("not valid Wasm")
    contracts = {
        name: judge_contract(code, module, name, schedule)
        if validity.is_good
        else invalid
        for name in host_names()
    }
    priced = invalid
    if validity.is_good:
        priced = (
            judge_prices(module, heights, schedule) if schedule else ModuleVerdict()
        )
    return ModuleSummary(
        module=module,
        size=len(code),
        sections=section_sizes(code),
        features=tuple(sorted(feature.value for feature in features_used(module))),
        has_floats=not judge_profile(module, FLOATLESS).is_good,
        validity=validity,
        contracts=contracts,
        priced=priced if schedule else None,
        schedule=schedule.name if schedule else None,
    )


def profile_of(name: str, schedule: GasSchedule | None) -> Profile:
    """A host interface's profile, under its schedule: the default one if none is."""
    found = schedule or load_schedule(DEFAULT_SCHEDULE)
    profile = find_host(name).profile
    return profile_under(profile, found) if found.interface == name else profile


def judge_validity(module: Module) -> tuple[ModuleVerdict, tuple[int, ...]]:
    """Whether the module is valid, and its operand heights if it is."""
    try:
        return ModuleVerdict(), validate_module(module).operand_heights
    except InvalidModule as error:
        return ModuleVerdict(str(error)), ()


def judge_contract(
    code: bytes, module: Module, name: str, schedule: GasSchedule | None
) -> ModuleVerdict:
    """Whether a host interface accepts the module."""
    verdict = judge_profile(module, profile_of(name, schedule))
    check = find_host(name).check_module
    if check is None or not verdict.is_good:
        return verdict
    try:
        check(code)
    except InvalidModule as error:
        return ModuleVerdict(str(error))
    return verdict


def judge_profile(module: Module, profile: Profile) -> ModuleVerdict:
    """Whether `profile` accepts the module."""
    try:
        check_profile(module, profile)
    except RefusedModule as error:
        return ModuleVerdict(str(error))
    return ModuleVerdict()


def judge_prices(
    module: Module, heights: tuple[int, ...], schedule: GasSchedule
) -> ModuleVerdict:
    """Whether every instruction has a price."""
    try:
        instrument_module(module, heights, schedule)
    except RefusedModule as error:
        return ModuleVerdict(str(error))
    return ModuleVerdict()


def section_sizes(code: bytes) -> tuple[tuple[str, int], ...]:
    """Each section's name and content size, in the order of the file."""
    reader = ByteReader(code)
    reader.read_bytes(len(MAGIC) + len(VERSION))
    sizes = []
    while reader.position < len(code):
        section_id = SectionId(reader.read_byte())
        size = reader.read_u32()
        end = reader.position + size
        name = section_id.name.lower().replace("_", " ")
        if section_id is SectionId.CUSTOM:
            name = f"custom {reader.read_name()!r}"
        sizes.append((name, size))
        reader.position = end
    return tuple(sizes)


def import_documents(module: Module) -> list[dict[str, Any]]:
    """Imports, in order."""
    return [
        {
            "module": entry.module,
            "name": entry.name,
            "kind": entry.kind.name.lower(),
            "type": type_text(module, entry.description),
        }
        for entry in module.imports
    ]


def export_documents(module: Module) -> list[dict[str, Any]]:
    """Exports, in order; a type is unknown if an invalid module lacks it."""
    return [
        {
            "name": entry.name,
            "kind": entry.kind.name.lower(),
            "type": exported_type_text(module, entry.kind, entry.index),
            "index": entry.index,
        }
        for entry in module.exports
    ]


def exported_type_text(module: Module, kind: ExternKind, index: int) -> str:
    """The type of entry `index` of a kind's index space."""
    spaces: dict[ExternKind, tuple[Any, ...]] = {
        ExternKind.FUNC: module.func_type_indices,
        ExternKind.TABLE: module.table_types,
        ExternKind.MEMORY: module.memory_types,
        ExternKind.GLOBAL: module.global_types,
    }
    if index >= len(spaces[kind]):
        return "unknown"
    return type_text(module, spaces[kind][index])


def type_text(
    module: Module, description: int | TableType | MemoryType | GlobalType
) -> str:
    """A type as text: `[i32] -> []`, `1 to 16 pages`."""
    match description:
        case int():
            if description >= len(module.types):
                return "unknown"
            return str(module.types[description])
        case MemoryType():
            return f"{limits_text(description.limits)} pages"
        case TableType():
            return f"{limits_text(description.limits)} {description.element_type.text}"
        case GlobalType():
            prefix = "mutable " if description.is_mutable else ""
            return prefix + description.val_type.text


def limits_text(limits: Limits) -> str:
    """`1 or more`, or `1 to 16`."""
    if limits.maximum is None:
        return f"{limits.minimum} or more"
    return f"{limits.minimum} to {limits.maximum}"
