/* finding.h: what the watch is asked and what it says: options, findings, totals. */
#ifndef WATCH_FINDING_H
#define WATCH_FINDING_H

#include "watch/rules.h"

typedef struct watch watch;
typedef struct watch_connection watch_connection;

typedef enum watch_side { WATCH_CLIENT, WATCH_MANAGER } watch_side;

/* A frame, or an end, as a finding shows it: of a long payload the beginning. */
enum { WATCH_KEPT = 120, WATCH_NAME = 24 };
typedef enum watch_sight_what {
    WATCH_SAW_FRAME,
    WATCH_SAW_HEADER,
    WATCH_SAW_FIN,
    WATCH_SAW_RESET,
    WATCH_SAW_PART, /* of a frame of which no more comes; only for `framed`, as the next two */
    WATCH_SAW_CUT,  /* of a frame of which more may have come when nobody looked on any more */
    WATCH_SAW_LATE  /* bytes of a client behind its manager's end, which nobody answers */
} watch_sight_what;
typedef struct watch_sight {
    uint64_t time;       /* ns, of whatever clock the events have */
    uint64_t place;      /* in the order of events, from 1; 0: there is none */
    uint64_t connection; /* its number, from 1 */
    char name[WATCH_NAME];
    watch_sight_what what;
    watch_side from;
    uint8_t type;
    uint64_t size; /* of the payload */
    uint16_t kept;
    uint8_t bytes[WATCH_KEPT];
} watch_sight;

enum { WATCH_SIGHTS = 4, WATCH_ALTERNATIVES = 3 };
typedef struct watch_finding {
    watch_rule rules[WATCH_ALTERNATIVES]; /* the first, or one of the others, is broken; unused ones: WATCH_NO_RULE */
    watch_side blamed;
    const char *what; /* one clause: what was seen */
    const char *port; /* of the manager */
    watch_sight sights[WATCH_SIGHTS];
    size_t sight_count;
} watch_finding;

/* What crossed: a frame that is whole, an end, or bytes that are no frame. */
typedef struct watch_framed {
    const watch_sight *sight;
    undr_slice
        payload; /* borrowed for the call; of WATCH_SAW_PART and _CUT with the header, of WATCH_SAW_LATE all bytes */
    bool holed;  /* some of its bytes were not seen */
    const char *port; /* of the manager */
} watch_framed;

/* What is known of the tasks that the manager's own program schedules. */
typedef enum watch_program {
    WATCH_PROGRAM_UNSEEN, /* it may schedule: a task that nobody was seen to schedule is undecided */
    WATCH_PROGRAM_SILENT  /* it schedules nothing */
} watch_program;

typedef struct watch_options {
    watch_program program;
    bool all_workers; /* each client is a worker; otherwise those that begin with `n` or `t` */
    bool others;      /* connections exist that are not seen: nothing is said of the queue */
    bool
        uncounted; /* packets may be missing that nothing counts: a lost exchange shows only when its connection goes on */
    bool one_manager; /* an address stays the same manager, also after all its connections have ended */
    uint32_t off[WATCH_RULE_COUNT / 32 + 1];                    /* rules that are not judged */
    void (*found)(void *context, const watch_finding *finding); /* borrowed for the call */
    void (*framed)(void *context, const watch_framed *framed);  /* all borrowed for the call; NULL: nobody asks */
    void *context;
} watch_options;

typedef struct watch_tally {
    uint64_t held, broken, undecided;
} watch_tally;

typedef struct watch_totals {
    watch_tally rules[WATCH_RULE_COUNT];
    uint64_t connections, open, foreign, requests, answers, tasks, messages, schedules, nones, close_requests, bytes,
        gaps;
    uint64_t held_answers, client_fins, client_resets, manager_fins, manager_resets;
    uint64_t protocols[6]; /* of the pickles that managers and workers wrote of themselves */
    uint64_t queued;       /* tasks that were seen scheduled and not handed out */
} watch_totals;

/* Appends "A(:51322) -> n", without a newline. */
UNDR_MUST_USE undr_error watch_print_sight(undr_buffer *to, const watch_sight *sight, const char *label);

#endif
