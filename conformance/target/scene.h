/* scene.h: all that one play has open - the process, its control channel, connections, gates - and the one place where
 * the harness waits for any of it. */
#ifndef CHECK_SCENE_H
#define CHECK_SCENE_H

#include "target/control.h"
#include "target/gate.h"
#include "target/process.h"
#include "target/wire.h"

#include <poll.h>

/* One connection of a case. What the harness knows of it beside the bytes, so that a case can't ask for nonsense. */
typedef struct check_connection {
    char name[24]; /* "A", "A[7]"; "": a worker's that no case has named yet */
    check_wire wire;
    uint64_t tasks_out;   /* tasks that the target handed out here and that were not settled */
    undr_buffer requests; /* types of the requests that wait for their answer, in order */
    uint64_t asked_at;    /* when its last request for a task was queued, in the moments of the play */
    bool loose;           /* raw or broken frames were sent: nothing of the above is kept any more */
    bool uncertain;       /* the last receive had alternatives: the case can't know what it has */
    uint64_t answerable;  /* bytes that were sent, all of them read, when the time for an answer began anew */
    bool said_end;        /* the transcript has its end */
    uint16_t said_port;   /* the port that the transcript has named; 0: none yet */
    char label[40];       /* "A(:51322)", for that line */
    undr_buffer queued;   /* bytes that are to be delivered, .cuts says where frames end in them */
    size_t *cuts;
    size_t cut_count, cut_capacity;
    size_t delivered; /* of queued */
    size_t flown;     /* cuts that were passed */
    size_t straddled; /* pieces that ended inside the header after a frame */
} check_connection;

enum { CHECK_CONNECTIONS = 1000 }; /* of a worker; one more is accepted, and then none */

typedef struct check_scene {
    check_target target;
    check_control control;
    check_connection **connections; /* owned, in order of appearance */
    size_t count, capacity;
    check_gate gates[26];
    int listener;          /* worker role: where the target connects; -1 */
    uint16_t port;         /* of the listener, or of the target */
    uint64_t accepted;     /* connections that the target opened */
    int netlink;           /* unread.h */
    const check_tap *tap;  /* borrowed; of all connections; NULL: nobody looks on */
    struct pollfd *polled; /* owned */
    size_t polled_capacity;
} check_scene;

void check_scene_init(check_scene *scene);
void check_scene_free(check_scene *scene); /* stops the target, too */

/* A new connection without a socket. */
UNDR_MUST_USE undr_error check_scene_add(check_scene *scene, const char *name, check_connection **connection);
check_connection *check_scene_find(check_scene *scene, const char *name); /* NULL: not there */
void check_connection_forget(check_connection *connection);               /* what is kept of requests and tasks */
/* What a line of the transcript calls it: its name, and at its first use the client's port, which is in the logs
 * of both sides: "A(:51322)". Borrowed until the next call. */
const char *check_connection_label(check_connection *connection, bool is_client);

/* Waits until something moves - bytes, ends, visitors, the target's end - or until `until`, and takes in what moved.
 * UNDR_OK: something did; UNDR_WAIT: the time is over; MEMORY, SYSTEM. */
UNDR_MUST_USE undr_error check_scene_wait(check_scene *scene, uint64_t until);

#endif
