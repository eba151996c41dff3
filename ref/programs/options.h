/* options.h: the command line of a reference program, once: what parses it, --help, the manual page and the shells'
 * completion are made of one table. */
#ifndef PROGRAMS_OPTIONS_H
#define PROGRAMS_OPTIONS_H

#include "programs/adapter.h"

/* One option that takes a value, `--name VALUE` or `--name=VALUE`, or is a flag, `--name`. Exactly one of number, text
 * and flag is set; it keeps what it held before when the option is not given. */
typedef struct adapter_option {
    const char *name;          /* "--port" */
    const char *word;          /* of the value: "DIR"; NULL: a flag */
    uint64_t minimum, maximum; /* of number */
    uint64_t *number;
    const char **text; /* borrowed from argv; never empty */
    bool *flag;
    bool required;
    const char *help;
    uint64_t usual; /* the default, for the help; 0: the help says it itself */
    bool given;     /* set by adapter_parse_options */
} adapter_option;

typedef struct adapter_verb {
    const char *name, *arguments, *help; /* arguments: "[OPTION...]" */
} adapter_verb;

typedef struct adapter_program {
    const char *name, *purpose; /* "a manager of the undr task protocol" */
    const adapter_verb *verbs;  /* a NULL name ends them */
    adapter_option *options;
    size_t count;
    const char *more; /* what else there is to say, in lines */
    const char *statuses;
} adapter_program;

/* Parses argv[0..argc), the words beside the verb. False: the reason and the valid choices are on standard error, and
 * the program leaves with ADAPTER_EXIT_USAGE. */
bool adapter_parse_options(
    const char *program, const char *verb, int argc, char **argv, adapter_option *options, size_t count);

/* The option that `word` names, as "--name" or "--name=VALUE"; *value is what follows the '=', or NULL. NULL: none. */
adapter_option *adapter_find_option(adapter_option *options, size_t count, const char *word, const char **value);

/* -h, --help, -V, --version, --man, --completion bash|zsh as the first word: answers it, and *status is what main
 * returns. False: it is none of these. */
bool adapter_answers(const adapter_program *program, int argc, char **argv, int *status);

/* Says on standard error that verb (NULL: none was given) is not one of the program's and returns ADAPTER_EXIT_NO_VERB,
 * for main to return. */
int adapter_no_verb(const adapter_program *program, const char *verb);

#endif
