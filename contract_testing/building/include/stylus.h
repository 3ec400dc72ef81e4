/* The host interface of Arbitrum Stylus for programs in C.
 *
 * The 42 functions that the chain supplies to a program, each an import of the module
 * `vm_hooks`, named stylus_<name>. Addresses are 20 bytes; balances, values, storage
 * keys and values, topics and hashes are 32 bytes, most significant first. A bad
 * pointer, or a write in a read-only call, ends the program.
 *
 * The chain keeps what a program stores in a cache, and drops it at the end: call
 * stylus_storage_flush_cache first. Call it before calls of other contracts, too.
 */
#ifndef STYLUS_H
#define STYLUS_H

#include "abi_types.h"

/* The exported function that a call of the program runs; `length` is that of the call
 * data. What it returns is 0 for success; any other number reverts. */
#define STYLUS_MAIN                                                                    \
    __attribute__((export_name("user_entrypoint"))) uint32_t stylus_main(uint32_t length)

#define VM_HOOK(name) __attribute__((import_module("vm_hooks"), import_name(#name)))

/* What call_contract, delegate_call_contract and static_call_contract return. */
enum { STYLUS_CALL_SUCCESS = 0, STYLUS_CALL_FAILURE = 2 };

/* This call: who, with what value, with which data */
VM_HOOK(read_args) void stylus_read_args(void *result);
VM_HOOK(contract_address) void stylus_contract_address(Address *result);
VM_HOOK(msg_sender) void stylus_msg_sender(Address *result);
VM_HOOK(msg_value) void stylus_msg_value(Bytes32 *result);
VM_HOOK(msg_reentrant) uint32_t stylus_msg_reentrant(void);

/* How this call ends */
VM_HOOK(write_result) void stylus_write_result(const void *data, uint32_t length);
VM_HOOK(exit_early) _Noreturn void stylus_exit_early(uint32_t status);

/* Storage and logs; the topics are the first of a log's data */
VM_HOOK(storage_load_bytes32)
void stylus_storage_load_bytes32(const Bytes32 *key, Bytes32 *result);
VM_HOOK(storage_cache_bytes32)
void stylus_storage_cache_bytes32(const Bytes32 *key, const Bytes32 *value);
VM_HOOK(storage_flush_cache) void stylus_storage_flush_cache(uint32_t clear);
VM_HOOK(transient_load_bytes32)
void stylus_transient_load_bytes32(const Bytes32 *key, Bytes32 *result);
VM_HOOK(transient_store_bytes32)
void stylus_transient_store_bytes32(const Bytes32 *key, const Bytes32 *value);
VM_HOOK(emit_log)
void stylus_emit_log(const void *data, uint32_t length, uint32_t topic_count);

/* Other contracts; gas 2^64-1 is all that may be given */
VM_HOOK(call_contract)
uint32_t stylus_call_contract(const Address *address, const void *data, uint32_t length,
                              const Bytes32 *value, uint64_t gas,
                              uint32_t *return_data_size);
VM_HOOK(delegate_call_contract)
uint32_t stylus_delegate_call_contract(const Address *address, const void *data,
                                       uint32_t length, uint64_t gas,
                                       uint32_t *return_data_size);
VM_HOOK(static_call_contract)
uint32_t stylus_static_call_contract(const Address *address, const void *data,
                                     uint32_t length, uint64_t gas,
                                     uint32_t *return_data_size);
VM_HOOK(create1)
void stylus_create1(const void *code, uint32_t length, const Bytes32 *endowment,
                    Address *contract, uint32_t *return_data_size);
VM_HOOK(create2)
void stylus_create2(const void *code, uint32_t length, const Bytes32 *endowment,
                    const Bytes32 *salt, Address *contract,
                    uint32_t *return_data_size);
VM_HOOK(return_data_size) uint32_t stylus_return_data_size(void);
VM_HOOK(read_return_data)
uint32_t stylus_read_return_data(void *result, uint32_t offset, uint32_t size);

/* Other accounts */
VM_HOOK(account_balance)
void stylus_account_balance(const Address *address, Bytes32 *result);
VM_HOOK(account_code)
uint32_t stylus_account_code(const Address *address, uint32_t offset, uint32_t size,
                             void *result);
VM_HOOK(account_code_size) uint32_t stylus_account_code_size(const Address *address);
VM_HOOK(account_codehash)
void stylus_account_codehash(const Address *address, Bytes32 *result);

/* Block and transaction; the number is the block's of the parent chain */
VM_HOOK(block_basefee) void stylus_block_basefee(Bytes32 *result);
VM_HOOK(block_coinbase) void stylus_block_coinbase(Address *result);
VM_HOOK(block_gas_limit) uint64_t stylus_block_gas_limit(void);
VM_HOOK(block_number) uint64_t stylus_block_number(void);
VM_HOOK(block_timestamp) uint64_t stylus_block_timestamp(void);
VM_HOOK(chainid) uint64_t stylus_chainid(void);
VM_HOOK(tx_gas_price) void stylus_tx_gas_price(Bytes32 *result);
VM_HOOK(tx_ink_price) uint32_t stylus_tx_ink_price(void);
VM_HOOK(tx_origin) void stylus_tx_origin(Address *result);

/* Gas and memory */
VM_HOOK(evm_gas_left) uint64_t stylus_evm_gas_left(void);
VM_HOOK(evm_ink_left) uint64_t stylus_evm_ink_left(void);
VM_HOOK(pay_for_memory_grow) void stylus_pay_for_memory_grow(uint32_t pages);

/* Arithmetic of 256-bit numbers, with the result in the first; hashing */
VM_HOOK(math_div) void stylus_math_div(Bytes32 *value, const Bytes32 *divisor);
VM_HOOK(math_mod) void stylus_math_mod(Bytes32 *value, const Bytes32 *modulus);
VM_HOOK(math_pow) void stylus_math_pow(Bytes32 *value, const Bytes32 *exponent);
VM_HOOK(math_add_mod)
void stylus_math_add_mod(Bytes32 *value, const Bytes32 *addend, const Bytes32 *modulus);
VM_HOOK(math_mul_mod)
void stylus_math_mul_mod(Bytes32 *value, const Bytes32 *multiplier,
                         const Bytes32 *modulus);
VM_HOOK(native_keccak256)
void stylus_native_keccak256(const void *data, uint32_t length, Bytes32 *result);

#endif
