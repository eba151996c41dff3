/* test_kept.c: whatever a fuzzer kept is a session, and a case; its bytes mean what they mean to the fuzz target. */
#include "explore/kept.h"
#include "explore/session_case.h"
#include "notation/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const check_reachable everything = {.control = true, .holds = false, .levels = 5};

/* As a case without a mistake. The caller frees *text. */
static void write_case(undr_slice bytes, undr_buffer *text) {
    check_explored session;
    check_cases cases = {0};
    check_mistake mistake = {0};
    assert_int_equal(check_kept_session(&session, bytes), UNDR_OK);
    assert_int_equal(check_explored_write(&session, &everything, "manager.explore.1", text), UNDR_OK);
    if (check_parse(undr_buffer_slice(text), "kept", &cases, &mistake) != UNDR_OK) {
        fail_msg("%s in\n%.*s", mistake.text, (int)text->size, (const char *)text->data);
    }
    check_cases_free(&cases);
    check_explored_free(&session);
}

static void any_bytes_are_a_case(void **state) {
    uint8_t bytes[120];
    (void)state;
    srand(1);
    for (int i = 0; i < 500; i++) {
        size_t size = (size_t)rand() % (sizeof bytes + 1);
        undr_buffer text = {0};
        for (size_t k = 0; k < size; k++) {
            bytes[k] = (uint8_t)rand();
        }
        write_case(undr_slice_of(bytes, size), &text);
        undr_buffer_free(&text);
    }
}

/* The operation at i is this one; its connection is the i-th that is open, in the order in which they were used. */
static void assert_operation(
    const check_explored *session, size_t i, check_operation_kind kind, unsigned connection, unsigned choice) {
    assert_true(i < session->count);
    assert_int_equal(session->at[i].kind, kind);
    assert_int_equal(session->at[i].connection, connection);
    assert_int_equal(session->at[i].choice, choice);
}

/* As fuzz/manager_session.c reads them. */
static void bytes_mean_what_they_mean_to_the_fuzz_target(void **state) {
    static const uint8_t bytes[] = {
        0x00,             /* settings */
        0x00, 4,          /* connection 4 opens */
        0x01, 2,          /* 2, too */
        0x53, 4, 1,       /* 4 schedules with priority 1 */
        0x13, 2,          /* 2 asks for a task */
        0x03, 5,          /* 5 is not open */
        0x4a, 0,          /* the manager's program reads its inbox */
        0x0a, 0, 2,       /* and schedules with priority 2 */
        0xf9, 0, 0x23,    /* an allocation fails; 0 is not open */
        0x33, 2,          /* 2 has done its task */
        0x73, 4, 7, 1, 9, /* 4 breaks the protocol, and is ended */
        0x03, 4,          /* it is not open any more */
        0x00, 2,          /* 2 leaves */
        0x6a, 0, 8, 5,    /* the manager closes */
    };
    check_explored session;
    (void)state;
    assert_int_equal(check_kept_session(&session, undr_slice_of(bytes, sizeof bytes)), UNDR_OK);
    assert_operation(&session, 0, CHECK_OPERATION_SCHEDULE, 0, 1);
    assert_operation(&session, 1, CHECK_OPERATION_NEXT, 1, 0);
    assert_operation(&session, 2, CHECK_OPERATION_OWN_NEXT, 0, 0);
    assert_operation(&session, 3, CHECK_OPERATION_OWN_SCHEDULE, 0, 2);
    assert_operation(&session, 4, CHECK_OPERATION_DONE, 1, 0);
    assert_operation(&session, 5, CHECK_OPERATION_BAD, 0, 7);
    assert_operation(&session, 6, CHECK_OPERATION_LEAVE, 0, 0);
    assert_operation(&session, 7, CHECK_OPERATION_CLOSE, 0, 5);
    assert_int_equal(session.count, 8);
    check_explored_free(&session);
}

static void a_folder_is_read_by_name(void **state) {
    char folder[] = "/tmp/undr-kept.XXXXXX", path[80];
    check_kept kept;
    undr_buffer message = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(check_kept_read(folder, &kept, &message), UNDR_ARGUMENT);
    assert_non_null(strstr((const char *)message.data, "no files"));
    check_kept_free(&kept);
    static const char *const names[] = {"b", "a", ".hidden"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(names[i], file);
        assert_int_equal(fclose(file), 0);
    }
    snprintf(path, sizeof path, "%s/c", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(check_kept_read(folder, &kept, &message), UNDR_OK);
    assert_int_equal(kept.count, 2);
    assert_int_equal(kept.at[0].bytes.data[0], 'a');
    assert_int_equal(kept.at[1].bytes.data[0], 'b');
    check_kept_free(&kept);
    assert_int_equal(rmdir(path), 0);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(check_kept_read(folder, &kept, &message), UNDR_ARGUMENT);
    check_kept_free(&kept);
    undr_buffer_free(&message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_are_a_case),
        cmocka_unit_test(bytes_mean_what_they_mean_to_the_fuzz_target),
        cmocka_unit_test(a_folder_is_read_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
