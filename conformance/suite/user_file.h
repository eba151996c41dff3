/* user_file.h: files that a user has named: read whole, or opened for a report, whatever they turn out to be. Nothing
 * here waits for ever: not for a pipe that nobody has open at its other end, nor for the end of a device. */
#ifndef CHECK_USER_FILE_H
#define CHECK_USER_FILE_H

#include "undr/bytes.h"

#include <stdio.h>

#define CHECK_TEXT_LIMIT ((size_t)256 * 1024 * 1024)     /* of cases, of expected failures */
#define CHECK_CAPTURE_LIMIT ((size_t)1024 * 1024 * 1024) /* of what is decoded */

/* Appends a whole file of at most `limit` bytes. UNDR_ARGUMENT: *message says why it can't be read; UNDR_SYSTEM: it says
 * what the harness lacks. */
UNDR_MUST_USE undr_error check_file_read(const char *path, size_t limit, undr_buffer *text, undr_buffer *message);

/* The same of a descriptor that is open already, such as standard input; `name` stands in messages. */
UNDR_MUST_USE undr_error check_stream_read(
    int file, const char *name, size_t limit, undr_buffer *text, undr_buffer *message);

/* Opens a file anew for writing. The same errors. What is written to a pipe that nobody empties is given up after a
 * while, which shows in ferror(*file). */
UNDR_MUST_USE undr_error check_file_create(const char *path, FILE **file, undr_buffer *message);

/* Could it be opened like that? What is there stays as it is. The same errors. */
UNDR_MUST_USE undr_error check_file_try(const char *path, undr_buffer *message);

#endif
