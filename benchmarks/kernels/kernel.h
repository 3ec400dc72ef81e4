/* What the kernels share: the export, and the message that the hash kernels absorb. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))

/* Absorb a message of `length` bytes, of which byte i is (31 i + 7) mod 256. */
#define ABSORB_MESSAGE(absorb, state, length)                                            \
    do {                                                                                 \
        static uint8_t piece_[256];                                                      \
        for (uint32_t index_ = 0; index_ < 256; index_++)                                \
            piece_[index_] = (uint8_t)(31 * index_ + 7);                                 \
        for (uint32_t left_ = (length); left_ > 0;) {                                    \
            uint32_t size_ = left_ < 256 ? left_ : 256;                                  \
            absorb((state), piece_, size_);                                              \
            left_ -= size_;                                                              \
        }                                                                                \
    } while (0)

/* The next number of a sequence that looks random enough to sort or to multiply. */
static inline uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    return *seed ^ *seed >> 15;
}

#endif
