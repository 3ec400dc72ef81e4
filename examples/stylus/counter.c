/* A counter that anyone may add to; only its last writer may set it. */
#include "counter_abi.h"

static const Word NUMBER = {{[31] = 0}}, WRITER = {{[31] = 1}};

static void store(uint64_t value) {
    storage_store(NUMBER, word_of_uint64(value));
    storage_store(WRITER, word_of_address(msg_sender()));
    emit_NumberSet(msg_sender(), value);
}

uint64_t number(void) { return uint64_of(storage_load(NUMBER)); }

void increment(void) {
    uint64_t value = number();
    require(value < UINT64_MAX, "the counter is full");
    store(value + 1);
}

void setNumber(uint64_t value) {
    Word writer = storage_load(WRITER), sender = word_of_address(msg_sender());
    if (!equal_words(&writer, &sender))
        revert_NotTheWriter(abi_address(writer.bytes));
    store(value);
}
