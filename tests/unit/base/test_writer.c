/* test_writer.c: a writer appends until something fails, keeps that failure, and needs no buffer where nobody reads. */
#include "base/writer.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(const undr_buffer *buffer, const char *text) {
    assert_int_equal(buffer->size, strlen(text));
    assert_memory_equal(buffer->data, text, buffer->size);
}

static void appends_in_order(void **state) {
    (void)state;
    undr_buffer text = {0};
    check_writer out = check_writer_to(&text);
    check_write(&out, "a");
    check_write_byte(&out, 'b');
    check_write_slice(&out, undr_slice_of("c\0d", 3));
    check_write_format(&out, "%d%s", 12, "e");
    check_write_clean(&out, undr_slice_of("\x1b", 1));
    assert_int_equal(out.error, UNDR_OK);
    assert_int_equal(text.size, sizeof "abc\0d12e\\x1b" - 1);
    assert_memory_equal(text.data, "abc\0d12e\\x1b", text.size);
    undr_buffer_free(&text);
}

static void keeps_the_first_failure_and_writes_no_more(void **state) {
    (void)state;
    undr_buffer text = {0};
    check_writer out = check_writer_to(&text);
    check_write(&out, "before");
    check_writer_keep(&out, UNDR_OK);
    check_writer_keep(&out, UNDR_LIMIT_DEPTH);
    check_writer_keep(&out, UNDR_MEMORY);
    check_write(&out, "after");
    check_write_byte(&out, 'x');
    check_write_format(&out, "%d", 1);
    check_write_clean(&out, undr_slice_text("y"));
    assert_int_equal(out.error, UNDR_LIMIT_DEPTH);
    assert_false(check_writer_goes_on(&out));
    assert_text(&text, "before");
    undr_buffer_free(&text);
}

static void writes_nothing_where_nobody_reads(void **state) {
    (void)state;
    check_writer out = check_writer_to(NULL);
    check_write(&out, "a");
    check_write_format(&out, "%d", 1);
    check_write_clean(&out, undr_slice_text("y"));
    assert_false(check_writer_goes_on(&out));
    assert_int_equal(out.error, UNDR_OK);
}

/* Each way to write, without memory. */
static void lack_of_memory_shows(void **state) {
    (void)state;
    for (int way = 0; way < 4; way++) {
        undr_buffer text = {0};
        check_writer out = check_writer_to(&text);
        fail_allocation(1);
        switch (way) {
        case 0: check_write(&out, "a"); break;
        case 1: check_write_byte(&out, 'a'); break;
        case 2: check_write_format(&out, "%d", 1); break;
        default: check_write_clean(&out, undr_slice_text("a")); break;
        }
        end_failing();
        assert_int_equal(out.error, UNDR_MEMORY);
        undr_buffer_free(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_in_order),
        cmocka_unit_test(keeps_the_first_failure_and_writes_no_more),
        cmocka_unit_test(writes_nothing_where_nobody_reads),
        cmocka_unit_test(lack_of_memory_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
