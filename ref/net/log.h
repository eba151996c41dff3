/* log.h: lines for a log that never wait for its reader: a full pipe, a stopped terminal (Ctrl-S), a full disk. A line
 * that can't be written at once is left out and counted, and a line says so when there is room again. Private to ref/.
 * Not thread-safe. */
#ifndef UNDR_LOG_H
#define UNDR_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { UNDR_LOG_LINE = 4096 }; /* bytes of a line; a longer one is cut. A pipe takes so much in one piece */

typedef enum undr_log_way {
    UNDR_LOG_NONE,
    UNDR_LOG_STREAM, /* a FILE without a descriptor, such as a memory stream: it is written with stdio */
    UNDR_LOG_SOCKET,
    UNDR_LOG_PLAIN, /* a file, or what does not block anyway */
    UNDR_LOG_POLLED /* a pipe or terminal that can't be opened once more so that it does not block */
} undr_log_way;

typedef struct undr_log {
    undr_log_way way;
    FILE *file;     /* borrowed */
    int descriptor; /* of the file, or owned */
    bool is_owned;
    unsigned left_out; /* lines, since it was last said */
    size_t rest_size;  /* a line of which only the start was written: */
    char rest[UNDR_LOG_LINE];
} undr_log;

/* file: NULL: nothing is written. Lines go to its descriptor, past what stdio still holds back. */
void undr_log_open(undr_log *log, FILE *file);

/* One line: prefix, what the format makes, of which only what is visible is written as it is (undr/text.h), and
 * '\n'. */
__attribute__((format(printf, 3, 0))) void undr_log_line(
    undr_log *log, const char *prefix, const char *format, va_list arguments);

/* Says how many lines were left out, when that can be written, and closes what is owned. */
void undr_log_close(undr_log *log);

/* One line to standard error, left out when it can't be written at once. */
__attribute__((format(printf, 1, 2))) void undr_log_complain(const char *format, ...);

#endif
