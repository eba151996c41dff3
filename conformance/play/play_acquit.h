/* play_acquit.h: a target is not blamed for what the harness, or the machine, did not give it. */
#ifndef CHECK_PLAY_ACQUIT_H
#define CHECK_PLAY_ACQUIT_H

#include "play/player.h"

/* Before the target is blamed: did the machine give the play what it needed, or did a limit that the target inherited
 * from the harness end it? If so, the verdict is an error of the harness. */
void check_player_acquit(check_player *player);

#endif
