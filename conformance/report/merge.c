/* merge.c: joins the reports of the shards of a run. */
#include "base/text.h"
#include "report/escape.h"
#include "report/results.h"

#include <stdlib.h>
#include <string.h>

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static undr_error refuse(undr_buffer *message, const check_results *one, const char *what, const char *detail) {
    undr_error error = check_text_clean(message, undr_slice_text(one->path));
    error = error == UNDR_OK ? undr_put_format(message, ": %s", what) : error;
    error = error == UNDR_OK ? check_text_clean(message, undr_slice_text(detail)) : error;
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

/* ---- do they belong together? ---- */

/* Whatever of it one of both has and the other has not, or otherwise. An older report has none of it. */
static undr_error compare_asked(const check_results *first, const check_results *one, undr_buffer *message) {
    const json_t *a = json_object_get(first->json, "asked"), *b = json_object_get(one->json, "asked");
    for (int i = 0; i < 2; i++) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(i == 0 ? a : b), key, value) {
            if (!json_equal(json_object_get(i == 0 ? b : a, key), value)) {
                return refuse(message, one,
                    "it comes from another run than the first: the two differ in what was asked for: ", key);
            }
        }
    }
    return UNDR_OK;
}

static undr_error compare_heads(const check_results *first, const check_results *one, undr_buffer *message) {
    static const char *const keys[] = {"suite_version", "spec_sha256", "name", "version", "language"};
    const json_t *a = json_object_get(first->json, "about"), *b = json_object_get(one->json, "about");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(text_at(a, keys[i]), text_at(b, keys[i])) != 0) {
            return refuse(message, one, "it comes from another run than the first: they differ in ", keys[i]);
        }
    }
    if (!json_equal(json_object_get(first->json, "command"), json_object_get(one->json, "command"))) {
        return refuse(
            message, one, "it comes from another run than the first: they differ in ", "the adapter's command");
    }
    if (!json_equal(json_object_get(first->json, "strict"), json_object_get(one->json, "strict"))) {
        return refuse(message, one, "it comes from another run than the first: they differ in ", "--strict");
    }
    return compare_asked(first, one, message);
}

/* Each shard once, and all of them. */
static undr_error count_shards(const check_results *shards, size_t count, undr_buffer *message) {
    json_int_t all = json_integer_value(json_object_get(shards[0].json, "shards"));
    bool *seen = all > 0 && all <= 10000 ? calloc((size_t)all + 1, sizeof *seen) : NULL;
    undr_error error = seen == NULL
        ? refuse(message, &shards[0], "it is not the report of a shard: run with --shard I/N", "")
        : UNDR_OK;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        json_int_t shard = json_integer_value(json_object_get(shards[i].json, "shard"));
        bool fits = json_integer_value(json_object_get(shards[i].json, "shards")) == all && shard >= 1 && shard <= all;
        if (!fits || seen[shard]) {
            error = refuse(message, &shards[i],
                fits ? "that shard was given already" : "it comes from a run with another number of shards", "");
        } else {
            seen[shard] = true;
        }
    }
    for (long i = 1; i <= all && error == UNDR_OK; i++) {
        if (!seen[i]) {
            error = undr_put_format(message, "the report of shard %lld/%lld is missing", (long long)i, (long long)all);
            error = error == UNDR_OK ? UNDR_ARGUMENT : error;
        }
    }
    free(seen);
    return error;
}

/* ---- joining ---- */

static int severity(const json_t *one) {
    static const char *const order[] = {"pass", "info", "skip", "blocked", "warn", "fail", "error"};
    const char *verdict = text_at(one, "verdict");
    int at = (int)(sizeof order / sizeof *order);
    while (at > 0 && strcmp(order[at - 1], verdict) != 0) {
        at--;
    }
    return at;
}

static json_t *find_by(json_t *list, const char *key, const char *value) {
    json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(list) && found == NULL; i++) {
        json_t *one = json_array_get(list, i);
        found = strcmp(text_at(one, key), value) == 0 ? one : NULL;
    }
    return found;
}

/* ROLE.life.of-a-task is in each shard: the worse of two stays. */
static bool add_case(json_t *cases, json_t *index, json_t *one) {
    const char *name = text_at(one, "name");
    json_t *place = json_object_get(index, name);
    if (place == NULL) {
        json_int_t at = (json_int_t)json_array_size(cases);
        return json_array_append(cases, one) == 0 && json_object_set_new(index, name, json_integer(at)) == 0;
    }
    size_t at = (size_t)json_integer_value(place);
    return severity(one) <= severity(json_array_get(cases, at)) || json_array_set(cases, at, one) == 0;
}

static bool count_standings(json_t *role) {
    json_t *cases = json_object_get(role, "cases"), *summary = json_object_get(role, "summary");
    const char *key;
    json_t *value;
    bool done = true;
    json_object_foreach(summary, key, value) {
        json_integer_set(value, strcmp(key, "cases") == 0 ? (json_int_t)json_array_size(cases) : 0);
    }
    for (size_t i = 0; i < json_array_size(cases) && done; i++) {
        const char *standing = text_at(json_array_get(cases, i), "standing");
        json_int_t before = json_integer_value(json_object_get(summary, standing));
        done = json_object_set_new(summary, standing, json_integer(before + 1)) == 0;
    }
    return done;
}

static bool join_role(json_t *role, const json_t *more, json_t *index) {
    json_t *cases = json_object_get(role, "cases"), *others = json_object_get(more, "cases");
    bool done = true;
    for (size_t i = 0; i < json_array_size(others) && done; i++) {
        done = add_case(cases, index, json_array_get(others, i));
    }
    if (done && !json_boolean_value(json_object_get(more, "surveyed"))) { /* that shard judged nothing */
        done = json_object_set_new(role, "surveyed", json_false()) == 0
            && json_object_set_new(role, "why", json_string(text_at(more, "why"))) == 0;
    }
    return done && count_standings(role);
}

static json_t *index_of(const json_t *role) {
    json_t *index = json_object(), *cases = json_object_get(role, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_object_set_new(index, text_at(json_array_get(cases, i), "name"), json_integer((json_int_t)i));
    }
    return index;
}

static bool join_roles(json_t *whole, const json_t *more) {
    json_t *roles = json_object_get(whole, "roles"), *others = json_object_get(more, "roles");
    bool done = true;
    for (size_t i = 0; i < json_array_size(others) && done; i++) {
        json_t *other = json_array_get(others, i), *role = find_by(roles, "role", text_at(other, "role"));
        if (role == NULL) {
            done = json_array_append(roles, other) == 0;
            continue;
        }
        json_t *index = index_of(role);
        done = index != NULL && join_role(role, other, index);
        json_decref(index);
    }
    return done;
}

/* The result of the whole run: a failure of the harness, an interruption, something that failed, ...; 2 only where each
 * of them judged nothing. */
static int join_status(int a, int b) {
    static const int order[] = {3, 1, 0, 2};
    if (a > 128 || b > 128) {
        return a > 128 ? a : b;
    }
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (a == order[i] || b == order[i]) {
            return order[i];
        }
    }
    return 3;
}

static bool join(json_t *whole, const json_t *more) {
    int a = (int)json_integer_value(json_object_get(whole, "status"));
    int b = (int)json_integer_value(json_object_get(more, "status"));
    double took = json_number_value(json_object_get(whole, "duration_ms"));
    double also = json_number_value(json_object_get(more, "duration_ms"));
    bool interrupted = json_boolean_value(json_object_get(whole, "interrupted"))
        || json_boolean_value(json_object_get(more, "interrupted"));
    return join_roles(whole, more) && json_object_set_new(whole, "status", json_integer(join_status(a, b))) == 0
        && json_object_set_new(whole, "interrupted", json_boolean(interrupted)) == 0
        && json_object_set_new(whole, "duration_ms", json_real(took > also ? took : also)) == 0;
}

/* ---- printing ---- */

static void print_role(FILE *out, const json_t *role, bool markdown) {
    check_escaper *escape = markdown ? check_markdown_text : check_text_plain;
    const char *key;
    json_t *value, *cases = json_object_get(role, "cases");
    fputs(markdown ? "\n**" : "\n", out);
    escape(out, undr_slice_text(text_at(role, "role")));
    fputs(markdown ? "**: " : ": ", out);
    const char *separator = "";
    json_object_foreach(json_object_get(role, "summary"), key, value) {
        if (json_integer_value(value) > 0) {
            fprintf(out, "%s%lld ", separator, (long long)json_integer_value(value));
            escape(out, undr_slice_text(key));
            separator = ", ";
        }
    }
    fputs(markdown ? "\n\n" : "\n", out);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i);
        const char *standing = text_at(one, "standing");
        if (severity(one) > 3 && strcmp(standing, "expected") != 0 && strcmp(standing, "new") != 0) {
            fputs(markdown ? "- " : "    ", out);
            escape(out, undr_slice_text(text_at(one, "name")));
            fputs(": ", out);
            escape(out, undr_slice_text(standing));
            fputc('\n', out);
        }
    }
}

static undr_error print(FILE *out, const json_t *whole, check_format format) {
    if (format == CHECK_FORMAT_USUAL || format == CHECK_FORMAT_JSON) {
        bool done = json_dumpf(whole, out, JSON_INDENT(1) | JSON_ENSURE_ASCII) == 0;
        fputc('\n', out);
        return done ? UNDR_OK : UNDR_MEMORY;
    }
    const json_t *roles = json_object_get(whole, "roles");
    int status = (int)json_integer_value(json_object_get(whole, "status"));
    fprintf(out, format == CHECK_FORMAT_MARKDOWN ? "### undr-check: status %d\n" : "undr-check: status %d\n", status);
    for (size_t i = 0; i < json_array_size(roles); i++) {
        print_role(out, json_array_get(roles, i), format == CHECK_FORMAT_MARKDOWN);
    }
    return UNDR_OK;
}

undr_error check_results_merge(
    FILE *out, const check_results *shards, size_t count, check_format format, int *status, undr_buffer *message) {
    undr_error error = count_shards(shards, count, message);
    for (size_t i = 1; i < count && error == UNDR_OK; i++) {
        error = compare_heads(&shards[0], &shards[i], message);
    }
    if (error != UNDR_OK) {
        return error;
    }
    json_t *whole = json_deep_copy(shards[0].json);
    bool done = whole != NULL;
    for (size_t i = 1; i < count && done; i++) {
        done = join(whole, shards[i].json);
    }
    if (done) {
        json_object_del(whole, "shard");
        json_object_del(whole, "shards");
        json_object_del(whole, "asked");
        *status = (int)json_integer_value(json_object_get(whole, "status"));
        error = print(out, whole, format);
    }
    json_decref(whole);
    return done ? error : UNDR_MEMORY;
}
