/* A hash map with open addressing: n keys put in, each second one taken out, all looked
 * up; the sum of the values found. n is at most 24,576.
 */
#include "kernel.h"

enum { SLOTS = 32768, MOST = SLOTS / 4 * 3 };

struct entry {
    uint32_t key, value;
};

static struct entry entries[SLOTS]; /* a key of 0 is an empty place */

static uint32_t place_of(uint32_t key) {
    key ^= key >> 16;
    key *= 0x7feb352d;
    key ^= key >> 15;
    key *= 0x846ca68b;
    return (key ^ key >> 16) % SLOTS;
}

static struct entry *find(uint32_t key) {
    uint32_t place = place_of(key);
    while (entries[place].key != key && entries[place].key != 0)
        place = (place + 1) % SLOTS;
    return entries + place;
}

static void take_out(uint32_t key) {
    struct entry *found = find(key);
    uint32_t hole = (uint32_t)(found - entries), place = hole;
    if (found->key == 0)
        return;
    for (;;) {
        entries[hole].key = 0;
        for (;;) {
            uint32_t wanted;
            place = (place + 1) % SLOTS;
            if (entries[place].key == 0)
                return;
            wanted = place_of(entries[place].key);
            if ((place - wanted) % SLOTS >= (place - hole) % SLOTS)
                break;
        }
        entries[hole] = entries[place];
        hole = place;
    }
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t sum = 0, seed = 5;
    if (n > MOST)
        return 0;
    for (uint32_t index = 0; index < SLOTS; index++)
        entries[index].key = 0;
    for (uint32_t index = 0; index < n; index++) {
        uint32_t key = next_random(&seed) | 1;
        struct entry *entry = find(key);
        entry->key = key;
        entry->value = index;
    }
    seed = 5;
    for (uint32_t index = 0; index < n; index++) {
        uint32_t key = next_random(&seed) | 1;
        if (index % 2)
            take_out(key);
    }
    seed = 5;
    for (uint32_t index = 0; index < n; index++) {
        const struct entry *entry = find(next_random(&seed) | 1);
        if (entry->key)
            sum += entry->value;
    }
    return sum;
}
