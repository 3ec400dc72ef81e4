/* ewasm's Ethereum Environment Interface for contracts in C.
 *
 * The 33 functions that a host supplies to a contract, each an import of the module
 * `ethereum`, named ethereum_<name>. Numbers wider than 64 bits pass through memory:
 * a u128 is 16 bytes, least significant first; a u256 that the host writes (only the
 * difficulty) is 32 bytes, least significant first; storage keys and values, topics
 * and hashes are 32 plain bytes. A fault (bad pointer, too little gas, a write in a
 * read-only call) ends the contract: no function reports it.
 */
#ifndef EWASM_H
#define EWASM_H

#include "abi_types.h"

typedef struct {
    uint8_t bytes[16];
} Number128;

/* The exported function that a call of the contract runs. */
#define CONTRACT_MAIN __attribute__((export_name("main"))) void contract_main(void)

#define EEI(name) __attribute__((import_module("ethereum"), import_name(#name)))

/* What call, callCode, callDelegate, callStatic and create return. */
enum { CALL_SUCCESS = 0, CALL_FAILURE = 1, CALL_REVERTED = 2 };

/* Gas */
EEI(useGas) void ethereum_useGas(int64_t amount);
EEI(getGasLeft) int64_t ethereum_getGasLeft(void);

/* This call: who, with what value, with which data */
EEI(getAddress) void ethereum_getAddress(Address *result);
EEI(getCaller) void ethereum_getCaller(Address *result);
EEI(getCallValue) void ethereum_getCallValue(Number128 *result);
EEI(getCallDataSize) uint32_t ethereum_getCallDataSize(void);
EEI(callDataCopy)
void ethereum_callDataCopy(void *result, uint32_t offset, uint32_t length);

/* How this call ends */
EEI(finish) _Noreturn void ethereum_finish(const void *data, uint32_t length);
EEI(revert) _Noreturn void ethereum_revert(const void *data, uint32_t length);
EEI(selfDestruct) _Noreturn void ethereum_selfDestruct(const Address *beneficiary);

/* Storage and logs */
EEI(storageLoad) void ethereum_storageLoad(const Bytes32 *key, Bytes32 *result);
EEI(storageStore) void ethereum_storageStore(const Bytes32 *key, const Bytes32 *value);
EEI(log)
void ethereum_log(const void *data, uint32_t length, uint32_t topic_count,
                  const Bytes32 *topic1, const Bytes32 *topic2, const Bytes32 *topic3,
                  const Bytes32 *topic4);

/* Code */
EEI(getCodeSize) uint32_t ethereum_getCodeSize(void);
EEI(codeCopy) void ethereum_codeCopy(void *result, uint32_t offset, uint32_t length);
EEI(getExternalCodeSize) uint32_t ethereum_getExternalCodeSize(const Address *address);
EEI(externalCodeCopy)
void ethereum_externalCodeCopy(const Address *address, void *result, uint32_t offset,
                               uint32_t length);

/* Other accounts */
EEI(getExternalBalance)
void ethereum_getExternalBalance(const Address *address, Number128 *result);
EEI(call)
uint32_t ethereum_call(int64_t gas, const Address *address, const Number128 *value,
                       const void *data, uint32_t length);
EEI(callCode)
uint32_t ethereum_callCode(int64_t gas, const Address *address, const Number128 *value,
                           const void *data, uint32_t length);
EEI(callDelegate)
uint32_t ethereum_callDelegate(int64_t gas, const Address *address, const void *data,
                               uint32_t length);
EEI(callStatic)
uint32_t ethereum_callStatic(int64_t gas, const Address *address, const void *data,
                             uint32_t length);
EEI(create)
uint32_t ethereum_create(const Number128 *value, const void *data, uint32_t length,
                         Address *result);
EEI(getReturnDataSize) uint32_t ethereum_getReturnDataSize(void);
EEI(returnDataCopy)
void ethereum_returnDataCopy(void *result, uint32_t offset, uint32_t length);

/* Block and transaction */
EEI(getBlockHash) uint32_t ethereum_getBlockHash(int64_t number, Bytes32 *result);
EEI(getBlockCoinbase) void ethereum_getBlockCoinbase(Address *result);
EEI(getBlockDifficulty) void ethereum_getBlockDifficulty(Bytes32 *result);
EEI(getBlockGasLimit) int64_t ethereum_getBlockGasLimit(void);
EEI(getBlockNumber) int64_t ethereum_getBlockNumber(void);
EEI(getBlockTimestamp) int64_t ethereum_getBlockTimestamp(void);
EEI(getTxGasPrice) void ethereum_getTxGasPrice(Number128 *result);
EEI(getTxOrigin) void ethereum_getTxOrigin(Address *result);

#endif
