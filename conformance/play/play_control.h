/* play_control.h: the control channel of the adapter: commands and their answers. */
#ifndef CHECK_PLAY_CONTROL_H
#define CHECK_PLAY_CONTROL_H

#include "play/play_look.h"

/* M -> schedule, message, next, close; M -> end. */
void check_player_command(check_player *player, const check_step *step);
void check_player_end_input(check_player *player, const check_step *step);
/* M <- ...: waits; look: does not. */
void check_player_receive_line(check_player *player, const check_step *step);
check_look check_player_look_line(check_player *player, const check_step *step, undr_buffer *why);
/* Waits for the next line. False: the play is over. */
bool check_player_take_line(check_player *player, const char *expected, uint64_t until, check_line *line);

#endif
