/* play_wait.c: a play's time limits, its waiting, and what it says of its end. */
#include "play/play_private.h"

#include "base/clock.h"
#include "base/shortage.h"
#include "notation/print.h"
#include "notation/settle.h"
#include "target/unread.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIMIT_S = 5,       /* the least time that an answer may take */
    LIMIT_POOL_S = 15, /* where worker processes have to start first */
    LIMIT_START_S = 30,
    LIMIT_ROUND_TRIPS = 2000,
    LIMIT_MOST_S = 60,      /* of these: measured on a busy machine they would outlast the watchdog */
    HELD_FACTOR = 2,        /* of a hold that was measured, not declared */
    LIMIT_FIRSTS = 20,      /* each target begins anew, and the machine may have more to do than during the survey */
    LIMIT_SILENT_PART = 10, /* of these for a target that has let the first of all answers come too late */
    SLOWEST_RATE = 4000000, /* bytes a second that a target is expected to handle */
    SLOWEST_FLOW = 250000,  /* bytes a second that it has time for as long as they flow, */
    FLOW_MOST_S = 60,       /* up to so much of it: the watchdog is not to come first */
    MORE_ANSWERS = 16 * 1024 * 1024, /* bytes of answers that may cross beside what comes back */
    SLOWEST_LIMITS = 6,              /* so many times longer may it take while it reads */
    STARVED_MOST_S = 30,             /* how much longer a target has that is kept from running, */
    STARVED_LOOK_MS = 100,           /* which is looked at for so long: */
    STARVED_PART = 5,                /* a fifth of it spent waiting for a processor */
    QUIET_MS = 5,
    QUIET_SETTLES = 3,
    QUIET_MOST_S = 2,
    QUIET_PART_OF_GRACE = 4,
    GLANCES = 100 /* a target that never stops printing must not keep the play from going on */
};

static void put_list(check_player *player, undr_buffer *to, const char *format, va_list list)
    __attribute__((format(printf, 3, 0)));

static void put_list(check_player *player, undr_buffer *to, const char *format, va_list list) {
    char *text = NULL;
    if (vasprintf(&text, format, list) < 0) {
        player->no_memory = true;
        return;
    }
    if (undr_put_text(to, text) != UNDR_OK) {
        player->no_memory = true;
    }
    free(text);
}

void check_player_say(check_player *player, undr_buffer *to, const char *format, ...) {
    va_list list;
    va_start(list, format);
    put_list(player, to, format, list);
    va_end(list);
}

void check_player_keep(check_player *player, undr_error error) {
    if (error == UNDR_OK || player->over) {
        return;
    }
    if (error == UNDR_SYSTEM) {
        int reason = errno;
        check_player_break(player, "a system call of the harness failed: %s%s", strerror(reason), check_remedy(reason));
    } else {
        check_player_break(player, "%s", undr_error_text(error));
    }
}

/* ---- the end of a play ---- */

static void put_step(check_player *player, undr_buffer *to) {
    if (player->step != NULL && check_print_step(to, player->step, 0) != UNDR_OK) {
        player->no_memory = true;
    }
    while (to->size > 0 && to->data[to->size - 1] == '\n') {
        to->size--;
    }
}

void check_player_put_expected(check_player *player, undr_buffer *to) {
    const check_step *step = player->step;
    undr_arena arena = {0};
    check_step settled;
    if (step != NULL && check_settle(step, &player->names, &arena, &settled) == UNDR_OK) {
        player->step = &settled;
        put_step(player, to);
        player->step = step;
    } else {
        player->no_memory = player->no_memory || step != NULL;
    }
    undr_arena_free(&arena);
}

/* Where and why: the step, the requirement above it. */
static void place_blame(check_player *player) {
    check_result *result = player->result;
    result->level = CHECK_MUST;
    result->line = player->step != NULL ? player->step->line : player->one->line;
    result->step.size = result->sentence.size = result->expected.size = result->received.size = 0;
    result->id[0] = '\0';
    put_step(player, &result->step);
    if (player->blamed != NULL) {
        result->level = player->blamed->level;
        snprintf(result->id, sizeof result->id, "%s", player->blamed->id);
        check_player_say(player, &result->sentence, "%s", player->blamed->sentence);
    }
}

static void mark_transcript(check_player *player) {
    undr_buffer line = {0};
    const check_result *result = player->result;
    bool behind = result->step.size == 0; /* of the last step */
    check_player_say(player, &line, "! %.*s", behind ? (int)sizeof "at its end" - 1 : (int)result->step.size,
        behind ? "at its end" : (const char *)result->step.data);
    check_player_keep(player, check_transcript_add(&player->transcript, undr_buffer_slice(&line)));
    undr_buffer_free(&line);
    check_player_remark(player, "received: %.*s", (int)result->received.size,
        result->received.size == 0 ? "" : (const char *)result->received.data);
}

static void end(check_player *player, check_verdict verdict, const char *expected, const char *received, va_list list)
    __attribute__((format(printf, 4, 0)));

static void end(check_player *player, check_verdict verdict, const char *expected, const char *received, va_list list) {
    if (player->over) {
        return;
    }
    player->over = true;
    place_blame(player);
    player->result->verdict = verdict;
    if (expected != NULL) {
        check_player_say(player, &player->result->expected, "%s", expected);
    } else {
        check_player_put_expected(player, &player->result->expected);
    }
    put_list(player, &player->result->received, received, list);
    mark_transcript(player);
}

static check_verdict verdict_of(const check_player *player) {
    check_level level = player->blamed == NULL ? CHECK_MUST : player->blamed->level;
    return level == CHECK_MUST ? CHECK_FAIL : level == CHECK_SHOULD || player->warned ? CHECK_WARN : CHECK_INFO;
}

void check_player_fail(check_player *player, const char *received, ...) {
    va_list list;
    va_start(list, received);
    end(player, verdict_of(player), NULL, received, list);
    va_end(list);
}

void check_player_fail_as(check_player *player, const char *expected, const char *received, ...) {
    va_list list;
    va_start(list, received);
    end(player, verdict_of(player), expected, received, list);
    va_end(list);
}

void check_player_crash(check_player *player, const char *expected, const char *received, ...) {
    va_list list;
    va_start(list, received);
    bool raised = !player->over && player->blamed != NULL && player->blamed->level != CHECK_MUST;
    end(player, CHECK_FAIL, expected, received, list);
    if (raised) {
        check_player_say(player, &player->result->received,
            ": that fails whatever the level of %s "
            "(spec/adapter.md)",
            player->blamed->id);
    }
    player->result->level = CHECK_MUST;
    va_end(list);
}

void check_player_block(check_player *player, const char *reason, ...) {
    va_list list;
    va_start(list, reason);
    end(player, CHECK_BLOCKED, "", reason, list);
    va_end(list);
}

void check_player_break(check_player *player, const char *reason, ...) {
    va_list list;
    va_start(list, reason);
    end(player, CHECK_ERROR, NULL, reason, list);
    va_end(list);
}

void check_player_warn(check_player *player, const char *expected, const char *received) {
    check_player_say(player, &player->result->notes, "%s%s: expected %s, received %s",
        player->result->notes.size == 0 ? "" : "\n", player->step != NULL ? player->step->channel : "", expected,
        received);
    if (player->warned) {
        return;
    }
    player->warned = true;
    place_blame(player);
    player->result->level = CHECK_SHOULD;
    player->result->verdict = CHECK_WARN;
    check_player_say(player, &player->result->expected, "%s", expected);
    check_player_say(player, &player->result->received, "%s", received);
}

static void add_line(check_player *player, const char *start, const char *format, va_list list)
    __attribute__((format(printf, 3, 0)));

static void add_line(check_player *player, const char *start, const char *format, va_list list) {
    undr_buffer text = {0}, line = {0};
    put_list(player, &text, format, list);
    for (size_t i = 0; i <= text.size; i++) { /* text of a target may have several lines */
        bool ends = i == text.size || text.data[i] == '\n';
        if (line.size == 0) {
            check_player_say(player, &line, "%s", start);
        }
        undr_error error = ends ? check_transcript_add(&player->transcript, undr_buffer_slice(&line))
                                : undr_put_u8(&line, text.data[i]);
        player->no_memory = player->no_memory || error != UNDR_OK;
        line.size = ends ? 0 : line.size;
    }
    undr_buffer_free(&line);
    undr_buffer_free(&text);
}

void check_player_line(check_player *player, const char *format, ...) {
    va_list list;
    va_start(list, format);
    add_line(player, "  ", format, list);
    va_end(list);
}

void check_player_remark(check_player *player, const char *format, ...) {
    va_list list;
    va_start(list, format);
    add_line(player, "# ", format, list);
    va_end(list);
}

const char *check_player_label(const check_player *player, check_connection *connection) {
    return check_connection_label(connection, player->one->role != CHECK_ROLE_WORKER);
}

void check_player_frame_line(check_player *player, check_connection *connection, const char *arrow, uint8_t type,
    undr_slice payload, bool wire) {
    undr_buffer line = {0};
    check_player_say(player, &line, "  %s %s ", check_player_label(player, connection), arrow);
    if (check_show_frame(&line, type, payload, wire, &player->names) != UNDR_OK
        || check_transcript_add(&player->transcript, undr_buffer_slice(&line)) != UNDR_OK) {
        player->no_memory = true;
    }
    undr_buffer_free(&line);
}

/* ---- time ---- */

static uint64_t scale(const check_player *player, uint64_t time) {
    double factor = player->setting->timeout_factor;
    return factor > 0 ? (uint64_t)((double)time * factor) : time;
}

/* What the target sends of its own accord gives it no more time: as much comes back as was sent, and a little more. */
static uint64_t crossed(const check_player *player) {
    uint64_t out = player->scene.control.out.size, in = player->scene.control.in.size;
    for (size_t i = 0; i < player->scene.count; i++) {
        const check_wire *wire = &player->scene.connections[i]->wire;
        out += wire->bytes_out + (wire->out.size - wire->sent);
        in += wire->bytes_in;
    }
    uint64_t answers = out + player->scene.control.commanded + MORE_ANSWERS;
    return out + (in < answers ? in : answers);
}

uint64_t check_player_flow(const check_player *player) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < player->scene.count; i++) {
        bytes += player->scene.connections[i]->wire.bytes_in + player->scene.connections[i]->wire.bytes_out;
    }
    return bytes;
}

uint64_t check_player_flow_time(const check_player *player, uint64_t before) {
    uint64_t now = check_player_flow(player); /* less than before when a connection was opened anew */
    uint64_t seconds = (now > before ? now - before : 0) / SLOWEST_FLOW; /* whole ones: a trickle is no flow */
    uint64_t most = player->setting->silent ? FLOW_MOST_S / LIMIT_SILENT_PART : FLOW_MOST_S;
    return scale(player, (seconds < most ? seconds : most) * CHECK_SECOND);
}

static bool is_closing(const check_player *player) {
    return player->scene.control.in_flight == CHECK_AWAIT_CLOSED;
}

/* What an answer may take beside, by the target's own declaration. */
static uint64_t declared(const check_player *player) {
    const check_capabilities *can = &player->setting->capabilities;
    uint64_t bounds = can->hold + (is_closing(player) && can->has_grace ? can->grace : 0);
    return bounds * CHECK_MILLISECOND + HELD_FACTOR * player->setting->held_ns;
}

static uint64_t least_limit(const check_player *player) {
    bool starts = player->one->role != CHECK_ROLE_MANAGER || player->setting->measuring;
    uint64_t least = (starts ? LIMIT_POOL_S : LIMIT_S) * CHECK_SECOND;
    uint64_t firsts = LIMIT_FIRSTS * player->setting->first_ns, most = LIMIT_START_S * CHECK_SECOND;
    firsts = firsts < most ? firsts : most;
    return least > firsts ? least : firsts;
}

uint64_t check_player_limit(const check_player *player, bool held) {
    uint64_t limit = least_limit(player);
    uint64_t trips = LIMIT_ROUND_TRIPS * player->setting->round_trip_ns, most = LIMIT_MOST_S * CHECK_SECOND;
    trips = trips < most ? trips : most;
    limit = limit > trips ? limit : trips;
    limit = player->setting->silent ? limit / LIMIT_SILENT_PART : limit;
    limit += crossed(player) * (CHECK_SECOND / SLOWEST_RATE);
    return scale(player, limit) + (held ? declared(player) : 0);
}

uint64_t check_player_start_limit(const check_player *player) {
    /* Of a worker it is the limit of its first answer. */
    bool silent = player->setting->silent && player->one->role == CHECK_ROLE_WORKER;
    return scale(player, LIMIT_START_S * CHECK_SECOND / (silent ? LIMIT_SILENT_PART : 1));
}

uint64_t check_player_quiet(const check_player *player, uint64_t least_of_case) {
    uint64_t least = QUIET_MS * CHECK_MILLISECOND, most = QUIET_MOST_S * CHECK_SECOND;
    uint64_t quiet = QUIET_SETTLES * player->setting->settle_ns;
    quiet = scale(player, quiet < least ? least : quiet);
    /* --timeout-factor or not: a peer that pauses for longer may be taken for one that never goes on (FAULT-6). */
    quiet = quiet > most ? most : quiet;
    quiet = quiet < least_of_case ? least_of_case : quiet;
    /* Behind a CANCEL a target may kill what runs longer than its grace, which would then be the harness's doing. */
    uint64_t grace = player->setting->capabilities.grace * CHECK_MILLISECOND / QUIET_PART_OF_GRACE;
    bool cancelling = is_closing(player) && player->cancelled_at != 0;
    bool bounded = cancelling && player->setting->capabilities.has_grace && grace < quiet;
    return bounded ? grace : quiet;
}

/* ---- waiting ---- */

bool check_player_is_served(check_player *player) {
    const check_target *target = &player->scene.target;
    bool ended = target->state == CHECK_TARGET_EXITED || target->state == CHECK_TARGET_SIGNALLED;
    bool crashed = target->state == CHECK_TARGET_SIGNALLED && target->status != player->signalled;
    bool may_exit = player->may_exit || player->one->role == CHECK_ROLE_WORKER;
    if (player->over || !ended || (may_exit && !crashed)) {
        return !player->over;
    }
    undr_buffer how = {0};
    check_player_keep(player, check_target_describe(target, &how));
    check_player_crash(player, player->step == NULL ? "a process that runs until the end of its input" : NULL,
        "the target's process %.*s", (int)how.size, how.size == 0 ? "" : (const char *)how.data);
    undr_buffer_free(&how);
    return false;
}

/* Worker role: its standard output is no channel. Else: a line that answers nothing is a breach of the contract. */
static void judge_output(check_player *player) {
    check_control *control = &player->scene.control;
    undr_slice unread = check_control_unread(control);
    if (player->one->role == CHECK_ROLE_WORKER) {
        check_player_keep(player, check_target_keep(&player->scene.target, unread.data, unread.size));
        control->taken = control->searched = control->in.size = 0;
    } else if (check_control_line_is_endless(control)) {
        check_player_crash(player, "lines that end, as the adapter contract has them",
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
    if (!player->over) {
        check_player_serve_others(player);
    }
    if (!player->over && player->scene.accepted > CHECK_CONNECTIONS) {
        check_player_fail_as(
            player, "a connection, or a few", "more than %d connections of one worker", CHECK_CONNECTIONS);
    }
    if (!player->over && player->scene.target.pid > 0) {
        judge_output(player);
    }
    return error == UNDR_OK || due < until;
}

/* When the time was over before the wait began, what is there now is taken in once: the harness may have slept, too. A
 * target that never stops moving has its time all the same. */
bool check_player_wait(check_player *player, uint64_t until) {
    if (player->over) {
        return false;
    }
    if (check_now() >= until) {
        if (player->last_chance == until) {
            return false;
        }
        player->last_chance = until;
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
    uint64_t most = scale(player, STARVED_MOST_S * CHECK_SECOND), look = STARVED_LOOK_MS * CHECK_MILLISECOND;
    if (player->over || player->setting->command == NULL || check_now() >= until + most) {
        return false;
    }
    unsigned long long before = delay_of(player);
    uint64_t round = check_now() + look;
    bool moved = false;
    while (check_player_wait(player, round)) {
        moved = true;
    }
    bool first = player->looked_late != until;
    player->looked_late = until;
    return !player->over && ((moved && first) || delay_of(player) > before + look / STARVED_PART) && !player->over;
}

/* Has it only not read yet what it was sent, and goes on with that? Slow is not silent. */
static bool reads_on(check_player *player, const check_connection *connection) {
    uint64_t before = 0, after = 0, until = check_now() + CHECK_SECOND;
    int netlink = player->scene.netlink;
    if (!check_queue_unread(netlink, &connection->wire, &before) || before == 0) {
        return false;
    }
    uint64_t flow = check_player_flow(player);
    while (check_player_flow(player) == flow && check_player_wait(player, until)) {}
    return check_player_flow(player) != flow
        || (check_queue_unread(netlink, &connection->wire, &after) && after < before);
}

uint64_t check_player_more_time(
    check_player *player, const check_connection *connection, uint64_t limit, uint64_t more) {
    return more < SLOWEST_LIMITS * limit && reads_on(player, connection) ? limit : 0;
}

void check_player_glance(check_player *player) {
    for (int rounds = 0; rounds < GLANCES && !player->over && take_in(player, 0); rounds++) {
        if (!check_player_is_served(player)) {
            break;
        }
    }
}

void check_player_look_again(check_player *player) {
    check_player_glance(player);
    if (!player->over) {
        check_target_look(&player->scene.target); /* its connections end before its parent hears of it */
        check_player_is_served(player);
    }
}
