"""The coverage of an executor: its engines, and where edges are in contracts."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.execution.module_placement import module_at
from chain_sim.ethereum.primitives.database_keys import CODE
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contract_fuzz.cases.case import StartState
from contractvm.errors import InvalidModule, MalformedModule
from contractvm.hosts.interface import UnreadableCode
from contractvm.hosts.registry import find_host
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.name_section import func_names
from contractvm.wasm.engines.tracing import EdgeKind, EdgeSite, Tracing
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.interpreter.covering_engine import CoveringInterpreter
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.validation.validator import validate_module

# Codes of the start state with edges of their own; those of others share some.
MAX_KNOWN_CODES = 256


@dataclass(frozen=True, slots=True)
class EdgePlace:
    """The place of an edge in a contract's deployed module.

    `module_hash` is the SHA-256 of the module, `contracts` are those of the campaign
    that have it. `offset` counts from the first byte of the module, of the instruction
    that control comes from.
    """

    module_hash: bytes
    contracts: tuple[Address, ...]
    func_index: int
    func_name: str
    offset: int
    kind: EdgeKind

    def __str__(self) -> str:
        kind = self.kind.name.lower().replace("_", " ")
        return f"func {self.func_index} ({self.func_name}) at {self.offset:#x}: {kind}"


class Coverage:
    """Counts the edges that contracts pass; they follow from the start state.

    The contracts that a campaign is about come first, then other code of the start
    state in the order of the hashes. All code that comes later shares cells.
    """

    def __init__(
        self, start: StartState, database: KeyValueStore, plain: Pipeline
    ) -> None:
        """`plain` has the rules; a module that breaks them has no edges."""
        self.counts = EdgeCounts()
        self._plain = plain
        self._contracts: dict[bytes, tuple[Address, ...]] = {}
        self.engine = self._make_engine(notes_comparisons=False)
        self._codes: dict[bytes, bytes] = {}
        for wasm in list(self._modules_of(start, database))[:MAX_KNOWN_CODES]:
            if _is_accepted(self.engine, wasm):
                self._codes[sha256(wasm).digest()] = wasm
        self.counts.seal()

    def _modules_of(
        self, start: StartState, database: KeyValueStore
    ) -> dict[bytes, None]:
        """The modules of the contracts, then those of all other code."""
        state = WorldState(database, start.root)
        interface = start.genesis.profile
        found: dict[bytes, None] = {}
        for address in start.contracts:
            wasm = module_at(state, address, interface)
            found[wasm] = None
            self._contracts[wasm] = (*self._contracts.get(wasm, ()), address)
        unpack = find_host(interface).unpack
        for key, code in start.entries:
            if key.startswith(CODE):
                with suppress(UnreadableCode):
                    found[unpack(code, None)] = None
        return found

    @cached_property
    def noting_engine(self) -> Pipeline:
        """An engine that counts the same, and records comparisons."""
        return self._make_engine(notes_comparisons=True)

    def describe(self, edge: int) -> EdgePlace | None:
        """Where an edge is; None for cells of no known module."""
        return self._places.get(edge)

    @cached_property
    def _places(self) -> dict[int, EdgePlace]:
        found: dict[int, EdgePlace] = {}
        for module_hash, code in self._codes.items():
            region = self.counts.own_region(module_hash)
            if region is None:
                continue
            module = decode_module(code)
            names = func_names(module)
            imported = len(module.imports_of(ExternKind.FUNC))
            sites = edges_of(module)
            # The edges of the original module are the same, in order.
            for (cell, _), site in zip(region.edges, sites, strict=True):
                func = module.funcs[site.func_number]
                index = imported + site.func_number
                found.setdefault(
                    cell,
                    EdgePlace(
                        module_hash,
                        self._contracts.get(code, ()),
                        index,
                        names[index],
                        func.offset + site.position,
                        site.kind,
                    ),
                )
        return found

    def _make_engine(self, *, notes_comparisons: bool) -> Pipeline:
        interpreter = CoveringInterpreter(
            self.counts, notes_comparisons=notes_comparisons
        )
        return self._plain.on(interpreter)


def edges_of(module: Module) -> list[EdgeSite]:
    """The edges of a valid, uninstrumented module, in order."""
    counts = EdgeCounts()
    region = counts.region(b"")
    heights = validate_module(module).operand_heights
    compile_module(module, heights, Tracing.EDGES, region=region)
    return [site for _, site in region.edges]


def _is_accepted(engine: Pipeline, code: bytes) -> bool:
    try:
        engine.prepare(code)
    except (MalformedModule, InvalidModule):
        return False
    return True
