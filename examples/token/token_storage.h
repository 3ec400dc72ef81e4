/* Where the token keeps what it knows; the constructor and the contract share this.
 *
 *   key                                             value
 *   32 zero bytes                                   total supply
 *   01, 11 zero bytes, address                      balance of the address
 *   keccak256(02 ‖ owner's address ‖ spender's)     allowance
 *
 * A missing key reads as zero. All values are 256-bit numbers, big endian.
 */
#ifndef TOKEN_STORAGE_H
#define TOKEN_STORAGE_H

#include "ewasm.h"

static const Bytes32 TOTAL_SUPPLY_KEY;

static Bytes32 balance_key(const Address *account) {
    Bytes32 key = {{1}};
    for (int index = 0; index < 20; index++)
        key.bytes[12 + index] = account->bytes[index];
    return key;
}

/* An address as the ABI and the topics of a log have it: right-aligned in 32 bytes. */
static Bytes32 padded_address(const Address *account) {
    Bytes32 padded = {{0}};
    for (int index = 0; index < 20; index++)
        padded.bytes[12 + index] = account->bytes[index];
    return padded;
}

/* keccak256("Transfer(address,address,uint256)") */
static const Bytes32 TRANSFER_TOPIC = {
    {0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0,
     0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4,
     0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef}};

static void log_transfer(const Bytes32 *from, const Bytes32 *to, const Bytes32 *amount) {
    ethereum_log(amount, 32, 3, &TRANSFER_TOPIC, from, to, 0);
}

#endif
