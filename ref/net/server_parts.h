/* server_parts.h: what the files of the server share. From the top: server.c, the loop; server_listen.c; server_peer.c,
 * a connection, above its directions server_input.c and server_output.c; server_decode.c; and what all of them use:
 * server_clock.c, server_loop.c, server_log.c, peer_user.c. The pool (process_manager.c, worker_processes.c) is above
 * all. Private to ref/.
 *
 * Everything here belongs to the loop's thread, except `core`, `calls`, `interrupts`, `event` and `decoders`, which the
 * lock guards. */
#ifndef UNDR_SERVER_PARTS_H
#define UNDR_SERVER_PARTS_H

#include "base/blob.h"
#include "net/log.h"
#include "undr/server.h"

#include <stdatomic.h>
#include <uv.h>

enum {
    UNDR_LISTENERS = 4, /* sockets that listen, on one port: each can hold as many connections that wait to be accepted
                           as net.core.somaxconn allows, 4,096 on most systems */
    UNDR_DECODERS = 4,  /* threads at most */
    UNDR_SCRATCH_SIZE = 64 * 1024,
    UNDR_TURN_BUDGET = 512, /* values and steps of one connection's messages that the loop itself decodes in one turn,
                                in a few dozen microseconds; another thread decodes the rest (FAULT-1) */
    UNDR_LARGE_PAYLOAD = 16 * 1024 /* beyond it a payload gets memory of its own, is never copied, and is decoded by
                                      another thread (FAULT-1) */
};

typedef enum undr_peer_state {
    UNDR_PEER_OPEN,     /* its requests are handled */
    UNDR_PEER_FINISHED, /* it sends no more: closed when its answers are written (REQ-3) */
    UNDR_PEER_ENDING,   /* it broke the protocol: earlier answers are written, then FIN; the rest is dropped */
    UNDR_PEER_CLOSED    /* uv_close was called; freed in its callback */
} undr_peer_state;

/* Answers in the order in which they go out: bytes, the payload of the last of them when that is large, and what came
 * behind it. */
typedef struct undr_output {
    undr_buffer bytes;
    undr_blob *blob; /* a share; NULL: none */
    undr_buffer behind;
} undr_output;

/* One connection. There may be thousands of idle ones: what only some need is allocated when they need it. */
typedef struct undr_peer {
    uv_tcp_t stream; /* .data is the peer */
    undr_server *server;
    undr_connection handle; /* 0: the core does not know it (any more) */
    undr_peer_state state;
    int file;          /* the socket's descriptor: valid as long as the core knows the peer */
    atomic_bool quiet; /* all its answers are written: another thread may write the next (server_answer.c) */
    bool paused;       /* not read from, because it does not read its answers, or a message of it is being checked */
    bool changed;      /* stands in server->changed */
    bool failed;       /* an answer could not be kept: out of memory */
    bool full;         /* the core was told that it is */
    bool was_read;     /* in the turn `turn` */
    uint8_t large_type;
    unsigned turn;                /* of the loop, when it was last at work for this peer */
    unsigned budget;              /* left of UNDR_TURN_BUDGET in that turn */
    struct sockaddr_in address;   /* of the other side */
    undr_buffer in;               /* the start of a frame that is not whole; no memory while there is none */
    uint64_t large_size;          /* not 0: `in` is the start of such a payload, of a frame of large_type */
    size_t kept;                  /* bytes of that, or of `check`, which the core counts */
    undr_output out;              /* to be written next */
    struct undr_sending *sending; /* answers being written; NULL: none */
    struct undr_check *check;     /* a message of it that another thread decodes; NULL: none */
    size_t early;      /* bytes of its next answer that another thread has written; guarded by the lock, as the next */
    size_t unanswered; /* requests whose answer the core has not given yet: held, or behind such */
    struct undr_peer **clock;         /* the list of the server that it is in; NULL: it may stay */
    uint64_t deadline;                /* while it has a clock */
    size_t left;                      /* in `writing`: of its answers, when its clock was last set */
    uint64_t lingered;                /* in `lingering`: ms */
    size_t dropped;                   /* ENDING: bytes */
    struct undr_peer *before, *after; /* of server->changed */
    struct undr_peer *prev, *next;    /* of *clock */
} undr_peer;

/* A message that another thread decodes. */
typedef struct undr_check {
    undr_peer *peer; /* NULL: it is gone */
    undr_server *server;
    undr_buffer payload;
    size_t kept; /* of which the core counts so many bytes */
    undr_error error;
    struct undr_check *prev, *next;
} undr_check;

/* Those threads. */
typedef struct undr_decoders {
    uv_thread_t threads[UNDR_DECODERS];
    unsigned count, idle;    /* threads; of them, those that wait for work */
    unsigned waiting;        /* number of todo */
    undr_check *todo, *done; /* owned */
    uv_cond_t work;
    bool stops, told; /* told: that there is none, in the log */
} undr_decoders;

typedef struct undr_listener {
    uv_poll_t poll; /* first: it stands for the listener. .data is the server */
    int file;       /* -1: not open (any more) */
} undr_listener;

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
    int event;              /* readable when the program is to look at the inbox; -1: none was asked for */
    bool event_is_readable; /* it was written to since it was read */
    undr_decoders decoders;
    uv_loop_t loop;
    undr_listener listeners[UNDR_LISTENERS];
    uv_async_t wakeup; /* .data is the server, of these five */
    uv_timer_t timer;
    uv_check_t turn;   /* its end */
    unsigned turns;    /* that have ended */
    uv_prepare_t wait; /* before the loop waits for events */
    uv_signal_t interrupt;
    undr_peer *writing;   /* whose answers wait for it to read, in whichever state; by deadline */
    undr_peer *lingering; /* ENDING, all is written; by deadline */
    undr_peer *silent;    /* have sent no whole request yet; by age. Their deadline never comes */
    undr_peer *changed;   /* have got answers that are not written yet */
    size_t asked_connections;
    size_t connections; /* that have a descriptor, or are about to lose it */
    undr_log log;
    uint64_t log_second; /* since when the next two count */
    unsigned log_lines, log_of_peers;
    uint64_t held_until; /* when the first answer that the core holds must go */
    uint64_t timer_at;   /* when the timer ends at the latest; UINT64_MAX: it does not run */
    uint64_t accept_at;  /* short of memory or descriptors: none is accepted until then; UINT64_MAX: all are */
    uint8_t scratch[UNDR_SCRATCH_SIZE]; /* what a connection without a partial frame reads into */
};

/* ---- from below; a file calls only those that are declared before its own ---- */

/* server_log.c. A line that begins with the peer (NULL: with the server's own address). Of too many in a second some
 * are left out, and counted, as is what can't be written at once (log.h). */
__attribute__((format(printf, 3, 4))) void undr_server_log(
    undr_server *server, const struct sockaddr_in *peer, const char *format, ...);

/* server_event.c, with the lock held, but undr_server_event, which takes it. announce: the inbox, the counts or the
 * interrupts may have changed: waiting threads are woken. calm: the event is not readable until the next announcement;
 * called by a thread that found nothing and is about to wait for it. */
UNDR_MUST_USE undr_error undr_server_event(undr_server *server, int *file); /* opened by the first call */
void undr_server_announce(undr_server *server);
void undr_server_calm(undr_server *server);
void undr_server_event_close(undr_server *server);

/* server_loop.c: called before libuv takes something from the system without which it would abort the process. Less
 * than 0: there is none. undr_loop_init: as uv_loop_init; makes sure of the descriptors 0 to 2, too. undr_loop_watch:
 * beside each call that makes libuv watch a file, which it does later; undr_loop_watch_stream: the file of an open
 * stream. */
UNDR_MUST_USE int undr_loop_init(uv_loop_t *loop);
UNDR_MUST_USE int undr_loop_watch(uv_loop_t *loop, int file);
UNDR_MUST_USE int undr_loop_watch_stream(uv_stream_t *stream);

/* server_clock.c. `list` holds peers that have the same time left from when they enter it, so the first deadline comes
 * first. A peer is in one list at most. */
void undr_peer_start_clock(undr_peer *peer, undr_peer **list, uint64_t ms);
void undr_peer_stop_clock(undr_peer *peer);

/* server_answer.c: lock held. Writes the answers that are due from the caller's thread, which need not wait for the
 * loop. False: the loop has to (undr_server_wake). */
UNDR_MUST_USE bool undr_server_answer_now(undr_server *server);

/* peer_user.c. The user whose process holds the other end of our connected socket, within this machine. Less than 0:
 * nobody does (any more), or the kernel does not say. */
UNDR_MUST_USE int undr_peer_user(int socket, const struct sockaddr_in *peer, uid_t *user);

/* server_output.c: answers.
 *
 * undr_server_collect moves the answers that are due to their connections' buffers, with the lock held. Follows each
 * call of the core. They are written at the end of the loop's turn: to read all that came and then to write all answers
 * takes less time than one after the other. */
void undr_server_collect(undr_server *server);
/* Starts to write what is to be written next, unless a write is not done yet: at once as much as goes, the rest in the
 * background, and then on_written is called, which calls undr_output_written first of all. Less than 0: failed. */
UNDR_MUST_USE int undr_output_write(undr_peer *peer, uv_write_cb on_written);
undr_peer *undr_output_written(uv_write_t *write);
size_t undr_output_unsent(const undr_peer *peer); /* bytes */
bool undr_output_is_full(const undr_peer *peer);  /* it must read its answers before more of it is handled */
void undr_output_drop(undr_output *output);

/* server_decode.c: threads that decode large messages (FAULT-1). */
UNDR_MUST_USE int undr_decoders_open(undr_server *server);              /* less than 0: failed */
UNDR_MUST_USE bool undr_decode(undr_server *server, undr_check *check); /* takes it over. False: there is no thread */
undr_check *undr_decoded(undr_server *server); /* those that are done; the caller's, by .next */
void undr_decoders_stop(undr_server *server);  /* from here on the loop is not woken any more */
void undr_decoders_close(undr_server *server);
undr_frame undr_check_frame(const undr_check *check); /* borrowed from it */
void undr_check_run(undr_check *check);               /* decodes: in any thread */
void undr_check_free(undr_check *check);

/* server_input.c: requests. What stopped it: */
typedef enum undr_input_outcome {
    UNDR_INPUT_MORE,    /* nothing is left that could be handled before more has come */
    UNDR_INPUT_FULL,    /* the peer must read its answers first */
    UNDR_INPUT_CHECKED, /* a message is being checked */
    UNDR_INPUT_REFUSED  /* it broke the protocol, or can't be served, as the log says: its connection must end */
} undr_input_outcome;
/* Memory to read into: the scratch of all, or what follows a frame that has begun. None: .base is NULL. */
uv_buf_t undr_input_room(undr_peer *peer);
UNDR_MUST_USE undr_input_outcome undr_input_take(undr_peer *peer, size_t size, const uv_buf_t *buffer); /* was read */
UNDR_MUST_USE undr_input_outcome undr_input_handle_kept(undr_peer *peer); /* what there was no room for */
UNDR_MUST_USE undr_input_outcome undr_input_checked(undr_peer *peer, undr_check *check); /* the check is the caller's */
bool undr_input_keeps_frame(const undr_peer *peer); /* one that can be handled without reading on */
size_t undr_input_begun(const undr_peer *peer);     /* bytes of a frame that is not whole */
void undr_input_release(undr_peer *peer);           /* what the core counts of it; lock held */

/* server_peer.c: a connection, in both directions. Accepts one that waits on a listening socket, and begins to serve
 * it, or ends it. Less than 0: it was not accepted, UV_EAGAIN: none waits. */
UNDR_MUST_USE int undr_peer_accept(undr_server *server, int listener);
void undr_peer_close(undr_peer *peer);     /* may free nothing before the loop's next turn */
void undr_peer_overdue(undr_peer *peer);   /* its deadline has come: closes it, or sets a later one */
void undr_peer_flush(undr_peer *peer);     /* writes what it has got, and goes on with what waited for that */
void undr_peer_checked(undr_check *check); /* was decoded: what follows; frees it. The peer may be gone */

/* server_listen.c. Less than 0: failed; what was opened until then undr_server_refuse closes. */
UNDR_MUST_USE int undr_server_listen(undr_server *server);
void undr_server_accept(undr_server *server);      /* goes on to, after accept_at */
void undr_server_accept_rest(undr_server *server); /* who connected before is served */
void undr_server_refuse(undr_server *server);      /* closes the listening sockets. Twice is fine */

/* server.c. Runs function in the loop's thread and returns when it has returned. Not to be called from there. */
void undr_server_call(undr_server *server, void (*function)(undr_server *server, void *argument), void *argument);

#endif
