/* supervisor.h: plays many items in several processes at once; nothing that happens in one reaches another or us. */
#ifndef CHECK_SUPERVISOR_H
#define CHECK_SUPERVISOR_H

#include "play/play.h"
#include "run/signals.h"

/* One case under one delivery. */
typedef struct check_item {
    const check_case *one;
    size_t record; /* the caller's */
    check_delivery delivery;
    const char *first; /* a case that must pass before, in addition to those of one->after; NULL: none */
    bool waits;        /* it does so for most of its time, and leaves the processor to others */
} check_item;

/* Runs in a process of its own and fills *result: check_play_item, the survey, or what a test puts in their place. */
typedef void check_play_function(void *context, const check_item *item, check_result *result);

/* check_play; the context is the check_setting. */
void check_play_item(void *context, const check_item *item, check_result *result);

/* Who is told. `result` is the watcher's from then on; false: nothing more is to be started. */
typedef struct check_watcher {
    void *context;
    void (*started)(void *context, const check_item *item);
    bool (*finished)(void *context, const check_item *item, check_result *result);
    int (*tick)(void *context); /* a few times a second; 0, or the signal as by which the run is to end */
    /* Why this item can't pass any more: the name of the case that shows it; NULL: it may. May be NULL itself. */
    const char *(*blocker)(void *context, const check_item *item);
} check_watcher;

typedef struct check_supervision {
    const check_item *items;
    size_t count;
    void *context; /* of `play` */
    check_play_function *play;
    unsigned jobs;     /* items at a time */
    unsigned waiting;  /* in addition, this many that wait: as was known before, or for a while already */
    uint64_t limit_ns; /* of one play: far above any that play.h sets itself */
    bool foreground;   /* runners may read from the terminal */
    const check_signals *signals;
    check_watcher watcher;
    uint32_t *missed; /* a part of `context` that may change while items are played: it crosses with each; NULL: none */
} check_supervision;

/* Plays all items in their order, but those that a case comes `after` and its `first` one first (under the same
 * delivery, else under the first one that it is played in). An item whose precondition did not pass is not played:
 * blocked, or skipped when that was skipped; blocked, too, and ended when it is being played, is one that has a
 * `blocker`. *interrupted: the signal that ended it early, else 0. No process is left
 * behind. */
UNDR_MUST_USE undr_error check_supervise(const check_supervision *supervision, int *interrupted);

/* Is told a few times a second what the survey waits for. */
typedef struct check_survey_watcher {
    void *context;
    void (*waits)(void *context, const char *what); /* NULL: nobody wants to know */
} check_survey_watcher;

/* check_survey, as the only item of a supervision. UNDR_INTERRUPTED: *interrupted says by which signal. */
UNDR_MUST_USE undr_error check_survey_apart(check_setting *setting, check_role role, undr_buffer *why,
    const check_signals *signals, const check_survey_watcher *watcher, int *interrupted);

#endif
