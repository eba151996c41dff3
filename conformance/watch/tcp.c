/* tcp.c: joins the TCP segments of a capture. */
#include "watch/tcp.h"

#include "base/grow.h"

#include "undr/frame.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024, MOST_HELD = 4096, MOST_OVER = 256 };
#define MOST_HELD_BYTES ((size_t)16 << 20)
#define PATIENCE UINT64_C(2000000000) /* ns that a segment waits for what it acknowledges */

/* A segment that waits: for those before it, for the bytes that it acknowledges, or because such a one came before it on
 * any connection: what crossed on one is never shown later than what followed it on another. It owns its payload. */
typedef struct held {
    struct held *next;
    watch_segment segment;
    uint64_t time;
    uint8_t bytes[];
} held;

typedef struct half {
    bool known, has_fin, ended;
    uint32_t first, next, fin; /* sequence numbers: of the first byte that was seen, the next one; behind the last */
} half;

typedef enum flow_kind { UNDECIDED, FOREIGN, FOLLOWED, OVER } flow_kind;

typedef struct flow {
    struct flow *next;      /* of its bucket */
    struct flow *over_next; /* of those that are over, the oldest first */
    watch_address ends[2];  /* 0: who connected, as far as is known */
    half halves[2];
    bool whole; /* from its first byte */
    flow_kind kind;
    watch_connection *connection;
    uint64_t over_time;
} flow;

struct watch_tcp {
    watch *w;
    uint16_t port;
    flow *buckets[BUCKETS];
    flow *over, **over_end;
    size_t over_count;
    held *held, **held_end; /* in the order in which they came; the first of them waits for bytes */
    size_t held_count, held_bytes;
    watch_address *managers; /* that were spoken to in frames */
    size_t manager_count, manager_capacity;
    watch_tcp_totals totals;
};

undr_error watch_tcp_new(watch *w, uint16_t port, watch_tcp **made) {
    watch_tcp *tcp = calloc(1, sizeof *tcp);
    if (tcp == NULL) {
        return UNDR_MEMORY;
    }
    tcp->w = w;
    tcp->port = port;
    tcp->over_end = &tcp->over;
    tcp->held_end = &tcp->held;
    *made = tcp;
    return UNDR_OK;
}

watch_tcp_totals watch_tcp_sum(const watch_tcp *tcp) {
    return tcp->totals;
}

/* ---- flows ---- */

static bool is_same(const watch_address *a, const watch_address *b) {
    return a->port == b->port && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static size_t bucket_of(const watch_address *a, const watch_address *b) {
    uint32_t sum = (uint32_t)a->port * 40503u ^ (uint32_t)b->port * 40503u;
    for (size_t i = 0; i < sizeof a->bytes; i++) {
        sum += (uint32_t)(a->bytes[i] ^ b->bytes[i]) * 31u;
    }
    return (sum ^ sum >> 10) % BUCKETS;
}

/* *from: which end of the flow sent it. */
static flow *find(const watch_tcp *tcp, const watch_segment *segment, int *from) {
    flow *f = tcp->buckets[bucket_of(&segment->source, &segment->target)];
    for (; f != NULL; f = f->next) {
        for (*from = 0; *from < 2; ++*from) {
            if (is_same(&f->ends[*from], &segment->source) && is_same(&f->ends[1 - *from], &segment->target)) {
                return f;
            }
        }
    }
    *from = 0;
    return NULL;
}

static void remove_flow(watch_tcp *tcp, flow *f) {
    flow **at = &tcp->buckets[bucket_of(&f->ends[0], &f->ends[1])];
    while (*at != f) {
        at = &(*at)->next;
    }
    *at = f->next;
    free(f);
}

/* It stays for a while, so that what comes late is not taken for a new connection. */
static void set_over(watch_tcp *tcp, flow *f, uint64_t time) {
    if (f->kind == OVER) {
        return;
    }
    if (f->connection != NULL) {
        watch_close(tcp->w, f->connection, time);
        f->connection = NULL;
    }
    f->kind = OVER;
    f->over_time = time;
    f->over_next = NULL;
    *tcp->over_end = f;
    tcp->over_end = &f->over_next;
    if (++tcp->over_count > MOST_OVER) {
        flow *oldest = tcp->over;
        tcp->over = oldest->over_next;
        tcp->over_end = tcp->over == NULL ? &tcp->over : tcp->over_end;
        tcp->over_count--;
        remove_flow(tcp, oldest);
    }
}

static void forget_over(watch_tcp *tcp, const flow *f) {
    flow **at = &tcp->over;
    while (*at != f) {
        at = &(*at)->over_next;
    }
    *at = f->over_next;
    if (*at == NULL) {
        tcp->over_end = at;
    }
    tcp->over_count--;
}

/* ---- who is the manager? ---- */

static bool is_manager(const watch_tcp *tcp, const watch_address *address) {
    if (tcp->port != 0) {
        return address->port == tcp->port;
    }
    for (size_t i = 0; i < tcp->manager_count; i++) {
        if (is_same(&tcp->managers[i], address)) {
            return true;
        }
    }
    return false;
}

static undr_error add_manager(watch_tcp *tcp, const watch_address *address) {
    if (tcp->port != 0 || is_manager(tcp, address)) {
        return UNDR_OK;
    }
    watch_address *grown = check_array_grow(tcp->managers, tcp->manager_count, &tcp->manager_capacity, sizeof *grown);
    if (grown == NULL) {
        return UNDR_MEMORY;
    }
    tcp->managers = grown;
    tcp->managers[tcp->manager_count++] = *address;
    return UNDR_OK;
}

/* Do these bytes begin as a client's first frame does? An `n` is nine bytes that no other protocol begins with. */
static bool looks_like_request(undr_slice bytes) {
    uint8_t type = bytes.data[0];
    bool plain = type == UNDR_TYPE_NEXT || type == UNDR_TYPE_TASK;
    if (!plain && type != UNDR_TYPE_MESSAGE && type < UNDR_TYPE_SCHEDULE) {
        return false;
    }
    for (size_t i = plain ? 1 : 5; i < UNDR_HEADER_SIZE && i < bytes.size; i++) {
        if (bytes.data[i] != 0) {
            return false;
        }
    }
    return true;
}

/* In the middle of a connection: the side that these bytes are from; -1: it can't be seen. */
static int side_of(undr_slice bytes) {
    undr_cursor cursor = undr_cursor_over(bytes);
    uint8_t type = 0;
    uint64_t size = 0;
    if (!undr_read_u8(&cursor, &type) || !undr_read_u64le(&cursor, &size) || size >> 32 != 0) {
        return -1;
    }
    switch (type) {
    case UNDR_TYPE_NEXT: return size == 0 ? WATCH_CLIENT : -1;
    case UNDR_TYPE_SCHEDULED: return size == 0 ? WATCH_MANAGER : -1;
    case UNDR_TYPE_TASK: return size == 0 ? WATCH_CLIENT : WATCH_MANAGER;
    case UNDR_TYPE_MESSAGE: return size == 0 ? WATCH_MANAGER : WATCH_CLIENT;
    default: return type >= UNDR_TYPE_SCHEDULE ? WATCH_CLIENT : -1;
    }
}

static void swap_ends(flow *f) {
    watch_address end = f->ends[0];
    f->ends[0] = f->ends[1];
    f->ends[1] = end;
    half one = f->halves[0];
    f->halves[0] = f->halves[1];
    f->halves[1] = one;
}

/* Of a loopback address the port says enough, but for IPv6: another manager may be there. */
static void name_of(const watch_address *address, char name[WATCH_NAME]) {
    static const uint8_t loopback[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
    if (memcmp(address->bytes, loopback, sizeof loopback) == 0) {
        (void)snprintf(name, WATCH_NAME, "%u", address->port);
        return;
    }
    char text[INET6_ADDRSTRLEN] = "";
    bool four = memcmp(address->bytes, loopback, 12) == 0;
    (void)inet_ntop(four ? AF_INET : AF_INET6, address->bytes + (four ? 12 : 0), text, sizeof text);
    size_t size = strlen(text); /* of a long one the end, which tells it from others */
    (void)snprintf(name, WATCH_NAME, "%s:%u", text + (size > 16 ? size - 16 : 0), address->port);
}

static undr_error open_one(watch_tcp *tcp, flow *f, uint64_t time) {
    char port[WATCH_NAME], name[WATCH_NAME];
    name_of(&f->ends[1], port);
    name_of(&f->ends[0], name);
    f->kind = FOLLOWED;
    return watch_open(tcp->w, port, name, f->whole, time, &f->connection);
}

/* A connection to a manager counts before it speaks: what it said first may have been lost. */
static undr_error open_silent(watch_tcp *tcp, flow *f, uint64_t time) {
    bool answered = f->kind == UNDECIDED && f->whole && f->halves[0].known && f->halves[1].known;
    return answered && is_manager(tcp, &f->ends[1]) ? open_one(tcp, f, time) : UNDR_OK;
}

static undr_error follow(watch_tcp *tcp, flow *f, uint64_t time) {
    size_t known = tcp->manager_count;
    undr_error error = open_one(tcp, f, time);
    error = error == UNDR_OK ? add_manager(tcp, &f->ends[1]) : error;
    for (size_t i = 0; tcp->manager_count > known && i < BUCKETS; i++) {
        for (flow *other = tcp->buckets[i]; other != NULL && error == UNDR_OK; other = other->next) {
            error = open_silent(tcp, other, time);
        }
    }
    return error;
}

/* The first bytes of a flow tell whether it is one of the protocol. *from may change with the flow's ends. */
static undr_error decide(watch_tcp *tcp, flow *f, int *from, undr_slice bytes, uint64_t time) {
    if (tcp->port != 0) {
        if (!is_manager(tcp, &f->ends[1])) {
            swap_ends(f);
            *from = 1 - *from;
        }
        return follow(tcp, f, time);
    }
    if (!f->whole && !is_manager(tcp, &f->ends[1])) {
        int side = is_manager(tcp, &f->ends[0]) ? 1 - *from : side_of(bytes);
        if (side < 0) {
            return UNDR_OK; /* the next segment may tell */
        }
        if (side != *from) {
            swap_ends(f);
            *from = side;
        }
        return follow(tcp, f, time);
    }
    if (is_manager(tcp, &f->ends[1]) || (*from == WATCH_CLIENT && looks_like_request(bytes))) {
        return follow(tcp, f, time);
    }
    f->kind = FOREIGN;
    tcp->totals.foreign++;
    return UNDR_OK;
}

/* ---- bytes in order ---- */

static undr_error give_gap(watch_tcp *tcp, flow *f, int from, uint64_t size, uint64_t time) {
    f->whole = f->whole && f->connection != NULL; /* its beginning is lost */
    f->halves[from].next += (uint32_t)size;
    return f->connection == NULL ? UNDR_OK : watch_gap(tcp->w, f->connection, (watch_side)from, time, size);
}

/* The next `size` bytes, of which `bytes` were captured. */
static undr_error give_bytes(watch_tcp *tcp, flow *f, int from, undr_slice bytes, uint32_t size, uint64_t time) {
    undr_error error = UNDR_OK;
    if (f->kind == UNDECIDED && bytes.size > 0) {
        error = decide(tcp, f, &from, bytes, time);
    }
    f->halves[from].next += (uint32_t)bytes.size;
    if (error == UNDR_OK && f->connection != NULL && bytes.size > 0) {
        error = watch_bytes(tcp->w, f->connection, (watch_side)from, time, bytes);
    }
    return error == UNDR_OK && bytes.size < size ? give_gap(tcp, f, from, size - bytes.size, time) : error;
}

static undr_error give_end(watch_tcp *tcp, flow *f, int from, uint64_t time) {
    half *sender = &f->halves[from];
    if (!sender->has_fin || sender->ended || sender->next != sender->fin) {
        return UNDR_OK;
    }
    sender->ended = true;
    sender->next++;
    undr_error error = UNDR_OK;
    if (f->connection != NULL) {
        error = watch_end(tcp->w, f->connection, (watch_side)from, time, false);
    }
    if (f->halves[1 - from].ended) {
        set_over(tcp, f, time);
    }
    return error;
}

/* How far the number is behind what was seen; negative: before it. */
static int32_t ahead(const half *of, uint32_t sequence) {
    return (int32_t)(sequence - of->next);
}

/* Some of what belongs before it was not seen yet. */
static bool is_early(const flow *f, int from, const watch_segment *segment) {
    const half *sender = &f->halves[from], *peer = &f->halves[1 - from];
    return (sender->known && ahead(sender, segment->sequence) > 0)
        || (segment->ack && peer->known && ahead(peer, segment->acknowledged) > 0);
}

/* A segment of which all that belongs before it was seen. */
static undr_error give(watch_tcp *tcp, flow *f, int from, const watch_segment *segment, uint64_t time) {
    half *sender = &f->halves[from];
    uint32_t old = sender->next - segment->sequence; /* bytes of it that came before */
    if (segment->fin && !sender->has_fin) {
        sender->has_fin = true;
        sender->fin = segment->sequence + segment->size;
    }
    if (old < segment->size && !sender->ended) {
        size_t skipped = old < segment->payload.size ? old : segment->payload.size;
        undr_slice bytes = {0}; /* none of it was captured, or all of what was is old */
        if (skipped < segment->payload.size) {
            bytes = undr_slice_of(segment->payload.data + skipped, segment->payload.size - skipped);
        }
        undr_error error = give_bytes(tcp, f, from, bytes, segment->size - old, time);
        if (error != UNDR_OK) {
            return error;
        }
        from = is_same(&f->ends[from], &segment->source) ? from : 1 - from; /* it may have been swapped */
    }
    return give_end(tcp, f, from, time);
}

/* ---- begin and end of a flow ---- */

static undr_error add_flow(watch_tcp *tcp, const watch_segment *segment, flow **made) {
    flow *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return UNDR_MEMORY;
    }
    bool answer = segment->syn && segment->ack; /* of who was connected to */
    f->ends[0] = answer ? segment->target : segment->source;
    f->ends[1] = answer ? segment->source : segment->target;
    flow **bucket = &tcp->buckets[bucket_of(&f->ends[0], &f->ends[1])];
    f->next = *bucket;
    *bucket = f;
    *made = f;
    return UNDR_OK;
}

static void begin_half(half *one, uint32_t next) {
    if (!one->known) {
        one->known = true;
        one->first = one->next = next;
    }
}

static undr_error take_syn(watch_tcp *tcp, flow *f, const watch_segment *segment, uint64_t time) {
    int from = segment->ack ? 1 : 0;
    f->whole = true;
    begin_half(&f->halves[from], segment->sequence + 1);
    if (segment->ack) {
        begin_half(&f->halves[0], segment->acknowledged);
    }
    return open_silent(tcp, f, time);
}

static undr_error take_reset(watch_tcp *tcp, flow *f, int from, const watch_segment *segment, uint64_t time) {
    int32_t at = ahead(&f->halves[from], segment->sequence);
    if (f->halves[from].known && (at < -1 || at > 1 << 30)) {
        return UNDR_OK; /* an answer to something old */
    }
    int32_t unseen = segment->ack && f->halves[1 - from].known ? ahead(&f->halves[1 - from], segment->acknowledged) : 0;
    undr_error error = f->halves[from].known && at > 0 ? give_gap(tcp, f, from, (uint32_t)at, time) : UNDR_OK;
    error = error == UNDR_OK && unseen > 0 ? give_gap(tcp, f, 1 - from, (uint32_t)unseen, time) : error;
    if (error == UNDR_OK && f->connection != NULL) {
        error = watch_end(tcp->w, f->connection, (watch_side)from, time, true);
    }
    set_over(tcp, f, time);
    return error;
}

/* Another connection between the same ports; the end of the one before may not have been seen. */
static bool is_new(const flow *f, int from, const watch_segment *segment) {
    const half *sender = &f->halves[from];
    bool again = sender->known && sender->first != segment->sequence + 1;
    return segment->syn && (again || (!segment->ack && (f->kind == OVER || from != 0)));
}

static undr_error take(watch_tcp *tcp, flow *f, int from, const watch_segment *segment, uint64_t time) {
    if (segment->syn) {
        return take_syn(tcp, f, segment, time);
    }
    if (segment->reset) {
        return take_reset(tcp, f, from, segment, time);
    }
    begin_half(&f->halves[from], segment->sequence);
    if (segment->ack) {
        begin_half(&f->halves[1 - from], segment->acknowledged);
    }
    undr_error error = open_silent(tcp, f, time);
    return error == UNDR_OK ? give(tcp, f, from, segment, time) : error;
}

/* Its ports are used again. What was its end was not seen, unless it is over; nor, perhaps, what came before that. */
static undr_error replace(watch_tcp *tcp, flow *f, uint64_t time) {
    undr_error error = f->connection == NULL ? UNDR_OK : watch_gap(tcp->w, f->connection, WATCH_CLIENT, time, 0);
    set_over(tcp, f, time);
    forget_over(tcp, f);
    remove_flow(tcp, f);
    return error;
}

/* One whose turn it is. */
static undr_error take_next(watch_tcp *tcp, const watch_segment *segment, uint64_t time) {
    int from;
    flow *f = find(tcp, segment, &from);
    if (f != NULL && is_new(f, from, segment)) {
        undr_error error = replace(tcp, f, time);
        if (error != UNDR_OK) {
            return error;
        }
        f = NULL;
    }
    if (f == NULL) {
        if (segment->reset) {
            return UNDR_OK;
        }
        undr_error error = add_flow(tcp, segment, &f);
        if (error != UNDR_OK) {
            return error;
        }
        from = segment->syn && segment->ack ? 1 : 0;
    }
    return f->kind == OVER || f->kind == FOREIGN ? UNDR_OK : take(tcp, f, from, segment, time);
}

/* ---- segments that wait ---- */

static bool waits(const watch_tcp *tcp, const watch_segment *segment) {
    int from;
    const flow *f = find(tcp, segment, &from);
    bool followed = f != NULL && (f->kind == FOLLOWED || f->kind == UNDECIDED);
    return followed && !segment->syn && !segment->reset && is_early(f, from, segment);
}

static undr_error hold(watch_tcp *tcp, const watch_segment *segment, uint64_t time) {
    held *one = malloc(sizeof *one + segment->payload.size);
    if (one == NULL) {
        return UNDR_MEMORY;
    }
    *one = (held){.segment = *segment, .time = time};
    if (segment->payload.size > 0) {
        memcpy(one->bytes, segment->payload.data, segment->payload.size);
    }
    one->segment.payload.data = one->bytes;
    *tcp->held_end = one;
    tcp->held_end = &one->next;
    tcp->held_count++;
    tcp->held_bytes += segment->payload.size;
    return UNDR_OK;
}

/* It comes at the time of the first one: its sender had sent it by then, as what comes behind it was under way. */
static undr_error take_held(watch_tcp *tcp, held **at) {
    held *one = *at;
    uint64_t time = tcp->held->time;
    *at = one->next;
    tcp->held_end = one->next == NULL ? at : tcp->held_end;
    tcp->held_count--;
    tcp->held_bytes -= one->segment.payload.size;
    undr_error error = take_next(tcp, &one->segment, time);
    free(one);
    return error;
}

static bool is_of_one_flow(const watch_segment *a, const watch_segment *b) {
    return (is_same(&a->source, &b->source) && is_same(&a->target, &b->target))
        || (is_same(&a->source, &b->target) && is_same(&a->target, &b->source));
}

/* The first one, or what it waits for: of the same connection, and not too early itself. NULL: it is not there yet. */
static held **find_ready(watch_tcp *tcp) {
    const watch_segment *first = &tcp->held->segment;
    for (held **at = &tcp->held; *at != NULL; at = &(*at)->next) {
        const watch_segment *segment = &(*at)->segment;
        if (!is_of_one_flow(segment, first)) {
            continue;
        }
        if (!waits(tcp, segment)) { /* what begins or ends a connection never overtakes */
            return segment == first || !(segment->syn || segment->reset) ? at : NULL;
        }
    }
    return NULL;
}

/* How far the nearest one that waits, from this end, is behind what was seen of it, or, of its acknowledgements, behind
 * what was seen of the other end; 0: none is. */
static int32_t gap_of(const watch_tcp *tcp, const flow *f, int end, bool acknowledged) {
    const half *seen = &f->halves[acknowledged ? 1 - end : end];
    int32_t nearest = 0;
    for (const held *one = tcp->held; one != NULL; one = one->next) {
        const watch_segment *s = &one->segment;
        bool told = !acknowledged || s->ack;
        if (!told || !is_same(&s->source, &f->ends[end]) || !is_same(&s->target, &f->ends[1 - end])) {
            continue;
        }
        int32_t gap = ahead(seen, acknowledged ? s->acknowledged : s->sequence);
        nearest = gap > 0 && (nearest == 0 || gap < nearest) ? gap : nearest;
    }
    return nearest;
}

/* What the first one waits for was lost: its peer's bytes up to what it acknowledges, its own up to where it begins. */
static undr_error give_up(watch_tcp *tcp) {
    int from;
    const held *first = tcp->held;
    flow *f = find(tcp, &first->segment, &from);
    bool own = ahead(&f->halves[from], first->segment.sequence) > 0;
    return give_gap(tcp, f, own ? from : 1 - from, (uint32_t)gap_of(tcp, f, from, !own), first->time);
}

static bool is_in_vain(const watch_tcp *tcp, uint64_t time) {
    return tcp->held_count > MOST_HELD || tcp->held_bytes > MOST_HELD_BYTES || time > tcp->held->time + PATIENCE;
}

/* All whose turn it is; with `all`, those that wait in vain, too. */
static undr_error take_all_held(watch_tcp *tcp, uint64_t time, bool all) {
    undr_error error = UNDR_OK;
    while (error == UNDR_OK && tcp->held != NULL) {
        held **ready = find_ready(tcp);
        if (ready != NULL) {
            error = take_held(tcp, ready);
        } else if (all || is_in_vain(tcp, time)) {
            error = give_up(tcp);
        } else {
            break;
        }
    }
    return error;
}

undr_error watch_tcp_take(watch_tcp *tcp, const watch_segment *segment, uint64_t time) {
    if (tcp->port != 0 && segment->source.port != tcp->port && segment->target.port != tcp->port) {
        return UNDR_OK;
    }
    tcp->totals.segments++;
    bool early = waits(tcp, segment);
    if (tcp->held == NULL && !early) {
        return take_next(tcp, segment, time);
    }
    undr_error error = hold(tcp, segment, time);
    bool helps = error == UNDR_OK && !early && is_of_one_flow(segment, &tcp->held->segment);
    return error == UNDR_OK && (helps || is_in_vain(tcp, time)) ? take_all_held(tcp, time, false) : error;
}

undr_error watch_tcp_finish(watch_tcp *tcp) {
    return take_all_held(tcp, 0, true);
}

void watch_tcp_free(watch_tcp *tcp) {
    for (size_t i = 0; tcp != NULL && i < BUCKETS; i++) {
        while (tcp->buckets[i] != NULL) {
            remove_flow(tcp, tcp->buckets[i]);
        }
    }
    while (tcp != NULL && tcp->held != NULL) {
        held *one = tcp->held;
        tcp->held = one->next;
        free(one);
    }
    if (tcp != NULL) {
        free(tcp->managers);
    }
    free(tcp);
}
