/* A stack machine of tiny functions that are not inlined: n rounds of pushes, additions
 * and pops; what is left, summed.
 */
#include "kernel.h"

#define TINY __attribute__((noinline))

static uint32_t cells[16], top;

TINY static void push(uint32_t value) {
    cells[top++ & 15] = value;
}

TINY static uint32_t pop(void) {
    return cells[--top & 15];
}

TINY static uint32_t next(uint32_t value) {
    return value + 1;
}

TINY static uint32_t sum(uint32_t a, uint32_t b) {
    return a + b;
}

TINY static int is_odd(uint32_t value) {
    return value & 1;
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t result = 0;
    top = 0;
    for (uint32_t index = 0; index < n; index = next(index)) {
        push(index);
        push(result);
        if (is_odd(index))
            push(sum(pop(), 3));
        result = sum(pop(), pop());
    }
    return result;
}
