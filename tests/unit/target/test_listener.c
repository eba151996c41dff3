/* test_listener.c: whose socket listens on a port. */
#include "target/listener.h"

#include "support/steady.h"
#include "target/gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_foreign(uint16_t port, const check_pids *family) {
    bool foreign = false;
    assert_int_equal(check_listener_is_foreign(port, family, &foreign), UNDR_OK);
    return foreign;
}

static bool is_exposed(uint16_t port, const check_pids *family) {
    bool exposed = false;
    assert_int_equal(check_listener_is_exposed(port, family, &exposed), UNDR_OK);
    return exposed;
}

/* A process that does nothing, and has no socket open. */
static pid_t start_other(int without) {
    pid_t pid = fork();
    if (pid == 0) {
        close(without);
        pause();
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

static void stop_other(pid_t pid) {
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(steady_waitpid(pid, NULL, 0), pid);
}

static void a_listener_has_its_owner(void **state) {
    uint16_t port = 0;
    int file = check_listen(&port);
    pid_t other = start_other(file);
    pid_t both[] = {other, getpid()};
    const check_pids family = {.at = both, .count = 2}, strangers = {.at = both, .count = 1}, nobody = {0};
    (void)state;
    assert_true(file >= 0);
    while (is_foreign(port, &strangers) == false) {
        usleep(1000); /* until the other one has closed its copy; for ever when it is not seen */
    }
    assert_false(is_foreign(port, &family));
    assert_true(is_foreign(port, &nobody));
    close(file);
    assert_false(is_foreign(port, &nobody)); /* nobody listens */
    stop_other(other);
}

static void who_has_gone_owns_nothing(void **state) {
    uint16_t port = 0;
    int file = check_listen(&port);
    pid_t other = start_other(file);
    const check_pids family = {.at = &other, .count = 1};
    (void)state;
    assert_int_equal(kill(other, SIGKILL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)other, &info, WEXITED | WNOWAIT), 0); /* a zombie */
    assert_true(is_foreign(port, &family));
    assert_int_equal(steady_waitpid(other, NULL, 0), other);
    assert_true(is_foreign(port, &family));
    close(file);
}

/* As a JVM listens on 127.0.0.1. */
static int listen_mapped(const char *host, uint16_t *port) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    socklen_t size = sizeof address;
    int file = socket(AF_INET6, SOCK_STREAM, 0), off = 0;
    if (file < 0 || inet_pton(AF_INET6, host, &address.sin6_addr) != 1
        || setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0
        || bind(file, (struct sockaddr *)&address, size) != 0 || listen(file, 1) != 0
        || getsockname(file, (struct sockaddr *)&address, &size) != 0) {
        close(file);
        return -1;
    }
    *port = ntohs(address.sin6_port);
    return file;
}

static void a_listener_of_ipv6_is_seen(void **state) {
    const char *hosts[] = {"::ffff:127.0.0.1", "::"};
    const check_pids nobody = {0};
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        uint16_t port = 0;
        int file = listen_mapped(hosts[i], &port);
        if (file < 0) {
            print_message("SKIPPED: mapped addresses (this machine has no IPv6)\n");
            skip();
        }
        assert_true(is_foreign(port, &nobody));
        close(file);
        assert_false(is_foreign(port, &nobody));
    }
}

static int listen_at(const char *host, uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int file = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(inet_pton(AF_INET, host, &address.sin_addr), 1);
    assert_int_equal(bind(file, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(file, 1), 0);
    assert_int_equal(getsockname(file, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return file;
}

static void what_other_machines_reach_is_exposed(void **state) {
    const struct {
        const char *host;
        bool exposed;
    } table[] = {{"127.0.0.1", false}, {"127.0.0.2", false}, {"0.0.0.0", true}, {"::ffff:127.0.0.1", false},
        {"::1", false}, {"::", true}};
    pid_t self = getpid(), other = 1;
    const check_pids family = {.at = &self, .count = 1}, strangers = {.at = &other, .count = 1};
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint16_t port = 0;
        bool six = strchr(table[i].host, ':') != NULL;
        int file = six ? listen_mapped(table[i].host, &port) : listen_at(table[i].host, &port);
        if (six && file < 0) {
            print_message("SKIPPED: addresses of IPv6 (this machine has none)\n");
            skip();
        }
        assert_true(file >= 0);
        assert_int_equal(is_exposed(port, &family), table[i].exposed);
        assert_false(is_exposed(port, &strangers));
        close(file);
        assert_false(is_exposed(port, &family));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_has_its_owner),
        cmocka_unit_test(who_has_gone_owns_nothing),
        cmocka_unit_test(a_listener_of_ipv6_is_seen),
        cmocka_unit_test(what_other_machines_reach_is_exposed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
