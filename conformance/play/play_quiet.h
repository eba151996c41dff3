/* play_quiet.h: what must not arrive: quiet, pauses, refused; and a connection that is not read (deaf). */
#ifndef CHECK_PLAY_QUIET_H
#define CHECK_PLAY_QUIET_H

#include "play/player.h"

void check_player_stays_quiet(check_player *player, const check_step *step);
void check_player_pauses(check_player *player, const check_step *step);
void check_player_deaf(check_player *player, const check_step *step);
void check_player_refused(check_player *player, const check_step *step);

#endif
