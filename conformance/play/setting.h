/* setting.h: what a play is given: how its bytes are delivered, and what is known of the implementation. */
#ifndef CHECK_SETTING_H
#define CHECK_SETTING_H

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
const char *check_delivery_name(check_delivery delivery);      /* "whole", "bytes", "cut-3", "straddled" */
const char *check_delivery_explained(check_delivery delivery); /* "each frame is cut after its third byte" */

/* What the adapter declared with its verb `capabilities`. */
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

/* What a session knows about its implementation. Filled by check_survey, constant afterwards. */
enum { CHECK_DOING = 128 };
typedef struct check_setting {
    char *const *command; /* the adapter: argv, NULL-terminated; NULL under --connect */
    const char *host;     /* --connect, --listen */
    bool listens;         /* --listen: the user starts the worker, and no process of the target is seen */
    uint16_t port;
    check_capabilities capabilities;
    uint64_t round_trip_ns; /* measured: `n` to its answer (manager), command to answer */
    uint64_t settle_ns;     /* what `quiet` is a multiple of; measured on the target */
    uint64_t stream_ns;     /* what an answer takes that comes behind others; 0: not measured */
    uint64_t first_ns;      /* of a manager: its first answer, which a runtime that warms up is slow to give */
    uint64_t held_ns;       /* --connect, which can't ask: how long a None is held, as it seems; 0: not */
    bool measuring;         /* the survey is being played: nothing is known yet */
    bool unwatched;         /* what is asked is not of the protocol, and no right answer exists for the watch */
    double timeout_factor;  /* of every time limit; 1.0 */
    bool silent;            /* the survey's first answer did not come in time: later ones are waited for a tenth */
    uint32_t missed;        /* check_wait_kind.wide of what several cases waited for in vain; 0: nothing */
    bool patient;           /* --load: cases are played however long they take */
    bool destructive;       /* --connect: cases that damage the target's counts may run, too */
    char *doing;            /* CHECK_DOING bytes, shared with who watches the survey: what it waits for; NULL */
    bool pause;             /* wait for Enter before the first step, the target's pid printed (for a debugger) */
} check_setting;

#endif
