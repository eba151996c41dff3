/* play_look.c: does what has arrived on a connection match a receive? */
#include "play/play_look.h"

#include "play/play_kind.h"

#include "notation/match.h"
#include "play/play_connect.h"
#include "play/play_others.h"
#include "play/play_small.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"
#include "undr/pickle.h"

#include <stdio.h>
#include <string.h>

void check_player_took(check_player *player, check_connection *connection, const undr_frame *frame) {
    undr_buffer *requests = &connection->requests;
    if (player->at.one->role == CHECK_ROLE_WORKER) {
        check_player_keep(player, undr_put_u8(requests, frame->type));
        return;
    }
    if (requests->size == 0) {
        return;
    }
    uint8_t request = requests->data[0];
    requests->size--;
    memmove(requests->data, requests->data + 1, requests->size);
    bool task = (request == UNDR_TYPE_NEXT || request == UNDR_TYPE_TASK) && frame->type == UNDR_TYPE_TASK
        && !check_is_none(frame->payload) && !check_is_instance(frame->payload, "undr.task.CloseRequest");
    connection->tasks_out += task ? 1 : 0;
}

static bool expects_wire(const check_step *step) {
    for (size_t i = 0; i < step->expectation_count; i++) {
        const check_expectation *one = &step->expectations[i];
        if (one->sight == CHECK_SEES_FRAME && one->payload.form == CHECK_PAYLOAD_WIRE) {
            return true;
        }
    }
    return false;
}

static bool is_pickle(undr_slice payload) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    bool is = payload.size > 0 && undr_pickle_read(payload, NULL, &arena, &value, NULL, NULL) == UNDR_OK;
    undr_arena_free(&arena);
    return is;
}

/* Bytes are compared with bytes; but a pickle that arrives instead is shown by its value. */
static bool shows_bytes(check_player *player, const check_step *step, undr_slice payload) {
    if (!expects_wire(step) || !is_pickle(payload)) {
        return expects_wire(step);
    }
    bool pickles = false;
    for (size_t i = 0; i < step->expectation_count && !pickles; i++) {
        const check_expectation *one = &step->expectations[i];
        undr_buffer due = {0};
        pickles = one->sight == CHECK_SEES_FRAME && one->payload.form == CHECK_PAYLOAD_WIRE
            && check_build_payload(&one->payload, &player->names, &due, NULL) == UNDR_OK
            && is_pickle(undr_buffer_slice(&due));
        undr_buffer_free(&due);
    }
    return pickles;
}

static void say_frame(check_player *player, undr_buffer *to, const char *name, const undr_frame *frame, bool wire) {
    check_player_say(player, to, "%s <- ", name);
    check_player_keep(player, check_show_frame(to, frame->type, frame->payload, wire, &player->names));
}

/* None, where a task should have ended a hold: on a busy machine it may have been sent before the task was scheduled,
 * because the hold was over or nothing was held (NEXT-4, NEXT-5). Not when it was asked for after that. */
static void notice_late_none(check_player *player, const check_connection *connection, const undr_frame *frame) {
    bool asked_before = connection->requests.size != 1 || connection->asked_at < player->timing.stirred_at;
    player->timing.came_late = player->setting->capabilities.hold > 0 && asked_before && frame->type == UNDR_TYPE_TASK
        && check_is_none(frame->payload);
}

static check_look look_at_frame(check_player *player, const check_step *step, check_connection *connection,
    const undr_frame *frame, uint64_t size, undr_buffer *why) {
    undr_buffer clauses = {0};
    bool matches = false;
    for (size_t i = 0; i < step->expectation_count && !matches && !player->blame.over; i++) {
        const check_expectation *one = &step->expectations[i];
        if (one->sight != CHECK_SEES_FRAME) {
            continue;
        }
        clauses.size = 0;
        undr_buffer *told = one->type == frame->type ? &clauses : NULL; /* otherwise the received frame says it all */
        undr_error error = check_match_expectation(one, frame->type, frame->payload, &player->names, &matches, told);
        check_player_keep_for(player, error, &clauses);
    }
    if (matches && !player->blame.over) {
        check_player_frame_line(player, connection, "<-", frame->type, frame->payload, expects_wire(step));
        check_player_took(player, connection, frame);
        check_wire_take(&connection->wire, size);
        connection->uncertain = step->expectation_count > 1;
    } else if (!player->blame.over) {
        notice_late_none(player, connection, frame);
        check_player_came_frame(player, frame);
        bool bytes = shows_bytes(player, step, frame->payload);
        say_frame(player, why, connection->name, frame, bytes);
        if (bytes == expects_wire(step)) { /* otherwise the clause is about bytes, where the value says more */
            check_player_say_why(player, why, &clauses);
        }
    }
    undr_buffer_free(&clauses);
    return matches ? CHECK_LOOK_TAKEN : CHECK_LOOK_OTHER;
}

static const char *end_word(check_wire_end end) {
    return end == CHECK_WIRE_FIN ? "end fin" : "end reset";
}

/* The wrong kind of end is a SHOULD, not a MUST. */
static void judge_end(check_player *player, const check_expectation *one, const check_connection *connection) {
    bool fin = connection->wire.end == CHECK_WIRE_FIN;
    if (player->at.one->role == CHECK_ROLE_WORKER && player->scene.accepted > 1) {
        return; /* it may have left because of another connection, with this one unread (WORK-22) */
    }
    if ((one->end == CHECK_END_FIN && !fin) || (one->end == CHECK_END_RESET && fin)) {
        char text[64];
        snprintf(text, sizeof text, "%s <- %s", connection->name, end_word(connection->wire.end));
        check_player_warn(player, one->end == CHECK_END_FIN ? "end fin" : "end reset", text);
    }
}

/* `end exit 3`: has the process ended with that status? It may do so a little later than its connection. */
static bool exits_as(check_player *player, const check_expectation *one, bool *waits) {
    check_target *target = &player->scene.target;
    if (!one->exits || player->setting->listens) {
        return true;
    }
    player->peer.exit_awaited = player->peer.may_exit = true;
    check_player_serve_others(player); /* it may wait for its manager to end a connection first */
    check_target_look(target);
    *waits = *waits || target->state == CHECK_TARGET_RUNS;
    return target->state == CHECK_TARGET_EXITED && target->status == one->status;
}

static check_look look_at_end(
    check_player *player, const check_step *step, check_connection *connection, undr_buffer *why) {
    size_t unread = check_wire_unread(&connection->wire);
    if (!connection->said_end) {
        connection->said_end = true;
        check_player_line(player, "%s <- %s", check_player_label(player, connection), end_word(connection->wire.end));
    }
    bool waits = false;
    for (size_t i = 0; i < step->expectation_count && unread == 0; i++) {
        const check_expectation *one = &step->expectations[i];
        if (one->sight == CHECK_SEES_END && exits_as(player, one, &waits)) {
            judge_end(player, one, connection);
            return CHECK_LOOK_TAKEN;
        }
    }
    if (waits) {
        return CHECK_LOOK_NOTHING;
    }
    check_player_say(player, why, "%s <- %s", connection->name, end_word(connection->wire.end));
    check_player_came(player, unread > 0 ? "end inside a frame" : end_word(connection->wire.end));
    if (player->peer.exit_awaited && player->scene.target.state == CHECK_TARGET_EXITED) {
        check_player_say(player, why, " exit %d", player->scene.target.status);
    }
    if (unread > 0) {
        check_player_say(player, why, ", inside a frame of which %zu bytes arrived: ", unread);
        check_player_keep(
            player, check_show_bytes(why, undr_slice_of(connection->wire.in.data + connection->wire.taken, unread)));
    }
    return CHECK_LOOK_OTHER;
}

/* The header announces more than the harness accepts. What was sent here may come back; there is no reason for more. */
static check_look look_at_endless(check_player *player, check_connection *connection, undr_buffer *why) {
    const uint8_t *header = connection->wire.in.data + connection->wire.taken;
    undr_cursor cursor = undr_cursor_over(undr_slice_of(header + 1, UNDR_HEADER_SIZE - 1));
    uint64_t length = 0, sent = player->scene.control.commanded;
    for (size_t i = 0; i < player->scene.count; i++) {
        sent += player->scene.connections[i]->wire.bytes_out;
    }
    if (undr_read_u64le(&cursor, &length) && length <= sent) {
        check_player_break(player, "a frame of %llu bytes is more than the harness takes in (%llu)",
            (unsigned long long)length, (unsigned long long)CHECK_FRAME_LIMIT);
        return CHECK_LOOK_OTHER;
    }
    check_player_came(player, "a header that announces too much");
    check_player_say(player, why,
        "%s <- a header that announces %llu bytes, more than was ever sent: ", connection->name,
        (unsigned long long)length);
    check_player_keep(player, check_show_bytes(why, undr_slice_of(header, UNDR_HEADER_SIZE)));
    return CHECK_LOOK_OTHER;
}

/* Can a frame of that header be what is expected? Bytes have the length that they have; a value has more than one
 * pickle. */
static bool may_be(check_player *player, const check_expectation *one, uint8_t type, uint64_t length) {
    if (one->sight != CHECK_SEES_FRAME || one->type != type) {
        return false;
    }
    if (one->payload.form == CHECK_PAYLOAD_EMPTY) {
        return length == 0;
    }
    undr_buffer due = {0};
    bool known = one->payload.form == CHECK_PAYLOAD_WIRE
        && check_build_payload(&one->payload, &player->names, &due, NULL) == UNDR_OK;
    uint64_t size = due.size;
    undr_buffer_free(&due);
    return !known || size == length;
}

check_look check_player_look_at_header(check_player *player, const check_step *step, undr_buffer *why) {
    const check_connection *connection = check_player_connection(player, step);
    size_t unread = connection == NULL ? 0 : check_wire_unread(&connection->wire);
    if (unread < UNDR_HEADER_SIZE) {
        return CHECK_LOOK_NOTHING;
    }
    const uint8_t *header = connection->wire.in.data + connection->wire.taken;
    undr_cursor cursor = undr_cursor_over(undr_slice_of(header + 1, UNDR_HEADER_SIZE - 1));
    uint64_t length = 0;
    (void)undr_read_u64le(&cursor, &length);                            /* eight bytes are there */
    bool may = step->what == CHECK_POLL && header[0] == UNDR_TYPE_TASK; /* None once more */
    for (size_t i = 0; i < step->expectation_count && !may; i++) {
        may = may_be(player, &step->expectations[i], header[0], length);
    }
    if (may) {
        return CHECK_LOOK_NOTHING;
    }
    check_player_say(player, why, "%s <- ", connection->name);
    check_player_keep(player, check_show_bytes(why, undr_slice_of(header, UNDR_HEADER_SIZE)));
    check_player_say(player, why, ", the header of a frame that can't be it, and %zu of %llu bytes of its payload",
        unread - UNDR_HEADER_SIZE, (unsigned long long)length);
    return CHECK_LOOK_OTHER;
}

check_look check_player_look_at_connection(check_player *player, const check_step *step, undr_buffer *why) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL || !check_player_open(player, connection)) {
        return CHECK_LOOK_OTHER;
    }
    connection->wire.deaf = false;
    undr_frame frame;
    uint64_t size;
    undr_error error = check_wire_peek(&connection->wire, &frame, &size);
    if (error == UNDR_OK) {
        return look_at_frame(player, step, connection, &frame, size, why);
    }
    if (error == UNDR_PAYLOAD_TOO_LARGE) {
        return look_at_endless(player, connection, why);
    }
    return check_wire_has_ended(&connection->wire) ? look_at_end(player, step, connection, why) : CHECK_LOOK_NOTHING;
}
