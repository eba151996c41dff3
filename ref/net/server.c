/* server.c: the loop of the manager: its thread, the timer of held answers, calls from other threads. */
#include "net/server_parts.h"

#include "undr/descriptors.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <utlist.h>

enum { SPARE_DESCRIPTORS = 64 }; /* kept free for processes, logs, the program's own files */

static void on_timer(uv_timer_t *timer);

static uint64_t earliest(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t first_deadline(const undr_peer *list) {
    return list == NULL ? UINT64_MAX : list->deadline;
}

/* A timer that ends too early does no harm: it is set again then. */
static void set_timer(undr_server *server) {
    uint64_t ends = earliest(first_deadline(server->writing), first_deadline(server->lingering));
    uint64_t deadline = earliest(server->held_until, earliest(ends, server->accept_at));
    uint64_t now = uv_now(&server->loop);
    if (deadline >= server->timer_at || uv_is_closing((uv_handle_t *)&server->timer)) {
        return;
    }
    uint64_t rest = deadline > now ? deadline - now : 0;
    server->timer_at = deadline;
    (void)uv_timer_start(&server->timer, on_timer, rest, 0); /* fails only when it is closing */
}

static void send_collected(undr_server *server) {
    while (server->changed != NULL) {
        undr_peer *peer = server->changed;
        DL_DELETE2(server->changed, peer, before, after);
        peer->changed = false;
        undr_peer_flush(peer);
    }
    set_timer(server);
}

static void on_turn(uv_check_t *turn) {
    undr_server *server = turn->data;
    server->turns++;
    send_collected(server);
}

/* What libuv reports before it waits, such as a write that finished at once, may make answers due, too: they must not
 * wait. */
static void on_wait(uv_prepare_t *wait) {
    send_collected(wait->data);
}

/* The loop's events. */

static void on_timer(uv_timer_t *timer) {
    undr_server *server = timer->data;
    uint64_t now = uv_now(&server->loop);
    server->timer_at = UINT64_MAX;
    uv_mutex_lock(&server->lock);
    undr_manager_advance(server->core, now); /* NEXT-5 */
    undr_server_collect(server);
    uv_mutex_unlock(&server->lock);
    while (first_deadline(server->writing) <= now) {
        undr_peer_overdue(server->writing); /* it is not the first any more */
    }
    while (first_deadline(server->lingering) <= now) {
        undr_peer_overdue(server->lingering);
    }
    if (server->accept_at <= now) {
        undr_server_accept(server);
    }
    send_collected(server); /* the end of this turn may be far */
}

static undr_call *take_call(undr_server *server) {
    uv_mutex_lock(&server->lock);
    undr_call *first = server->calls;
    if (first != NULL) {
        DL_DELETE(server->calls, first);
    }
    uv_mutex_unlock(&server->lock);
    return first;
}

static void on_wakeup(uv_async_t *wakeup) {
    undr_server *server = wakeup->data;
    for (undr_call *call; (call = take_call(server)) != NULL;) {
        call->function(server, call->argument);
        uv_mutex_lock(&server->lock);
        call->done = true; /* from here on the other thread may free it */
        uv_cond_broadcast(&server->news);
        uv_mutex_unlock(&server->lock);
    }
    for (undr_check *done = undr_decoded(server), *next; done != NULL; done = next) {
        next = done->next;
        undr_peer_checked(done);
    }
    uv_mutex_lock(&server->lock);
    undr_server_collect(server); /* what those functions, or other threads, made due */
    uv_mutex_unlock(&server->lock);
}

static void on_interrupt(uv_signal_t *signal, int number) {
    (void)number;
    undr_server_interrupt(signal->data);
}

/* In the loop's thread: the log is its own. */
static void tell_limit(undr_server *server) {
    if (server->asked_connections > server->options.connections) {
        undr_server_log(server, NULL,
            "%zu connections were requested, but the limit of open files allows only %zu: raise it (`ulimit -n`)",
            server->asked_connections, server->options.connections);
    }
}

static void run_loop(void *argument) {
    undr_server *server = argument;
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGPIPE); /* a peer that is gone is an error of the write, here */
    (void)sigaddset(&signals, SIGXFSZ); /* and so is a file at its limit */
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGCHLD); /* how libuv learns of a process's end: some thread must take it */
    (void)pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    tell_limit(server);
    (void)uv_run(&server->loop, UV_RUN_DEFAULT); /* until everything is closed */
}

/* Start. */

static undr_error system_error(int status) {
    if (status == 0) {
        return UNDR_OK;
    }
    errno = -status;
    return status == UV_ENOMEM ? UNDR_MEMORY : UNDR_SYSTEM;
}

static void close_handle(uv_handle_t *handle, void *unused) {
    (void)unused;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

/* Closes the loop whose thread does not run. */
static void close_loop(undr_server *server) {
    undr_server_refuse(server);
    uv_walk(&server->loop, close_handle, NULL);
    (void)uv_run(&server->loop, UV_RUN_DEFAULT); /* the callbacks of the closes */
    (void)uv_loop_close(&server->loop);          /* fails only while handles are open */
}

static int open_loop(undr_server *server) {
    int status = undr_loop_init(&server->loop);
    if (status != 0) {
        return status;
    }
    status = uv_async_init(&server->loop, &server->wakeup, on_wakeup);
    if (status == 0) {
        status = uv_timer_init(&server->loop, &server->timer);
    }
    if (status == 0) {
        status = uv_check_init(&server->loop, &server->turn);
    }
    if (status == 0) {
        status = uv_check_start(&server->turn, on_turn);
    }
    if (status == 0) {
        status = uv_prepare_init(&server->loop, &server->wait);
    }
    if (status == 0) {
        status = uv_prepare_start(&server->wait, on_wait);
    }
    if (status == 0) {
        status = uv_signal_init(&server->loop, &server->interrupt);
    }
    server->wakeup.data = server->timer.data = server->turn.data = server->wait.data = server;
    server->interrupt.data = server;
    if (status == 0 && server->options.handle_interrupt) {
        status = uv_signal_start(&server->interrupt, on_interrupt, SIGINT);
    }
    if (status == 0) {
        status = undr_server_listen(server);
    }
    if (status != 0) {
        close_loop(server);
    }
    return status;
}

static int open_locks(undr_server *server) {
    int status = uv_mutex_init(&server->lock);
    if (status != 0) {
        return status;
    }
    status = uv_cond_init(&server->news);
    if (status != 0) {
        uv_mutex_destroy(&server->lock);
        return status;
    }
    status = undr_decoders_open(server);
    if (status != 0) {
        uv_cond_destroy(&server->news);
        uv_mutex_destroy(&server->lock);
    }
    return status;
}

static void close_locks(undr_server *server) {
    undr_decoders_close(server);
    uv_cond_destroy(&server->news);
    uv_mutex_destroy(&server->lock);
}

static int open_all(undr_server *server) {
    int status = open_locks(server);
    if (status != 0) {
        return status;
    }
    status = open_loop(server);
    if (status != 0) {
        close_locks(server);
        return status;
    }
    status = uv_thread_create(&server->thread, run_loop, server);
    if (status != 0) {
        close_loop(server);
        close_locks(server);
    }
    return status;
}

/* SEC-2: nothing is reachable from other machines by mistake. */
static undr_error find_address(const undr_server_options *options, struct sockaddr_in *address) {
    if (uv_ip4_addr(options->address == NULL ? "127.0.0.1" : options->address, options->port, address) != 0) {
        return UNDR_ARGUMENT;
    }
    bool is_loopback = ntohl(address->sin_addr.s_addr) >> 24 == 127;
    return is_loopback || options->beyond_loopback ? UNDR_OK : UNDR_BEYOND_LOOPBACK;
}

/* Leaves some descriptors for other uses. */
static size_t allowed_connections(void) {
    struct rlimit descriptors;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0 || descriptors.rlim_cur > SIZE_MAX / 2) {
        return SIZE_MAX;
    }
    size_t allowed = (size_t)descriptors.rlim_cur;
    return allowed > 2 * SPARE_DESCRIPTORS ? allowed - SPARE_DESCRIPTORS : allowed / 2 + 1;
}

/* Each connection takes a descriptor: a number beyond theirs could not be kept. */
static size_t connection_limit(size_t asked) {
    size_t allowed = allowed_connections();
    return asked > 0 && asked < allowed ? asked : allowed;
}

static void complete_options(undr_server_options *options) {
    options->connections = connection_limit(options->connections);
    if (options->payload_limit == 0) {
        options->payload_limit = UNDR_DEFAULT_PAYLOAD_LIMIT;
    } else if (options->payload_limit > UNDR_PAYLOAD_MAXIMUM) {
        options->payload_limit = UNDR_PAYLOAD_MAXIMUM;
    }
    if (options->patience == 0) {
        options->patience = UNDR_DEFAULT_PATIENCE_MS;
    }
}

undr_error undr_server_start(const undr_server_options *options, undr_server **started) {
    undr_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return UNDR_MEMORY;
    }
    server->options = *options;
    server->event = -1;
    server->accept_at = server->held_until = server->timer_at = UINT64_MAX;
    for (size_t i = 0; i < UNDR_LISTENERS; i++) {
        server->listeners[i].file = -1;
    }
    server->asked_connections = options->connections;
    complete_options(&server->options);
    undr_error error = undr_hold_standard_descriptors(); /* before anything is opened */
    if (error == UNDR_OK) {
        undr_log_open(&server->log, options->log);
        error = find_address(options, &server->address);
    }
    if (error == UNDR_OK) {
        error = undr_manager_new(&options->manager, &server->core);
    }
    if (error == UNDR_OK) {
        error = system_error(open_all(server));
    }
    if (error != UNDR_OK) {
        int reason = errno;
        undr_log_close(&server->log);
        undr_manager_free(server->core);
        free(server);
        errno = reason;
        return error;
    }
    *started = server;
    return UNDR_OK;
}

uint16_t undr_server_port(const undr_server *server) {
    return ntohs(server->address.sin_port);
}

/* Other threads. */

undr_manager_core *undr_server_lock(undr_server *server) {
    uv_mutex_lock(&server->lock);
    return server->core;
}

void undr_server_unlock(undr_server *server) {
    uv_mutex_unlock(&server->lock);
}

void undr_server_wake(undr_server *server) {
    (void)uv_async_send(&server->wakeup); /* fails only after the loop was closed */
}

bool undr_server_wait(undr_server *server, uint64_t ms) {
    if (ms > UINT64_MAX / 2000000) { /* libuv adds the time that it is */
        uv_cond_wait(&server->news, &server->lock);
        return true;
    }
    return uv_cond_timedwait(&server->news, &server->lock, ms * 1000000) == 0;
}

void undr_server_notify(undr_server *server) {
    undr_server_announce(server);
}

unsigned undr_server_interrupts(const undr_server *server) {
    return server->interrupts;
}

void undr_server_interrupt(undr_server *server) {
    uv_mutex_lock(&server->lock);
    server->interrupts++;
    undr_server_announce(server);
    uv_mutex_unlock(&server->lock);
}

void undr_server_call(undr_server *server, void (*function)(undr_server *server, void *argument), void *argument) {
    undr_call call = {.function = function, .argument = argument};
    uv_mutex_lock(&server->lock);
    DL_APPEND(server->calls, &call);
    undr_server_wake(server);
    while (!call.done) {
        uv_cond_wait(&server->news, &server->lock);
    }
    uv_mutex_unlock(&server->lock);
}

static void stop_listening(undr_server *server, void *unused) {
    (void)unused;
    undr_server_accept_rest(server);
    undr_server_refuse(server);
}

void undr_server_stop_listening(undr_server *server) {
    undr_server_call(server, stop_listening, NULL); /* CLOSE-3 */
}

static void close_peer(uv_handle_t *handle, void *unused) {
    (void)unused;
    if (handle->type == UV_TCP) {
        undr_peer_close(handle->data); /* also one that the core does not know any more */
    }
}

static void end_connections(undr_server *server, void *unused) {
    uv_walk(&server->loop, close_peer, unused);
}

void undr_server_end_connections(undr_server *server) {
    undr_server_call(server, end_connections, NULL);
}

static void close_any(uv_handle_t *handle, void *unused) {
    if (handle->type == UV_TCP) {
        close_peer(handle, unused);
    } else {
        close_handle(handle, unused);
    }
}

static void stop(undr_server *server, void *unused) {
    undr_decoders_stop(server);
    undr_server_refuse(server);
    uv_walk(&server->loop, close_any, unused);
}

void undr_server_free(undr_server *server) {
    if (server == NULL) {
        return;
    }
    undr_server_call(server, stop, NULL);
    (void)uv_thread_join(&server->thread); /* fails only for a thread that is not ours */
    (void)uv_loop_close(&server->loop);    /* fails only while handles are open */
    close_locks(server);                   /* the decoders do not touch the loop any more */
    undr_server_event_close(server);
    undr_log_close(&server->log);
    undr_manager_free(server->core);
    free(server);
}
