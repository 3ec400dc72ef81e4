"""The C side of the interpreter, `machine.h`, declared for Cython."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "machine.h" nogil:
    enum:
        EXIT_FINISHED
        EXIT_HOST_CALL
        EXIT_DRIVER
        EXIT_POLL
        TRAP_UNREACHABLE
        FIRST_POLL_INTERVAL
        POLL_INTERVAL
        BYTES_PER_POLL
        OPERATION_COUNT
        MAX_CALL_NODES
        OP_UNREACHABLE
        OP_MOVE
        OP_MOVE_MOVE
        OP_CONST
        OP_MOVE_RUN
        OP_ZERO_RUN
        OP_ZERO
        OP_SELECT
        OP_BR
        OP_BR_IF
        OP_BR_UNLESS
        OP_BR_IF_STEP
        OP_BR_UNLESS_STEP
        OP_I32_ADD_C
        OP_I32_ADD_A_C
        OP_I32_SUB_C
        OP_I32_SUB_A_C
        OP_I32_WRAP_I64
        OP_I64_AND
        OP_BR_TABLE
        OP_RETURN
        OP_RETURN_ONE
        OP_CALL
        OP_CALL_CHARGED
        OP_CALL_IMPORT
        OP_CALL_INDIRECT
        OP_RETURN_TO_INSTANCE
        OP_GAS_GET
        OP_GAS_SET
        OP_HEIGHT_GET
        OP_HEIGHT_SET
        OP_GLOBAL_GET
        OP_GLOBAL_SET
        OP_GLOBAL_GET_IMPORTED
        OP_GLOBAL_SET_IMPORTED
        OP_GLOBAL_SET_REFERENCE
        OP_CHARGE
        OP_CHARGE_LOOP
        OP_STACK_ENTER
        OP_STACK_ENTER_CHARGE
        OP_STACK_LEAVE
        OP_STACK_LEAVE_RETURN
        OP_STACK_LEAVE_RETURN_ONE
        OP_CHARGE_RETURN
        OP_CHARGE_RETURN_ONE
        OP_MEMORY_GROW
        OP_MEMORY_INIT
        OP_DATA_DROP
        OP_TABLE_GET
        OP_TABLE_SET
        OP_TABLE_SIZE
        OP_TABLE_GROW
        OP_TABLE_FILL
        OP_TABLE_COPY
        OP_TABLE_INIT
        OP_ELEM_DROP
        OP_COUNT
        OP_COUNT_SIZED
        OP_TRACE_ENTER
        OP_TRACE_LEAVE
        OP_EDGE
        OP_EDGE_INDIRECT
        OP_NOTE_PAIR
        OP_NOTE_CONSTANT_32
        OP_NOTE_CONSTANT_64
        NOTE_SITES
        MAX_NOTES
    const char* operation_names[]
    const uint32_t* finish_code

    ctypedef struct MemoryCells:
        uint8_t* base
        uint64_t size_bytes

    ctypedef struct TableCells:
        uint64_t* elements
        uint64_t size

    ctypedef struct TypeRecord:
        uint32_t param_count
        uint32_t result_count
        const uint8_t* val_types

    ctypedef struct NodeCells:
        uint64_t calls
        uint64_t own_units
        uint32_t parent
        uint32_t func_index

    ctypedef struct TraceCells:
        uint64_t* counts
        uint64_t* sizes
        NodeCells* nodes
        uint32_t node_count
        uint32_t node_capacity
        uint32_t current
        uint32_t stopped
        uint32_t is_truncated
        uint64_t left_out

    ctypedef struct NoteCells:
        uint64_t left
        uint64_t right
        uint32_t site

    ctypedef struct EdgeCells:
        uint8_t* counts
        uint32_t last
        uint32_t note_count
        NoteCells* notes
        uint8_t* noted

    bint enter_node(TraceCells*, uint32_t)
    void leave_node(TraceCells*)
    bint is_same_type(const TypeRecord*, const TypeRecord*)
    bint is_short_float(uint64_t)
    uint32_t short_float(uint64_t)

    ctypedef struct Instance

    ctypedef struct FuncRecord:
        const uint32_t* code
        Instance* instance
        const TypeRecord* type
        void* owner
        uint32_t frame_slots
        uint32_t func_index

    ctypedef struct Instance:
        uint64_t* globals
        uint64_t* gas
        uint64_t* height
        uint64_t** imported_globals
        MemoryCells* memory
        TableCells** tables
        FuncRecord* funcs
        const TypeRecord* types
        void* core
        TraceCells* trace
        EdgeCells* edges
        const uint32_t* edge_ranks

    ctypedef struct Frame:
        const uint32_t* ip
        uint64_t* fp
        Instance* instance
        const uint32_t* return_ip

    ctypedef struct Machine:
        const uint32_t* ip
        uint64_t* fp
        Frame* frame
        Frame* frame_end
        uint64_t* stack_end
        Instance* instance
        FuncRecord* callee
        uint64_t* callee_fp
        int64_t polls_left
