/* play_others.h: the worker role: the connections that the case does not know. */
#ifndef CHECK_PLAY_OTHERS_H
#define CHECK_PLAY_OTHERS_H

#include "play/player.h"

/* Answers them: None; CloseRequest when A has ended or the exit is awaited. Connections that then ask for nothing are
 * ended a moment later. */
void check_player_serve_others(check_player *player);
/* When the silent ones are ended; UINT64_MAX: never, or not yet. */
uint64_t check_player_others_due(const check_player *player);
void check_player_end_others(check_player *player, bool reset);

#endif
