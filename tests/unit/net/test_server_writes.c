/* test_server_writes.c: a socket that takes less of an answer than it has room for, once. */
#include "support/service.h"

#include <stdatomic.h>
#include <sys/uio.h>

enum { LARGE = 1200000 }; /* more than a connection may leave unread before its further requests wait */

static atomic_bool is_short; /* the next write of a large answer is; libuv calls writev below */

ssize_t writev(int file, const struct iovec *pieces, int count) {
    size_t size = 0;
    for (int i = 0; i < count; i++) {
        size += pieces[i].iov_len;
    }
    if (size > LARGE && atomic_exchange(&is_short, false)) {
        return write(file, pieces[0].iov_base, 1);
    }
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = (unsigned short)count};
    return sendmsg(file, &message, MSG_NOSIGNAL);
}

/* The rest of the answer is taken at once, so libuv says that it was written when it is about to wait for events: what
 * the requests behind it make due for another connection must go before that wait. */
static void another_connection_need_not_wait_for_an_event(void **state) {
    (void)state;
    static const uint8_t task[LARGE];
    const undr_slice large = undr_slice_of(task, sizeof task);
    service self;
    begin_with(&self, (undr_server_options){.manager.hold = 3600000});
    int client = join_server(self.port), other = join_server(self.port), witness = join_server(self.port);
    const int connections[] = {client, other, witness};
    undr_buffer bytes = {0}, whole = {0};
    for (size_t i = 0; i < sizeof connections / sizeof *connections; i++) { /* all are accepted */
        send_frame(connections[i], 'm', NOTE);
        expect_type(connections[i], 'm');
    }
    assert_int_equal(undr_put_slice(&whole, large), UNDR_OK);
    put_frame(&bytes, 'n', (undr_slice){0});
    put_frame(&bytes, 0x80, text("for the other"));
    undr_manager_core *core = undr_server_lock(self.server);
    send_frame(witness, 'm', NOTE); /* the server waits for the lock, and finds both others' requests after that */
    (void)usleep(50000);
    assert_int_equal(undr_manager_schedule_whole(core, 0, large, &whole), UNDR_OK);
    send_raw(client, bytes.data, bytes.size);
    send_type(other, 'n');
    atomic_store(&is_short, true);
    undr_server_unlock(self.server);
    expect_type(witness, 'm');
    expect_frame(other, 't', text("for the other"));
    assert_false(atomic_load(&is_short));
    expect_frame(client, 't', large);
    expect_type(client, 's');
    close(client);
    close(other);
    close(witness);
    await_messages(&self, 6); /* one of each, the witness's second, and both tasks are lost */
    undr_buffer_free(&bytes);
    finish(&self, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(another_connection_need_not_wait_for_an_event)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
