/* play_wait.c: waiting for the target, and what must not happen meanwhile. */
#include "play/play_wait.h"

#include "base/clock.h"
#include "play/play_contract.h"
#include "play/play_limit.h"
#include "play/play_others.h"
#include "play/play_verdict.h"
#include "target/unread.h"

bool check_player_is_served(check_player *player) {
    const check_target *target = &player->scene.target;
    bool ended = target->state == CHECK_TARGET_EXITED || target->state == CHECK_TARGET_SIGNALLED;
    bool crashed = target->state == CHECK_TARGET_SIGNALLED && target->status != player->peer.signalled;
    bool may_exit = player->peer.may_exit || player->at.one->role == CHECK_ROLE_WORKER;
    if (player->blame.over || !ended || (may_exit && !crashed)) {
        return !player->blame.over;
    }
    undr_buffer how = {0};
    check_player_keep(player, check_target_describe(target, &how));
    check_player_crash(player, player->at.step == NULL ? "a process that runs until the end of its input" : NULL,
        "the target's process %s", check_player_text(player, &how));
    undr_buffer_free(&how);
    return false;
}

/* Worker role: its standard output is not a channel. Otherwise a line that answers nothing breaks the contract. */
static void judge_output(check_player *player) {
    check_control *control = &player->scene.control;
    undr_slice unread = check_control_unread(control);
    if (player->at.one->role == CHECK_ROLE_WORKER) {
        check_player_keep(player, check_target_keep(&player->scene.target, unread.data, unread.size));
        control->taken = control->searched = control->in.size = 0;
    } else if (check_control_line_is_endless(control)) {
        check_player_crash(player, "lines that end, as the adapter contract requires",
            "%zu bytes without a newline on the target's standard output", unread.size);
    } else if (control->in_flight == CHECK_NO_COMMAND && check_control_has_line(control)) {
        check_line line;
        check_player_keep(player, check_control_take(control, &line));
        check_player_breach(player, CHECK_NO_COMMAND, &line);
        check_line_free(&line);
    }
}

static bool take_in(check_player *player, uint64_t until) {
    uint64_t due = check_player_others_due(player);
    undr_error error = check_scene_wait(&player->scene, due < until ? due : until);
    if (error != UNDR_OK && error != UNDR_WAIT) {
        check_player_keep(player, error);
    }
    if (!player->blame.over) {
        check_player_serve_others(player);
    }
    if (!player->blame.over && player->scene.accepted > CHECK_CONNECTIONS) {
        check_player_fail_as(
            player, "a connection, or a few", "more than %d connections of one worker", CHECK_CONNECTIONS);
    }
    if (!player->blame.over && player->scene.target.pid > 0) {
        judge_output(player);
    }
    return error == UNDR_OK || due < until;
}

/* If the time was over before the wait began, what has arrived is still read once: the harness may have slept, too. A
 * target that never stops sending still has only its time. */
bool check_player_wait(check_player *player, uint64_t until) {
    if (player->blame.over) {
        return false;
    }
    if (check_now() >= until) {
        if (player->timing.last_chance == until) {
            return false;
        }
        player->timing.last_chance = until;
    }
    return take_in(player, until) && check_player_is_served(player);
}

static unsigned long long delay_of(check_player *player) {
    unsigned long long delay = 0;
    check_player_keep(player, check_family_delay(&delay));
    return delay;
}

bool check_player_await(check_player *player, uint64_t until) {
    if (check_player_wait(player, until)) {
        return true;
    }
    uint64_t most = check_player_scale(player, CHECK_STARVED_MOST_S * CHECK_SECOND),
             look = CHECK_STARVED_LOOK_MS * CHECK_MILLISECOND;
    if (player->blame.over || player->setting->command == NULL || check_now() >= until + most) {
        return false;
    }
    unsigned long long before = delay_of(player);
    uint64_t round = check_now() + look;
    bool moved = false;
    while (check_player_wait(player, round)) {
        moved = true;
    }
    bool first = player->timing.looked_late != until;
    player->timing.looked_late = until;
    return !player->blame.over && ((moved && first) || delay_of(player) > before + look / CHECK_STARVED_PART)
        && !player->blame.over;
}

static unsigned long long effort_of(check_player *player) {
    unsigned long long effort = 0;
    check_player_keep(player, check_family_effort(&effort));
    return effort;
}

bool check_player_await_start(check_player *player, check_idle *idle, uint64_t until) {
    if (idle->since == 0) {
        idle->since = check_now();
        idle->look_at = idle->since + CHECK_SECOND; /* most targets have started by then: nothing is looked up */
    }
    if (check_player_wait(player, idle->look_at < until ? idle->look_at : until)) {
        return true;
    }
    unsigned long long effort = player->blame.over ? 0 : effort_of(player);
    uint64_t now = check_now();
    if (effort > idle->effort + CHECK_IDLE_WORK_MS * CHECK_MILLISECOND) {
        idle->effort = effort;
        idle->since = now;
    }
    idle->look_at = now + CHECK_IDLE_LOOK_MS * CHECK_MILLISECOND;
    bool goes_on = now < until && now - idle->since < check_player_idle_limit(player);
    return !player->blame.over && (goes_on || check_player_await(player, now));
}

static uint64_t moved_on(const check_connection *connection) {
    return connection->wire.bytes_in + connection->wire.bytes_out;
}

/* Does it go on reading what it was sent, or sending a frame of which it has sent a part? Slow is not silent, and no
 * throughput is required (FAULT-6). */
static bool goes_on(check_player *player, const check_connection *connection) {
    uint64_t before = 0, after = 0, until = check_now() + CHECK_SECOND, moved = moved_on(connection);
    int netlink = player->scene.netlink;
    bool unread = check_queue_unread(netlink, &connection->wire, &before) && before > 0;
    if (!unread && check_wire_unread(&connection->wire) == 0) {
        return false;
    }
    while (moved_on(connection) == moved && check_player_await(player, until)) {} /* a busy machine is not the peer */
    return moved_on(connection) != moved
        || (unread && check_queue_unread(netlink, &connection->wire, &after) && after < before);
}

/* It has read all of what was sent since it was last asked here, which may have taken it until now: what it answers to
 * that has the time of any answer, once. */
static bool has_just_read(const check_player *player, check_connection *connection) {
    uint64_t unread = 0, sent = connection->wire.bytes_out - connection->answerable;
    if (sent < CHECK_READ_AT_ONCE || !check_queue_unread(player->scene.netlink, &connection->wire, &unread)
        || unread > 0) {
        return false;
    }
    connection->answerable = connection->wire.bytes_out;
    return true;
}

uint64_t check_player_more_time(check_player *player, check_connection *connection, uint64_t limit, uint64_t more) {
    uint64_t began = check_now();
    if (player->blame.over || (!goes_on(player, connection) && !has_just_read(player, connection))) {
        return 0;
    }
    if (more >= CHECK_READING_LIMITS * limit || more >= check_player_scale(player, CHECK_SLOW_MOST_S * CHECK_SECOND)) {
        check_player_undecided(player,
            "undecided: %s is slow and steady, which is allowed (FAULT-6), but would take too long", connection->name);
    }
    return limit + (check_now() - began);
}

uint64_t check_player_more_time_for_frame(
    check_player *player, check_connection *connection, uint64_t limit, uint64_t more) {
    undr_frame frame;
    uint64_t size, added = check_player_more_time(player, connection, limit, more);
    bool whole = added == 0 && check_wire_peek(&connection->wire, &frame, &size) == UNDR_OK;
    return whole ? CHECK_MILLISECOND : added;
}

void check_player_glance(check_player *player) {
    for (int rounds = 0; rounds < CHECK_GLANCES && !player->blame.over && take_in(player, 0); rounds++) {
        if (!check_player_is_served(player)) {
            break;
        }
    }
}

void check_player_look_again(check_player *player) {
    check_player_glance(player);
    if (!player->blame.over) {
        check_target_look(&player->scene.target); /* its connections end before its parent hears of it */
        check_player_is_served(player);
    }
}
