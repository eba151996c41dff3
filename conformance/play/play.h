/* play.h: plays one case against one target and says what came of it. Never hangs, leaves no process behind.
 *
 * Each play starts its own target. The caller runs it in a process of its own (a child subreaper), one at a time. */
#ifndef CHECK_PLAY_H
#define CHECK_PLAY_H

#include "notation/case.h"

typedef enum check_delivery {
    CHECK_DELIVERY_WHOLE,
    CHECK_DELIVERY_BYTES,
    CHECK_DELIVERY_CUT_1,
    CHECK_DELIVERY_CUT_2,
    CHECK_DELIVERY_CUT_3,
    CHECK_DELIVERY_CUT_4,
    CHECK_DELIVERY_CUT_5,
    CHECK_DELIVERY_CUT_6,
    CHECK_DELIVERY_CUT_7,
    CHECK_DELIVERY_CUT_8,
    CHECK_DELIVERY_COALESCED,
    CHECK_DELIVERY_STRADDLED,
    CHECK_DELIVERY_COUNT
} check_delivery;
const char *check_delivery_name(check_delivery delivery); /* "whole", "bytes", "cut-3", "straddled" */

/* pass, fail (a MUST), warn (a SHOULD), info (a MAY, observed), skip (a capability not declared), blocked (by a case
 * that did not pass), error (the harness itself). */
typedef enum check_verdict {
    CHECK_PASS,
    CHECK_INFO,
    CHECK_SKIP,
    CHECK_BLOCKED,
    CHECK_WARN,
    CHECK_FAIL,
    CHECK_ERROR
} check_verdict;
const char *check_verdict_name(check_verdict verdict);

/* What the adapter declared, by its verb `capabilities`. */
typedef struct check_capabilities {
    bool manager, worker, pool;
    unsigned priority_levels; /* default 2 */
    uint64_t hold;            /* ms, default 0 */
    bool has_grace;
    uint64_t grace;
    uint64_t max_payload;             /* 0: not declared */
    unsigned pickle_low, pickle_high; /* default 4, 4 */
    bool log_directory;
    undr_buffer text; /* the lines as they came */
} check_capabilities;

/* What a session against one implementation knows of it. Filled by check_survey, constant afterwards. */
enum { CHECK_DOING = 128 };
typedef struct check_setting {
    char *const *command; /* the adapter: argv, NULL-terminated; NULL under --connect */
    const char *host;     /* --connect */
    uint16_t port;
    check_capabilities capabilities;
    uint64_t round_trip_ns; /* measured: `n` to its answer (manager), command to answer */
    uint64_t settle_ns;     /* what `quiet` is a multiple of; measured on the target */
    uint64_t first_ns;      /* of a manager: its first answer, which a runtime that warms up is slow to give */
    uint64_t held_ns;       /* --connect, which can't ask: how long a None is held, as it seems; 0: not */
    bool measuring;         /* the survey is being played: nothing is known yet */
    double timeout_factor;  /* of every time limit; 1.0 */
    bool silent;            /* the survey's first answer did not come in time: later ones are waited for a tenth */
    bool destructive;       /* --connect: cases that damage the target's counts may run, too */
    char *doing;            /* CHECK_DOING bytes, shared with who watches the survey: what it waits for; NULL */
    bool pause;             /* wait for Enter before the first step, the target's pid printed (for a debugger) */
} check_setting;

/* How a play ended. All text is owned; check_result_free. */
typedef struct check_result {
    check_verdict verdict;
    check_level level;              /* of the requirement that is blamed */
    char id[32];                    /* of it; "" for pass */
    undr_buffer sentence;           /* of it */
    int line;                       /* of the step, in the case's file */
    undr_buffer step;               /* that line, in the notation */
    undr_buffer expected, received; /* one clause each, in the notation where it can say it */
    undr_buffer transcript;         /* everything that crossed, in the notation, one line each */
    undr_buffer output;             /* the target's standard error, and prints beside the contract: the last 16 KiB */
    undr_buffer notes; /* "A: expected end fin, received A <- end reset"; "1 of 12 pieces could not be ..." */
    uint64_t duration_ns;
    unsigned pieces, joined; /* sent apart; of those, not verified as read apart */
} check_result;
void check_result_free(check_result *result);

/* Reads the capabilities (a nonsense verb must exit with 89 first), then measures round trip and settling time on a
 * target of `role` that is started for it. UNDR_ARGUMENT: *why says in a sentence what the implementation did;
 * UNDR_SYSTEM: it says what the harness lacks. */
UNDR_MUST_USE undr_error check_survey(check_setting *setting, check_role role, undr_buffer *why);

/* Plays. Always fills *result (a failure of the harness is CHECK_ERROR with the reason in `received`). */
void check_play(const check_case *one, const check_setting *setting, check_delivery delivery, check_result *result);

#endif
