/* play_start.h: starts the target that a case wants, and ends it with all that it left. */
#ifndef CHECK_PLAY_START_H
#define CHECK_PLAY_START_H

#include "play/player.h"

void check_player_start(check_player *player);
void check_player_stop(check_player *player);

#endif
