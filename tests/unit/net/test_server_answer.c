/* test_server_answer.c: what schedule writes itself to a worker that waits, also when the socket takes a part of it or
 * nothing: the worker reads the same bytes, once. */
#include "support/loopback.h"

#include "undr/pickle.h"
#include "undr/process_manager.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc has a second name for it where it made time_t 64 bits wide on a machine of 32. */
ssize_t __wrap_sendmsg(int file, const struct msghdr *message, int flags);
ssize_t __wrap___sendmsg64(int file, const struct msghdr *message, int flags);

static atomic_int calls;
static atomic_int most; /* bytes that a call takes; -1: all; -2: it fails */

ssize_t __wrap_sendmsg(int file, const struct msghdr *message, int flags) {
    int limit = atomic_load(&most);
    atomic_fetch_add(&calls, 1);
    if (limit == -1) {
        return syscall(SYS_sendmsg, file, message, flags);
    }
    if (limit <= 0) {
        errno = limit == 0 ? EAGAIN : EPIPE;
        return -1;
    }
    uint8_t bytes[256];
    size_t size = 0;
    for (size_t i = 0; i < (size_t)message->msg_iovlen; i++) {
        memcpy(bytes + size, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
        size += message->msg_iov[i].iov_len;
    }
    return send(file, bytes, size < (size_t)limit ? size : (size_t)limit, flags);
}

ssize_t __wrap___sendmsg64(int file, const struct msghdr *message, int flags) {
    return __wrap_sendmsg(file, message, flags);
}

static const char first[] = "\x80\x02"
                            "cmodule\nTask\n)\x81."; /* an instance of module.Task, as pickle protocol 2 */

static undr_slice task(void) {
    return undr_slice_of(first, sizeof first - 1);
}

/* A worker whose `n` is held: a later round trip of another connection shows that the manager has read it. */
static int waiting_worker(const undr_process_manager *manager) {
    int worker = join_server(undr_process_manager_port(manager));
    send_type(worker, 'n');
    int other = join_server(undr_process_manager_port(manager));
    send_frame(other, 'm', undr_pickle_none());
    expect_type(other, 'm');
    (void)close(other);
    return worker;
}

static undr_process_manager *start(void) {
    const undr_process_manager_options options = {.hold = 3600000};
    undr_process_manager *manager;
    atomic_store(&calls, 0);
    atomic_store(&most, -1);
    assert_int_equal(undr_process_manager_start(&options, &manager), UNDR_OK);
    return manager;
}

static void schedule_writes_to_who_waits(void **state) {
    (void)state;
    undr_process_manager *manager = start();
    int worker = waiting_worker(manager);
    assert_int_equal(undr_process_manager_schedule_pickle(manager, task(), 1), UNDR_OK);
    assert_int_equal(atomic_load(&calls), 1);
    expect_frame(worker, 't', task());
    assert_int_equal(undr_process_manager_schedule_pickle(manager, task(), 1), UNDR_OK);
    assert_int_equal(atomic_load(&calls), 1); /* nobody waits for it */
    send_type(worker, 't');
    expect_frame(worker, 't', task());
    (void)close(worker);
    undr_process_manager_free(manager);
}

static void what_did_not_go_out_follows(void **state) {
    (void)state;
    for (int limit = -2; limit < (int)(UNDR_HEADER_SIZE + sizeof first - 1); limit++) {
        undr_process_manager *manager = start();
        int worker = waiting_worker(manager);
        atomic_store(&most, limit);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(undr_process_manager_schedule_pickle(manager, task(), 1), UNDR_OK);
        }
        assert_true(atomic_load(&calls) >= 1);
        expect_frame(worker, 't', task());
        send_type(worker, 't');
        expect_frame(worker, 't', task());
        (void)close(worker);
        undr_process_manager_free(manager);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_writes_to_who_waits),
        cmocka_unit_test(what_did_not_go_out_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
