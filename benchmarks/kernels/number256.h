/* Numbers of 256 bits in limbs of 32, least significant first, and arithmetic modulo
 * an odd number of 256 bits in Montgomery's form (P. L. Montgomery, 1985): x is kept
 * as x * 2^256 mod m, so that a product needs no division.
 */
#ifndef NUMBER256_H
#define NUMBER256_H

#include <stdbool.h>
#include <stdint.h>

enum { LIMBS = 8 };

typedef struct {
    uint32_t limbs[LIMBS];
} Number256;

typedef struct {
    Number256 modulus;
    Number256 one;     /* 2^256 mod m: 1 in Montgomery's form */
    Number256 squared; /* 2^512 mod m: brings a number into that form */
    uint32_t factor;   /* -1 / m mod 2^32 */
} Modulus;

static inline bool is_zero(const Number256 *number) {
    uint32_t bits = 0;
    for (int index = 0; index < LIMBS; index++)
        bits |= number->limbs[index];
    return bits == 0;
}

static inline bool is_equal(const Number256 *left, const Number256 *right) {
    uint32_t difference = 0;
    for (int index = 0; index < LIMBS; index++)
        difference |= left->limbs[index] ^ right->limbs[index];
    return difference == 0;
}

static inline uint32_t bit_of(const Number256 *number, int index) {
    return number->limbs[index >> 5] >> (index & 31) & 1;
}

/* Both return what is carried out of the highest limb. */
static inline uint32_t add(Number256 *sum, const Number256 *left, const Number256 *right) {
    uint64_t carry = 0;
    for (int index = 0; index < LIMBS; index++) {
        carry += (uint64_t)left->limbs[index] + right->limbs[index];
        sum->limbs[index] = (uint32_t)carry;
        carry >>= 32;
    }
    return (uint32_t)carry;
}

static inline uint32_t subtract(Number256 *difference, const Number256 *left,
                         const Number256 *right) {
    uint64_t borrow = 0;
    for (int index = 0; index < LIMBS; index++) {
        uint64_t digit = (uint64_t)left->limbs[index] - right->limbs[index] - borrow;
        difference->limbs[index] = (uint32_t)digit;
        borrow = digit >> 63;
    }
    return (uint32_t)borrow;
}

static inline bool is_less(const Number256 *left, const Number256 *right) {
    Number256 ignored;
    return subtract(&ignored, left, right) != 0;
}

/* The full product: its low half and its high half. */
static inline void multiply(Number256 *low, Number256 *high, const Number256 *left,
                     const Number256 *right) {
    uint32_t product[2 * LIMBS] = {0};
    for (int row = 0; row < LIMBS; row++) {
        uint64_t carry = 0;
        for (int column = 0; column < LIMBS; column++) {
            carry += (uint64_t)left->limbs[row] * right->limbs[column] +
                     product[row + column];
            product[row + column] = (uint32_t)carry;
            carry >>= 32;
        }
        product[row + LIMBS] = (uint32_t)carry;
    }
    for (int index = 0; index < LIMBS; index++) {
        low->limbs[index] = product[index];
        high->limbs[index] = product[index + LIMBS];
    }
}

/* Modular arithmetic: arguments below the modulus, and so the results. */

static inline void modular_add(Number256 *sum, const Number256 *left, const Number256 *right,
                        const Modulus *modulus) {
    uint32_t carry = add(sum, left, right);
    if (carry || !is_less(sum, &modulus->modulus))
        subtract(sum, sum, &modulus->modulus);
}

static inline void modular_subtract(Number256 *difference, const Number256 *left,
                             const Number256 *right, const Modulus *modulus) {
    if (subtract(difference, left, right))
        add(difference, difference, &modulus->modulus);
}

/* left * right / 2^256: one limb of `left` at a time, and one limb of the sum is
 * cleared by a multiple of the modulus and shifted out.
 */
static inline void montgomery_multiply(Number256 *result, const Number256 *left,
                                const Number256 *right, const Modulus *modulus) {
    uint32_t sum[LIMBS + 1] = {0};
    for (int row = 0; row < LIMBS; row++) {
        uint64_t digit = left->limbs[row], carry = 0;
        for (int column = 0; column < LIMBS; column++) {
            carry += digit * right->limbs[column] + sum[column];
            sum[column] = (uint32_t)carry;
            carry >>= 32;
        }
        uint64_t top = carry + sum[LIMBS];
        uint64_t multiple = (uint32_t)(sum[0] * modulus->factor);
        carry = multiple * modulus->modulus.limbs[0] + sum[0];
        carry >>= 32;
        for (int column = 1; column < LIMBS; column++) {
            carry += multiple * modulus->modulus.limbs[column] + sum[column];
            sum[column - 1] = (uint32_t)carry;
            carry >>= 32;
        }
        top += carry;
        sum[LIMBS - 1] = (uint32_t)top;
        sum[LIMBS] = (uint32_t)(top >> 32);
    }
    for (int index = 0; index < LIMBS; index++)
        result->limbs[index] = sum[index];
    if (sum[LIMBS] || !is_less(result, &modulus->modulus))
        subtract(result, result, &modulus->modulus);
}

static inline void montgomery_power(Number256 *result, const Number256 *base,
                             const Number256 *exponent, const Modulus *modulus) {
    Number256 power = modulus->one;
    for (int index = 255; index >= 0; index--) {
        montgomery_multiply(&power, &power, &power, modulus);
        if (bit_of(exponent, index))
            montgomery_multiply(&power, &power, base, modulus);
    }
    *result = power;
}

static inline void to_montgomery(Number256 *number, const Modulus *modulus) {
    montgomery_multiply(number, number, &modulus->squared, modulus);
}

static inline void from_montgomery(Number256 *number, const Modulus *modulus) {
    static const Number256 one = {{1}};
    montgomery_multiply(number, number, &one, modulus);
}

/* Fill in what follows from `modulus->modulus`, which is odd. */
static inline void prepare_modulus(Modulus *modulus) {
    uint32_t inverse = 1;
    for (int step = 0; step < 5; step++) /* Newton: each step doubles the right bits */
        inverse *= 2 - modulus->modulus.limbs[0] * inverse;
    modulus->factor = 0 - inverse;
    Number256 power = {{1}};
    for (int bit = 0; bit < 512; bit++) {
        if (bit == 256)
            modulus->one = power;
        modular_add(&power, &power, &power, modulus);
    }
    modulus->squared = power;
}

#endif
