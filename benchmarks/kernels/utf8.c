/* UTF-8: n characters, at most 16,384, of one to four bytes are written, checked, read and
 * made UTF-16; the exclusive or of position and unit over all units.
 */
#include "kernel.h"

enum { MOST = 16384 };

static uint8_t text[4 * MOST];
static uint16_t units[2 * MOST];

static uint8_t *put(uint8_t *out, uint32_t character) {
    if (character < 0x80) {
        *out++ = (uint8_t)character;
    } else if (character < 0x800) {
        *out++ = (uint8_t)(0xc0 | character >> 6);
        *out++ = (uint8_t)(0x80 | (character & 63));
    } else if (character < 0x10000) {
        *out++ = (uint8_t)(0xe0 | character >> 12);
        *out++ = (uint8_t)(0x80 | (character >> 6 & 63));
        *out++ = (uint8_t)(0x80 | (character & 63));
    } else {
        *out++ = (uint8_t)(0xf0 | character >> 18);
        *out++ = (uint8_t)(0x80 | (character >> 12 & 63));
        *out++ = (uint8_t)(0x80 | (character >> 6 & 63));
        *out++ = (uint8_t)(0x80 | (character & 63));
    }
    return out;
}

/* The bytes of the character at `in`, and the character; 0 for one that is wrong. */
static uint32_t take(const uint8_t *in, const uint8_t *end, uint32_t *character) {
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t first = *in, size;
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || (uint32_t)(end - in) < size)
        return 0;
    *character = first & (0x7fu >> size);
    for (uint32_t index = 1; index < size; index++) {
        if ((in[index] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (in[index] & 63);
    }
    if (*character < least[size] || *character > 0x10ffff ||
        (*character >= 0xd800 && *character < 0xe000))
        return 0;
    return size;
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t seed = 17, count = 0, sum = 0;
    uint8_t *end = text;
    if (n > MOST)
        return 0;
    while (n--) {
        uint32_t number = next_random(&seed), bits = 7 + (number >> 24) % 15;
        uint32_t character = number & ((1u << bits) - 1);
        if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
            character = '?';
        end = put(end, character);
    }
    for (const uint8_t *in = text; in < end;) {
        uint32_t character, size = take(in, end, &character);
        if (size == 0)
            return 0;
        in += size;
        if (character >= 0x10000) {
            units[count++] = (uint16_t)(0xd800 + ((character - 0x10000) >> 10));
            character = 0xdc00 + ((character - 0x10000) & 1023);
        }
        units[count++] = (uint16_t)character;
    }
    for (uint32_t index = 0; index < count; index++)
        sum = (sum << 1 | sum >> 31) ^ units[index];
    return sum;
}
