/* play_kind.h: of what kind a failure is: what was due, and what came instead, without what differs from case to case.
 * Reports put failures of one kind together. */
#ifndef CHECK_PLAY_KIND_H
#define CHECK_PLAY_KIND_H

#include "play/play_say.h"

/* Notes what came, for the failure that may follow: a constant ("end fin"), or a frame. */
void check_player_came(check_player *player, const char *what);
void check_player_came_frame(check_player *player, const undr_frame *frame);

/* Fills the result's `kind`, `other_value` and `other_type`, of a failure that is told in this format: where the format is
 * not of words alone, what was noted takes its place. */
void check_player_put_kind(check_player *player, const char *format);

#endif
