/* What the workloads share: the export, and numbers that look random. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))

/* Keeps a func of its own: the compiler would melt it into its callers. */
#define APART __attribute__((noinline))

static inline uint32_t next_random(uint32_t *seed) {
    uint32_t x = *seed;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *seed = x;
}

#endif
