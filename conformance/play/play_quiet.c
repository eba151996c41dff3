/* play_quiet.c: what must not come: quiet, refused, and what is left when a case is over; receives in any order. */
#include "play/play_private.h"

#include "base/clock.h"
#include "target/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAUSE_MS = 1 };

static void say_unread(check_player *player, undr_buffer *to, const check_connection *connection) {
    undr_frame frame;
    uint64_t size;
    check_player_say(player, to, "%s <- ", connection->name);
    if (check_wire_peek(&connection->wire, &frame, &size) == UNDR_OK) {
        check_player_keep(player, check_show_frame(to, frame.type, frame.payload, false, &player->names));
    } else if (check_wire_unread(&connection->wire) > 0) {
        check_player_keep(player,
            check_show_bytes(to,
                undr_slice_of(
                    connection->wire.in.data + connection->wire.taken, check_wire_unread(&connection->wire))));
    } else {
        check_player_say(player, to, "%s", connection->wire.end == CHECK_WIRE_FIN ? "end fin" : "end reset");
    }
}

/* ---- quiet ---- */

static bool is_disturbed(
    check_player *player, const check_step *step, check_connection *connection, undr_buffer *what) {
    if (connection != NULL) {
        bool disturbed = check_wire_unread(&connection->wire) > 0 || check_wire_has_ended(&connection->wire);
        if (disturbed) {
            say_unread(player, what, connection);
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
    while (!player->over) {
        if (is_disturbed(player, step, connection, &what)) {
            check_player_look_again(player);
            check_player_fail(player, "%.*s", (int)what.size, what.size == 0 ? "" : (const char *)what.data);
        } else if (!check_player_wait(player, until)) {
            break;
        }
    }
    undr_buffer_free(&what);
    if (!player->over) {
        check_player_line(player, "%s quiet", step->channel);
    }
}

/* ---- pauses ---- */

/* What is there now came within the time since the last delivery began; only when that is short did it come too soon. A
 * harness that is slow to look misses a frame that came at once, and blames none that did not. */
void check_player_pauses(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL || !check_player_open(player, connection)) {
        return;
    }
    connection->wire.deaf = false;
    uint64_t until = player->delivers_since + PAUSE_MS * CHECK_MILLISECOND;
    check_player_glance(player);
    while (!player->over && check_now() < until) {
        if (check_wire_unread(&connection->wire) > 0 && check_now() < until) {
            undr_buffer what = {0};
            say_unread(player, &what, connection);
            check_player_fail(player, "%.*s, at once", (int)what.size, what.size == 0 ? "" : (const char *)what.data);
            undr_buffer_free(&what);
            return;
        }
        (void)check_player_wait(player, until); /* false: the time is over, or the play; the loop looks */
    }
    if (!player->over) {
        check_player_line(player, "%s pauses", step->channel);
    }
}

/* ---- deaf ---- */

/* Until the case receives on this connection again; what was taken in before stays. With a number the case goes on
 * after that time. */
void check_player_deaf(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL || !check_player_open(player, connection)) {
        return;
    }
    connection->wire.deaf = true;
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
    while (!player->over && !check_wire_has_ended(&connection->wire)) {
        if (check_wire_unread(&connection->wire) >= UNDR_HEADER_SIZE) {
            break;
        }
        if (!check_player_await(player, until) && !player->over) {
            check_player_fail(
                player, "the new connection was accepted, and stayed open for %.1f s", (double)limit / 1e9);
        }
    }
    if (!player->over && check_wire_unread(&connection->wire) > 0) {
        undr_buffer what = {0};
        say_unread(player, &what, connection);
        check_player_fail(player, "the new connection was served: %.*s", (int)what.size,
            what.size == 0 ? "" : (const char *)what.data);
        undr_buffer_free(&what);
    }
}

bool check_player_is_another(check_player *player) {
    check_pids none = {0}, family = {0};
    bool another = false;
    if (player->setting->command != NULL) {
        check_player_keep(player, check_family_descendants(&none, &family));
        if (!player->over) {
            check_player_keep(player, check_listener_is_foreign(player->scene.port, &family, &another));
        }
    }
    check_pids_free(&family);
    return another;
}

void check_player_refused(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL) {
        return;
    }
    if (connection->wire.socket >= 0) {
        check_player_break(player, "%s is connected already; `refused` needs a name of its own", connection->name);
        return;
    }
    if (!check_player_connect(player, connection)) {
        return;
    }
    if (connection->wire.socket >= 0 && check_player_is_another(player)) {
        check_wire_close(&connection->wire);
        check_player_remark(player, "its port is another program's meanwhile");
    } else if (connection->wire.socket >= 0) {
        is_not_served(player, connection);
    }
    if (!player->over) {
        connection->said_end = true;
        check_player_line(player, "%s refused", check_player_label(player, connection));
    }
}

/* ---- unordered ---- */

typedef struct open_receives {
    const check_step *steps;
    bool *done; /* owned */
    size_t count, left;
} open_receives;

/* Whether an earlier step of the same channel that is still open would see the same thing first does not matter: what
 * lies there must match one of those that are open. */
static check_look try_all(check_player *player, open_receives *all, undr_buffer *why) {
    check_look seen = CHECK_LOOK_NOTHING;
    for (size_t i = 0; i < all->count && !player->over; i++) {
        if (all->done[i]) {
            continue;
        }
        undr_buffer what = {0};
        check_look look = check_player_look(player, &all->steps[i], &what);
        bool taken = look == CHECK_LOOK_TAKEN && !player->over;
        if (look == CHECK_LOOK_OTHER && !player->over) {
            player->step = &all->steps[i];
            why->size = 0;
            check_player_keep(player, undr_put_slice(why, undr_buffer_slice(&what)));
            seen = look;
        }
        undr_buffer_free(&what);
        if (taken) {
            all->done[i] = true;
            all->left--;
            return CHECK_LOOK_TAKEN;
        }
    }
    return seen;
}

/* Messages that come in any order are asked for one by one: the block writes only what is to come. */
static void ask_for_next(check_player *player, const open_receives *all) {
    check_control *control = &player->scene.control;
    bool wanted = false;
    for (size_t i = 0; i < all->count; i++) {
        const check_step *one = &all->steps[i];
        wanted = wanted
            || (!all->done[i] && strcmp(one->channel, "M") == 0 && one->expectation_count > 0
                && (one->expectations[0].sight == CHECK_SEES_MESSAGE || one->expectations[0].sight == CHECK_SEES_DONE));
    }
    if (wanted && control->in_flight == CHECK_NO_COMMAND && !player->over) {
        check_player_keep(player, check_control_next(control));
        check_player_line(player, "M -> next");
    }
}

static void receive_all(check_player *player, open_receives *all) {
    uint64_t limit = check_player_limit(player, true), until = check_now() + limit;
    undr_buffer why = {0};
    while (!player->over && all->left > 0) {
        ask_for_next(player, all);
        check_look look = player->over ? CHECK_LOOK_NOTHING : try_all(player, all, &why);
        if (player->over || look == CHECK_LOOK_TAKEN) {
            continue;
        }
        if (look == CHECK_LOOK_OTHER) {
            check_player_look_again(player);
            check_player_fail_as(player, "one of the receives of the unordered block that are still open", "%.*s",
                (int)why.size, why.size == 0 ? "" : (const char *)why.data);
        } else if (!check_player_await(player, until) && !player->over) {
            check_player_fail(
                player, "nothing within %.1f s; %zu of the unordered block are open", (double)limit / 1e9, all->left);
        }
    }
    undr_buffer_free(&why);
}

/* Everything but receives first, in its order; a `next` waits for its turn below. */
void check_player_unordered(check_player *player, const check_step *step) {
    open_receives all = {.steps = step->steps, .count = step->step_count};
    all.done = calloc(step->step_count + 1, sizeof *all.done);
    if (all.done == NULL) {
        check_player_keep(player, UNDR_MEMORY);
        return;
    }
    for (size_t i = 0; i < step->step_count && !player->over; i++) {
        const check_step *one = &step->steps[i];
        player->step = one;
        if (one->what == CHECK_REQUIREMENT) {
            player->blamed = &one->requirement;
        }
        all.done[i] = one->what != CHECK_RECEIVE;
        all.left += one->what == CHECK_RECEIVE ? 1 : 0;
        if (one->what != CHECK_RECEIVE && one->what != CHECK_REQUIREMENT) {
            check_player_break(player, "an unordered block holds receives, and nothing else");
        }
    }
    player->step = step;
    receive_all(player, &all);
    free(all.done);
}

/* ---- after the last step ---- */

/* Whole frames that came, read by the case or not. */
static uint64_t frames_that_came(const check_connection *connection) {
    check_counter came = {.frames = connection->wire.received_frames};
    check_count(&came,
        undr_slice_of(connection->wire.in.data == NULL ? NULL : connection->wire.in.data + connection->wire.taken,
            check_wire_unread(&connection->wire)));
    return came.frames;
}

void check_player_one_in_flight(check_player *player, const check_connection *connection) {
    static const check_requirement flight = {
        CHECK_MUST, "WORK-2", "A worker has one request in flight at most on a connection.", 0};
    if (player->over || frames_that_came(connection) <= connection->wire.asked.frames + 1) {
        return;
    }
    undr_buffer what = {0};
    say_unread(player, &what, connection);
    player->blamed = &flight;
    check_player_fail_as(player, "one request at a time", "%.*s, though another request is not answered yet",
        (int)what.size, what.size == 0 ? "" : (const char *)what.data);
    undr_buffer_free(&what);
}

/* A manager sends nothing but answers. */
static void nothing_but_answers(check_player *player, const check_connection *connection) {
    static const check_requirement answers = {CHECK_MUST, "REQ-2", "A manager sends nothing but answers.", 0};
    static const check_requirement one = {CHECK_MUST, "REQ-1", "Every request gets exactly one answer.", 0};
    uint64_t asked = connection->wire.asked.frames;
    if (frames_that_came(connection) <= asked) {
        return;
    }
    undr_buffer what = {0};
    say_unread(player, &what, connection);
    player->blamed = asked == 0 ? &answers : &one;
    check_player_fail_as(player, "nothing that was not asked for", "%.*s, after all that was asked had been answered",
        (int)what.size, what.size == 0 ? "" : (const char *)what.data);
    undr_buffer_free(&what);
}

static void judge_left(check_player *player, const check_connection *connection) {
    if (player->one->role == CHECK_ROLE_WORKER) {
        check_player_one_in_flight(player, connection);
    } else {
        nothing_but_answers(player, connection);
    }
}

void check_player_leftovers(check_player *player) {
    player->step = NULL;
    check_player_glance(player);
    for (size_t i = 0; i < player->scene.count && !player->over; i++) {
        check_connection *one = player->scene.connections[i];
        if (one->name[0] != '\0') {
            judge_left(player, one);
        }
        if (check_wire_has_ended(&one->wire)) {
            check_target_look(&player->scene.target); /* an end may be the first sign of a crash */
        }
    }
    check_player_is_served(player);
}
