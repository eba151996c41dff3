/* control.h: the adapter's control channel: command lines out, answer lines in (spec/adapter.md). Never blocks. */
#ifndef CHECK_CONTROL_H
#define CHECK_CONTROL_H

#include "undr/bytes.h"

typedef enum check_command {
    CHECK_NO_COMMAND, /* nothing is in flight: no line may come */
    CHECK_AWAIT_READY,
    CHECK_AWAIT_OK, /* schedule, message */
    CHECK_AWAIT_NEXT,
    CHECK_AWAIT_CLOSED
} check_command;

typedef enum check_answer {
    CHECK_ANSWER_READY, /* .port */
    CHECK_ANSWER_OK,
    CHECK_ANSWER_ERROR,   /* .text */
    CHECK_ANSWER_MESSAGE, /* .pickle */
    CHECK_ANSWER_DONE,
    CHECK_ANSWER_CLOSED,
    CHECK_ANSWER_NONSENSE /* not a line of the contract, or not an answer to the command in flight */
} check_answer;

typedef struct check_line {
    check_answer answer;
    uint16_t port;
    undr_slice text;    /* the whole line; borrowed until the next read or take */
    undr_buffer pickle; /* owned */
} check_line;
void check_line_free(check_line *line);

typedef struct check_control {
    check_command in_flight;
    bool ended;  /* the target closed its standard output */
    bool broken; /* it closed its standard input: a command could not be written */
    undr_buffer in;
    size_t taken, searched; /* no newline before searched */
    undr_buffer out;
    size_t sent;
    uint64_t commanded; /* bytes of all commands so far */
    size_t limit;       /* of a line; 0: as its command has it */
} check_control;

/* A `message` of 64 MiB in hex fits into the first; all other lines are short. More without a newline is not a line; no
 * more is read before the waiting lines were taken. */
enum { CHECK_MESSAGE_LIMIT = 160 * 1024 * 1024, CHECK_LINE_LIMIT = 1024 * 1024, CHECK_READY_LIMIT = 64 * 1024 };

void check_control_free(check_control *control);

/* Commands, one line each; in_flight is set. HEX is made of the bytes. */
UNDR_MUST_USE undr_error check_control_schedule(check_control *control, int64_t priority, undr_slice pickle);
UNDR_MUST_USE undr_error check_control_message(check_control *control, undr_slice pickle);
UNDR_MUST_USE undr_error check_control_next(check_control *control);
UNDR_MUST_USE undr_error check_control_close(check_control *control, uint64_t policy); /* 0 join 1 cancel 2 kill */

bool check_control_wants_to_write(const check_control *control);
bool check_control_wants_to_read(const check_control *control);
undr_error check_control_write(check_control *control, int file); /* to the target's input; SYSTEM */
undr_error check_control_read(check_control *control, int file);  /* from its output; MEMORY, SYSTEM */

bool check_control_has_line(check_control *control);
bool check_control_line_is_endless(check_control *control); /* above the limit, and no newline yet */
undr_slice check_control_unread(const check_control *control);

/* Takes the next line. UNDR_OK; UNDR_WAIT: none is whole yet; UNDR_MEMORY. NONSENSE leaves the command in flight,
 * any other answer ends it. */
UNDR_MUST_USE undr_error check_control_take(check_control *control, check_line *line);

/* Puts back the line that was taken last, with the command in flight that it answers. */
void check_control_untake(check_control *control, const check_line *line, check_command in_flight);

#endif
