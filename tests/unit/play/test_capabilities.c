/* test_capabilities.c: what an adapter may declare: each value has the range that spec/adapter.md gives it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "play/survey_verb.h"

#include <string.h>

static undr_error declare(const char *line, check_capabilities *capabilities, undr_buffer *why) {
    why->size = 0;
    undr_error error = check_read_capabilities(undr_slice_text(line), capabilities, why);
    undr_buffer_free(&capabilities->text);
    assert_int_equal(undr_put_u8(why, 0), UNDR_OK);
    return error;
}

static void what_is_within_its_range_is_taken(void **state) {
    (void)state;
    static const char *const lines[] = {"", "manager", "worker\npool\n", "priority-levels 2", "priority-levels 128",
        "hold 0", "hold 60000", "grace 1000", "grace 60000", "max-payload 67108864", "max-payload 1073741824",
        "pickle 0-5", "pickle 4-4", "log-directory", "version 1", "version 1.0.1-rc1", "version dev",
        "language python 3.13.5", "language c++ 20", "language go go1.22", "pool-hold 0", "pool-hold 200",
        "whatever it is", "held", "  manager  "};
    undr_buffer why = {0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        check_capabilities capabilities;
        if (declare(lines[i], &capabilities, &why) != UNDR_OK) {
            fail_msg("'%s': %s", lines[i], (const char *)why.data);
        }
    }
    undr_buffer_free(&why);
}

static void what_is_not_is_refused_with_its_form(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"priority-levels 1", "2 to 128"},
        {"priority-levels 0", "2 to 128"},
        {"priority-levels 129", "2 to 128"},
        {"priority-levels", "2 to 128"},
        {"hold 60001", "up to 60000"},
        {"hold", "up to 60000"},
        {"grace 999", "1000 or more"},
        {"grace 0", "1000 or more"},
        {"grace 60001", "up to 60000"},
        {"max-payload 67108863", "67108864"},
        {"max-payload 0", "67108864"},
        {"max-payload lots", "67108864"},
        {"pickle 0-6", "from 0 to 5"},
        {"pickle 5-4", "from 0 to 5"},
        {"pickle", "from 0 to 5"},
        {"language", "NAME VERSION"},
        {"language python", "NAME VERSION"},
        {"language Python 3", "lower case"},
        {"version", "version VERSION"},
        {"pool-hold", "pool-hold MS"},
        {"pool-hold -1", "pool-hold MS"},
        {"manager yes", "the word alone"},
        {"log-directory /tmp", "the word alone"},
    };
    undr_buffer why = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_capabilities capabilities;
        assert_int_equal(declare(rows[i][0], &capabilities, &why), UNDR_ARGUMENT);
        if (strstr((const char *)why.data, rows[i][1]) == NULL
            || strstr((const char *)why.data, "line 1 of `capabilities` is `") == NULL) {
            fail_msg("'%s': '%s' is not in '%s'", rows[i][0], rows[i][1], (const char *)why.data);
        }
    }
    undr_buffer_free(&why);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_within_its_range_is_taken),
        cmocka_unit_test(what_is_not_is_refused_with_its_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
