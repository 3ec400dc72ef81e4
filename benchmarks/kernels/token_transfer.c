/* The example token, and n of its transfers: each does what `main` does for
 * transfer(address,uint256), but returns here and not to the chain. How much more the
 * recipient has, modulo 2^32.
 */
#include "../../examples/token/token.c"
#include "kernel.h"

static uint32_t balance_of_recipient(void) {
    Address to = address_argument(0);
    Bytes32 key = balance_key(&to);
    Uint256 balance = load(&key);
    return (uint32_t)balance.bytes[28] << 24 | (uint32_t)balance.bytes[29] << 16 |
           (uint32_t)balance.bytes[30] << 8 | balance.bytes[31];
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t before = balance_of_recipient();
    for (; n > 0; n--) {
        Address caller;
        refuse_ether();
        ethereum_getCaller(&caller);
        if (selector() != SELECTOR_TRANSFER)
            revert_without_data();
        Address to = address_argument(0);
        Uint256 amount = word_argument(1);
        move(&caller, &to, &amount);
    }
    return balance_of_recipient() - before;
}
