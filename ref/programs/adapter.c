/* adapter.c: command line, lines and hex of the adapter contract, as both reference programs speak it. */
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

/* ---- command line ---- */

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

static void list_choices(const char *program, const char *verb, const adapter_option *options, size_t count) {
    (void)fprintf(stderr, "usage: %s %s", program, verb);
    for (size_t i = 0; i < count; i++) {
        const adapter_option *option = &options[i];
        (void)fprintf(stderr, option->required ? " %s" : " [%s", option->name);
        if (option->number != NULL && option->maximum == UINT64_MAX) {
            (void)fprintf(stderr, " %" PRIu64 "...", option->minimum);
        } else if (option->number != NULL) {
            (void)fprintf(stderr, " %" PRIu64 "..%" PRIu64, option->minimum, option->maximum);
        } else if (option->text != NULL) {
            (void)fprintf(stderr, " %s", option->word);
        }
        (void)fprintf(stderr, option->required ? "" : "]");
    }
    (void)fprintf(stderr, "\n");
}

/* The option that `word` names, as "--name" or "--name=VALUE"; *value is what follows the '=', or NULL. */
static adapter_option *find_option(adapter_option *options, size_t count, const char *word, const char **value) {
    size_t size = strcspn(word, "=");
    *value = word[size] == '=' ? word + size + 1 : NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(options[i].name) == size && strncmp(options[i].name, word, size) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static bool set_flag(const char *program, adapter_option *option, const char *value) {
    *option->flag = true;
    if (value != NULL) {
        (void)fprintf(stderr, "%s: %s takes no value\n", program, option->name);
    }
    return value == NULL;
}

/* value: NULL when there is none. */
static bool set_option(const char *program, adapter_option *option, const char *value) {
    option->given = true;
    if (option->flag != NULL) {
        return set_flag(program, option, value);
    }
    if (value == NULL) {
        (void)fprintf(stderr, "%s: %s needs a value\n", program, option->name);
        return false;
    }
    if (option->number != NULL) {
        if (adapter_parse_number(undr_slice_text(value), option->minimum, option->maximum, option->number)) {
            return true;
        }
        adapter_complain(program, "%s must be a number from %" PRIu64 " to %" PRIu64 ", not '%s'", option->name,
            option->minimum, option->maximum, value);
        return false;
    }
    *option->text = value;
    if (*value == '\0') {
        (void)fprintf(stderr, "%s: %s must not be empty\n", program, option->name);
    }
    return *value != '\0';
}

static bool parse_all(const char *program, int argc, char **argv, adapter_option *options, size_t count) {
    for (int i = 0; i < argc; i++) {
        const char *value;
        adapter_option *option = find_option(options, count, argv[i], &value);
        if (option == NULL) {
            adapter_complain(program, "unknown option '%s'", argv[i]);
            return false;
        }
        if (option->flag == NULL && value == NULL && i + 1 < argc) {
            value = argv[++i];
        }
        if (!set_option(program, option, value)) {
            return false;
        }
    }
    return true;
}

static bool has_all_required(const char *program, const adapter_option *options, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (options[i].required && !options[i].given) {
            (void)fprintf(stderr, "%s: %s is missing\n", program, options[i].name);
            return false;
        }
    }
    return true;
}

bool adapter_parse_options(
    const char *program, const char *verb, int argc, char **argv, adapter_option *options, size_t count) {
    for (size_t i = 0; i < count; i++) {
        options[i].given = false;
    }
    if (parse_all(program, argc, argv, options, count) && has_all_required(program, options, count)) {
        return true;
    }
    list_choices(program, verb, options, count);
    return false;
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

int adapter_no_verb(const char *program, const char *verb, const char *verbs) {
    if (verb == NULL) {
        (void)fprintf(stderr, "%s: no verb; give one of: %s\n", program, verbs);
    } else {
        adapter_complain(program, "the verb '%s' is not implemented; the verbs are: %s", verb, verbs);
    }
    return ADAPTER_EXIT_NO_VERB;
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
