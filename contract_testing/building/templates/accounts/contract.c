/* A counter. */
#include "NAME_abi.h"

static Word COUNT; /* the storage slot of the count: 32 zero bytes */

static uint64_t store(uint64_t number) {
    storage_store_uint64(&COUNT, number);
    emit_Counted(number);
    return number;
}

uint64_t count(void) { return storage_load_uint64(&COUNT); }

uint64_t increment(void) { return store(count() + 1); }

uint64_t decrement(void) {
    uint64_t number = count();
    if (number == 0)
        revert_Empty();
    return store(number - 1);
}
