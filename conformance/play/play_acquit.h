/* play_acquit.h: nobody is blamed for what the harness, or the machine below it, did not give. */
#ifndef CHECK_PLAY_ACQUIT_H
#define CHECK_PLAY_ACQUIT_H

#include "play/player.h"

/* Before anybody is blamed: did this machine give the play what it needed, or was the target ended by a limit that it
 * had from the harness? Then the verdict is an error of the harness. */
void check_player_acquit(check_player *player);

#endif
