/* play_deliver.h: sends what is queued, in the pieces of the delivery. */
#ifndef CHECK_PLAY_DELIVER_H
#define CHECK_PLAY_DELIVER_H

#include "play/player.h"

/* On all connections, in turn. */
void check_player_deliver(check_player *player);

#endif
