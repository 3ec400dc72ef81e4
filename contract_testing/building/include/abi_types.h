/* Values that every chain of accounts has: addresses, and 32 bytes. */
#ifndef ABI_TYPES_H
#define ABI_TYPES_H

#include <stdint.h>

typedef struct {
    uint8_t bytes[20];
} Address;

typedef struct {
    uint8_t bytes[32];
} Bytes32;

#endif
