/* AES-128 (FIPS 197) in counter mode: n blocks of key stream; the exclusive or of their
 * words. The S-box is computed, and key and counters are the numbers 0 to 15 and 0 on.
 */
#include "kernel.h"

enum { ROUNDS = 10, WORDS = 4 * (ROUNDS + 1) };

static uint8_t substitutes[256];
static uint8_t key_schedule[4 * WORDS];

static uint8_t doubled(uint8_t byte) {
    return (uint8_t)(byte << 1 ^ (byte >> 7) * 0x1b);
}

static uint8_t rotated(uint8_t byte, int bits) {
    return (uint8_t)(byte << bits | byte >> (8 - bits));
}

static void make_substitutes(void) {
    uint8_t power = 1, inverse = 1;
    do {
        power ^= doubled(power); /* times 3 */
        inverse ^= (uint8_t)(inverse << 1);
        inverse ^= (uint8_t)(inverse << 2);
        inverse ^= (uint8_t)(inverse << 4);
        inverse ^= (inverse >> 7) * 0x09; /* divided by 3 */
        substitutes[power] = inverse ^ rotated(inverse, 1) ^ rotated(inverse, 2) ^
                             rotated(inverse, 3) ^ rotated(inverse, 4) ^ 0x63;
    } while (power != 1);
    substitutes[0] = 0x63;
}

static void expand_key(void) {
    uint8_t constant = 1;
    for (uint32_t index = 0; index < 16; index++)
        key_schedule[index] = (uint8_t)index;
    for (uint32_t index = 16; index < 4 * WORDS; index += 4) {
        uint8_t *word = key_schedule + index, next[4];
        for (uint32_t byte = 0; byte < 4; byte++)
            next[byte] = word[(int)byte - 4];
        if (index % 16 == 0) {
            uint8_t first = next[0];
            next[0] = substitutes[next[1]] ^ constant;
            next[1] = substitutes[next[2]];
            next[2] = substitutes[next[3]];
            next[3] = substitutes[first];
            constant = doubled(constant);
        }
        for (uint32_t byte = 0; byte < 4; byte++)
            word[byte] = word[(int)byte - 16] ^ next[byte];
    }
}

static void add_round_key(uint8_t *block, uint32_t round) {
    for (uint32_t index = 0; index < 16; index++)
        block[index] ^= key_schedule[16 * round + index];
}

static void substitute_and_shift(uint8_t *block) {
    uint8_t before[16];
    for (uint32_t index = 0; index < 16; index++)
        before[index] = substitutes[block[index]];
    for (uint32_t index = 0; index < 16; index++)
        block[index] = before[(index + 4 * (index % 4)) % 16];
}

static void mix_columns(uint8_t *block) {
    for (uint8_t *column = block; column < block + 16; column += 4) {
        uint8_t first = column[0];
        uint8_t all = column[0] ^ column[1] ^ column[2] ^ column[3];
        column[0] ^= all ^ doubled(column[0] ^ column[1]);
        column[1] ^= all ^ doubled(column[1] ^ column[2]);
        column[2] ^= all ^ doubled(column[2] ^ column[3]);
        column[3] ^= all ^ doubled(column[3] ^ first);
    }
}

static void encrypt(uint8_t *block) {
    add_round_key(block, 0);
    for (uint32_t round = 1; round < ROUNDS; round++) {
        substitute_and_shift(block);
        mix_columns(block);
        add_round_key(block, round);
    }
    substitute_and_shift(block);
    add_round_key(block, ROUNDS);
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t sum = 0;
    make_substitutes();
    expand_key();
    for (uint32_t counter = 0; counter < n; counter++) {
        uint8_t block[16] = {0};
        for (uint32_t byte = 0; byte < 4; byte++)
            block[15 - byte] = (uint8_t)(counter >> 8 * byte);
        encrypt(block);
        for (uint32_t byte = 0; byte < 16; byte++)
            sum ^= (uint32_t)block[byte] << 8 * (byte % 4);
    }
    return sum;
}
