/* play_estimate.h: how long a case may take with a target that answers as quickly as the survey has found. */
#ifndef CHECK_PLAY_ESTIMATE_H
#define CHECK_PLAY_ESTIMATE_H

#include "play/setting.h"

/* At least, in ns: what is asked and answered one after the other, an answer that may be held, and a part of a round
 * trip for each of those that come behind one another. */
uint64_t check_play_estimate(const check_case *one, const check_setting *setting);

/* Is that longer than anybody wants to wait for a case that is not of the set `load`? */
bool check_play_is_too_long(uint64_t estimate, const check_setting *setting);

#endif
