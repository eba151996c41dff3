/* play_watch.c: the watch looks on at a play. It judges the target alone: what the harness does wrong, it does on purpose. */
#include "play/play_watch.h"

#include "base/clock.h"
#include "play/play_verdict.h"
#include "watch/watch.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_UNANSWERED = 1 << 17 }; /* requests: twice what a case has */

/* One connection, and where in their frames both sides are. */
typedef struct watched_line {
    watch_connection *seen;
    check_counter counters[2]; /* by watch_side */
} watched_line;

static watch_side side_of_target(const check_player *player) {
    return player->at.one->role == CHECK_ROLE_WORKER ? WATCH_CLIENT : WATCH_MANAGER;
}

/* ---- what it finds ---- */

/* The first that binds most. */
static void note(void *context, const watch_finding *finding) {
    check_player *player = context;
    check_watching *watching = &player->watching;
    if (finding->blamed != side_of_target(player)) {
        return;
    }
    check_level level = watch_rule_about(finding->rules[0])->level;
    if (!watching->found || (level == CHECK_MUST && watch_rule_about(watching->first.rules[0])->level != CHECK_MUST)) {
        watching->first = *finding;
        watching->found = true;
    }
}

/* ---- what it is shown ---- */

/* It sees nothing more, and says nothing. */
static void stop_watching(check_player *player) {
    watch_free(player->watching.watch);
    player->watching.watch = NULL;
    player->watching.found = false;
}

static void keep(check_player *player, undr_error error) {
    if (error != UNDR_OK) {
        stop_watching(player);
    }
}

static const char *name_of(const check_player *player, void *const *line) {
    for (size_t i = 0; i < player->scene.count; i++) {
        const check_connection *one = player->scene.connections[i];
        if (&one->wire.line == line && one->name[0] != '\0') {
            return one->name;
        }
    }
    return "A";
}

static void open_line(check_player *player, void **at) {
    watched_line *line = calloc(1, sizeof *line);
    if (line == NULL) {
        keep(player, UNDR_MEMORY);
        return;
    }
    *at = line;
    keep(player, watch_open(player->watching.watch, "", name_of(player, at), true, check_now(), &line->seen));
}

/* The middle of a large payload is a hole for the watch, which would keep it in memory. */
static undr_error show_bytes(watch *w, watched_line *line, watch_side from, undr_slice bytes) {
    enum { LARGE = 1 << 20, STEP = 4096 };
    check_counter *counter = &line->counters[from];
    undr_error error = UNDR_OK;
    while (bytes.size > 0 && error == UNDR_OK) {
        bool hole = counter->payload_left > LARGE;
        uint64_t most = hole ? counter->payload_left - LARGE / 2 : STEP;
        undr_slice part = undr_slice_of(bytes.data, most < bytes.size ? (size_t)most : bytes.size);
        error = hole ? watch_gap(w, line->seen, from, check_now(), part.size)
                     : watch_bytes(w, line->seen, from, check_now(), part);
        check_count(counter, part);
        bytes = undr_slice_of(bytes.data + part.size, bytes.size - part.size);
    }
    return error;
}

static void end_line(check_player *player, void **at, watched_line *line) {
    watch_close(player->watching.watch, line->seen, check_now());
    free(line);
    *at = NULL;
}

/* A peer that asks without end fills no memory of ours; and of a play that failed the watch has nothing to say. */
static bool is_enough(const check_player *player) {
    const watch_totals *seen = watch_sum(player->watching.watch);
    return player->blame.over || seen->requests > seen->answers + MOST_UNANSWERED;
}

static void saw(void *context, void **at, check_tapped what, undr_slice bytes) {
    check_player *player = context;
    watched_line *line = *at;
    if (player->watching.watch != NULL && is_enough(player)) {
        stop_watching(player);
    }
    watch *w = player->watching.watch;
    if (w == NULL) {
        free(line);
        *at = NULL;
        return;
    }
    if (what == CHECK_TAP_OPEN) {
        open_line(player, at);
        return;
    }
    if (line == NULL) {
        return;
    }
    watch_side target = side_of_target(player), harness = target == WATCH_CLIENT ? WATCH_MANAGER : WATCH_CLIENT;
    switch (what) {
    case CHECK_TAP_SENT: keep(player, show_bytes(w, line, harness, bytes)); break;
    case CHECK_TAP_RECEIVED: keep(player, show_bytes(w, line, target, bytes)); break;
    case CHECK_TAP_FIN: keep(player, watch_end(w, line->seen, target, check_now(), false)); break;
    case CHECK_TAP_RESET: keep(player, watch_end(w, line->seen, target, check_now(), true)); break;
    case CHECK_TAP_HALF_CLOSE: keep(player, watch_end(w, line->seen, harness, check_now(), false)); break;
    default: end_line(player, at, line); break;
    }
}

/* ---- a play ---- */

static bool is_scheduled(const check_step *steps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (steps[i].what == CHECK_COMMAND_SCHEDULE || is_scheduled(steps[i].steps, steps[i].step_count)) {
            return true;
        }
    }
    return false;
}

static void turn_off(watch_options *options, watch_rule rule) {
    options->off[rule / 32] |= UINT32_C(1) << rule % 32;
}

void check_player_watch(check_player *player) {
    const check_case *one = player->at.one;
    bool own = player->setting->command != NULL; /* nobody else is connected, and nothing was scheduled before */
    bool silent = own && one->role == CHECK_ROLE_MANAGER && !is_scheduled(one->steps, one->step_count);
    watch_options options = {.program = silent ? WATCH_PROGRAM_SILENT : WATCH_PROGRAM_UNSEEN,
        .all_workers = one->role == CHECK_ROLE_WORKER,
        .one_manager = true,
        .others = !own || one->role == CHECK_ROLE_POOL,
        .found = note,
        .context = player};
    turn_off(&options, WATCH_NEXT_6); /* the harness may read late */
    turn_off(&options, WATCH_WORK_21);
    if (player->setting->measuring || player->setting->unwatched
        || watch_new(&options, &player->watching.watch) != UNDR_OK) {
        return;
    }
    player->watching.tap = (check_tap){saw, player};
    player->scene.tap = &player->watching.tap;
}

/* Of several that may be broken, the one that the case is about. */
static watch_rule rule_of(const check_player *player, const watch_finding *finding) {
    for (size_t i = 0; i < WATCH_ALTERNATIVES; i++) {
        for (size_t j = 0; j < player->at.one->requirement_count; j++) {
            if (strcmp(watch_rule_about(finding->rules[i])->id, player->at.one->requirements[j].id) == 0) {
                return finding->rules[i];
            }
        }
    }
    return finding->rules[0];
}

static void put_excerpt(check_player *player, undr_buffer *to, const watch_finding *finding) {
    for (size_t i = 0; i < finding->sight_count; i++) {
        check_player_say(player, to, i == 0 ? ": " : "; ");
        check_player_keep(player, watch_print_sight(to, &finding->sights[i], finding->sights[i].name));
    }
}

void check_player_judge_watched(check_player *player) {
    check_verdict verdict = player->blame.result->verdict;
    const watch_finding *finding = &player->watching.first;
    if (player->watching.watch != NULL) {
        watch_finish(player->watching.watch);
    }
    const watch_rule_text *rule = watch_rule_about(rule_of(player, finding));
    bool said = verdict != CHECK_PASS && verdict != CHECK_INFO && !(verdict == CHECK_WARN && rule->level == CHECK_MUST);
    if (!player->watching.found || said) {
        return;
    }
    const check_requirement requirement = {.level = rule->level, .id = rule->id, .sentence = rule->sentence};
    undr_buffer excerpt = {0};
    player->blame.over = false;
    player->blame.requirement = &requirement;
    player->at.step = NULL;
    put_excerpt(player, &excerpt, finding);
    check_player_fail_as(player, "frames that agree with the requirement, all connections together", "%s%s",
        finding->what, check_player_text(player, &excerpt));
    undr_buffer_free(&excerpt);
    player->blame.requirement = NULL; /* it was this function's */
}

void check_player_watch_end(check_player *player) {
    watch_free(player->watching.watch);
    player->watching.watch = NULL;
}
