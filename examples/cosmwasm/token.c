/* A token with the messages of cw20 that tokens share with ERC-20: transfer, burn,
 * increase_allowance, transfer_from; balance, allowance, token_info.
 *
 *   key                                   value, in decimal
 *   supply                                total supply
 *   balance:LENGTH:ADDRESS                balance
 *   allowance:LENGTH:OWNER SPENDER        allowance, without the space
 *
 * name, symbol and decimals are kept as the JSON that they came in.
 */
#include "cosmwasm.h"

static const Text NOTHING = {"", 0};

static Text balance_key(Text address) {
    return key_of(TEXT("balance"), address, NOTHING);
}

static Text allowance_key(Text owner, Text spender) {
    return key_of(TEXT("allowance"), owner, spender);
}

/* Subtract from a number in the store; too small a number fails. */
static void spend(Text key, Amount amount) {
    Amount present = load_amount(key);
    if (present < amount) {
        Output reason = {0};
        put(&reason, TEXT("Overflow: Cannot Sub with "));
        put(&reason, text_of_amount(present));
        put(&reason, TEXT(" and "));
        put(&reason, text_of_amount(amount));
        fail(text_of_output(&reason));
    }
    save_amount(key, present - amount);
}

static void gain(Text key, Amount amount) {
    Amount sum;
    if (__builtin_add_overflow(load_amount(key), amount, &sum))
        fail(TEXT("Overflow: the sum has more than 128 bits"));
    save_amount(key, sum);
}

static Region *done(Text action, Text from, Text to, Amount amount) {
    attribute(TEXT("action"), action);
    attribute(TEXT("from"), from);
    if (to.size > 0)
        attribute(TEXT("to"), to);
    attribute(TEXT("amount"), text_of_amount(amount));
    return respond();
}

ENTRY_POINT(instantiate) {
    save(TEXT("name"), member(msg, TEXT("name")));
    save(TEXT("symbol"), member(msg, TEXT("symbol")));
    save(TEXT("decimals"), text_of_amount(number_of(member(msg, TEXT("decimals")))));
    Items balances = items_of(member(msg, TEXT("initial_balances")), '[');
    while (next_item(&balances) && !has_failed()) {
        Amount amount = amount_of(member(balances.value, TEXT("amount")));
        gain(balance_key(address_of(member(balances.value, TEXT("address")))), amount);
        gain(TEXT("supply"), amount);
    }
    return respond();
}

static Region *transfer(Json info, Json content) {
    Text from = sender_of(info), to = address_of(member(content, TEXT("recipient")));
    Amount amount = amount_of(member(content, TEXT("amount")));
    spend(balance_key(from), amount);
    gain(balance_key(to), amount);
    return done(TEXT("transfer"), from, to, amount);
}

static Region *burn(Json info, Json content) {
    Text from = sender_of(info);
    Amount amount = amount_of(member(content, TEXT("amount")));
    spend(balance_key(from), amount);
    spend(TEXT("supply"), amount);
    return done(TEXT("burn"), from, NOTHING, amount);
}

static Region *increase_allowance(Json info, Json content) {
    Text owner = sender_of(info);
    Text spender = address_of(member(content, TEXT("spender")));
    Amount amount = amount_of(member(content, TEXT("amount")));
    gain(allowance_key(owner, spender), amount);
    attribute(TEXT("action"), TEXT("increase_allowance"));
    attribute(TEXT("owner"), owner);
    attribute(TEXT("spender"), spender);
    attribute(TEXT("amount"), text_of_amount(amount));
    return respond();
}

static Region *transfer_from(Json info, Json content) {
    Text from = address_of(member(content, TEXT("owner")));
    Text to = address_of(member(content, TEXT("recipient")));
    Amount amount = amount_of(member(content, TEXT("amount")));
    Text spender = sender_of(info);
    spend(allowance_key(from, spender), amount);
    spend(balance_key(from), amount);
    gain(balance_key(to), amount);
    attribute(TEXT("by"), spender);
    return done(TEXT("transfer_from"), from, to, amount);
}

ENTRY_POINT(execute) {
    Json content;
    if (is_variant(msg, TEXT("transfer"), &content))
        return transfer(info, content);
    if (is_variant(msg, TEXT("burn"), &content))
        return burn(info, content);
    if (is_variant(msg, TEXT("increase_allowance"), &content))
        return increase_allowance(info, content);
    if (is_variant(msg, TEXT("transfer_from"), &content))
        return transfer_from(info, content);
    fail(TEXT("unknown message"));
    return respond();
}

static void say_amount(Text start, Amount amount) {
    say(start);
    say(TEXT("\""));
    say(text_of_amount(amount));
    say(TEXT("\"}"));
}

QUERY {
    Json content;
    if (is_variant(msg, TEXT("balance"), &content)) {
        Text address = address_of(member(content, TEXT("address")));
        say_amount(TEXT("{\"balance\":"), load_amount(balance_key(address)));
    } else if (is_variant(msg, TEXT("allowance"), &content)) {
        Text owner = address_of(member(content, TEXT("owner")));
        Text spender = address_of(member(content, TEXT("spender")));
        Amount amount = load_amount(allowance_key(owner, spender));
        say_amount(TEXT("{\"allowance\":"), amount);
    } else if (is_variant(msg, TEXT("token_info"), &content)) {
        say(TEXT("{\"name\":"));
        say(load(TEXT("name")));
        say(TEXT(",\"symbol\":"));
        say(load(TEXT("symbol")));
        say(TEXT(",\"decimals\":"));
        say(load(TEXT("decimals")));
        say_amount(TEXT(",\"total_supply\":"), load_amount(TEXT("supply")));
    } else {
        fail(TEXT("unknown query"));
    }
    return answer();
}
