/* escape_shell.c: words and commands for sh: what a report prints can be pasted, and does what it says. */
#include "base/text.h"
#include "report/escape.h"

#include <string.h>

undr_error check_shell_word(undr_buffer *to, const char *word, bool first) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
    bool assigns = first && strchr(word, '=') != NULL;
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0' && !assigns) {
        return undr_put_text(to, word);
    }
    undr_error error = undr_put_text(to, "'");
    for (; *word != '\0' && error == UNDR_OK; word++) {
        error = *word == '\'' ? undr_put_text(to, "'\\''") : undr_put_u8(to, (uint8_t)*word);
    }
    return error == UNDR_OK ? undr_put_text(to, "'") : error;
}

/* Tabs and line breaks can be printed, but not pasted: a shell at a terminal obeys them. */
static bool may_be_pasted(const uint8_t *from, size_t length) {
    return length > 0 && *from != '\n' && *from != '\t';
}

static bool all_may_be_pasted(undr_slice text) {
    bool all = true;
    for (size_t i = 0, length; i < text.size && all; i += length) {
        length = check_text_character(undr_slice_of(text.data + i, text.size - i));
        all = may_be_pasted(text.data + i, length);
    }
    return all;
}

/* One character of a format of printf(1) that stands in single quotes; other bytes as \NNN, which every one knows. */
static undr_error put_format(undr_buffer *to, undr_slice rest, size_t *taken) {
    size_t length = check_text_character(rest);
    bool pasted = may_be_pasted(rest.data, length);
    *taken = pasted ? length : 1;
    if (!pasted || rest.data[0] == '\'') {
        return undr_put_format(to, "\\%03o", rest.data[0]);
    }
    bool special = rest.data[0] == '\\' || rest.data[0] == '%';
    undr_error error = special ? undr_put_u8(to, rest.data[0]) : UNDR_OK;
    return error == UNDR_OK ? undr_put_bytes(to, rest.data, length) : error;
}

undr_error check_shell_line(undr_buffer *to, undr_slice command) {
    if (all_may_be_pasted(command)) {
        return undr_put_slice(to, command);
    }
    /* "$(...)" drops line breaks at the end; a command whose last word needs quotes ends with one of these. */
    undr_error error = undr_put_text(to, "eval \"$(printf '");
    for (size_t i = 0, taken = 0; i < command.size && error == UNDR_OK; i += taken) {
        error = put_format(to, undr_slice_of(command.data + i, command.size - i), &taken);
    }
    return error == UNDR_OK ? undr_put_text(to, "')\"") : error;
}
