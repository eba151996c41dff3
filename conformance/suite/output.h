/* output.h: the places that the reports go to, opened before the run so that a mistake is told early. */
#ifndef CHECK_OUTPUT_H
#define CHECK_OUTPUT_H

#include "report.h"

typedef struct check_outputs {
    FILE *junit, *json, *html; /* NULL: not asked for */
    FILE *human;               /* standard output, or standard error when a report takes that */
} check_outputs;

/* UNDR_ARGUMENT: *message says which file cannot be written, and why. check_outputs_close afterwards, always. */
UNDR_MUST_USE undr_error check_outputs_open(check_outputs *outputs, const check_options *options, undr_buffer *message);

/* Writes the reports that were asked for. UNDR_SYSTEM: *message says which one could not be written whole. */
UNDR_MUST_USE undr_error check_outputs_write(
    check_outputs *outputs, const check_session *session, undr_buffer *message);
void check_outputs_close(check_outputs *outputs);

/* --write-expect: all that fell short, known reasons kept, entries of cases that were not run kept. */
UNDR_MUST_USE undr_error check_write_expected(const check_session *session, undr_buffer *message);

#endif
