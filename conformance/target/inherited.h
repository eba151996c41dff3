/* inherited.h: the inherited state that waiting, counting and judging depend on.
 *
 * What is set here, once, at the start of undr-check: the dispositions of SIGCHLD, SIGTERM and SIGXFSZ, the signal
 * mask, the limit of open files. What stays, because the user wants it or it does no harm: SIGINT, SIGHUP and SIGQUIT
 * that are ignored (nohup, a background job), alarms, niceness, the umask, the locale, other limits. What a target gets
 * is set by check_target_start. */
#ifndef CHECK_INHERITED_H
#define CHECK_INHERITED_H

#include "undr/bytes.h"

/* Never fails: if the system refuses something, that shows when it is needed. */
void check_inherited_set(void);

/* The limits of this process that are low enough to make a target fail, as clauses: "10 s of processor
 * time (ulimit -t)". Appends nothing when there is none. */
UNDR_MUST_USE undr_error check_inherited_limits(undr_buffer *text);

/* Is a limit so low that a correct target may fail because of it? `connections`: how many it had. UNDR_SYSTEM: *why
 * says which, and what helps. */
UNDR_MUST_USE undr_error check_inherited_excuse(size_t connections, undr_buffer *why);

/* Does this process have the stack that it needs? UNDR_SYSTEM: no; *why says so, and what helps. */
UNDR_MUST_USE undr_error check_inherited_stack(undr_buffer *why);

/* Is there a limit that the kernel enforces by this signal? Then its name ("processor time (ulimit -t)"), else NULL. */
const char *check_inherited_limit_of(int signal);

#endif
