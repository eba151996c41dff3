/* play_gate.c: gates, at which a task waits until the case lets it go on. */
#include "play/play_gate.h"

#include "base/clock.h"
#include "play/play_limit.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"

static check_gate *gate_of(check_player *player, const check_step *step) {
    return &player->scene.gates[step->channel[0] - 'A'];
}

void check_player_gate_accept(check_player *player, const check_step *step) {
    check_gate *gate = gate_of(player, step);
    uint64_t limit = check_player_limit(player, true), until = check_now() + limit;
    while (!player->blame.over && !check_gate_accept(gate)) {
        if (!check_player_await(player, until) && !player->blame.over && gate->accepted == gate->count) {
            check_player_fail(player, "nothing connected to the gate within %.1f s", (double)limit / 1e9);
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
