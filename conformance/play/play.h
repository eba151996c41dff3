/* play.h: plays one case against one target and says what came of it. Never hangs, and leaves no process behind.
 *
 * Each play starts its own target. The caller runs it in a process of its own (a child subreaper), one at a time. */
#ifndef CHECK_PLAY_H
#define CHECK_PLAY_H

#include "play/result.h"
#include "play/setting.h"

/* Reads the capabilities (before that, a nonsense verb must exit with 89), then measures round trip and settling time
 * on a target of `role` that is started for it. UNDR_ARGUMENT: *why says in a sentence what the implementation did
 * wrong; UNDR_SYSTEM: it says what the harness lacks. */
UNDR_MUST_USE undr_error check_survey(check_setting *setting, check_role role, undr_buffer *why);

/* Plays. Always fills *result (a failure of the harness is CHECK_ERROR with the reason in `received`). */
void check_play(const check_case *one, const check_setting *setting, check_delivery delivery, check_result *result);

#endif
