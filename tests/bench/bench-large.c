/* bench-large.c: one large payload, as a message or as a task, and the same bytes through a bare socket.
 *
 *     bench-large sink                     the limit: says `ready PORT`, reads what a connection sends into memory of
 *                                          its own, as any receiver of a message has to, and answers
 *     bench-large push PORT BYTES          sends so many bytes to the sink, and waits for its answer
 *     bench-large manager                  says `ready PORT`, decodes messages, says for each how much memory it took
 *     bench-large message PORT BYTES       a worker that sends a message of so many bytes and waits for the answer
 *     bench-large schedule PORT BYTES      schedules a task with a payload of so many bytes
 *     bench-large task PORT                a worker that takes a task, decodes it, and says how long that took */
#include "bench.h"
#include "support/steady.h"

#include "undr/process_manager.h"
#include "undr/socket.h"

enum { PICKLE_OVERHEAD = 64 };

static void must(undr_error error, const char *what) {
    if (error != UNDR_OK) {
        bench_fail("%s: %s", what, error == UNDR_SYSTEM ? strerror(errno) : undr_error_text(error));
    }
}

static void print_result(uint64_t begin) {
    double seconds = (double)(bench_now() - begin) / 1e9;
    (void)printf("{\"seconds\": %.6f, \"peak_kib\": %ld}\n", seconds, bench_memory("VmHWM"));
    (void)fflush(stdout);
}

/* Each stream begins with its size. */
static void serve_sink(int client) {
    uint64_t size, got = 0;
    uint8_t *bytes = NULL;
    if (steady_recv(client, &size, sizeof size, MSG_WAITALL) == sizeof size && size <= UNDR_PAYLOAD_MAXIMUM) {
        bytes = malloc((size_t)size);
    }
    while (bytes != NULL && got < size) {
        ssize_t piece = steady_recv(client, bytes + got, (size_t)(size - got), 0);
        if (piece <= 0) {
            break;
        }
        got += (uint64_t)piece;
    }
    if (steady_send(client, &got, sizeof got, MSG_NOSIGNAL) != sizeof got) {
        (void)fprintf(stderr, "the sender is gone\n");
    }
    free(bytes);
    (void)close(client);
}

static void sink(void) {
    int listener = bench_listen(0), client;
    while ((client = steady_accept(listener)) >= 0) {
        serve_sink(client);
    }
}

static undr_buffer make_bytes(size_t size) {
    undr_buffer bytes = {0};
    must(undr_buffer_grow(&bytes, size + 1), "memory");
    memset(bytes.data, 'x', size);
    bytes.size = size;
    return bytes;
}

static void push(uint16_t port, size_t size) {
    undr_buffer bytes = make_bytes(size);
    int client = bench_connect(port);
    uint64_t begin = bench_now(), whole = size, answer;
    bool sent = steady_send(client, &whole, sizeof whole, MSG_NOSIGNAL) == sizeof whole;
    for (size_t at = 0; sent && at < size;) {
        ssize_t piece = steady_send(client, bytes.data + at, size - at, MSG_NOSIGNAL);
        sent = piece > 0;
        at += sent ? (size_t)piece : 0;
    }
    if (!sent || steady_recv(client, &answer, sizeof answer, MSG_WAITALL) != sizeof answer || answer != whole) {
        bench_fail("push: %s", strerror(errno));
    }
    print_result(begin);
}

static void manage(void) {
    undr_process_manager_options options = {.workers = 0};
    undr_process_manager *manager;
    must(undr_process_manager_start(&options, &manager), "start");
    (void)printf("ready %u\n", (unsigned)undr_process_manager_port(manager));
    (void)fflush(stdout);
    for (;;) { /* until it is killed; a task that nobody settles keeps the iteration going */
        undr_arena arena = {0};
        undr_value *message;
        undr_error error = undr_process_manager_next_message(manager, &arena, &message);
        if (error == UNDR_DONE) {
            (void)usleep(1000);
        } else {
            must(error, "next message");
            (void)printf("{\"peak_kib\": %ld}\n", bench_memory("VmHWM"));
            (void)fflush(stdout);
        }
        undr_arena_free(&arena);
    }
}

/* A bytes object whose pickle is about `size` bytes long. */
static undr_value value_of(const undr_buffer *bytes) {
    return (undr_value){.kind = UNDR_BYTES, .bytes = undr_buffer_slice(bytes)};
}

static void send_message(uint16_t port, size_t size) {
    undr_buffer bytes = make_bytes(size > 2 * PICKLE_OVERHEAD ? size - PICKLE_OVERHEAD : size);
    undr_value message = value_of(&bytes), *task;
    undr_proxy proxy;
    undr_arena arena = {0};
    undr_worker_action action;
    undr_proxy_init(&proxy, port, UINT64_MAX);
    must(undr_proxy_setup(&proxy), "connect");
    must(undr_send_type(proxy.client, 0x81), "schedule"); /* a worker sends messages while it has a task */
    must(undr_receive_type(proxy.client, 's'), "schedule");
    must(undr_proxy_next_task(&proxy, &arena, &action, &task), "next task");
    uint64_t begin = bench_now();
    must(undr_proxy_send_message(&proxy, &message), "send message");
    print_result(begin);
    must(undr_proxy_acknowledge_and_next_task(&proxy, &arena, &action, &task), "settle");
}

static void schedule(uint16_t port, size_t size) {
    undr_buffer bytes = make_bytes(size > 2 * PICKLE_OVERHEAD ? size - PICKLE_OVERHEAD : size);
    undr_value task = value_of(&bytes);
    undr_pieces pickle = {0};
    int client = bench_connect(port);
    uint64_t begin = bench_now();
    must(undr_pickle_write_pieces(&task, 4, &pickle), "pickle");
    must(undr_send_pieces(client, 0x81, &pickle), "schedule");
    must(undr_receive_type(client, 's'), "acknowledgement");
    print_result(begin);
}

static void take_task(uint16_t port) {
    undr_proxy proxy;
    undr_arena arena = {0};
    undr_worker_action action;
    undr_value *task;
    undr_proxy_init(&proxy, port, UINT64_MAX);
    must(undr_proxy_setup(&proxy), "connect");
    uint64_t begin = bench_now();
    must(undr_proxy_next_task(&proxy, &arena, &action, &task), "next task");
    print_result(begin);
    if (action != UNDR_WORKER_RUN) {
        bench_fail("no task came");
    }
    undr_arena_free(&arena);
    must(undr_proxy_acknowledge_and_next_task(&proxy, &arena, &action, &task), "settle");
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";
    uint16_t port = argc > 2 ? (uint16_t)bench_number(argv[2], "port") : 0;
    size_t size = argc > 3 ? (size_t)bench_number(argv[3], "bytes") : 0;
    if (strcmp(verb, "sink") == 0) {
        sink();
    } else if (strcmp(verb, "push") == 0) {
        push(port, size);
    } else if (strcmp(verb, "manager") == 0) {
        manage();
    } else if (strcmp(verb, "message") == 0) {
        send_message(port, size);
    } else if (strcmp(verb, "schedule") == 0) {
        schedule(port, size);
    } else if (strcmp(verb, "task") == 0) {
        take_task(port);
    } else {
        bench_fail("usage: bench-large sink | push PORT BYTES | manager | message PORT BYTES | schedule PORT BYTES | "
                   "task PORT");
    }
    return 0;
}
