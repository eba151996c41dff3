/* parse_head.c: reads the head of a case: its name, requirements, and how it wants to be played. */
#include "notation/parse_head.h"

#include <string.h>

static bool is_name_byte(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

/* Words of [a-z0-9-] joined by dots, two at least. */
static bool is_case_name(undr_slice word) {
    size_t dots = 0;
    bool start = true;
    for (size_t i = 0; i < word.size; i++) {
        bool dot = word.data[i] == '.';
        if (dot ? start : !is_name_byte(word.data[i])) {
            return false;
        }
        dots += dot ? 1 : 0;
        start = dot;
    }
    return dots > 0 && !start;
}

static bool role_of(undr_slice word, check_role *role) {
    static const char *const names[] = {"manager", "worker", "pool"};
    for (int i = 0; i < 3; i++) {
        if (check_slice_is(word, names[i])) {
            *role = (check_role)i;
            return true;
        }
    }
    return false;
}

static void set_defaults(check_case *one) {
    one->workers = one->role == CHECK_ROLE_POOL ? 2 : 0;
    one->levels = 2;
}

undr_error check_read_case_line(check_lexer *lexer, check_case *one) {
    *one = (check_case){.file = lexer->file, .line = lexer->line};
    if (check_lex_indent(lexer) > 0 || !check_lex_accept(lexer, "case")) {
        return check_lex_expected(lexer, lexer->start, "`case NAME` at the start of the line");
    }
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_slice name = check_lex_word(lexer);
    if (!is_case_name(name)) {
        return check_lex_expected(
            lexer, from, "the name of a case, words of a-z, 0-9 and - joined by dots, as in manager.schedule.order");
    }
    const uint8_t *dot = memchr(name.data, '.', name.size);
    if (!role_of(undr_slice_of(name.data, (size_t)(dot - name.data)), &one->role)) {
        return check_lex_expected(lexer, from, "a name that begins with its role (manager., worker., pool.)");
    }
    set_defaults(one);
    undr_error error = check_lex_copy(lexer, name, &one->name);
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

static undr_error read_note(check_head *head, check_lexer *lexer, check_case *one) {
    void *at = one->notes;
    undr_error error = check_grow(lexer->arena, &at, one->note_count, &head->notes, sizeof *one->notes);
    if (error != UNDR_OK) {
        return error;
    }
    one->notes = at;
    error = check_lex_rest(lexer, "a text after `note`", &one->notes[one->note_count]);
    one->note_count += error == UNDR_OK ? 1 : 0;
    return error;
}

/* The name of another case, added to a list of such. */
static undr_error read_name(
    check_lexer *lexer, const check_case *one, const char ***list, size_t *count, size_t *capacity) {
    void *at = *list;
    undr_error error = check_grow(lexer->arena, &at, *count, capacity, sizeof **list);
    if (error != UNDR_OK) {
        return error;
    }
    *list = at;
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_slice name = check_lex_word(lexer);
    if (!is_case_name(name) || check_slice_is(name, one->name)) {
        return check_lex_expected(lexer, from, "the name of another case");
    }
    error = check_lex_copy(lexer, name, &(*list)[*count]);
    *count += error == UNDR_OK ? 1 : 0;
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

static undr_error read_after(check_head *head, check_lexer *lexer, check_case *one) {
    return read_name(lexer, one, &one->after, &one->after_count, &head->after);
}

static undr_error read_was(check_head *head, check_lexer *lexer, check_case *one) {
    return read_name(lexer, one, &one->was, &one->was_count, &head->was);
}

/* Numbers joined by dots, two at least: 0.2.0 */
static bool is_version(undr_slice word) {
    size_t dots = 0, digits = 0;
    for (size_t i = 0; i < word.size; i++) {
        bool dot = word.data[i] == '.', digit = word.data[i] >= '0' && word.data[i] <= '9';
        if ((dot && digits == 0) || (!dot && !digit)) {
            return false;
        }
        dots += dot ? 1 : 0;
        digits = dot ? 0 : digits + 1;
    }
    return dots > 0 && digits > 0;
}

static undr_error read_since(check_head *head, check_lexer *lexer, check_case *one) {
    (void)head;
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_slice version = check_lex_word(lexer);
    if (!is_version(version)) {
        return check_lex_expected(lexer, from, "a version, as in since 0.2.0");
    }
    undr_error error = check_lex_copy(lexer, version, &one->since);
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

static bool is_capability(undr_slice word) {
    for (size_t i = 0; i < word.size; i++) {
        if (!is_name_byte(word.data[i])) {
            return false;
        }
    }
    return word.size > 0 && word.data[0] >= 'a';
}

static undr_error read_needs(check_head *head, check_lexer *lexer, check_case *one) {
    void *at = one->needs;
    undr_error error = check_grow(lexer->arena, &at, one->need_count, &head->needs, sizeof *one->needs);
    if (error != UNDR_OK) {
        return error;
    }
    one->needs = at;
    check_need *need = &one->needs[one->need_count];
    *need = (check_need){0};
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_slice word = check_lex_word(lexer);
    if (!is_capability(word)) {
        return check_lex_expected(lexer, from, "the name of a capability, as in needs priority-levels 128");
    }
    error = check_lex_copy(lexer, word, &need->capability);
    if (error == UNDR_OK && !check_lex_at_end(lexer)) {
        uint64_t minimum = 0;
        error = check_lex_number(lexer, 0, INT64_MAX, "the least value that the case needs", &minimum);
        need->minimum = (int64_t)minimum;
    }
    one->need_count += error == UNDR_OK ? 1 : 0;
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

/* workers N, levels N, log-directory [missing], in any order */
static undr_error read_role_options(check_lexer *lexer, check_case *one) {
    while (!check_lex_at_end(lexer)) {
        uint64_t number = 0;
        undr_error error = UNDR_OK;
        size_t from = lexer->at;
        if (one->role == CHECK_ROLE_WORKER) {
            return check_lex_fail(
                lexer, from, "expected the end of the line: in the worker role the harness is the manager");
        }
        if (check_lex_accept(lexer, "workers")) {
            error = check_lex_number(lexer, 0, 1000, "a number of workers", &number);
            one->workers = (unsigned)number;
        } else if (check_lex_accept(lexer, "levels")) {
            error = check_lex_number(lexer, 1, 128, "a number of priority levels", &number);
            one->levels = (unsigned)number;
        } else if (check_lex_accept(lexer, "log-directory")) {
            one->log_directory = true;
            one->log_missing = check_lex_accept(lexer, "missing");
        } else {
            return check_lex_expected(lexer, from, "`workers N`, `levels N` or `log-directory`");
        }
        if (error != UNDR_OK) {
            return error;
        }
    }
    return UNDR_OK;
}

static undr_error read_role(check_head *head, check_lexer *lexer, check_case *one) {
    check_role role;
    (void)head;
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (!role_of(check_lex_word(lexer), &role)) {
        return check_lex_expected(lexer, from, "`manager`, `worker` or `pool`");
    }
    if (role != one->role) {
        return check_lex_fail(
            lexer, from, "this role is not the first word of the case's name: rename the case, or change the role");
    }
    return read_role_options(lexer, one);
}

static undr_error read_delivery(check_head *head, check_lexer *lexer, check_case *one) {
    static const char *const names[] = {"each", "whole", "pipeline"};
    (void)head;
    check_lex_blanks(lexer);
    for (int i = 0; i < 3; i++) {
        if (check_lex_accept(lexer, names[i])) {
            one->reach = (check_reach)i;
            return check_lex_finish(lexer);
        }
    }
    return check_lex_expected(lexer, lexer->at, "`each`, `whole` or `pipeline`");
}

static undr_error read_set(check_head *head, check_lexer *lexer, check_case *one) {
    (void)head;
    check_lex_blanks(lexer);
    if (!check_lex_accept(lexer, "load")) {
        return check_lex_expected(lexer, lexer->at, "`load`");
    }
    one->load = true;
    return check_lex_finish(lexer);
}

static undr_error read_destructive(check_head *head, check_lexer *lexer, check_case *one) {
    (void)head;
    one->destructive = true;
    return check_lex_finish(lexer);
}

static const struct {
    const char *word;
    undr_error (*read)(check_head *head, check_lexer *lexer, check_case *one);
    bool once;
} lines[] = {
    {"note", read_note, false},
    {"role", read_role, true},
    {"needs", read_needs, false},
    {"delivery", read_delivery, true},
    {"set", read_set, true},
    {"destructive", read_destructive, true},
    {"after", read_after, false},
    {"since", read_since, true},
    {"was", read_was, false},
};

static undr_error read_head_requirement(check_head *head, check_lexer *lexer, check_case *one, bool *found) {
    check_requirement requirement;
    undr_error error = check_read_requirement(lexer, &requirement, found);
    if (error != UNDR_OK || !*found) {
        return error;
    }
    void *at = one->requirements;
    error = check_grow(lexer->arena, &at, one->requirement_count, &head->requirements, sizeof requirement);
    if (error == UNDR_OK) {
        one->requirements = at;
        one->requirements[one->requirement_count++] = requirement;
    }
    return error;
}

undr_error check_read_head_line(check_head *head, check_lexer *lexer, check_case *one, bool *found) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (!check_lex_accept(lexer, lines[i].word)) {
            continue;
        }
        *found = true;
        if (one->step_count > 0) {
            return check_lex_fail(lexer, from, "`%s` belongs to the head: put it above the first step", lines[i].word);
        }
        if (lines[i].once && (head->seen & 1u << i) != 0) {
            return check_lex_fail(lexer, from, "`%s` occurs twice: keep one", lines[i].word);
        }
        head->seen |= 1u << i;
        return lines[i].read(head, lexer, one);
    }
    *found = false;
    return one->step_count > 0 ? UNDR_OK : read_head_requirement(head, lexer, one, found);
}
