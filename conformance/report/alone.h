/* alone.h: commands of the run as sh takes them: what was tested, and what plays one case alone. */
#ifndef CHECK_ALONE_H
#define CHECK_ALONE_H

#include "report/escape.h"
#include "report/report.h"

/* Appends the adapter's command, on one line. */
UNDR_MUST_USE undr_error check_put_adapter(undr_buffer *to, char *const *command);
/* Appends the command that plays this case alone, under the delivery of its worst play, on one line. */
UNDR_MUST_USE undr_error check_put_alone(
    undr_buffer *to, const check_session *session, const check_part *part, const check_record *record);
/* Prints it through a format's escaper. */
UNDR_MUST_USE undr_error check_print_alone(
    FILE *out, check_escaper *escape, const check_session *session, const check_part *part, const check_record *record);

#endif
