/* A chain of n full products of 256-bit numbers: x becomes low ^ high of x * y, made
 * odd, and y becomes the x before. The sum of x's limbs, modulo 2^32.
 */
#include "kernel.h"
#include "number256.h"

EXPORT(run) uint32_t run(uint32_t n) {
    Number256 x = {{0x9abcdef1, 0x12345678, 3, 4, 5, 6, 7, 0x80000000}};
    Number256 y = {{0xffffffff, 0xffffffff, 0xfffffffe, 1, 2, 3, 0xfffffff0, 0xabcdef01}};
    for (; n > 0; n--) {
        Number256 low, high;
        multiply(&low, &high, &x, &y);
        y = x;
        for (int index = 0; index < LIMBS; index++)
            x.limbs[index] = low.limbs[index] ^ high.limbs[index];
        x.limbs[0] |= 1;
    }
    uint32_t sum = 0;
    for (int index = 0; index < LIMBS; index++)
        sum += x.limbs[index];
    return sum;
}
