/* The spectral norm of an infinite matrix's first n rows and columns, at most 512, by the
 * power method; the bits of the result, both halves exclusive or.
 */
#include "kernel.h"

enum { MOST = 512 };

static double u[MOST], v[MOST], w[MOST];

static double element(uint32_t row, uint32_t column) {
    uint32_t sum = row + column;
    return 1.0 / (sum * (sum + 1) / 2 + row + 1);
}

static void multiply(double *result, const double *vector, uint32_t n) {
    for (uint32_t row = 0; row < n; row++) {
        double sum = 0;
        for (uint32_t column = 0; column < n; column++)
            sum += element(row, column) * vector[column];
        result[row] = sum;
    }
}

static void multiply_transposed(double *result, const double *vector, uint32_t n) {
    for (uint32_t row = 0; row < n; row++) {
        double sum = 0;
        for (uint32_t column = 0; column < n; column++)
            sum += element(column, row) * vector[column];
        result[row] = sum;
    }
}

EXPORT(run) uint32_t run(uint32_t n) {
    union {
        double number;
        uint64_t bits;
    } result;
    double products = 0, squares = 0;
    if (n == 0 || n > MOST)
        return 0;
    for (uint32_t index = 0; index < n; index++)
        u[index] = 1;
    for (uint32_t step = 0; step < 10; step++) {
        multiply(w, u, n);
        multiply_transposed(v, w, n);
        multiply(w, v, n);
        multiply_transposed(u, w, n);
    }
    for (uint32_t index = 0; index < n; index++) {
        products += u[index] * v[index];
        squares += v[index] * v[index];
    }
    result.number = __builtin_sqrt(products / squares);
    return (uint32_t)(result.bits ^ result.bits >> 32);
}
