/* play_look.h: does what has arrived on a connection match a receive? */
#ifndef CHECK_PLAY_LOOK_H
#define CHECK_PLAY_LOOK_H

#include "play/player.h"

/* TAKEN: it matched, and is used up. OTHER: it does not; *why says what it is. */
typedef enum check_look { CHECK_LOOK_NOTHING, CHECK_LOOK_TAKEN, CHECK_LOOK_OTHER } check_look;

check_look check_player_look_at_connection(check_player *player, const check_step *step, undr_buffer *why);
/* A frame has begun, and its rest takes longer than anybody waits: OTHER when its header shows that it is a wrong one. */
check_look check_player_look_at_header(check_player *player, const check_step *step, undr_buffer *why);
/* A frame was taken: updates the requests and tasks that are kept. */
void check_player_took(check_player *player, check_connection *connection, const undr_frame *frame);

#endif
