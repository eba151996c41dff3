/* terminal_parts.h: what the parts of the terminal report share. */
#ifndef CHECK_TERMINAL_PARTS_H
#define CHECK_TERMINAL_PARTS_H

#include "report/report.h"

#define CHECK_RED "\033[1;31m"
#define CHECK_GREEN "\033[1;32m"
#define CHECK_YELLOW "\033[1;33m"
#define CHECK_BOLD "\033[1m"
#define CHECK_DIM "\033[2m"
#define CHECK_PLAIN "\033[0m"

/* The code when the terminal wants colors, else "". */
static inline const char *check_paint(const check_terminal *terminal, const char *code) {
    return terminal->color ? code : "";
}

/* The line of progress, before anything else is printed. */
static inline void check_terminal_clear(check_terminal *terminal) {
    if (terminal->line_shown) {
        fputs("\r\033[K", terminal->out);
        terminal->line_shown = false;
    }
}

/* A clause on one line, cut to what a line can hold. */
void check_print_short_clause(FILE *out, undr_slice text);

/* "FAIL", "WARN"; NULL: not a failure. */
const char *check_standing_title(check_standing standing);

/* " (not declared: grace, hold 200; --destructive was not given)": why cases of a role were skipped, each reason once, in
 * the order of the alphabet. Nothing: none was. */
void check_print_skip_reasons(FILE *out, const check_part *part);
/* The lines of `capabilities` that would bring the skipped cases, if the implementation can do that. */
void check_print_enabling(FILE *out, const check_part *part);

/* What failed: one of those that are alike explained in full (with --verbose: all of them), the others named, then
 * a table of them when there are several. */
void check_terminal_short(const check_terminal *terminal, const check_session *session);

#endif
