/* play_start.h: starts the target of a case, and ends it with everything that it left behind. */
#ifndef CHECK_PLAY_START_H
#define CHECK_PLAY_START_H

#include "play/player.h"

void check_player_start(check_player *player);
void check_player_stop(check_player *player);

#endif
