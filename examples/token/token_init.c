/* The token's constructor: all of the supply goes to the creator.
 *
 * A create transaction runs this module; what it returns becomes the contract's code.
 */
#include "token_storage.h"

static const uint8_t runtime[] = {
#embed "token.wasm"
};

/* 1,000,000 tokens of 10^18 units: 10^24. */
static const Bytes32 TOTAL_SUPPLY = {
    {[22] = 0xd3, 0xc2, 0x1b, 0xce, 0xcc, 0xed, 0xa1, 0x00, 0x00, 0x00}};

CONTRACT_MAIN {
    static const Bytes32 nobody;
    Address creator;
    ethereum_getCaller(&creator);
    Bytes32 creator_key = balance_key(&creator);
    Bytes32 creator_topic = padded_address(&creator);

    ethereum_storageStore(&TOTAL_SUPPLY_KEY, &TOTAL_SUPPLY);
    ethereum_storageStore(&creator_key, &TOTAL_SUPPLY);
    log_transfer(&nobody, &creator_topic, &TOTAL_SUPPLY);
    ethereum_finish(runtime, sizeof runtime);
}
