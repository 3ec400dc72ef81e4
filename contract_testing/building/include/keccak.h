/* Keccak-256 as Ethereum uses it (the original padding, 0x01), after the Keccak team's
 * reference: https://keccak.team/keccak_specs_summary.html
 */
#ifndef KECCAK_H
#define KECCAK_H

#include <stdint.h>

#define KECCAK256_RATE 136 /* bytes absorbed by each permutation */

typedef struct {
    uint64_t lanes[25];
    uint32_t position; /* bytes of the current block already absorbed */
} Keccak256;

static inline uint64_t rotated_left(uint64_t lane, uint32_t count) {
    return lane << count | lane >> (64 - count);
}

/* Rho and pi: where each lane goes, and how far it turns on the way. */
static const uint8_t KECCAK_TARGETS[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                           15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
static const uint8_t KECCAK_TURNS[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                         27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

/* Iota's constants hold one bit at each position 2^j - 1, made by a shift register. */
static uint64_t keccak_round_constant(uint8_t *shift_register) {
    uint64_t constant = 0;
    for (uint32_t bit = 1; bit <= 64; bit <<= 1) {
        if (*shift_register & 1)
            constant |= (uint64_t)1 << (bit - 1);
        *shift_register = (uint8_t)(*shift_register << 1 ^
                                    (*shift_register & 0x80 ? 0x71 : 0));
    }
    return constant;
}

static void keccak_permute(uint64_t lanes[25]) {
    uint8_t shift_register = 1;
    for (int round = 0; round < 24; round++) {
        uint64_t columns[5];
        for (int x = 0; x < 5; x++)
            columns[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^
                         lanes[x + 20];
        for (int x = 0; x < 5; x++) {
            uint64_t change = columns[(x + 4) % 5] ^ rotated_left(columns[(x + 1) % 5], 1);
            for (int y = 0; y < 25; y += 5)
                lanes[x + y] ^= change;
        }
        uint64_t moving = lanes[1];
        for (int step = 0; step < 24; step++) {
            uint64_t displaced = lanes[KECCAK_TARGETS[step]];
            lanes[KECCAK_TARGETS[step]] = rotated_left(moving, KECCAK_TURNS[step]);
            moving = displaced;
        }
        for (int y = 0; y < 25; y += 5) {
            uint64_t first = lanes[y], second = lanes[y + 1];
            for (int x = 0; x < 3; x++)
                lanes[y + x] ^= ~lanes[y + x + 1] & lanes[y + x + 2];
            lanes[y + 3] ^= ~lanes[y + 4] & first;
            lanes[y + 4] ^= ~first & second;
        }
        lanes[0] ^= keccak_round_constant(&shift_register);
    }
}

/* `state` starts as all zeros. Lanes are little endian, as Wasm's memory is. */
static void keccak256_absorb(Keccak256 *state, const uint8_t *data, uint32_t length) {
    uint8_t *block = (uint8_t *)state->lanes;
    for (uint32_t index = 0; index < length; index++) {
        block[state->position++] ^= data[index];
        if (state->position == KECCAK256_RATE) {
            keccak_permute(state->lanes);
            state->position = 0;
        }
    }
}

/* Pad and permute; the hash is then the first 32 bytes of the state. */
static const uint8_t *keccak256_finish(Keccak256 *state) {
    uint8_t *block = (uint8_t *)state->lanes;
    block[state->position] ^= 0x01;
    block[KECCAK256_RATE - 1] ^= 0x80;
    keccak_permute(state->lanes);
    return block;
}

#endif
