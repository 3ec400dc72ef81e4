/* The compiled loop.

   Its arms come from the table in operations.py, written to generated/ by the build.
   The loop never touches a Python object: it returns to the driver (interpreter.pyx)
   with an exit code, and the driver enters it again. */

#ifndef CONTRACTVM_LOOP_H
#define CONTRACTVM_LOOP_H

#include "machine.h"

#define DISPATCH() goto *arms[ip[0]]
#define NEXT(units) do { ip += 4 * (units); DISPATCH(); } while (0)
#define JUMP(word) do { ip += (int32_t)ip[word]; DISPATCH(); } while (0)
#define RETURN() do { --frame; ip = frame->ip; fp = frame->fp; DISPATCH(); } while (0)
#define EXIT(code) do { exit_code = (code); goto leave; } while (0)
#define TRAP(code) EXIT(code)
#define POLL() do { if (UNLIKELY(--m->polls_left <= 0)) EXIT(EXIT_POLL); } while (0)
#define LOAD_INSTANCE() do { \
        globals = instance->globals; \
        memory = instance->memory->base; \
        memory_size = instance->memory->size_bytes; \
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
#define BITS_OF_F32(value) bits_of_f32(value)
#define BITS_OF_F64(value) bits_of_f64(value)

static int run_loop(Machine *m) {
    const uint32_t *ip = m->ip;
    uint64_t *fp = m->fp;
    Frame *frame = m->frame;
    Instance *instance = m->instance;
    uint64_t *globals;
    uint8_t *memory;
    uint64_t memory_size;
    FuncRecord *callee;
    uint64_t *callee_fp;
    const uint32_t *return_ip;
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
    if (callee->instance == instance) {
        ENTER_FRAME(callee_fp, callee->frame_slots, return_ip);
    } else {
        ENTER_FRAME(callee_fp, callee->frame_slots, return_to_instance_code);
        frame[-1].instance = instance;
        frame[-1].return_ip = return_ip;
        instance = callee->instance;
        LOAD_INSTANCE();
    }
    ip = callee->code;
    DISPATCH();

leave:
    m->ip = ip;
    m->fp = fp;
    m->frame = frame;
    m->instance = instance;
    return exit_code;
}

#endif
