/* play_send.c: what a case sends, into the queue of a connection. Nonsense without `bad` is an error of the case. */
#include "play/play_send.h"

#include "base/grow.h"
#include "play/play_connect.h"
#include "play/play_flight.h"
#include "play/play_small.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"

#include <stdlib.h>
#include <string.h>

/* ---- what it may send ---- */

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

/* Manager and pool: DONE-3 is about a `t` without a task; the parser has judged everything else. */
static void judge_request(check_player *player, check_connection *connection, uint8_t type, size_t size, bool bad) {
    bool settles = type == UNDR_TYPE_TASK && size == 0 && !connection->uncertain;
    bool may_settle = connection->tasks_out > 0 || asked_for_tasks(connection) > 0;
    if (settles && !bad && !may_settle && !connection->loose) {
        check_player_break(player,
            "%s has no task out: a `t` here breaks the protocol; write `bad t` if that is intended", connection->name);
        return;
    }
    if (settles && bad && connection->tasks_out > 0 && !connection->loose) {
        check_player_break(player, "%s has a task out: this `t` breaks nothing; remove `bad`", connection->name);
        return;
    }
    player->timing.moment++;
    player->timing.stirred_at = bad || !asks_for_task(type) ? player->timing.moment : player->timing.stirred_at;
    if (bad) {
        connection->loose = true;
        return;
    }
    connection->asked_at = asks_for_task(type) ? player->timing.moment : connection->asked_at;
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
            "no request of the worker waits for an answer: this frame breaks the protocol; write `bad` if that is "
            "intended");
        return;
    }
    uint8_t request = connection->requests.data[0];
    uint8_t due = asks_for_task(request) ? UNDR_TYPE_TASK
        : request == UNDR_TYPE_MESSAGE   ? UNDR_TYPE_MESSAGE
                                         : UNDR_TYPE_SCHEDULED;
    if (type != due) {
        check_player_break(player, "the due answer has the type %c; write `bad` if another one is intended", due);
        return;
    }
    connection->requests.size--;
    memmove(connection->requests.data, connection->requests.data + 1, connection->requests.size);
    player->peer.closing = player->peer.closing || check_is_instance(payload, "undr.task.CloseRequest");
}

/* ---- queueing ---- */

bool check_player_is_send(const check_step *step) {
    return step->what == CHECK_SEND_FRAME || step->what == CHECK_SEND_HEADER || step->what == CHECK_SEND_RAW;
}

/* The bytes are already in the queue; a cut says that they end here. */
static void cut_bytes(check_player *player, check_connection *connection) {
    size_t *cuts = check_array_grow(connection->cuts, connection->cut_count, &connection->cut_capacity, sizeof *cuts);
    if (cuts == NULL) {
        check_player_keep(player, UNDR_MEMORY);
        return;
    }
    connection->cuts = cuts;
    connection->cuts[connection->cut_count++] = connection->queued.size;
}

bool check_player_queue_frame(check_player *player, check_connection *connection, uint8_t type, undr_slice payload) {
    undr_frame frame = {.type = type, .payload = payload};
    check_player_keep(player, undr_frame_encode(&connection->queued, &frame));
    cut_bytes(player, connection);
    return !player->blame.over;
}

static bool build_payload(check_player *player, const check_payload *payload, undr_buffer *bytes) {
    undr_buffer why = {0};
    if (payload->form != CHECK_PAYLOAD_EMPTY) {
        check_player_keep_for(player, check_build_payload(payload, &player->names, bytes, &why), &why);
    }
    undr_buffer_free(&why);
    return !player->blame.over;
}

/* A worker that does not wait for an answer is blamed for that, not for the consequences. */
static void judge_flight(check_player *player, const check_connection *connection) {
    if (!connection->loose) {
        check_player_glance(player);
        check_player_one_in_flight(player, connection);
    }
}

static void queue_frame(check_player *player, const check_step *step, check_connection *connection) {
    undr_buffer bytes = {0};
    if (build_payload(player, &step->payload, &bytes)) {
        undr_slice payload = undr_buffer_slice(&bytes);
        if (player->at.one->role == CHECK_ROLE_WORKER) {
            judge_flight(player, connection);
            judge_answer(player, connection, step->type, payload, step->bad);
        } else {
            judge_request(player, connection, step->type, payload.size, step->bad);
        }
        if (!player->blame.over && check_player_queue_frame(player, connection, step->type, payload)) {
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
    player->timing.stirred_at = ++player->timing.moment;
    check_player_keep(player, undr_put_bytes(&connection->queued, header, sizeof header));
    cut_bytes(player, connection);
    check_player_line(player, "%s -> header 0x%02x %llu", check_player_label(player, connection), step->type,
        (unsigned long long)step->number);
}

static void queue_raw(check_player *player, const check_step *step, check_connection *connection) {
    undr_buffer shown = {0};
    size_t before = connection->queued.size;
    connection->loose = true;
    player->timing.stirred_at = ++player->timing.moment;
    if (build_payload(player, &step->payload, &connection->queued)) {
        cut_bytes(player, connection);
        undr_slice raw = undr_slice_of(connection->queued.data + before, connection->queued.size - before);
        check_player_keep(player, check_show_bytes(&shown, raw));
        check_player_line(
            player, "%s -> raw %s", check_player_label(player, connection), check_player_text(player, &shown));
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
    return !player->blame.over;
}
