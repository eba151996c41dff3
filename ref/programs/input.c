/* input.c: watches standard input and SIGINT for undr-manager. */
#include "input.h"

#include "adapter.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

enum { LEAVE_MS = 500, MAXIMUM_LINES = 1024 };

struct input_line {
    undr_buffer text;
    input_line *prev, *next;
};

static sigset_t interrupt_only(void) {
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    return signals;
}

void input_block_interrupts(void) {
    sigset_t signals = interrupt_only();
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* fails only for a wrong first argument */
}

static void interrupt(input *self, bool *reason) {
    (void)pthread_mutex_lock(&self->lock);
    *reason = true;
    if (self->manager != NULL) {
        undr_process_manager_interrupt(self->manager);
    }
    (void)pthread_cond_broadcast(&self->changed);
    (void)pthread_mutex_unlock(&self->lock);
}

static input_line *new_line(undr_slice text) {
    input_line *line = calloc(1, sizeof *line);
    if (line != NULL && undr_put_slice(&line->text, text) != UNDR_OK) {
        free(line);
        return NULL;
    }
    return line;
}

/* One command is in flight at most, but the end of the input behind more lines is to be noticed as well, behind a
 * sensible number of them. */
static undr_error hand_over(input *self, undr_slice text) {
    input_line *line = new_line(text);
    if (line == NULL) {
        return UNDR_MEMORY;
    }
    (void)pthread_mutex_lock(&self->lock);
    while (self->count == MAXIMUM_LINES) {
        (void)pthread_cond_wait(&self->changed, &self->lock);
    }
    DL_APPEND(self->lines, line);
    self->count++;
    (void)pthread_cond_broadcast(&self->changed);
    (void)pthread_mutex_unlock(&self->lock);
    return UNDR_OK;
}

static undr_error hand_over_all(input *self) {
    adapter_lines lines = {.descriptor = STDIN_FILENO};
    undr_slice line;
    undr_error error;
    do {
        error = adapter_read_line(&lines, &line);
        error = error == UNDR_OK ? hand_over(self, line) : error;
    } while (error == UNDR_OK);
    int reason = errno;
    adapter_lines_free(&lines);
    errno = reason;
    return error;
}

static void *watch_lines(void *argument) {
    input *self = argument;
    undr_error error = hand_over_all(self);
    if (error != UNDR_END) {
        (void)fprintf(stderr, "undr-manager: standard input can't be read any more: %s\n",
            error == UNDR_SYSTEM ? strerror(errno) : undr_error_text(error));
    }
    interrupt(self, &self->ended);
    struct timespec rest = {.tv_nsec = LEAVE_MS * 1000000L};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
    _exit(0); /* the workers are tied to this process's life */
}

static void *watch_interrupts(void *argument) {
    input *self = argument;
    sigset_t signals = interrupt_only();
    int number;
    while (sigwait(&signals, &number) == 0) {
        interrupt(self, &self->interrupted);
    }
    return NULL;
}

static undr_error start_thread(void *(*function)(void *argument), input *self) {
    pthread_t thread;
    int status = pthread_create(&thread, NULL, function, self);
    if (status != 0) {
        errno = status;
        return UNDR_SYSTEM;
    }
    (void)pthread_detach(thread); /* ends with the program */
    return UNDR_OK;
}

undr_error input_start(input *self, undr_process_manager *manager) {
    *self = (input){.manager = manager};
    (void)pthread_mutex_init(&self->lock, NULL); /* neither can fail with default attributes here */
    (void)pthread_cond_init(&self->changed, NULL);
    undr_error error = start_thread(watch_interrupts, self);
    if (error == UNDR_OK) {
        error = start_thread(watch_lines, self);
    }
    if (error != UNDR_OK) {
        input_release_manager(self); /* the first thread may run already */
    }
    return error;
}

void input_release_manager(input *self) {
    (void)pthread_mutex_lock(&self->lock);
    self->manager = NULL;
    (void)pthread_mutex_unlock(&self->lock);
}

input_event input_next(input *self, undr_buffer *line) {
    (void)pthread_mutex_lock(&self->lock);
    while (self->lines == NULL && !self->ended && !self->interrupted) {
        (void)pthread_cond_wait(&self->changed, &self->lock);
    }
    input_event event = self->interrupted ? INPUT_INTERRUPT : self->lines != NULL ? INPUT_LINE : INPUT_END;
    if (event == INPUT_LINE) {
        input_line *first = self->lines;
        DL_DELETE(self->lines, first);
        self->count--;
        undr_buffer_free(line);
        *line = first->text;
        free(first);
        (void)pthread_cond_broadcast(&self->changed);
    }
    (void)pthread_mutex_unlock(&self->lock);
    return event;
}
