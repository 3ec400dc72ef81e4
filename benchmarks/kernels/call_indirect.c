/* A chain of n calls of small functions through a table, the next chosen by the last. */
#include "kernel.h"

typedef uint32_t Step(uint32_t state, uint32_t turn);

static uint32_t add_turn(uint32_t state, uint32_t turn) { return state + turn; }
static uint32_t flip(uint32_t state, uint32_t turn) { return state ^ ~turn; }
static uint32_t multiply(uint32_t state, uint32_t turn) { return state * (turn | 1); }
static uint32_t rotate(uint32_t state, uint32_t turn) {
    return state << (turn & 15) | state >> (32 - (turn & 15)) % 32;
}
static uint32_t spread(uint32_t state, uint32_t turn) { return state ^ state >> 13 ^ turn; }
static uint32_t subtract(uint32_t state, uint32_t turn) { return state - 3 * turn; }
static uint32_t choose(uint32_t state, uint32_t turn) {
    return state & 64 ? state + 0x9e3779b9 : turn - state;
}
static uint32_t swap(uint32_t state, uint32_t turn) { return (state << 16 | state >> 16) + turn; }

static Step *const STEPS[8] = {add_turn, flip, multiply, rotate,
                               spread,   subtract, choose, swap};

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t state = 12345;
    for (uint32_t turn = 0; turn < n; turn++)
        state = STEPS[(state >> 5 ^ turn) & 7](state, turn);
    return state;
}
