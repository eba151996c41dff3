/* play_within.c: what must not take longer than it may, and a worker that has left for good. */
#include "play/play_within.h"

#include "base/clock.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"
#include "target/process_tree.h"

#include <inttypes.h>
#include <stdio.h>

enum { TRIES = 3, SLACK_MS = 500 /* that a busy machine may add, even to the soonest */ };

/* ---- within ---- */

/* Since the last delivery began. The harness may have looked late, so the soonest of several counts. */
void check_player_within(check_player *player, const check_step *step) {
    check_within *within = &player->within;
    uint64_t took = check_now() - player->sending.began;
    unsigned long long delay = 0; /* of the target, by the machine */
    check_player_keep(player, check_family_delay(&delay));
    if (within->step != step) {
        check_player_judge_within(player);
        *within = (check_within){step, player->blame.requirement, UINT64_MAX, delay, 0};
    } else { /* the first sets the time from which the delay counts */
        uint64_t kept = delay > within->delay ? delay - within->delay : 0;
        took = took > kept ? took - kept : 0;
    }
    within->delay = delay;
    within->soonest = took < within->soonest ? took : within->soonest;
    within->count++;
    if (!player->blame.over) {
        check_player_line(player, "%s within", step->channel);
    }
}

void check_player_judge_within(check_player *player) {
    const check_within within = player->within;
    player->within = (check_within){0};
    if (within.step == NULL || within.count < TRIES || player->blame.over) {
        return;
    }
    uint64_t may = within.step->number > 0 ? within.step->number : player->setting->capabilities.hold;
    if (within.soonest <= may * CHECK_MILLISECOND + SLACK_MS * CHECK_MILLISECOND) {
        return;
    }
    char expected[64];
    snprintf(expected, sizeof expected, "an answer within %" PRIu64 " ms", may);
    player->at.step = within.step;
    player->blame.requirement = within.blamed;
    check_player_fail_as(player, expected, "each of %u answers later, the soonest after %" PRIu64 " ms", within.count,
        within.soonest / CHECK_MILLISECOND);
}

/* ---- last ---- */

/* The case has waited for the process's end; connections that it opened by then are in the listener's backlog. */
void check_player_last(check_player *player, const check_step *step) {
    check_player_glance(player);
    if (player->blame.over) {
        return;
    }
    if (player->peer.left_at == 0) {
        check_player_break(player, "`last` must follow the end of the worker's connection");
    } else if (player->scene.accepted > player->peer.accepted_then) {
        check_player_fail_as(player, "no further connection from the worker",
            "%" PRIu64 " more, after the end of the one that it worked on",
            player->scene.accepted - player->peer.accepted_then);
    } else {
        check_player_line(player, "%s last", step->channel);
    }
}
