/* parse_term.c: reads values: Python's containers and what the notation adds to them (names, classes, V * N). */
#include "notation/parse_term.h"
#include "notation/parse_literal.h"
#include "notation/parse_word.h"

#include <string.h>

static bool is_hashable(const undr_value *value) {
    switch (value->kind) {
    case UNDR_LIST:
    case UNDR_DICT:
    case UNDR_SET:
    case UNDR_BYTEARRAY: return false;
    case UNDR_TUPLE:
        for (size_t i = 0; i < value->items.count; i++) {
            if (!is_hashable(value->items.at[i])) {
                return false;
            }
        }
        return true;
    default: return true;
    }
}

/* Keys and elements of sets must be hashable, and known when the case is played: no patterns. */
static undr_error check_key(check_lexer *lexer, size_t from, const check_term *key) {
    switch (key->kind) {
    case CHECK_TERM_VALUE:
        if (is_hashable(key->value)) {
            return UNDR_OK;
        }
        return check_lex_expected(lexer, from, "a hashable value as a key or element of a set");
    case CHECK_TERM_GATE:
    case CHECK_TERM_COUNTER:
    case CHECK_TERM_CLASS: return UNDR_OK;
    case CHECK_TERM_BIND:
    case CHECK_TERM_ANY: return check_lex_expected(lexer, from, "a known key or element of a set (no ?name, no _)");
    default: return check_lex_expected(lexer, from, "a plain literal as a key or element of a set");
    }
}

enum { DUPLICATES_CHECKED = 1000 }; /* beyond that the comparison of all with all would take long */

static undr_error check_new_key(
    check_lexer *lexer, size_t from, const check_parts *list, size_t stride, const check_term *key) {
    undr_error error = check_key(lexer, from, key);
    if (error != UNDR_OK || key->kind != CHECK_TERM_VALUE || list->count > DUPLICATES_CHECKED) {
        return error;
    }
    for (size_t i = 0; i < list->count; i += stride) {
        bool equal = false; /* also what is too large to compare */
        if (list->at[i]->kind == CHECK_TERM_VALUE
            && undr_value_equal(key->value, list->at[i]->value, &equal) == UNDR_MEMORY) {
            return UNDR_MEMORY;
        }
        if (equal) {
            return check_lex_fail(lexer, from, "this key or element occurs twice");
        }
    }
    return UNDR_OK;
}

/* Passes `,` or sees the closing bracket; blanks after it are passed, too. */
static undr_error read_nested(check_lexer *lexer, unsigned depth, check_term **term);

static undr_error read_separator(check_lexer *lexer, char closing) {
    check_lex_blanks(lexer);
    if (check_lex_peek(lexer) == ',') {
        lexer->at++;
        check_lex_blanks(lexer);
        return UNDR_OK;
    }
    if (check_lex_peek(lexer) == closing) {
        return UNDR_OK;
    }
    char expected[] = "`,` or `?`";
    expected[sizeof expected - 3] = closing;
    return check_lex_expected(lexer, lexer->at, expected);
}

static undr_error read_sequence(check_lexer *lexer, unsigned depth, check_term **term) {
    bool tuple = check_lex_peek(lexer) == '(', comma = false;
    char closing = tuple ? ')' : ']';
    check_parts list = {0};
    lexer->at++;
    check_lex_blanks(lexer);
    while (check_lex_peek(lexer) != closing) {
        check_term *part;
        undr_error error = read_nested(lexer, depth, &part);
        if (error == UNDR_OK) {
            error = check_add_part(lexer, &list, part);
        }
        size_t behind = lexer->at;
        if (error == UNDR_OK) {
            error = read_separator(lexer, closing);
        }
        if (error != UNDR_OK) {
            return error;
        }
        comma = comma || memchr(lexer->text.data + behind, ',', lexer->at - behind) != NULL;
    }
    lexer->at++;
    if (tuple && list.count == 1 && !comma) { /* parentheses around a value */
        *term = list.at[0];
        return UNDR_OK;
    }
    return check_new_container(lexer, tuple ? CHECK_TERM_TUPLE : CHECK_TERM_LIST, &list, term);
}

static undr_error read_entry_value(check_lexer *lexer, unsigned depth, check_parts *list) {
    check_lex_blanks(lexer);
    if (check_lex_peek(lexer) != ':') {
        return check_lex_expected(lexer, lexer->at, "`:` after a key");
    }
    lexer->at++;
    check_term *value;
    undr_error error = read_nested(lexer, depth, &value);
    return error == UNDR_OK ? check_add_part(lexer, list, value) : error;
}

static undr_error read_element(check_lexer *lexer, unsigned depth, check_parts *list, bool *dict) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    check_term *key;
    undr_error error = read_nested(lexer, depth, &key);
    if (error != UNDR_OK) {
        return error;
    }
    if (list->count == 0) {
        check_lex_blanks(lexer);
        *dict = check_lex_peek(lexer) == ':';
    }
    error = check_new_key(lexer, from, list, *dict ? 2 : 1, key);
    if (error == UNDR_OK) {
        error = check_add_part(lexer, list, key);
    }
    return error == UNDR_OK && *dict ? read_entry_value(lexer, depth, list) : error;
}

static undr_error read_braces(check_lexer *lexer, unsigned depth, check_term **term) {
    check_parts list = {0};
    bool dict = true;
    lexer->at++;
    check_lex_blanks(lexer);
    while (check_lex_peek(lexer) != '}') {
        undr_error error = read_element(lexer, depth, &list, &dict);
        if (error == UNDR_OK) {
            error = read_separator(lexer, '}');
        }
        if (error != UNDR_OK) {
            return error;
        }
    }
    lexer->at++;
    return check_new_container(lexer, dict ? CHECK_TERM_DICT : CHECK_TERM_SET, &list, term);
}

static undr_error read_atom(check_lexer *lexer, unsigned depth, check_term **term) {
    undr_value *value = NULL;
    undr_error error;
    int byte = check_lex_peek(lexer);
    if (byte == '[' || byte == '(') {
        return read_sequence(lexer, depth, term);
    }
    if (byte == '{') {
        return read_braces(lexer, depth, term);
    }
    if (byte == '?') {
        return check_read_binding(lexer, term);
    }
    if (check_at_text(lexer)) {
        error = check_read_text(lexer, &value);
        return check_new_value(lexer, error, value, term);
    }
    if (check_at_number(lexer)) {
        error = check_read_number(lexer, &value);
        return check_new_value(lexer, error, value, term);
    }
    return check_at_minus_infinity(lexer) ? check_read_minus_infinity(lexer, term)
                                          : check_read_word(lexer, (check_nested){read_nested, depth}, term);
}

/* How much one repetition of what V * N multiplies makes; 0: it can't be multiplied. */
static uint64_t weight_of(const check_term *base) {
    if (base->kind == CHECK_TERM_LIST) {
        return 64 * (uint64_t)(base->part_count + 1);
    }
    if (base->kind != CHECK_TERM_VALUE) {
        return 0;
    }
    switch (base->value->kind) {
    case UNDR_STR:
    case UNDR_BYTES: return (uint64_t)base->value->bytes.size + 1;
    case UNDR_LIST: return 64 * (uint64_t)(base->value->items.count + 1);
    default: return 0;
    }
}

static undr_error read_times(check_lexer *lexer, size_t from, check_term **term) {
    uint64_t weight = weight_of(*term);
    if (weight == 0) {
        return check_lex_expected(lexer, from, "a str, bytes or list before `*`");
    }
    lexer->at++;
    check_lex_blanks(lexer);
    size_t at = lexer->at;
    undr_value *number = NULL;
    undr_error error = check_at_number(lexer) ? check_read_number(lexer, &number) : UNDR_OK;
    if (error != UNDR_OK) {
        return error;
    }
    int64_t times = 0;
    if (!undr_value_int64(number, &times) || times < 0 || (uint64_t)times > CHECK_TIMES_SIZE / weight) {
        return check_lex_expected(lexer, at, "how many times (the result has at most 1 GiB)");
    }
    check_term *base = *term;
    check_parts list = {0};
    error = check_add_part(lexer, &list, base);
    if (error == UNDR_OK) {
        error = check_new_term(lexer, CHECK_TERM_TIMES, term);
    }
    if (error == UNDR_OK) {
        (*term)->parts = list.at;
        (*term)->part_count = 1;
        (*term)->number = (uint64_t)times;
    }
    return error;
}

static undr_error read_nested(check_lexer *lexer, unsigned depth, check_term **term) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (depth == 0) {
        return check_lex_fail(
            lexer, from, "this value is nested deeper than %d levels: write a flatter one", CHECK_TERM_DEPTH);
    }
    undr_error error = read_atom(lexer, depth - 1, term);
    if (error != UNDR_OK) {
        return error;
    }
    size_t behind = lexer->at;
    check_lex_blanks(lexer);
    if (check_lex_peek(lexer) == '*') {
        return read_times(lexer, from, term);
    }
    lexer->at = behind;
    return UNDR_OK;
}

undr_error check_read_term(check_lexer *lexer, check_term **term) {
    return read_nested(lexer, CHECK_TERM_DEPTH, term);
}
