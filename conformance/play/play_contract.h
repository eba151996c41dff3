/* play_contract.h: the lines of an adapter: how they are shown, and what breaks the contract (spec/adapter.md). */
#ifndef CHECK_PLAY_CONTRACT_H
#define CHECK_PLAY_CONTRACT_H

#include "play/player.h"

/* A line that the target printed, safe to print and short. */
void check_player_show_line(check_player *player, undr_buffer *to, undr_slice line);
/* How a case would write an answer line. */
void check_player_say_answer(check_player *player, undr_buffer *to, const check_line *line);
/* The line breaks the adapter contract: it is not an answer to the command in flight. Ends the play. */
void check_player_breach(check_player *player, check_command in_flight, const check_line *line);

#endif
