"""A module in register code."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from contractvm.wasm.interpreter.edge_counts cimport EdgeRegion
from contractvm.wasm.interpreter.machine cimport TypeRecord
from contractvm.wasm.interpreter.site_probe cimport SiteCells


cdef class CompiledModule:
    cdef readonly object module
    cdef uint32_t* code
    cdef readonly size_t code_size
    # By index of a func that the module defines.
    cdef size_t* starts
    cdef uint32_t* frame_slots
    cdef readonly uint32_t greatest_frame  # in slots
    cdef TypeRecord* types
    cdef uint8_t* val_types
    cdef uint32_t* canonical_types
    cdef readonly tuple func_types
    # By func index, imports first: the canonical index of its type.
    cdef uint32_t* func_canonical_types
    cdef size_t func_count
    cdef size_t own_func_count
    cdef size_t type_count
    cdef size_t own_global_count
    # Among the own globals: the injected counters. Where there is none, after them.
    cdef size_t gas_cell
    cdef size_t height_cell
    cdef size_t global_count
    cdef size_t table_count
    # Val types by global index, and element types by table index, imports first.
    cdef uint8_t* global_types
    cdef uint8_t* table_types
    # What is recorded of runs, and where: SiteCells.
    cdef readonly object tracing
    cdef SiteCells* site_cells
    cdef size_t site_count
    cdef readonly object charge_sites  # a SiteList, or None
    # With coverage, where edges are counted, and by func index, imports first, the
    # place of each func among those of its type.
    cdef readonly EdgeRegion region
    cdef uint32_t* edge_ranks
    # What `instance.py` works out for all instances; None before the first.
    cdef public object plan
