/* play_count.h: how many frames came on a connection, read by the case or not. */
#ifndef CHECK_PLAY_COUNT_H
#define CHECK_PLAY_COUNT_H

#include "target/scene.h"

uint64_t check_frames_that_came(const check_connection *connection);
/* Have more whole frames come from a manager than it was sent requests? False where that can't be counted. */
bool check_is_overanswered(const check_connection *connection);

#endif
