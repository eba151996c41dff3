/* options.h: the command line of undr-check. */
#ifndef CHECK_OPTIONS_H
#define CHECK_OPTIONS_H

#include "play/play.h"
#include "suite/option_use.h"
#include "suite/role.h"
#include "watch/arguments.h"

#include <stdio.h>

typedef enum check_color { CHECK_COLOR_AUTO, CHECK_COLOR_ALWAYS, CHECK_COLOR_NEVER } check_color;

typedef enum check_format {
    CHECK_FORMAT_USUAL,
    CHECK_FORMAT_TEXT,
    CHECK_FORMAT_MARKDOWN,
    CHECK_FORMAT_JSON,
    CHECK_FORMAT_HTML /* of spec */
} check_format;

/* Texts a user gave several times. Owns the array, not the texts. */
typedef struct check_texts {
    char **at;
    size_t count;
} check_texts;

/* All pointers but the arrays of check_texts and `host` point into argv, which must outlive this. */
typedef struct check_options {
    check_action action;
    bool help;
    check_action topic;  /* of CHECK_ACTION_HELP: the verb that was named with it, or RUN */
    char *const *words;  /* the whole command line, NULL-terminated */
    const char *program; /* as it was called: what a printed command begins with */
    bool roles[CHECK_ROLE_COUNT];
    bool all;                               /* the role `all`: those that the adapter declares */
    check_texts only, skip, cases, reports; /* reports: of spec */
    check_texts files;                      /* of parse, decode, diff and merge; of spec the ids */
    unsigned jobs;
    bool verbose, tap, strict, load, destructive, pause, until_fail, fail_fast;
    bool github, zsh;
    check_format format;                        /* of diff, merge and spec */
    const char *spec_url;                       /* NULL: none */
    const char *sources;                        /* of spec: a URL; NULL: none */
    const char *junit, *json, *html, *markdown; /* NULL: not asked for; "-": standard output */
    bool every_delivery;
    bool has_delivery; /* `delivery` was named; neither: whole and a varied one */
    check_delivery delivery;
    bool has_seed;
    uint64_t seed;
    unsigned repeat;        /* 0: was not given */
    unsigned again;         /* how often what failed is played again; 0: never */
    unsigned workers;       /* of pair and matrix; 0: was not given */
    unsigned sessions;      /* of explore; 0: was not given */
    const char *corpus;     /* of explore: the folder of kept sessions; NULL: none */
    unsigned shard, shards; /* 1/1: everything */
    bool has_shard;         /* --shard was given: the report is one for merge, also with 1/1 */
    double timeout_factor;
    const char *expect, *write_expect;
    const char *as_of; /* NULL: today's */
    check_color color;
    char *host;   /* of --connect or --listen; NULL: none */
    bool listens; /* --listen */
    uint16_t port;
    char *const *command;  /* what follows --; NULL: nothing */
    watch_arguments watch; /* of watch: what the members above do not say */
} check_options;

/* Fills *options (check_options_free afterwards, always). UNDR_ARGUMENT: *message says in a sentence or two what is
 * wrong and what the choices are. argv is not changed. */
UNDR_MUST_USE undr_error check_options_parse(int argc, char **argv, check_options *options, undr_buffer *message);
void check_options_free(check_options *options);

/* All of it, or that of one verb: explore, watch, pair, matrix, parse, decode. */
void check_help(FILE *out, check_action topic);
void check_help_man(FILE *out); /* the manual page, in roff */
void check_help_completion(FILE *out, bool zsh);

#endif
