/* adapter.c: words, lines and hex of the adapter contract, as both reference programs speak it. */
#include "programs/adapter.h"

#include "undr/text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- words ---- */

bool adapter_parse_number(undr_slice text, uint64_t minimum, uint64_t maximum, uint64_t *number) {
    uint64_t value = 0;
    if (text.size == 0) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        uint64_t digit = (uint64_t)text.data[i] - '0';
        if (text.data[i] < '0' || text.data[i] > '9' || value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    if (value < minimum || value > maximum) {
        return false;
    }
    *number = value;
    return true;
}

void adapter_complain(const char *program, const char *format, ...) {
    undr_buffer line = {0};
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL; /* it may be anything */
    }
    if (text != NULL && undr_put_visible(&line, undr_slice_text(text)) == UNDR_OK) {
        (void)fprintf(stderr, "%s: %.*s\n", program, (int)line.size, (const char *)line.data);
    }
    va_end(arguments);
    undr_buffer_free(&line);
    free(text);
}

bool adapter_has_stack(const char *program) {
    enum { NEEDED_KIB = 512 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= (rlim_t)NEEDED_KIB * 1024) {
        return true;
    }
    adapter_complain(program, "the stack limit is %llu KiB, but %d are needed: raise it, as with `ulimit -s 8192`",
        (unsigned long long)(limit.rlim_cur / 1024), NEEDED_KIB);
    return false;
}

int adapter_end_output(const char *program) {
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return 0;
    }
    (void)fprintf(stderr, "%s: standard output can't be written: %s\n", program, strerror(errno));
    return ADAPTER_EXIT_FAILURE;
}

/* ---- hex ---- */

int adapter_hex_digit(uint8_t digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

undr_error adapter_hex_encode(undr_slice bytes, undr_buffer *text) {
    static const char digits[] = "0123456789abcdef";
    if (bytes.size > SIZE_MAX / 2) {
        return UNDR_MEMORY;
    }
    undr_error error = undr_buffer_reserve(text, bytes.size * 2);
    if (error != UNDR_OK) {
        return error;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        text->data[text->size++] = (uint8_t)digits[bytes.data[i] >> 4];
        text->data[text->size++] = (uint8_t)digits[bytes.data[i] & 0xf];
    }
    return UNDR_OK;
}

/* ---- lines ---- */

undr_slice adapter_take_word(undr_slice *line) {
    const uint8_t *blank = line->size > 0 ? memchr(line->data, ' ', line->size) : NULL;
    size_t size = blank != NULL ? (size_t)(blank - line->data) : line->size;
    undr_slice word = undr_slice_of(line->data, size);
    while (size < line->size && line->data[size] == ' ') {
        size++;
    }
    *line = undr_slice_of(size < line->size ? line->data + size : NULL, line->size - size);
    return word;
}

/* Of what is left: a pipe that has room has it for PIPE_BUF bytes. */
static undr_error write_part(int descriptor, undr_slice *rest) {
    ssize_t written = write(descriptor, rest->data, rest->size < PIPE_BUF ? rest->size : PIPE_BUF);
    if (written >= 0) {
        *rest = undr_slice_of(rest->data + written, rest->size - (size_t)written);
        return UNDR_OK;
    }
    if (errno == EINTR || errno == EAGAIN) {
        return UNDR_OK;
    }
    return errno == EPIPE ? UNDR_RESET : UNDR_SYSTEM;
}

static undr_error write_all(int descriptor, int stop, undr_slice rest) {
    undr_error error = UNDR_OK;
    while (error == UNDR_OK && rest.size > 0) {
        struct pollfd files[] = {{.fd = descriptor, .events = POLLOUT}, {.fd = stop, .events = POLLIN}};
        int found = poll(files, 2, -1);
        if (found > 0 && files[0].revents != 0) {
            error = write_part(descriptor, &rest);
        } else if (found > 0) {
            error = UNDR_INTERRUPTED;
        } else if (errno != EINTR) {
            error = UNDR_SYSTEM;
        }
    }
    return error;
}

undr_error adapter_write_line(int descriptor, int stop, undr_slice text) {
    undr_buffer line = {0}; /* one write, so that a line is whole even beside another writer */
    undr_error error = undr_put_slice(&line, text);
    if (error == UNDR_OK) {
        error = undr_put_u8(&line, '\n');
    }
    if (error == UNDR_OK) {
        error = write_all(descriptor, stop, undr_buffer_slice(&line));
    }
    undr_buffer_free(&line);
    return error;
}
