/* shortage.h: what an errno of the harness's own calls means: is it a shortage of this process or machine, and what
 * helps against it? */
#ifndef CHECK_SHORTAGE_H
#define CHECK_SHORTAGE_H

#include "undr/bytes.h"

/* Does it say that something has run out, as opposed to what a file or a peer is like? */
bool check_is_shortage(int reason);

/* The one whose name a library's message contains; 0: none. */
int check_shortage_named(const char *text);

/* What to do about it, as a clause after "; "; "" where the reason says it all. */
const char *check_remedy(int reason);

/* Appends the reason and its remedy. */
UNDR_MUST_USE undr_error check_put_reason(undr_buffer *to, int reason);

#endif
