/* term.c: makes terms, and says what they are. */
#include "notation/term.h"

#include <string.h>

undr_error check_new_term(check_lexer *lexer, check_term_kind kind, check_term **term) {
    void *memory;
    undr_error error = undr_arena_take(lexer->arena, sizeof **term, &memory);
    if (error == UNDR_OK) {
        *term = memory;
        **term = (check_term){.kind = kind};
    }
    return error;
}

undr_error check_new_value(check_lexer *lexer, undr_error error, undr_value *value, check_term **term) {
    if (error == UNDR_OK) {
        error = check_new_term(lexer, CHECK_TERM_VALUE, term);
    }
    if (error == UNDR_OK) {
        (*term)->value = value;
    }
    return error;
}

undr_error check_add_part(check_lexer *lexer, check_parts *list, check_term *part) {
    void *at = list->at;
    undr_error error = check_grow(lexer->arena, &at, list->count, &list->capacity, sizeof *list->at);
    if (error == UNDR_OK) {
        list->at = at;
        list->at[list->count++] = part;
    }
    return error;
}

static undr_kind kind_of(check_term_kind kind) {
    switch (kind) {
    case CHECK_TERM_TUPLE: return UNDR_TUPLE;
    case CHECK_TERM_DICT: return UNDR_DICT;
    case CHECK_TERM_SET: return UNDR_SET;
    default: return UNDR_LIST;
    }
}

/* A container whose parts are all plain is one plain value. */
undr_error check_new_container(check_lexer *lexer, check_term_kind kind, const check_parts *list, check_term **term) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i]->kind != CHECK_TERM_VALUE) {
            undr_error failed = check_new_term(lexer, kind, term);
            if (failed == UNDR_OK) {
                (*term)->parts = list->at;
                (*term)->part_count = list->count;
            }
            return failed;
        }
    }
    void *memory;
    undr_error error = undr_arena_take(lexer->arena, (list->count + 1) * sizeof(undr_value *), &memory);
    if (error != UNDR_OK) {
        return error;
    }
    undr_value **items = memory;
    for (size_t i = 0; i < list->count; i++) {
        items[i] = list->at[i]->value;
    }
    undr_value *value = NULL;
    error = undr_value_items(lexer->arena, kind_of(kind), items, list->count, &value);
    return check_new_value(lexer, error, value, term);
}

const undr_value *check_value_only_entry(const undr_value *value, const char *key) {
    bool only = value->kind == UNDR_DICT && value->items.count == 2 && undr_value_is_text(value->items.at[0], key);
    return only ? value->items.at[1] : NULL;
}

const check_term *check_term_only_entry(const check_term *term, const char *key) {
    bool only = term->kind == CHECK_TERM_DICT && term->part_count == 2 /* a gate, `i`, a class: no text */
        && undr_value_is_text(term->parts[0]->value, key);
    return only ? term->parts[1] : NULL;
}

bool check_is_wire_literal(const check_term *term) {
    if (term->kind == CHECK_TERM_TIMES) {
        return check_is_wire_literal(term->parts[0]);
    }
    return term->kind == CHECK_TERM_VALUE && term->value->kind == UNDR_BYTES;
}
