/* play_peers.h: small managers and workers for test_play.c, each wrong in one way of its own. They run in processes
 * that the harness starts: this test program again, as `PROGRAM --peer NAME VERB ...`. */
#ifndef TESTS_PLAY_PEERS_H
#define TESTS_PLAY_PEERS_H

#include "support/steady.h"
#include "target/gate.h"
#include "undr/pickle.h"
#include "undr/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

typedef struct wrong_peer {
    const char *name;
    int listener;
} wrong_peer;

static bool peer_is(const wrong_peer *self, const char *name) {
    return strcmp(self->name, name) == 0;
}

static void say(int file, const char *text) {
    if (steady_write(file, text, strlen(text)) < 0) {
        _exit(1);
    }
}

_Noreturn static void wait_for_ever(void) {
    for (;;) {
        pause();
    }
}

static void print_ready(const wrong_peer *self) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    char line[32];
    getsockname(self->listener, (struct sockaddr *)&address, &size);
    snprintf(line, sizeof line, "ready %u\n", ntohs(address.sin_port));
    say(1, line);
}

static void reset(int client) {
    struct linger at_once = {.l_onoff = 1};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client);
}

/* Leaves a daemon behind: in a session of its own, its parent gone. Its id is on standard error when this returns. */
static void leave_a_daemon(void) {
    int told[2];
    if (pipe(told) != 0) {
        _exit(1);
    }
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            char line[32];
            snprintf(line, sizeof line, "daemon %ld\n", (long)getpid());
            say(2, line);
            close(told[0]);
            close(told[1]);
            wait_for_ever();
        }
        _exit(0);
    }
    char none;
    close(told[1]);
    (void)steady_read(told[0], &none, 1); /* its end: the daemon has closed it, or is gone */
    close(told[0]);
}

static void flood_standard_error(void) {
    static char block[1 << 20];
    memset(block, 'e', sizeof block);
    block[sizeof block - 1] = '\n';
    for (int i = 0; i < 100; i++) {
        for (size_t at = 0; at < sizeof block;) {
            ssize_t size = steady_write(2, block + at, sizeof block - at);
            at += size > 0 ? (size_t)size : 0;
        }
    }
    say(2, "the last line\n");
}

_Noreturn static void print_without_end(int file) {
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    for (;;) {
        if (steady_write(file, block, sizeof block) < 0) {
            _exit(1);
        }
    }
}

/* What happens before the first answer. */
static void misbehave(const wrong_peer *self, int client) {
    if (peer_is(self, "crash")) {
        signal(SIGABRT, SIG_DFL);
        raise(SIGABRT);
    } else if (peer_is(self, "exit-1")) {
        _exit(1);
    } else if (peer_is(self, "silent")) {
        wait_for_ever();
    } else if (peer_is(self, "noisy")) {
        print_without_end(2);
    } else if (peer_is(self, "chatter")) {
        say(1, "debug: a request\n");
    } else if (peer_is(self, "reset")) {
        reset(client);
    } else if (peer_is(self, "fin")) {
        close(client);
    } else if (peer_is(self, "cut-short")) {
        say(client, "t\4\0\0");
        close(client);
    } else if (peer_is(self, "closes-output")) {
        close(1);
    }
}

/* A byte in thirty milliseconds. */
static undr_error send_slowly(int client, uint8_t type, undr_slice payload) {
    undr_buffer bytes = {0};
    const undr_frame frame = {.type = type, .payload = payload};
    undr_error error = undr_frame_encode(&bytes, &frame);
    for (size_t i = 0; i < bytes.size && error == UNDR_OK; i++) {
        error = steady_write(client, bytes.data + i, 1) == 1 ? UNDR_OK : UNDR_SYSTEM;
        steady_poll(NULL, 0, 30);
    }
    undr_buffer_free(&bytes);
    return error;
}

/* Answers like a manager that has no task. */
static bool serve_one(const wrong_peer *self, int client) {
    uint8_t type;
    undr_buffer message = {0};
    undr_error error = undr_receive_bytes(client, 1 << 27, &type, &message);
    undr_buffer_free(&message);
    if (error != UNDR_OK) {
        return false;
    }
    misbehave(self, client);
    undr_slice none = undr_slice_of(undr_pickle_none().data, undr_pickle_none().size);
    uint8_t answer = type == 'n' || type == 't' ? 't' : type == 'm' ? 'm' : 's';
    int times = peer_is(self, "twice") ? 2 : 1;
    for (int i = 0; i < times && error == UNDR_OK; i++) {
        undr_slice payload = answer == 't' ? none : undr_slice_of(NULL, 0);
        error = peer_is(self, "trickles") ? send_slowly(client, answer, payload)
                                          : undr_send_bytes(client, answer, payload);
    }
    return error == UNDR_OK;
}

/* Tells on standard error in which pieces the bytes came. */
static void count_pieces(int client) {
    char bytes[256], line[32];
    ssize_t size;
    size_t all = 0;
    while ((size = steady_recv(client, bytes, sizeof bytes, 0)) > 0) {
        snprintf(line, sizeof line, "%zd ", size);
        say(2, line);
        all += (size_t)size;
        if (all % 27 == 0 && undr_send_bytes(client, 's', undr_slice_of(NULL, 0)) != UNDR_OK) {
            break;
        }
    }
}

/* A kilobyte in ten milliseconds; then it acknowledges what was one frame. */
static void read_slowly(int client, size_t size, int thinks_ms) {
    char bytes[1024];
    for (size_t all = 0; all < size;) {
        ssize_t got = steady_recv(client, bytes, sizeof bytes, 0);
        if (got <= 0) {
            return;
        }
        all += (size_t)got;
        steady_poll(NULL, 0, 10);
    }
    steady_poll(NULL, 0, thinks_ms);
    if (undr_send_bytes(client, 's', undr_slice_of(NULL, 0)) != UNDR_OK) {
        _exit(1);
    }
}

static void serve_connections(const wrong_peer *self) {
    for (;;) {
        int client = steady_accept(self->listener);
        if (client >= 0 && peer_is(self, "unasked")
            && undr_send_bytes(client, 's', undr_slice_of(NULL, 0)) != UNDR_OK) {
            _exit(1);
        }
        struct timeval patience = {.tv_sec = 5};
        if (client >= 0 && peer_is(self, "five-seconds")) {
            setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        }
        if (client >= 0 && peer_is(self, "pieces")) {
            count_pieces(client);
        }
        if (client >= 0 && peer_is(self, "slow-reader")) {
            read_slowly(client, 100009, 0);
        }
        if (client >= 0 && peer_is(self, "thinking-reader")) {
            read_slowly(client, 30009, 400); /* of half a second */
        }
        if (client >= 0 && peer_is(self, "deaf")) {
            wait_for_ever();
        }
        while (client >= 0 && serve_one(self, client)) {}
        close(client);
    }
}

static void open_peer(wrong_peer *self) {
    uint16_t port;
    self->listener = check_listen(&port);
    if (self->listener < 0 || fcntl(self->listener, F_SETFL, 0) != 0) {
        _exit(1);
    }
}

/* The answer to the first command is a message: the number in UNDR_TEST_PID, as a pickle of protocol 0. */
static void report_pid(void) {
    char line[256];
    const char *number = getenv("UNDR_TEST_PID");
    if (number != NULL && steady_read(0, line, sizeof line) > 0) {
        say(1, "message 49");
        for (const char *digit = number; *digit != '\0'; digit++) {
            snprintf(line, sizeof line, "%02x", (unsigned)*digit);
            say(1, line);
        }
        say(1, "0a2e\n");
    }
}

/* The same with a child that has a session of its own. */
static void report_child(void) {
    char number[32];
    pid_t child = fork();
    if (child == 0) {
        setsid();
        wait_for_ever();
    }
    while (getsid(child) != child) {
        steady_poll(NULL, 0, 1);
    }
    snprintf(number, sizeof number, "%ld", (long)child);
    setenv("UNDR_TEST_PID", number, 1);
    report_pid();
}

_Noreturn static void be_manager(wrong_peer *self) {
    if (peer_is(self, "never-ready")) {
        wait_for_ever();
    } else if (peer_is(self, "hello")) {
        say(1, "hello, world\n");
        wait_for_ever();
    } else if (peer_is(self, "endless-line")) {
        print_without_end(1);
    } else if (peer_is(self, "leaves")) {
        say(2, "no more room\n");
        _exit(7);
    }
    open_peer(self);
    if (peer_is(self, "daemon")) {
        leave_a_daemon();
    } else if (peer_is(self, "flood")) {
        flood_standard_error();
    }
    print_ready(self);
    if (peer_is(self, "nonsense-answer")) {
        char line[256];
        if (steady_read(0, line, sizeof line) > 0) {
            say(1, "yes\n");
        }
    }
    if (peer_is(self, "two-messages")) {
        char line[16];
        for (int i = 1; i <= 2 && steady_read(0, line, sizeof line) > 0; i++) {
            say(1, i == 1 ? "message 4b012e\n" : "message 4b022e\n"); /* BININT1 1, BININT1 2 */
        }
    }
    if (peer_is(self, "reports-pid")) {
        report_pid();
    }
    if (peer_is(self, "reports-child")) {
        report_child();
    }
    serve_connections(self);
    _exit(0);
}

static int connect_to(uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int file = socket(AF_INET, SOCK_STREAM, 0);
    if (file < 0 || steady_connect(file, (const struct sockaddr *)&address, sizeof address) != 0) {
        _exit(1);
    }
    return file;
}

/* Asks until it is told to leave, on one connection. */
static void ask_until_closed(int client) {
    for (;;) {
        uint8_t type;
        undr_buffer message = {0};
        if (undr_send_type(client, 'n') != UNDR_OK || undr_receive_bytes(client, 1 << 20, &type, &message) != UNDR_OK) {
            _exit(1);
        }
        bool leave = message.size > 4; /* not None */
        undr_buffer_free(&message);
        if (leave) {
            return;
        }
        steady_poll(NULL, 0, 1);
    }
}

/* Ends its first connection at the first answer; its second one lives on: it asks, or says nothing at all. */
_Noreturn static void live_on(int first, int second, bool asks) {
    uint8_t type, byte;
    undr_buffer message = {0};
    if (undr_send_type(first, 'n') != UNDR_OK || undr_receive_bytes(first, 1 << 20, &type, &message) != UNDR_OK) {
        _exit(1);
    }
    undr_buffer_free(&message);
    close(first);
    if (asks) {
        ask_until_closed(second);
    }
    _exit(asks || steady_read(second, &byte, 1) == 0 ? 0 : 1);
}

_Noreturn static void be_worker(const wrong_peer *self, uint16_t port) {
    if (peer_is(self, "never-connects")) {
        wait_for_ever();
    }
    int client = connect_to(port);
    if (peer_is(self, "two-connections")) {
        int silent = connect_to(port);
        ask_until_closed(client);
        ask_until_closed(silent);
        _exit(0);
    }
    if (peer_is(self, "second-lives-on") || peer_is(self, "second-is-silent")) {
        live_on(client, connect_to(port), peer_is(self, "second-lives-on"));
    }
    if (peer_is(self, "worker-crash")) {
        undr_error sent = undr_send_type(client, 'n');
        signal(SIGABRT, SIG_DFL);
        raise(sent == UNDR_OK ? SIGABRT : SIGKILL);
    }
    if (peer_is(self, "impatient") && undr_send_type(client, 'n') == UNDR_OK
        && undr_send_type(client, 'n') == UNDR_OK) {
        wait_for_ever();
    }
    ask_until_closed(client);
    uint8_t byte;
    if (peer_is(self, "waits-for-the-end") && (shutdown(client, SHUT_WR) != 0 || steady_read(client, &byte, 1) != 0)) {
        _exit(1);
    }
    _exit(0);
}

_Noreturn static void be_adapter(const wrong_peer *self, const char *verb) {
    if (strcmp(verb, "capabilities") == 0) {
        say(1,
            peer_is(self, "strange-levels") ? "manager\npriority-levels many\n"
                                            : "manager\nworker\nhold 3\nnew-word 7\n");
        _exit(0);
    }
    if (peer_is(self, "accepts-anything")) {
        _exit(0);
    }
    if (peer_is(self, "hangs")) {
        wait_for_ever();
    }
    if (peer_is(self, "hangs-noisily")) {
        print_without_end(2);
    }
    _exit(89);
}

/* argv: PROGRAM --peer NAME VERB ... */
_Noreturn static void be_peer(int argc, char **argv) {
    wrong_peer self = {.name = argv[2], .listener = -1};
    const char *verb = argc > 3 ? argv[3] : "";
    if (strcmp(verb, "manager") == 0) {
        be_manager(&self);
    }
    if (strcmp(verb, "worker") == 0 && argc > 5) {
        be_worker(&self, (uint16_t)strtol(argv[5], NULL, 10));
    }
    be_adapter(&self, verb);
}

#endif
