/* play_watch.h: the watch looks on at each play, so that each case checks all that shows, and not its own requirements only. */
#ifndef CHECK_PLAY_WATCH_H
#define CHECK_PLAY_WATCH_H

#include "play/player.h"

void check_player_watch(check_player *player); /* from here on; before any connection is there */
/* A target that the case found right fails, or is warned, for what the watch has proved. */
void check_player_judge_watched(check_player *player);
void check_player_watch_end(check_player *player); /* after the connections are gone */

#endif
