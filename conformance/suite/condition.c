/* condition.c: the conditions of the expected failures. */
#include "suite/condition.h"

#include "base/text.h"
#include "suite/version.h"

#include <string.h>

typedef struct comparison {
    undr_slice word, relation, version;
} comparison;

static bool is_text(undr_slice slice, const char *text) {
    return undr_slice_equal(slice, undr_slice_text(text));
}

static const struct {
    const char *text;
    bool below, equal, above;
} relations[] = {
    {"<", true, false, false},
    {"<=", true, true, false},
    {"==", false, true, false},
    {"!=", true, false, true},
    {">=", false, true, true},
    {">", false, false, true},
};
enum { RELATIONS = sizeof relations / sizeof *relations };

static size_t find_relation(undr_slice text) {
    size_t i = 0;
    while (i < RELATIONS && !is_text(text, relations[i].text)) {
        i++;
    }
    return i;
}

static comparison take_comparison(undr_slice *rest) {
    comparison one;
    one.word = check_text_take_word(rest);
    one.relation = check_text_take_word(rest);
    one.version = check_text_take_word(rest);
    return one;
}

undr_error check_condition_take(undr_slice *rest, undr_slice *condition, const char **what) {
    *rest = check_text_trim(*rest);
    const uint8_t *first = rest->data;
    for (undr_slice after = *rest;; check_text_take_word(&after)) { /* that one is `and` */
        check_version asked;
        comparison one = take_comparison(&after);
        if (find_relation(one.relation) == RELATIONS) {
            *what = "`when WORD RELATION VERSION` needs < <= == != >= or > as its RELATION, between blanks";
            return UNDR_ARGUMENT;
        }
        if (!check_version_read(one.version, &asked)) {
            *what = "`when WORD RELATION VERSION` needs numbers as its VERSION, such as 3.13";
            return UNDR_ARGUMENT;
        }
        *condition = undr_slice_of(first, (size_t)(after.data - first));
        *rest = after;
        undr_slice next = after;
        if (!is_text(check_text_take_word(&next), "and")) {
            return UNDR_OK;
        }
    }
}

/* The version that a line `version VERSION`, or `language WORD VERSION`, declares. */
static bool find_declared(undr_slice capabilities, undr_slice word, check_version *found) {
    bool own = is_text(word, "version"), is_found = false;
    for (undr_slice rest = capabilities; rest.size > 0 && !is_found;) {
        const uint8_t *newline = memchr(rest.data, '\n', rest.size);
        size_t size = newline == NULL ? rest.size : (size_t)(newline - rest.data);
        undr_slice line = undr_slice_of(rest.data, size);
        bool fits = is_text(check_text_take_word(&line), own ? "version" : "language")
            && (own || undr_slice_equal(check_text_take_word(&line), word));
        is_found = fits && check_version_read(check_text_trim(line), found);
        size += newline == NULL ? 0 : 1;
        rest = undr_slice_of(rest.data + size, rest.size - size);
    }
    return is_found;
}

undr_error check_condition_holds(undr_slice condition, undr_slice capabilities, bool *holds, undr_slice *word) {
    *holds = true;
    for (undr_slice rest = condition; rest.size > 0; check_text_take_word(&rest)) {
        check_version asked, found;
        comparison one = take_comparison(&rest);
        size_t relation = find_relation(one.relation);
        *word = one.word;
        if (relation == RELATIONS || !check_version_read(one.version, &asked)
            || !find_declared(capabilities, one.word, &found)) {
            return UNDR_ARGUMENT;
        }
        int order = check_version_compare(&found, &asked);
        *holds = *holds
            && (order < 0        ? relations[relation].below
                    : order == 0 ? relations[relation].equal
                                 : relations[relation].above);
        rest = check_text_trim(rest);
    }
    return UNDR_OK;
}
