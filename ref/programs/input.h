/* input.h: what reaches undr-manager from outside, even while it is busy: lines, the end of its input, SIGINT. Two
 * threads of its own watch for them. Also its answers, whose reader may be slow, or gone. */
#ifndef PROGRAMS_INPUT_H
#define PROGRAMS_INPUT_H

#include "programs/command_reader.h"

#include "undr/process_manager.h"

#include <pthread.h>

typedef enum input_event {
    INPUT_LINE,
    INPUT_END,      /* the end of standard input */
    INPUT_FAILED,   /* it can't be read any more */
    INPUT_INTERRUPT /* SIGINT */
} input_event;

typedef struct input_line input_line;

typedef struct input {
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t changed;
    undr_process_manager *manager;   /* borrowed; NULL: nothing to interrupt */
    input_line *lines;               /* not taken yet */
    size_t count, bytes;             /* of them, of their payloads */
    bool ended, interrupted, failed; /* failed: the input could not be read to its end */
    uint64_t payload_limit;
    uint64_t leave_at; /* ms: the program ends then, after the end of input; the watching thread's own */
    int taken;         /* eventfd: a line was taken */
    int stop;          /* eventfd: readable from the first SIGINT on */
} input;

/* Blocks SIGINT in this thread and in those that it starts from now on: to be called before any is. */
void input_block_interrupts(void);

/* Starts to watch (on failure `manager` is not touched any more). The end of input and SIGINT interrupt `manager`; when
 * the program has not left half a second after the end of input, whatever it waits for, it is ended with exit status 0,
 * or 1 when the input has failed. Payloads above the limit are not kept. Up to 1,024 lines that were not taken are,
 * beyond the first no more than a MiB of payloads. The end of input is seen behind more of them, too: that nobody can
 * write into the pipe or socket any more, and at once when the input is a file. Not behind that: Ctrl-D in a terminal.
 * The input lives as long as the program. */
UNDR_MUST_USE undr_error input_start(input *self, undr_process_manager *manager, uint64_t payload_limit);

/* The manager is about to be freed. */
void input_release_manager(input *self);

/* Writes an answer and '\n' to standard output, whole. While nobody reads it, SIGINT ends the wait: UNDR_INTERRUPTED.
 * UNDR_RESET: nobody will ever read it; UNDR_SYSTEM (errno). */
UNDR_MUST_USE undr_error input_answer(const input *self, undr_slice line);

/* Waits. INPUT_LINE: it is in *line, whose old content ({0} at first) is freed. */
input_event input_next(input *self, command *line);

#endif
