/* test_descriptors.c: a program that was started with standard descriptors closed: what the library opens never gets
 * their numbers, and libuv does not end the process. */
#include "support/steady.h"
#include "undr/descriptors.h"
#include "undr/process_manager.h"
#include "undr/server.h"
#include "undr/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In a process of its own, with the descriptors closed whose bits are set. */
static void act_without(unsigned closed, int (*act)(unsigned closed)) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (int i = 0; i <= 2; i++) {
            if ((closed & 1U << i) != 0) {
                (void)close(i);
            }
        }
        _exit(act(closed));
    }
    assert_int_equal(steady_waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail_msg("closed %u: status %x", closed, (unsigned)status);
    }
}

static void act_without_each(int (*act)(unsigned closed)) {
    for (unsigned closed = 0; closed < 8; closed++) {
        act_without(closed, act);
    }
}

/* Placeholders are there where they are needed, and fail as a closed descriptor does. */
static int check_placeholders(unsigned closed) {
    char byte = 0;
    for (int i = 0; i <= 2; i++) {
        if (fcntl(i, F_GETFD) < 0) {
            return 10 + i;
        }
        if ((closed & 1U << i) == 0) {
            continue;
        }
        ssize_t done = i == 0 ? steady_read(i, &byte, 1) : steady_write(i, &byte, 1);
        if (done >= 0 || errno != EBADF) {
            return 20 + i;
        }
    }
    return 0;
}

static int hold(unsigned closed) {
    struct stat before = {0}, after = {0};
    (void)fstat(STDERR_FILENO, &before);
    if (undr_hold_standard_descriptors() != UNDR_OK || undr_hold_standard_descriptors() != UNDR_OK) {
        return 1;
    }
    (void)fstat(STDERR_FILENO, &after);
    if ((closed & 4) == 0 && before.st_ino != after.st_ino) {
        return 2; /* what is open is left alone */
    }
    return check_placeholders(closed);
}

static int serve(unsigned closed) {
    undr_server *server;
    const undr_server_options options = {.log = stderr};
    if (undr_server_start(&options, &server) != UNDR_OK) {
        return 1;
    }
    int client;
    if (undr_connect(undr_server_port(server), &client) != UNDR_OK || client <= 2) {
        return 2;
    }
    if (undr_send_type(client, 'x') != UNDR_OK) { /* a line for the log */
        return 3;
    }
    char byte;
    if (steady_recv(client, &byte, 1, 0) != 0) {
        return 4; /* the log has come here, or something else */
    }
    undr_server_free(server);
    return check_placeholders(closed);
}

static int connect_only(unsigned closed) {
    int client;
    if (undr_connect(1, &client) != UNDR_SYSTEM || errno != ECONNREFUSED) {
        return 1;
    }
    return check_placeholders(closed);
}

static void placeholders(void **state) {
    (void)state;
    act_without_each(hold);
}

static void a_server(void **state) {
    (void)state;
    act_without_each(serve);
}

static void a_client(void **state) {
    (void)state;
    act_without_each(connect_only);
}

/* Whatever few descriptors there are: an error, or a server that works. */
static int serve_with_few(unsigned number) {
    const struct rlimit few = {number, number};
    undr_server *server;
    const undr_server_options options = {0};
    if (setrlimit(RLIMIT_NOFILE, &few) != 0) {
        return 1;
    }
    if (undr_server_start(&options, &server) == UNDR_OK) {
        undr_server_free(server);
        return 0;
    }
    return errno == EMFILE ? 0 : 2;
}

static void few_descriptors(void **state) {
    (void)state;
    for (unsigned number = 3; number <= 40; number++) {
        int status;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            _exit(serve_with_few(number));
        }
        assert_int_equal(steady_waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

/* Less and less address space: no memory for the threads' stacks, for libuv, for anything. */
static int serve_with_little(unsigned kib_more) {
    struct rlimit space;
    char line[64];
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL || fgets(line, sizeof line, file) == NULL || sscanf(line, "%ld", &pages) != 1) {
        return 1;
    }
    (void)fclose(file);
    space.rlim_cur = space.rlim_max = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)kib_more * 1024;
    if (setrlimit(RLIMIT_AS, &space) != 0) {
        return 2;
    }
    undr_server *server;
    const undr_server_options options = {0};
    if (undr_server_start(&options, &server) == UNDR_OK) {
        undr_server_free(server);
    }
    return 0;
}

static void little_memory(void **state) {
    (void)state;
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    skip(); /* they take address space as they like */
#endif
    for (unsigned kib = 0; kib <= 16384; kib = kib < 512 ? kib + 16 : kib * 2) {
        int status;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            _exit(serve_with_little(kib));
        }
        assert_int_equal(steady_waitpid(child, &status, 0), child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fail_msg("%u KiB more: status %x", kib, (unsigned)status);
        }
    }
}

static void probing(void **state) {
    (void)state;
    int before = dup(0), highest = 0, after;
    assert_int_equal(undr_probe_descriptors(8, &highest), UNDR_OK);
    assert_true(highest >= before + 8);
    after = dup(0);
    assert_int_equal(after, before + 1); /* all were closed again */
    (void)close(before);
    (void)close(after);
    assert_int_equal(undr_probe_descriptors(0, NULL), UNDR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(placeholders),
        cmocka_unit_test(a_server),
        cmocka_unit_test(a_client),
        cmocka_unit_test(few_descriptors),
        cmocka_unit_test(little_memory),
        cmocka_unit_test(probing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
