/* The first four bytes of the SHA-256 hash (FIPS 180-4) of a message of n bytes. */
#include "kernel.h"

enum { BLOCK_BYTES = 64, LENGTH_OFFSET = 56 };

typedef struct {
    uint32_t words[8];
    uint8_t block[BLOCK_BYTES];
    uint32_t position;
    uint64_t length;
} Sha256;

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t ROUND_CONSTANTS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

static inline uint32_t rotated_right(uint32_t word, uint32_t count) {
    return word >> count | word << (32 - count);
}

static void compress(Sha256 *hash) {
    uint32_t schedule[64];
    for (int t = 0; t < 16; t++) {
        const uint8_t *bytes = hash->block + 4 * t;
        schedule[t] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                      (uint32_t)bytes[2] << 8 | bytes[3];
    }
    for (int t = 16; t < 64; t++) {
        uint32_t early = schedule[t - 15], late = schedule[t - 2];
        schedule[t] = schedule[t - 16] + schedule[t - 7] +
                      (rotated_right(early, 7) ^ rotated_right(early, 18) ^ early >> 3) +
                      (rotated_right(late, 17) ^ rotated_right(late, 19) ^ late >> 10);
    }
    uint32_t a = hash->words[0], b = hash->words[1], c = hash->words[2];
    uint32_t d = hash->words[3], e = hash->words[4], f = hash->words[5];
    uint32_t g = hash->words[6], h = hash->words[7];
    for (int t = 0; t < 64; t++) {
        uint32_t sum_e = rotated_right(e, 6) ^ rotated_right(e, 11) ^ rotated_right(e, 25);
        uint32_t choice = (e & f) ^ (~e & g);
        uint32_t first = h + sum_e + choice + ROUND_CONSTANTS[t] + schedule[t];
        uint32_t sum_a = rotated_right(a, 2) ^ rotated_right(a, 13) ^ rotated_right(a, 22);
        uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + sum_a + majority;
    }
    hash->words[0] += a;
    hash->words[1] += b;
    hash->words[2] += c;
    hash->words[3] += d;
    hash->words[4] += e;
    hash->words[5] += f;
    hash->words[6] += g;
    hash->words[7] += h;
}

static void absorb(Sha256 *hash, const uint8_t *data, uint32_t length) {
    hash->length += length;
    for (uint32_t index = 0; index < length; index++) {
        hash->block[hash->position++] = data[index];
        if (hash->position == BLOCK_BYTES) {
            compress(hash);
            hash->position = 0;
        }
    }
}

static void finish(Sha256 *hash) {
    static const uint8_t one_bit = 0x80, zero = 0;
    uint64_t bit_count = 8 * hash->length;
    absorb(hash, &one_bit, 1);
    while (hash->position != LENGTH_OFFSET)
        absorb(hash, &zero, 1);
    for (int index = 7; index >= 0; index--) {
        uint8_t byte = (uint8_t)(bit_count >> 8 * index);
        absorb(hash, &byte, 1);
    }
}

EXPORT(run) uint32_t run(uint32_t n) {
    /* The square roots of the first eight primes, as above. */
    Sha256 hash = {.words = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                             0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
    ABSORB_MESSAGE(absorb, &hash, n);
    finish(&hash);
    return hash.words[0];
}
