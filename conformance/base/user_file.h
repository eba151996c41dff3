/* user_file.h: files that a user has named: read whole, or opened for a report, whatever kind of file they are. Nothing
 * here waits for ever: not for the other end of a pipe, and not for the end of a device. */
#ifndef CHECK_USER_FILE_H
#define CHECK_USER_FILE_H

#include "undr/bytes.h"

#include <sys/stat.h>

#include <stdio.h>

#define CHECK_TEXT_LIMIT ((size_t)256 * 1024 * 1024)     /* of cases, of expected failures */
#define CHECK_CAPTURE_LIMIT ((size_t)1024 * 1024 * 1024) /* of what is decoded */

/* Appends a whole file of at most `limit` bytes. UNDR_ARGUMENT: *message says why it can't be read; UNDR_SYSTEM: it
 * says what the harness lacks. */
UNDR_MUST_USE undr_error check_file_read(const char *path, size_t limit, undr_buffer *text, undr_buffer *message);

/* The same of a descriptor that is open already, such as standard input; `name` stands in messages. It waits for a pipe
 * or terminal without end: the user can end it. */
UNDR_MUST_USE undr_error check_stream_read(
    int file, const char *name, size_t limit, undr_buffer *text, undr_buffer *message);

/* Opens a file for writing, created if it does not exist; its content stays until it is replaced. The same errors. */
UNDR_MUST_USE undr_error check_file_open(const char *path, int *file, undr_buffer *message);

/* Two names of one file or pipe that keeps what is written. A terminal and /dev/null may have several. */
bool check_files_are_same(const struct stat *a, const struct stat *b);
/* UNDR_ARGUMENT, with the message that says so of the two options. */
UNDR_MUST_USE undr_error check_refuse_same_file(undr_buffer *message, const char *one, const char *other);

/* Writes a file anew from its beginning. 0, or an errno: ETIMEDOUT for a pipe that nobody empties. */
int check_file_replace(int file, undr_slice text);

/* Opens a file, as above, and writes behind what is there. */
UNDR_MUST_USE undr_error check_file_append(const char *path, undr_slice text, undr_buffer *message);

#endif
