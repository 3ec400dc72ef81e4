"""Rules for modules that a chain stores: what `cosmwasm-check` checks, in its words."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from contractvm.errors import InvalidModule, MalformedModule
from contractvm.hosts.cosmwasm.errors import CompileErr, StaticValidationErr
from contractvm.hosts.cosmwasm.frame import MODULE
from contractvm.hosts.cosmwasm.releases import Release
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import OPCODES, Feature, slot_of
from contractvm.wasm.validation.feature_rules import check_features, check_instructions
from contractvm.wasm.validation.instruction_search import (
    SEARCH_SLOT_COUNT,
    find_instruction,
)
from contractvm.wasm.validation.profile import SizeLimits, check_sizes
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule

MARKER_PREFIX = "interface_version_"
MARKER = "interface_version_8"
CAPABILITY_PREFIX = "requires_"
REQUIRED_EXPORTS = ("allocate", "deallocate")
# Required by the first release alone.
FIRST_RELEASE_EXPORT = "instantiate"
MIGRATE_VERSION_SECTION = "cw_migrate_version"
ENTRY_POINTS = (
    *("instantiate", "execute", "query", "migrate", "sudo", "reply"),
    *("ibc_channel_open", "ibc_channel_connect", "ibc_channel_close"),
    *("ibc_packet_receive", "ibc_packet_ack", "ibc_packet_timeout"),
    *("ibc_source_callback", "ibc_destination_callback"),
    *("ibc2_packet_receive", "ibc2_packet_ack", "ibc2_packet_timeout"),
    "ibc2_packet_send",
)
IBC_ENTRY_POINTS = ENTRY_POINTS[6:12]
# Imports that came after the first release of a schedule that prices them.
LATER_IMPORTS = {"db_next_key": (1, 4, 0), "db_next_value": (1, 4, 0)}
BEFORE_REFERENCES = frozenset(
    {
        Feature.MVP,
        Feature.SIGN_EXTENSION,
        Feature.SATURATING_CONVERSION,
        Feature.MULTI_VALUE,
    }
)
REFUSED = {
    slot_of(info.opcode): info.mnemonic
    for info in OPCODES
    if info.feature is Feature.REFERENCE_TYPES
}
# Earlier releases have a virtual machine that could offer more.
FIRST_WITH_1_3 = (0, 41, 0)
GREATEST_U64 = 2**64 - 1


@dataclass(frozen=True, slots=True)
class ContractLimits:
    """The sizes that a chain accepts, as its operators can set them."""

    table_elements: int = 2_500
    memory_pages: int = 512
    imports: int = 100
    funcs: int = 20_000
    params: int = 100
    results: int = 1
    total_params: int = 10_000
    locals: int = 100
    total_locals: int = 10_000


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a contract has and needs."""

    entry_points: tuple[str, ...]
    required_capabilities: tuple[str, ...]
    migrate_version: int | None
    imports: tuple[str, ...] = field(default=())

    @property
    def has_ibc_entry_points(self) -> bool:
        """Whether the contract can own a channel."""
        return set(IBC_ENTRY_POINTS) <= set(self.entry_points)


DEFAULT_LIMITS = ContractLimits()


def available_capabilities(release: Release) -> frozenset[str]:
    """What a chain of this release offers to contracts, unless it says otherwise."""
    steps = (
        ((1, 1, 0), "cosmwasm_1_1"),
        ((1, 2, 0), "cosmwasm_1_2"),
        ((1, 3, 0), "cosmwasm_1_3"),
        ((1, 4, 0), "cosmwasm_1_4"),
        ((2, 0, 0), "cosmwasm_2_0"),
        ((2, 1, 0), "cosmwasm_2_1"),
        ((2, 2, 0), "cosmwasm_2_2"),
        ((3, 0, 0), "ibc2"),
    )
    offered = {name for since, name in steps if release.vm >= since}
    if release.wasmd is not None and release.wasmd < FIRST_WITH_1_3:
        offered.discard("cosmwasm_1_3")
    if release.wasmd is None and release.vm >= (3, 0, 0):
        offered.add("cosmwasm_3_0")
    return frozenset({"iterator", "staking", "stargate", *offered})


def check_contract(
    code: bytes,
    release: Release,
    capabilities: Iterable[str] | None = None,
    limits: ContractLimits = DEFAULT_LIMITS,
) -> Analysis:
    """Check a module as a chain does that stores it.

    Raises StaticValidationErr for the first rule that it breaks, then CompileErr for an
    operator that contracts must not have.
    """
    features = BEFORE_REFERENCES
    if release.has_reference_types:
        features |= {Feature.REFERENCE_TYPES}
    try:
        module = decode_module(code)
        check_sizes(module, SizeLimits())
        check_features(module, features)
    except (MalformedModule, InvalidModule) as error:
        raise _undecodable(error) from error
    _check_table(module, limits)
    _check_memory(module, limits)
    _check_marker(module)
    _check_exports(module, release)
    _check_imports(module, release, limits)
    if capabilities is None:
        capabilities = available_capabilities(release)
    _check_capabilities(module, frozenset(capabilities))
    _check_funcs(module, limits, limits_locals=release.limits_locals)
    try:
        validate_module(module)
        check_instructions(module, features, "permitted")
    except InvalidModule as error:
        raise _undecodable(error) from error
    analysis = analyze(module)
    _check_operators(module)
    return analysis


def analyze(module: Module) -> Analysis:
    """What a module has and needs; raises StaticValidationErr for a wrong version."""
    exported = _exported_funcs(module)
    return Analysis(
        entry_points=tuple([name for name in ENTRY_POINTS if name in exported]),
        required_capabilities=tuple(sorted(_required(exported))),
        migrate_version=_migrate_version(module),
        imports=tuple([entry.name for entry in module.imports]),
    )


def _undecodable(error: Exception) -> StaticValidationErr:
    return StaticValidationErr(
        f'Wasm bytecode could not be deserialized. Deserialize error: "{error}"'
    )


def _exported_funcs(module: Module) -> list[str]:
    return [entry.name for entry in module.exports if entry.kind is ExternKind.FUNC]


def _check_table(module: Module, limits: ContractLimits) -> None:
    if len(module.tables) > 1:
        raise StaticValidationErr(
            "Wasm contract must not have more than 1 table section"
        )
    for table in module.tables:
        if table.limits.maximum is None:
            raise StaticValidationErr(
                "Wasm contract must not have unbound table section"
            )
        if table.limits.maximum > limits.table_elements:
            raise StaticValidationErr(
                "Wasm contract's first table section has a too large max limit"
            )


def _check_memory(module: Module, limits: ContractLimits) -> None:
    if len(module.memories) != 1:
        raise StaticValidationErr("Wasm contract must contain exactly one memory")
    found = module.memories[0].limits
    if found.minimum > limits.memory_pages:
        raise StaticValidationErr(
            "Wasm contract memory's minimum must not exceed"
            f" {limits.memory_pages} pages."
        )
    if found.maximum is not None:
        raise StaticValidationErr(
            "Wasm contract memory's maximum must be unset. The host will set it for"
            " you."
        )


def _check_marker(module: Module) -> None:
    markers = [
        name for name in _exported_funcs(module) if name.startswith(MARKER_PREFIX)
    ]
    if not markers:
        raise StaticValidationErr(
            "Wasm contract missing a required marker export: interface_version_*"
        )
    if len(markers) > 1:
        raise StaticValidationErr(
            "Wasm contract contains more than one marker export: interface_version_*"
        )
    if markers[0] != MARKER:
        raise StaticValidationErr(
            "Wasm contract has unknown interface_version_* marker export:"
            f" {markers[0]}, {MARKER} required"
        )


def _check_exports(module: Module, release: Release) -> None:
    is_first = release.vm < (1, 1, 0)
    required = (*REQUIRED_EXPORTS, *([FIRST_RELEASE_EXPORT] if is_first else []))
    exported = set(_exported_funcs(module))
    for name in required:
        if name not in exported:
            raise StaticValidationErr(
                f'Wasm contract doesn\'t have required export: "{name}". Exports'
                f" required by VM: {', '.join(required)}."
            )


def _known_imports(release: Release) -> list[str]:
    priced = load_schedule(release.schedule).host_costs[MODULE]
    return [name for name in priced if release.vm >= LATER_IMPORTS.get(name, (0, 0, 0))]


def _check_imports(module: Module, release: Release, limits: ContractLimits) -> None:
    count = len(module.imports)
    if count > limits.imports:
        raise StaticValidationErr(
            f"Import count exceeds limit. Imports: {count}. Limit: {limits.imports}."
        )
    known = _known_imports(release)
    for entry in module.imports:
        name = f"{entry.module}.{entry.name}"
        if entry.module != MODULE or entry.name not in known:
            available = ", ".join(f"{MODULE}.{one}" for one in known)
            raise StaticValidationErr(
                f'Wasm contract requires unsupported import: "{name}". Available'
                f" imports: {available}."
            )
        if entry.kind is not ExternKind.FUNC:
            raise StaticValidationErr(
                f'Wasm contract requires non-function import: "{name}". Right now, all'
                " supported imports are functions."
            )


def _required(exported: Iterable[str]) -> set[str]:
    found = {
        name.removeprefix(CAPABILITY_PREFIX)
        for name in exported
        if name.startswith(CAPABILITY_PREFIX)
    }
    return found - {""}


def _check_capabilities(module: Module, offered: frozenset[str]) -> None:
    missing = sorted(_required(_exported_funcs(module)) - offered)
    if missing:
        listed = ", ".join(missing)
        raise StaticValidationErr(
            f"Wasm contract requires unavailable capabilities: {{{listed}}}"
        )


def _check_funcs(
    module: Module, limits: ContractLimits, *, limits_locals: bool
) -> None:
    _limit("functions", len(module.funcs), limits.funcs)
    most_params = max((len(kind.params) for kind in module.types), default=0)
    most_results = max((len(kind.results) for kind in module.types), default=0)
    _limit("parameters in a function type", most_params, limits.params)
    _limit("results in a function type", most_results, limits.results)
    counts = [len(kind.params) for kind in module.types]
    total = sum(
        counts[func.type_index]
        for func in module.funcs
        if func.type_index < len(counts)
    )
    _limit("function parameters in total", total, limits.total_params)
    if limits_locals:
        local_counts = [func.local_count for func in module.funcs]
        _limit("locals in a function", max(local_counts, default=0), limits.locals)
        _limit("locals in total", sum(local_counts), limits.total_locals)


def _limit(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise StaticValidationErr(
            f"Wasm contract contains more than {limit} {what}: {count}"
        )


def _migrate_version(module: Module) -> int | None:
    for section in module.custom_sections:
        if section.name == MIGRATE_VERSION_SECTION:
            text = section.payload.decode("utf-8", errors="replace")
            is_number = text.isascii() and text.removeprefix("+").isdigit()
            if not is_number or len(text) > len(str(GREATEST_U64)) + 1:
                raise StaticValidationErr(f"cw_migrate_version is {text[:40]!r}")
            if int(text) > GREATEST_U64:
                raise StaticValidationErr(f"cw_migrate_version is {text!r}")
            return int(text)
    return None


def _check_operators(module: Module) -> None:
    """Refuse operators on references, which long table indices do not need."""
    wanted = bytearray(SEARCH_SLOT_COUNT)
    for slot in REFUSED:
        wanted[slot] = 1
    first = len(module.imports_of(ExternKind.FUNC))
    for func_index, func in enumerate(module.funcs, first):
        found = find_instruction(func.code, bytes(wanted))
        if found is not None:
            position, slot = found
            raise CompileErr(
                "WebAssembly translation error: Error in middleware Gatekeeper:"
                f" Reference type operation detected: {REFUSED[slot]} in func"
                f" {func_index} at byte {func.offset + position}. Reference types are"
                " not supported."
            )
