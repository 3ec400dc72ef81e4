/* The compiled loop.

   Its arms come from the table in operations.py, written to generated/ by the build.
   The loop never touches a Python object: it returns to the driver (interpreter.pyx)
   with an exit code, and the driver enters it again. */

#ifndef CONTRACTVM_LOOP_H
#define CONTRACTVM_LOOP_H

#include "machine.h"

/* Not in a variable of its own: what runs often needs the registers. */
#define INSTANCE (m->instance)
#define DISPATCH() goto *arms[ip[0]]
#define NEXT(units) do { ip += 4 * (units); DISPATCH(); } while (0)
#define JUMP(word) do { ip += (int32_t)ip[word]; DISPATCH(); } while (0)
#define LEAVE_FRAME() do { --frame; ip = frame->ip; fp = frame->fp; } while (0)
#define RETURN() do { LEAVE_FRAME(); DISPATCH(); } while (0)
#define EXIT(code) do { exit_code = (code); goto leave; } while (0)
#define TRAP(code) EXIT(code)
/* At every loop's head and every call: Ctrl-C stops whatever runs. */
#define POLL() do { if (UNLIKELY(--polls_left <= 0)) EXIT(EXIT_POLL); } while (0)
/* The next poll comes sooner after work by size. */
#define POLL_BY_SIZE(size) (polls_left -= (int64_t)((uint32_t)(size) / BYTES_PER_POLL))
/* The injected charge of ip[2] and ip[3]. A loop without one has a 1 in ip[1]. */
#define CHARGE() do { \
        gas -= ip[2] | (uint64_t)ip[3] << 32; \
        if (UNLIKELY((int64_t)gas < 0) && !ip[1]) TRAP(TRAP_UNREACHABLE); \
    } while (0)
#define STACK_ENTER() do { \
        height += ip[2]; \
        if (UNLIKELY(height > ip[3])) TRAP(TRAP_UNREACHABLE); \
    } while (0)
#define STACK_LEAVE() (height -= ip[2])
#define STACK_ENTER_CHARGE() do { STACK_ENTER(); ip += 4; CHARGE(); NEXT(1); } while (0)
/* The two below see what is next without a jump to it, which saves the processor a
   prediction: in metered code it is nearly always the same. */
#define RETURN_TO_CHARGE() do { \
        LEAVE_FRAME(); \
        if (UNLIKELY(ip[0] != OP_CHARGE)) DISPATCH(); \
        CHARGE(); \
        NEXT(1); \
    } while (0)
/* A loop's head is a charge: done on the way. */
#define JUMP_TO_LOOP(word) do { \
        ip += (int32_t)ip[word]; CHARGE(); ip += 4; POLL(); DISPATCH(); \
    } while (0)
#define STORE_INSTANCE() \
    (*INSTANCE->gas = gas, *INSTANCE->height = height)
#define LOAD_INSTANCE() do { \
        gas = *INSTANCE->gas; \
        height = (uint32_t)*INSTANCE->height; \
        globals = INSTANCE->globals; \
        memory = INSTANCE->memory->base; \
        memory_size = INSTANCE->memory->size_bytes; \
    } while (0)
/* callee_fp is at most stack_end: it lies in the frame of the caller, or is its end. */
#define ENTER_FRAME(new_fp, slots, back) do { \
        uint64_t *entered = (new_fp); \
        if (UNLIKELY(frame == m->frame_end || \
                     (size_t)(m->stack_end - entered) < (slots))) \
            TRAP(TRAP_CALL_STACK_EXHAUSTED); \
        frame->ip = (back); \
        frame->fp = fp; \
        ++frame; \
        fp = entered; \
    } while (0)

static int run_loop(Machine *m) {
    const uint32_t *ip = m->ip;
    uint64_t *fp = m->fp;
    Frame *frame = m->frame;
    /* The counters of the instance that runs; their cells have the numbers elsewhere. */
    uint64_t gas;
    uint32_t height;
    uint64_t *globals;
    uint8_t *memory;
    uint64_t memory_size;
    FuncRecord *callee;
    uint64_t *callee_fp;
    const uint32_t *return_ip;
    /* What the last instruction that computed a value wrote to its slot: the next one
       need not wait for the slot. Never live where the loop is left or a label is. */
    uint64_t accumulator = 0;
    int64_t polls_left = m->polls_left;
    int exit_code;

    LOAD_INSTANCE();
#include "generated/arms.h"

call_callee:
    if (callee->code == NULL) {
        m->callee = callee;
        m->callee_fp = callee_fp;
        ip = return_ip;
        EXIT(EXIT_HOST_CALL);
    }
    if (callee->instance == INSTANCE) {
        ENTER_FRAME(callee_fp, callee->frame_slots, return_ip);
    } else {
        ENTER_FRAME(callee_fp, callee->frame_slots, return_to_instance_code);
        frame[-1].instance = INSTANCE;
        frame[-1].return_ip = return_ip;
        STORE_INSTANCE();
        INSTANCE = callee->instance;
        LOAD_INSTANCE();
    }
    ip = callee->code;
    POLL();
    if (ip[0] == OP_STACK_ENTER_CHARGE) STACK_ENTER_CHARGE();
    DISPATCH();

leave:
    STORE_INSTANCE();
    m->ip = ip;
    m->fp = fp;
    m->frame = frame;
    m->polls_left = polls_left;
    return exit_code;
}

#endif
