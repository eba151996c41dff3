/* options_parts.h: what the parts of the parsing of the command line share; for options*.c only. */
#ifndef CHECK_OPTIONS_PARTS_H
#define CHECK_OPTIONS_PARTS_H

#include "suite/option_table.h"

#include "undr/bytes.h"

enum { MOST_OPTIONS = OPTION_END - OPTION_LIST + 1 };

/* What the steps of the parsing share. */
struct check_options;

typedef struct check_parsing {
    struct check_options *options;
    undr_buffer *message;
    int argc;                 /* of the part before -- */
    char **argv;              /* a copy that getopt may permute */
    bool given[MOST_OPTIONS]; /* options with one value */
} check_parsing;

/* Appends a message with one `%s`: UNDR_ARGUMENT. */
UNDR_MUST_USE undr_error check_options_refuse(check_parsing *parsing, const char *what, const char *text);
/* Everything was read: do the options and words fit together? */
UNDR_MUST_USE undr_error check_options_finish(check_parsing *parsing, bool has_verb);

#endif
