/* bench-wakeup.c: the limit of bench-latency: how long 64 bytes take to a process that waits for them on a bare socket,
 * and its answer back.
 *
 *     bench-wakeup COUNT c         4 processes of its own wait
 *     bench-wakeup COUNT thread    the same, but another thread has the sockets, as in the library: each way is two
 *                                  wake-ups, that thread's and the process's, or that thread's and the program's
 *     bench-wakeup COUNT python    it says `ready PORT`; 4 processes of bench_wait.py are to connect; begins at a line
 *     bench-wakeup COUNT worker    the same with 4 workers of the protocol: they get the bytes of bench-latency's task
 *                                  from here: what the workers need for themselves
 *
 * They get the bytes in turn, after a pause as long as that of bench-latency, and answer with the time at which they
 * had read them. */
#include "bench.h"
#include "support/steady.h"

#include "undr/socket.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

enum { PEERS = 4, WARM_UP = 50, PAUSE_US = 2000 };

static void read_all(int socket, void *to, size_t size) {
    ssize_t got = steady_recv(socket, to, size, MSG_WAITALL);
    if (got != (ssize_t)size) {
        bench_fail("recv: %s", got < 0 ? strerror(errno) : "the other side is gone");
    }
}

static void write_all(int socket, const void *from, size_t size) {
    if (steady_send(socket, from, size, MSG_NOSIGNAL) != (ssize_t)size) { /* so little goes at once */
        bench_fail("send: %s", strerror(errno));
    }
}

/* A peer in C: until the other side is gone. */
static void answer(uint16_t port) {
    char bytes[BENCH_ANSWER];
    int client = bench_connect(port);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing to be done without: it ends when the socket does */
    while (steady_recv(client, bytes, sizeof bytes, MSG_WAITALL) == (ssize_t)sizeof bytes) {
        int64_t now = (int64_t)bench_now();
        write_all(client, &now, sizeof now);
    }
    _exit(0);
}

static void start_peers(int listener) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        bench_fail("getsockname: %s", strerror(errno));
    }
    for (int i = 0; i < PEERS; i++) {
        pid_t child = fork();
        if (child < 0) {
            bench_fail("fork: %s", strerror(errno));
        }
        if (child == 0) {
            answer(ntohs(address.sin_port));
        }
    }
}

static void measure(int peer, double *there, double *back) {
    static const char bytes[BENCH_ANSWER];
    int64_t read_at;
    (void)usleep(PAUSE_US); /* it waits again */
    uint64_t sent = bench_now();
    write_all(peer, bytes, sizeof bytes);
    read_all(peer, &read_at, sizeof read_at);
    uint64_t seen = bench_now();
    *there = ((double)read_at - (double)sent) / 1e3;
    *back = ((double)seen - (double)read_at) / 1e3;
}

/* The thread that has the sockets, in `thread`: what it passes on, and how it is told to. */
typedef struct middle {
    int send, seen, epoll; /* eventfds: of this thread, of the program */
    int peer;              /* to which it sends next */
    int64_t read_at;
} middle;

static void wait_on_event(int event) {
    uint64_t count;
    ssize_t got;
    do {
        got = read(event, &count, sizeof count);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof count) {
        bench_fail("eventfd: %s", strerror(errno));
    }
}

static void set_event(int event) {
    const uint64_t one = 1;
    if (write(event, &one, sizeof one) != (ssize_t)sizeof one) {
        bench_fail("eventfd: %s", strerror(errno));
    }
}

static void *pass_on(void *argument) {
    static const char bytes[BENCH_ANSWER];
    middle *m = argument;
    for (;;) {
        struct epoll_event event;
        if (epoll_wait(m->epoll, &event, 1, -1) != 1) {
            continue; /* a signal */
        }
        if (event.data.fd == m->send) {
            wait_on_event(m->send);
            write_all(m->peer, bytes, sizeof bytes);
        } else {
            read_all(event.data.fd, &m->read_at, sizeof m->read_at);
            set_event(m->seen);
        }
    }
    return NULL;
}

static void watch(middle *m, int file) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
    if (epoll_ctl(m->epoll, EPOLL_CTL_ADD, file, &event) != 0) {
        bench_fail("epoll: %s", strerror(errno));
    }
}

static void start_middle(middle *m, const int peers[PEERS]) {
    pthread_t thread;
    *m = (middle){
        .send = eventfd(0, EFD_CLOEXEC), .seen = eventfd(0, EFD_CLOEXEC), .epoll = epoll_create1(EPOLL_CLOEXEC)};
    watch(m, m->send);
    for (int i = 0; i < PEERS; i++) {
        watch(m, peers[i]);
    }
    if (pthread_create(&thread, NULL, pass_on, m) != 0) {
        bench_fail("no thread");
    }
}

static void measure_behind(middle *m, int peer, double *there, double *back) {
    (void)usleep(PAUSE_US);
    m->peer = peer;
    uint64_t sent = bench_now();
    set_event(m->send);
    wait_on_event(m->seen);
    uint64_t seen = bench_now();
    *there = ((double)m->read_at - (double)sent) / 1e3;
    *back = ((double)seen - (double)m->read_at) / 1e3;
}

static void must(undr_error error, const char *what) {
    if (error != UNDR_OK) {
        bench_fail("%s: %s", what, undr_error_text(error));
    }
}

/* A frame that a worker sends, of this type. */
static void receive(int peer, uint8_t type, undr_buffer *message) {
    uint8_t received;
    must(undr_receive_bytes(peer, UNDR_PAYLOAD_MINIMUM, &received, message), "receive");
    if (received != type) {
        bench_fail("frame of type 0x%02x where 0x%02x is due", received, type);
    }
}

/* The whole of a task: t, m, m, t. The peer waits for the answer to its request. */
static void measure_worker(int peer, double *there, double *back) {
    static const char stamp[] = "\x80\x02"
                                "cbench_stamp\nStamp\n)\x81.";
    undr_buffer message = {0};
    undr_arena arena = {0};
    undr_value *time;
    int64_t ran;
    (void)usleep(PAUSE_US);
    uint64_t sent = bench_now();
    must(undr_send_bytes(peer, 't', undr_slice_of((const uint8_t *)stamp, sizeof stamp - 1)), "send");
    receive(peer, 'm', &message);
    uint64_t seen = bench_now();
    must(undr_pickle_read(undr_buffer_slice(&message), NULL, &arena, &time, NULL, NULL), "message");
    if (!undr_value_int64(time, &ran)) {
        bench_fail("a message that is no time: the task failed");
    }
    *there = ((double)ran - (double)sent) / 1e3;
    *back = ((double)seen - (double)ran) / 1e3;
    must(undr_send_type(peer, 'm'), "send");
    receive(peer, 't', &message);
    undr_buffer_free(&message);
    undr_arena_free(&arena);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        bench_fail("usage: bench-wakeup COUNT c|thread|python|worker");
    }
    bool worker = strcmp(argv[2], "worker") == 0, thread = strcmp(argv[2], "thread") == 0;
    middle between;
    undr_buffer request = {0};
    size_t count = (size_t)bench_number(argv[1], "count");
    int peers[PEERS];
    double *there = calloc(count + 1, sizeof *there), *back = calloc(count + 1, sizeof *back);
    if (there == NULL || back == NULL) {
        bench_fail("out of memory");
    }
    int listener = bench_listen(0);
    bool own = thread || strcmp(argv[2], "c") == 0;
    if (own) {
        start_peers(listener);
    }
    for (int i = 0; i < PEERS; i++) {
        peers[i] = steady_accept(listener);
        if (peers[i] < 0) {
            bench_fail("accept: %s", strerror(errno));
        }
        bench_no_delay(peers[i]);
        if (worker) {
            receive(peers[i], 'n', &request);
        }
    }
    if (!own) {
        (void)getchar(); /* the peers are up and wait */
    }
    if (thread) {
        start_middle(&between, peers);
    }
    for (size_t i = 0; i < WARM_UP + count; i++) {
        size_t place = i < WARM_UP ? 0 : i - WARM_UP;
        if (thread) {
            measure_behind(&between, peers[i % PEERS], &there[place], &back[place]);
        } else {
            (worker ? measure_worker : measure)(peers[i % PEERS], &there[place], &back[place]);
        }
    }
    (void)printf("{");
    bench_print_spread("schedule_to_start_us", there, count, ", ");
    bench_print_spread("message_to_reader_us", back, count, "}\n");
    undr_buffer_free(&request);
    free(there);
    free(back);
    return 0;
}
