/* results.c: reads a report that --json wrote. */
#include "report/results.h"

#include "base/text.h"
#include "base/user_file.h"

#include <stdlib.h>
#include <string.h>

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static undr_error refuse(undr_buffer *message, const char *path, const char *what) {
    undr_error error = check_text_clean(message, undr_slice_text(path));
    error = error == UNDR_OK ? undr_put_format(message, ": %s", what) : error;
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

static int severity(const char *verdict) {
    static const char *const order[] = {"pass", "info", "skip", "blocked", "warn", "fail", "error"};
    int at = (int)(sizeof order / sizeof *order);
    while (at > 0 && strcmp(order[at - 1], verdict) != 0) {
        at--;
    }
    return at;
}

/* Of the delivery that went worst. */
static const json_t *worst_of(const json_t *deliveries) {
    const json_t *worst = NULL;
    for (size_t i = 0; i < json_array_size(deliveries); i++) {
        const json_t *one = json_array_get(deliveries, i);
        bool worse = worst == NULL || severity(text_at(one, "verdict")) > severity(text_at(worst, "verdict"));
        worst = worse ? one : worst;
    }
    return worst;
}

/* False: it is no case of a report. */
static bool read_case(const json_t *one, const char *role, check_outcome *to) {
    const json_t *worst = worst_of(json_object_get(one, "deliveries"));
    const json_t *first = json_array_get(json_object_get(one, "requirements"), 0);
    const json_t *blamed = json_object_get(worst, "requirement");
    const char *verdict = json_string_value(json_object_get(one, "verdict"));
    *to = (check_outcome){.name = text_at(one, "name"),
        .role = role,
        .verdict = verdict == NULL ? "not run" : verdict,
        .id = text_at(blamed == NULL ? first : blamed, "id"),
        .expected = text_at(worst, "expected"),
        .received = text_at(worst, "received"),
        .kind = text_at(worst, "kind"),
        .transcript = text_at(worst, "transcript"),
        .output = text_at(worst, "output"),
        .was = json_object_get(one, "was")};
    return to->name[0] != '\0';
}

static int compare(const void *a, const void *b) {
    return strcmp(((const check_outcome *)a)->name, ((const check_outcome *)b)->name);
}

/* What is wrong with it; NULL: nothing that anybody here would stumble over. */
static const char *find_flaw(const json_t *roles) {
    if (!json_is_array(roles)) {
        return "it has no list `roles`: it is damaged, or nothing that --json wrote";
    }
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *role = json_array_get(roles, i);
        bool whole = json_is_string(json_object_get(role, "role")) && json_is_object(json_object_get(role, "summary"))
            && json_is_array(json_object_get(role, "cases"));
        if (!whole) {
            return "one of its `roles` lacks `role`, `summary` or `cases`: it is damaged, or nothing that --json wrote";
        }
    }
    return NULL;
}

static undr_error read_roles(check_results *results, undr_buffer *message) {
    const json_t *roles = json_object_get(results->json, "roles");
    const char *flaw = find_flaw(roles);
    size_t cases = 1;
    if (flaw != NULL) {
        return refuse(message, results->path, flaw);
    }
    for (size_t i = 0; i < json_array_size(roles); i++) {
        cases += json_array_size(json_object_get(json_array_get(roles, i), "cases"));
    }
    results->at = calloc(cases, sizeof *results->at);
    if (results->at == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *role = json_array_get(roles, i), *list = json_object_get(role, "cases");
        for (size_t k = 0; k < json_array_size(list); k++) {
            if (!read_case(json_array_get(list, k), text_at(role, "role"), &results->at[results->count++])) {
                return refuse(message, results->path, "a case in it has no name");
            }
        }
    }
    qsort(results->at, results->count, sizeof *results->at, compare);
    return UNDR_OK;
}

undr_error check_results_read(const char *path, check_results *results, undr_buffer *message) {
    undr_buffer text = {0};
    json_error_t where;
    *results = (check_results){.path = path};
    undr_error error = check_file_read(path, CHECK_TEXT_LIMIT, &text, message);
    if (error == UNDR_OK) {
        results->json = json_loadb(text.data == NULL ? "" : (const char *)text.data, text.size, JSON_ALLOW_NUL, &where);
        error = results->json != NULL
            ? UNDR_OK
            : refuse(message, path, "it is not JSON; --json of undr-check writes such reports");
    }
    undr_buffer_free(&text);
    if (error == UNDR_OK && strcmp(text_at(results->json, "tool"), "undr-check") != 0) {
        error = refuse(message, path, "it is not a report of undr-check; --json writes them");
    }
    if (error == UNDR_OK && json_integer_value(json_object_get(results->json, "format")) != 1) {
        error = refuse(message, path, "its `format` is not 1: another version of undr-check wrote it");
    }
    return error == UNDR_OK ? read_roles(results, message) : error;
}

void check_results_free(check_results *results) {
    json_decref(results->json);
    free(results->at);
    *results = (check_results){0};
}

const check_outcome *check_results_find(const check_results *results, const char *name) {
    const check_outcome wanted = {.name = name};
    return results->count == 0 ? NULL : bsearch(&wanted, results->at, results->count, sizeof wanted, compare);
}

static bool was_called(const check_outcome *one, const char *name) {
    bool found = false;
    for (size_t i = 0; i < json_array_size(one->was) && !found; i++) {
        const char *was = json_string_value(json_array_get(one->was, i));
        found = was != NULL && strcmp(was, name) == 0;
    }
    return found;
}

const check_outcome *check_results_counterpart(const check_results *results, const check_outcome *one) {
    const check_outcome *found = check_results_find(results, one->name);
    for (size_t i = 0; i < json_array_size(one->was) && found == NULL; i++) {
        const char *was = json_string_value(json_array_get(one->was, i));
        found = was == NULL ? NULL : check_results_find(results, was);
    }
    for (size_t i = 0; i < results->count && found == NULL; i++) {
        found = was_called(&results->at[i], one->name) ? &results->at[i] : NULL;
    }
    return found;
}

bool check_results_has_role(const check_results *results, const char *role) {
    const json_t *roles = json_object_get(results->json, "roles");
    bool found = false;
    for (size_t i = 0; i < json_array_size(roles) && !found; i++) {
        found = strcmp(text_at(json_array_get(roles, i), "role"), role) == 0;
    }
    return found;
}

undr_error check_results_describe(const check_results *results, undr_buffer *to) {
    static const struct {
        const char *joint, *word, *key;
    } parts[] = {
        {"", "", "name"}, {" ", "", "version"}, {", ", "", "language"}, {"; ", "undr-check ", "suite_version"}};
    const json_t *about = json_object_get(results->json, "about");
    undr_error error = check_text_clean(to, undr_slice_text(results->path));
    size_t said = 0; // an adapter need not say its name: whichever part is the first follows the colon
    for (size_t i = 0; i < sizeof parts / sizeof *parts && error == UNDR_OK; i++) {
        const char *value = text_at(about, parts[i].key);
        if (value[0] != '\0') {
            error = undr_put_format(to, "%s%s%s", said++ == 0 ? ": " : parts[i].joint, parts[i].word, value);
        }
    }
    return error == UNDR_OK ? undr_put_format(to, ", %s", text_at(results->json, "started")) : error;
}
