/* play_receive.c: what must come on a connection, what must not, and in which order. */
#include "play/play_private.h"

#include "base/clock.h"
#include "notation/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The channel of a step as the play calls it. */
static bool is_control(const check_step *step) {
    return strcmp(step->channel, "M") == 0;
}

static bool is_process(const check_step *step) {
    return strcmp(step->channel, "P") == 0;
}

/* ---- what was taken ---- */

void check_player_took(check_player *player, check_connection *connection, const undr_frame *frame) {
    undr_buffer *requests = &connection->requests;
    if (player->one->role == CHECK_ROLE_WORKER) {
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

static void say_frame(check_player *player, undr_buffer *to, const char *name, const undr_frame *frame, bool wire) {
    check_player_say(player, to, "%s <- ", name);
    check_player_keep(player, check_show_frame(to, frame->type, frame->payload, wire, &player->names));
}

/* ---- looking ---- */

static bool ends_with(const undr_buffer *text, undr_slice end) {
    return end.size == 0
        || (text->size >= end.size && memcmp(text->data + text->size - end.size, end.data, end.size) == 0);
}

/* Is the clause "expected E, received R", where what was expected ends with E, and what came with R? */
static bool says_it_again(check_player *player, const undr_buffer *why, undr_slice clause) {
    static const char start[] = "expected ", middle[] = ", received ";
    const size_t before = sizeof start - 1, between = sizeof middle - 1;
    const uint8_t *found = clause.size > before ? memmem(clause.data, clause.size, middle, between) : NULL;
    if (found == NULL || memcmp(clause.data, start, before) != 0) {
        return false;
    }
    undr_buffer expected = {0};
    size_t size = (size_t)(found - clause.data);
    check_player_put_expected(player, &expected);
    bool again = ends_with(&expected, undr_slice_of(clause.data + before, size - before))
        && ends_with(why, undr_slice_of(found + between, clause.size - size - between));
    undr_buffer_free(&expected);
    return again;
}

void check_player_say_why(check_player *player, undr_buffer *why, const undr_buffer *clause) {
    if (clause->size > 0 && !says_it_again(player, why, undr_buffer_slice(clause))) {
        check_player_say(player, why, " (%.*s)", (int)clause->size, (const char *)clause->data);
    }
}

/* None, where a task was to end the holding of an answer: on a busy machine it may have been given before the task was
 * scheduled, because the hold was over or because nothing was held (NEXT-4, NEXT-5). Not when it was asked for after
 * that. */
static void notice_late_none(check_player *player, const check_connection *connection, const undr_frame *frame) {
    bool asked_before = connection->requests.size != 1 || connection->asked_at < player->stirred_at;
    player->came_late = player->setting->capabilities.hold > 0 && asked_before && frame->type == UNDR_TYPE_TASK
        && check_is_none(frame->payload);
}

static check_look look_at_frame(check_player *player, const check_step *step, check_connection *connection,
    const undr_frame *frame, uint64_t size, undr_buffer *why) {
    undr_buffer clauses = {0};
    bool matches = false;
    for (size_t i = 0; i < step->expectation_count && !matches && !player->over; i++) {
        const check_expectation *one = &step->expectations[i];
        if (one->sight != CHECK_SEES_FRAME) {
            continue;
        }
        clauses.size = 0;
        undr_buffer *told = one->type == frame->type ? &clauses : NULL; /* else what came says it all */
        undr_error error = check_match_expectation(one, frame->type, frame->payload, &player->names, &matches, told);
        if (error == UNDR_ARGUMENT) {
            check_player_break(player, "%.*s", (int)clauses.size, clauses.size == 0 ? "" : (const char *)clauses.data);
        } else {
            check_player_keep(player, error);
        }
    }
    if (matches && !player->over) {
        check_player_frame_line(player, connection, "<-", frame->type, frame->payload, expects_wire(step));
        check_player_took(player, connection, frame);
        check_wire_take(&connection->wire, size);
        connection->uncertain = step->expectation_count > 1;
    } else if (!player->over) {
        notice_late_none(player, connection, frame);
        say_frame(player, why, connection->name, frame, expects_wire(step));
        check_player_say_why(player, why, &clauses);
    }
    undr_buffer_free(&clauses);
    return matches ? CHECK_LOOK_TAKEN : CHECK_LOOK_OTHER;
}

static const char *end_word(check_wire_end end) {
    return end == CHECK_WIRE_FIN ? "end fin" : "end reset";
}

/* An end that is not the one wished for is a matter of manners, not of the protocol. */
static void judge_end(check_player *player, const check_expectation *one, const check_connection *connection) {
    bool fin = connection->wire.end == CHECK_WIRE_FIN;
    if (player->one->role == CHECK_ROLE_WORKER && player->scene.accepted > 1) {
        return; /* it may have left for what another connection said, with this one unread (WORK-22) */
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
    if (!one->exits) {
        return true;
    }
    player->exit_awaited = player->may_exit = true;
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
    if (player->exit_awaited && player->scene.target.state == CHECK_TARGET_EXITED) {
        check_player_say(player, why, " exit %d", player->scene.target.status);
    }
    if (unread > 0) {
        check_player_say(player, why, ", inside a frame of which %zu bytes came: ", unread);
        check_player_keep(
            player, check_show_bytes(why, undr_slice_of(connection->wire.in.data + connection->wire.taken, unread)));
    }
    return CHECK_LOOK_OTHER;
}

/* The header announces more than the harness takes in. What was sent here may come back; more has no reason to come. */
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
    check_player_say(player, why,
        "%s <- a header that announces %llu bytes, more than was ever sent: ", connection->name,
        (unsigned long long)length);
    check_player_keep(player, check_show_bytes(why, undr_slice_of(header, UNDR_HEADER_SIZE)));
    return CHECK_LOOK_OTHER;
}

static check_look look_at_connection(check_player *player, const check_step *step, undr_buffer *why) {
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

check_look check_player_look(check_player *player, const check_step *step, undr_buffer *why) {
    if (is_control(step)) {
        return check_player_look_line(player, step, why);
    }
    return is_process(step) ? check_player_look_exit(player, step, why) : look_at_connection(player, step, why);
}

/* ---- receiving ---- */

/* May None match it? Bytes may be its pickle. */
static bool may_be_none(const check_payload *payload) {
    const check_term *term = payload->term;
    if (payload->form == CHECK_PAYLOAD_EMPTY || term->kind == CHECK_TERM_BIND || term->kind == CHECK_TERM_ANY) {
        return payload->form != CHECK_PAYLOAD_EMPTY;
    }
    bool is_wire = payload->form == CHECK_PAYLOAD_WIRE;
    return term->kind == CHECK_TERM_VALUE
        && (is_wire ? check_is_none(term->value->bytes) : term->value->kind == UNDR_NONE);
}

/* Only None is held: a task that has come ends the holding, and so does a CANCEL (NEXT-6). */
static bool may_be_held(const check_player *player, const check_step *step) {
    for (size_t i = 0; i < step->expectation_count && player->cancelled_at == 0; i++) {
        const check_expectation *one = &step->expectations[i];
        if (one->sight == CHECK_SEES_FRAME && one->type == UNDR_TYPE_TASK && may_be_none(&one->payload)) {
            return true;
        }
    }
    return false;
}

static void fail_other(check_player *player, const undr_buffer *why) {
    check_player_look_again(player);
    check_player_fail(player, "%.*s", (int)why->size, why->size == 0 ? "" : (const char *)why->data);
}

static void fail_nothing(check_player *player, const check_step *step, uint64_t limit) {
    check_connection *connection = check_player_connection(player, step);
    size_t unread = connection == NULL ? 0 : check_wire_unread(&connection->wire);
    if (unread > 0) {
        undr_buffer shown = {0};
        check_player_keep(
            player, check_show_bytes(&shown, undr_slice_of(connection->wire.in.data + connection->wire.taken, unread)));
        check_player_fail(player, "no whole frame within %.1f s, only %.*s", (double)limit / 1e9, (int)shown.size,
            shown.size == 0 ? "" : (const char *)shown.data);
        undr_buffer_free(&shown);
    }
    bool ended = connection != NULL && check_wire_has_ended(&connection->wire);
    check_player_fail(
        player, ended ? "the process still runs after %.1f s" : "nothing within %.1f s", (double)limit / 1e9);
}

/* One receive on a connection. */
static void receive(check_player *player, const check_step *step) {
    uint64_t start = check_now(), limit = check_player_limit(player, may_be_held(player, step));
    uint64_t before = check_player_flow(player), more = 0;
    undr_buffer why = {0};
    while (!player->over) {
        check_look look = look_at_connection(player, step, &why);
        uint64_t time = limit + check_player_flow_time(player, before) + more;
        if (look == CHECK_LOOK_TAKEN || player->over) {
            break;
        }
        if (look == CHECK_LOOK_OTHER) {
            fail_other(player, &why);
        } else if (!check_player_await(player, start + time) && !player->over) {
            check_connection *connection = check_player_connection(player, step);
            uint64_t added = connection == NULL ? 0 : check_player_more_time(player, connection, limit, more);
            more += added;
            if (added == 0) {
                fail_nothing(player, step, time);
            }
        }
    }
    undr_buffer_free(&why);
}

void check_player_receive(check_player *player, const check_step *step) {
    if (is_control(step)) {
        check_player_receive_line(player, step);
    } else if (is_process(step)) {
        check_player_receive_exit(player, step);
    } else {
        receive(player, step);
    }
}

/* ---- poll A n until ... ---- */

typedef enum poll_sight { POLL_AGAIN, POLL_DONE, POLL_WAIT } poll_sight;

static poll_sight look_at_poll(check_player *player, const check_step *step, check_connection *connection) {
    undr_buffer why = {0};
    undr_frame frame;
    uint64_t size;
    poll_sight sight = POLL_DONE;
    check_look look = look_at_connection(player, step, &why);
    if (look == CHECK_LOOK_NOTHING) {
        sight = POLL_WAIT;
    } else if (look == CHECK_LOOK_OTHER && !player->over) {
        bool none = check_wire_peek(&connection->wire, &frame, &size) == UNDR_OK && frame.type == UNDR_TYPE_TASK
            && check_is_none(frame.payload);
        if (none) {
            check_player_took(player, connection, &frame);
            check_wire_take(&connection->wire, size);
            sight = POLL_AGAIN;
        } else {
            fail_other(player, &why);
        }
    }
    undr_buffer_free(&why);
    return sight;
}

/* Connects; is the connection refused, in a poll that takes `end`? */
static bool is_turned_away(check_player *player, const check_step *step, check_connection *connection) {
    bool takes_end = false;
    for (size_t i = 0; i < step->expectation_count; i++) {
        takes_end = takes_end || step->expectations[i].sight == CHECK_SEES_END;
    }
    bool is_new = connection->wire.socket < 0 && connection->wire.end == CHECK_WIRE_OPEN;
    if (!takes_end || !is_new || player->one->role == CHECK_ROLE_WORKER || !check_player_connect(player, connection)) {
        return false;
    }
    if (connection->wire.socket >= 0 && !check_player_is_another(player)) {
        return false;
    }
    check_wire_close(&connection->wire);
    connection->said_end = true;
    check_player_line(player, "%s refused", check_player_label(player, connection));
    return true;
}

void check_player_poll(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL || is_turned_away(player, step, connection) || !check_player_open(player, connection)) {
        return;
    }
    uint64_t limit = check_player_limit(player, true), until = check_now() + limit, pause = CHECK_MILLISECOND / 4;
    uint64_t asked = 0;
    poll_sight sight = POLL_AGAIN;
    while (!player->over && sight != POLL_DONE) {
        if (sight == POLL_AGAIN && asked > 0) {
            pause = pause < 20 * CHECK_MILLISECOND ? pause * 2 : pause; /* leave the target the processor */
            check_player_wait(player, check_now() + pause);
        }
        if (check_now() >= until) {
            check_player_fail(
                player, "only None for %.1f s (asked %llu times)", (double)limit / 1e9, (unsigned long long)asked);
        }
        if (sight == POLL_AGAIN && !player->over) {
            check_player_keep(player, undr_put_u8(&connection->requests, step->type));
            connection->asked_at = ++player->moment;
            if (check_player_queue_frame(player, connection, step->type, undr_slice_of(NULL, 0))) {
                check_player_deliver(player);
                asked++;
                if (asked == 1) {
                    check_player_line(player, "%s -> %c", check_player_label(player, connection), step->type);
                }
            }
        }
        sight = player->over ? POLL_DONE : look_at_poll(player, step, connection);
        if (sight == POLL_WAIT && !check_player_await(player, until) && !player->over) {
            fail_nothing(player, step, limit);
        }
    }
    if (!player->over && asked > 1) {
        check_player_remark(player, "asked %llu times, answered None before", (unsigned long long)asked);
    }
}
