/* test_reporter.c: every report hears what happens and is finished, whatever the others do. */
#include "report/reporter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct heard {
    size_t events, finished;
    undr_error error;
    const char *text;
} heard;

static void hear(void *self, const check_session *session, const check_event *event) {
    heard *own = self;
    assert_true(session->jobs == 7 && event->kind == CHECK_EVENT_ROUND && event->count == 3);
    own->events++;
}

static undr_error finish(void *self, const check_session *session, undr_buffer *message) {
    heard *own = self;
    assert_int_equal(session->jobs, 7);
    own->finished++;
    return undr_put_text(message, own->text) == UNDR_OK ? own->error : UNDR_MEMORY;
}

static void all_hear_and_all_are_finished(void **state) {
    (void)state;
    const check_session session = {.jobs = 7};
    heard rows[] = {{.error = UNDR_OK, .text = ""}, {.error = UNDR_SYSTEM, .text = "a is full"},
        {.error = UNDR_MEMORY, .text = "b is full"}, {.error = UNDR_OK, .text = ""}};
    check_reporters all = {.session = &session, .count = 4};
    undr_buffer message = {0};
    for (size_t i = 0; i < all.count; i++) {
        all.at[i] = (check_reporter){&rows[i], i == 3 ? NULL : hear, finish};
    }
    check_tell(&all, (check_event){.kind = CHECK_EVENT_ROUND, .count = 3});
    assert_int_equal(check_reporters_finish(&all, &message), UNDR_SYSTEM);
    assert_true(undr_slice_equal(undr_buffer_slice(&message), undr_slice_text("a is full; b is full")));
    for (size_t i = 0; i < all.count; i++) {
        assert_int_equal(rows[i].finished, 1);
        assert_int_equal(rows[i].events, i == 3 ? 0 : 1);
    }
    undr_buffer_free(&message);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_hear_and_all_are_finished)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
