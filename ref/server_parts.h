/* server_parts.h: what server.c (the loop), server_peer.c (a connection) and worker_processes.c share. Private to ref/.
 *
 * Everything here belongs to the loop's thread but `core`, `calls` and `interrupts`, which the lock guards. */
#ifndef UNDR_SERVER_PARTS_H
#define UNDR_SERVER_PARTS_H

#include "undr/server.h"

#include <uv.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { UNDR_SCRATCH_SIZE = 64 * 1024 };

typedef enum undr_peer_state {
    UNDR_PEER_OPEN,     /* its requests are handled */
    UNDR_PEER_FINISHED, /* it sends no more: closed when its answers are written (REQ-3) */
    UNDR_PEER_ENDING,   /* it broke the protocol: earlier answers are written, then FIN, what still comes is dropped */
    UNDR_PEER_CLOSED    /* uv_close was called; freed in its callback */
} undr_peer_state;

/* One connection. */
typedef struct undr_peer {
    uv_tcp_t stream; /* .data is the peer */
    undr_server *server;
    undr_connection handle; /* 0: the core does not know it (any more) */
    undr_peer_state state;
    struct sockaddr_in address; /* of the other side */
    bool paused;         /* not read from, because it does not read its answers */
    bool changed;        /* stands in server->changed */
    bool writing;        /* `write` is under way and reads from `sending` */
    bool failed;         /* an answer could not be kept: out of memory */
    undr_buffer in;      /* the start of a frame that is not whole; no memory while there is none */
    undr_buffer out;     /* answers to be written next */
    undr_buffer sending; /* answers being written */
    uv_write_t write;
    uv_shutdown_t shutdown;
    size_t unanswered;        /* requests whose answer the core has not given yet: held, or behind such */
    struct undr_peer **clock; /* the list of the server that it is in; NULL: it may stay */
    uint64_t deadline;        /* while it has a clock */
    size_t left;              /* of its answers when its clock was last set, while it is in `writing` */
    size_t dropped;           /* ENDING: bytes */
    struct undr_peer *next_changed;
    struct undr_peer *prev, *next; /* of *clock */
    UT_hash_handle hh;
} undr_peer;

/* A function that another thread wants to have run in the loop's thread; lives on that thread's stack. */
typedef struct undr_call {
    void (*function)(undr_server *server, void *argument);
    void *argument;
    bool done;
    struct undr_call *prev, *next;
} undr_call;

struct undr_server {
    undr_server_options options;
    struct sockaddr_in address; /* that it listens on */
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t news;
    undr_manager_core *core;
    undr_call *calls;
    unsigned interrupts;
    uv_loop_t loop;
    uv_tcp_t listener; /* .data is the server, of these four */
    uv_async_t wakeup;
    uv_timer_t timer;
    uv_signal_t interrupt;
    undr_peer *peers;     /* by handle: all that the core knows */
    undr_peer *writing;   /* whose answers wait for it to read, in whichever state; by deadline */
    undr_peer *lingering; /* ENDING, all is written; by deadline */
    undr_peer *changed;   /* have got answers that are not written yet */
    size_t connections;   /* that have a descriptor, or are about to lose it */
    uint64_t log_second;  /* since when the next two count */
    unsigned log_lines, log_left_out;
    uint64_t accept_at;   /* a connection waits for memory until then; UINT64_MAX: none does */
    uint8_t scratch[UNDR_SCRATCH_SIZE]; /* what a connection without a partial frame reads into */
};

/* Runs function in the loop's thread and returns when it has returned. Not to be called from there. */
void undr_server_call(undr_server *server, void (*function)(undr_server *server, void *argument), void *argument);

/* Moves the answers that are due to their connections' buffers and writes them; sets the timer. Takes the lock. */
void undr_server_deliver(undr_server *server);

/* The same without writing, with the lock held: for between two requests. */
void undr_server_collect(undr_server *server);

/* server_peer.c. Accepts the connection that waits. False: out of memory, it still waits. */
bool undr_peer_accept(undr_server *server);
void undr_peer_adopt(undr_server *server, int socket); /* takes over a connected socket */
void undr_peer_queue(undr_peer *peer, const undr_frame *answer); /* lock held */
void undr_peer_flush(undr_peer *peer);
void undr_peer_close(undr_peer *peer); /* may free nothing before the loop's next turn */
void undr_peer_overdue(undr_peer *peer); /* its deadline has come: closes it, or sets a later one */

/* peer_user.c. The user whose process holds the other end of a connection of this machine. Less than 0: nobody does
 * (any more), or the kernel does not say. */
UNDR_MUST_USE int undr_peer_user(const struct sockaddr_in *peer, const struct sockaddr_in *own, uid_t *user);

/* A line that begins with the peer (NULL: with the server's own address). Of too many in a second some are left out,
 * and counted. */
__attribute__((format(printf, 3, 4))) void undr_server_log(
    undr_server *server, const struct sockaddr_in *peer, const char *format, ...);

#endif
