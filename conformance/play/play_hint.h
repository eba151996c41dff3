/* play_hint.h: classic mistakes: if what a play has seen proves one, it goes into its result (hint.h). */
#ifndef CHECK_PLAY_HINT_H
#define CHECK_PLAY_HINT_H

#include "play/play_say.h"

/* For a failed play: looks at what the connection of its step has sent. */
void check_player_hint(check_player *player);
/* A payload that should match the current step, and does not. */
void check_player_hint_payload(check_player *player, undr_slice payload);
/* A line on standard output that answers nothing. */
void check_player_hint_line(check_player *player, undr_slice line);
/* No answer came: does it come when the target's input ends? If so, the target does not flush its output. */
bool check_player_hint_flush(check_player *player);
/* A worker's request arrived while another waits for its answer. */
void check_player_hint_flight(check_player *player, const check_connection *connection);
/* More frames than requests: does it prove that a manager answers too often? */
void check_player_hint_answers(check_player *player, const check_connection *connection);

#endif
