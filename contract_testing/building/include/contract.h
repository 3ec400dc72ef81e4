/* What a contract stands on: values, call data, results, storage and logs.
 *
 * The header that `contractvm build` makes from a contract's ABI includes this one, for
 * ewasm or for Stylus, and calls the contract's functions. All of it is the same on both.
 *
 *   ABI                          C
 *   bool                         bool
 *   uint8 to uint64              uint64_t
 *   int8 to int64                int64_t
 *   wider numbers, bytes1 to 32  Word: 32 bytes, as the ABI has them; see uint256.h
 *   address                      Address
 *   bytes, string                Bytes: data and size
 *   arrays of these              Words: as the ABI has them, one after the other
 *   structs of these             a struct
 *
 * Arguments of free length are in the call data. What they point to is valid until the
 * call ends. So are all variables: every call of a contract begins with them as they are
 * written in the source, also a call that comes while another one waits for its callee.
 *
 * Call data that is longer than ABI_MAX_DATA reverts, and so does output that is longer
 * than ABI_MAX_OUTPUT.
 */
#ifndef CONTRACT_H
#define CONTRACT_H

#ifndef ABI_MAX_DATA
#define ABI_MAX_DATA 1024
#endif
#ifndef ABI_MAX_OUTPUT
#define ABI_MAX_OUTPUT 1024
#endif

/* Each contract uses some of them; the compiler inlines what makes it smaller. Contracts
 * in other languages are linked with them.
 */
#ifndef ABI_FUNC
#define ABI_FUNC static __attribute__((unused))
#define ABI_OWN static /* the contract's functions */
#endif

typedef Bytes32 Word;

typedef struct {
    const uint8_t *data;
    uint32_t size;
} Bytes;

typedef struct {
    const Word *data;
    uint32_t count;
} Words;

/* Endings */

ABI_FUNC _Noreturn void revert_without_data(void) { host_revert(0, 0); }

/* Values */

/* A number as the ABI has it: the highest byte first, 32 bytes. */
ABI_FUNC void abi_set_uint64(Word *word, uint64_t number) {
    for (int index = 31; index >= 0; index--, number >>= 8)
        word->bytes[index] = (uint8_t)number;
}

ABI_FUNC void abi_set_int64(Word *word, int64_t number) {
    for (int index = 31; index >= 0; index--, number >>= 8)
        word->bytes[index] = (uint8_t)number;
}

ABI_FUNC void abi_set_address(Word *word, Address address) {
    *word = (Word){0};
    __builtin_memcpy(word->bytes + 12, &address, 20);
}

ABI_FUNC Word word_of_uint64(uint64_t number) {
    Word word;
    abi_set_uint64(&word, number);
    return word;
}

ABI_FUNC Word word_of_int64(int64_t number) {
    Word word;
    abi_set_int64(&word, number);
    return word;
}

ABI_FUNC Word word_of_address(Address address) {
    Word word;
    abi_set_address(&word, address);
    return word;
}

/* Revert unless all of these bytes have this value. */
ABI_FUNC void abi_require(const uint8_t *bytes, uint32_t count, uint8_t value) {
    for (uint32_t index = 0; index < count; index++)
        if (bytes[index] != value)
            revert_without_data();
}

/* A number of 8 to 64 bits, in whole bytes. */
ABI_FUNC uint64_t abi_uint64(const uint8_t *word, uint32_t bits) {
    uint64_t number = 0;
    for (uint32_t index = 0; index < 32; index++) {
        if (number >> (bits - 8))
            revert_without_data();
        number = number << 8 | word[index];
    }
    return number;
}

ABI_FUNC int64_t abi_int64(const uint8_t *word, uint32_t bits) {
    int64_t number = 0;
    for (uint32_t index = 24; index < 32; index++)
        number = (int64_t)((uint64_t)number << 8 | word[index]);
    abi_require(word, 24, number < 0 ? 0xff : 0);
    if ((int64_t)((uint64_t)number << (64 - bits)) >> (64 - bits) != number)
        revert_without_data();
    return number;
}

ABI_FUNC bool abi_bool(const uint8_t *word) {
    uint64_t number = abi_uint64(word, 8);
    if (number > 1)
        revert_without_data();
    return number != 0;
}

ABI_FUNC Address abi_address(const uint8_t *word) {
    Address address;
    abi_require(word, 12, 0);
    __builtin_memcpy(&address, word + 12, 20);
    return address;
}

ABI_FUNC Word abi_uint(const uint8_t *word, uint32_t bits) {
    abi_require(word, 32 - bits / 8, 0);
    return *(const Word *)word;
}

ABI_FUNC Word abi_int(const uint8_t *word, uint32_t bits) {
    uint32_t unused = 32 - bits / 8;
    abi_require(word, unused, word[unused] & 0x80 ? 0xff : 0);
    return *(const Word *)word;
}

ABI_FUNC Word abi_fixed_bytes(const uint8_t *word, uint32_t count) {
    abi_require(word + count, 32 - count, 0);
    return *(const Word *)word;
}

/* The number in a word; a number of more than 64 bits reverts. */
ABI_FUNC uint64_t uint64_of(Word word) { return abi_uint64(word.bytes, 64); }

/* Call data: a selector, then the arguments */

static struct {
    uint8_t selector[4];
    uint8_t arguments[ABI_MAX_DATA];
} abi_input;

static uint32_t abi_size; /* of the arguments */

/* Read the call data; its size. */
ABI_FUNC uint32_t abi_read_input(void) {
    uint32_t size = host_input_size();
    if (size > ABI_MAX_DATA)
        revert_without_data();
    host_read_input(&abi_input, size);
    abi_size = size - 4; /* used where there is a selector only */
    return size;
}

/* A selector as the ABI prints it, and that of the call, both as memory has it. */
#define ABI_SELECTOR(number) __builtin_bswap32(number)

ABI_FUNC uint32_t abi_selector(void) {
    uint32_t selector;
    __builtin_memcpy(&selector, abi_input.selector, 4);
    return selector;
}

ABI_FUNC void abi_require_size(uint32_t heads) {
    if (abi_size < heads)
        revert_without_data();
}

ABI_FUNC void abi_refuse_value(void) {
    if (host_has_value())
        revert_without_data();
}

/* The word at an offset of the arguments; it must be there. */
ABI_FUNC const uint8_t *abi_word(uint32_t offset) {
    return abi_input.arguments + offset;
}

/* Where the pointer at `head` leads: after the heads, to a word that is there, which is a
 * length of at most UINT32_MAX. */
ABI_FUNC uint32_t abi_pointed(uint32_t head, uint32_t heads_end) {
    uint64_t place = abi_uint64(abi_word(head), 64);
    if (place < heads_end || place >= abi_size || abi_size - place < 32)
        revert_without_data();
    if (abi_uint64(abi_word((uint32_t)place), 32) > abi_size)
        revert_without_data();
    return (uint32_t)place;
}

ABI_FUNC Bytes abi_bytes(uint32_t head, uint32_t heads_end) {
    uint32_t place = abi_pointed(head, heads_end);
    uint32_t size = (uint32_t)abi_uint64(abi_word(place), 32);
    uint32_t padding = -size % 32;
    const uint8_t *data = abi_word(place + 32);
    if (size + padding > abi_size - place - 32)
        revert_without_data();
    abi_require(data + size, padding, 0);
    return (Bytes){data, size};
}

/* Bytes that are UTF-8. */
ABI_FUNC Bytes abi_string(uint32_t head, uint32_t heads_end) {
    Bytes text = abi_bytes(head, heads_end);
    for (uint32_t index = 0; index < text.size;) {
        uint8_t lead = text.data[index++];
        if (lead < 0x80)
            continue;
        uint32_t more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if (lead < 0xc2 || lead > 0xf4 || more > text.size - index)
            revert_without_data();
        /* No longer forms than needed, no surrogates, nothing beyond U+10FFFF. */
        uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        uint8_t most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        for (; more > 0; more--, index++, least = 0x80, most = 0xbf)
            if (text.data[index] < least || text.data[index] > most)
                revert_without_data();
    }
    return text;
}

/* An array of free length, whose items are so many words each. */
ABI_FUNC Words abi_array(uint32_t head, uint32_t heads_end, uint32_t item_words) {
    uint32_t place = abi_pointed(head, heads_end);
    uint32_t count = (uint32_t)abi_uint64(abi_word(place), 32);
    if (count > (abi_size - place - 32) / 32 / item_words)
        revert_without_data();
    return (Words){(const Word *)abi_word(place + 32), count * item_words};
}

/* Output: results, errors and logs. What comes before the ABI's values (a selector, or
 * topics), then heads, then what the heads point to. */

static struct {
    uint8_t bytes[ABI_MAX_OUTPUT];
    uint32_t start, head, size;
} abi_output;

ABI_FUNC void abi_begin(uint32_t start, uint32_t heads) {
    abi_output.start = abi_output.head = start;
    abi_output.size = start + heads;
}

ABI_FUNC void abi_put(Word word) {
    __builtin_memcpy(abi_output.bytes + abi_output.head, &word, 32);
    abi_output.head += 32;
}

ABI_FUNC void abi_put_tail(uint32_t length, const void *data, uint32_t size) {
    uint32_t padded = size + -size % 32;
    abi_put(word_of_uint64(abi_output.size - abi_output.start));
    if (size > ABI_MAX_OUTPUT || 32 + padded > ABI_MAX_OUTPUT - abi_output.size)
        revert_without_data();
    uint8_t *tail = abi_output.bytes + abi_output.size;
    Word word = word_of_uint64(length);
    __builtin_memcpy(tail, &word, 32);
    for (uint32_t index = 0; index < padded; index++)
        tail[32 + index] = index < size ? ((const uint8_t *)data)[index] : 0;
    abi_output.size += 32 + padded;
}

ABI_FUNC void abi_put_bytes(Bytes bytes) {
    abi_put_tail(bytes.size, bytes.data, bytes.size);
}

ABI_FUNC void abi_put_array(Words words, uint32_t item_words) {
    if (words.count > ABI_MAX_OUTPUT / 32)
        revert_without_data();
    abi_put_tail(words.count / item_words, words.data, 32 * words.count);
}

/* An array of fixed length; any other number of words reverts. */
ABI_FUNC void abi_put_words(Words words, uint32_t count) {
    if (words.count != count)
        revert_without_data();
    for (uint32_t index = 0; index < count; index++)
        abi_put(words.data[index]);
}

/* End the call with a number as its result. */
ABI_FUNC _Noreturn void abi_return_uint64(uint64_t number) {
    static Word result;
    abi_set_uint64(&result, number);
    host_finish(&result, 32);
}

ABI_FUNC _Noreturn void abi_return_int64(int64_t number) {
    static Word result;
    abi_set_int64(&result, number);
    host_finish(&result, 32);
}

ABI_FUNC _Noreturn void abi_return(void) {
    host_finish(abi_output.bytes, abi_output.size);
}

ABI_FUNC void abi_put_selector(uint32_t selector) {
    __builtin_memcpy(abi_output.bytes, &selector, 4);
}

ABI_FUNC _Noreturn void abi_revert(void) {
    host_revert(abi_output.bytes, abi_output.size);
}

ABI_FUNC Bytes bytes_of_text(const char *text) {
    uint32_t size = 0;
    while (text[size] != 0)
        size++;
    return (Bytes){(const uint8_t *)text, size};
}

/* What contracts use */

/* Revert with Solidity's Error(string). */
ABI_FUNC _Noreturn void revert_with_reason(const char *text) {
    abi_begin(4, 32);
    abi_put_selector(ABI_SELECTOR(0x08c379a0));
    abi_put_bytes(bytes_of_text(text));
    abi_revert();
}

ABI_FUNC void require(bool is_met, const char *reason) {
    if (!is_met)
        revert_with_reason(reason);
}

ABI_FUNC Address msg_sender(void) {
    Address sender;
    host_sender(&sender);
    return sender;
}

/* The ether sent with the call, in wei. */
ABI_FUNC Word msg_value(void) {
    Word value;
    host_value(&value);
    return value;
}

/* A slot that was never stored reads as zero. */
ABI_FUNC Word storage_load(Word key) {
    Word value;
    host_load(&key, &value);
    return value;
}

ABI_FUNC void storage_store(Word key, Word value) { host_store(&key, &value); }

/* A number in a slot, in less code; one of more than 64 bits reverts. */
ABI_FUNC uint64_t storage_load_uint64(const Word *key) {
    static Word value;
    host_load(key, &value);
    return abi_uint64(value.bytes, 64);
}

ABI_FUNC void storage_store_uint64(const Word *key, uint64_t number) {
    static Word value;
    abi_set_uint64(&value, number);
    host_store(key, &value);
}

ABI_FUNC Word keccak256(const void *data, uint32_t size) {
    Word hash;
    host_keccak256(data, size, &hash);
    return hash;
}

/* Where Solidity keeps the value of a key in a mapping. */
ABI_FUNC Word mapping_slot(Word key, Word mapping) {
    Word pair[2] = {key, mapping};
    return keccak256(pair, sizeof pair);
}

ABI_FUNC bool equal_words(const Word *first, const Word *second) {
    for (int index = 0; index < 32; index++)
        if (first->bytes[index] != second->bytes[index])
            return false;
    return true;
}

/* Call another contract with ether and data; false if it failed or reverted. */
ABI_FUNC bool call_contract(Address to, Word value, Bytes data) {
    return host_call(&to, &value, data.data, data.size);
}

/* What the last callee returned or reverted with. */
ABI_FUNC uint32_t returned_size(void) { return host_returned_size(); }

ABI_FUNC void read_returned(void *result, uint32_t offset, uint32_t size) {
    host_read_returned(result, offset, size);
}

#endif
