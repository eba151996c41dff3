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
static void write_times(check_writer *out, const char *literal, unsigned times) {
    const char *empty = literal[0] == '[' ? "[]" : literal[0] == 'b' ? "b''" : "''";
    check_write(out, times == 0 ? empty : literal);
    if (times > 1) {
        check_write_format(out, " * %u", times);
    }
}

void check_explored_value(check_writer *out, const check_operation *operation, size_t identity) {
    static const char *const plain[] = {"None", "True", "False", "0", "-1", "255", "256", "65535", "65536",
        "2147483647", "-2147483648", "2147483648", "9223372036854775808", "-9223372036854775809", "1.5", "-0.0", "inf",
        "''", "'x'", "'\\xe9'", "'\\u20ac'", "'\\U0001f600'", "'\\x00'", "b''", "b'n\\x00'", "()", "(1,)", "[]", "{}",
        "{'a': [1, (2,)]}", "{1, 2, 3}", "set()", "frozenset({1})", "[[[[1]]]]", "(1, 2, 3, 4)", "{'k': None, 2: 'v'}"};
    static const char *const long_ones[] = {"'x'", "b'x'", "[0]", "'\\xe9'", "['a']", "[300]", "[None]"};
    size_t plain_count = sizeof plain / sizeof *plain, long_count = sizeof long_ones / sizeof *long_ones;
    check_write_format(out, "(%zu, ", identity);
    if (operation->payload < plain_count) {
        check_write(out, plain[operation->payload]);
    } else {
        write_times(out, long_ones[operation->payload % long_count], edge(operation->size));
    }
    check_write(out, ")");
}

static void write_own_bytes(check_writer *out, size_t identity, unsigned times) {
    char literal[40];
    snprintf(literal, sizeof literal, "b'%zu '", identity);
    check_write(out, " ");
    write_times(out, literal, times);
}

void check_explored_task(check_writer *out, const check_operation *operation, size_t identity) {
    switch (operation->payload % 8) {
    case 0: check_write(out, operation->size % 4 == 0 ? "" : " b'\\x00'"); break;
    case 1:
    case 2: write_own_bytes(out, identity, edge(operation->size) / 4 + 1); break;
    case 3:
        check_write(out, " ");
        check_explored_value(out, operation, identity);
        break;
    default: check_write_format(out, " b'task %zu'", identity); break;
    }
}
