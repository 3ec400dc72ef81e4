"""What is being translated."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from contractvm.wasm.interpreter.injected_sequences cimport GasLocal
from contractvm.wasm.structure.instruction_reader cimport (
    BLOCK_TYPE_EMPTY, Instruction,
)
from contractvm.wasm.structure.opcodes cimport OP_BLOCK, OP_GLOBAL_GET, OP_LOCAL_GET


cdef struct Block:
    uint32_t params
    uint32_t results


cdef uint64_t NO_INDEX  # above every index
cdef uint64_t UNKNOWN   # too


# The parts of a module that translation asks for, as C arrays.
cdef struct ModuleShape:
    Block* types
    uint32_t* canonical_types  # the first equal type
    uint32_t* func_types       # by func index
    uint32_t imported_funcs
    uint32_t imported_globals
    uint32_t own_globals
    uint8_t* global_types      # val types by global index
    # Of what was injected; NO_INDEX each where there is none.
    uint64_t gas_global
    uint64_t height_global
    uint64_t first_injected_func


@cython.final
cdef class FuncSource:
    cdef ModuleShape* shape
    cdef const uint8_t* body
    cdef size_t body_size
    cdef size_t position       # of the instruction, or charge, that is translated
    cdef uint32_t func_number  # among the funcs that the module defines
    cdef GasLocal gas          # the local that follows the gas counter
    # By type, f32 and f64: the local that nothing uses but replacements of NaNs;
    # NO_INDEX where there is none, UNKNOWN before the first.
    cdef uint64_t float_locals[2]

    cdef inline Block block_of(self, uint64_t block_type) noexcept:
        cdef Block block
        if <int64_t>block_type >= 0:
            return self.shape.types[block_type]
        block.params = 0
        block.results = 0 if <int64_t>block_type == BLOCK_TYPE_EMPTY else 1
        return block

    cdef inline bint is_of_entry(self, const Instruction* instruction) noexcept:
        """True for what a func may begin with before it uses the contract's locals.

        That is a read of what instrumentation counts in, or a block around the rest.
        """
        if instruction.opcode == OP_LOCAL_GET:
            return instruction.a == self.gas.local_index
        if instruction.opcode == OP_GLOBAL_GET:
            return (
                instruction.a == self.shape.gas_global
                or instruction.a == self.shape.height_global
            )
        return instruction.opcode == OP_BLOCK
