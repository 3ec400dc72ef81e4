"""The coverage of an executor: its engines, and where edges are in contracts."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.database_keys import CODE
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contract_fuzz.cases.case import StartState
from contractvm.errors import InvalidModule, MalformedModule
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
        self._contracts = _contracts_by_code(start, database)
        self.engine = self._make_engine(notes_comparisons=False)
        others = [value for key, value in start.entries if key.startswith(CODE)]
        codes = dict.fromkeys([*self._contracts, *others])
        self._codes: dict[bytes, bytes] = {}
        for code in list(codes)[:MAX_KNOWN_CODES]:
            if _is_accepted(self.engine, code):
                self._codes[sha256(code).digest()] = code
        self.counts.seal()

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
            # The edges of the original module are the same, in order.
            rows = zip(region.edges, edges_of(module), strict=True)
            for (cell, _), site in rows:
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


def _contracts_by_code(
    start: StartState, database: KeyValueStore
) -> dict[bytes, tuple[Address, ...]]:
    state = WorldState(database, start.root)
    found: dict[bytes, tuple[Address, ...]] = {}
    for address in start.contracts:
        code = state.get_code(address)
        found[code] = (*found.get(code, ()), address)
    return found


def _is_accepted(engine: Pipeline, code: bytes) -> bool:
    try:
        engine.prepare(code)
    except (MalformedModule, InvalidModule):
        return False
    return True
