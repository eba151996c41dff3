/* play_send.h: what a case sends: frames, headers, raw bytes, into the queue of a connection. */
#ifndef CHECK_PLAY_SEND_H
#define CHECK_PLAY_SEND_H

#include "play/player.h"

bool check_player_is_send(const check_step *step);
/* Puts it into the connection's queue. False: the play is over. */
bool check_player_queue(check_player *player, const check_step *step);
bool check_player_queue_frame(check_player *player, check_connection *connection, uint8_t type, undr_slice payload);

#endif
