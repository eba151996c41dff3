/* input.c: watches standard input and SIGINT for undr-manager. */
#include "programs/input.h"

#include "programs/adapter.h"

#include "net/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

enum { LEAVE_MS = 500, MAXIMUM_LINES = 1024, MAXIMUM_BYTES = 1024 * 1024 };

struct input_line {
    command line;
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

static uint64_t now_ms(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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

/* The end. */

static void end_input(input *self) {
    if (self->leave_at == 0) {
        self->leave_at = now_ms() + LEAVE_MS;
        interrupt(self, &self->ended);
    }
}

static int ms_to_leave(const input *self) {
    uint64_t now = now_ms();
    if (self->leave_at == 0) {
        return -1;
    }
    if (now >= self->leave_at) {
        _exit(self->failed ? ADAPTER_EXIT_FAILURE : 0); /* the workers are tied to this process's life */
    }
    return (int)(self->leave_at - now);
}

/* Lines. */

static bool is_file(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

/* As many lines are kept as may be; none is read until one is taken. The end of input is still noticed; that of a file
 * at once, since nobody writes to it any more. */
static void wait_for_room(input *self) {
    struct pollfd files[] = {
        {.fd = self->leave_at == 0 ? STDIN_FILENO : -1, .events = POLLRDHUP}, {.fd = self->taken, .events = POLLIN}};
    eventfd_t count;
    int found = poll(files, 2, ms_to_leave(self));
    if (found > 0 && files[1].revents != 0) {
        (void)eventfd_read(self->taken, &count); /* does not block: it has just been written */
    }
    if ((found > 0 && files[0].revents != 0) || is_file(STDIN_FILENO)) {
        end_input(self);
    }
}

static bool has_room(const input *self) {
    return self->count == 0 || (self->count < MAXIMUM_LINES && self->bytes < MAXIMUM_BYTES);
}

/* One command is in flight at most, but the input behind more lines is looked at as well, behind a sensible number.
 * Takes *line over; UNDR_MEMORY: it is freed. */
static undr_error hand_over(input *self, command *given) {
    input_line *line = calloc(1, sizeof *line);
    if (line == NULL) {
        command_free(given);
        return UNDR_MEMORY;
    }
    line->line = *given;
    (void)pthread_mutex_lock(&self->lock);
    while (!has_room(self)) {
        (void)pthread_mutex_unlock(&self->lock);
        wait_for_room(self);
        (void)pthread_mutex_lock(&self->lock);
    }
    DL_APPEND(self->lines, line);
    self->count++;
    self->bytes += line->line.payload.capacity;
    (void)pthread_cond_broadcast(&self->changed);
    (void)pthread_mutex_unlock(&self->lock);
    return UNDR_OK;
}

static undr_error hand_over_all(input *self) {
    static command_reader reader; /* large for a thread's stack, and there is one such thread */
    command line;
    undr_error error;
    reader = (command_reader){.descriptor = STDIN_FILENO, .payload_limit = self->payload_limit};
    do {
        error = command_read(&reader, &line);
        error = error == UNDR_OK ? hand_over(self, &line) : error;
    } while (error == UNDR_OK);
    int reason = errno;
    command_reader_free(&reader);
    errno = reason;
    return error;
}

static void *watch_lines(void *argument) {
    input *self = argument;
    undr_error error = hand_over_all(self);
    int reason = errno;
    /* A terminal that has gone away fails once; that is the end of input. */
    (void)pthread_mutex_lock(&self->lock);
    self->failed = error != UNDR_END && !(error == UNDR_SYSTEM && reason == EIO);
    (void)pthread_mutex_unlock(&self->lock);
    if (self->failed) { /* before the program learns of it, and leaves */
        undr_log_complain("undr-manager: standard input can't be read any more: %s",
            error == UNDR_SYSTEM ? strerror(reason) : undr_error_text(error));
    }
    end_input(self);
    int rest;
    while ((rest = ms_to_leave(self)) >= 0) { /* it ends the program when the time is over */
        (void)poll(NULL, 0, rest);
    }
    return NULL;
}

static void *watch_interrupts(void *argument) {
    input *self = argument;
    sigset_t signals = interrupt_only();
    int number;
    while (sigwait(&signals, &number) == 0) {
        interrupt(self, &self->interrupted);
        (void)eventfd_write(self->stop, 1); /* fails only after 2^64 of them */
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

static undr_error start_threads(input *self) {
    undr_error error = start_thread(watch_interrupts, self);
    return error == UNDR_OK ? start_thread(watch_lines, self) : error;
}

undr_error input_start(input *self, undr_process_manager *manager, uint64_t payload_limit) {
    *self = (input){.manager = manager, .payload_limit = payload_limit};
    (void)pthread_mutex_init(&self->lock, NULL); /* neither can fail with default attributes here */
    (void)pthread_cond_init(&self->changed, NULL);
    self->taken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->stop = self->taken < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    undr_error error = self->stop < 0 ? UNDR_SYSTEM : start_threads(self);
    if (error != UNDR_OK) {
        int reason = errno;
        input_release_manager(self); /* the first thread may run already */
        errno = reason;
    }
    return error;
}

void input_release_manager(input *self) {
    (void)pthread_mutex_lock(&self->lock);
    self->manager = NULL;
    (void)pthread_mutex_unlock(&self->lock);
}

input_event input_next(input *self, command *line) {
    (void)pthread_mutex_lock(&self->lock);
    while (self->lines == NULL && !self->ended && !self->interrupted) {
        (void)pthread_cond_wait(&self->changed, &self->lock);
    }
    input_event event = self->interrupted ? INPUT_INTERRUPT
        : self->lines != NULL             ? INPUT_LINE
        : self->failed                    ? INPUT_FAILED
                                          : INPUT_END;
    if (event == INPUT_LINE) {
        input_line *first = self->lines;
        DL_DELETE(self->lines, first);
        self->count--;
        self->bytes -= first->line.payload.capacity;
        (void)eventfd_write(self->taken, 1); /* fails only after 2^64 of them */
        command_free(line);
        *line = first->line;
        free(first);
    }
    (void)pthread_mutex_unlock(&self->lock);
    return event;
}

undr_error input_answer(const input *self, undr_slice line) {
    return adapter_write_line(STDOUT_FILENO, self->stop, line);
}
