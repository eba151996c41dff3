/* play_flight.h: frames that were not asked for: a second request in flight, more answers than requests. */
#ifndef CHECK_PLAY_FLIGHT_H
#define CHECK_PLAY_FLIGHT_H

#include "play/player.h"

/* What is unread on the connection, in the notation: a frame, bytes, or its end. */
void check_player_say_unread(check_player *player, undr_buffer *to, const check_connection *connection);
/* Fails when a worker has sent a request although another one on that connection is not yet answered (WORK-2). */
void check_player_one_in_flight(check_player *player, const check_connection *connection);
/* After the last step: frames that were not asked for, lines that answer nothing. */
void check_player_leftovers(check_player *player);

#endif
