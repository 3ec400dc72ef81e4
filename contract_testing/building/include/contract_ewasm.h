/* The host of a contract (see contract.h) on ewasm. */
#ifndef CONTRACT_HOST_H
#define CONTRACT_HOST_H

#include "ewasm.h"
#include "keccak.h"

#define CONTRACT_ENTRY CONTRACT_MAIN

/* One host call each: shorter than a call of a function that makes it. */
#define HOST_INLINE static inline __attribute__((always_inline))

static inline uint32_t host_input_size(void) { return ethereum_getCallDataSize(); }

static inline void host_read_input(void *result, uint32_t size) {
    ethereum_callDataCopy(result, 0, size);
}

HOST_INLINE _Noreturn void host_finish(const void *data, uint32_t size) {
    ethereum_finish(data, size);
}

HOST_INLINE _Noreturn void host_revert(const void *data, uint32_t size) {
    ethereum_revert(data, size);
}

static inline void host_load(const Bytes32 *key, Bytes32 *value) {
    ethereum_storageLoad(key, value);
}

static inline void host_store(const Bytes32 *key, const Bytes32 *value) {
    ethereum_storageStore(key, value);
}

/* `log` is topics, then `size` bytes of data. `first` is the first topic, wherever it is.
 */
static inline void host_log(const Bytes32 *first, const Bytes32 *log,
                            uint32_t topic_count, uint32_t size) {
    ethereum_log(log + topic_count, size, topic_count, first,
                 topic_count > 1 ? log + 1 : nullptr, topic_count > 2 ? log + 2 : nullptr,
                 topic_count > 3 ? log + 3 : nullptr);
}

static inline void host_sender(Address *result) { ethereum_getCaller(result); }

/* The ether sent with the call: at most 2^128 - 1 wei. */
static inline void host_value(Bytes32 *result) {
    Number128 value;
    ethereum_getCallValue(&value);
    *result = (Bytes32){0};
    for (int index = 0; index < 16; index++)
        result->bytes[31 - index] = value.bytes[index];
}

static inline bool host_has_value(void) {
    static union {
        Number128 number;
        uint64_t halves[2];
    } value;
    ethereum_getCallValue(&value.number);
    return (value.halves[0] | value.halves[1]) != 0;
}

static inline void host_keccak256(const void *data, uint32_t size, Bytes32 *result) {
    static Keccak256 state;
    state = (Keccak256){0};
    keccak256_absorb(&state, data, size);
    *result = *(const Bytes32 *)keccak256_finish(&state);
}

/* True unless the callee failed or reverted. All gas that may be given is. */
static inline bool host_call(const Address *to, const Bytes32 *value, const void *data,
                             uint32_t size) {
    Number128 amount;
    for (int index = 0; index < 16; index++)
        amount.bytes[index] = value->bytes[31 - index];
    return ethereum_call(INT64_MAX, to, &amount, data, size) == CALL_SUCCESS;
}

static inline uint32_t host_returned_size(void) { return ethereum_getReturnDataSize(); }

static inline void host_read_returned(void *result, uint32_t offset, uint32_t size) {
    ethereum_returnDataCopy(result, offset, size);
}

#include "contract.h"

#endif
