/* proxy.c: stands between clients and a manager on loopback. What it reads it notes, then writes: a piece at a time, as
 * it came, so that the segmentation stays. */
#include "watch/source.h"

#include "base/shortage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 65536, ACCEPT_AGAIN_NS = 100000000 };

/* One direction: what was read from a side and not yet written to the other. */
typedef struct lane {
    uint8_t bytes[PIECE];
    size_t size, sent;
    bool ended, passed; /* by FIN; and passed on */
} lane;

typedef struct relay {
    struct relay *next;
    int sockets[2]; /* WATCH_CLIENT, WATCH_MANAGER */
    lane lanes[2];  /* by who sends */
    bool connecting, over;
    watch_connection *connection;
} relay;

typedef struct watch_proxy proxy;
struct watch_proxy {
    watch_source *source;
    int listener;
    uint16_t port, to;
    relay *relays;
    size_t count;
    struct pollfd *polled;
    size_t capacity;
    uint64_t accept_at; /* none is accepted until then, as there are no descriptors */
};

static undr_error fail(watch_source *source, const char *what, unsigned port) {
    int reason = errno;
    undr_error error = undr_put_format(
        &source->message, "%s port %u: %s%s", what, port, strerror(reason), check_remedy(reason));
    errno = reason;
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* ---- ends ---- */

static void reset_socket(int socket) {
    const struct linger at_once = {.l_onoff = 1};
    (void)setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void end_relay(proxy *p, relay *r, watch_side from, bool reset) {
    if (r->over) {
        return;
    }
    r->over = true;
    if (reset) {
        reset_socket(r->sockets[1 - from]);
        if (watch_end(p->source->w, r->connection, from, watch_source_now(), true) != UNDR_OK) {
            return;
        }
    }
}

static void free_relay(proxy *p, relay *r) {
    watch_close(p->source->w, r->connection, watch_source_now());
    close(r->sockets[WATCH_CLIENT]);
    close(r->sockets[WATCH_MANAGER]);
    free(r);
    p->count--;
}

static void drop_over(proxy *p) {
    for (relay **at = &p->relays; *at != NULL;) {
        relay *r = *at;
        if (r->over) {
            *at = r->next;
            free_relay(p, r);
        } else {
            at = &r->next;
        }
    }
}

/* ---- bytes ---- */

static undr_error read_side(proxy *p, relay *r, watch_side from) {
    lane *one = &r->lanes[from];
    ssize_t got = recv(r->sockets[from], one->bytes, sizeof one->bytes, MSG_DONTWAIT);
    uint64_t now = watch_source_now();
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return UNDR_OK;
    }
    if (got < 0) {
        end_relay(p, r, from, true);
        return UNDR_OK;
    }
    if (got == 0) {
        one->ended = true;
        return watch_end(p->source->w, r->connection, from, now, false);
    }
    one->size = (size_t)got;
    one->sent = 0;
    watch_tell_time(p->source->teller, now);
    return watch_bytes(p->source->w, r->connection, from, now, undr_slice_of(one->bytes, one->size));
}

static void write_side(proxy *p, relay *r, watch_side from) {
    lane *one = &r->lanes[from];
    while (one->sent < one->size) {
        ssize_t sent = send(
            r->sockets[1 - from], one->bytes + one->sent, one->size - one->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            if (errno != EAGAIN) {
                end_relay(p, r, (watch_side)(1 - from), true);
            }
            return;
        }
        one->sent += (size_t)sent;
    }
    one->size = one->sent = 0;
    if (one->ended && !one->passed) {
        one->passed = true;
        (void)shutdown(r->sockets[1 - from], SHUT_WR);
        r->over = r->lanes[1 - from].passed;
    }
}

static undr_error serve(proxy *p, relay *r, watch_side from, short found) {
    undr_error error = UNDR_OK;
    if ((found & (POLLIN | POLLHUP | POLLERR)) != 0 && r->lanes[from].size == 0 && !r->lanes[from].ended) {
        error = read_side(p, r, from);
    }
    if (error == UNDR_OK && !r->over) {
        write_side(p, r, from);
    }
    return error;
}

/* ---- connections ---- */

static int connect_to(uint16_t port) {
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in there = loopback(port);
    if (made >= 0 && connect(made, (const struct sockaddr *)&there, sizeof there) != 0) {
        int reason = errno;
        close(made);
        errno = reason;
        made = -1;
    }
    return made;
}

/* The proxy's own shortage, not the manager's refusal: it is told at the end, and a failure of the harness. */
static void note_shortage(proxy *p) {
    if (check_is_shortage(errno)) {
        p->source->shortage = errno;
        p->source->not_passed_on++;
    }
}

static undr_error begin(proxy *p, int client, int manager, uint16_t port) {
    char name[WATCH_NAME], at[WATCH_NAME];
    const int one = 1;
    relay *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return UNDR_MEMORY;
    }
    (void)snprintf(name, sizeof name, "%u", port);
    (void)snprintf(at, sizeof at, "%u", p->to);
    undr_error error = watch_open(p->source->w, at, name, true, watch_source_now(), &r->connection);
    if (error != UNDR_OK) {
        free(r);
        return error;
    }
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(manager, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    r->sockets[WATCH_CLIENT] = client;
    r->sockets[WATCH_MANAGER] = manager;
    r->next = p->relays;
    p->relays = r;
    p->count++;
    return UNDR_OK;
}

/* A manager that refuses is passed on as a reset. */
static undr_error accept_one(proxy *p) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    int client = accept4(p->listener, (struct sockaddr *)&from, &size, SOCK_CLOEXEC);
    if (client < 0) { /* it has gone; or there is no descriptor: it waits */
        p->accept_at = check_is_shortage(errno) ? watch_source_now() + ACCEPT_AGAIN_NS : 0;
        return UNDR_OK;
    }
    int manager = connect_to(p->to);
    if (manager < 0) {
        note_shortage(p);
    }
    undr_error error = manager < 0 ? UNDR_OK : begin(p, client, manager, ntohs(from.sin_port));
    if (manager < 0 || error != UNDR_OK) {
        reset_socket(client);
        close(client);
        if (manager >= 0) {
            close(manager);
        }
    }
    return error;
}

/* ---- the loop ---- */

static undr_error have_room(proxy *p, size_t beside) {
    size_t wanted = 2 + 2 * p->count + beside;
    if (wanted <= p->capacity) {
        return UNDR_OK;
    }
    struct pollfd *polled = realloc(p->polled, wanted * 2 * sizeof *polled);
    if (polled == NULL) {
        return UNDR_MEMORY;
    }
    p->polled = polled;
    p->capacity = wanted * 2;
    return UNDR_OK;
}

static void fill(proxy *p) {
    bool accepts = watch_source_now() >= p->accept_at;
    p->polled[0] = (struct pollfd){.fd = accepts ? p->listener : -1, .events = POLLIN};
    p->polled[1] = (struct pollfd){.fd = p->source->signals, .events = POLLIN};
    struct pollfd *at = p->polled + 2;
    for (const relay *r = p->relays; r != NULL; r = r->next) {
        for (int side = 0; side < 2; side++, at++) {
            const lane *in = &r->lanes[side], *out = &r->lanes[1 - side];
            short events = (short)((in->size == 0 && !in->ended ? POLLIN : 0) | (out->size > 0 ? POLLOUT : 0));
            *at = (struct pollfd){.fd = events == 0 ? -1 : r->sockets[side], .events = events};
        }
    }
}

static undr_error serve_all(proxy *p) {
    undr_error error = UNDR_OK;
    const struct pollfd *at = p->polled + 2;
    for (relay *r = p->relays; r != NULL && error == UNDR_OK; r = r->next, at += 2) {
        for (int side = 0; side < 2 && error == UNDR_OK && !r->over; side++) {
            short found = at[side].revents;
            error = serve(p, r, (watch_side)side, found);
            if (error == UNDR_OK && !r->over && (found & POLLOUT) != 0) {
                write_side(p, r, (watch_side)(1 - side));
            }
        }
    }
    return error;
}

undr_error watch_proxy_turn(proxy *p, struct pollfd *beside, size_t count, int timeout) {
    undr_error error = have_room(p, count);
    if (error != UNDR_OK) {
        return error;
    }
    fill(p);
    size_t own = 2 + 2 * p->count;
    if (count > 0) {
        memcpy(p->polled + own, beside, count * sizeof *beside);
    }
    bool moved = poll(p->polled, own + count, timeout) > 0;
    for (size_t i = 0; i < count; i++) {
        beside[i].revents = moved ? p->polled[own + i].revents : 0;
    }
    if (moved) {
        bool knocks = (p->polled[0].revents & POLLIN) != 0;
        error = serve_all(p);
        error = error == UNDR_OK && knocks ? accept_one(p) : error;
    }
    drop_over(p);
    watch_source_rate(p->source);
    return error;
}

static int open_listener(uint16_t *port) {
    enum { BACKLOG = 128 };
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int one = 1;
    struct sockaddr_in here = loopback(*port);
    socklen_t size = sizeof here;
    bool listens = made >= 0 && setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0
        && bind(made, (const struct sockaddr *)&here, sizeof here) == 0 && listen(made, BACKLOG) == 0
        && getsockname(made, (struct sockaddr *)&here, &size) == 0;
    if (!listens && made >= 0) {
        close(made);
    }
    *port = ntohs(here.sin_port);
    return listens ? made : -1;
}

undr_error watch_proxy_open(watch_source *source, uint16_t listen, uint16_t to, proxy **made) {
    proxy *p = calloc(1, sizeof *p);
    *made = p;
    if (p == NULL) {
        return UNDR_MEMORY;
    }
    *p = (proxy){.source = source, .port = listen, .to = to};
    p->listener = open_listener(&p->port);
    return p->listener < 0 ? fail(source, "can't listen on", listen) : UNDR_OK;
}

uint16_t watch_proxy_port(const proxy *p) {
    return p->port;
}

void watch_proxy_close(proxy *p) {
    if (p == NULL) {
        return;
    }
    while (p->relays != NULL) {
        relay *r = p->relays;
        p->relays = r->next;
        free_relay(p, r);
    }
    free(p->polled);
    if (p->listener >= 0) {
        close(p->listener);
    }
    free(p);
}

undr_error watch_proxy_run(watch_source *source, uint16_t port, uint16_t to) {
    enum { TICK_MS = 500 };
    proxy *p;
    undr_error error = watch_proxy_open(source, port, to, &p);
    if (error == UNDR_OK) {
        fprintf(source->teller->out, "listening on 127.0.0.1:%u, for the manager at 127.0.0.1:%u\n", p->port, to);
        fflush(source->teller->out);
    }
    while (error == UNDR_OK && watch_source_signal(source, NULL) == 0) {
        error = watch_proxy_turn(p, NULL, 0, TICK_MS);
    }
    watch_proxy_close(p);
    return error;
}
