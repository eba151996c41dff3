/* peers.h: the processes of a pair, which run at the same time: one manager and its workers, through their adapters. */
#ifndef PAIR_PEERS_H
#define PAIR_PEERS_H

#include "target/control.h"
#include "target/process.h"

#include <poll.h>

typedef struct pair_peer {
    check_target target;
    bool killed; /* by us */
    bool missed; /* its end was noticed, and another one started in its place */
} pair_peer;

/* Zero-initialise ({0}); pair_peers_stop in any case. */
typedef struct pair_peers {
    bool managed; /* there is a manager, which may have ended */
    pair_peer manager;
    check_control control; /* of the manager */
    pair_peer *workers;    /* in the order of their start; those that have ended, too. Owned */
    size_t count, capacity;
} pair_peers;

enum { PAIR_FILES = 3 }; /* of each peer that are waited for */

/* UNDR_ARGUMENT: a command can't be executed; UNDR_SYSTEM, UNDR_MEMORY: the harness lacks something; *why says it. */
UNDR_MUST_USE undr_error pair_peers_manage(pair_peers *peers, char *const *command, unsigned levels, undr_buffer *why);
UNDR_MUST_USE undr_error pair_peers_work(pair_peers *peers, char *const *command, uint16_t port, undr_buffer *why);

size_t pair_peers_running(const pair_peers *peers); /* workers */

/* Fills `to`, which has room for PAIR_FILES times all peers, with what to wait for; answers how many. */
size_t pair_peers_poll(const pair_peers *peers, struct pollfd *to);
/* Takes in all that is there: lines of the manager, output, ends. Never blocks for long. */
UNDR_MUST_USE undr_error pair_peers_take(pair_peers *peers);

/* Ends a worker at once. */
void pair_peers_kill(pair_peer *peer);
/* Ends all that runs. Not UNDR_OK: something could not be killed, or looked for. */
UNDR_MUST_USE undr_error pair_peers_stop(pair_peers *peers);

#endif
