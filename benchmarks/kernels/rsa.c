/* RSA: n messages to the power 65,537 modulo an odd number of 1,024 bits, by Montgomery's
 * multiplication; the exclusive or of the words of the results.
 */
#include "kernel.h"

enum { WORDS = 32 };

static uint32_t modulus[WORDS], square[WORDS];
static uint32_t inverse; /* minus one over the modulus, modulo 2^32 */

static int is_less(const uint32_t *a, const uint32_t *b) {
    for (int index = WORDS - 1; index >= 0; index--)
        if (a[index] != b[index])
            return a[index] < b[index];
    return 0;
}

static void subtract_modulus(uint32_t *number) {
    uint64_t borrow = 0;
    for (int index = 0; index < WORDS; index++) {
        uint64_t difference = (uint64_t)number[index] - modulus[index] - borrow;
        number[index] = (uint32_t)difference;
        borrow = difference >> 63;
    }
}

/* a times b over 2^1024, modulo the modulus */
static void multiply(uint32_t *result, const uint32_t *a, const uint32_t *b) {
    uint32_t sum[WORDS + 2] = {0};
    for (int outer = 0; outer < WORDS; outer++) {
        uint64_t carry = 0;
        uint32_t factor;
        for (int index = 0; index < WORDS; index++) {
            carry += (uint64_t)a[index] * b[outer] + sum[index];
            sum[index] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += sum[WORDS];
        sum[WORDS] = (uint32_t)carry;
        sum[WORDS + 1] = (uint32_t)(carry >> 32);
        factor = sum[0] * inverse;
        carry = (uint64_t)factor * modulus[0] + sum[0];
        carry >>= 32;
        for (int index = 1; index < WORDS; index++) {
            carry += (uint64_t)factor * modulus[index] + sum[index];
            sum[index - 1] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += sum[WORDS];
        sum[WORDS - 1] = (uint32_t)carry;
        sum[WORDS] = sum[WORDS + 1] + (uint32_t)(carry >> 32);
    }
    for (int index = 0; index < WORDS; index++)
        result[index] = sum[index];
    if (sum[WORDS] || !is_less(result, modulus))
        subtract_modulus(result);
}

static void set_up(void) {
    uint32_t seed = 11;
    for (int index = 0; index < WORDS; index++)
        modulus[index] = next_random(&seed);
    modulus[0] |= 1;
    modulus[WORDS - 1] |= 1u << 31;
    inverse = 1;
    for (int step = 0; step < 5; step++)
        inverse *= 2 - modulus[0] * inverse;
    inverse = -inverse;
    /* 2^2048 modulo the modulus, by doubling from 2^1024 minus the modulus */
    for (int index = 0; index < WORDS; index++)
        square[index] = 0;
    subtract_modulus(square);
    for (int bit = 0; bit < 32 * WORDS; bit++) {
        uint32_t carry = 0;
        for (int index = 0; index < WORDS; index++) {
            uint32_t word = square[index];
            square[index] = word << 1 | carry;
            carry = word >> 31;
        }
        if (carry || !is_less(square, modulus))
            subtract_modulus(square);
    }
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t sum = 0, seed = 13, base[WORDS], power[WORDS];
    static const uint32_t one[WORDS] = {1};
    set_up();
    while (n--) {
        for (int index = 0; index < WORDS; index++)
            base[index] = next_random(&seed);
        base[WORDS - 1] >>= 1;
        multiply(base, base, square);
        for (int index = 0; index < WORDS; index++)
            power[index] = base[index];
        for (int step = 0; step < 16; step++)
            multiply(power, power, power);
        multiply(power, power, base);
        multiply(power, power, one);
        for (int index = 0; index < WORDS; index++)
            sum ^= power[index];
    }
    return sum;
}
