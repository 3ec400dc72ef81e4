/* Numbers of 256 bits, most significant byte first, as the Solidity ABI has them. */
#ifndef UINT256_H
#define UINT256_H

#include <stdbool.h>
#include <stdint.h>

#include "abi_types.h"

typedef Bytes32 Uint256;

/* Add `amount` to `number`; true if the sum needed a 257th bit, which is lost. */
static bool add_overflows(Uint256 *number, const Uint256 *amount) {
    uint32_t carry = 0;
    for (int index = 31; index >= 0; index--) {
        carry += (uint32_t)number->bytes[index] + amount->bytes[index];
        number->bytes[index] = (uint8_t)carry;
        carry >>= 8;
    }
    return carry != 0;
}

/* Subtract `amount` from `number`; true if the difference is below zero. */
static bool subtract_underflows(Uint256 *number, const Uint256 *amount) {
    uint32_t borrow = 0;
    for (int index = 31; index >= 0; index--) {
        uint32_t difference = number->bytes[index] - amount->bytes[index] - borrow;
        number->bytes[index] = (uint8_t)difference;
        borrow = difference >> 31;
    }
    return borrow != 0;
}

#endif
