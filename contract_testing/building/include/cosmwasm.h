/* The host interface of CosmWasm, and what a contract in C stands on.
 *
 * A contract defines its entry points, each of which returns a region:
 *
 *   ENTRY_POINT(instantiate) { ... return respond(); }    env, info, msg
 *   ENTRY_POINT(execute)     { ... return respond(); }
 *   QUERY                    { ... return answer(); }     env, msg
 *
 * Messages are read as JSON. What a contract cannot read, or refuses by `fail`, is its
 * error: the first `fail` is what `respond` and `answer` return, and the chain undoes
 * what was stored. Until then everything goes on, with zeros and empty texts for what is
 * missing. Memory is never given back: an instance lives for one call.
 */
#ifndef COSMWASM_H
#define COSMWASM_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of memory, as host functions have them. */
typedef struct {
    uint32_t offset, capacity, length;
} Region;

typedef struct {
    const char *data;
    uint32_t size;
} Text;

/* A value of a JSON document, from its first to its last character. */
typedef Text Json;

typedef unsigned __int128 Amount;

#define ENV(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORTED(name) __attribute__((export_name(#name)))
#define SHARED static __attribute__((noinline, unused))
#define SMALL static inline __attribute__((unused))
#define TEXT(literal) ((Text){literal, sizeof literal - 1})

#define ENTRY_POINT(name)                                                              \
    static Region *contract_##name(Json env, Json info, Json msg);                     \
    EXPORTED(name)                                                                     \
    Region *exported_##name(const Region *env, const Region *info, const Region *msg) { \
        Json message = document(msg), whole_env = document(env);                       \
        return contract_##name(whole_env, document(info), message);                    \
    }                                                                                  \
    static Region *contract_##name([[maybe_unused]] Json env,                          \
                                   [[maybe_unused]] Json info,                         \
                                   [[maybe_unused]] Json msg)

#define QUERY                                                                          \
    static Region *contract_query(Json env, Json msg);                                 \
    EXPORTED(query) Region *exported_query(const Region *env, const Region *msg) {     \
        Json message = document(msg);                                                  \
        return contract_query(document(env), message);                                 \
    }                                                                                  \
    static Region *contract_query([[maybe_unused]] Json env, [[maybe_unused]] Json msg)

/* Host functions. Where one returns a region of text, zero is success. */

ENV(db_read) Region *cosmwasm_db_read(const Region *key);
ENV(db_write) void cosmwasm_db_write(const Region *key, const Region *value);
ENV(db_remove) void cosmwasm_db_remove(const Region *key);
ENV(db_scan)
uint32_t cosmwasm_db_scan(const Region *start, const Region *end, int32_t order);
ENV(db_next) Region *cosmwasm_db_next(uint32_t iterator);
ENV(db_next_key) Region *cosmwasm_db_next_key(uint32_t iterator);
ENV(db_next_value) Region *cosmwasm_db_next_value(uint32_t iterator);
ENV(addr_validate) Region *cosmwasm_addr_validate(const Region *address);
ENV(addr_canonicalize)
Region *cosmwasm_addr_canonicalize(const Region *address, Region *canonical);
ENV(addr_humanize)
Region *cosmwasm_addr_humanize(const Region *canonical, Region *address);
ENV(secp256k1_verify)
uint32_t cosmwasm_secp256k1_verify(const Region *hash, const Region *signature,
                                   const Region *public_key);
ENV(secp256k1_recover_pubkey)
uint64_t cosmwasm_secp256k1_recover_pubkey(const Region *hash, const Region *signature,
                                           uint32_t recovery);
ENV(secp256r1_verify)
uint32_t cosmwasm_secp256r1_verify(const Region *hash, const Region *signature,
                                   const Region *public_key);
ENV(secp256r1_recover_pubkey)
uint64_t cosmwasm_secp256r1_recover_pubkey(const Region *hash, const Region *signature,
                                           uint32_t recovery);
ENV(ed25519_verify)
uint32_t cosmwasm_ed25519_verify(const Region *message, const Region *signature,
                                 const Region *public_key);
ENV(ed25519_batch_verify)
uint32_t cosmwasm_ed25519_batch_verify(const Region *messages, const Region *signatures,
                                       const Region *public_keys);
ENV(debug) void cosmwasm_debug(const Region *text);
ENV(abort) _Noreturn void cosmwasm_abort(const Region *text);
ENV(query_chain) Region *cosmwasm_query_chain(const Region *request);

/* Memory */

extern uint8_t __heap_base;
static uint32_t heap_end;

/* So many bytes, aligned to eight. */
SHARED void *allocated(uint32_t size) {
    if (heap_end == 0)
        heap_end = (uint32_t)&__heap_base;
    uint32_t start = (heap_end + 7) & ~7u, end = start + size;
    uint32_t present = __builtin_wasm_memory_size(0) << 16;
    if (end < start ||
        (end > present &&
         __builtin_wasm_memory_grow(0, (end - present + 65535) >> 16) == UINT32_MAX))
        __builtin_trap();
    heap_end = end;
    return (void *)start;
}

EXPORTED(allocate) Region *exported_allocate(uint32_t size) {
    Region *region = allocated(sizeof *region);
    *region = (Region){(uint32_t)allocated(size == 0 ? 1 : size), size, 0};
    return region;
}

EXPORTED(deallocate) void exported_deallocate(Region *) {}

EXPORTED(interface_version_8) void exported_interface_version(void) {}

SMALL Region region_of(Text text) {
    return (Region){(uint32_t)text.data, text.size, text.size};
}

SMALL Text text_in(const Region *region) {
    return (Text){(const char *)region->offset, region->length};
}

/* Failures */

static Text failure;

/* End with this error: the first one counts. */
SHARED void fail(Text reason) {
    if (failure.data == 0)
        failure = reason;
}

SMALL bool has_failed(void) { return failure.data != 0; }

/* Texts */

SHARED bool equal_texts(Text first, Text second) {
    if (first.size != second.size)
        return false;
    for (uint32_t index = 0; index < first.size; index++)
        if (first.data[index] != second.data[index])
            return false;
    return true;
}

typedef struct {
    char *data;
    uint32_t size, capacity;
} Output;

SHARED void put(Output *output, Text text) {
    if (text.size > output->capacity - output->size) {
        uint32_t capacity = 2 * (output->size + text.size) + 256;
        char *data = allocated(capacity);
        for (uint32_t index = 0; index < output->size; index++)
            data[index] = output->data[index];
        output->data = data;
        output->capacity = capacity;
    }
    for (uint32_t index = 0; index < text.size; index++)
        output->data[output->size++] = text.data[index];
}

SMALL Text text_of_output(const Output *output) {
    return (Text){output->data, output->size};
}

/* A text in quotes, with escapes where JSON needs them. */
SHARED void put_quoted(Output *output, Text text) {
    put(output, TEXT("\""));
    for (uint32_t index = 0; index < text.size; index++) {
        uint8_t letter = (uint8_t)text.data[index];
        char escape[6] = {'\\', 'u', '0', '0', (char)('0' + (letter >> 4)),
                          "0123456789abcdef"[letter & 15]};
        if (letter < 32)
            put(output, (Text){escape, 6});
        else if (letter == '"' || letter == '\\')
            put(output, (Text){(char[]){'\\', (char)letter}, 2});
        else
            put(output, (Text){text.data + index, 1});
    }
    put(output, TEXT("\""));
}

/* A number in decimal. */
SHARED Text text_of_amount(Amount amount) {
    char *digits = allocated(40), *at = digits + 40;
    do
        *--at = (char)('0' + (uint32_t)(amount % 10));
    while (amount /= 10);
    return (Text){at, (uint32_t)(digits + 40 - at)};
}

/* A decimal number of at most 128 bits, without sign; anything else fails. */
SHARED Amount amount_in(Text text) {
    const Amount most = ~(Amount)0;
    Amount amount = 0;
    for (uint32_t index = 0; index < text.size; index++) {
        uint32_t digit = (uint32_t)text.data[index] - '0';
        if (digit > 9 || amount > (most - digit) / 10) {
            fail(TEXT("no number of 128 bits"));
            return 0;
        }
        amount = amount * 10 + digit;
    }
    if (text.size == 0)
        fail(TEXT("no number of 128 bits"));
    return amount;
}

/* JSON. A document is checked as a whole before anything is read of it. */

#define JSON_MAX_DEPTH 32

typedef struct {
    const char *at, *end;
} Reader;

SMALL void skip_space(Reader *reader) {
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
                                        *reader->at == '\t' || *reader->at == '\r'))
        reader->at++;
}

SMALL bool take(Reader *reader, char letter) {
    skip_space(reader);
    if (reader->at >= reader->end || *reader->at != letter)
        return false;
    reader->at++;
    return true;
}

SMALL bool is_digit(const Reader *reader) {
    return reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
}

SMALL bool take_hex(Reader *reader) {
    for (int index = 0; index < 4; index++) {
        if (reader->at >= reader->end)
            return false;
        char letter = *reader->at++, small = letter | 32;
        if ((letter < '0' || letter > '9') && (small < 'a' || small > 'f'))
            return false;
    }
    return true;
}

/* The rest of a string, after its first quote. */
SHARED bool take_string(Reader *reader) {
    while (reader->at < reader->end) {
        uint8_t letter = (uint8_t)*reader->at++;
        if (letter == '"')
            return true;
        if (letter < 32)
            return false;
        if (letter != '\\')
            continue;
        if (reader->at >= reader->end)
            return false;
        char escape = *reader->at++;
        bool is_known = false;
        for (const char *known = "\"\\/bfnrtu"; *known != 0; known++)
            is_known |= *known == escape;
        if (!is_known || (escape == 'u' && !take_hex(reader)))
            return false;
    }
    return false;
}

SHARED bool take_word(Reader *reader, Text word) {
    for (uint32_t index = 0; index < word.size; index++)
        if (reader->at >= reader->end || *reader->at++ != word.data[index])
            return false;
    return true;
}

/* A number, without fraction and exponent: no message of a contract has these. */
SMALL bool take_number(Reader *reader) {
    if (*reader->at == '-')
        reader->at++;
    const char *start = reader->at;
    while (is_digit(reader))
        reader->at++;
    uint32_t size = (uint32_t)(reader->at - start);
    return size == 1 || (size > 1 && *start != '0');
}

/* A value, whatever it is; false for what is no JSON, or nests too deep. */
SHARED bool take_value(Reader *reader, uint32_t depth) {
    skip_space(reader);
    if (reader->at >= reader->end || depth > JSON_MAX_DEPTH)
        return false;
    char first = *reader->at;
    if (first == '{' || first == '[') {
        char last = first == '{' ? '}' : ']';
        reader->at++;
        if (take(reader, last))
            return true;
        do {
            if (first == '{' && !(take(reader, '"') && take_string(reader) &&
                                  take(reader, ':')))
                return false;
            if (!take_value(reader, depth + 1))
                return false;
        } while (take(reader, ','));
        return take(reader, last);
    }
    if (first == '"') {
        reader->at++;
        return take_string(reader);
    }
    if (first == 't')
        return take_word(reader, TEXT("true"));
    if (first == 'f')
        return take_word(reader, TEXT("false"));
    return first == 'n' ? take_word(reader, TEXT("null")) : take_number(reader);
}

/* A whole document; what is no JSON fails, and is null. */
SHARED Json document(const Region *region) {
    Text text = text_in(region);
    Reader reader = {text.data, text.data + text.size};
    skip_space(&reader);
    const char *start = reader.at;
    bool is_json = take_value(&reader, 0);
    Json value = {start, (uint32_t)(reader.at - start)};
    skip_space(&reader);
    if (is_json && reader.at == reader.end)
        return value;
    fail(TEXT("the message is no JSON"));
    return TEXT("null");
}

SMALL bool is_null(Json value) { return value.data[0] == 'n'; }

/* The items of an array, or the members of an object, one after the other. */
typedef struct {
    Reader reader;
    Text key; /* of a member, as it is written */
    Json value;
    bool is_object;
} Items;

SHARED Items items_of(Json value, char bracket) {
    Items items = {.is_object = bracket == '{'};
    if (value.data[0] == bracket)
        items.reader = (Reader){value.data + 1, value.data + value.size - 1};
    else
        fail(bracket == '{' ? TEXT("no object") : TEXT("no array"));
    return items;
}

SHARED bool next_item(Items *items) {
    Reader *reader = &items->reader;
    take(reader, ',');
    skip_space(reader);
    if (reader->at >= reader->end)
        return false;
    if (items->is_object) {
        const char *key = ++reader->at;
        take_string(reader);
        items->key = (Text){key, (uint32_t)(reader->at - key) - 1};
        take(reader, ':');
        skip_space(reader);
    }
    const char *start = reader->at;
    take_value(reader, 0);
    items->value = (Json){start, (uint32_t)(reader->at - start)};
    return true;
}

/* A member of an object; null if there is none. The first of several counts. */
SHARED Json optional_member(Json object, Text key) {
    Items items = items_of(object, '{');
    while (next_item(&items))
        if (equal_texts(items.key, key))
            return items.value;
    return TEXT("null");
}

/* A member of an object; a missing one fails. */
SHARED Json member(Json object, Text key) {
    Json value = optional_member(object, key);
    if (is_null(value)) {
        Output reason = {0};
        put(&reason, TEXT("missing field `"));
        put(&reason, key);
        put(&reason, TEXT("`"));
        fail(text_of_output(&reason));
    }
    return value;
}

/* Whether a message is of this variant, which is `{"name": {...}}`; its content. */
SHARED bool is_variant(Json message, Text name, Json *content) {
    if (message.data[0] != '{')
        return false;
    Items items = items_of(message, '{');
    if (!next_item(&items) || !equal_texts(items.key, name))
        return false;
    *content = items.value;
    return !next_item(&items);
}

SMALL uint32_t hex_digit(char letter) {
    return letter <= '9' ? (uint32_t)letter - '0' : ((uint32_t)letter | 32) - 'a' + 10;
}

SMALL void put_utf8(Output *output, uint32_t point) {
    char bytes[4];
    uint32_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (uint32_t index = size - 1; index > 0; index--, point >>= 6)
        bytes[index] = (char)(0x80 | (point & 0x3f));
    bytes[0] = (char)(size == 1 ? point : (0xf00u >> size & 0xf0) | point);
    put(output, (Text){bytes, size});
}

SMALL uint32_t code_unit(const char *digits) {
    uint32_t unit = 0;
    for (int index = 0; index < 4; index++)
        unit = unit << 4 | hex_digit(digits[index]);
    return unit;
}

/* A string without its escapes; anything else fails, and so does half a pair. */
SHARED Text text_of(Json value) {
    Output output = {0};
    if (value.data[0] != '"') {
        fail(TEXT("no string"));
        return (Text){"", 0};
    }
    for (uint32_t index = 1; index + 1 < value.size; index++) {
        const char *at = value.data + index;
        if (*at != '\\') {
            put(&output, (Text){at, 1});
            continue;
        }
        index++;
        if (at[1] != 'u') {
            char escape = at[1] == 'b'   ? '\b'
                          : at[1] == 'f' ? '\f'
                          : at[1] == 'n' ? '\n'
                          : at[1] == 'r' ? '\r'
                          : at[1] == 't' ? '\t'
                                         : at[1];
            put(&output, (Text){&escape, 1});
            continue;
        }
        uint32_t point = code_unit(at + 2);
        index += 4;
        if (point >= 0xd800 && point < 0xe000) {
            uint32_t low = 0;
            if (point < 0xdc00 && index + 7 < value.size && at[6] == '\\' &&
                at[7] == 'u')
                low = code_unit(at + 8);
            if (low < 0xdc00 || low >= 0xe000) {
                fail(TEXT("half of a surrogate pair"));
                return (Text){"", 0};
            }
            point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
            index += 6;
        }
        put_utf8(&output, point);
    }
    return text_of_output(&output);
}

/* A number of at most 64 bits, without sign; anything else fails. */
SHARED uint64_t number_of(Json value) {
    Amount number = amount_in(value);
    if (number > UINT64_MAX)
        fail(TEXT("no number of 64 bits"));
    return (uint64_t)number;
}

/* A Uint128, which is a string in messages. */
SMALL Amount amount_of(Json value) { return amount_in(text_of(value)); }

/* Storage */

/* A value, empty if there is none. */
SHARED Text load(Text key) {
    Region region = region_of(key);
    const Region *value = cosmwasm_db_read(&region);
    return value == 0 ? (Text){"", 0} : text_in(value);
}

SHARED void save(Text key, Text value) {
    Region key_region = region_of(key), value_region = region_of(value);
    cosmwasm_db_write(&key_region, &value_region);
}

SHARED void erase(Text key) {
    Region region = region_of(key);
    cosmwasm_db_remove(&region);
}

/* A number that was saved, 0 if there is none. */
SMALL Amount load_amount(Text key) {
    Text value = load(key);
    return value.size == 0 ? 0 : amount_in(value);
}

SMALL void save_amount(Text key, Amount amount) { save(key, text_of_amount(amount)); }

/* `prefix` and texts, with their lengths, so that no two keys are equal. */
SHARED Text key_of(Text prefix, Text first, Text second) {
    Output key = {0};
    put(&key, prefix);
    put(&key, TEXT(":"));
    put(&key, text_of_amount(first.size));
    put(&key, TEXT(":"));
    put(&key, first);
    put(&key, second);
    return text_of_output(&key);
}

/* The address in a message; one that the chain does not know as such fails. */
SHARED Text address_of(Json value) {
    Text address = text_of(value);
    Region region = region_of(address);
    const Region *reason = has_failed() ? 0 : cosmwasm_addr_validate(&region);
    if (reason != 0)
        fail(text_in(reason));
    return address;
}

SMALL Text sender_of(Json info) { return text_of(member(info, TEXT("sender"))); }

/* Results */

static Output response_attributes, response_messages, answer_json;

/* An attribute of the response, which becomes part of the chain's `wasm` event. */
SHARED void attribute(Text key, Text value) {
    Output *output = &response_attributes;
    put(output, output->size == 0 ? TEXT("{\"key\":") : TEXT(",{\"key\":"));
    put_quoted(output, key);
    put(output, TEXT(",\"value\":"));
    put_quoted(output, value);
    put(output, TEXT("}"));
}

/* A message that the chain runs afterwards, as JSON: `{"bank":{"send":...}}`. */
SHARED void message(Text json) {
    Output *output = &response_messages;
    put(output, output->size == 0 ? TEXT("{\"id\":0,\"msg\":") : TEXT(",{\"id\":0,\"msg\":"));
    put(output, json);
    put(output, TEXT(",\"gas_limit\":null,\"reply_on\":\"never\"}"));
}

SHARED Region *returned(Output *output) {
    Region *region = allocated(sizeof *region);
    *region = region_of(text_of_output(output));
    return region;
}

SHARED Region *returned_failure(void) {
    Output output = {0};
    put(&output, TEXT("{\"error\":"));
    put_quoted(&output, failure);
    put(&output, TEXT("}"));
    return returned(&output);
}

/* The result of instantiate, execute, and other entry points but query. */
SHARED Region *respond(void) {
    Output output = {0};
    if (has_failed())
        return returned_failure();
    put(&output, TEXT("{\"ok\":{\"messages\":["));
    put(&output, text_of_output(&response_messages));
    put(&output, TEXT("],\"attributes\":["));
    put(&output, text_of_output(&response_attributes));
    put(&output, TEXT("],\"events\":[],\"data\":null}}"));
    return returned(&output);
}

/* Base64, as binary values of messages have it. */
SHARED void put_base64(Output *output, Text data) {
    static const char LETTERS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (uint32_t index = 0; index < data.size; index += 3) {
        uint32_t rest = data.size - index, bits = 0;
        for (uint32_t place = 0; place < 3; place++)
            bits = bits << 8 | (place < rest ? (uint8_t)data.data[index + place] : 0);
        char four[4] = {LETTERS[bits >> 18], LETTERS[bits >> 12 & 63],
                        rest > 1 ? LETTERS[bits >> 6 & 63] : '=',
                        rest > 2 ? LETTERS[bits & 63] : '='};
        put(output, (Text){four, 4});
    }
}

/* Add to the JSON that `answer` returns. */
SMALL void say(Text json) { put(&answer_json, json); }

SMALL void say_quoted(Text text) { put_quoted(&answer_json, text); }

/* The result of a query: what was said. */
SHARED Region *answer(void) {
    Output output = {0};
    if (has_failed())
        return returned_failure();
    put(&output, TEXT("{\"ok\":\""));
    put_base64(&output, text_of_output(&answer_json));
    put(&output, TEXT("\"}"));
    return returned(&output);
}

#endif
