/* test_server_memory.c: a connection for which there is no memory when it comes. */
#include "support/service.h"

#include "support/failing_malloc.h"

static void await_words(const service *self, const char *words) {
    for (bool found = false; !found;) { /* ctest ends a wait for ever */
        (void)usleep(100);
        flockfile(self->log);
        found = self->text != NULL && strstr(self->text, words) != NULL;
        funlockfile(self->log);
    }
}

/* Connects while the server has no memory for one more. */
static int join_in_need(const service *self) {
    int client = new_socket();
    fail_allocation(1);
    assert_int_equal(connect_socket(client, self->port), 0);
    await_words(self, "a connection waits: not enough memory");
    assert_true(allocation_failed);
    return client;
}

static void it_is_accepted_later(void **state) {
    (void)state;
    service self;
    begin(&self);
    expect_alive(&self);
    int client = join_in_need(&self);
    send_type(client, 'n');
    expect_frame(client, 't', NONE);
    close(client);
    finish(&self, "a connection waits: not enough memory");
}

/* Who connected before the server stops to listen is served, this one, too. */
static void the_end_of_listening_is_its_last_chance(void **state) {
    (void)state;
    service self;
    begin(&self);
    expect_alive(&self);
    int client = join_in_need(&self);
    int behind = join_server(self.port);
    undr_server_stop_listening(self.server);
    assert_refused(self.port);
    send_type(client, 'n');
    expect_frame(client, 't', NONE);
    send_type(behind, 'n');
    expect_frame(behind, 't', NONE);
    close(client);
    close(behind);
    finish(&self, "a connection waits: not enough memory");
}

/* Nobody's memory and nobody's descriptor are left when the server ends before that. */
static void the_server_may_end_meanwhile(void **state) {
    (void)state;
    service self;
    begin(&self);
    expect_alive(&self);
    int client = join_in_need(&self);
    undr_server_free(self.server);
    expect_end(client);
    assert_int_equal(fclose(self.log), 0);
    free(self.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_accepted_later),
        cmocka_unit_test(the_end_of_listening_is_its_last_chance),
        cmocka_unit_test(the_server_may_end_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
