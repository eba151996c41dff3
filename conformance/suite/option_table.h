/* option_table.h: the options of undr-check, once: the parser, --help, the manual page and the shells' completion are
 * made of this table. */
#ifndef CHECK_OPTION_TABLE_H
#define CHECK_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    OPTION_LIST = 256,
    OPTION_ONLY,
    OPTION_SKIP,
    OPTION_CASES,
    OPTION_LOAD,
    OPTION_DESTRUCTIVE,
    OPTION_SESSIONS,
    OPTION_CORPUS,
    OPTION_SHARD,
    OPTION_DELIVERY,
    OPTION_ALL_DELIVERIES,
    OPTION_SEED,
    OPTION_JOBS,
    OPTION_REPEAT,
    OPTION_UNTIL_FAIL,
    OPTION_FAIL_FAST,
    OPTION_AGAIN,
    OPTION_TIMEOUT_FACTOR,
    OPTION_PAUSE,
    OPTION_CONNECT,
    OPTION_LISTEN,
    OPTION_WORKERS,
    OPTION_STRICT,
    OPTION_EXPECT,
    OPTION_WRITE_EXPECT,
    OPTION_AS_OF,
    OPTION_VERBOSE,
    OPTION_TAP,
    OPTION_JUNIT,
    OPTION_JSON,
    OPTION_HTML,
    OPTION_MARKDOWN,
    OPTION_GITHUB,
    OPTION_FORMAT,
    OPTION_REPORT,
    OPTION_SOURCES,
    OPTION_SPEC_URL,
    OPTION_COLOR,
    OPTION_PCAP,
    OPTION_INTERFACE,
    OPTION_PORT,
    OPTION_TO,
    OPTION_WIRE_ONLY,
    OPTION_ALL_WORKERS,
    OPTION_OFF,
    OPTION_OUTPUT,
    OPTION_CASE,
    OPTION_RATES,
    OPTION_MAN,
    OPTION_COMPLETION,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_END
};

typedef enum check_section {
    CHECK_SECTION_CASES,
    CHECK_SECTION_PLAYS,
    CHECK_SECTION_VERDICT,
    CHECK_SECTION_REPORTS,
    CHECK_SECTION_WATCH,
    CHECK_SECTION_HIDDEN, /* for who packages it */
    CHECK_SECTION_COUNT
} check_section;

typedef struct check_option {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* "FILE"; NULL: it takes none */
    const char *choices;  /* words that the argument may be, for completion; NULL: see .argument */
    int id;
    bool repeats; /* may be given several times */
    check_section section;
    const char *help;
} check_option;

extern const check_option check_option_table[]; /* a NULL name ends it */
const check_option *check_option_of(int id);
const char *check_section_title(check_section section); /* "Which cases" */

typedef struct check_verb {
    const char *name, *arguments, *help;
} check_verb;
extern const check_verb check_verb_table[]; /* a NULL name ends it */

extern const char check_help_statuses[]; /* what the exit statuses mean, as --help prints it */

#endif
