/* play_unordered.h: receives that may be met in any order. */
#ifndef CHECK_PLAY_UNORDERED_H
#define CHECK_PLAY_UNORDERED_H

#include "play/player.h"

void check_player_unordered(check_player *player, const check_step *step);

#endif
