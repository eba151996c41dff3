/* main.c: undr-useless MODE VERB ...: peers that do nothing useful. They speak the adapter contract, agree to whatever
 * the control channel asks, and then answer all connections in one way. No case of a MUST is passed by such a peer,
 * but for those that tests/broken/useless.txt names with a reason.
 *
 * The connections are served by one thread, in turn: a peer that keeps one open and says nothing serves no other. */
#include "support/steady.h"
#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STATUS_USAGE = 2, STATUS_UNKNOWN_VERB = 89, FLOOD = 100000 };

typedef struct mode mode;
struct mode {
    const char *role, *name;
    void (*serve)(const mode *self, int fd); /* one connection, until it ends; the caller closes it */
    uint8_t answer;                          /* type of every answer, ... */
    const char *payload;                     /* ... and its payload */
    size_t size;
};

/* Managers; some of them do as a worker, too. */

static void serve_nothing(const mode *self, int fd) {
    (void)self;
    (void)fd;
}

static void serve_reset(const mode *self, int fd) {
    (void)self;
    struct linger now = {1, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void serve_silence(const mode *self, int fd) {
    (void)self;
    char sink[65536];
    while (steady_recv(fd, sink, sizeof sink, 0) > 0) {}
}

static void serve_echo(const mode *self, int fd) {
    (void)self;
    char data[65536];
    for (ssize_t got; (got = steady_recv(fd, data, sizeof data, 0)) > 0;) {
        (void)steady_send(fd, data, (size_t)got, MSG_NOSIGNAL);
    }
}

static void serve_garbage(const mode *self, int fd) {
    static const char garbage[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    char sink[65536];
    (void)self;
    while (steady_recv(fd, sink, sizeof sink, 0) > 0) {
        (void)steady_send(fd, garbage, sizeof garbage - 1, MSG_NOSIGNAL);
    }
}

static void serve_crash(const mode *self, int fd) {
    (void)self;
    (void)fd;
    abort();
}

static void serve_exit(const mode *self, int fd) {
    (void)self;
    (void)fd;
    _exit(0);
}

/* Answers every frame with the same frame. */
static void serve_answer(const mode *self, int fd) {
    const wire_habits habits = {.limit = (uint64_t)1 << 30};
    for (frame f; read_frame(fd, &habits, &f) == WIRE_OK; free(f.payload.data)) {
        (void)write_frame(fd, &habits, self->answer, self->payload, self->size);
    }
}

/* Workers. */

static void work_flood(const mode *self, int fd) {
    const wire_habits habits = {0};
    (void)self;
    for (int i = 0; i < FLOOD && write_frame(fd, &habits, 'n', NULL, 0); i++) {}
}

static void work_garbage(const mode *self, int fd) {
    static const char garbage[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    (void)steady_send(fd, garbage, sizeof garbage - 1, MSG_NOSIGNAL);
    serve_silence(self, fd);
}

/* Asks, whatever the answer. */
static void work_asks(const mode *self, int fd) {
    const wire_habits habits = {.limit = (uint64_t)1 << 30};
    frame f;
    while (write_frame(fd, &habits, self->answer, NULL, 0) && read_frame(fd, &habits, &f) == WIRE_OK) {
        free(f.payload.data);
        (void)usleep(1000);
    }
}

static const char none[] = "\x80\x04N.";
static const char close_request[] = "\x80\x04\x95\x21\0\0\0\0\0\0\0\x8c\x09undr.task\x94\x8c\x0c"
                                    "CloseRequest\x94\x93\x94)\x81\x94.";

static const mode modes[] = {
    {"manager", "accept-and-close", serve_nothing, 0, NULL, 0},
    {"manager", "reset", serve_reset, 0, NULL, 0},
    {"manager", "silent", serve_silence, 0, NULL, 0},
    {"manager", "echo", serve_echo, 0, NULL, 0},
    {"manager", "garbage", serve_garbage, 0, NULL, 0},
    {"manager", "crash", serve_crash, 0, NULL, 0},
    {"manager", "exit", serve_exit, 0, NULL, 0},
    {"manager", "none", serve_answer, 't', none, sizeof none - 1},
    {"manager", "close-request", serve_answer, 't', close_request, sizeof close_request - 1},
    {"manager", "empty-task", serve_answer, 't', NULL, 0},
    {"manager", "scheduled", serve_answer, 's', NULL, 0},
    {"manager", "acknowledged", serve_answer, 'm', NULL, 0},
    {"manager", "ready-only", NULL, 0, NULL, 0},
    {"worker", "connect-and-close", serve_nothing, 0, NULL, 0},
    {"worker", "connect-and-reset", serve_reset, 0, NULL, 0},
    {"worker", "connect-and-silence", serve_silence, 0, NULL, 0},
    {"worker", "echo-back", serve_echo, 0, NULL, 0},
    {"worker", "flood", work_flood, 0, NULL, 0},
    {"worker", "send-garbage", work_garbage, 0, NULL, 0},
    {"worker", "only-next", work_asks, 'n', NULL, 0},
    {"worker", "only-done", work_asks, 't', NULL, 0},
    {"worker", "connect-and-crash", serve_crash, 0, NULL, 0},
    {"worker", "exit-at-once", NULL, 0, NULL, 0},
};
enum { MODE_COUNT = sizeof modes / sizeof modes[0] };

typedef struct service {
    const mode *how;
    int listen_fd;
} service;

static void *serve_all(void *argument) {
    const service *s = argument;
    for (int fd; s->how->serve != NULL && (fd = steady_accept(s->listen_fd)) >= 0; close(fd)) {
        s->how->serve(s->how, fd);
    }
    return NULL;
}

/* Agrees to everything: a case can learn something only from the connections. */
static void obey_all(void) {
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        bool closes = strncmp(line, "close ", 6) == 0, next = strncmp(line, "next", 4) == 0;
        puts(closes ? "closed" : next ? "done" : "ok");
        fflush(stdout);
    }
    free(line);
}

static int run_manager(const mode *how) {
    service s = {.how = how};
    uint16_t port;
    pthread_t thread;
    s.listen_fd = listen_on(INADDR_LOOPBACK, &port);
    if (pthread_create(&thread, NULL, serve_all, &s) != 0) {
        return 70;
    }
    printf("ready %u\n", (unsigned)port);
    fflush(stdout);
    if (how->serve == NULL) {
        (void)pause();
    }
    obey_all();
    _exit(0); /* the thread may wait for a connection */
}

static int run_worker(const mode *how, uint16_t port) {
    int fd = connect_to(port);
    if (fd >= 0 && how->serve != NULL) {
        how->serve(how, fd);
    }
    return 0;
}

static int run(const mode *how, int argc, char **argv) {
    bool worker = strcmp(how->role, "worker") == 0;
    if (argc > 0 && strcmp(argv[0], "capabilities") == 0) {
        puts(worker ? "worker" : "manager\npool\nlog-directory\npriority-levels 128");
        return 0;
    }
    if (argc > 0 && strcmp(argv[0], "manager") == 0) {
        return run_manager(how);
    }
    if (argc > 2 && strcmp(argv[0], "worker") == 0) {
        return run_worker(how, (uint16_t)atoi(argv[2]));
    }
    return STATUS_UNKNOWN_VERB;
}

int main(int argc, char **argv) {
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* the crashing ones crash some hundred times */
    for (int i = 0; i < MODE_COUNT; i++) {
        if (argc > 1 && strcmp(argv[1], "--list") == 0) {
            printf("%s\t%s\n", modes[i].role, modes[i].name);
        } else if (argc > 1 && strcmp(argv[1], modes[i].name) == 0) {
            return run(&modes[i], argc - 2, argv + 2);
        }
    }
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        return 0;
    }
    fputs("undr-useless MODE VERB ... | --list\n", stderr);
    return STATUS_USAGE;
}
