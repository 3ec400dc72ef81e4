/* The product of two matrices of n * n numbers of 32 bits, n at most 128, as the sum
 * of its elements, each times its place.
 */
#include "kernel.h"

enum { GREATEST = 128 };

static int32_t left[GREATEST][GREATEST], right[GREATEST][GREATEST];
static int32_t product[GREATEST][GREATEST];

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t sum = 0;
    if (n > GREATEST)
        return 0;
    for (uint32_t row = 0; row < n; row++)
        for (uint32_t column = 0; column < n; column++) {
            left[row][column] = (int32_t)(row * 7 + column * 3) % 101 - 50;
            right[row][column] = (int32_t)(row * 5 + column * 11) % 97 - 48;
        }
    for (uint32_t row = 0; row < n; row++)
        for (uint32_t column = 0; column < n; column++) {
            int32_t element = 0;
            for (uint32_t index = 0; index < n; index++)
                element += left[row][index] * right[index][column];
            product[row][column] = element;
        }
    for (uint32_t row = 0; row < n; row++)
        for (uint32_t column = 0; column < n; column++)
            sum += (uint32_t)product[row][column] * (row * n + column + 1);
    return sum;
}
