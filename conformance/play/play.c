/* play.c: plays one case against one target: its lines, in order, and the verdict. */
#include "play/play_private.h"

#include "base/clock.h"
#include "base/text.h"
#include "notation/print.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* How often a case is played whose held answers, or a grace, ended before the harness came to them, on a machine that
 * is that busy. */
enum { ATTEMPTS = 5 };

/* A case without its blocks: `repeat` and `together` unrolled, each line with the counter that it stands under. */
typedef struct line {
    const check_step *step;  /* NULL: what was sent together is to be delivered */
    const check_step *steps; /* its list, for who looks ahead */
    size_t count;
    uint64_t counter;
    bool counting;
    bool hold; /* together: is queued, delivered with the others */
    bool sent; /* by a line before that looked ahead */
} line;

typedef struct program {
    line *at; /* owned */
    size_t count, capacity;
} program;

/* ---- unrolling ---- */

static undr_error add(program *all, const line *one) {
    if (all->count == all->capacity) {
        size_t capacity = all->capacity == 0 ? 64 : all->capacity * 2;
        line *at = realloc(all->at, capacity * sizeof *at);
        if (at == NULL) {
            return UNDR_MEMORY;
        }
        all->at = at;
        all->capacity = capacity;
    }
    all->at[all->count++] = *one;
    return UNDR_OK;
}

static undr_error add_list(program *all, const check_step *steps, size_t count, line form) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        form.step = &steps[i];
        form.steps = steps;
        form.count = count;
        error = add(all, &form);
    }
    return error;
}

static undr_error unroll(program *all, const check_step *steps, size_t count) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        const check_step *one = &steps[i];
        if (one->what == CHECK_REPEAT) {
            for (uint64_t time = 0; time < one->number && error == UNDR_OK; time++) {
                error = add_list(all, one->steps, one->step_count, (line){.counting = true, .counter = time});
            }
        } else if (one->what == CHECK_TOGETHER) {
            error = add_list(all, one->steps, one->step_count, (line){.hold = true});
            if (error == UNDR_OK) {
                error = add(all, &(line){.step = NULL});
            }
        } else {
            error = add(all, &(line){.step = one, .steps = steps, .count = count});
        }
    }
    return error;
}

/* ---- sending ---- */

static void set_counter(check_player *player, const line *one) {
    if (one->counting) {
        check_names_count(&player->names, one->counter);
    } else {
        check_names_stop_counting(&player->names);
    }
}

static bool is_same_connection(const line *a, const line *b) {
    bool same = strcmp(a->step->channel, b->step->channel) == 0 && a->step->indexed == b->step->indexed;
    return same && (!a->step->indexed || a->counter == b->counter);
}

/* Can it be sent before what stands above it was received? Not when it needs a name that is bound there. */
static bool is_known(check_player *player, const line *one) {
    undr_buffer bytes = {0};
    set_counter(player, one);
    bool known = one->step->payload.form == CHECK_PAYLOAD_EMPTY
        || check_build_payload(&one->step->payload, &player->names, &bytes, NULL) == UNDR_OK;
    undr_buffer_free(&bytes);
    return known;
}

/* Queues what can go in one segment with the send at `first`: the sends that follow on its connection; in a case that
 * is marked `pipeline`, those behind its receives, too. */
static void queue_adjacent(check_player *player, program *all, size_t first) {
    bool across = player->one->reach == CHECK_PIPELINE;
    for (size_t i = first + 1; i < all->count && !player->over; i++) {
        line *next = &all->at[i];
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
        player->step = next->step;
        set_counter(player, next);
        check_player_queue(player, next->step);
        next->sent = true;
    }
}

static void play_send(check_player *player, program *all, size_t index) {
    line *one = &all->at[index];
    if (one->sent || !check_player_queue(player, one->step) || one->hold) {
        return;
    }
    if (player->delivery == CHECK_DELIVERY_COALESCED || player->delivery == CHECK_DELIVERY_STRADDLED) {
        queue_adjacent(player, all, index);
        player->step = one->step;
        set_counter(player, one);
    }
    check_player_deliver(player);
}

/* ---- playing ---- */

static void play_step(check_player *player, const check_step *step) {
    bool receives = step->what == CHECK_RECEIVE || step->what == CHECK_UNORDERED || step->what == CHECK_POLL;
    player->stirred_at = receives ? player->stirred_at : ++player->moment;
    switch (step->what) {
    case CHECK_RECEIVE: check_player_receive(player, step); break;
    case CHECK_QUIET: check_player_stays_quiet(player, step); break;
    case CHECK_PAUSES: check_player_pauses(player, step); break;
    case CHECK_DEAF: check_player_deaf(player, step); break;
    case CHECK_REFUSED: check_player_refused(player, step); break;
    case CHECK_POLL: check_player_poll(player, step); break;
    case CHECK_UNORDERED: check_player_unordered(player, step); break;
    case CHECK_SEND_OPEN:
    case CHECK_SEND_CLOSE:
    case CHECK_SEND_HALF_CLOSE:
    case CHECK_SEND_RESET: check_player_close(player, step); break;
    case CHECK_COMMAND_CLOSE:
        player->cancelled_at = step->number == CHECK_POLICY_CANCEL ? check_now() : 0;
        check_player_command(player, step);
        break;
    case CHECK_COMMAND_SCHEDULE:
    case CHECK_COMMAND_MESSAGE:
    case CHECK_COMMAND_NEXT:
    case CHECK_COMMAND_END: check_player_command(player, step); break;
    case CHECK_SIGNAL:
    case CHECK_ALIVE:
    case CHECK_ALONE:
    case CHECK_LOOPBACK:
    case CHECK_LOGS:
    case CHECK_KILL:
    case CHECK_GONE: check_player_process(player, step); break;
    case CHECK_GATE_ACCEPT:
    case CHECK_GATE_CLOSE:
    case CHECK_GATE_UNTOUCHED: check_player_gate(player, step); break;
    default: check_player_break(player, "the harness does not know this line"); break;
    }
}

/* Who watches a survey wants to know what it waits for. */
static void say_doing(const check_player *player) {
    undr_buffer step = {0};
    if (player->setting->doing != NULL && check_print_step(&step, player->step, 0) == UNDR_OK) {
        undr_slice text = check_text_trim(undr_buffer_slice(&step));
        snprintf(player->setting->doing, CHECK_DOING, "`%.*s`", (int)text.size,
            text.size == 0 ? "" : (const char *)text.data);
    }
    undr_buffer_free(&step);
}

static void play_line(check_player *player, program *all, size_t index) {
    const line *one = &all->at[index];
    if (one->step == NULL) {
        check_player_deliver(player);
        return;
    }
    player->step = one->step;
    player->steps = one->steps;
    player->step_count = one->count;
    set_counter(player, one);
    say_doing(player);
    if (one->step->what == CHECK_REQUIREMENT) {
        player->blamed = &one->step->requirement;
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
    program all = {0};
    if (player->one->requirement_count > 0) {
        player->blamed = &player->one->requirements[player->one->requirement_count - 1];
    }
    check_player_keep(player, unroll(&all, player->one->steps, player->one->step_count));
    if (!player->over) {
        check_player_start(player);
    }
    if (player->watch != NULL) {
        player->watch->started = !player->over;
    }
    for (size_t i = 0; i < all.count && !player->over; i++) {
        play_line(player, &all, i);
        if (player->watch != NULL && !player->over && i < player->watch->count) {
            player->watch->at[i] = check_now();
        }
    }
    if (!player->over) {
        check_player_leftovers(player);
    }
    if (player->watch != NULL && player->one->role == CHECK_ROLE_WORKER) {
        player->watch->started = player->scene.accepted > 0;
    }
    free(all.at);
}

/* A priority too high, which the number of priorities makes so: a running manager may have been given more than two. */
static bool counts_priorities(const check_step *step) {
    return step->what == CHECK_SEND_FRAME && step->bad && step->type >= UNDR_TYPE_SCHEDULE;
}

/* --connect has no adapter: what needs one is skipped, and so is what the case can't ask of a running manager. */
static bool needs_adapter(const check_case *one, const check_step *steps, size_t count) {
    if (one->role != CHECK_ROLE_MANAGER || one->levels != 2 || one->log_directory) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        bool connection = steps[i].what <= CHECK_POLL && strcmp(steps[i].channel, "M") != 0
            && strcmp(steps[i].channel, "P") != 0;
        bool block = steps[i].what == CHECK_REPEAT || steps[i].what == CHECK_TOGETHER
            || steps[i].what == CHECK_UNORDERED;
        if (block ? needs_adapter(one, steps[i].steps, steps[i].step_count)
                  : (!connection && steps[i].what != CHECK_REQUIREMENT) || counts_priorities(&steps[i])) {
            return true;
        }
    }
    return false;
}

static void finish(check_player *player) {
    check_result *result = player->result;
    check_player_stop(player);
    if (check_transcript_write(&player->transcript, &result->transcript) != UNDR_OK) {
        player->no_memory = true;
    }
    if (player->no_memory) {
        result->verdict = CHECK_ERROR;
        result->received.size = 0;
        check_player_say(player, &result->received, "out of memory");
    }
    check_transcript_free(&player->transcript);
    check_names_free(&player->names);
    check_scene_free(&player->scene);
}

/* Can this target not be asked at all? Then *result says why. */
static bool is_skipped(const check_case *one, const check_setting *setting, check_result *result) {
    const check_need *need = check_player_lacks(one, setting);
    undr_error error = UNDR_OK;
    if (setting->command == NULL && needs_adapter(one, one->steps, one->step_count)) {
        error = undr_put_text(&result->received, "the case needs an adapter; --connect has none");
    } else if (setting->command == NULL && one->destructive && !setting->destructive) {
        error = undr_put_text(&result->received, "--destructive was not given");
    } else if (need != NULL && (need->minimum > 0 || strcmp(need->capability, "pickle") == 0)) {
        error = undr_put_format(
            &result->received, "the target does not declare %s %lld", need->capability, (long long)need->minimum);
    } else if (need != NULL) {
        error = undr_put_format(&result->received, "the target does not declare %s", need->capability);
    } else {
        return false;
    }
    result->verdict = error == UNDR_OK ? CHECK_SKIP : CHECK_ERROR;
    return true;
}

/* False: the play says nothing, because the harness was too slow for it. */
static bool play_once(const check_case *one, const check_setting *setting, check_delivery delivery,
    check_result *result, check_stopwatch *watch) {
    check_player player = {.one = one, .setting = setting, .delivery = delivery, .result = result, .watch = watch};
    check_scene_init(&player.scene);
    play_case(&player);
    check_player_acquit(&player);
    finish(&player);
    bool late = player.came_late || player.let_go_late;
    return !(late && (result->verdict == CHECK_FAIL || result->verdict == CHECK_WARN));
}

void check_play_watched(const check_case *one, const check_setting *setting, check_delivery delivery,
    check_result *result, check_stopwatch *watch) {
    uint64_t start = check_now();
    *result = (check_result){.verdict = CHECK_PASS};
    if (is_skipped(one, setting, result)) {
        return;
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGPIPE, &ignore, &before); /* a target that closes its input shows as EPIPE */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int attempt = 1; !play_once(one, setting, delivery, result, watch) && attempt < ATTEMPTS; attempt++) {
        check_result_free(result);
        *result = (check_result){.verdict = CHECK_PASS};
    }
    sigaction(SIGPIPE, &before, NULL);
    result->duration_ns = check_now() - start;
}

void check_play(const check_case *one, const check_setting *setting, check_delivery delivery, check_result *result) {
    check_play_watched(one, setting, delivery, result, NULL);
}
