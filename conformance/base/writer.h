/* writer.h: appends text to a buffer and keeps the first failure: a function writes everything, and checks once. */
#ifndef CHECK_WRITER_H
#define CHECK_WRITER_H

#include "undr/value.h"

typedef struct check_writer {
    undr_buffer *to;  /* borrowed. NULL: the text is not wanted, and nothing is written */
    undr_error error; /* the first failure; nothing is written after it */
} check_writer;

check_writer check_writer_to(undr_buffer *to);

void check_write(check_writer *out, const char *text);
void check_write_slice(check_writer *out, undr_slice bytes);
void check_write_byte(check_writer *out, uint8_t byte);
void check_write_format(check_writer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text from outside, made safe to print: check_text_clean. */
void check_write_clean(check_writer *out, undr_slice text);
/* As undr_value_print: how Python prints it. */
void check_write_value(check_writer *out, const undr_value *value);

/* What a function returns that refuses what it was given: UNDR_ARGUMENT when its message was written (`told` is
 * UNDR_OK), else the reason why it was not. */
undr_error check_refused(undr_error told);

/* The failure of another function, which appends to out->to, or prepares what is to be written. */
void check_writer_keep(check_writer *out, undr_error error);
/* Is there a buffer, and no failure? Check this before a call whose result goes to keep. */
bool check_writer_goes_on(const check_writer *out);

#endif
