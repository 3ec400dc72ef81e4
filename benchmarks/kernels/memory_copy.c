/* Copies of 16 KiB, n of each kind: bytes by the C library's loop, words of 64 bits,
 * and words to where they are not aligned. The sum of the words that arrive.
 */
#include "kernel.h"

enum { BYTES = 16384, WORDS = BYTES / 8 };

typedef struct {
    uint64_t word;
} __attribute__((packed)) UnalignedWord;

static uint64_t source[WORDS], target[WORDS];
static uint8_t unaligned_target[BYTES + 8];

void *memcpy(void *restrict target, const void *restrict source, unsigned long length);

/* Not turned into a call of memcpy, which goes byte by byte. */
__attribute__((no_builtin)) static void copy_words(void) {
    UnalignedWord *words = (UnalignedWord *)(unaligned_target + 1);
    for (int index = 0; index < WORDS; index++)
        target[index] = source[index];
    for (int index = 0; index < WORDS; index++)
        words[index].word = target[WORDS - 1 - index];
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint64_t sum = 0;
    uint32_t seed = 1;
    for (int index = 0; index < WORDS; index++)
        source[index] = (uint64_t)next_random(&seed) << 32 | next_random(&seed);
    for (uint32_t turn = 0; turn < n; turn++) {
        copy_words();
        source[turn % WORDS] += turn;
        memcpy(target, source, BYTES);
        const UnalignedWord *words = (const UnalignedWord *)(unaligned_target + 1);
        for (int index = 0; index < WORDS; index += 8)
            sum += target[index] ^ words[index].word;
    }
    return (uint32_t)(sum ^ sum >> 32);
}
