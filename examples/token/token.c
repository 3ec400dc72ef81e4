/* An ERC-20 token: 256-bit amounts, the Solidity ABI, the two standard events.
 *
 *   name() symbol() decimals() totalSupply() balanceOf(address)
 *   transfer(address,uint256) approve(address,uint256)
 *   allowance(address,address) transferFrom(address,address,uint256)
 *
 * Too small a balance or allowance reverts with Solidity's Error(string). A call that
 * is not one of these (unknown or short call data, an address of more than 20 bytes,
 * ether sent along) reverts without data. Every allowance is spent, also the greatest.
 */
#include "keccak.h"
#include "token_storage.h"
#include "uint256.h"

enum {
    SELECTOR_NAME = 0x06fdde03,
    SELECTOR_APPROVE = 0x095ea7b3,
    SELECTOR_TOTAL_SUPPLY = 0x18160ddd,
    SELECTOR_TRANSFER_FROM = 0x23b872dd,
    SELECTOR_DECIMALS = 0x313ce567,
    SELECTOR_BALANCE_OF = 0x70a08231,
    SELECTOR_SYMBOL = 0x95d89b41,
    SELECTOR_TRANSFER = 0xa9059cbb,
    SELECTOR_ALLOWANCE = 0xdd62ed3e,
    SELECTOR_ERROR = 0x08c379a0, /* Error(string), what a revert carries */
};

/* keccak256("Approval(address,address,uint256)") */
static const Bytes32 APPROVAL_TOPIC = {
    {0x8c, 0x5b, 0xe1, 0xe5, 0xeb, 0xec, 0x7d, 0x5b, 0xd1, 0x4f, 0x71,
     0x42, 0x7d, 0x1e, 0x84, 0xf3, 0xdd, 0x03, 0x14, 0xc0, 0xf7, 0xb2,
     0x29, 0x1e, 0x5b, 0x20, 0x0a, 0xc8, 0xc7, 0xc3, 0xb9, 0x25}};

/* ABI: results */

static _Noreturn void revert_without_data(void) { ethereum_revert(0, 0); }

static _Noreturn void return_word(const Bytes32 *word) { ethereum_finish(word, 32); }

static _Noreturn void return_number(uint8_t number) {
    Bytes32 word = {{[31] = number}};
    return_word(&word);
}

/* A string of at most 32 characters as the ABI has it: offset 32, length, text. */
typedef struct {
    Bytes32 offset, length, text;
} AbiString;

static AbiString abi_string(const char *text) {
    AbiString result = {.offset = {{[31] = 32}}};
    uint8_t length = 0;
    for (; text[length] != 0; length++)
        result.text.bytes[length] = (uint8_t)text[length];
    result.length.bytes[31] = length;
    return result;
}

static _Noreturn void return_string(const char *text) {
    AbiString result = abi_string(text);
    ethereum_finish(&result, sizeof result);
}

static _Noreturn void revert_with_reason(const char *text) {
    struct {
        uint8_t selector[4];
        AbiString reason;
    } data = {{SELECTOR_ERROR >> 24, SELECTOR_ERROR >> 16 & 0xff,
               SELECTOR_ERROR >> 8 & 0xff, SELECTOR_ERROR & 0xff},
              abi_string(text)};
    ethereum_revert(&data, sizeof data);
}

/* ABI: call data */

static uint32_t selector(void) {
    uint8_t bytes[4];
    if (ethereum_getCallDataSize() < 4)
        revert_without_data();
    ethereum_callDataCopy(bytes, 0, 4);
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
           (uint32_t)bytes[2] << 8 | bytes[3];
}

static Bytes32 word_argument(uint32_t position) {
    Bytes32 word;
    uint32_t offset = 4 + 32 * position;
    if (ethereum_getCallDataSize() < offset + 32)
        revert_without_data();
    ethereum_callDataCopy(&word, offset, 32);
    return word;
}

static Address address_argument(uint32_t position) {
    Bytes32 word = word_argument(position);
    Address address;
    for (int index = 0; index < 12; index++)
        if (word.bytes[index] != 0)
            revert_without_data();
    for (int index = 0; index < 20; index++)
        address.bytes[index] = word.bytes[12 + index];
    return address;
}

static void refuse_ether(void) {
    Number128 value;
    ethereum_getCallValue(&value);
    for (int index = 0; index < 16; index++)
        if (value.bytes[index] != 0)
            revert_without_data();
}

/* Storage */

static Bytes32 load(const Bytes32 *key) {
    Bytes32 value;
    ethereum_storageLoad(key, &value);
    return value;
}

static Bytes32 allowance_key(const Address *owner, const Address *spender) {
    static Keccak256 state;
    static const uint8_t prefix = 2;
    Bytes32 key;
    keccak256_absorb(&state, &prefix, 1);
    keccak256_absorb(&state, owner->bytes, 20);
    keccak256_absorb(&state, spender->bytes, 20);
    const uint8_t *hash = keccak256_finish(&state);
    for (int index = 0; index < 32; index++)
        key.bytes[index] = hash[index];
    return key;
}

static void subtract_from(const Bytes32 *key, const Uint256 *amount,
                          const char *reason) {
    Uint256 number = load(key);
    if (subtract_underflows(&number, amount))
        revert_with_reason(reason);
    ethereum_storageStore(key, &number);
}

static void move(const Address *from, const Address *to, const Uint256 *amount) {
    Bytes32 from_key = balance_key(from), to_key = balance_key(to);
    Bytes32 from_topic = padded_address(from), to_topic = padded_address(to);

    subtract_from(&from_key, amount, "balance too low");
    Uint256 balance = load(&to_key);
    if (add_overflows(&balance, amount))
        revert_with_reason("balance overflows");
    ethereum_storageStore(&to_key, &balance);
    log_transfer(&from_topic, &to_topic, amount);
}

/* The functions of the token */

static void balance_of(void) {
    Address account = address_argument(0);
    Bytes32 key = balance_key(&account);
    Uint256 balance = load(&key);
    return_word(&balance);
}

static void allowance(void) {
    Address owner = address_argument(0), spender = address_argument(1);
    Bytes32 key = allowance_key(&owner, &spender);
    Uint256 amount = load(&key);
    return_word(&amount);
}

static void transfer(const Address *caller) {
    Address to = address_argument(0);
    Uint256 amount = word_argument(1);
    move(caller, &to, &amount);
    return_number(true);
}

static void approve(const Address *caller) {
    Address spender = address_argument(0);
    Uint256 amount = word_argument(1);
    Bytes32 key = allowance_key(caller, &spender);
    Bytes32 owner_topic = padded_address(caller), spender_topic = padded_address(&spender);
    ethereum_storageStore(&key, &amount);
    ethereum_log(&amount, 32, 3, &APPROVAL_TOPIC, &owner_topic, &spender_topic, 0);
    return_number(true);
}

static void transfer_from(const Address *caller) {
    Address from = address_argument(0), to = address_argument(1);
    Uint256 amount = word_argument(2);
    Bytes32 key = allowance_key(&from, caller);
    subtract_from(&key, &amount, "allowance too low");
    move(&from, &to, &amount);
    return_number(true);
}

CONTRACT_MAIN {
    Address caller;
    refuse_ether();
    ethereum_getCaller(&caller);
    switch (selector()) {
    case SELECTOR_NAME:
        return_string("Example Token");
    case SELECTOR_SYMBOL:
        return_string("EXT");
    case SELECTOR_DECIMALS:
        return_number(18);
    case SELECTOR_TOTAL_SUPPLY: {
        Uint256 supply = load(&TOTAL_SUPPLY_KEY);
        return_word(&supply);
    }
    case SELECTOR_BALANCE_OF:
        return balance_of();
    case SELECTOR_ALLOWANCE:
        return allowance();
    case SELECTOR_TRANSFER:
        return transfer(&caller);
    case SELECTOR_APPROVE:
        return approve(&caller);
    case SELECTOR_TRANSFER_FROM:
        return transfer_from(&caller);
    default:
        revert_without_data();
    }
}
