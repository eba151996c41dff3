/* test_blob.c: shared bytes: who holds them last frees them; the only holder may have them back. */
#include "base/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static undr_blob *make(const char *text) {
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_text(&buffer, text), UNDR_OK);
    undr_blob *blob = undr_blob_new(&buffer);
    assert_non_null(blob);
    assert_null(buffer.data); /* taken over */
    return blob;
}

static void the_bytes_live_as_long_as_a_share(void **state) {
    (void)state;
    undr_blob *blob = make("abc");
    assert_ptr_equal(undr_blob_share(blob), blob);
    undr_blob_release(blob);
    assert_true(undr_slice_equal(undr_blob_slice(blob), undr_slice_text("abc")));
    undr_blob_release(blob);
    undr_blob_release(NULL);
}

static void only_the_only_holder_takes_them(void **state) {
    (void)state;
    undr_blob *blob = make("abc");
    undr_buffer taken = {0};
    assert_int_equal(undr_put_text(&taken, "old"), UNDR_OK);
    const uint8_t *bytes = undr_blob_slice(blob).data;
    (void)undr_blob_share(blob);
    assert_false(undr_blob_take(blob, &taken));
    assert_true(undr_slice_equal(undr_buffer_slice(&taken), undr_slice_text("old")));
    undr_blob_release(blob);
    assert_true(undr_blob_take(blob, &taken));
    assert_ptr_equal(taken.data, bytes); /* moved, not copied */
    assert_int_equal(taken.size, 3);
    assert_int_equal(undr_blob_slice(blob).size, 0);
    undr_blob_release(blob);
    undr_buffer_free(&taken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_live_as_long_as_a_share),
        cmocka_unit_test(only_the_only_holder_takes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
