/* play_unordered.c: receives that may be met in any order. */
#include "play/play_unordered.h"

#include "base/clock.h"
#include "play/play_connect.h"
#include "play/play_limit.h"
#include "play/play_receive.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"

#include <stdlib.h>
#include <string.h>

typedef struct open_receives {
    const check_step *steps;
    bool *done; /* owned */
    size_t count, left;
} open_receives;

/* It does not matter whether an earlier open step of the same channel would see the same thing first: what has arrived
 * must match one of the open steps. */
static check_look try_all(check_player *player, open_receives *all, undr_buffer *why) {
    check_look seen = CHECK_LOOK_NOTHING;
    for (size_t i = 0; i < all->count && !player->blame.over; i++) {
        if (all->done[i]) {
            continue;
        }
        undr_buffer what = {0};
        check_look look = check_player_look(player, &all->steps[i], &what);
        bool taken = look == CHECK_LOOK_TAKEN && !player->blame.over;
        if (look == CHECK_LOOK_OTHER && !player->blame.over) {
            player->at.step = &all->steps[i];
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

/* Messages in any order are asked for one by one: the block only lists what must come. */
static void ask_for_next(check_player *player, const open_receives *all) {
    check_control *control = &player->scene.control;
    bool wanted = false;
    for (size_t i = 0; i < all->count; i++) {
        const check_step *one = &all->steps[i];
        wanted = wanted
            || (!all->done[i] && strcmp(one->channel, "M") == 0 && one->expectation_count > 0
                && (one->expectations[0].sight == CHECK_SEES_MESSAGE || one->expectations[0].sight == CHECK_SEES_DONE));
    }
    if (wanted && control->in_flight == CHECK_NO_COMMAND && !player->blame.over) {
        check_player_keep(player, check_control_next(control));
        check_player_line(player, "M -> next");
    }
}

/* While one of them comes, all have as much longer. */
static uint64_t time_beyond(check_player *player, const open_receives *all, uint64_t limit, uint64_t more) {
    uint64_t longest = 0;
    for (size_t i = 0; i < all->count && !player->blame.over; i++) {
        const check_step *one = &all->steps[i];
        if (all->done[i] || strcmp(one->channel, "M") == 0 || strcmp(one->channel, "P") == 0) {
            continue;
        }
        check_connection *connection = check_player_connection(player, one);
        uint64_t added = connection == NULL ? 0 : check_player_more_time_for_frame(player, connection, limit, more);
        longest = added > longest ? added : longest;
    }
    return longest;
}

static void receive_all(check_player *player, open_receives *all) {
    uint64_t limit = check_player_limit(player, true), until = check_now() + limit, more = 0;
    undr_buffer why = {0};
    while (!player->blame.over && all->left > 0) {
        ask_for_next(player, all);
        check_look look = player->blame.over ? CHECK_LOOK_NOTHING : try_all(player, all, &why);
        if (player->blame.over || look == CHECK_LOOK_TAKEN) {
            continue;
        }
        if (look == CHECK_LOOK_OTHER) {
            check_player_look_again(player);
            check_player_fail_as(player, "one of the receives of the unordered block that are still open", "%s",
                check_player_text(player, &why));
        } else if (!check_player_await(player, until) && !player->blame.over) {
            uint64_t added = time_beyond(player, all, limit, more);
            more += added;
            until += added;
            if (added == 0 && !player->blame.over) {
                check_player_in_vain(player);
                check_player_fail(player, "nothing within %.1f s; %zu receives of the unordered block are open",
                    (double)(limit + more) / 1e9, all->left);
            }
        }
    }
    undr_buffer_free(&why);
}

/* Everything except receives first, in order; a `next` waits for its turn below. */
void check_player_unordered(check_player *player, const check_step *step) {
    open_receives all = {.steps = step->steps, .count = step->step_count};
    all.done = calloc(step->step_count + 1, sizeof *all.done);
    if (all.done == NULL) {
        check_player_keep(player, UNDR_MEMORY);
        return;
    }
    for (size_t i = 0; i < step->step_count && !player->blame.over; i++) {
        const check_step *one = &step->steps[i];
        player->at.step = one;
        if (one->what == CHECK_REQUIREMENT) {
            player->blame.requirement = &one->requirement;
        }
        all.done[i] = one->what != CHECK_RECEIVE;
        all.left += one->what == CHECK_RECEIVE ? 1 : 0;
        if (one->what != CHECK_RECEIVE && one->what != CHECK_REQUIREMENT) {
            check_player_break(player, "an unordered block contains only receives");
        }
    }
    player->at.step = step;
    receive_all(player, &all);
    free(all.done);
}
