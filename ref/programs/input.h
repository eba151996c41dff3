/* input.h: what reaches undr-manager from outside while it may be busy: lines, the end of its input, SIGINT. Two
 * threads of its own watch for them. */
#ifndef PROGRAMS_INPUT_H
#define PROGRAMS_INPUT_H

#include "undr/process_manager.h"

#include <pthread.h>

typedef enum input_event {
    INPUT_LINE,
    INPUT_END,      /* the end of standard input, or it can't be read */
    INPUT_INTERRUPT /* SIGINT */
} input_event;

typedef struct input_line input_line;

typedef struct input {
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t changed;
    undr_process_manager *manager; /* borrowed; NULL: nothing to interrupt */
    input_line *lines; /* not taken yet */
    size_t count;      /* of them */
    bool ended, interrupted;
} input;

/* Blocks SIGINT in this thread and in those that it starts from now on: to be called before any is. */
void input_block_interrupts(void);

/* Starts to watch (on failure `manager` is not touched any more). The end of input, which is noticed behind up to 1,024
 * lines that were not taken, and SIGINT interrupt `manager`; when the program has not left half a second after
 * the end of input, whatever it waits for, it is ended with exit status 0. The input lives as long as the program. */
UNDR_MUST_USE undr_error input_start(input *self, undr_process_manager *manager);

/* The manager is about to be freed. */
void input_release_manager(input *self);

/* Waits. INPUT_LINE: it is in *line, an initialised buffer whose old content is dropped. */
input_event input_next(input *self, undr_buffer *line);

#endif
