/* play_hint.h: classic mistakes: what a play has seen goes into its result, where it proves one (hint.h). */
#ifndef CHECK_PLAY_HINT_H
#define CHECK_PLAY_HINT_H

#include "play/play_say.h"

/* Of a play that has failed: looks at what the connection of its step has sent. */
void check_player_hint(check_player *player);
/* A payload that was to match the present step, and does not. */
void check_player_hint_payload(check_player *player, undr_slice payload);
/* A line on standard output that answers nothing. */
void check_player_hint_line(check_player *player, undr_slice line);
/* No answer came: does it come when the target's input ends? Then the target does not flush its output. */
bool check_player_hint_flush(check_player *player);
/* A worker's request came while another waits for its answer. */
void check_player_hint_flight(check_player *player, const check_connection *connection);

#endif
