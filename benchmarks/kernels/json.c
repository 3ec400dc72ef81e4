/* A JSON document written and read, n times: the sum of its numbers, the lengths of its
 * strings and the number of its values.
 */
#include "kernel.h"

enum { SIZE = 4096, RECORDS = 24 };

static char text[SIZE];
static uint32_t length, position;

static void put(const char *piece) {
    while (*piece)
        text[length++] = *piece++;
}

static void put_number(uint32_t number) {
    char digits[10];
    uint32_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count)
        text[length++] = digits[--count];
}

static void write_document(uint32_t seed) {
    length = 0;
    put("{\"records\": [");
    for (uint32_t index = 0; index < RECORDS; index++) {
        if (index)
            put(", ");
        put("{\"id\": ");
        put_number(next_random(&seed) % 100000);
        put(", \"name\": \"record \\\"");
        put_number(index);
        put("\\\"\", \"tags\": [true, false, null, [], {}], \"balance\": -");
        put_number(next_random(&seed));
        put("}");
    }
    put("], \"count\": ");
    put_number(RECORDS);
    put("}");
}

static void skip_space(void) {
    while (text[position] == ' ')
        position++;
}

static uint32_t read_string(void) {
    uint32_t count = 0;
    for (position++; text[position] != '"'; position++, count++)
        if (text[position] == '\\')
            position++;
    position++;
    return count;
}

static uint32_t read_number(void) {
    uint32_t number = 0;
    int is_negative = text[position] == '-';
    position += is_negative;
    while (text[position] >= '0' && text[position] <= '9')
        number = 10 * number + (uint32_t)(text[position++] - '0');
    return is_negative ? -number : number;
}

/* A value, and what it adds to the sum. */
static uint32_t read_value(void) {
    uint32_t sum = 1;
    char first, end;
    skip_space();
    first = text[position];
    if (first == '"')
        return 1 + read_string();
    if (first == '-' || (first >= '0' && first <= '9'))
        return 1 + read_number();
    if (first != '{' && first != '[') {
        while (text[position] >= 'a' && text[position] <= 'z')
            position++;
        return 1;
    }
    end = first == '{' ? '}' : ']';
    position++;
    for (skip_space(); text[position] != end; skip_space()) {
        if (text[position] == ',')
            position++;
        if (first == '{') {
            skip_space();
            sum += read_string();
            skip_space();
            position++; /* : */
        }
        sum += read_value();
    }
    position++;
    return sum;
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t index = 0; index < n; index++) {
        write_document(index);
        position = 0;
        sum += read_value();
    }
    return sum;
}
