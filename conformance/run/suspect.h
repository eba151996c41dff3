/* suspect.h: a target that understands nothing is asked again in the form of a classic mistake. One that answers that
 * form, and not the correct one, has made the mistake. */
#ifndef CHECK_SUSPECT_H
#define CHECK_SUSPECT_H

#include "run/again.h"

/* Plays a few sessions when the part's first case failed and nothing that was seen proves a mistake; what they prove
 * is kept in check_part.suspicion. No verdict depends on them. Nothing is played with --again 0, nor on a manager that
 * runs already: it would keep the damage. */
UNDR_MUST_USE undr_error check_play_suspicions(const check_again *again);

#endif
