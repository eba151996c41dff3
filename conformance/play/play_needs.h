/* play_needs.h: can this target be given the case at all? The capabilities that a case needs, an adapter, consent. */
#ifndef CHECK_PLAY_NEEDS_H
#define CHECK_PLAY_NEEDS_H

#include "play/result.h"
#include "play/setting.h"

/* True: the case is skipped; *result says why. */
bool check_play_is_skipped(const check_case *one, const check_setting *setting, check_result *result);

#endif
