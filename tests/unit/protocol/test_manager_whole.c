/* test_manager_whole.c: payloads that the manager's core takes over instead of copying them, and its parcels. */
#include "support/manager_steps.h"

#include "protocol/manager_queue.h"
#include "support/failing_malloc.h"

static undr_buffer buffer_of(undr_slice content) {
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_slice(&buffer, content), UNDR_OK);
    return buffer;
}

static undr_error send_whole(undr_manager_core *core, undr_connection from, unsigned type, undr_buffer *whole) {
    const undr_frame frame = {.type = (uint8_t)type, .payload = undr_buffer_slice(whole)};
    return undr_manager_receive_checked(core, from, &frame, whole, 0);
}

static undr_answer next_answer(undr_manager_core *core) {
    undr_answer answer;
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_OK);
    return answer;
}

static void a_task_is_handed_out_where_it_is(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    for (int way = 0; way < 2; way++) {
        undr_buffer whole = buffer_of(text("a large task"));
        const uint8_t *bytes = whole.data;
        if (way == 0) {
            assert_int_equal(send_whole(core, a, 0x81, &whole), UNDR_OK);
            expect_empty(core, a, 's');
        } else {
            assert_int_equal(undr_manager_schedule_whole(core, 1, undr_buffer_slice(&whole), &whole), UNDR_OK);
        }
        assert_null(whole.data);
        send(core, a, 'n', (undr_slice){0});
        undr_answer answer = next_answer(core);
        assert_ptr_equal(answer.frame.payload.data, bytes);
        assert_int_equal(answer.frame.payload.size, 12);
        assert_non_null(answer.blob);
        undr_blob *share = undr_blob_share(answer.blob); /* while it is being sent */
        send(core, a, 't', (undr_slice){0});
        expect(core, a, 't', NONE);
        assert_true(undr_slice_equal(undr_blob_slice(share), text("a large task")));
        undr_blob_release(share);
    }
    undr_manager_free(core);
}

static void a_copied_task_has_no_blob(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    schedule(core, a, 1, text("x"));
    send(core, a, 'n', (undr_slice){0});
    assert_null(next_answer(core).blob);
    undr_manager_free(core);
}

static void a_message_is_moved(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    undr_buffer message = buffer_of(text("old content"));
    for (int way = 0; way < 2; way++) {
        undr_buffer whole = buffer_of(note('1'));
        const uint8_t *bytes = whole.data;
        if (way == 0) {
            assert_int_equal(send_whole(core, a, 'm', &whole), UNDR_OK);
            expect_empty(core, a, 'm');
        } else {
            assert_int_equal(undr_manager_send_checked(core, undr_buffer_slice(&whole), &whole), UNDR_OK);
        }
        assert_null(whole.data);
        assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK);
        assert_ptr_equal(message.data, bytes);
        assert_true(undr_slice_equal(undr_buffer_slice(&message), note('1')));
    }
    undr_buffer_free(&message);
    undr_manager_free(core);
}

static void a_lost_task_is_reported(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    undr_buffer whole = buffer_of(text("no pickle"));
    assert_int_equal(send_whole(core, a, 0x80, &whole), UNDR_OK);
    expect_empty(core, a, 's');
    ask(core, a, 'n', text("no pickle"));
    undr_manager_disconnect(core, a);
    expect_loss(core, "a task of 9 bytes");
    expect_no_message(core, UNDR_DONE);
    undr_manager_free(core);
}

static void what_is_taken_over_counts_and_makes_room(void **state) {
    (void)state;
    undr_manager_core *core = NULL;
    const undr_manager_options options = {.queue_limit = 100};
    assert_int_equal(undr_manager_new(&options, &core), UNDR_OK);
    undr_connection a = join(core);
    undr_buffer message = {0};
    for (int round = 0; round < 3; round++) {
        undr_buffer first = buffer_of(text("Va text that nearly fills what there is\n."));
        undr_buffer second = buffer_of(text("Va text that nearly fills what there is\n."));
        const uint8_t *bytes = second.data;
        assert_int_equal(send_whole(core, a, 'm', &first), UNDR_OK);
        expect_empty(core, a, 'm');
        assert_int_equal(send_whole(core, a, 'm', &second), UNDR_QUEUE_LIMIT);
        assert_ptr_equal(second.data, bytes); /* still the caller's */
        assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK);
        undr_buffer_free(&second);
    }
    undr_buffer_free(&message);
    undr_manager_free(core);
}

/* Whichever allocation fails, the bytes stay the caller's and nothing has changed. */
static void without_memory_nothing_is_taken_over(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    for (size_t number = 1;; number++) {
        undr_buffer whole = buffer_of(text("x"));
        fail_allocation(number);
        const undr_error error = send_whole(core, a, 0x81, &whole);
        end_failing();
        if (!allocation_failed) {
            assert_int_equal(error, UNDR_OK);
            assert_int_equal(number, 3); /* a parcel and a blob */
            break;
        }
        assert_int_equal(error, UNDR_MEMORY);
        assert_true(undr_slice_equal(undr_buffer_slice(&whole), text("x")));
        expect_nothing(core);
        expect_counts(core, 0, 0, 1);
        undr_buffer_free(&whole);
    }
    expect_empty(core, a, 's');
    ask(core, a, 'n', text("x"));
    undr_manager_free(core);
}

static void a_parcel_gives_its_bytes(void **state) {
    (void)state;
    undr_buffer whole = buffer_of(text("abc"));
    undr_buffer output = buffer_of(text("before "));
    undr_parcel *parcel = undr_parcel_new(undr_buffer_slice(&whole), &whole, 3);
    assert_non_null(parcel);
    assert_int_equal(parcel->priority, 3);
    const uint8_t *bytes = undr_parcel_slice(parcel).data;
    assert_int_equal(undr_parcel_unwrap(parcel, &output), UNDR_OK); /* behind what is there: a copy */
    assert_true(undr_slice_equal(undr_buffer_slice(&output), text("before abc")));
    output.size = 0;
    undr_blob *share = undr_blob_share(undr_parcel_blob(parcel));
    assert_int_equal(undr_parcel_unwrap(parcel, &output), UNDR_OK); /* somebody else reads them: a copy */
    assert_ptr_not_equal(output.data, bytes);
    assert_true(undr_slice_equal(undr_buffer_slice(&output), text("abc")));
    undr_blob_release(share);
    output.size = 0;
    assert_int_equal(undr_parcel_unwrap(parcel, &output), UNDR_OK);
    assert_ptr_equal(output.data, bytes);
    undr_parcel_free(parcel);
    undr_buffer_free(&output);
}

static void a_parcel_has_its_bounds(void **state) {
    (void)state;
    assert_null(undr_parcel_new((undr_slice){.data = (const uint8_t *)"x", .size = SIZE_MAX}, NULL, 0));
    undr_parcel *parcel = undr_parcel_new((undr_slice){0}, NULL, UNDR_MAXIMUM_PRIORITY_LEVELS - 1);
    assert_non_null(parcel);
    assert_int_equal(parcel->priority, UNDR_MAXIMUM_PRIORITY_LEVELS - 1);
    assert_int_equal(undr_parcel_slice(parcel).size, 0);
    assert_null(undr_parcel_blob(parcel));
    undr_parcel_free(parcel);
}

static void what_comes_to_the_front_of_a_list(void **state) {
    (void)state;
    undr_parcel *parcels[4];
    undr_parcels list = {0};
    for (size_t i = 0; i < 4; i++) {
        parcels[i] = undr_parcel_new((undr_slice){0}, NULL, 0);
        assert_non_null(parcels[i]);
    }
    undr_parcels_prepend(&list, parcels[1]); /* to an empty one */
    undr_parcels_append(&list, parcels[2]);
    undr_parcels_prepend(&list, parcels[0]);
    undr_parcels_append(&list, parcels[3]);
    for (size_t i = 0; i < 4; i++) {
        assert_ptr_equal(undr_parcels_take(&list), parcels[i]);
        undr_parcel_free(parcels[i]);
    }
    assert_null(undr_parcels_take(&list));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_is_handed_out_where_it_is),
        cmocka_unit_test(a_copied_task_has_no_blob),
        cmocka_unit_test(a_message_is_moved),
        cmocka_unit_test(a_lost_task_is_reported),
        cmocka_unit_test(what_is_taken_over_counts_and_makes_room),
        cmocka_unit_test(without_memory_nothing_is_taken_over),
        cmocka_unit_test(a_parcel_gives_its_bytes),
        cmocka_unit_test(a_parcel_has_its_bounds),
        cmocka_unit_test(what_comes_to_the_front_of_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
