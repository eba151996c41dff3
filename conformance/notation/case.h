/* case.h: a case as the notation writes it: parsed, printed, checked. Syntax: spec/exchange.md.
 *
 * check_parse(check_print(c)) gives the same case. One parser, one printer, for cases, examples, transcripts, replays.
 */
#ifndef CHECK_CASE_H
#define CHECK_CASE_H

#include "undr/value.h"

typedef enum check_level { CHECK_MUST, CHECK_SHOULD, CHECK_MAY } check_level;
typedef enum check_role { CHECK_ROLE_MANAGER, CHECK_ROLE_WORKER, CHECK_ROLE_POOL } check_role;
typedef enum check_reach { CHECK_EACH, CHECK_WHOLE, CHECK_PIPELINE } check_reach; /* line `delivery` */

/* What a name in a value means: resolved when the case is played. */
typedef enum check_term_kind {
    CHECK_TERM_VALUE, /* .value: a literal without names in it */
    CHECK_TERM_LIST,
    CHECK_TERM_TUPLE,
    CHECK_TERM_DICT,
    CHECK_TERM_SET,     /* .parts (dict: key, value, ...) */
    CHECK_TERM_OBJECT,  /* .text = "module.Name", .parts[0] = state or none; `bare`: class name alone */
    CHECK_TERM_CLASS,   /* .text = "module.Name": the class itself */
    CHECK_TERM_BIND,    /* .text = name of ?name */
    CHECK_TERM_ANY,     /* _ */
    CHECK_TERM_GATE,    /* .text = "G" */
    CHECK_TERM_COUNTER, /* i */
    CHECK_TERM_TIMES    /* .parts[0] (str, bytes, list) repeated .number times */
} check_term_kind;

typedef struct check_term check_term;
struct check_term {
    check_term_kind kind;
    undr_value *value;
    const char *text;
    uint64_t number;
    bool bare;
    check_term **parts;
    size_t part_count;
};

typedef enum check_payload_form {
    CHECK_PAYLOAD_EMPTY,
    CHECK_PAYLOAD_WIRE,  /* the bytes themselves: term is a bytes literal (or TIMES of one) */
    CHECK_PAYLOAD_PICKLE /* the pickle of term, in `protocol` */
} check_payload_form;

enum { CHECK_NO_PROTOCOL = -1 };

typedef struct check_payload {
    check_payload_form form;
    int protocol; /* of a pickle: 0..5 when it was written; CHECK_NO_PROTOCOL: 4 when sent, any when received */
    check_term *term;
    const char *contains; /* receive only; NULL: none */
    size_t contains_size;
} check_payload;

typedef enum check_what {
    /* connections, -> */
    CHECK_SEND_FRAME,
    CHECK_SEND_HEADER,
    CHECK_SEND_RAW,
    CHECK_SEND_CLOSE,
    CHECK_SEND_HALF_CLOSE,
    CHECK_SEND_RESET,
    CHECK_SEND_OPEN,
    /* connections, <- and others */
    CHECK_RECEIVE,
    CHECK_QUIET,
    CHECK_PAUSES,
    CHECK_WITHIN,
    CHECK_LAST,
    CHECK_DEAF,
    CHECK_REFUSED,
    CHECK_POLL,
    /* control channel */
    CHECK_COMMAND_SCHEDULE,
    CHECK_COMMAND_MESSAGE,
    CHECK_COMMAND_NEXT,
    CHECK_COMMAND_CLOSE,
    CHECK_COMMAND_END,
    /* process */
    CHECK_SIGNAL,
    CHECK_ALIVE,
    CHECK_ALONE,
    CHECK_LOOPBACK,
    CHECK_LOGS,
    CHECK_KILL,
    CHECK_GONE,
    /* gates */
    CHECK_GATE_ACCEPT,
    CHECK_GATE_CLOSE,
    CHECK_GATE_UNTOUCHED,
    /* blocks */
    CHECK_REPEAT,
    CHECK_TOGETHER,
    CHECK_UNORDERED,
    /* a requirement between steps */
    CHECK_REQUIREMENT
} check_what;

/* One alternative of a receive. */
typedef enum check_sight {
    CHECK_SEES_FRAME, /* type, payload */
    CHECK_SEES_END,   /* end: .end; when .exits, the process ends, too: .status */
    CHECK_SEES_OK,
    CHECK_SEES_ERROR,
    CHECK_SEES_MESSAGE,
    CHECK_SEES_DONE,
    CHECK_SEES_CLOSED, /* M; MESSAGE: payload */
    CHECK_SEES_EXIT    /* P: .status, -1 nonzero, -2 any */
} check_sight;
typedef enum check_end { CHECK_END_EITHER, CHECK_END_FIN, CHECK_END_RESET } check_end;

typedef struct check_expectation {
    check_sight sight;
    uint8_t type;
    check_payload payload;
    check_end end;
    bool exits;
    int status;
} check_expectation;

typedef struct check_requirement {
    check_level level;
    const char *id;
    const char *sentence;
    int line;
} check_requirement;

typedef enum check_policy { CHECK_POLICY_JOIN, CHECK_POLICY_CANCEL, CHECK_POLICY_KILL } check_policy;

typedef struct check_step check_step;
struct check_step {
    check_what what;
    int line;
    char channel[16];      /* "A", "M", "P", "G"; "" when none */
    bool indexed;          /* A[i] */
    bool bad;              /* breaks the specification on purpose */
    uint8_t type;          /* SEND_FRAME, SEND_HEADER, POLL: 'n' or 't' */
    check_payload payload; /* SEND_FRAME, SEND_RAW (wire), COMMAND_SCHEDULE, COMMAND_MESSAGE */
    uint64_t number;       /* HEADER: length; SCHEDULE: priority, an int64_t; REPEAT: times; LOGS: files; QUIET, DEAF:
                          milliseconds, or 0; CLOSE: a check_policy; SIGNAL: number */
    const char *name;      /* KILL, GONE: the binding */
    check_expectation *expectations; /* RECEIVE, POLL */
    size_t expectation_count;
    check_requirement requirement; /* REQUIREMENT */
    check_step *steps;             /* REPEAT, TOGETHER, UNORDERED */
    size_t step_count;
};

typedef struct check_need {
    const char *capability;
    int64_t minimum; /* 0 when none was written */
} check_need;

typedef struct check_case {
    const char *file; /* as the caller named it */
    int line;
    const char *name;
    check_role role;
    unsigned workers, levels;
    bool log_directory, log_missing, load, destructive; /* log_missing: the directory is not there at the start */
    check_reach reach;
    const char **notes;
    size_t note_count;
    const char **after;
    size_t after_count;
    const char *since; /* the first version that has the case; NULL: the first of all */
    const char **was;  /* its former names */
    size_t was_count;
    check_need *needs;
    size_t need_count;
    check_requirement *requirements;
    size_t requirement_count; /* those of the head */
    check_step *steps;
    size_t step_count;
} check_case;

typedef struct check_cases {
    undr_arena arena; /* owns everything below */
    check_case *at;
    size_t count;
} check_cases;

/* Where and why a text is not a case. text is whole: "FILE:LINE:COLUMN: expected ..., found ..." (of a term: no
 * FILE). */
typedef struct check_mistake {
    int line, column; /* from 1; the column counts bytes */
    char text[512];
} check_mistake;

#endif
