/* source.h: where a watch gets its events from. Each runs until its end, or until *stop is set by a signal. */
#ifndef WATCH_SOURCE_H
#define WATCH_SOURCE_H

#include "watch/tcp.h"
#include "watch/tell.h"

#include <poll.h>
#include <sys/types.h>

typedef struct watch_source {
    watch *w;
    watch_teller *teller;
    int signals;            /* readable when SIGINT, SIGTERM or SIGHUP came */
    bool rates;             /* a line a second */
    undr_buffer notes;      /* lines for the end: what was lost */
    undr_buffer message;    /* of a failure: one sentence or two */
    int shortage;           /* an errno of ours, for which connections were not passed on; 0: none */
    uint64_t not_passed_on; /* so many */
    uint64_t next_rate;
    watch_totals before; /* at the last of these lines */
} watch_source;

/* All of these: UNDR_ARGUMENT: the input or the machine does not allow it, and *message says what to do; UNDR_MEMORY;
 * UNDR_SYSTEM with errno and *message. */
typedef struct watch_capture watch_capture; /* of pcap; capture.c */
UNDR_MUST_USE undr_error watch_capture_file(watch_source *source, const char *path, uint16_t port);
/* Of a file that was read; only w, notes and message of the source are used. */
UNDR_MUST_USE undr_error watch_capture_bytes(watch_source *source, undr_slice bytes, const char *name);
UNDR_MUST_USE undr_error watch_capture_open(
    watch_source *source, const char *interface, uint16_t port, watch_capture **made);
UNDR_MUST_USE undr_error watch_capture_run(watch_source *source, watch_capture *capture, pid_t command, int *status);
void watch_capture_close(watch_capture *capture); /* NULL is fine */

UNDR_MUST_USE undr_error watch_proxy_run(watch_source *source, uint16_t listen, uint16_t to);

/* The same in turns, for who waits for other things, too. */
typedef struct watch_proxy watch_proxy;
/* listen: 0: any port that is free. *made is set in any case, and has to be closed. */
UNDR_MUST_USE undr_error watch_proxy_open(watch_source *source, uint16_t listen, uint16_t to, watch_proxy **made);
uint16_t watch_proxy_port(const watch_proxy *proxy); /* on which it listens */
/* Waits for at most `timeout` ms until something moves, also of `beside`, whose revents are set; passes on what came. */
UNDR_MUST_USE undr_error watch_proxy_turn(watch_proxy *proxy, struct pollfd *beside, size_t count, int timeout);
void watch_proxy_close(watch_proxy *proxy); /* with all its connections; NULL is fine */

/* A network of its own for this process and its children, in which loopback is up. */
UNDR_MUST_USE undr_error watch_isolate(undr_buffer *message);

/* Prints the rates of the last second when it is over. */
void watch_source_rate(watch_source *source);
uint64_t watch_source_now(void); /* ns since 1970 */
/* One that came: its number; 0: none. *by_terminal, unless NULL: a terminal sent it, as of Ctrl-C, to all of its foreground
 * processes, and not another process to this one. */
int watch_source_signal(const watch_source *source, bool *by_terminal);

#endif
