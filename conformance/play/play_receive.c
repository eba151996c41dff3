/* play_receive.c: what must arrive: on a connection, on the control channel, from the process. */
#include "play/play_receive.h"

#include "base/clock.h"
#include "notation/match.h"
#include "play/play_connect.h"
#include "play/play_control.h"
#include "play/play_deliver.h"
#include "play/play_limit.h"
#include "play/play_process.h"
#include "play/play_send.h"
#include "play/play_small.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"

#include <string.h>

/* The channel of a step as the play calls it. */
static bool is_control(const check_step *step) {
    return strcmp(step->channel, "M") == 0;
}

static bool is_process(const check_step *step) {
    return strcmp(step->channel, "P") == 0;
}

check_look check_player_look(check_player *player, const check_step *step, undr_buffer *why) {
    if (is_control(step)) {
        return check_player_look_line(player, step, why);
    }
    return is_process(step) ? check_player_look_exit(player, step, why)
                            : check_player_look_at_connection(player, step, why);
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

/* Only None is held: a new task ends the hold, and so does a CANCEL (NEXT-6). */
static bool may_be_held(const check_player *player, const check_step *step) {
    for (size_t i = 0; i < step->expectation_count && player->timing.cancelled_at == 0; i++) {
        const check_expectation *one = &step->expectations[i];
        if (one->sight == CHECK_SEES_FRAME && one->type == UNDR_TYPE_TASK && may_be_none(&one->payload)) {
            return true;
        }
    }
    return false;
}

static void fail_other(check_player *player, undr_buffer *why) {
    check_player_look_again(player);
    check_player_fail(player, "%s", check_player_text(player, why));
}

static void fail_nothing(check_player *player, const check_step *step, uint64_t limit) {
    check_connection *connection = check_player_connection(player, step);
    size_t unread = connection == NULL ? 0 : check_wire_unread(&connection->wire);
    check_player_in_vain(player);
    if (unread > 0) {
        undr_buffer shown = {0};
        check_player_keep(
            player, check_show_bytes(&shown, undr_slice_of(connection->wire.in.data + connection->wire.taken, unread)));
        check_player_fail(
            player, "no whole frame within %.1f s, only %s", (double)limit / 1e9, check_player_text(player, &shown));
        undr_buffer_free(&shown);
    }
    bool ended = connection != NULL && check_wire_has_ended(&connection->wire);
    check_player_fail(
        player, ended ? "the process is still running after %.1f s" : "nothing within %.1f s", (double)limit / 1e9);
}

/* The limit is over, and `more` beyond it. How much longer it has because it is at it all the while: a frame may take as
 * long as it takes (FAULT-6). The header of one that never ends says enough when it is a wrong one. */
static uint64_t more_time(check_player *player, const check_step *step, uint64_t limit, uint64_t more) {
    undr_buffer why = {0};
    if (check_player_look_at_header(player, step, &why) == CHECK_LOOK_OTHER && !player->blame.over) {
        fail_other(player, &why);
    }
    undr_buffer_free(&why);
    check_connection *connection = check_player_connection(player, step);
    return connection == NULL ? 0 : check_player_more_time_for_frame(player, connection, limit, more);
}

/* How long one receive waits. */
typedef struct patience {
    uint64_t start, limit; /* the limit counts from `start` */
    uint64_t bytes_in;     /* what had come at `start` */
} patience;

/* While the target is measured, the limit includes its start. With the first byte of a frame that is over: the rest has
 * the time of any answer, from the last byte on, and a trickle never more than there was in all. */
static void note_begun(check_player *player, const check_step *step, patience *wait) {
    const check_connection *connection = check_player_connection(player, step);
    uint64_t now = check_now(), end = wait->start + wait->limit;
    if (player->setting->measuring && connection != NULL && check_wire_unread(&connection->wire) > 0
        && connection->wire.bytes_in != wait->bytes_in && now < end) {
        uint64_t least = check_player_scale(player, CHECK_LEAST_S * CHECK_SECOND);
        *wait = (patience){now, least < end - now ? least : end - now, connection->wire.bytes_in};
    }
}

/* One receive on a connection. */
static void receive_frame(check_player *player, const check_step *step) {
    patience wait = {.start = check_now(), .limit = check_player_limit(player, may_be_held(player, step))};
    uint64_t before = check_player_flow(player), more = 0;
    undr_buffer why = {0};
    while (!player->blame.over) {
        check_look look = check_player_look_at_connection(player, step, &why);
        note_begun(player, step, &wait);
        uint64_t time = wait.limit + check_player_flow_time(player, before) + more;
        if (look == CHECK_LOOK_TAKEN || player->blame.over) {
            break;
        }
        if (look == CHECK_LOOK_OTHER) {
            fail_other(player, &why);
        } else if (!check_player_await(player, wait.start + time) && !player->blame.over) {
            uint64_t added = more_time(player, step, wait.limit, more);
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
        receive_frame(player, step);
    }
}

/* ---- poll A n until ... ---- */

typedef enum poll_sight { POLL_AGAIN, POLL_DONE, POLL_WAIT } poll_sight;

static poll_sight look_at_poll(check_player *player, const check_step *step, check_connection *connection) {
    undr_buffer why = {0};
    undr_frame frame;
    uint64_t size;
    poll_sight sight = POLL_DONE;
    check_look look = check_player_look_at_connection(player, step, &why);
    if (look == CHECK_LOOK_NOTHING) {
        sight = POLL_WAIT;
    } else if (look == CHECK_LOOK_OTHER && !player->blame.over) {
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
    if (!takes_end || !is_new || player->at.one->role == CHECK_ROLE_WORKER
        || !check_player_connect(player, connection)) {
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

static void ask(check_player *player, const check_step *step, check_connection *connection, uint64_t *asked) {
    check_player_keep(player, undr_put_u8(&connection->requests, step->type));
    connection->asked_at = ++player->timing.moment;
    if (!check_player_queue_frame(player, connection, step->type, undr_slice_of(NULL, 0))) {
        return;
    }
    check_player_deliver(player);
    if (++*asked == 1) {
        check_player_line(player, "%s -> %c", check_player_label(player, connection), step->type);
    }
}

/* The answer to the last question, within the limit or while it comes. */
static poll_sight await_answer(
    check_player *player, const check_step *step, check_connection *connection, uint64_t limit, uint64_t *until) {
    uint64_t more = 0;
    poll_sight sight = POLL_WAIT;
    while (!player->blame.over && sight == POLL_WAIT) {
        sight = look_at_poll(player, step, connection);
        if (sight == POLL_WAIT && !check_player_await(player, *until) && !player->blame.over) {
            uint64_t added = more_time(player, step, limit, more);
            more += added;
            *until += added;
            if (added == 0) {
                fail_nothing(player, step, limit + more);
            }
        }
    }
    return sight;
}

void check_player_poll(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL || is_turned_away(player, step, connection) || !check_player_open(player, connection)) {
        return;
    }
    uint64_t limit = check_player_limit(player, true), until = check_now() + limit, pause = CHECK_MILLISECOND / 4;
    uint64_t asked = 0;
    poll_sight sight = POLL_AGAIN;
    while (!player->blame.over && sight != POLL_DONE) {
        if (asked > 0) {
            pause = pause < 20 * CHECK_MILLISECOND ? pause * 2 : pause; /* leave the target the processor */
            check_player_wait(player, check_now() + pause);
        }
        if (check_now() >= until) {
            check_player_in_vain(player);
            check_player_fail(
                player, "only None for %.1f s (asked %llu times)", (double)limit / 1e9, (unsigned long long)asked);
        } else if (!player->blame.over) {
            ask(player, step, connection, &asked);
            sight = await_answer(player, step, connection, limit, &until);
        }
    }
    if (!player->blame.over && asked > 1) {
        check_player_remark(player, "asked %llu times, answered None before", (unsigned long long)asked);
    }
}
