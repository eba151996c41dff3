/* peers.c: the processes of a pair: started, listened to, ended. */
#include "pair/peers.h"

#include "base/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 6, NUMBER = 24 };

/* Starts the command with more words, a NULL-terminated list. */
static undr_error start(pair_peer *peer, char *const *command, char *const *more, undr_buffer *why) {
    size_t count = 0, own = 0;
    while (command[count] != NULL) {
        count++;
    }
    while (more[own] != NULL) {
        own++;
    }
    char **argv = calloc(count + own + 1, sizeof *argv);
    peer->target = (check_target){.notice = -1, .input = -1, .output = -1, .errors = -1, .spare = {-1, -1}};
    if (argv == NULL) {
        return UNDR_MEMORY;
    }
    memcpy(argv, command, count * sizeof *argv);
    memcpy(argv + count, more, own * sizeof *argv);
    undr_error error = check_target_start(&peer->target, argv, why);
    free(argv);
    return error;
}

undr_error pair_peers_manage(pair_peers *peers, char *const *command, unsigned levels, undr_buffer *why) {
    char verb[] = "manager", workers[] = "--workers", none[] = "0", option[] = "--priority-levels", number[NUMBER];
    (void)snprintf(number, sizeof number, "%u", levels);
    char *const more[WORDS] = {verb, workers, none, option, number, NULL};
    peers->managed = true;
    undr_error error = start(&peers->manager, command, more, why);
    if (error == UNDR_OK && fcntl(peers->manager.target.input, F_SETFL, O_NONBLOCK) != 0) {
        error = UNDR_SYSTEM;
    }
    peers->control.in_flight = CHECK_AWAIT_READY;
    return error;
}

undr_error pair_peers_work(pair_peers *peers, char *const *command, uint16_t port, undr_buffer *why) {
    pair_peer *grown = check_array_grow(peers->workers, peers->count, &peers->capacity, sizeof *grown);
    if (grown == NULL) {
        return UNDR_MEMORY;
    }
    peers->workers = grown;
    char verb[] = "worker", option[] = "--port", number[NUMBER];
    (void)snprintf(number, sizeof number, "%u", port);
    char *const more[WORDS] = {verb, option, number, NULL};
    pair_peer *made = &peers->workers[peers->count++];
    *made = (pair_peer){0};
    undr_error error = start(made, command, more, why);
    check_target_close_input(&made->target);
    return error;
}

size_t pair_peers_running(const pair_peers *peers) {
    size_t running = 0;
    for (size_t i = 0; i < peers->count; i++) {
        running += peers->workers[i].target.state == CHECK_TARGET_RUNS;
    }
    return running;
}

/* ---- what they say ---- */

static size_t poll_peer(const check_target *target, struct pollfd *to) {
    to[0] = (struct pollfd){.fd = target->output, .events = POLLIN};
    to[1] = (struct pollfd){.fd = target->errors, .events = POLLIN};
    to[2] = (struct pollfd){.fd = target->state == CHECK_TARGET_RUNS ? target->notice : -1, .events = POLLIN};
    return PAIR_FILES;
}

size_t pair_peers_poll(const pair_peers *peers, struct pollfd *to) {
    size_t count = poll_peer(&peers->manager.target, to);
    if (!check_control_wants_to_read(&peers->control)) {
        to[0].fd = -1;
    }
    for (size_t i = 0; i < peers->count; i++) {
        count += poll_peer(&peers->workers[i].target, to + count);
    }
    return count;
}

/* A worker's standard output carries nothing: what is there all the same must not block it. */
static void drop_output(check_target *target) {
    char bytes[4096];
    while (target->output >= 0) {
        ssize_t got = read(target->output, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got == 0) {
            close(target->output);
            target->output = -1;
        }
        if (got <= 0) {
            return;
        }
    }
}

static undr_error take_peer(pair_peer *peer) {
    undr_error error = check_target_drain(&peer->target);
    check_target_look(&peer->target);
    return error;
}

undr_error pair_peers_take(pair_peers *peers) {
    check_target *manager = &peers->manager.target;
    undr_error error = check_control_write(&peers->control, manager->input);
    error = error == UNDR_OK ? check_control_read(&peers->control, manager->output) : error;
    error = error == UNDR_OK ? take_peer(&peers->manager) : error;
    for (size_t i = 0; i < peers->count && error == UNDR_OK; i++) {
        drop_output(&peers->workers[i].target);
        error = take_peer(&peers->workers[i]);
    }
    return error;
}

/* ---- the end ---- */

void pair_peers_kill(pair_peer *peer) {
    if (peer->target.state == CHECK_TARGET_RUNS) { /* it is not reaped yet, so its id is still its own */
        peer->killed = true;
        (void)kill(-peer->target.pid, SIGKILL);
        (void)kill(peer->target.pid, SIGKILL);
    }
}

/* The last first: what a peer has started is told from the peers that were there before it. */
undr_error pair_peers_stop(pair_peers *peers) {
    undr_error error = UNDR_OK;
    while (peers->count > 0) {
        pair_peer *last = &peers->workers[--peers->count];
        undr_error stopped = check_target_stop(&last->target, NULL);
        error = error == UNDR_OK ? stopped : error;
        check_target_free(&last->target);
    }
    if (peers->managed) {
        undr_error stopped = check_target_stop(&peers->manager.target, NULL);
        error = error == UNDR_OK ? stopped : error;
        check_target_free(&peers->manager.target);
    }
    check_control_free(&peers->control);
    free(peers->workers);
    *peers = (pair_peers){0};
    return error;
}
