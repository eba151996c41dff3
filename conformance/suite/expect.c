/* expect.c: the file of expected failures. */
#include "expect.h"

#include "text.h"
#include "user_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const check_entry *check_expected_find(const check_expected *expected, const char *name) {
    size_t index = check_name_map_get(&expected->by_name, name);
    return index == CHECK_NO_NAME ? NULL : &expected->at[index];
}

/* Takes the first word off *rest. */
static undr_slice take_word(undr_slice *rest) {
    undr_slice trimmed = check_text_trim(*rest);
    size_t size = 0;
    while (size < trimmed.size && !isspace(trimmed.data[size])) {
        size++;
    }
    *rest = check_text_trim(undr_slice_of(trimmed.data + size, trimmed.size - size));
    return undr_slice_of(trimmed.data, size);
}

static char *copy_of(undr_slice text) {
    return text.size == 0 ? strdup("") : strndup((const char *)text.data, text.size);
}

/* Each time for twice as many. */
static undr_error grow(check_expected *expected) {
    size_t capacity = expected->capacity == 0 ? 64 : 2 * expected->capacity;
    check_entry *grown = realloc(expected->at, capacity * sizeof *grown);
    if (grown == NULL) {
        return UNDR_MEMORY;
    }
    expected->at = grown;
    expected->capacity = capacity;
    return UNDR_OK;
}

/* *before: the number of an entry that the case has already, which stays the only one. */
static undr_error add(check_expected *expected, check_verdict verdict, undr_slice name, undr_slice reason, int line,
    size_t *before) {
    undr_error error = expected->count == expected->capacity ? grow(expected) : UNDR_OK;
    if (error != UNDR_OK) {
        return error;
    }
    check_entry *entry = &expected->at[expected->count++];
    *entry = (check_entry){copy_of(name), verdict, copy_of(reason), line};
    if (entry->name == NULL || entry->reason == NULL) {
        return UNDR_MEMORY;
    }
    return check_name_map_put(&expected->by_name, entry->name, expected->count - 1, before);
}

/* "FILE:LINE: WHAT, found `FOUND`" */
static undr_error mistake(
    check_expected *expected, int line, const char *what, undr_slice found, undr_buffer *message) {
    undr_error error = undr_put_format(message, "%s:%d: %s, found `", expected->file, line, what);
    if (error == UNDR_OK) {
        error = check_text_clean(message, found);
    }
    if (error == UNDR_OK) {
        error = undr_put_text(message, "`");
    }
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

static undr_error parse_line(undr_slice text, int line, check_expected *expected, undr_buffer *message) {
    undr_slice rest = check_text_trim(text), whole = rest;
    if (rest.size == 0 || rest.data[0] == '#') {
        return UNDR_OK;
    }
    undr_slice word = take_word(&rest), name = take_word(&rest);
    bool fails = undr_slice_equal(word, undr_slice_text("fail"));
    if (!fails && !undr_slice_equal(word, undr_slice_text("warn"))) {
        return mistake(expected, line, "`fail CASE REASON` or `warn CASE REASON` is expected", whole, message);
    }
    if (name.size == 0 || rest.size == 0) {
        return mistake(
            expected, line, name.size == 0 ? "the name of a case is expected" : "a reason is expected", whole, message);
    }
    size_t before = CHECK_NO_NAME;
    undr_error error = add(expected, fails ? CHECK_FAIL : CHECK_WARN, name, rest, line, &before);
    if (error != UNDR_OK || before == CHECK_NO_NAME) {
        return error;
    }
    error = undr_put_format(message, "%s:%d: the case %s has an entry at line %d already", expected->file, line,
        expected->at[before].name, expected->at[before].line);
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

undr_error check_expected_parse(undr_slice text, const char *file, check_expected *expected, undr_buffer *message) {
    *expected = (check_expected){.file = strdup(file)};
    undr_error error = expected->file == NULL ? UNDR_MEMORY : UNDR_OK;
    for (int line = 1; text.size > 0 && error == UNDR_OK; line++) {
        const uint8_t *newline = memchr(text.data, '\n', text.size);
        size_t size = newline == NULL ? text.size : (size_t)(newline - text.data);
        error = parse_line(undr_slice_of(text.data, size), line, expected, message);
        size += newline == NULL ? 0 : 1;
        text = undr_slice_of(text.data + size, text.size - size);
    }
    return error;
}

undr_error check_expected_read(const char *path, check_expected *expected, undr_buffer *message) {
    undr_buffer text = {0};
    *expected = (check_expected){0};
    undr_error error = check_file_read(path, CHECK_TEXT_LIMIT, &text, message);
    if (error == UNDR_OK) {
        error = check_expected_parse(undr_buffer_slice(&text), path, expected, message);
    }
    undr_buffer_free(&text);
    return error;
}

void check_expected_free(check_expected *expected) {
    for (size_t i = 0; i < expected->count; i++) {
        free(expected->at[i].name);
        free(expected->at[i].reason);
    }
    free(expected->at);
    check_name_map_free(&expected->by_name);
    free(expected->file);
    *expected = (check_expected){0};
}

void check_expected_write(FILE *out, check_verdict verdict, const char *name, undr_slice reason) {
    reason = check_text_trim(reason);
    fprintf(out, "%s %s ", verdict == CHECK_WARN ? "warn" : "fail", name);
    for (size_t i = 0; i < reason.size; i++) {
        uint8_t byte = reason.data[i] == '\n' ? ' ' : reason.data[i];
        size_t length = check_text_character(undr_slice_of(reason.data + i, reason.size - i));
        check_text_plain(out, undr_slice_of(length > 1 ? reason.data + i : &byte, length > 1 ? length : 1));
        i += length > 1 ? length - 1 : 0;
    }
    fputs(reason.size == 0 ? "no reason known\n" : "\n", out);
}
