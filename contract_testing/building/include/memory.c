/* The two functions of the C library that the compiler itself calls, to clear and to
 * copy structures. Linked into each contract; left out where nothing calls them.
 */
#include <stddef.h>

__attribute__((no_builtin)) void *memset(void *target, int value, size_t length) {
    unsigned char *bytes = target;
    for (size_t index = 0; index < length; index++)
        bytes[index] = (unsigned char)value;
    return target;
}

__attribute__((no_builtin)) void *memcpy(void *restrict target,
                                         const void *restrict source, size_t length) {
    unsigned char *bytes = target;
    const unsigned char *from = source;
    for (size_t index = 0; index < length; index++)
        bytes[index] = from[index];
    return target;
}
