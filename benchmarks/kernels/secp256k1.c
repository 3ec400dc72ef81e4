/* ECDSA verification on secp256k1 (SEC 1, 4.1.4; SEC 2, 2.4.1). `run` verifies n
 * signatures, of which every third is spoilt, and returns the verdicts as digits base 31.
 * `verify` takes what the host wrote to `input`.
 */
#include "kernel.h"
#include "number256.h"

typedef struct { /* Jacobian coordinates in Montgomery's form: (x / z^2, y / z^3) */
    Number256 x, y, z;
} Point;

typedef struct { /* as the host writes them: 32 bytes each, most significant first */
    uint8_t x[32], y[32], hash[32], r[32], s[32];
} Signature;

static Modulus FIELD = {
    .modulus = {{0xfffffc2f, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                 0xffffffff, 0xffffffff}}};
static Modulus ORDER = {
    .modulus = {{0xd0364141, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6, 0xfffffffe, 0xffffffff,
                 0xffffffff, 0xffffffff}}};
static const Point GENERATOR = {
    .x = {{0x16f81798, 0x59f2815b, 0x2dce28d9, 0x029bfcdb, 0xce870b07, 0x55a06295,
           0xf9dcbbac, 0x79be667e}},
    .y = {{0xfb10d4b8, 0x9c47d08f, 0xa6855419, 0xfd17b448, 0x0e1108a8, 0x5da4fbfc,
           0x26a3c465, 0x483ada77}}};

static Signature signature;

/* The field: shorter names for operations modulo its prime. */

static void field_multiply(Number256 *product, const Number256 *left,
                           const Number256 *right) {
    montgomery_multiply(product, left, right, &FIELD);
}

static void field_add(Number256 *sum, const Number256 *left, const Number256 *right) {
    modular_add(sum, left, right, &FIELD);
}

static void field_subtract(Number256 *difference, const Number256 *left,
                           const Number256 *right) {
    modular_subtract(difference, left, right, &FIELD);
}

/* The group; z is 0 at infinity. */

static void double_point(Point *point) {
    Number256 x_squared, y_squared, y_fourth, distance, slope, result_x;
    field_multiply(&x_squared, &point->x, &point->x);
    field_multiply(&y_squared, &point->y, &point->y);
    field_multiply(&y_fourth, &y_squared, &y_squared);
    field_multiply(&distance, &point->x, &y_squared);
    field_add(&distance, &distance, &distance);
    field_add(&distance, &distance, &distance); /* 4 x y^2 */
    field_add(&slope, &x_squared, &x_squared);
    field_add(&slope, &slope, &x_squared); /* 3 x^2 */
    field_multiply(&result_x, &slope, &slope);
    field_subtract(&result_x, &result_x, &distance);
    field_subtract(&result_x, &result_x, &distance);
    field_multiply(&point->z, &point->y, &point->z);
    field_add(&point->z, &point->z, &point->z);
    field_subtract(&distance, &distance, &result_x);
    field_multiply(&point->y, &slope, &distance);
    for (int times = 0; times < 3; times++)
        field_add(&y_fourth, &y_fourth, &y_fourth);
    field_subtract(&point->y, &point->y, &y_fourth);
    point->x = result_x;
}

static void add_point(Point *sum, const Point *other) {
    Number256 sum_zz, other_zz, u, s, width, height, width2, width3, x;
    if (is_zero(&other->z))
        return;
    if (is_zero(&sum->z)) {
        *sum = *other;
        return;
    }
    field_multiply(&sum_zz, &sum->z, &sum->z);
    field_multiply(&other_zz, &other->z, &other->z);
    field_multiply(&u, &sum->x, &other_zz);
    field_multiply(&width, &other->x, &sum_zz);
    field_subtract(&width, &width, &u);
    field_multiply(&s, &sum->y, &other->z);
    field_multiply(&s, &s, &other_zz);
    field_multiply(&height, &other->y, &sum->z);
    field_multiply(&height, &height, &sum_zz);
    field_subtract(&height, &height, &s);
    if (is_zero(&width)) {
        if (is_zero(&height))
            double_point(sum);
        else
            sum->z = (Number256){{0}};
        return;
    }
    field_multiply(&width2, &width, &width);
    field_multiply(&width3, &width2, &width);
    field_multiply(&u, &u, &width2);
    field_multiply(&x, &height, &height);
    field_subtract(&x, &x, &width3);
    field_subtract(&x, &x, &u);
    field_subtract(&x, &x, &u);
    field_multiply(&sum->z, &sum->z, &other->z);
    field_multiply(&sum->z, &sum->z, &width);
    field_subtract(&u, &u, &x);
    field_multiply(&u, &u, &height);
    field_multiply(&s, &s, &width3);
    field_subtract(&sum->y, &u, &s);
    sum->x = x;
}

static bool is_on_curve(const Point *point) {
    Number256 left, right, seven = {{7}};
    field_multiply(&left, &point->y, &point->y);
    field_multiply(&right, &point->x, &point->x);
    field_multiply(&right, &right, &point->x);
    to_montgomery(&seven, &FIELD);
    field_add(&right, &right, &seven);
    return is_equal(&left, &right);
}

/* first * G + second * point, both sums in one walk over the bits. */
static Point combine(const Number256 *first, const Number256 *second,
                     const Point *point) {
    Point generator = GENERATOR, both, result = {0};
    to_montgomery(&generator.x, &FIELD);
    to_montgomery(&generator.y, &FIELD);
    generator.z = FIELD.one;
    both = generator;
    add_point(&both, point);
    for (int index = 255; index >= 0; index--) {
        double_point(&result);
        uint32_t bits = bit_of(first, index) | bit_of(second, index) << 1;
        if (bits != 0)
            add_point(&result, bits == 1 ? &generator : bits == 2 ? point : &both);
    }
    return result;
}

/* Signatures */

static Number256 from_bytes(const uint8_t *bytes) {
    Number256 number;
    for (int index = 0; index < LIMBS; index++) {
        const uint8_t *at = bytes + 28 - 4 * index;
        number.limbs[index] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
                              (uint32_t)at[2] << 8 | at[3];
    }
    return number;
}

static bool is_scalar(const Number256 *number) {
    return !is_zero(number) && is_less(number, &ORDER.modulus);
}

/* x / z^2 = r modulo the order, without a division; x may be r or r + order. */
static bool has_x(const Point *point, Number256 r) {
    Number256 zz;
    field_multiply(&zz, &point->z, &point->z);
    for (int attempt = 0; attempt < 2; attempt++) {
        Number256 x = r;
        to_montgomery(&x, &FIELD);
        field_multiply(&x, &x, &zz);
        if (is_equal(&x, &point->x))
            return true;
        if (add(&r, &r, &ORDER.modulus) || !is_less(&r, &FIELD.modulus))
            return false;
    }
    return false;
}

static bool is_valid(void) {
    Point key = {from_bytes(signature.x), from_bytes(signature.y), FIELD.one};
    Number256 r = from_bytes(signature.r), s = from_bytes(signature.s);
    Number256 hash = from_bytes(signature.hash), r_part = r, exponent, two = {{2}};
    if (!is_scalar(&r) || !is_scalar(&s))
        return false;
    if (!is_less(&key.x, &FIELD.modulus) || !is_less(&key.y, &FIELD.modulus))
        return false;
    to_montgomery(&key.x, &FIELD);
    to_montgomery(&key.y, &FIELD);
    if (!is_on_curve(&key))
        return false;
    if (!is_less(&hash, &ORDER.modulus))
        subtract(&hash, &hash, &ORDER.modulus);
    /* 1 / s = s^(order - 2); one factor in Montgomery's form gives a plain product. */
    subtract(&exponent, &ORDER.modulus, &two);
    to_montgomery(&s, &ORDER);
    montgomery_power(&s, &s, &exponent, &ORDER);
    montgomery_multiply(&hash, &hash, &s, &ORDER);
    montgomery_multiply(&r_part, &r_part, &s, &ORDER);
    Point sum = combine(&hash, &r_part, &key);
    return !is_zero(&sum.z) && has_x(&sum, r);
}

EXPORT(input) uint8_t *input(void) { return (uint8_t *)&signature; }

EXPORT(verify) uint32_t verify(void) {
    prepare_modulus(&FIELD);
    prepare_modulus(&ORDER);
    return is_valid();
}

EXPORT(run) uint32_t run(uint32_t n) {
    /* Key 1, hash 1, nonce 1: r is the x of G, and s = 1 + r. */
    static const uint8_t x_of_g[32] = {
        0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62,
        0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce,
        0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};
    uint32_t result = 0;
    prepare_modulus(&FIELD);
    prepare_modulus(&ORDER);
    for (int index = 0; index < 32; index++) {
        signature.x[index] = signature.r[index] = signature.s[index] = x_of_g[index];
        signature.y[index] =
            (uint8_t)(GENERATOR.y.limbs[7 - index / 4] >> (24 - index % 4 * 8));
        signature.hash[index] = index == 31;
    }
    signature.s[31]++;
    for (uint32_t turn = 0; turn < n; turn++) {
        signature.hash[0] = turn % 3 == 2;
        result = 31 * result + is_valid();
    }
    return result;
}
