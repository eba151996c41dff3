/* gate.h: a port on which the harness listens; a Probe that waits at it connects and reads to the end of the stream. */
#ifndef CHECK_GATE_H
#define CHECK_GATE_H

#include "undr/bytes.h"

#include "undr/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct check_gate {
    int listener; /* -1: not open */
    uint16_t port;
    int *held; /* connections that wait at the gate; owned */
    size_t count, capacity;
    size_t accepted;   /* of those, how many a case has accepted */
    uint64_t visitors; /* ever */
} check_gate;

/* A listening socket on 127.0.0.1, on a port that the system chooses; close-on-exec, not blocking. -1: errno. */
int check_listen(uint16_t *port);
/* At an address that a user has named, which may have been in use a moment ago. -1: *why says what is wrong. */
int check_listen_at(const char *host, uint16_t port, undr_buffer *why);

void check_gate_init(check_gate *gate);
UNDR_MUST_USE undr_error check_gate_open(check_gate *gate);
UNDR_MUST_USE undr_error check_gate_admit(check_gate *gate); /* accepts who has connected; never blocks */
bool check_gate_accept(check_gate *gate);                    /* the next one; false: there is no new one */
void check_gate_release(check_gate *gate);                   /* ends all that were accepted */
void check_gate_free(check_gate *gate);

#endif
