/* play_receive.h: what must arrive: on a connection, on the control channel, from the process. */
#ifndef CHECK_PLAY_RECEIVE_H
#define CHECK_PLAY_RECEIVE_H

#include "play/play_look.h"

void check_player_receive(check_player *player, const check_step *step);
void check_player_poll(check_player *player, const check_step *step);
/* Does what has arrived match the step, on any channel? Does not wait. */
check_look check_player_look(check_player *player, const check_step *step, undr_buffer *why);

#endif
