/* A contract that hashes: call data in, its keccak-256 out (32 bytes).
 *
 * Input of any length is read one block at a time, so one page of memory is enough.
 */
#include "ewasm.h"
#include "keccak.h"

static Keccak256 state;
static uint8_t block[KECCAK256_RATE];

CONTRACT_MAIN {
    uint32_t size = ethereum_getCallDataSize();
    for (uint32_t offset = 0; offset < size; offset += KECCAK256_RATE) {
        uint32_t rest = size - offset;
        uint32_t length = rest < KECCAK256_RATE ? rest : KECCAK256_RATE;
        ethereum_callDataCopy(block, offset, length);
        keccak256_absorb(&state, block, length);
    }
    ethereum_finish(keccak256_finish(&state), 32);
}
