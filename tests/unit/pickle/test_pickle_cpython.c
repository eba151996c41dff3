/* test_pickle_cpython.c: the pickle reader and writer against CPython's verdicts in pickles/corpus.json. */
#include "support/guard_page.h"
#include "support/vectors.h"
#include "undr/pickle.h"

/* Above this a pickle is not cut at each of its bytes: that is quadratic. */
enum { CUT_LIMIT = 1500 };

static const char *text_of(const json_t *entry, const char *key) {
    return json_string_value(json_object_get(entry, key));
}

/* One pickle, read; everything is freed by close_reading. */
typedef struct reading {
    guarded input;
    undr_arena arena;
    undr_value *value;
    undr_error error;
    undr_buffer printed;
} reading;

static reading read_pickle(undr_slice bytes) {
    reading one = {.input = guard_page_copy(bytes)};
    one.error = undr_pickle_read(one.input.bytes, NULL, &one.arena, &one.value, NULL, NULL);
    if (one.error == UNDR_OK) {
        assert_int_equal(undr_value_print(&one.printed, one.value), UNDR_OK);
    }
    return one;
}

static void close_reading(reading *one) {
    undr_buffer_free(&one->printed);
    undr_arena_free(&one->arena);
    guard_page_free(&one->input);
}

static bool prints_as(const reading *one, const char *text) {
    return undr_slice_equal(undr_buffer_slice(&one->printed), undr_slice_text(text));
}

/* Where CPython and we differ on purpose, the entry says so and names our error, if it is one. */
static bool is_as_expected(const json_t *entry, const reading *one) {
    const bool accepted = json_is_true(json_object_get(entry, "accepted"));
    const char *error = text_of(entry, "error");
    const bool like_cpython = (one->error == UNDR_OK) == accepted
        && (!accepted || prints_as(one, text_of(entry, "value")));
    const bool error_fits = error == NULL || strcmp(undr_error_name(one->error), error) == 0;
    const char *ours = text_of(entry, "ours");
    if (ours != NULL && !prints_as(one, ours)) {
        return false;
    }
    return error_fits && like_cpython == (json_object_get(entry, "difference") == NULL);
}

static int report(const json_t *entry, const char *what, const reading *one) {
    const char *expected = text_of(entry, json_is_true(json_object_get(entry, "accepted")) ? "value" : "error");
    print_error("%s: %s\n  pickle   %.200s\n  expected %.200s\n  got      %s %.*s\n", text_of(entry, "name"), what,
        text_of(entry, "pickle"), expected == NULL ? "a refusal" : expected, undr_error_name(one->error),
        (int)(one->printed.size > 200 ? 200 : one->printed.size), (const char *)one->printed.data);
    return 1;
}

static int check_verdict(const json_t *entry, undr_slice bytes) {
    reading one = read_pickle(bytes);
    const int failures = is_as_expected(entry, &one) ? 0 : report(entry, "verdict or value", &one);
    close_reading(&one);
    return failures;
}

/* Cut anywhere before its STOP, a pickle is none. */
static int check_cuts(const json_t *entry, undr_slice bytes) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    size_t used = 0;
    int failures = 0;
    if (undr_pickle_read(bytes, NULL, &arena, &value, &used, NULL) == UNDR_OK && used <= CUT_LIMIT) {
        for (size_t size = 0; failures == 0 && size < used; ++size) {
            reading one = read_pickle(undr_slice_of(bytes.data, size));
            failures = one.error == UNDR_PICKLE_TRUNCATED ? 0 : report(entry, "cut short", &one);
            close_reading(&one);
        }
    }
    undr_arena_free(&arena);
    return failures;
}

/* What the reader made is written and read again: the same value. */
static int check_rewritten(const json_t *entry, const reading *one, int protocol) {
    undr_buffer written = {0};
    const undr_error error = undr_pickle_write(one->value, protocol, &written);
    if (error == UNDR_ARGUMENT && protocol < 4) { /* a class's name that the protocols 2 and 3 can't write */
        assert_int_equal(written.size, 0);
        undr_buffer_free(&written);
        return 0;
    }
    assert_int_equal(error, UNDR_OK);
    const json_t *original = json_object_get(entry, "protocol");
    undr_buffer bytes = unhex(text_of(entry, "pickle"));
    int failures = 0;
    if (json_is_integer(original) && json_integer_value(original) == protocol
        && !undr_slice_equal(undr_buffer_slice(&written), undr_buffer_slice(&bytes))) {
        failures += report(entry, "written otherwise than by CPython", one);
    }
    reading again = read_pickle(undr_buffer_slice(&written));
    const undr_slice printed = undr_buffer_slice(&one->printed);
    if (again.error != UNDR_OK || !undr_slice_equal(undr_buffer_slice(&again.printed), printed)) {
        failures += report(entry, "written and read again", &again);
    }
    close_reading(&again);
    undr_buffer_free(&bytes);
    undr_buffer_free(&written);
    return failures;
}

static int check_writing(const json_t *entry, undr_slice bytes) {
    reading one = read_pickle(bytes);
    int failures = 0;
    for (int protocol = 2; one.error == UNDR_OK && protocol <= 5; ++protocol) {
        failures += check_rewritten(entry, &one, protocol);
    }
    close_reading(&one);
    return failures;
}

/* A value equals itself read again, unless it holds itself. */
static int check_equal(const json_t *entry, undr_slice bytes) {
    reading one = read_pickle(bytes);
    reading other = read_pickle(bytes);
    int failures = 0;
    if (one.error == UNDR_OK) {
        bool equal = false;
        const undr_error error = undr_value_equal(one.value, other.value, &equal);
        const bool cyclic = memmem(one.printed.data, one.printed.size, "...", 3) != NULL;
        failures = (error == UNDR_OK && equal) || (error == UNDR_LIMIT_DEPTH && cyclic)
            ? 0
            : report(entry, "not equal to itself", &one);
    }
    close_reading(&other);
    close_reading(&one);
    return failures;
}

typedef int check(const json_t *entry, undr_slice bytes);

/* Runs a check over the whole corpus, reports each failure, fails at the end. */
static void over_corpus(const json_t *corpus, check *one) {
    size_t index = 0;
    const json_t *entry = NULL;
    int failures = 0;
    json_array_foreach(corpus, index, entry) {
        undr_buffer bytes = unhex(text_of(entry, "pickle"));
        failures += one(entry, undr_buffer_slice(&bytes));
        undr_buffer_free(&bytes);
    }
    assert_true(index > 1000); /* an empty corpus proves nothing */
    assert_int_equal(failures, 0);
}

static void test_verdicts(void **state) {
    over_corpus(json_object_get(*state, "pickles"), check_verdict);
}

static void test_cuts(void **state) {
    over_corpus(json_object_get(*state, "pickles"), check_cuts);
}

static void test_writing(void **state) {
    over_corpus(json_object_get(*state, "pickles"), check_writing);
}

static void test_equal(void **state) {
    over_corpus(json_object_get(*state, "pickles"), check_equal);
}

static int load_corpus(void **state) {
    *state = load_vectors("tests/pickles/corpus.json");
    return *state == NULL ? -1 : 0;
}

static int free_corpus(void **state) {
    json_decref(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests(tests, load_corpus, free_corpus);
}
