/* contents.c: the values and tasks of random sessions. */
#include "explore/contents.h"

#include <stdio.h>

/* Where buffers, length fields and pickle opcodes change. */
static unsigned edge(unsigned size) {
    static const unsigned edges[] = {0, 1, 2, 8, 9, 100, 255, 256, 257, 1000, 1024, 4087, 4095, 4096, 4097, 8191, 8192,
        16384, 32767, 65526, 65527, 65535, 65536, 65537, 131072, 200000};
    size_t count = sizeof edges / sizeof *edges;
    return size < count ? edges[size] : edges[size % 6]; /* most are small */
}

/* "'x' * 256", but plainly what makes once or nothing. */
static undr_error put_times(undr_buffer *text, const char *literal, unsigned times) {
    if (times > 1) {
        return undr_put_format(text, "%s * %u", literal, times);
    }
    const char *empty = literal[0] == '[' ? "[]" : literal[0] == 'b' ? "b''" : "''";
    return undr_put_text(text, times == 1 ? literal : empty);
}

undr_error check_explored_value(undr_buffer *text, const check_operation *operation, size_t identity) {
    static const char *const plain[] = {"None", "True", "False", "0", "-1", "255", "256", "65535", "65536",
        "2147483647", "-2147483648", "2147483648", "9223372036854775808", "-9223372036854775809", "1.5", "-0.0", "inf",
        "''", "'x'", "'\\xe9'", "'\\u20ac'", "'\\U0001f600'", "'\\x00'", "b''", "b'n\\x00'", "()", "(1,)", "[]", "{}",
        "{'a': [1, (2,)]}", "{1, 2, 3}", "set()", "frozenset({1})", "[[[[1]]]]", "(1, 2, 3, 4)", "{'k': None, 2: 'v'}"};
    static const char *const long_ones[] = {"'x'", "b'x'", "[0]", "'\\xe9'", "['a']", "[300]", "[None]"};
    size_t plain_count = sizeof plain / sizeof *plain, long_count = sizeof long_ones / sizeof *long_ones;
    if (operation->payload < plain_count) {
        return undr_put_format(text, "(%zu, %s)", identity, plain[operation->payload]);
    }
    undr_error error = undr_put_format(text, "(%zu, ", identity);
    const char *literal = long_ones[operation->payload % long_count];
    error = error == UNDR_OK ? put_times(text, literal, edge(operation->size)) : error;
    return error == UNDR_OK ? undr_put_text(text, ")") : error;
}

static undr_error put_own_bytes(undr_buffer *text, size_t identity, unsigned times) {
    char literal[40];
    snprintf(literal, sizeof literal, "b'%zu '", identity);
    undr_error error = undr_put_u8(text, ' ');
    return error == UNDR_OK ? put_times(text, literal, times) : error;
}

undr_error check_explored_task(undr_buffer *text, const check_operation *operation, size_t identity) {
    switch (operation->payload % 8) {
    case 0: return undr_put_text(text, operation->size % 4 == 0 ? "" : " b'\\x00'");
    case 1:
    case 2: return put_own_bytes(text, identity, edge(operation->size) / 4 + 1);
    case 3: break;
    default: return undr_put_format(text, " b'task %zu'", identity);
    }
    undr_error error = undr_put_u8(text, ' ');
    return error == UNDR_OK ? check_explored_value(text, operation, identity) : error;
}
