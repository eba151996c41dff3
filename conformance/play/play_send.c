/* play_send.c: connections of a case, and what is sent on them under a delivery. */
#include "play/play_private.h"

#include "base/clock.h"
#include "play/delivery.h"
#include "target/unread.h"
#include "undr/pickle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    SMALL_PICKLE = 4096,         /* None and CloseRequest are never longer */
    APART_NS = 50 * 1000 * 1000, /* how long a piece waits for the peer to read the one before */
    PATIENCE = 4                 /* pieces that a peer may leave unread before the waits get shorter */
};

/* ---- connections ---- */

static void name_of(const check_player *player, const check_step *step, char name[24]) {
    if (step->indexed) {
        snprintf(name, 24, "%.2s[%llu]", step->channel, (unsigned long long)player->names.counter);
    } else {
        snprintf(name, 24, "%s", step->channel);
    }
}

check_connection *check_player_connection(check_player *player, const check_step *step) {
    char name[24];
    name_of(player, step, name);
    if (player->one->role == CHECK_ROLE_WORKER) {
        if (strcmp(name, "A") != 0) {
            check_player_break(player, "in the worker role A is the one connection that a case may name");
            return NULL;
        }
        return check_player_worker(player);
    }
    check_connection *connection = check_scene_find(&player->scene, name);
    if (connection == NULL) {
        check_player_keep(player, check_scene_add(&player->scene, name, &connection));
    }
    return player->over ? NULL : connection;
}

static bool resolve(check_player *player, struct sockaddr_in *to) {
    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(player->scene.port)};
    if (player->setting->command != NULL) {
        to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return true;
    }
    struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int reason = getaddrinfo(player->setting->host, NULL, &wanted, &found);
    if (reason == EAI_NONAME || reason == EAI_NODATA || reason == EAI_ADDRFAMILY) {
        check_player_block(player, "%s has no IPv4 address: %s", player->setting->host, gai_strerror(reason));
        return false;
    }
    if (reason != 0) { /* nobody could be asked, or there is no memory */
        check_player_break(player, "the address of %s can't be found: %s", player->setting->host, gai_strerror(reason));
        return false;
    }
    memcpy(&to->sin_addr, &((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr, sizeof to->sin_addr);
    freeaddrinfo(found);
    return true;
}

bool check_player_connect(check_player *player, check_connection *connection) {
    struct sockaddr_in to;
    if (!resolve(player, &to)) {
        return false;
    }
    check_connection_forget(connection);
    /* When a backlog is full the system tries again of itself, after 1, 3, 7 and 15 s: no time of the target's. */
    uint64_t limit = check_player_limit(player, false), least = check_player_start_limit(player);
    undr_error error = check_wire_connect(&connection->wire, &to, check_now() + (limit > least ? limit : least));
    if (error == UNDR_WAIT) {
        check_player_fail(player, "no answer to the connecting of %s", connection->name);
    } else {
        check_player_keep(player, error);
    }
    return !player->over;
}

bool check_player_open(check_player *player, check_connection *connection) {
    if (player->over || connection->wire.socket >= 0 || player->one->role == CHECK_ROLE_WORKER
        || check_wire_has_ended(&connection->wire)) {
        return !player->over;
    }
    if (connection->wire.end == CHECK_WIRE_CLOSED) {
        check_player_break(player, "the case has closed %s; `open` connects again", connection->name);
        return false;
    }
    if (check_player_connect(player, connection) && connection->wire.socket < 0) {
        check_player_look_again(player);
        if (player->setting->measuring && connection->wire.end == CHECK_WIRE_REFUSED && !player->over) {
            check_player_block(player,
                "it printed `ready %u`, and nothing listens at 127.0.0.1:%u (connection "
                "refused): `ready PORT` is for when the manager listens there",
                player->scene.port, player->scene.port);
            return false;
        }
        check_player_fail(player, "the connection %s was %s", connection->name,
            connection->wire.end == CHECK_WIRE_REFUSED ? "refused" : "reset");
    }
    return !player->over;
}

/* ---- what a case may send (a case that asks for nonsense without `bad` is a mistake of the case) ---- */

static bool read_small(undr_slice payload, undr_arena *arena, undr_value **value) {
    return payload.size > 0 && payload.size <= SMALL_PICKLE
        && undr_pickle_read(payload, NULL, arena, value, NULL, NULL) == UNDR_OK;
}

bool check_is_none(undr_slice payload) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    bool none = read_small(payload, &arena, &value) && value->kind == UNDR_NONE;
    undr_arena_free(&arena);
    return none;
}

bool check_is_instance(undr_slice payload, const char *class_name) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    bool is = read_small(payload, &arena, &value) && undr_value_is_instance(value, class_name);
    undr_arena_free(&arena);
    return is;
}

static bool asks_for_task(uint8_t type) {
    return type == UNDR_TYPE_NEXT || type == UNDR_TYPE_TASK;
}

static size_t asked_for_tasks(const check_connection *connection) {
    size_t count = 0;
    for (size_t i = 0; i < connection->requests.size; i++) {
        count += asks_for_task(connection->requests.data[i]) ? 1 : 0;
    }
    return count;
}

/* Manager and pool: DONE-3 is about a `t` without a task; everything else is what the parser has judged. */
static void judge_request(check_player *player, check_connection *connection, uint8_t type, size_t size, bool bad) {
    bool settles = type == UNDR_TYPE_TASK && size == 0 && !connection->uncertain;
    bool may_settle = connection->tasks_out > 0 || asked_for_tasks(connection) > 0;
    if (settles && !bad && !may_settle && !connection->loose) {
        check_player_break(player,
            "%s has no task out: a `t` here breaks the protocol; write `bad t` if that is the "
            "point",
            connection->name);
        return;
    }
    if (settles && bad && connection->tasks_out > 0 && !connection->loose) {
        check_player_break(player, "%s has a task out: this `t` breaks nothing; leave `bad` out", connection->name);
        return;
    }
    player->moment++;
    player->stirred_at = bad || !asks_for_task(type) ? player->moment : player->stirred_at;
    if (bad) {
        connection->loose = true;
        return;
    }
    connection->asked_at = asks_for_task(type) ? player->moment : connection->asked_at;
    if (settles && connection->tasks_out > 0) {
        connection->tasks_out--;
    }
    check_player_keep(player, undr_put_u8(&connection->requests, type));
}

/* Worker: an answer needs its request, and has its type. */
static void judge_answer(
    check_player *player, check_connection *connection, uint8_t type, undr_slice payload, bool bad) {
    if (bad || connection->loose) {
        connection->loose = true;
        return;
    }
    if (connection->requests.size == 0) {
        check_player_break(player,
            "no request of the worker waits for an answer: this frame breaks the protocol; "
            "write `bad` if that is the point");
        return;
    }
    uint8_t request = connection->requests.data[0];
    uint8_t due = asks_for_task(request) ? UNDR_TYPE_TASK
        : request == UNDR_TYPE_MESSAGE   ? UNDR_TYPE_MESSAGE
                                         : UNDR_TYPE_SCHEDULED;
    if (type != due) {
        check_player_break(
            player, "the answer that is due is of the type %c; write `bad` if another is the point", due);
        return;
    }
    connection->requests.size--;
    memmove(connection->requests.data, connection->requests.data + 1, connection->requests.size);
    player->closing = player->closing || check_is_instance(payload, "undr.task.CloseRequest");
}

/* ---- queueing ---- */

bool check_player_is_send(const check_step *step) {
    return step->what == CHECK_SEND_FRAME || step->what == CHECK_SEND_HEADER || step->what == CHECK_SEND_RAW;
}

/* The bytes are in the queue already; a cut says that they end here. */
static void cut(check_player *player, check_connection *connection) {
    if (connection->cut_count == connection->cut_capacity) {
        size_t capacity = connection->cut_capacity == 0 ? 8 : connection->cut_capacity * 2;
        size_t *cuts = realloc(connection->cuts, capacity * sizeof *cuts);
        if (cuts == NULL) {
            check_player_keep(player, UNDR_MEMORY);
            return;
        }
        connection->cuts = cuts;
        connection->cut_capacity = capacity;
    }
    connection->cuts[connection->cut_count++] = connection->queued.size;
}

bool check_player_queue_frame(check_player *player, check_connection *connection, uint8_t type, undr_slice payload) {
    undr_frame frame = {.type = type, .payload = payload};
    check_player_keep(player, undr_frame_encode(&connection->queued, &frame));
    cut(player, connection);
    return !player->over;
}

static bool build(check_player *player, const check_payload *payload, undr_buffer *bytes) {
    undr_buffer why = {0};
    undr_error error = payload->form == CHECK_PAYLOAD_EMPTY ? UNDR_OK
                                                            : check_build_payload(payload, &player->names, bytes, &why);
    if (error == UNDR_ARGUMENT) {
        check_player_break(player, "%.*s", (int)why.size, why.size == 0 ? "" : (const char *)why.data);
    } else {
        check_player_keep(player, error);
    }
    undr_buffer_free(&why);
    return !player->over;
}

/* A worker that does not wait for an answer is blamed for that, and not for what comes of it. */
static void judge_flight(check_player *player, const check_connection *connection) {
    if (!connection->loose) {
        check_player_glance(player);
        check_player_one_in_flight(player, connection);
    }
}

static void queue_frame(check_player *player, const check_step *step, check_connection *connection) {
    undr_buffer bytes = {0};
    if (build(player, &step->payload, &bytes)) {
        undr_slice payload = undr_buffer_slice(&bytes);
        if (player->one->role == CHECK_ROLE_WORKER) {
            judge_flight(player, connection);
            judge_answer(player, connection, step->type, payload, step->bad);
        } else {
            judge_request(player, connection, step->type, payload.size, step->bad);
        }
        if (!player->over && check_player_queue_frame(player, connection, step->type, payload)) {
            check_player_frame_line(player, connection, step->bad ? "-> bad" : "->", step->type, payload,
                step->payload.form == CHECK_PAYLOAD_WIRE);
        }
    }
    undr_buffer_free(&bytes);
}

static void queue_header(check_player *player, const check_step *step, check_connection *connection) {
    uint8_t header[UNDR_HEADER_SIZE];
    undr_frame_header(header, step->type, step->number);
    connection->loose = true;
    player->stirred_at = ++player->moment;
    check_player_keep(player, undr_put_bytes(&connection->queued, header, sizeof header));
    cut(player, connection);
    check_player_line(player, "%s -> header 0x%02x %llu", check_player_label(player, connection), step->type,
        (unsigned long long)step->number);
}

static void queue_raw(check_player *player, const check_step *step, check_connection *connection) {
    undr_buffer shown = {0};
    size_t before = connection->queued.size;
    connection->loose = true;
    player->stirred_at = ++player->moment;
    if (build(player, &step->payload, &connection->queued)) {
        cut(player, connection);
        undr_slice raw = undr_slice_of(connection->queued.data + before, connection->queued.size - before);
        check_player_keep(player, check_show_bytes(&shown, raw));
        check_player_line(player, "%s -> raw %.*s", check_player_label(player, connection), (int)shown.size,
            shown.size == 0 ? "" : (const char *)shown.data);
    }
    undr_buffer_free(&shown);
}

bool check_player_queue(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL || !check_player_open(player, connection)) {
        return false;
    }
    if (step->what == CHECK_SEND_HEADER) {
        queue_header(player, step, connection);
    } else if (step->what == CHECK_SEND_RAW) {
        queue_raw(player, step, connection);
    } else {
        queue_frame(player, step, connection);
    }
    return !player->over;
}

/* ---- delivering ---- */

static bool is_answered(const check_connection *connection) {
    const check_wire *wire = &connection->wire;
    bool whole = wire->asked.header_size == 0 && wire->asked.payload_left == 0;
    return wire->bytes_out == 0 || (whole && wire->received_frames >= wire->asked.frames);
}

/* A piece is sent when the peer has read the one before. */
static void wait_until_read(check_player *player, check_connection *connection) {
    check_wire *wire = &connection->wire;
    if (is_answered(connection) && player->one->role != CHECK_ROLE_WORKER) {
        return;
    }
    uint64_t pause = 20 * 1000, patience = wire->late_reads < PATIENCE ? APART_NS : APART_NS / 20;
    uint64_t until = check_now() + patience;
    while (!player->over && wire->can_send) {
        check_queue_state state = check_queue_ask(player->scene.netlink, wire);
        bool known = state != CHECK_QUEUE_UNKNOWN;
        if (state == CHECK_QUEUE_READ || state == CHECK_QUEUE_GONE) {
            return;
        }
        if (check_now() >= until || (!known && check_queue_is_acknowledged(wire))) {
            player->result->joined++;
            wire->late_reads += known ? 1 : 0;
            return;
        }
        check_player_wait(player, check_now() + pause);
        pause = pause < CHECK_MILLISECOND ? pause * 2 : pause;
    }
}

static size_t next_piece(const check_player *player, const check_connection *connection) {
    if (player->delivery == CHECK_DELIVERY_COALESCED) {
        return connection->queued.size;
    }
    if (player->delivery == CHECK_DELIVERY_STRADDLED) {
        return check_straddled_end(connection->cuts, connection->cut_count, connection->flown, connection->straddled);
    }
    size_t start = connection->flown == 0 ? 0 : connection->cuts[connection->flown - 1];
    size_t size = connection->cuts[connection->flown] - start;
    check_delivery delivery = check_delivery_of_frame(player->delivery, player->frames_flown);
    return start + check_piece_end(delivery, size, connection->delivered - start);
}

/* One piece of one connection, as far as the kernel takes it at once. */
static void send_piece(check_player *player, check_connection *connection) {
    check_wire *wire = &connection->wire;
    if (player->delivery != CHECK_DELIVERY_COALESCED) {
        wait_until_read(player, connection);
    }
    if (player->over) {
        return;
    }
    if (!wire->can_send) { /* the peer is gone, which a receive will judge */
        connection->delivered = connection->queued.size;
        return;
    }
    size_t end = next_piece(player, connection);
    undr_slice piece = undr_slice_of(connection->queued.data + connection->delivered, end - connection->delivered);
    check_player_keep(player, check_wire_put(wire, piece));
    if (!player->over) {
        check_player_keep(player, check_wire_write(wire));
    }
    player->result->pieces++;
    connection->delivered = end;
    while (connection->flown < connection->cut_count && connection->cuts[connection->flown] <= end) {
        connection->flown++;
        player->frames_flown++;
    }
    connection->straddled += connection->flown > 0 && end > connection->cuts[connection->flown - 1] ? 1 : 0;
}

/* Until the kernel has all of it, reading meanwhile: the peer may have to write before it reads on. */
static void finish_writing(check_player *player, check_connection *connection) {
    check_wire *wire = &connection->wire;
    uint64_t start = check_now(), limit = check_player_limit(player, true);
    uint64_t before = check_player_flow(player), more = 0;
    while (!player->over && check_wire_wants_to_write(wire)) {
        uint64_t time = limit + check_player_flow_time(player, before) + more;
        if (check_player_await(player, start + time) || player->over || !check_wire_wants_to_write(wire)) {
            continue;
        }
        uint64_t added = check_player_more_time(player, connection, limit, more);
        more += added;
        if (added == 0) {
            check_player_fail(player, "%s read %llu of %zu bytes within %.1f s, and not the rest", connection->name,
                (unsigned long long)wire->bytes_out, (size_t)wire->bytes_out + wire->out.size - wire->sent,
                (double)time / 1e9);
        }
    }
}

static bool send_round(check_player *player) {
    bool any = false;
    for (size_t i = 0; i < player->scene.count && !player->over; i++) {
        check_connection *one = player->scene.connections[i];
        if (one->delivered < one->queued.size) {
            any = true;
            send_piece(player, one);
        }
    }
    for (size_t i = 0; i < player->scene.count && !player->over; i++) {
        finish_writing(player, player->scene.connections[i]);
    }
    return any && !player->over;
}

void check_player_deliver(check_player *player) {
    player->delivers_since = check_now();
    while (send_round(player)) {}
    for (size_t i = 0; i < player->scene.count; i++) {
        check_connection *one = player->scene.connections[i];
        one->queued.size = one->delivered = 0;
        one->cut_count = one->flown = 0;
    }
}

/* ---- the ends of a connection ---- */

void check_player_close(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL) {
        return;
    }
    if (step->what == CHECK_SEND_OPEN) {
        check_wire_free(&connection->wire);
        check_wire_init(&connection->wire);
        if (check_player_open(player, connection)) {
            check_player_line(player, "%s -> open", check_player_label(player, connection));
        }
        return;
    }
    const char *word = step->what == CHECK_SEND_RESET ? "reset"
        : step->what == CHECK_SEND_CLOSE              ? "close"
                                                      : "half-close";
    if (!check_player_open(player, connection)) {
        return;
    }
    check_player_line(player, "%s -> %s", check_player_label(player, connection), word);
    if (step->what == CHECK_SEND_RESET) {
        check_wire_reset(&connection->wire);
    } else if (step->what == CHECK_SEND_CLOSE) {
        check_player_glance(player); /* unread bytes would turn the FIN into a reset */
        check_wire_close(&connection->wire);
    } else {
        check_wire_half_close(&connection->wire);
    }
    check_player_end_others(player, step->what == CHECK_SEND_RESET);
}
