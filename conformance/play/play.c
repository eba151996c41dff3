/* play.c: plays one case against one target: its lines, in order, and the verdict. */
#include "play/play.h"

#include "base/clock.h"
#include "base/text.h"
#include "notation/print.h"
#include "play/play_acquit.h"
#include "play/play_connect.h"
#include "play/play_control.h"
#include "play/play_deliver.h"
#include "play/play_flight.h"
#include "play/play_gate.h"
#include "play/play_needs.h"
#include "play/play_process.h"
#include "play/play_quiet.h"
#include "play/play_receive.h"
#include "play/play_send.h"
#include "play/play_start.h"
#include "play/play_unordered.h"
#include "play/play_unroll.h"
#include "play/play_verdict.h"
#include "play/play_watch.h"
#include "play/play_within.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* How often a case is played when a hold or a grace ended before the harness got to it, on a busy machine. */
enum { ATTEMPTS = 5 };

/* ---- sending ---- */

static void set_counter(check_player *player, const check_played_line *one) {
    if (one->counting) {
        check_names_count(&player->names, one->counter);
    } else {
        check_names_stop_counting(&player->names);
    }
}

static bool is_same_connection(const check_played_line *a, const check_played_line *b) {
    bool same = strcmp(a->step->channel, b->step->channel) == 0 && a->step->indexed == b->step->indexed;
    return same && (!a->step->indexed || a->counter == b->counter);
}

/* Can it be sent before the lines above it were received? Not when it needs a name that they bind. */
static bool is_known(check_player *player, const check_played_line *one) {
    undr_buffer bytes = {0};
    set_counter(player, one);
    bool known = one->step->payload.form == CHECK_PAYLOAD_EMPTY
        || check_build_payload(&one->step->payload, &player->names, &bytes, NULL) == UNDR_OK;
    undr_buffer_free(&bytes);
    return known;
}

/* Queues what can go in one segment with the send at `first`: the sends that follow on its connection; in a `pipeline`
 * case, those after its receives, too. */
static void queue_adjacent(check_player *player, check_played_lines *all, size_t first) {
    bool across = player->at.one->reach == CHECK_PIPELINE;
    for (size_t i = first + 1; i < all->count && !player->blame.over; i++) {
        check_played_line *next = &all->at[i];
        if (next->step == NULL || next->hold) {
            return;
        }
        if (next->step->what == CHECK_REQUIREMENT) {
            continue;
        }
        bool passed = across && next->step->what == CHECK_RECEIVE && is_same_connection(&all->at[first], next);
        if (passed || next->sent) {
            continue;
        }
        if (!check_player_is_send(next->step) || !is_same_connection(&all->at[first], next)
            || !is_known(player, next)) {
            return;
        }
        player->at.step = next->step;
        set_counter(player, next);
        check_player_queue(player, next->step);
        next->sent = true;
    }
}

static void play_send(check_player *player, check_played_lines *all, size_t index) {
    check_played_line *one = &all->at[index];
    if (one->sent || !check_player_queue(player, one->step) || one->hold) {
        return;
    }
    if (player->sending.delivery == CHECK_DELIVERY_COALESCED || player->sending.delivery == CHECK_DELIVERY_STRADDLED) {
        queue_adjacent(player, all, index);
        player->at.step = one->step;
        set_counter(player, one);
    }
    check_player_deliver(player);
}

/* ---- playing ---- */

/* How each kind of line is played; those that are sent are above, repeat and together are unrolled. `receives`: this
 * line does not cause what the target does meanwhile. */
static const struct step_player {
    void (*play)(check_player *player, const check_step *step);
    bool receives;
} step_players[] = {
    [CHECK_SEND_OPEN] = {check_player_reopen, false},
    [CHECK_SEND_CLOSE] = {check_player_close, false},
    [CHECK_SEND_HALF_CLOSE] = {check_player_close, false},
    [CHECK_SEND_RESET] = {check_player_close, false},
    [CHECK_RECEIVE] = {check_player_receive, true},
    [CHECK_UNORDERED] = {check_player_unordered, true},
    [CHECK_POLL] = {check_player_poll, true},
    [CHECK_QUIET] = {check_player_stays_quiet, false},
    [CHECK_PAUSES] = {check_player_pauses, false},
    [CHECK_WITHIN] = {check_player_within, true},
    [CHECK_LAST] = {check_player_last, true},
    [CHECK_DEAF] = {check_player_deaf, false},
    [CHECK_REFUSED] = {check_player_refused, false},
    [CHECK_COMMAND_SCHEDULE] = {check_player_command, false},
    [CHECK_COMMAND_MESSAGE] = {check_player_command, false},
    [CHECK_COMMAND_NEXT] = {check_player_command, false},
    [CHECK_COMMAND_CLOSE] = {check_player_command, false},
    [CHECK_COMMAND_END] = {check_player_end_input, false},
    [CHECK_SIGNAL] = {check_player_signal, false},
    [CHECK_ALIVE] = {check_player_alive, false},
    [CHECK_ALONE] = {check_player_alone, false},
    [CHECK_LOOPBACK] = {check_player_loopback, false},
    [CHECK_LOGS] = {check_player_logs, false},
    [CHECK_KILL] = {check_player_kill, false},
    [CHECK_GONE] = {check_player_gone, false},
    [CHECK_GATE_ACCEPT] = {check_player_gate_accept, false},
    [CHECK_GATE_CLOSE] = {check_player_gate_close, false},
    [CHECK_GATE_UNTOUCHED] = {check_player_gate_untouched, false},
};

static void play_step(check_player *player, const check_step *step) {
    bool known = (size_t)step->what < sizeof step_players / sizeof *step_players;
    const struct step_player *how = known ? &step_players[step->what] : NULL;
    if (how == NULL || how->play == NULL) {
        check_player_break(player, "the harness does not know this kind of line");
        return;
    }
    if (!how->receives) {
        player->timing.stirred_at = ++player->timing.moment;
    }
    how->play(player, step);
}

/* The watcher of a survey wants to know what it waits for. */
static void say_doing(const check_player *player) {
    undr_buffer step = {0};
    if (player->setting->doing != NULL && check_print_step(&step, player->at.step, 0) == UNDR_OK) {
        undr_slice text = check_text_trim(undr_buffer_slice(&step));
        snprintf(player->setting->doing, CHECK_DOING, "`%.*s`", (int)text.size,
            text.size == 0 ? "" : (const char *)text.data);
    }
    undr_buffer_free(&step);
}

static void play_line(check_player *player, check_played_lines *all, size_t index) {
    const check_played_line *one = &all->at[index];
    if (one->step == NULL) {
        check_player_deliver(player);
        return;
    }
    player->at.step = one->step;
    player->at.steps = one->steps;
    player->at.step_count = one->count;
    set_counter(player, one);
    say_doing(player);
    if (one->step->what == CHECK_REQUIREMENT) {
        player->blame.requirement = &one->step->requirement;
    } else if (check_player_is_send(one->step)) {
        play_send(player, all, index);
    } else {
        if (one->hold) {
            check_player_deliver(player); /* a receive among what is sent together */
        }
        play_step(player, one->step);
    }
}

static void play_case(check_player *player) {
    check_played_lines all = {0};
    if (player->at.one->requirement_count > 0) {
        player->blame.requirement = &player->at.one->requirements[player->at.one->requirement_count - 1];
    }
    check_player_keep(player, check_unroll(&all, player->at.one->steps, player->at.one->step_count));
    if (!player->blame.over) {
        check_player_start(player);
    }
    if (player->at.stopwatch != NULL) {
        player->at.stopwatch->started = !player->blame.over;
    }
    for (size_t i = 0; i < all.count && !player->blame.over; i++) {
        play_line(player, &all, i);
        if (player->at.stopwatch != NULL && !player->blame.over && i < player->at.stopwatch->count) {
            player->at.stopwatch->at[i] = check_now();
        }
    }
    if (!player->blame.over) {
        check_player_judge_within(player);
        check_player_leftovers(player);
    }
    if (player->at.stopwatch != NULL && player->at.one->role == CHECK_ROLE_WORKER) {
        player->at.stopwatch->started = player->scene.accepted > 0;
    }
    free(all.at);
}

static void finish_play(check_player *player) {
    check_result *result = player->blame.result;
    check_player_stop(player);
    if (check_transcript_write(&player->blame.transcript, &result->transcript) != UNDR_OK) {
        player->blame.no_memory = true;
    }
    if (player->blame.no_memory) {
        result->verdict = CHECK_ERROR;
        result->received.size = 0;
        check_player_say(player, &result->received, "out of memory");
    }
    check_transcript_free(&player->blame.transcript);
    check_names_free(&player->names);
    check_scene_free(&player->scene);
    check_player_watch_end(player);
}

/* False: the play proves nothing, because the harness was too slow for it. */
static bool play_once(const check_case *one, const check_setting *setting, check_delivery delivery,
    check_result *result, check_stopwatch *stopwatch) {
    check_player player = {.setting = setting,
        .at = {.one = one, .stopwatch = stopwatch},
        .sending = {.delivery = delivery},
        .blame = {.result = result}};
    check_scene_init(&player.scene);
    check_player_watch(&player);
    play_case(&player);
    check_player_judge_watched(&player);
    check_player_acquit(&player);
    finish_play(&player);
    bool late = player.timing.came_late || player.timing.let_go_late;
    return !(late && (result->verdict == CHECK_FAIL || result->verdict == CHECK_WARN));
}

void check_play_watched(const check_case *one, const check_setting *setting, check_delivery delivery,
    check_result *result, check_stopwatch *stopwatch) {
    uint64_t start = check_now();
    *result = (check_result){.verdict = CHECK_PASS};
    if (check_play_is_skipped(one, setting, result)) {
        return;
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGPIPE, &ignore, &before); /* a target that closes its input shows as EPIPE */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int attempt = 1; !play_once(one, setting, delivery, result, stopwatch) && attempt < ATTEMPTS; attempt++) {
        check_result_free(result);
        *result = (check_result){.verdict = CHECK_PASS};
    }
    sigaction(SIGPIPE, &before, NULL);
    result->duration_ns = check_now() - start;
}

void check_play(const check_case *one, const check_setting *setting, check_delivery delivery, check_result *result) {
    check_play_watched(one, setting, delivery, result, NULL);
}
