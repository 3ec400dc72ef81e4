"""A module in register code: made once, immutable, shared by all its instances."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc

from contractvm.closed_class cimport close_class
from contractvm.wasm.interpreter.edge_counts cimport EdgeRegion
from contractvm.wasm.interpreter.edge_probe cimport EdgeProbe
from contractvm.wasm.interpreter.func_source cimport NO_INDEX, Block, ModuleShape
from contractvm.wasm.interpreter.machine cimport TypeRecord
from contractvm.wasm.interpreter.position_probe cimport PositionProbe
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.interpreter.site_probe cimport SiteCells, SiteProbe
from contractvm.wasm.interpreter.translator cimport Translator
from contractvm.wasm.structure.func cimport Func

from contractvm.errors import InternalError
from contractvm.wasm.engines.tracing import Site, SiteKind, Tracing
from contractvm.wasm.structure.module import ExternKind

COVERAGE = (Tracing.EDGES, Tracing.COMPARISONS)


cdef void* allocated(size_t count, size_t size) except NULL:
    cdef void* array = calloc(count if count else 1, size)
    if array == NULL:
        raise InternalError("out of memory in translation")
    return array


cdef void* shrunk(void* array, size_t size_bytes) noexcept:
    """`array` without the room that it was grown by for more."""
    cdef void* smaller = realloc(array, size_bytes) if size_bytes else array
    return smaller if smaller != NULL else array


cdef class CompiledModule:
    """`module` with the register code of its funcs; `code_size` is in 32-bit words."""

    def __dealloc__(self):
        free(self.code)
        free(self.starts)
        free(self.frame_slots)
        free(self.types)
        free(self.val_types)
        free(self.canonical_types)
        free(self.func_canonical_types)
        free(self.global_types)
        free(self.table_types)
        free(self.site_cells)
        free(self.edge_ranks)

    @property
    def sites(self):
        """The sites of a module's traces, in the order of their counts."""
        return tuple(self.each_site())

    def each_site(self):
        """Yield the sites: a large module has millions."""
        cdef size_t index
        kinds = tuple(SiteKind)
        for index in range(self.site_count):
            yield Site(
                self.site_cells[index].func_number,
                self.site_cells[index].position,
                kinds[self.site_cells[index].kind],
                self.site_cells[index].units,
            )

    def code_of(self, size_t func_index) -> list:
        """The words of a func that the module defines, for tools and tests."""
        cdef size_t count = self.own_func_count
        cdef size_t end
        if func_index >= count:
            raise IndexError(func_index)
        end = self.code_size if func_index + 1 == count else self.starts[func_index + 1]
        return [self.code[word] for word in range(self.starts[func_index], end)]


close_class(CompiledModule)


cdef int fill_types(CompiledModule compiled, Block* blocks) except -1:
    """The types as C records; equal ones share the first one's index."""
    cdef size_t position = 0
    types = compiled.module.types
    total = sum(len(kind.params) + len(kind.results) for kind in types)
    compiled.types = <TypeRecord*>allocated(len(types), sizeof(TypeRecord))
    compiled.val_types = <uint8_t*>allocated(total, 1)
    compiled.canonical_types = <uint32_t*>allocated(len(types), sizeof(uint32_t))
    first_index = {}
    for index, func_type in enumerate(types):
        compiled.canonical_types[index] = first_index.setdefault(func_type, index)
        compiled.types[index].param_count = len(func_type.params)
        compiled.types[index].result_count = len(func_type.results)
        compiled.types[index].val_types = &compiled.val_types[position]
        for val_type in func_type.params + func_type.results:
            compiled.val_types[position] = val_type
            position += 1
        blocks[index].params = len(func_type.params)
        blocks[index].results = len(func_type.results)
    return 0


cdef int fill_table_types(CompiledModule compiled) except -1:
    table_types = compiled.module.table_types
    compiled.table_types = <uint8_t*>allocated(len(table_types), 1)
    compiled.table_count = len(table_types)
    for index, table_type in enumerate(table_types):
        compiled.table_types[index] = table_type.element_type
    return 0


cdef int translate_funcs(
    CompiledModule compiled, tuple operand_heights, Translator translator
) except -1:
    cdef ModuleShape* shape = translator.source.shape
    cdef uint32_t slots
    cdef uint32_t local_count
    cdef uint32_t params
    cdef size_t index = 0
    cdef Func func
    cdef tuple funcs = compiled.module.funcs
    for func, height in zip(funcs, operand_heights, strict=True):
        # index < len(funcs), the length of both arrays.
        compiled.starts[index] = translator.code.size
        local_count = func.count_locals()
        slots = translator.translate_func(func.type_index, local_count, func.code)
        params = shape.types[<uint32_t>func.type_index].params
        # A Python number, so that a sum of 2**32 is an error.
        slots = max(slots, height + local_count + params)
        compiled.frame_slots[index] = slots
        compiled.greatest_frame = max(compiled.greatest_frame, slots)
        index += 1
    translator.resolve_calls(compiled.starts, compiled.frame_slots)
    compiled.code_size = translator.code.size
    compiled.code = <uint32_t*>shrunk(
        translator.code.words, translator.code.size * sizeof(uint32_t)
    )
    translator.code.words = NULL
    return 0


cdef int translate_with_sites(
    CompiledModule compiled,
    ModuleShape* shape,
    tuple operand_heights,
    PositionProbe positions,
) except -1:
    cdef SiteProbe probe = SiteProbe(compiled.tracing)
    cdef Translator translator
    if positions is None:
        translator = Translator(probe)
    else:
        positions.wrap(probe)
        translator = Translator(positions)
    translator.source.shape = shape
    if compiled.tracing in (Tracing.BLOCKS, Tracing.BRANCHES):
        if compiled.module.injection is None:
            raise InternalError("charges are traced in instrumented modules only")
        probe.find_chargers(compiled.module.funcs)
        if compiled.charge_sites is not None:
            probe.take_sites(compiled.charge_sites)
    translate_funcs(compiled, operand_heights, translator)
    compiled.site_count = probe.site_count
    compiled.site_cells = <SiteCells*>shrunk(
        probe.sites, probe.site_count * sizeof(SiteCells)
    )
    probe.sites = NULL
    return 0


cdef int translate_with_edges(
    CompiledModule compiled, ModuleShape* shape, tuple operand_heights, is_own
) except -1:
    cdef bint notes = compiled.tracing is Tracing.COMPARISONS
    cdef EdgeProbe probe
    cdef Translator translator
    if compiled.region is None:
        raise InternalError("coverage needs a region for its counts")
    if notes:
        compiled.region.owner.keep_notes()
    compiled.region.begin()
    rank_funcs(compiled)
    probe = EdgeProbe(compiled.region, notes, is_own)
    translator = Translator(probe)
    translator.source.shape = shape
    probe.count_types(compiled.module.func_type_indices, compiled.type_count)
    translate_funcs(compiled, operand_heights, translator)
    return compiled.region.complete()


cdef int take_injection(ModuleShape* shape, injection) except -1:
    """What code was injected, by the indices that it alone has."""
    shape.gas_global = shape.height_global = NO_INDEX
    shape.first_injected_func = NO_INDEX
    if injection is not None:
        shape.gas_global = injection.gas_global
        shape.first_injected_func = injection.first_func
        if injection.height_global is not None:
            shape.height_global = injection.height_global
        if min(shape.gas_global, shape.height_global) < shape.imported_globals:
            raise InternalError("an injected counter is an imported global")
    return 0


cdef size_t cell_of(const ModuleShape* shape, uint64_t counter) noexcept:
    """An injected counter's place among the own globals; after them without one."""
    if counter == NO_INDEX:
        return shape.own_globals
    return <size_t>counter - shape.imported_globals


cdef int rank_funcs(CompiledModule compiled) except -1:
    """Number the funcs of each type, imports first."""
    cdef uint32_t* counts = <uint32_t*>allocated(compiled.type_count, sizeof(uint32_t))
    cdef size_t index
    cdef uint32_t canonical
    try:
        compiled.edge_ranks = <uint32_t*>allocated(
            compiled.func_count, sizeof(uint32_t)
        )
        for index in range(compiled.func_count):
            # A canonical index of a type: below type_count, the length of counts.
            canonical = compiled.func_canonical_types[index]
            compiled.edge_ranks[index] = counts[canonical]
            counts[canonical] += 1
    finally:
        free(counts)
    return 0


def compile_module(
    module,
    tuple operand_heights not None,
    tracing=Tracing.OFF,
    *,
    EdgeRegion region=None,
    PositionProbe positions=None,
    charge_sites=None,
    is_own=None,
) -> CompiledModule:
    """Translate a *validated* module; `operand_heights` are its `ModuleFacts`'.

    Injected sequences are recognised only in a module with an `injection`. With
    `charge_sites`, a SiteList, traces count at these sites, and at no charges else.
    `region` is where edges are counted, for covered modules alone; `is_own`, of a
    func's number and a position, says which instructions have any. `positions` learns
    where code comes from whose edges are not counted. Raises InternalError if the
    machine's memory is not enough. A module that was not validated may do anything,
    including crash.
    """
    cdef CompiledModule compiled = CompiledModule.__new__(CompiledModule)
    cdef ModuleShape shape
    cdef Translator translator
    cdef uint32_t func_count = len(module.funcs)
    func_types = module.func_type_indices
    global_types = module.global_types
    compiled.module = module
    tracing = Tracing(tracing)
    if region is not None and tracing not in COVERAGE:
        raise InternalError("a region for counts of edges where none are counted")
    compiled.tracing = tracing
    compiled.region = region
    compiled.charge_sites = charge_sites
    compiled.type_count = len(module.types)
    compiled.func_types = tuple([module.types[index] for index in func_types])
    shape.imported_funcs = len(module.imports_of(ExternKind.FUNC))
    shape.imported_globals = len(module.imports_of(ExternKind.GLOBAL))
    shape.own_globals = len(module.globals)
    # Where instructions are counted, what looks like injected code is the contract's.
    take_injection(
        &shape, None if tracing is Tracing.INSTRUCTIONS else module.injection
    )
    shape.types = NULL
    shape.func_types = NULL
    shape.global_types = NULL
    try:
        shape.types = <Block*>allocated(len(module.types), sizeof(Block))
        shape.func_types = <uint32_t*>allocated(len(func_types), sizeof(uint32_t))
        compiled.global_types = <uint8_t*>allocated(len(global_types), 1)
        shape.global_types = compiled.global_types
        fill_table_types(compiled)
        fill_types(compiled, shape.types)
        shape.canonical_types = compiled.canonical_types
        compiled.func_count = len(func_types)
        compiled.own_func_count = func_count
        compiled.own_global_count = shape.own_globals
        compiled.gas_cell = cell_of(&shape, shape.gas_global)
        compiled.height_cell = cell_of(&shape, shape.height_global)
        compiled.global_count = len(global_types)
        compiled.func_canonical_types = <uint32_t*>allocated(
            len(func_types), sizeof(uint32_t)
        )
        for index, type_index in enumerate(func_types):
            shape.func_types[index] = type_index
            compiled.func_canonical_types[index] = (
                compiled.canonical_types[<size_t>type_index]
            )
        for index, global_type in enumerate(global_types):
            shape.global_types[index] = global_type.val_type
        compiled.starts = <size_t*>allocated(func_count, sizeof(size_t))
        compiled.frame_slots = <uint32_t*>allocated(func_count, sizeof(uint32_t))
        if tracing is Tracing.OFF:
            translator = Translator(Probe() if positions is None else positions)
            translator.source.shape = &shape
            translate_funcs(compiled, operand_heights, translator)
        elif tracing in COVERAGE:
            translate_with_edges(compiled, &shape, operand_heights, is_own)
        else:
            translate_with_sites(compiled, &shape, operand_heights, positions)
    except MemoryError as error:
        raise InternalError("out of memory in translation") from error
    finally:
        free(shape.types)
        free(shape.func_types)
    return compiled
