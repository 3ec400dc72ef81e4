"""Real objects of the compiled classes, for calls that then go wrong."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chain_sim.ethereum.primitives.text import keccak256
from chain_sim.ethereum.trie.batch_update import BatchUpdate
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_encoder import encode_tree
from chain_sim.ethereum.trie.node_record import children_of
from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.judging.feature_map import FeatureMap
from contractvm.metering.body_rewriter import Pieces, StackPieces
from contractvm.metering.instrument import instrument_module
from contractvm.metering.names import GAS_EXPORT
from contractvm.metering.plan import plan_module
from contractvm.metering.prices import opcode_prices
from contractvm.metering.rules import STANDARD_METERING
from contractvm.wasm.binary.scanner import ExpressionScanner
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.engines.tracing import Tracing
from contractvm.wasm.engines.wasmtime.host_call_slot import HostCallSlot
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.interpreter.instance import (
    Extern,
    GlobalCell,
    Memory,
    ModuleInstance,
    Table,
    instantiate_module,
)
from contractvm.wasm.interpreter.interpreter import Execution
from contractvm.wasm.interpreter.store import InstanceCore
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    TableType,
    ValType,
)
from contractvm.wasm.validation.body_validator import BodyValidator
from contractvm.wasm.validation.module_context import ModuleContext
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from tests.helpers.wat import wat_to_module

# All that an instance can have, and funcs that use it; none runs for long.
RICH = """(module
  (import "e" "ask" (func $ask (param i32) (result i32)))
  (import "e" "keep" (func $keep (param externref funcref) (result externref)))
  (import "e" "refs" (table $shared 2 8 externref))
  (import "e" "count" (global $count (mut i64)))
  (import "e" "any" (global $any (mut externref)))
  (memory (export "memory") 1 3)
  (table $own (export "own") 4 16 funcref)
  (export "shared" (table $shared))
  (global $number (export "number") (mut i32) (i32.const 7))
  (global $ref (export "ref") (mut externref) (ref.null extern))
  (global $func (export "func") funcref (ref.func $add))
  (elem $funcs funcref (ref.func $add) (ref.null func) (ref.func $ask))
  (elem (table $own) (i32.const 1) func $add $ask)
  (data $bytes "some bytes")
  (func $add (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "ask") (param i32) (result i32)
    (i32.add (call $ask (local.get 0)) (global.get $number)))
  (func (export "grow") (result i32 i32 i32)
    (memory.grow (i32.const 1))
    (table.grow $own (ref.func $add) (i32.const 1))
    (table.grow $shared (global.get $any) (i32.const 1)))
  (func (export "move") (param externref) (result externref)
    (global.set $ref (local.get 0))
    (global.set $any (call $keep (global.get $ref) (table.get $own (i32.const 1))))
    (table.set $shared (i32.const 1) (global.get $any))
    (table.fill $shared (i32.const 0) (global.get $ref) (i32.const 1))
    (table.init $own $funcs (i32.const 0) (i32.const 0) (i32.const 3))
    (table.copy $own $own (i32.const 1) (i32.const 0) (i32.const 2))
    (memory.init $bytes (i32.const 9) (i32.const 0) (i32.const 4))
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (table.get $shared (i32.const 0)))
  (func (export "indirect") (param i32) (result i32)
    (call_indirect $own (param i32 i32) (result i32)
      (i32.const 1) (i32.const 2) (local.get 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.load8_u (i32.const 9)))))
  (func (export "loop") (result i32) (local i32)
    (loop (br_if 0 (i32.lt_u
      (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9))))
    (local.get 0))
)"""
OTHER = """(module
  (func (export "twice") (param i64) (result i64)
    (block (br_if 0 (i64.eqz (local.get 0))) (return (local.get 0)))
    (i64.mul (local.get 0) (i64.const 2)))
  (func (export "narrow") (param i64 f32) (result i32 f32)
    (i32.wrap_i64 (local.get 0)) (local.get 1)))"""
ARITIES = dict.fromkeys(range(9), 1)
# Funcs of RICH by their index that use what an instance has, and arguments.
BARE_CALLS: tuple[tuple[int, tuple[Any, ...]], ...] = (
    *((3, (5,)), (4, ()), (5, (None,)), (6, (1,)), (7, (0,)), (8, ())),
)
# What the instances can do, with arguments.
CALLS: tuple[tuple[Any, ...], ...] = (
    ("add", 1, 2),
    ("ask", 3),
    ("grow",),
    ("move", "an object"),
    *(("indirect", index) for index in range(4)),
    ("deep", 5),
    ("loop",),
    ("twice", 6),
)


# Only instrumented modules have what these record.
CHARGES = (Tracing.BLOCKS, Tracing.BRANCHES)


@cache
def modules() -> tuple[tuple[Module, tuple[int, ...]], ...]:
    """Validated modules, each with its operand heights."""
    schedule = load_schedule("contractvm-1")
    plain = [wat_to_module(RICH), wat_to_module(OTHER)]
    known = [(module, validate_module(module).operand_heights) for module in plain]
    metered = [instrument_module(*entry, schedule) for entry in known]
    known += [(module, validate_module(module).operand_heights) for module in metered]
    return tuple(known)


@cache
def compiled_modules() -> tuple[CompiledModule, ...]:
    """The modules, with each kind of tracing that goes with them."""
    made = []
    for number, (module, heights) in enumerate(modules()):
        is_instrumented = number >= 2
        for tracing in Tracing:
            if tracing in CHARGES and not is_instrumented:
                continue
            is_covered = tracing in (Tracing.EDGES, Tracing.COMPARISONS)
            region = EdgeCounts().region(b"of a hash") if is_covered else None
            made.append(compile_module(module, heights, tracing, region=region))
    return tuple(made)


@dataclass
class World:
    """Objects of one round; `meddle` is what a host func does before it answers."""

    meddle: Callable[[], object]
    objects: list[Any] = field(default_factory=list)
    instances: list[ModuleInstance] = field(default_factory=list)

    def add(self, *objects: Any) -> None:
        self.objects += objects

    def _imports(self) -> dict[tuple[str, str], Extern]:
        i32, externref = ValType.I32, ValType.EXTERNREF

        def ask(value: int) -> Any:
            self.meddle()
            return Suspension(None, int) if value == 99 else value

        def keep(value: object, func: object) -> object:
            self.meddle()
            return value

        made: dict[str, Extern] = {
            "ask": HostFunc(FuncType((i32,), (i32,)), ask),
            "keep": HostFunc(
                FuncType((externref, ValType.FUNCREF), (externref,)), keep
            ),
            "refs": Table(TableType(externref, Limits(2, 8))),
            "count": GlobalCell(GlobalType(ValType.I64, True)),
            "any": GlobalCell(GlobalType(externref, True), "kept"),
        }
        self.add(*made.values())
        return {("e", name): extern for name, extern in made.items()}

    def add_instance(self, number: int) -> None:
        """An instance with all that belongs to it, and executions of its funcs."""
        compiled = compiled_modules()[number % len(compiled_modules())]
        compiled.plan = None  # which another round may have set to anything
        instance = instantiate_module(
            compiled, self._imports(), max_call_depth=64, max_stack_slots=4_096
        )
        if GAS_EXPORT in instance.exports:
            instance.exports[GAS_EXPORT].value = 10**9
        self.instances.append(instance)
        self.add(compiled, instance.core, *instance.exports.values())
        self.add(compiled.func_types, instance.core.imported_funcs)
        if instance.trace is not None:
            self.add(instance.trace)
        if compiled.region is not None:
            self.add(compiled.region, compiled.region.owner)
        # One that has nothing yet but its funcs.
        bare = InstanceCore(compiled, instance.core.imported_funcs, 64, 4_096)
        self.add(bare)
        if "ask" in instance.exports:
            self.add(*(Execution(bare, index, *given) for index, given in BARE_CALLS))
        if "ask" in instance.exports:
            waiting = instance.start("ask", 99)
            waiting.resume()
            self.add(waiting, instance.start("deep", 3), instance.start("ask", 1))

    def add_parts(self) -> None:
        """Objects of the stages before, and of the trie and the fuzzer."""
        schedule = load_schedule("contractvm-1")
        prices = opcode_prices(schedule)
        for module, heights in modules()[:2]:
            plans = plan_module(module, schedule)
            context = ModuleContext(module)
            self.add(module, heights, module.funcs, *module.funcs[:2], plans, *plans)
            self.add(context, BodyValidator(context, 2**32), module.types, prices)
            self.add(*(entry.init for entry in module.globals))
        sized = dict.fromkeys(range(100), b"\x10\x01")
        parts = (b"\x23", b"\x01")
        self.add(
            Pieces(parts, sized, b"\x01", lambda _: (parts, b"c"), ARITIES, 99),
            StackPieces(100, (b"head", b"entry"), parts, True),
            STANDARD_METERING,
            dict.fromkeys(ARITIES, (3, b"\x40")),
        )
        self.add(ExpressionScanner(b"\x02\x40\x0b\x0b" * 4), HostCallSlot())
        self.add(EdgeCounts(), FeatureMap(64), CaseRandom(1, 2), Memory(1, 2))
        self.add(array("q", range(274)), TableType(ValType.FUNCREF, Limits(1)))
        self.add(GlobalType(ValType.EXTERNREF, True), FuncType((), ()), *Tracing)
        self._add_trie()

    def _add_trie(self) -> None:
        records: dict[bytes, bytes] = {}
        node_cache = NodeCache()
        entries = [(bytes([n, n // 3]), bytes([n]) * (n % 40 + 1)) for n in range(40)]
        walk = BatchUpdate(records.get, node_cache, entries)
        root = walk.run(None)
        root_hash, made = encode_tree(root, node_cache, keccak256, 64)  # type: ignore[arg-type]
        records |= made
        self.add(walk, root, node_cache, root_hash, records.get, entries, keccak256)
        self.add(*list(records.values())[:3], *children_of(root)[:3])  # type: ignore[arg-type]
