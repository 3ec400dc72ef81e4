/* A counter: {"increment":{}}, {"reset":{"count":5}}; {"count":{}} is {"count":5}. */
#include "cosmwasm.h"

static Region *saved(Text action, uint64_t count) {
    save_amount(TEXT("count"), count);
    attribute(TEXT("action"), action);
    attribute(TEXT("count"), text_of_amount(count));
    return respond();
}

ENTRY_POINT(instantiate) {
    save(TEXT("owner"), sender_of(info));
    return saved(TEXT("instantiate"), number_of(member(msg, TEXT("count"))));
}

ENTRY_POINT(execute) {
    Json content;
    uint64_t count = (uint64_t)load_amount(TEXT("count"));
    if (is_variant(msg, TEXT("increment"), &content)) {
        if (count == UINT64_MAX)
            fail(TEXT("the counter is full"));
        return saved(TEXT("increment"), count + 1);
    }
    if (is_variant(msg, TEXT("reset"), &content)) {
        if (!equal_texts(sender_of(info), load(TEXT("owner"))))
            fail(TEXT("Unauthorized"));
        return saved(TEXT("reset"), number_of(member(content, TEXT("count"))));
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
