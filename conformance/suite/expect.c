/* expect.c: the file of expected failures. */
#include "suite/expect.h"

#include "base/grow.h"
#include "base/text.h"
#include "base/user_file.h"
#include "base/writer.h"
#include "suite/condition.h"
#include "suite/ids.h"
#include "suite/suite.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const check_entry *find_pattern(const check_expected *expected, const check_case *one) {
    const check_entry *found = NULL;
    for (size_t i = 0; i < expected->pattern_count && found == NULL; i++) {
        const check_entry *entry = &expected->at[expected->patterns[i]];
        found = entry->holds && check_case_fits(one, entry->name) ? entry : NULL;
    }
    return found;
}

static const check_entry *find_name(const check_expected *expected, const char *name) {
    size_t first = check_name_map_get(&expected->by_name, name);
    size_t index = first == CHECK_NO_NAME ? CHECK_NO_NAME : expected->at[first].holding;
    return index == CHECK_NO_NAME ? NULL : &expected->at[index];
}

const check_entry *check_expected_find(const check_expected *expected, const check_case *one) {
    const check_entry *found = find_name(expected, one->name);
    for (size_t i = 0; i < one->was_count && found == NULL; i++) {
        found = find_name(expected, one->was[i]);
    }
    return found == NULL ? find_pattern(expected, one) : found;
}

static char *copy_of(undr_slice text) {
    return text.size == 0 ? strdup("") : strndup((const char *)text.data, text.size);
}

/* What a line says. */
struct line {
    undr_slice condition, name, reason;
    const char *id;
    check_verdict verdict;
    bool flaky;
    int number;
};

static undr_error note_pattern(check_expected *expected, size_t index) {
    size_t *patterns = check_array_grow(
        expected->patterns, expected->pattern_count, &expected->pattern_capacity, sizeof *patterns);
    if (patterns == NULL) {
        return UNDR_MEMORY;
    }
    expected->patterns = patterns;
    expected->patterns[expected->pattern_count++] = index;
    return UNDR_OK;
}

/* *before: the number of the first entry of the case, when it had one already. */
static undr_error add_entry(check_expected *expected, const struct line *line, size_t *before) {
    check_entry *at = check_array_grow(expected->at, expected->count, &expected->capacity, sizeof *at);
    if (at == NULL) {
        return UNDR_MEMORY;
    }
    expected->at = at;
    undr_error error = UNDR_OK;
    size_t index = expected->count++;
    bool always = line->condition.size == 0;
    check_entry *entry = &expected->at[index];
    *entry = (check_entry){.name = copy_of(line->name),
        .verdict = line->verdict,
        .flaky = line->flaky,
        .id = line->id,
        .reason = copy_of(line->reason),
        .line = line->number,
        .condition = always ? NULL : copy_of(line->condition),
        .holds = always,
        .holding = always ? index : CHECK_NO_NAME};
    if (entry->name == NULL || entry->reason == NULL || (!always && entry->condition == NULL)) {
        return UNDR_MEMORY;
    }
    entry->pattern = entry->name[strcspn(entry->name, "*?[")] != '\0';
    error = entry->pattern ? note_pattern(expected, index) : UNDR_OK;
    return error == UNDR_OK ? check_name_map_put(&expected->by_name, entry->name, index, before) : error;
}

/* "FILE:LINE: WHAT, found `FOUND`" */
static undr_error mistake(
    check_expected *expected, int line, const char *what, undr_slice found, undr_buffer *message) {
    check_writer out = check_writer_to(message);
    check_write_format(&out, "%s:%d: %s, found `", expected->file, line, what);
    check_write_clean(&out, found);
    check_write(&out, "`");
    return check_refused(out.error);
}

static bool is_word(undr_slice word, const char *text) {
    return undr_slice_equal(word, undr_slice_text(text));
}

/* SCHED of SCHED-3 and a number: is it the first part of an id of the specification? */
static bool is_family(undr_slice word) {
    const uint8_t *dash = word.size == 0 ? NULL : memrchr(word.data, '-', word.size);
    size_t size = dash == NULL ? 0 : (size_t)(dash + 1 - word.data);
    bool digits = size > 1 && size < word.size, found = false;
    for (size_t i = size; i < word.size; i++) {
        digits = digits && isdigit(word.data[i]);
    }
    for (const check_known_id *known = check_known_ids; digits && known->id != NULL && !found; known++) {
        found = strlen(known->id) > size && memcmp(known->id, word.data, size) == 0;
    }
    return found;
}

/* The id after the case; without one, *rest is unchanged. False: there is no such requirement. */
static bool take_id(undr_slice *rest, const char **id) {
    undr_slice after = *rest, word = check_text_take_word(&after);
    for (const check_known_id *known = check_known_ids; known->id != NULL && *id == NULL; known++) {
        *id = is_word(word, known->id) ? known->id : NULL;
    }
    bool mistyped = *id == NULL && is_family(word);
    *rest = *id == NULL ? *rest : after;
    return !mistyped;
}

static bool take_verdict(undr_slice word, struct line *line) {
    line->flaky = is_word(word, "flaky");
    line->verdict = is_word(word, "warn") ? CHECK_WARN : CHECK_FAIL;
    return line->flaky || is_word(word, "fail") || is_word(word, "warn");
}

/* Reads a line up to its reason. */
static undr_error read_line(undr_slice rest, struct line *line, check_expected *expected, undr_buffer *message) {
    undr_slice whole = rest, word = check_text_take_word(&rest);
    const char *what = "expected `fail CASE REASON`, `warn CASE REASON` or `flaky CASE REASON`";
    if (is_word(word, "when")) {
        if (check_condition_take(&rest, &line->condition, &what) != UNDR_OK) {
            return mistake(expected, line->number, what, whole, message);
        }
        what = "expected `fail CASE REASON`, `warn CASE REASON` or `flaky CASE REASON` after the condition";
        word = check_text_take_word(&rest);
    }
    if (!take_verdict(word, line)) {
        return mistake(expected, line->number, what, whole, message);
    }
    line->name = check_text_take_word(&rest);
    if (line->name.size == 0) {
        return mistake(expected, line->number, "expected the name of a case", whole, message);
    }
    if (!take_id(&rest, &line->id)) {
        return mistake(expected, line->number, "the specification has no requirement with that id", whole, message);
    }
    line->reason = check_text_trim(rest);
    return line->reason.size > 0 ? UNDR_OK : mistake(expected, line->number, "a reason is expected", whole, message);
}

static undr_error parse_line(undr_slice text, int number, check_expected *expected, undr_buffer *message) {
    undr_slice rest = check_text_trim(text);
    if (rest.size == 0 || rest.data[0] == '#') {
        return UNDR_OK;
    }
    struct line line = {.number = number};
    undr_error error = read_line(rest, &line, expected, message);
    size_t before = CHECK_NO_NAME;
    error = error == UNDR_OK ? add_entry(expected, &line, &before) : error;
    if (error != UNDR_OK || before == CHECK_NO_NAME) {
        return error;
    }
    const check_entry *first = &expected->at[before];
    if (first->condition != NULL && line.condition.size > 0) {
        return UNDR_OK; /* check_expected_apply sees whether both hold */
    }
    return check_refused(undr_put_format(message, "%s:%d: the case %s has an entry at line %d already", expected->file,
        number, first->name, first->line));
}

static undr_error say_undecided(const check_expected *expected, const check_entry *entry, undr_slice word,
    undr_slice capabilities, undr_buffer *message) {
    int size = (int)word.size;
    const char *name = (const char *)word.data;
    bool own = undr_slice_equal(word, undr_slice_text("version"));
    check_writer out = check_writer_to(message);
    check_write_format(&out,
        "%s:%d: `when %s` can't be decided: the adapter declares no version of `%.*s`. Its capabilities need a line ",
        expected->file, entry->line, entry->condition, size, name);
    if (own) {
        check_write(&out, "`version VERSION`");
    } else {
        check_write_format(&out, "`language %.*s VERSION`", size, name);
    }
    check_write(&out, capabilities.size == 0 ? " (under --connect there is no adapter to ask)" : "");
    return check_refused(out.error);
}

/* The entry that holds is the one of its case. */
static undr_error take_hold(check_expected *expected, size_t index, undr_buffer *message) {
    const check_entry *entry = &expected->at[index];
    check_entry *first = &expected->at[check_name_map_get(&expected->by_name, entry->name)];
    if (first->holding == CHECK_NO_NAME) {
        first->holding = index;
        return UNDR_OK;
    }
    return check_refused(undr_put_format(message,
        "%s:%d: `when %s` holds, and so does the condition of line %d, for the same case %s: remove one of the two "
        "entries",
        expected->file, entry->line, entry->condition, expected->at[first->holding].line, entry->name));
}

undr_error check_expected_apply(check_expected *expected, undr_slice capabilities, undr_buffer *message) {
    for (size_t i = 0; i < expected->count; i++) {
        check_entry *entry = &expected->at[i];
        entry->holding = entry->condition == NULL ? i : CHECK_NO_NAME;
    }
    for (size_t i = 0; i < expected->count; i++) {
        check_entry *entry = &expected->at[i];
        undr_slice word = {0};
        if (entry->condition == NULL) {
            continue;
        }
        undr_slice condition = undr_slice_text(entry->condition);
        if (check_condition_holds(condition, capabilities, &entry->holds, &word) != UNDR_OK) {
            return say_undecided(expected, entry, word, capabilities, message);
        }
        undr_error error = entry->holds ? take_hold(expected, i, message) : UNDR_OK;
        if (error != UNDR_OK) {
            return error;
        }
    }
    return UNDR_OK;
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
        free(expected->at[i].condition);
    }
    free(expected->at);
    free(expected->patterns);
    check_name_map_free(&expected->by_name);
    free(expected->file);
    *expected = (check_expected){0};
}

void check_expected_write(FILE *out, const check_entry *entry, undr_slice reason) {
    reason = check_text_trim(reason);
    if (entry->condition != NULL) {
        fprintf(out, "when %s ", entry->condition);
    }
    const char *word = entry->flaky ? "flaky" : entry->verdict == CHECK_WARN ? "warn" : "fail";
    fprintf(out, "%s %s ", word, entry->name);
    if (entry->id != NULL) {
        fprintf(out, "%s ", entry->id);
    }
    for (size_t i = 0; i < reason.size; i++) {
        uint8_t byte = reason.data[i] == '\n' ? ' ' : reason.data[i];
        size_t length = check_text_character(undr_slice_of(reason.data + i, reason.size - i));
        check_text_plain(out, undr_slice_of(length > 1 ? reason.data + i : &byte, length > 1 ? length : 1));
        i += length > 1 ? length - 1 : 0;
    }
    fputs(reason.size == 0 ? "no reason known\n" : "\n", out);
}
