/* reporter.h: what a run knows of its reports. It tells each of them what happens, and asks for the whole at the end. */
#ifndef CHECK_REPORTER_H
#define CHECK_REPORTER_H

#include "report/report.h"

typedef enum check_event_kind {
    CHECK_EVENT_BEGIN,    /* the run; no role has begun */
    CHECK_EVENT_MEASURED, /* .part is being measured; .text: what is waited for */
    CHECK_EVENT_ROUND,    /* .part begins, or is repeated; .count: its plays */
    CHECK_EVENT_STARTED,  /* a play of .one under .delivery */
    CHECK_EVENT_PLAYED,   /* that play has ended, with .result */
    CHECK_EVENT_COUNTED, /* that result is in .record; .complete: all plays of this round are; .newly_short: the first bad one */
    CHECK_EVENT_SETTLED, /* all plays of .record; one record after the other, in their order */
    CHECK_EVENT_AGAIN,   /* .count cases of .part are about to be played again */
    CHECK_EVENT_TICK,    /* a few times a second */
    CHECK_EVENT_PAUSE    /* somebody else is about to print */
} check_event_kind;

typedef struct check_event {
    check_event_kind kind;
    const check_part *part;
    const check_record *record;
    const check_case *one;
    check_delivery delivery;
    const check_result *result;
    const char *text;
    size_t count;
    bool complete, newly_short;
} check_event;

typedef struct check_reporter {
    void *self;
    /* NULL: it wants to hear nothing before the end. */
    void (*hear)(void *self, const check_session *session, const check_event *event);
    /* UNDR_SYSTEM: *message says what can't be written, and why. */
    undr_error (*finish)(void *self, const check_session *session, undr_buffer *message);
} check_reporter;

enum { CHECK_REPORTERS = 8 }; /* the terminal, TAP, five files, GitHub */

typedef struct check_reporters {
    const check_session *session;
    check_reporter at[CHECK_REPORTERS];
    size_t count;
} check_reporters;

void check_tell(const check_reporters *reporters, check_event event);
/* Finishes all of them, also when one of them fails. The first error; *message has the text of each. */
UNDR_MUST_USE undr_error check_reporters_finish(const check_reporters *reporters, undr_buffer *message);

check_reporter check_terminal_reporter(check_terminal *terminal);
check_reporter check_tap_reporter(check_tap *tap);

#endif
