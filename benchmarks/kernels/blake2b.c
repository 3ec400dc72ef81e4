/* The first four bytes of the BLAKE2b-512 hash (RFC 7693) of a message of n bytes. */
#include "kernel.h"

enum { BLOCK_BYTES = 128, HASH_BYTES = 64, ROUNDS = 12 };

typedef struct {
    uint64_t words[8];
    uint64_t length; /* bytes in all the blocks that are compressed or begun */
    uint32_t position;
    uint64_t block[16];
} Blake2b;

static const uint64_t INITIAL[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b,
                                    0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                    0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                    0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

/* Which words of the block each round takes; rounds 10 and 11 are as 0 and 1. */
static const uint8_t ORDER[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint64_t rotated_right(uint64_t word, uint32_t count) {
    return word >> count | word << (64 - count);
}

static inline void mix(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y) {
    v[a] += v[b] + x;
    v[d] = rotated_right(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = rotated_right(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = rotated_right(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotated_right(v[b] ^ v[c], 63);
}

static void compress(Blake2b *hash, uint64_t is_last) {
    uint64_t v[16];
    for (int index = 0; index < 8; index++) {
        v[index] = hash->words[index];
        v[index + 8] = INITIAL[index];
    }
    v[12] ^= hash->length;
    v[14] ^= 0 - is_last;
    for (int round = 0; round < ROUNDS; round++) {
        const uint8_t *s = ORDER[round % 10];
        const uint64_t *m = hash->block;
        mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
        mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
        mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
        mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
        mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
        mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
        mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
        mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (int index = 0; index < 8; index++)
        hash->words[index] ^= v[index] ^ v[index + 8];
}

/* A full block waits until more follows: the last one is compressed differently. */
static void absorb(Blake2b *hash, const uint8_t *data, uint32_t length) {
    uint8_t *block = (uint8_t *)hash->block;
    for (uint32_t index = 0; index < length; index++) {
        if (hash->position == BLOCK_BYTES) {
            compress(hash, 0);
            hash->position = 0;
        }
        block[hash->position++] = data[index];
        hash->length++;
    }
}

static void finish(Blake2b *hash) {
    uint8_t *block = (uint8_t *)hash->block;
    for (uint32_t index = hash->position; index < BLOCK_BYTES; index++)
        block[index] = 0;
    compress(hash, 1);
}

EXPORT(run) uint32_t run(uint32_t n) {
    Blake2b hash = {0};
    for (int index = 0; index < 8; index++)
        hash.words[index] = INITIAL[index];
    hash.words[0] ^= 0x01010000 | HASH_BYTES;
    ABSORB_MESSAGE(absorb, &hash, n);
    finish(&hash);
    return __builtin_bswap32((uint32_t)hash.words[0]);
}
