/* play_look.h: what lies on a connection: does it match a receive? */
#ifndef CHECK_PLAY_LOOK_H
#define CHECK_PLAY_LOOK_H

#include "play/player.h"

/* TAKEN: it did, and is spent. OTHER: it does not; *why is what it is. */
typedef enum check_look { CHECK_LOOK_NOTHING, CHECK_LOOK_TAKEN, CHECK_LOOK_OTHER } check_look;

check_look check_player_look_at_connection(check_player *player, const check_step *step, undr_buffer *why);
/* A frame has begun, and its rest takes longer than anybody waits: OTHER when its header shows that it is a wrong one. */
check_look check_player_look_at_header(check_player *player, const check_step *step, undr_buffer *why);
/* A frame was taken: what is kept of requests and tasks. */
void check_player_took(check_player *player, check_connection *connection, const undr_frame *frame);

#endif
