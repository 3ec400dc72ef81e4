/* An interpreter of a small stack machine, interpreted: a loop around one switch. Its
 * program adds up the lengths of the Collatz sequences of 1 to n.
 */
#include "kernel.h"

typedef struct {
    uint8_t operation, operand;
} Instruction;

enum { STOP, PUSH, LOAD, STORE, ADD, MULTIPLY, HALVE, IS_ODD, EQUAL, MORE, JUMP, JUMP_IF };
enum { N, NUMBER, VALUE, SUM, VARIABLES };
enum { OUTER = 2, INNER = 8, ODD = 23, NEXT = 30, END = 35 };

static const Instruction PROGRAM[] = {
    {PUSH, 1}, {STORE, NUMBER},
    [OUTER] = {LOAD, NUMBER}, {LOAD, N}, {MORE, 0}, {JUMP_IF, END}, {LOAD, NUMBER},
    {STORE, VALUE},
    [INNER] = {LOAD, SUM}, {PUSH, 1}, {ADD, 0}, {STORE, SUM}, {LOAD, VALUE}, {PUSH, 1},
    {EQUAL, 0}, {JUMP_IF, NEXT}, {LOAD, VALUE}, {IS_ODD, 0}, {JUMP_IF, ODD},
    {LOAD, VALUE}, {HALVE, 0}, {STORE, VALUE}, {JUMP, INNER},
    [ODD] = {LOAD, VALUE}, {PUSH, 3}, {MULTIPLY, 0}, {PUSH, 1}, {ADD, 0},
    {STORE, VALUE}, {JUMP, INNER},
    [NEXT] = {LOAD, NUMBER}, {PUSH, 1}, {ADD, 0}, {STORE, NUMBER}, {JUMP, OUTER},
    [END] = {STOP, 0},
};

static uint32_t interpret(uint32_t n) {
    uint32_t stack[16], variables[VARIABLES] = {[N] = n};
    uint32_t *top = stack; /* one beyond the last value */
    const Instruction *next = PROGRAM;
    for (;;) {
        Instruction instruction = *next++;
        switch (instruction.operation) {
        case PUSH:
            *top++ = instruction.operand;
            break;
        case LOAD:
            *top++ = variables[instruction.operand];
            break;
        case STORE:
            variables[instruction.operand] = *--top;
            break;
        case ADD:
            top--;
            top[-1] += *top;
            break;
        case MULTIPLY:
            top--;
            top[-1] *= *top;
            break;
        case HALVE:
            top[-1] >>= 1;
            break;
        case IS_ODD:
            top[-1] &= 1;
            break;
        case EQUAL:
            top--;
            top[-1] = top[-1] == *top;
            break;
        case MORE:
            top--;
            top[-1] = top[-1] > *top;
            break;
        case JUMP:
            next = PROGRAM + instruction.operand;
            break;
        case JUMP_IF:
            if (*--top)
                next = PROGRAM + instruction.operand;
            break;
        default:
            return variables[SUM];
        }
    }
}

EXPORT(run) uint32_t run(uint32_t n) { return interpret(n); }
