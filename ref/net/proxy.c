/* proxy.c: Proxy, the manager as a worker process sees it: the worker's core joined to a socket. */
#include "undr/socket.h"

#include "undr/pickle.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A buffer that grew beyond this for one large payload is freed at once. */
enum { KEEP = 1024 * 1024 };

static void trim(undr_buffer *buffer) {
    buffer->size = 0;
    if (buffer->capacity > KEEP) {
        undr_buffer_free(buffer);
    }
}

static undr_error schedule(undr_manager *self, const undr_value *task, unsigned priority) {
    return undr_proxy_schedule((undr_proxy *)self, task, priority);
}

static undr_error send_message(undr_manager *self, const undr_value *message) {
    return undr_proxy_send_message((undr_proxy *)self, message);
}

void undr_proxy_init(undr_proxy *proxy, uint16_t server_port, uint64_t payload_limit) {
    *proxy = (undr_proxy){
        .manager = {.schedule = schedule, .send_message = send_message},
        .server_port = server_port,
        .payload_limit = payload_limit,
        .client = -1,
    };
    undr_worker_start(&proxy->core);
}

void undr_proxy_close(undr_proxy *proxy) {
    int kept = errno; /* of what made the caller leave */
    if (proxy->client >= 0) {
        (void)close(proxy->client); /* nothing can be lost any more: every request was acknowledged or given up */
    }
    proxy->client = -1;
    undr_worker_end(&proxy->core);
    undr_pieces_free(&proxy->out);
    undr_buffer_free(&proxy->in);
    errno = kept;
}

undr_error undr_proxy_setup(undr_proxy *proxy) {
    int on = 1;
    undr_error error = undr_connect_to(proxy->server_address, proxy->server_port, &proxy->client);
    if (error != UNDR_OK) {
        return error;
    }
    /* Frames are small and each waits for its answer: Nagle's algorithm would only delay every round trip. */
    return setsockopt(proxy->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 ? UNDR_OK : UNDR_SYSTEM;
}

/* The stream is over for this worker; `why` is kept in case a task does not pass it on. */
static undr_error give_up(undr_proxy *proxy, undr_error why) {
    undr_worker_end(&proxy->core);
    proxy->ended = why;
    return why;
}

/* One request, one answer (WORK-2). */
static undr_error exchange(undr_proxy *proxy, uint8_t request_type, const undr_pieces *request, undr_arena *arena,
    undr_worker_action *action, undr_value **task) {
    undr_frame answer;
    undr_error error = undr_send_pieces(proxy->client, request_type, request);
    if (error == UNDR_OK) {
        error = undr_receive_bytes(proxy->client, proxy->payload_limit, &answer.type, &proxy->in);
    }
    if (error != UNDR_OK) {
        return give_up(proxy, error);
    }
    answer.payload = undr_buffer_slice(&proxy->in);
    error = undr_worker_receive(&proxy->core, &answer, arena, action, task);
    if (error == UNDR_OK && *task != NULL) {
        error = undr_arena_adopt(arena, &proxy->in); /* the task's text and bytes are there */
        error = error == UNDR_OK ? UNDR_OK : give_up(proxy, error);
    }
    trim(&proxy->in);
    return error;
}

undr_error undr_proxy_next_task(undr_proxy *proxy, undr_arena *arena, undr_worker_action *action, undr_value **task) {
    undr_frame request;
    const undr_pieces nothing = {0};
    undr_error error = undr_worker_ask(&proxy->core, &request);
    return error == UNDR_OK ? exchange(proxy, request.type, &nothing, arena, action, task) : error;
}

undr_error undr_proxy_acknowledge_and_next_task(
    undr_proxy *proxy, undr_arena *arena, undr_worker_action *action, undr_value **task) {
    undr_frame request;
    const undr_pieces nothing = {0};
    undr_error error = undr_worker_finish(&proxy->core, &request);
    return error == UNDR_OK ? exchange(proxy, request.type, &nothing, arena, action, task) : error;
}

/* If the manager has ended the connection, a first send would still succeed; but what a task sends must not be lost
 * without an error. */
static bool has_ended(int client) {
    uint8_t byte;
    return recv(client, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0; /* an error comes again from the send */
}

/* Sends a request of a task, with proxy->out, and waits for its acknowledgement. Nothing is decoded: the arena stays
 * empty. */
static undr_error request_of_task(undr_proxy *proxy, uint8_t type) {
    undr_worker_action action;
    undr_value *nothing;
    undr_arena unused = {0};
    if (has_ended(proxy->client)) {
        return give_up(proxy, UNDR_RESET);
    }
    undr_error error = exchange(proxy, type, &proxy->out, &unused, &action, &nothing);
    undr_arena_free(&unused);
    return error;
}

static undr_error finish_request(undr_proxy *proxy, undr_error error, const undr_frame *request) {
    error = error == UNDR_OK ? request_of_task(proxy, request->type) : error;
    undr_pieces_clear(&proxy->out);
    trim(&proxy->out.bytes);
    return error;
}

undr_error undr_proxy_schedule(undr_proxy *proxy, const undr_value *task, unsigned priority) {
    undr_frame request;
    if (!undr_is_schedulable(task)) {
        return UNDR_NOT_A_TASK; /* SCHED-13 */
    }
    undr_error error = undr_pickle_write_pieces(task, 4, &proxy->out);
    if (error == UNDR_OK) {
        error = undr_worker_schedule(&proxy->core, undr_buffer_slice(&proxy->out.bytes), priority, &request);
    }
    return finish_request(proxy, error, &request);
}

undr_error undr_proxy_send_message(undr_proxy *proxy, const undr_value *message) {
    undr_frame request;
    undr_error error = undr_pickle_write_pieces(message, 4, &proxy->out);
    if (error == UNDR_OK) {
        error = undr_worker_send_message(&proxy->core, undr_buffer_slice(&proxy->out.bytes), &request);
    }
    return finish_request(proxy, error, &request);
}

static uint64_t now_ms(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

undr_error undr_wait_for(undr_manager *manager, int file, uint64_t ms) {
    undr_proxy *proxy = manager->schedule == schedule ? (undr_proxy *)manager : NULL;
    uint64_t begin = now_ms(), passed = 0;
    int client = proxy != NULL ? proxy->client : -1;
    for (;;) {
        struct pollfd files[] = {{.fd = client, .events = POLLRDHUP}, {.fd = file, .events = POLLIN}};
        uint64_t left = ms - passed;
        int found = poll(files, 2, ms == UINT64_MAX ? -1 : left > INT_MAX ? INT_MAX : (int)left);
        if (found < 0 && errno != EINTR) {
            return UNDR_SYSTEM;
        }
        if (found > 0 && files[0].revents != 0) {
            return give_up(proxy, UNDR_END);
        }
        passed = now_ms() - begin;
        if ((found > 0 && files[1].revents != 0) || passed >= ms) {
            return UNDR_OK;
        }
    }
}
