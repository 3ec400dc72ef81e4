/* Quicksort of n numbers, at most 65,536, small parts by insertion; the sum of the
 * sorted numbers, each times its place, modulo 2^32.
 */
#include "kernel.h"

enum { GREATEST = 65536, SMALL = 12 };

static uint32_t numbers[GREATEST];

static void insertion_sort(uint32_t *first, uint32_t *last) {
    for (uint32_t *next = first + 1; next <= last; next++) {
        uint32_t number = *next, *place = next;
        for (; place > first && place[-1] > number; place--)
            *place = place[-1];
        *place = number;
    }
}

static uint32_t middle_of(uint32_t a, uint32_t b, uint32_t c) {
    if (a > b)
        return b > c ? b : a > c ? c : a;
    return a > c ? a : b > c ? c : b;
}

static void sort(uint32_t *first, uint32_t *last) {
    while (last - first > SMALL) {
        uint32_t pivot = middle_of(*first, first[(last - first) / 2], *last);
        uint32_t *low = first, *high = last;
        while (low <= high) {
            while (*low < pivot)
                low++;
            while (*high > pivot)
                high--;
            if (low <= high) {
                uint32_t number = *low;
                *low++ = *high;
                *high-- = number;
            }
        }
        sort(first, high);
        first = low;
    }
    insertion_sort(first, last);
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t sum = 0, seed = 7;
    if (n == 0 || n > GREATEST)
        return 0;
    for (uint32_t index = 0; index < n; index++)
        numbers[index] = next_random(&seed);
    sort(numbers, numbers + n - 1);
    for (uint32_t index = 0; index < n; index++)
        sum += numbers[index] * (index + 1);
    return sum;
}
