/* play_worker.h: the worker role: which of the target's connections is A. */
#ifndef CHECK_PLAY_WORKER_H
#define CHECK_PLAY_WORKER_H

#include "play/player.h"

/* Waits for the connection that the case calls A: the first on which the target sends something. NULL: the play is
 * over. */
check_connection *check_player_worker(check_player *player);

#endif
