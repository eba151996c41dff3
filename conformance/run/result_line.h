/* result_line.h: a check_result as one line of JSON, the way it crosses from the process that played to its parent. */
#ifndef CHECK_RESULT_LINE_H
#define CHECK_RESULT_LINE_H

#include "play/play.h"

/* Appends the line, newline included. Any bytes survive: byte b crosses as the character U+00bb. */
UNDR_MUST_USE undr_error check_result_write(undr_buffer *line, const check_result *result);

/* Reads what check_result_write wrote (check_result_free afterwards, always). UNDR_ARGUMENT: it is something else. */
UNDR_MUST_USE undr_error check_result_read(undr_slice line, check_result *result);

#endif
