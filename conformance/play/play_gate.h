/* play_gate.h: gates, at which a task waits until the case lets it go on. */
#ifndef CHECK_PLAY_GATE_H
#define CHECK_PLAY_GATE_H

#include "play/player.h"

/* G accept, G close, G untouched. */
void check_player_gate_accept(check_player *player, const check_step *step);
void check_player_gate_close(check_player *player, const check_step *step);
void check_player_gate_untouched(check_player *player, const check_step *step);

#endif
