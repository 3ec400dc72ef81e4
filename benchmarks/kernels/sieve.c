/* The number of primes below n, by the sieve of Eratosthenes. */
#include "kernel.h"

enum { GREATEST = 1 << 20 };

static uint8_t is_composite[GREATEST];

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t count = 0;
    if (n > GREATEST)
        return 0;
    for (uint32_t number = 0; number < n; number++)
        is_composite[number] = 0;
    for (uint32_t number = 2; number < n; number++) {
        if (is_composite[number])
            continue;
        count++;
        for (uint32_t multiple = 2 * number; multiple < n; multiple += number)
            is_composite[multiple] = 1;
    }
    return count;
}
