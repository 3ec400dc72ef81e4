/* The host of a contract (see contract.h) on Arbitrum Stylus. */
#ifndef CONTRACT_HOST_H
#define CONTRACT_HOST_H

#include "stylus.h"

static uint32_t host_length;
static bool host_has_stored;

static _Noreturn void contract_main(void);

STYLUS_MAIN {
    host_length = length;
    contract_main();
}

#define CONTRACT_ENTRY static _Noreturn void contract_main(void)

static inline uint32_t host_input_size(void) { return host_length; }

/* All of it is read: `size` is its size. */
static inline void host_read_input(void *result, uint32_t) { stylus_read_args(result); }

static inline _Noreturn void host_finish(const void *data, uint32_t size) {
    if (host_has_stored)
        stylus_storage_flush_cache(false);
    stylus_write_result(data, size);
    stylus_exit_early(0);
}

static inline _Noreturn void host_revert(const void *data, uint32_t size) {
    stylus_write_result(data, size);
    stylus_exit_early(1);
}

static inline void host_load(const Bytes32 *key, Bytes32 *value) {
    stylus_storage_load_bytes32(key, value);
}

static inline void host_store(const Bytes32 *key, const Bytes32 *value) {
    host_has_stored = true;
    stylus_storage_cache_bytes32(key, value);
}

/* `log` is topics, then `size` bytes of data. `first` is the first topic, wherever it is.
 */
static inline void host_log(const Bytes32 *first, Bytes32 *log, uint32_t topic_count,
                            uint32_t size) {
    if (first != log)
        log[0] = *first;
    stylus_emit_log(log, 32 * topic_count + size, topic_count);
}

static inline void host_sender(Address *result) { stylus_msg_sender(result); }

/* The ether sent with the call. */
static inline void host_value(Bytes32 *result) { stylus_msg_value(result); }

static inline bool host_has_value(void) {
    static union {
        Bytes32 number;
        uint64_t quarters[4];
    } value;
    stylus_msg_value(&value.number);
    return (value.quarters[0] | value.quarters[1] | value.quarters[2] |
            value.quarters[3]) != 0;
}

static inline void host_keccak256(const void *data, uint32_t size, Bytes32 *result) {
    stylus_native_keccak256(data, size, result);
}

/* True unless the callee failed or reverted. All gas that may be given is. */
static inline bool host_call(const Address *to, const Bytes32 *value, const void *data,
                             uint32_t size) {
    uint32_t returned;
    stylus_storage_flush_cache(true);
    return stylus_call_contract(to, data, size, value, UINT64_MAX, &returned) ==
           STYLUS_CALL_SUCCESS;
}

static inline uint32_t host_returned_size(void) { return stylus_return_data_size(); }

static inline void host_read_returned(void *result, uint32_t offset, uint32_t size) {
    stylus_read_return_data(result, offset, size);
}

#include "contract.h"

#endif
