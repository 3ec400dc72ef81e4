"""The pipeline: bytes to a prepared module, and a prepared module to a metered run.

decode -> validate -> profile -> instrument -> compile. The stages are independent; only
this file knows their order.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from typing import Protocol

from msgspec import Struct

from contractvm.errors import (
    InternalError,
    InvalidModule,
    MalformedModule,
    OutOfGas,
)
from contractvm.metering.charge_sites import (
    BranchEdge,
    branch_edges,
    charge_sites,
)
from contractvm.metering.initial_work import InitialWork, initial_work
from contractvm.metering.instrument import InstrumentationOptions, instrument_module
from contractvm.metering.marks import BodyMarks
from contractvm.metering.metered_blocks import ModuleBlocks, list_blocks
from contractvm.metering.names import INJECTED_OPERANDS
from contractvm.metering.nans import (
    KEEPING_KINDS,
    RESULT_KINDS,
    canonicalize_nans,
)
from contractvm.metering.rules import STANDARD_METERING, Metering
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.module_source import ModuleSource, module_bytes
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.interface import (
    MAX_TABLE_ELEMENTS,
    CodeOrigin,
    CompiledModule,
    Engine,
    Extern,
)
from contractvm.wasm.engines.stop_flag import StopFlag
from contractvm.wasm.engines.tracing import Site, SiteKind
from contractvm.wasm.interpreter.compiled_module import (
    CompiledModule as TracedModule,
)
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.profile import (
    Profile,
    check_module_bytes,
    check_profile,
    check_sizes,
    without_dropped_exports,
)
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.schedule import GasSchedule

MAX_CACHED_MODULES = 1_024
# The instructions whose NaNs become canonical, by the profile's rule for floats.
CHECKED_RESULTS = {
    "canonical": RESULT_KINDS,
    "canonical but converted": KEEPING_KINDS,
}

Imports = Mapping[tuple[str, str], Extern]


def profile_under(profile: Profile, schedule: GasSchedule) -> Profile:
    """The profile that modules meet where `schedule` prices them: it may add floats."""
    if not schedule.canonical_floats:
        return profile
    return replace(profile, floats="canonical")


class PreparedModule(Struct, frozen=True):
    """A module that passed every stage; `module` is the instrumented one.

    `initial_work` is the work of making an instance, charged beforehand, and
    `initial_units` its price. `unpriced_import` is the module and name of the first
    import without a cost in the schedule, None if all have one. `blocks` says what the
    sites of a trace stand for, None if nothing is traced, `branches` those of edges.
    """

    module: Module
    compiled: CompiledModule
    initial_work: tuple[InitialWork, ...]
    initial_units: int
    unpriced_import: tuple[str, str] | None
    blocks: ModuleBlocks | None = None
    branches: tuple[BranchEdge, ...] = ()


class Startable(Protocol):
    """What `Pipeline.start` needs of a prepared module."""

    @property
    def compiled(self) -> CompiledModule:
        """The engine's code."""

    @property
    def initial_units(self) -> int:
        """The price of making an instance."""


class Pipeline:
    """Prepares modules under one profile and one gas schedule, and starts runs.

    `profile` is what both accept: a schedule may add floats, with canonical NaNs.

    The verdict on a module, good or bad, is kept under its bytes, so a contract that is
    called a thousand times is checked and translated once.

    With `is_traced`, for the interpreter alone, instances record what they are charged
    for: `MeteredRun.instance.trace`. Gas and results are the same.

    `stop_flag`, once set, ends every run that was started without a flag of its own.
    """

    stop_flag: StopFlag | None = None

    def __init__(
        self,
        engine: Engine,
        schedule: GasSchedule,
        profile: Profile,
        options: InstrumentationOptions | None = None,
        *,
        metering: Metering = STANDARD_METERING,
        is_traced: bool = False,
    ) -> None:
        self.schedule = schedule
        self.profile = profile_under(profile, schedule)
        self._given_profile = profile
        self.metering = metering
        self._engine = engine
        self._options = options or InstrumentationOptions()
        self._tracer = _tracer(engine) if is_traced else None
        self._covers = (
            engine
            if isinstance(engine, InterpreterEngine) and engine.counts_edges
            else None
        )
        if self._tracer is not None:
            self._options = replace(self._options, keep_free_charges=True)
        self._verdicts: OrderedDict[
            bytes, PreparedModule | MalformedModule | InvalidModule
        ] = OrderedDict()

    def on(
        self,
        engine: Engine,
        *,
        schedule: GasSchedule | None = None,
        is_traced: bool = False,
    ) -> "Pipeline":
        """The same rules on another engine, and with another schedule if given."""
        pipeline = Pipeline(
            engine,
            schedule or self.schedule,
            self._given_profile,
            replace(self._options, keep_free_charges=False),
            metering=self.metering,
            is_traced=is_traced,
        )
        pipeline.stop_flag = self.stop_flag
        return pipeline

    @property
    def is_traced(self) -> bool:
        """Whether instances record what they are charged for."""
        return self._tracer is not None

    @property
    def greatest_units(self) -> int:
        """The most units of gas that a run can have."""
        return self.metering.blocks.max_units

    @property
    def engine_name(self) -> str:
        """The name of the engine that runs the modules."""
        return self._engine.name

    def prepare(self, code: ModuleSource) -> PreparedModule:
        """Check, instrument and translate a module.

        Raises MalformedModule, InvalidModule or RefusedModule; MalformedText and
        OSError for text and files.
        """
        if not isinstance(code, bytes):
            code = module_bytes(code)
        verdict = self._verdicts.get(code)
        if verdict is None:
            verdict = self._judge(code)
            self._verdicts[code] = verdict
            if len(self._verdicts) > MAX_CACHED_MODULES:
                self._verdicts.popitem(last=False)
        else:
            self._verdicts.move_to_end(code)
        if isinstance(verdict, PreparedModule):
            return verdict
        raise verdict.with_traceback(None)

    def instrumented(
        self, code: bytes, marks: BodyMarks | None = None
    ) -> tuple[Module, Module]:
        """The module, checked, before and after instrumentation.

        `marks` gets those of its funcs. Raises as `instrument`.
        """
        module, heights = self._checked(code)
        return module, self._instrumented(module, heights, marks or BodyMarks())

    def _checked(self, code: bytes) -> tuple[Module, tuple[int, ...]]:
        """A module that the pipeline accepts, and its operand heights."""
        check_module_bytes(code, self.profile)
        module = decode_module(code)
        # The sizes first: they bound the time of validation.
        check_sizes(module, self.profile.sizes)
        max_height = self.profile.sizes.max_operand_height
        heights = validate_module(module, max_height).operand_heights
        check_profile(module, self.profile)
        return without_dropped_exports(module, self.profile), heights

    def _instrumented(
        self, module: Module, heights: tuple[int, ...], marks: BodyMarks
    ) -> Module:
        instrumented = instrument_module(
            module, heights, self.schedule, self._options, self.metering, marks.charges
        )
        kinds = CHECKED_RESULTS.get(self.profile.floats)
        if kinds is not None:
            # Last, so that a float instruction costs what the schedule says.
            instrumented = canonicalize_nans(instrumented, kinds, marks.nans)
        return instrumented

    def _judge(self, code: bytes) -> PreparedModule | MalformedModule | InvalidModule:
        try:
            module, heights = self._checked(code)
            marks = self._wanted_marks(module)
            instrumented = self._instrumented(module, heights, marks)
        except (MalformedModule, InvalidModule) as refusal:
            return refusal
        # Injected code has its own operands: heights are measured again, and
        # exceed those of the module by a few.
        max_height = self.profile.sizes.max_operand_height + INJECTED_OPERANDS
        heights = validate_module(instrumented, max_height).operand_heights
        is_free = self.metering.initial_work_is_free
        work = () if is_free else initial_work(module)
        branches: tuple[BranchEdge, ...] = ()
        if self._tracer is None:
            compiled = self._compile(instrumented, heights, code, marks)
            blocks = None
        else:
            blocks = list_blocks(module, self.schedule, self.metering)
            sites = (charge_sites(blocks, marks),) if self._lists_sites else ()
            compiled = self._tracer.compile_traced(instrumented, heights, *sites)
            _check_sites(blocks, compiled.each_site())
            branches = self._branches(compiled, marks)
        return PreparedModule(
            instrumented,
            compiled,
            work,
            sum(entry.units(self.schedule) for entry in work),
            self._unpriced_import(module),
            blocks,
            branches,
        )

    def _compile(
        self, module: Module, heights: tuple[int, ...], code: bytes, marks: BodyMarks
    ) -> CompiledModule:
        origin = self.origin(code)
        if self._covers is None or not self._lists_sites:
            return self._engine.compile(module, heights, origin)
        return self._covers.compile(module, heights, origin, marks.is_copied)

    def _branches(
        self, compiled: TracedModule, marks: BodyMarks
    ) -> tuple[BranchEdge, ...]:
        if self._tracer is None or not self._tracer.counts_branches:
            return ()
        return tuple(branch_edges(compiled.each_site(), marks, len(marks.charges)))

    @property
    def _lists_sites(self) -> bool:
        """Whether charges do not look like those that the engine recognises."""
        return self.metering.charge != STANDARD_METERING.charge

    def _wanted_marks(self, module: Module) -> BodyMarks:
        lists_sites = self._lists_sites and (self._tracer or self._covers) is not None
        if lists_sites or (self._tracer is not None and self._tracer.counts_branches):
            return BodyMarks.wanted(range(len(module.funcs)))
        return BodyMarks()

    def _unpriced_import(self, module: Module) -> tuple[str, str] | None:
        keys = ((entry.module, entry.name) for entry in module.imports)
        return next((key for key in keys if not self.schedule.host_cost(*key)), None)

    def instrument(self, code: bytes) -> Module:
        """The instrumented module, which `prepare` compiles.

        Raises MalformedModule, InvalidModule or RefusedModule.
        """
        return self.instrumented(code)[1]

    def origin(self, code: bytes) -> CodeOrigin:
        """What compiled code of a module is made from."""
        return CodeOrigin(
            sha256(code).digest(), self.schedule.content_hash, self.metering.identity
        )

    def start(  # noqa: PLR0913 (its limits, by name)
        self,
        prepared: Startable,
        imports: Imports,
        units: int,
        context: object = None,
        *,
        stop_flag: StopFlag | None = None,
        max_memory_pages: int | None = None,
        max_table_elements: int = MAX_TABLE_ELEMENTS,
        max_stack_height: int | None = None,
    ) -> MeteredRun:
        """Charge the initial work, then make an instance with the gas that is left.

        `context` is for the host funcs that take one. `units` is the gas of the run in
        units of the schedule, at most the metering's greatest. `stop_flag`, once set,
        ends the run's calls with Stopped. Memory and tables grow up to the maxima
        given, memory by default to that of the profile; a module that begins with more
        is an InternalError. `max_stack_height`, for a metering that counts down, is
        where it begins. Raises OutOfGas where it does not pay for the work, LinkError,
        Trap where a segment is out of bounds, and ValueError for units that the counter
        cannot hold.
        """
        most = self.greatest_units
        if not 0 <= units <= most:
            bits = most.bit_length()
            raise ValueError(f"{units} units of gas, not 0 to 2^{bits} - 1")
        price = prepared.initial_units
        if price > units:
            raise OutOfGas(price - units, self.schedule.units_per_gas)
        instance = self._engine.instantiate(
            prepared.compiled,
            imports,
            max_memory_pages=(
                self.profile.sizes.max_memory_pages
                if max_memory_pages is None
                else max_memory_pages
            ),
            max_table_elements=max_table_elements,
            context=context,
        )
        instance.stop_flag = stop_flag or self.stop_flag
        return MeteredRun(
            instance,
            units - price,
            self.schedule.units_per_gas,
            (
                self._options.max_stack_height
                if max_stack_height is None
                else max_stack_height
            ),
            self.metering,
        )


def _tracer(engine: Engine) -> InterpreterEngine:
    if not isinstance(engine, InterpreterEngine):
        raise ValueError(f"the engine {engine.name} records no traces")
    return engine


def _check_sites(blocks: ModuleBlocks, sites: Iterator[Site]) -> None:
    """Every charge must be a site, in order, or what a trace says is wrong."""
    sites = (site for site in sites if site.kind is not SiteKind.EDGE)
    for number, func in enumerate(blocks.funcs):
        charges = iter(func.blocks)
        sized = iter(func.sized_units)
        for site in islice(sites, len(func.blocks) + len(func.sized_units)):
            if site.kind is SiteKind.CHARGE:
                block = next(charges, None)
                units = None if block is None else block.units
            else:
                units = next(sized, None)
            if site.func_number != number or site.units != units:
                raise InternalError("the sites of a trace are not those of its module")
        if next(charges, None) is not None or next(sized, None) is not None:
            raise InternalError("a trace has fewer sites than its module has charges")
    if next(sites, None) is not None:
        raise InternalError("a trace has more sites than its module has charges")
