/* play_gate.c: gates, at which a task waits until the case lets it go on. */
#include "play/play_gate.h"

#include "base/clock.h"
#include "play/play_limit.h"
#include "play/play_process.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"

static check_gate *gate_of(check_player *player, const check_step *step) {
    return &player->scene.gates[step->channel[0] - 'A'];
}

/* Who would come to a gate has left: the worker, or all of a pool's worker processes. */
static bool is_deserted(check_player *player) {
    const check_setting *setting = player->setting;
    check_role role = player->at.one->role;
    if (setting->listens || setting->command == NULL || role == CHECK_ROLE_MANAGER) {
        return false;
    }
    check_target_look(&player->scene.target);
    return role == CHECK_ROLE_POOL ? check_player_is_alone(player) : player->scene.target.state != CHECK_TARGET_RUNS;
}

static void fail_deserted(check_player *player) {
    undr_buffer how = {0};
    if (player->at.one->role == CHECK_ROLE_POOL) {
        check_player_fail(player, "no worker process is left, and none was started: nothing connects to the gate");
        return;
    }
    check_player_keep(player, check_target_describe(&player->scene.target, &how));
    check_player_fail(player, "the target's process %s: nothing connects to the gate", check_player_text(player, &how));
    undr_buffer_free(&how);
}

static void fail_unvisited(check_player *player, uint64_t limit) {
    if (is_deserted(player)) {
        fail_deserted(player);
    } else {
        check_player_in_vain(player);
        check_player_fail(player, "nothing connected to the gate within %.1f s", (double)limit / 1e9);
    }
}

/* Nothing has moved for a while. A pool may take its time to replace a worker that died. */
static void look_for_visitors(check_player *player, uint64_t *deserted_at) {
    uint64_t now = check_now(), patience = check_player_scale(player, CHECK_LEAST_S * CHECK_SECOND);
    bool deserted = is_deserted(player);
    *deserted_at = !deserted ? 0 : *deserted_at == 0 ? now : *deserted_at;
    bool known = player->at.one->role == CHECK_ROLE_WORKER; /* it has come between two looks, or comes no more */
    if (deserted && *deserted_at != now && (known || now - *deserted_at > patience)) {
        fail_deserted(player);
    }
}

void check_player_gate_accept(check_player *player, const check_step *step) {
    check_gate *gate = gate_of(player, step);
    uint64_t limit = check_player_limit(player, true), until = check_now() + limit, deserted_at = 0;
    while (!player->blame.over && !check_gate_accept(gate)) {
        uint64_t look = check_now() + CHECK_GATE_LOOK_MS * CHECK_MILLISECOND;
        if (look < until) {
            if (!check_player_wait(player, look)) {
                look_for_visitors(player, &deserted_at);
            }
        } else if (!check_player_await(player, until) && !player->blame.over && gate->accepted == gate->count) {
            fail_unvisited(player, limit);
        }
    }
    if (!player->blame.over) {
        check_player_line(player, "%s accept", step->channel);
    }
}

/* A task goes on after a CANCEL. A task that runs for longer than the grace may be killed (CLOSE-CANCEL-2). */
static void notice_grace(check_player *player) {
    const check_capabilities *can = &player->setting->capabilities;
    uint64_t part = can->grace * CHECK_MILLISECOND / CHECK_GRACE_PART;
    bool bounded = can->has_grace && player->timing.cancelled_at != 0;
    player->timing.let_go_late = player->timing.let_go_late
        || (bounded && check_now() - player->timing.cancelled_at > part);
}

void check_player_gate_close(check_player *player, const check_step *step) {
    check_gate_release(gate_of(player, step));
    notice_grace(player);
    check_player_line(player, "%s close", step->channel);
}

void check_player_gate_untouched(check_player *player, const check_step *step) {
    const check_gate *gate = gate_of(player, step);
    check_player_glance(player);
    if (gate->visitors > 0) {
        check_player_fail(player, "%llu connected to the gate", (unsigned long long)gate->visitors);
    } else {
        check_player_line(player, "%s untouched", step->channel);
    }
}
