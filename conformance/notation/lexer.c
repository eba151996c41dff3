/* lexer.c: lines, words and places in a text of the exchange notation. */
#include "notation/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

check_lexer check_lex_over(undr_slice text, const char *file, undr_arena *arena, check_mistake *mistake) {
    return (check_lexer){.text = text, .file = file, .arena = arena, .mistake = mistake};
}

bool check_slice_is(undr_slice slice, const char *text) {
    return undr_slice_equal(slice, undr_slice_text(text));
}

bool check_slice_starts(undr_slice slice, const char *text) {
    size_t size = strlen(text);
    return slice.size >= size && memcmp(slice.data, text, size) == 0;
}

static bool is_blank(int byte) {
    return byte == ' ' || byte == '\t';
}

static bool is_identifier(int byte, bool first) {
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
    return letter || (!first && byte >= '0' && byte <= '9');
}

int check_lex_peek_after(const check_lexer *lexer, size_t distance) {
    return distance < lexer->end - lexer->at ? lexer->text.data[lexer->at + distance] : -1;
}

int check_lex_peek(const check_lexer *lexer) {
    return check_lex_peek_after(lexer, 0);
}

void check_lex_blanks(check_lexer *lexer) {
    while (is_blank(check_lex_peek(lexer))) {
        lexer->at++;
    }
}

bool check_lex_at_end(check_lexer *lexer) {
    check_lex_blanks(lexer);
    return lexer->at == lexer->end;
}

size_t check_lex_indent(const check_lexer *lexer) {
    size_t at = lexer->start;
    /* unreachable: a line of blanks is skipped before; the bound is for other callers */
    while (at < lexer->end && lexer->text.data[at] == ' ') {
        at++;
    }
    return at - lexer->start;
}

static bool is_significant(check_lexer *lexer) {
    bool significant = !check_lex_at_end(lexer) && check_lex_peek(lexer) != '#';
    lexer->at = lexer->start;
    return significant;
}

bool check_lex_line(check_lexer *lexer) {
    bool first = lexer->line == 0;
    while (lexer->end < lexer->text.size) {
        size_t start = first ? 0 : lexer->end + 1; /* after the newline */
        first = false;
        if (start >= lexer->text.size) {
            break;
        }
        const uint8_t *newline = memchr(lexer->text.data + start, '\n', lexer->text.size - start);
        lexer->start = lexer->at = start;
        lexer->end = newline != NULL ? (size_t)(newline - lexer->text.data) : lexer->text.size;
        lexer->line++;
        if (is_significant(lexer)) {
            return true;
        }
    }
    lexer->start = lexer->at = lexer->end;
    return false;
}

undr_error check_lex_fail(const check_lexer *lexer, size_t at, const char *format, ...) {
    check_mistake *mistake = lexer->mistake;
    if (mistake == NULL) {
        return UNDR_ARGUMENT;
    }
    mistake->line = lexer->line > 0 ? lexer->line : 1;
    mistake->column = (int)(at - lexer->start) + 1;
    size_t size = sizeof mistake->text;
    int used = lexer->file != NULL
        ? snprintf(mistake->text, size, "%.200s:%d:%d: ", lexer->file, mistake->line, mistake->column)
        : snprintf(mistake->text, size, "%d:%d: ", mistake->line, mistake->column);
    size_t offset = used < 0 ? 0 : (size_t)used; /* unreachable: only a broken format makes snprintf fail */
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(mistake->text + offset, size - offset, format, arguments); /* a long text is cut, on purpose */
    va_end(arguments);
    return UNDR_ARGUMENT;
}

/* What is at `at`, for a person: up to the next blank, at most 40 bytes, nothing that a terminal obeys. */
static void describe_text(const check_lexer *lexer, size_t at, char found[64]) {
    if (at >= lexer->end) {
        (void)snprintf(found, 64, "the end of the line");
        return;
    }
    size_t size = 0;
    found[size++] = '`';
    for (size_t i = at; i < lexer->end && size < 41; i++) {
        uint8_t byte = lexer->text.data[i];
        if (is_blank(byte) && i > at) {
            break;
        }
        found[size++] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    while (((uint8_t)found[size - 1] & 0x80) != 0) {
        size--; /* never half a character; the first byte is ASCII */
    }
    found[size++] = '`';
    found[size] = '\0';
}

undr_error check_lex_expected(const check_lexer *lexer, size_t at, const char *what) {
    char found[64];
    describe_text(lexer, at, found);
    return check_lex_fail(lexer, at, "expected %s, found %s", what, found);
}

undr_slice check_lex_word(check_lexer *lexer) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    while (lexer->at < lexer->end && !is_blank(check_lex_peek(lexer))) {
        lexer->at++;
    }
    return undr_slice_of(lexer->text.data + from, lexer->at - from);
}

bool check_lex_accept(check_lexer *lexer, const char *word) {
    size_t from = lexer->at;
    if (check_slice_is(check_lex_word(lexer), word)) {
        return true;
    }
    lexer->at = from;
    return false;
}

undr_slice check_lex_identifier(const check_lexer *lexer) {
    size_t size = 0;
    while (is_identifier(check_lex_peek_after(lexer, size), size == 0)) {
        size++;
    }
    return undr_slice_of(lexer->text.data + lexer->at, size);
}

undr_error check_lex_finish(check_lexer *lexer) {
    if (check_lex_at_end(lexer)) {
        return UNDR_OK;
    }
    if (check_lex_peek(lexer) == '#') {
        return check_lex_fail(
            lexer, lexer->at, "expected the end of the line, found a comment: give it a line of its own");
    }
    return check_lex_expected(lexer, lexer->at, "the end of the line");
}

static bool digit_of(uint8_t byte, uint64_t base, uint64_t *digit) {
    if (byte >= '0' && byte <= '9') {
        *digit = (uint64_t)(byte - '0');
        return true;
    }
    uint8_t lower = byte | 0x20;
    *digit = (uint64_t)(lower - 'a') + 10;
    return base == 16 && lower >= 'a' && lower <= 'f';
}

static bool number_of(undr_slice word, uint64_t *number) {
    bool hex = word.size > 2 && word.data[0] == '0' && (word.data[1] | 0x20) == 'x';
    uint64_t base = hex ? 16 : 10;
    *number = 0;
    for (size_t i = hex ? 2 : 0; i < word.size; i++) {
        uint64_t digit;
        if (!digit_of(word.data[i], base, &digit) || *number > (UINT64_MAX - digit) / base) {
            return false;
        }
        *number = *number * base + digit;
    }
    return word.size > 0;
}

undr_error check_lex_number(check_lexer *lexer, uint64_t least, uint64_t most, const char *what, uint64_t *number) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (number_of(check_lex_word(lexer), number) && *number >= least && *number <= most) {
        return UNDR_OK;
    }
    char expected[128];
    (void)snprintf(
        expected, sizeof expected, "%s, %llu to %llu", what, (unsigned long long)least, (unsigned long long)most);
    lexer->at = from;
    return check_lex_expected(lexer, from, expected);
}

undr_error check_lex_rest(check_lexer *lexer, const char *what, const char **text) {
    check_lex_blanks(lexer);
    size_t from = lexer->at, to = lexer->end;
    while (to > from && is_blank(lexer->text.data[to - 1])) {
        to--;
    }
    if (to == from) {
        return check_lex_expected(lexer, from, what);
    }
    lexer->at = lexer->end;
    return check_lex_copy(lexer, undr_slice_of(lexer->text.data + from, to - from), text);
}

undr_error check_lex_copy(check_lexer *lexer, undr_slice slice, const char **text) {
    void *memory;
    undr_error error = undr_arena_take(lexer->arena, slice.size + 1, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    char *copy = memory;
    if (slice.size > 0) {
        memcpy(copy, slice.data, slice.size);
    }
    copy[slice.size] = '\0';
    *text = copy;
    return UNDR_OK;
}

undr_error check_grow(undr_arena *arena, void **at, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return UNDR_OK;
    }
    size_t wanted = *capacity == 0 ? 4 : *capacity * 2;
    if (wanted > SIZE_MAX / size) { /* unreachable: that many items need a text as large as all memory */
        return UNDR_MEMORY;
    }
    void *memory;
    undr_error error = undr_arena_take(arena, wanted * size, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    if (count > 0) {
        memcpy(memory, *at, count * size);
    }
    *at = memory;
    *capacity = wanted;
    return UNDR_OK;
}
