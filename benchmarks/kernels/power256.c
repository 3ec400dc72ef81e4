/* n modular exponentiations of 256 bits, each with the result of the last as its base:
 * x becomes x^e mod m. The lowest limb of x.
 */
#include "kernel.h"
#include "number256.h"

/* 2^255 - 19, and an exponent without a pattern. */
static Modulus MODULUS = {
    .modulus = {{0xffffffed, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                 0xffffffff, 0x7fffffff}}};
static const Number256 EXPONENT = {{0x1357db97, 0x2468ace0, 0xdeadbeef, 0x0badf00d,
                                    0xcafebabe, 0x8badf00d, 0xfeedface, 0x7eedf00d}};

EXPORT(run) uint32_t run(uint32_t n) {
    Number256 x = {{3}};
    prepare_modulus(&MODULUS);
    to_montgomery(&x, &MODULUS);
    for (; n > 0; n--)
        montgomery_power(&x, &x, &EXPONENT, &MODULUS);
    from_montgomery(&x, &MODULUS);
    return x.limbs[0];
}
