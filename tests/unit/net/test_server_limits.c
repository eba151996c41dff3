/* test_server_limits.c: whom the server serves: its address, the number of connections, the user. Its log. */
#include "support/service.h"

#include <grp.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

static void an_address_beyond_loopback_is_asked_for_twice(void **state) {
    (void)state;
    undr_server *server;
    undr_server_options options = {.address = "0.0.0.0"};
    assert_int_equal(undr_server_start(&options, &server), UNDR_BEYOND_LOOPBACK);
    options.address = "localhost";
    assert_int_equal(undr_server_start(&options, &server), UNDR_ARGUMENT);
    options = (undr_server_options){.beyond_loopback = true}; /* once is not enough: loopback stays the default */
    assert_int_equal(undr_server_start(&options, &server), UNDR_OK);
    undr_server_free(server);
    service self;
    begin_with(&self, (undr_server_options){.address = "0.0.0.0", .beyond_loopback = true});
    expect_alive(&self);
    finish(&self, NULL);
    begin_with(&self, (undr_server_options){.address = "127.0.0.2"});
    assert_refused(self.port);
    finish(&self, NULL);
}

static void connections_are_limited(void **state) {
    (void)state;
    service self;
    begin_with(&self, (undr_server_options){.connections = 3});
    int clients[3];
    for (size_t i = 0; i < 3; i++) {
        clients[i] = join_server(self.port);
        send_type(clients[i], 'n');
        expect_frame(clients[i], 't', NONE);
    }
    int surplus = join_server(self.port);
    expect_end(surplus);
    send_type(clients[0], 'n'); /* the others do not notice */
    expect_frame(clients[0], 't', NONE);
    close(clients[1]);
    uint8_t byte;
    for (bool served = false; !served;) { /* once its end is noticed there is room again; ctest ends a wait for ever */
        clients[1] = join_server(self.port);
        send_type(clients[1], 'n');
        served = steady_recv(clients[1], &byte, 1, MSG_PEEK) == 1;
        served ? (void)0 : (void)close(clients[1]);
    }
    for (size_t i = 0; i < 3; i++) {
        close(clients[i]);
    }
    finish(&self, "connection not served: the limit of connections is reached");
}

/* Connects as another user, asks, and leaves with 0 when the connection ends without an answer. */
static int ask_as_nobody(uint16_t port, bool leave) {
    uint8_t answer;
    if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
        return 2;
    }
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0 || connect_socket(client, port) != 0) {
        return 3;
    }
    ssize_t sent = steady_send(client, "\x81\0\0\0\0\0\0\0\0", UNDR_HEADER_SIZE, MSG_NOSIGNAL);
    (void)sent;  /* or the server was faster */
    if (leave) { /* a socket without a process must not pass for root's */
        return 0;
    }
    return steady_recv(client, &answer, 1, 0) <= 0 ? 0 : 1;
}

static void expect_nobody_is_refused(const service *self, bool leave) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(ask_as_nobody(self->port, leave));
    }
    assert_int_equal(steady_waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void other_users_can_be_refused(void **state) {
    (void)state;
    service self;
    if (geteuid() != 0) {
        print_message("not root: what another user gets is not tested\n");
        skip();
    }
    begin_with(&self, (undr_server_options){.same_user = true});
    expect_alive(&self);
    expect_nobody_is_refused(&self, false);
    expect_alive(&self);
    finish(&self, "connection not served: it belongs to another user");
}

/* While the loop waits for the lock another user connects, schedules a task and leaves. */
static void who_has_left_is_nobody(void **state) {
    (void)state;
    service self;
    if (geteuid() != 0) {
        print_message("not root: what another user gets is not tested\n");
        skip();
    }
    begin_with(&self, (undr_server_options){.same_user = true});
    int blocker = join_server(self.port);
    send_type(blocker, 'n');
    expect_frame(blocker, 't', NONE);
    (void)undr_server_lock(self.server); /* the loop stops at its next request */
    send_type(blocker, 'n');
    (void)usleep(20000);
    expect_nobody_is_refused(&self, true);
    undr_server_unlock(self.server);
    expect_frame(blocker, 't', NONE);
    expect_alive(&self);
    expect_counts(&self, 0, 0);
    close(blocker);
    finish(&self, "connection not served: its user can't be determined");
}

static void a_flood_of_lines_is_cut(void **state) {
    (void)state;
    service self;
    begin(&self);
    for (size_t i = 0; i < 3000; i++) {
        int client = join_server(self.port);
        send_type(client, 'x');
        expect_end(client);
        close(client);
    }
    undr_server_free(self.server);
    assert_int_equal(fclose(self.log), 0);
    size_t lines = 0, left_out = 0;
    for (const char *at = self.text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    for (const char *at = self.text; (at = strstr(at, " lines of this log were left out\n")) != NULL; at++) {
        const char *number = at;
        while (number > self.text && number[-1] != '\n') {
            number--;
        }
        left_out += strtoul(number, NULL, 10);
        lines--;
    }
    assert_int_equal(lines + left_out, 3000);
    free(self.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_beyond_loopback_is_asked_for_twice),
        cmocka_unit_test(connections_are_limited),
        cmocka_unit_test(other_users_can_be_refused),
        cmocka_unit_test(who_has_left_is_nobody),
        cmocka_unit_test(a_flood_of_lines_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
