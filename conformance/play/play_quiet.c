/* play_quiet.c: what must not arrive: quiet, pauses, refused; and a connection that is not read (deaf). */
#include "play/play_quiet.h"

#include "base/clock.h"
#include "play/play_connect.h"
#include "play/play_contract.h"
#include "play/play_deliver.h"
#include "play/play_flight.h"
#include "play/play_limit.h"
#include "play/play_send.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"

#include <string.h>

static bool is_disturbed(
    check_player *player, const check_step *step, check_connection *connection, undr_buffer *what) {
    if (connection != NULL) {
        bool disturbed = check_wire_unread(&connection->wire) > 0 || check_wire_has_ended(&connection->wire);
        if (disturbed) {
            check_player_say_unread(player, what, connection);
        }
        return disturbed;
    }
    if (strcmp(step->channel, "M") == 0 && check_control_has_line(&player->scene.control)) {
        check_line line;
        check_player_keep(player, check_control_take(&player->scene.control, &line));
        check_player_say_answer(player, what, &line);
        check_line_free(&line);
        return true;
    }
    return false;
}

void check_player_stays_quiet(check_player *player, const check_step *step) {
    check_connection *connection = NULL;
    if (strcmp(step->channel, "M") != 0 && strcmp(step->channel, "P") != 0) {
        connection = check_player_connection(player, step);
        if (connection == NULL || !check_player_open(player, connection)) {
            return;
        }
        connection->wire.deaf = false;
    }
    uint64_t until = check_now() + check_player_quiet(player, step->number * CHECK_MILLISECOND);
    undr_buffer what = {0};
    check_player_glance(player);
    while (!player->blame.over) {
        if (is_disturbed(player, step, connection, &what)) {
            check_player_look_again(player);
            check_player_fail(player, "%s", check_player_text(player, &what));
        } else if (!check_player_wait(player, until)) {
            break;
        }
    }
    undr_buffer_free(&what);
    if (!player->blame.over) {
        check_player_line(player, "%s quiet", step->channel);
    }
}

/* ---- pauses ---- */

/* What is there now arrived since the last delivery began; it came too soon only if that time is short. A harness that
 * looks late misses a frame that came at once, but never blames one that did not. */
void check_player_pauses(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL || !check_player_open(player, connection)) {
        return;
    }
    connection->wire.deaf = false;
    uint64_t pause = step->number > 0 ? step->number : CHECK_PAUSE_MS;
    uint64_t until = player->sending.began + pause * CHECK_MILLISECOND;
    check_player_glance(player);
    while (!player->blame.over && check_now() < until) {
        if (check_wire_unread(&connection->wire) > 0 && check_now() < until) {
            undr_buffer what = {0};
            check_player_say_unread(player, &what, connection);
            check_player_fail(player, "%s, at once", check_player_text(player, &what));
            undr_buffer_free(&what);
            return;
        }
        (void)check_player_wait(player, until); /* false: the time is over, or the play; the loop looks */
    }
    if (!player->blame.over) {
        check_player_line(player, "%s pauses", step->channel);
    }
}

/* ---- deaf ---- */

/* A pause before a frame is read begins with the frame: a target that is slow to send it would not notice the pause. */
static void await_input(check_player *player, const check_connection *connection) {
    enum { LOOK_MS = 5 };
    uint64_t until = check_now() + check_player_limit(player, false);
    while (!player->blame.over && !check_wire_has_input(&connection->wire) && check_now() < until) {
        (void)check_player_wait(player, check_now() + LOOK_MS * CHECK_MILLISECOND); /* the loop looks */
    }
}

/* Until the case receives on this connection again; bytes that were read before stay. With a number, the case goes on
 * that time after something has arrived. */
void check_player_deaf(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL || !check_player_open(player, connection)) {
        return;
    }
    connection->wire.deaf = true;
    if (step->number > 0) {
        await_input(player, connection);
    }
    uint64_t until = check_now() + step->number * CHECK_MILLISECOND;
    while (step->number > 0 && check_player_wait(player, until)) {}
    check_player_line(player, "%s deaf", check_player_label(player, connection));
}

/* ---- refused ---- */

/* Connected: then it must be ended before it is served. */
static void is_not_served(check_player *player, check_connection *connection) {
    uint64_t limit = check_player_limit(player, false), until = check_now() + limit;
    if (!check_player_queue_frame(player, connection, UNDR_TYPE_NEXT, undr_slice_of(NULL, 0))) {
        return;
    }
    check_player_deliver(player);
    while (!player->blame.over && !check_wire_has_ended(&connection->wire)) {
        if (check_wire_unread(&connection->wire) >= UNDR_HEADER_SIZE) {
            break;
        }
        if (!check_player_await(player, until) && !player->blame.over) {
            check_player_fail(
                player, "the new connection was accepted, and stayed open for %.1f s", (double)limit / 1e9);
        }
    }
    if (!player->blame.over && check_wire_unread(&connection->wire) > 0) {
        undr_buffer what = {0};
        check_player_say_unread(player, &what, connection);
        check_player_fail(player, "the new connection was served: %s", check_player_text(player, &what));
        undr_buffer_free(&what);
    }
}

void check_player_refused(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL) {
        return;
    }
    if (connection->wire.socket >= 0) {
        check_player_break(
            player, "%s is already connected; `refused` needs a connection of its own", connection->name);
        return;
    }
    if (!check_player_connect(player, connection)) {
        return;
    }
    if (connection->wire.socket >= 0 && check_player_is_another(player)) {
        check_wire_close(&connection->wire);
        check_player_remark(player, "another program has its port meanwhile");
    } else if (connection->wire.socket >= 0) {
        is_not_served(player, connection);
    }
    if (!player->blame.over) {
        connection->said_end = true;
        check_player_line(player, "%s refused", check_player_label(player, connection));
    }
}
