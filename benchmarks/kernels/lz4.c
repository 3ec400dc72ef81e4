/* LZ4's block format: n bytes of text, at most 65,536, are compressed and expanded; the
 * size of the block times 65,537, plus a sum of the expanded bytes, modulo 2^32; 0 if they
 * are not the same again.
 */
#include "kernel.h"

enum {
    MOST = 65536,
    HASH_BITS = 12,
    LEAST_MATCH = 4,
    /* The format ends with literals. */
    LAST_LITERALS = 5,
    NO_MATCH_IN_LAST = 12
};

static uint8_t text[MOST], expanded[MOST], block[MOST + MOST / 255 + 16];
static uint32_t last_places[1 << HASH_BITS];

static uint32_t four_bytes(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static uint8_t *put_length(uint8_t *out, uint32_t rest) {
    for (; rest >= 255; rest -= 255)
        *out++ = 255;
    *out++ = (uint8_t)rest;
    return out;
}

static uint8_t *put_sequence(uint8_t *out, const uint8_t *literals, uint32_t count,
                             uint32_t distance, uint32_t match) {
    uint32_t rest = match ? match - LEAST_MATCH : 0;
    *out++ = (uint8_t)((count < 15 ? count : 15) << 4 | (rest < 15 ? rest : 15));
    if (count >= 15)
        out = put_length(out, count - 15);
    while (count--)
        *out++ = *literals++;
    if (!match)
        return out;
    *out++ = (uint8_t)distance;
    *out++ = (uint8_t)(distance >> 8);
    return rest >= 15 ? put_length(out, rest - 15) : out;
}

static uint32_t compress(uint32_t size) {
    uint8_t *out = block;
    uint32_t position = 0, kept = 0;
    for (uint32_t index = 0; index < 1 << HASH_BITS; index++)
        last_places[index] = 0;
    while (position + NO_MATCH_IN_LAST < size) {
        uint32_t word = four_bytes(text + position);
        uint32_t *last = last_places + (word * 2654435761u >> (32 - HASH_BITS));
        uint32_t place = *last, match = 0;
        *last = position + 1;
        if (!place || four_bytes(text + place - 1) != word) {
            position++;
            continue;
        }
        place--;
        if (position - place > 65535) {
            position++;
            continue;
        }
        while (position + match < size - LAST_LITERALS &&
               text[place + match] == text[position + match])
            match++;
        out = put_sequence(out, text + kept, position - kept, position - place, match);
        position += match;
        kept = position;
    }
    out = put_sequence(out, text + kept, size - kept, 0, 0);
    return (uint32_t)(out - block);
}

static const uint8_t *length_after(const uint8_t *in, uint32_t *count) {
    uint8_t byte;
    if (*count != 15)
        return in;
    do {
        byte = *in++;
        *count += byte;
    } while (byte == 255);
    return in;
}

static uint32_t expand(uint32_t size) {
    const uint8_t *in = block, *end = block + size;
    uint8_t *out = expanded;
    for (;;) {
        uint8_t token = *in++;
        uint32_t count = token >> 4, match = token & 15, distance;
        in = length_after(in, &count);
        while (count--)
            *out++ = *in++;
        if (in == end)
            return (uint32_t)(out - expanded);
        distance = in[0] | (uint32_t)in[1] << 8;
        in = length_after(in + 2, &match);
        for (match += LEAST_MATCH; match--; out++)
            *out = out[-(int)distance];
    }
}

EXPORT(run) uint32_t run(uint32_t n) {
    static const char words[8][8] = {"gas ",   "meter ", "block ", "state ",
                                     "root ",  "of ",    "the ",   "trie "};
    uint32_t seed = 3, size, sum = 0, filled = 0;
    if (n > MOST)
        return 0;
    while (filled < n) {
        const char *word = words[next_random(&seed) >> 8 & 7];
        while (*word && filled < n)
            text[filled++] = (uint8_t)*word++;
    }
    size = compress(n);
    if (expand(size) != n)
        return 0;
    for (uint32_t index = 0; index < n; index++) {
        if (expanded[index] != text[index])
            return 0;
        sum = 31 * sum + expanded[index];
    }
    return size * 65537 + sum;
}
