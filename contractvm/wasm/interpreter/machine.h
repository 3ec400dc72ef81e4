/* The state of the compiled loop and the helpers of its arms.

   Written without undefined behaviour: wrap-around on unsigned types, unaligned
   access through memcpy, lengths checked before pointers move. */

#ifndef CONTRACTVM_MACHINE_H
#define CONTRACTVM_MACHINE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "generated/operations.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Why the loop returned; the traps are in the order of TRAPS in interpreter.pyx. */
enum {
    EXIT_FINISHED,
    EXIT_HOST_CALL, /* of m->callee, arguments at m->callee_fp; m->ip is after it */
    EXIT_DRIVER,    /* m->ip is at an operation that the driver does */
    EXIT_POLL,
    TRAP_UNREACHABLE,
    TRAP_INTEGER_DIVIDE_BY_ZERO,
    TRAP_INTEGER_OVERFLOW,
    TRAP_INVALID_CONVERSION_TO_INTEGER,
    TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS,
    TRAP_OUT_OF_BOUNDS_TABLE_ACCESS,
    TRAP_UNDEFINED_ELEMENT,
    TRAP_UNINITIALIZED_ELEMENT,
    TRAP_INDIRECT_CALL_TYPE_MISMATCH,
    TRAP_CALL_STACK_EXHAUSTED
};

/* Polls between two looks at the clock, at first and at most. */
enum { FIRST_POLL_INTERVAL = 1 << 10, POLL_INTERVAL = 1 << 16 };
/* What is copied or filled in about the time between two polls of a small loop. */
enum { BYTES_PER_POLL = 1 << 9 };

typedef struct {
    uint8_t *base; /* never moves while the memory lives */
    uint64_t size_bytes;
} MemoryCells;

typedef struct {
    uint64_t *elements; /* references as in slots; 0 is null */
    uint64_t size;
} TableCells;

typedef struct {
    uint32_t param_count;
    uint32_t result_count;
    const uint8_t *val_types; /* params, then results, as in the binary format */
} TypeRecord;

/* A func as it is called along one path of funcs. The children of a node form a binary
   tree: after a node that is n links from the first child, bit n of the func index
   says which of the two `next` to follow. Indices below a node n links away agree in n
   bits, so that a search follows 33 links at most, whatever funcs were called. */
typedef struct {
    uint64_t calls;
    uint64_t own_units;
    uint32_t parent; /* of the root: itself */
    uint32_t func_index;
    uint32_t first_child; /* 0: none, since the root is nobody's child */
    uint32_t next[2];
} NodeCells;

/* node_count <= node_capacity, the length of `nodes`, and at least 1: the root.
   `current` and `stopped`, and every number in a node, is below node_count. */
typedef struct {
    uint64_t *counts; /* by site of the module, as `sizes` */
    uint64_t *sizes;
    NodeCells *nodes;
    uint32_t node_count;
    uint32_t node_capacity;
    uint32_t current;
    uint32_t stopped; /* `current` when the last execution that ended early did */
    uint32_t is_truncated;
    uint64_t left_out; /* calls in progress below `current` that have no node */
} TraceCells;

enum { MAX_CALL_NODES = 1 << 20 };

/* Two operands as they met in a comparison. `site` is where, below NOTE_SITES, with
   the kind of the comparison above it. */
typedef struct {
    uint64_t left;
    uint64_t right;
    uint32_t site;
} NoteCells;

enum { NOTE_SITES = 1 << 16, MAX_NOTES = 4096, MAX_NOTES_OF_SITE = 32 };

/* How often each edge was passed, up to 255. Every cell that translated code names is
   one of `counts`. The notes are MAX_NOTES long, `noted` has NOTE_SITES counts; both
   are NULL where no code was translated with comparisons. */
typedef struct {
    uint8_t *counts;
    uint32_t last; /* the edge that was passed last */
    uint32_t note_count;
    NoteCells *notes;
    uint8_t *noted;
} EdgeCells;

typedef struct Instance Instance;

/* One func of an instance's index space; a funcref is a pointer to one. */
typedef struct {
    const uint32_t *code; /* NULL: a host func */
    Instance *instance;   /* where the code runs */
    const TypeRecord *type;
    void *owner; /* the InstanceCore whose array this record is in */
    uint32_t frame_slots;
    uint32_t func_index;
} FuncRecord;

struct Instance {
    uint64_t *globals; /* those that the module defines */
    uint64_t *gas;     /* one of them: the injected counter; or a zero after them */
    uint64_t *height;  /* and the stack's height */
    uint64_t **imported_globals;
    MemoryCells *memory;
    TableCells **tables;
    FuncRecord *funcs;
    const TypeRecord *types;
    void *core; /* the InstanceCore that this is a part of */
    TraceCells *trace; /* NULL, unless the module was translated with tracing */
    EdgeCells *edges;  /* NULL, unless it was translated with coverage */
    const uint32_t *edge_ranks; /* with `edges`: of each func among those of its type */
};

/* The last two are set by calls that change the instance only. */
typedef struct {
    const uint32_t *ip;
    uint64_t *fp;
    Instance *instance;
    const uint32_t *return_ip;
} Frame;

typedef struct {
    const uint32_t *ip;
    uint64_t *fp;
    Frame *frame; /* the next free one */
    Frame *frame_end;
    uint64_t *stack_end;
    Instance *instance;
    FuncRecord *callee;
    uint64_t *callee_fp;
    int64_t polls_left;
} Machine;

static const uint32_t finish_code[4] = {OP_FINISH, 0, 0, 0};
static const uint32_t return_to_instance_code[4] = {OP_RETURN_TO_INSTANCE, 0, 0, 0};

static inline uint32_t rotate_left_32(uint32_t x, uint32_t count) {
    return x << (count & 31) | x >> ((0 - count) & 31);
}

static inline uint64_t rotate_left_64(uint64_t x, uint64_t count) {
    return x << (count & 63) | x >> ((0 - count) & 63);
}

static inline float f32_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double f64_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_of_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline uint64_t bits_of_f64(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* A constant of 64 bits that a float of 32 holds exactly, and the bits of that. */
static inline uint32_t short_float(uint64_t bits) {
    return bits_of_f32((float)f64_of_bits(bits));
}

static inline int is_short_float(uint64_t bits) {
    return bits_of_f64(f32_of_bits(short_float(bits))) == bits;
}

/* The bits of a result: every NaN as the canonical one, so that they are the same on
   every machine. The spec leaves a NaN's sign and payload open. */
static inline uint32_t canonical_f32(float value) {
    return UNLIKELY(value != value) ? 0x7FC00000u : bits_of_f32(value);
}

static inline uint64_t canonical_f64(double value) {
    return UNLIKELY(value != value) ? 0x7FF8000000000000ull : bits_of_f64(value);
}

/* NaN where either is NaN; -0 is less than +0. */
static inline float min_f32(float x, float y) {
    if (x != x || y != y) return x + y;
    if (x == y) return f32_of_bits(bits_of_f32(x) | bits_of_f32(y));
    return x < y ? x : y;
}

static inline float max_f32(float x, float y) {
    if (x != x || y != y) return x + y;
    if (x == y) return f32_of_bits(bits_of_f32(x) & bits_of_f32(y));
    return x > y ? x : y;
}

static inline double min_f64(double x, double y) {
    if (x != x || y != y) return x + y;
    if (x == y) return f64_of_bits(bits_of_f64(x) | bits_of_f64(y));
    return x < y ? x : y;
}

static inline double max_f64(double x, double y) {
    if (x != x || y != y) return x + y;
    if (x == y) return f64_of_bits(bits_of_f64(x) & bits_of_f64(y));
    return x > y ? x : y;
}

/* Operands: destination, source, length. False: out of bounds, nothing written. */
static inline int copy_memory(uint8_t *memory, uint64_t size, const uint64_t *slots) {
    uint64_t to = (uint32_t)slots[0], from = (uint32_t)slots[1];
    uint64_t length = (uint32_t)slots[2];
    if (to + length > size || from + length > size) return 0;
    if (length) memmove(memory + to, memory + from, length);
    return 1;
}

/* Operands: destination, byte, length. */
static inline int fill_memory(uint8_t *memory, uint64_t size, const uint64_t *slots) {
    uint64_t to = (uint32_t)slots[0], length = (uint32_t)slots[2];
    if (to + length > size) return 0;
    if (length) memset(memory + to, (int)(slots[1] & 0xFF), length);
    return 1;
}

/* Pass a site, and book what is due there on the func that runs. */
static inline void count(TraceCells *trace, const uint32_t *ip) {
    trace->counts[ip[1]] += 1;
    trace->nodes[trace->current].own_units += ip[2] | (uint64_t)ip[3] << 32;
}

/* A price is below 2^31 and a size below 2^32: their product does not wrap. */
static inline void count_size(TraceCells *trace, const uint32_t *ip,
                              const uint64_t *fp) {
    uint64_t size = (uint32_t)fp[ip[2]];
    trace->counts[ip[1]] += 1;
    trace->sizes[ip[1]] += size;
    trace->nodes[trace->current].own_units += size * ip[3];
}

/* Make the node of a func, called by the current one, current. False: no room. */
static __attribute__((noinline, unused)) int enter_node(TraceCells *trace,
                                                      uint32_t func_index) {
    NodeCells *nodes = trace->nodes;
    uint32_t *link = &nodes[trace->current].first_child;
    uint32_t bits = func_index;
    if (trace->left_out) {
        ++trace->left_out;
        return 1;
    }
    while (*link && nodes[*link].func_index != func_index) {
        link = &nodes[*link].next[bits & 1];
        bits >>= 1;
    }
    if (*link == 0) {
        if (trace->node_count == MAX_CALL_NODES) {
            trace->is_truncated = 1;
            trace->left_out = 1;
            return 1;
        }
        if (trace->node_count == trace->node_capacity) return 0;
        memset(&nodes[trace->node_count], 0, sizeof *nodes);
        nodes[trace->node_count].parent = trace->current;
        nodes[trace->node_count].func_index = func_index;
        *link = trace->node_count++;
    }
    nodes[*link].calls += 1;
    trace->current = *link;
    return 1;
}

static inline void leave_node(TraceCells *trace) {
    if (trace->left_out)
        --trace->left_out;
    else
        trace->current = trace->nodes[trace->current].parent;
}

static inline void pass_edge(EdgeCells *edges, uint32_t cell) {
    uint8_t count = edges->counts[cell];
    edges->counts[cell] = count + (count != UINT8_MAX);
    edges->last = cell;
}

/* The edge from a call_indirect to the func that it is about to call, if there is one:
   a func of another instance, and a host func, has the first one's cell. */
static __attribute__((noinline, unused)) void pass_to_callee(Instance *instance,
                                                             const uint32_t *ip,
                                                             uint32_t index) {
    TableCells *table = instance->tables[ip[4]];
    uint32_t rank = 0;
    FuncRecord *callee;
    if (index >= table->size) return;
    callee = (FuncRecord *)(uintptr_t)table->elements[index];
    if (callee == NULL) return;
    if (callee->owner == instance->core) rank = instance->edge_ranks[callee->func_index];
    pass_edge(instance->edges, ip[1] + rank % ip[3]);
}

/* A comparison's operands, unless its site or all sites together have had their fill. */
static inline void note(EdgeCells *edges, uint32_t site, uint64_t left,
                        uint64_t right) {
    uint8_t *noted = &edges->noted[site % NOTE_SITES];
    NoteCells *entry;
    if (edges->note_count == MAX_NOTES || *noted == MAX_NOTES_OF_SITE) return;
    ++*noted;
    entry = &edges->notes[edges->note_count++];
    entry->left = left;
    entry->right = right;
    entry->site = site;
}

static inline int is_same_type(const TypeRecord *a, const TypeRecord *b) {
    return a == b ||
           (a->param_count == b->param_count && a->result_count == b->result_count &&
            memcmp(a->val_types, b->val_types,
                   (size_t)a->param_count + a->result_count) == 0);
}

#endif
