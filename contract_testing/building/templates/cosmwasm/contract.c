/* A counter: {"increment":{}}, {"decrement":{}}; {"count":{}} is {"count":5}. */
#include "cosmwasm.h"

static Region *saved(Text action, uint64_t count) {
    save_amount(TEXT("count"), count);
    attribute(TEXT("action"), action);
    attribute(TEXT("count"), text_of_amount(count));
    return respond();
}

ENTRY_POINT(instantiate) { return saved(TEXT("instantiate"), 0); }

ENTRY_POINT(execute) {
    Json content;
    uint64_t count = (uint64_t)load_amount(TEXT("count"));
    if (is_variant(msg, TEXT("increment"), &content))
        return saved(TEXT("increment"), count + 1);
    if (is_variant(msg, TEXT("decrement"), &content)) {
        if (count == 0)
            fail(TEXT("the counter is empty"));
        return saved(TEXT("decrement"), count - 1);
    }
    fail(TEXT("unknown message"));
    return respond();
}

QUERY {
    Json content;
    if (is_variant(msg, TEXT("count"), &content)) {
        say(TEXT("{\"count\":"));
        say(load(TEXT("count")));
        say(TEXT("}"));
    } else {
        fail(TEXT("unknown query"));
    }
    return answer();
}
