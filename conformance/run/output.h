/* output.h: the places that the reports go to, opened before the run so that a mistake is told early. */
#ifndef CHECK_OUTPUT_H
#define CHECK_OUTPUT_H

#include "report/reporter.h"

enum { CHECK_OUTPUTS = 5 }; /* --junit, --json, --html, --markdown, --write-expect */

typedef struct check_output_file {
    struct check_outputs *outputs;
    int kind; /* index of files */
} check_output_file;

typedef struct check_outputs {
    int files[CHECK_OUTPUTS]; /* -1: not asked for */
    check_output_file each[CHECK_OUTPUTS];
    FILE *human; /* standard output, or standard error when a report takes that */
} check_outputs;

/* UNDR_ARGUMENT: *message says which file can't be written, and why. check_outputs_close afterwards, always. Reports
 * are emptied, so that an old one is not mistaken for that of a run that was killed; the file of --write-expect is not,
 * until there is something to write. */
UNDR_MUST_USE undr_error check_outputs_open(check_outputs *outputs, const check_options *options, undr_buffer *message);

/* Standard output, or standard error where a report goes to standard output. */
FILE *check_outputs_human(const check_options *options);

/* Adds a reporter for each file that was asked for, and for --github. They refer to *outputs. */
void check_outputs_add(check_outputs *outputs, const check_options *options, check_reporters *reporters);
void check_outputs_close(check_outputs *outputs);

#endif
