/* An ERC-20 token: its functions, and nothing else. The same source is built for Stylus
 * and for ewasm.
 *
 *   storage key                                     value
 *   32 zero bytes                                   total supply
 *   01, 11 zero bytes, address                      balance of the address
 *   keccak256(owner's word ‖ spender's word)        allowance
 *
 * The first caller of `initialize` gets the supply. Every allowance is spent, also the
 * greatest.
 */
#include "erc20_abi.h"
#include "uint256.h"

static const Word SUPPLY, ZERO;
static const Address NOBODY;

static Word balance_key(Address account) {
    Word key = word_of_address(account);
    key.bytes[0] = 1;
    return key;
}

static Word allowance_key(Address owner, Address spender) {
    return mapping_slot(word_of_address(owner), word_of_address(spender));
}

static void move(Address from, Address to, Word amount) {
    Word balance = storage_load(balance_key(from)), rest = balance;
    if (subtract_underflows(&rest, &amount))
        revert_ERC20InsufficientBalance(from, balance, amount);
    storage_store(balance_key(from), rest);
    /* All balances together are the supply: no sum overflows. */
    Word sum = storage_load(balance_key(to));
    add_overflows(&sum, &amount);
    storage_store(balance_key(to), sum);
    emit_Transfer(from, to, amount);
}

Bytes name(void) { return bytes_of_text("Example Token"); }

Bytes symbol(void) { return bytes_of_text("EXT"); }

uint64_t decimals(void) { return 18; }

Word totalSupply(void) { return storage_load(SUPPLY); }

Word balanceOf(Address account) { return storage_load(balance_key(account)); }

Word allowance(Address owner, Address spender) {
    return storage_load(allowance_key(owner, spender));
}

void initialize(Word supply) {
    Word present = totalSupply();
    if (!equal_words(&present, &ZERO))
        revert_InvalidInitialization();
    storage_store(SUPPLY, supply);
    storage_store(balance_key(msg_sender()), supply);
    emit_Transfer(NOBODY, msg_sender(), supply);
}

bool transfer(Address to, Word amount) {
    move(msg_sender(), to, amount);
    return true;
}

bool approve(Address spender, Word amount) {
    storage_store(allowance_key(msg_sender(), spender), amount);
    emit_Approval(msg_sender(), spender, amount);
    return true;
}

bool transferFrom(Address from, Address to, Word amount) {
    Word key = allowance_key(from, msg_sender());
    Word allowed = storage_load(key), rest = allowed;
    if (subtract_underflows(&rest, &amount))
        revert_ERC20InsufficientAllowance(msg_sender(), allowed, amount);
    storage_store(key, rest);
    move(from, to, amount);
    return true;
}
