/* play_within.h: what must not take longer than it may (within), and a worker that has left for good (last). */
#ifndef CHECK_PLAY_WITHIN_H
#define CHECK_PLAY_WITHIN_H

#include "play/player.h"

void check_player_within(check_player *player, const check_step *step);
/* At the end of a case: fails when even the soonest answer came too late. */
void check_player_judge_within(check_player *player);
void check_player_last(check_player *player, const check_step *step);

#endif
