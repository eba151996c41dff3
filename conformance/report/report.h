/* report.h: what a run found, and the reports that are made of it.
 *
 * A session has a part per role, a part a record per case, a record the plays of its case, by delivery. */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include "suite/expect.h"
#include "suite/options.h"
#include "suite/suite.h"

#include <time.h>

/* All plays of one case under one delivery. */
typedef struct check_plays {
    unsigned counts[CHECK_ERROR + 1];
    unsigned total;
    unsigned repetition;  /* that of `worst`, from 1 */
    uint64_t duration_ns; /* of all */
    check_result worst;   /* owned */
} check_plays;

/* Plays behind those of the run, of a case that failed: does it fail each time? No verdict depends on them. */
typedef struct check_plays_again {
    unsigned played, failed; /* failed or warned, for whatever reason */
    unsigned broken;         /* the harness failed: not in `played` */
} check_plays_again;

typedef struct check_record {
    const check_case *one;
    check_plays plays[CHECK_DELIVERY_COUNT];
    check_plays_again again;  /* under the delivery of its worst play */
    unsigned due, done;       /* plays that were planned, that ended */
    const check_entry *entry; /* of the expected failures; NULL: none */
    const char *as_of;        /* of --as-of: the version whose sentences are asked for; NULL: today's */
    bool excused;             /* what blocks it is expected to fail; kept by check_part_excuse */
} check_record;

typedef struct check_part {
    check_role role;
    check_setting setting;
    bool surveyed;   /* else `why` says what kept the target from being judged */
    bool undeclared; /* the adapter does not declare this role (and `all` was asked for) */
    undr_buffer why;
    check_record *records; /* each behind those that it comes after */
    size_t count;
    check_name_map by_name;     /* of the records */
    size_t heavy;               /* cases of the set `load` that were left out */
    size_t left_out;            /* by --skip */
    check_hint suspicion;       /* a mistake that sessions beside the cases have proven, */
    const char *suspicion_seen; /* by this; a constant */
} check_part;

typedef struct check_session {
    const check_options *options;
    const check_expected *expected;
    const check_suite *suite;
    check_part parts[CHECK_ROLE_COUNT];
    size_t part_count;
    uint64_t seed;
    unsigned jobs;
    unsigned repetitions; /* rounds that were begun */
    time_t started;
    uint64_t began_ns;
    uint64_t duration_ns;
    int interrupted; /* the signal that ended the run early, 0: none */
    bool stopped;    /* --until-fail found something */
    bool mistaken;   /* the file of --expect can't be right for what the adapter declares: it was told why */
    bool broken;     /* the harness itself could not go on; `why` of the last part says why */
} check_session;

/* How a case counts in the end. */
typedef enum check_standing {
    CHECK_NOT_RUN,
    CHECK_PASSED,
    CHECK_OBSERVED, /* info */
    CHECK_SKIPPED,
    CHECK_EXPECTED, /* failed as the file of expected failures says */
    CHECK_EXCUSED,  /* blocked by one that was expected to fail */
    CHECK_NEW,      /* did not pass, but the version of --as-of does not require it */
    CHECK_BLOCKED_OFF,
    CHECK_WARNED,  /* a SHOULD */
    CHECK_FAILED,  /* a MUST */
    CHECK_STALE,   /* expected to fail, and passed */
    CHECK_CHANGED, /* expected to fail, but in another way */
    CHECK_BROKEN,  /* error */
    CHECK_STANDING_COUNT
} check_standing;
const char *check_standing_name(check_standing standing); /* "stale" */

/* Takes over *result; its texts are dropped when nobody will read them (`keep`: all of them are). */
void check_record_add(
    check_record *record, check_delivery delivery, unsigned repetition, check_result *result, bool keep);
/* The worst over all deliveries; CHECK_PASS when nothing was played. */
check_verdict check_record_verdict(const check_record *record);
/* The delivery whose worst play is the record's; CHECK_DELIVERY_COUNT: nothing was played. */
check_delivery check_record_delivery(const check_record *record);
/* The worst play; NULL: nothing was played. */
const check_result *check_record_worst(const check_record *record);
uint64_t check_record_duration(const check_record *record);

check_standing check_record_standing(const check_record *record);
/* A play has ended that may excuse a record, or all of them: keeps .excused right. */
void check_record_excuse(const check_part *part, check_record *record);
void check_part_excuse(check_part *part);
/* Does it fail the run? */
bool check_standing_is_short(check_standing standing, bool strict);
/* The sentence for a stale, changed, blocked, skipped ... record, without the case's name; "" for the others. */
UNDR_MUST_USE undr_error check_record_remark(const check_record *record, undr_buffer *text);

/* Appends "failed 1 of 3 plays: flaky", the failure in the run and what was played again; nothing when nothing was. */
UNDR_MUST_USE undr_error check_put_again(undr_buffer *to, const check_record *record);

/* Records by standing. */
typedef struct check_tally {
    size_t cases, ran;
    size_t undecided; /* of those not run: expected to fail, passed, and ended before the last play */
    size_t by[CHECK_STANDING_COUNT];
} check_tally;
check_tally check_part_tally(const check_part *part);
check_tally check_session_tally(const check_session *session);

/* Does no case fit it, or, of a pattern, none that failed? */
bool check_entry_is_dead(const check_session *session, const check_entry *entry);
/* The first entry from *index on whose case does not exist, or whose pattern fits no case that failed; NULL: none.
 * Moves *index past it. */
const check_entry *check_unmatched(const check_session *session, size_t *index);
/* "there is no case of that name: correct it, or remove the line" */
const char *check_unmatched_why(const check_session *session, const check_entry *entry);

/* 0, 1, 2 or 3, or 128 + the signal: the result of the run. */
int check_session_status(const check_session *session);
void check_session_free(check_session *session);

/* The first requirement of a case's head; NULL: none. */
const check_requirement *check_first_requirement(const check_case *one);
const char *check_level_name(check_level level); /* "MUST" */
/* The worst play's requirement, or the case's first: "MUST", "SCHED-2", the sentence. False: none is known. */
bool check_blamed(const check_record *record, const char **level, const char **id, undr_slice *sentence);

/* Reports. Failures to write show in ferror(out); what is returned is a failure to make the text. */
UNDR_MUST_USE undr_error check_report_json(FILE *out, const check_session *session);
UNDR_MUST_USE undr_error check_report_junit(FILE *out, const check_session *session);
UNDR_MUST_USE undr_error check_report_html(FILE *out, const check_session *session);
UNDR_MUST_USE undr_error check_report_markdown(FILE *out, const check_session *session);
/* Annotations of GitHub Actions: workflow commands, one for each kind of failure. */
UNDR_MUST_USE undr_error check_report_github(FILE *out, const check_session *session);

/* TAP, as the cases end, in their order. */
typedef struct check_tap {
    FILE *out;
    size_t number; /* of the test that was printed last */
} check_tap;
void check_tap_begin(check_tap *tap, const check_session *session); /* prints the plan */
void check_tap_record(check_tap *tap, const check_session *session, const check_part *part, const check_record *record);
void check_tap_end(check_tap *tap, const check_session *session); /* unmatched entries, the summary as comments */

/* What is being played, oldest first; those beyond the array are not named. */
typedef struct check_playing {
    const check_case *one;
    check_delivery delivery;
    uint64_t since_ns;
} check_playing;
enum { CHECK_PLAYING_NAMED = 32 };

/* Kinds of failure that were told at once. */
typedef struct check_noticed {
    undr_buffer *at; /* owned; each ends with a zero byte */
    size_t count, capacity;
    check_name_map by_shape;
} check_noticed;

/* The terminal. */
typedef struct check_terminal {
    FILE *out;
    bool color, live; /* live: one line that is rewritten */
    bool line_shown;
    uint64_t started_ns, shown_ns;
    size_t cases, ended, fell_short; /* of the present part, all of them cases */
    uint64_t steps, played;          /* of all its plays; of those that have ended: for the estimate of what is left */
    uint64_t part_ns;                /* when it began */
    check_playing playing[CHECK_PLAYING_NAMED];
    size_t playing_count;
    check_noticed noticed; /* in the present part */
} check_terminal;
void check_terminal_open(check_terminal *terminal, FILE *out, const check_options *options);
/* A case has just fallen short: a line, when it is the first of its kind in this part. */
void check_terminal_notice(check_terminal *terminal, const check_record *record);
void check_terminal_close(check_terminal *terminal);
/* What failed, explained, then the summary. */
void check_terminal_summary(check_terminal *terminal, const check_session *session);

#endif
