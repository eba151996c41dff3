/* tcp.h: joins the TCP segments of a capture to what a watch is fed with.
 *
 * Segments may come twice, out of order, overlapping, cut or not at all, and their numbers wrap. A segment that
 * acknowledges bytes that were not seen yet waits for them: they are late, or were lost. Bytes that came first are
 * believed. */
#ifndef WATCH_TCP_H
#define WATCH_TCP_H

#include "watch/packet.h"
#include "watch/watch.h"

typedef struct watch_tcp watch_tcp;

/* port: of the managers; 0: whoever is connected to and is spoken to in frames is one. w is borrowed. */
UNDR_MUST_USE undr_error watch_tcp_new(watch *w, uint16_t port, watch_tcp **made);
void watch_tcp_free(watch_tcp *tcp); /* NULL is fine */
UNDR_MUST_USE undr_error watch_tcp_take(watch_tcp *tcp, const watch_segment *segment, uint64_t time);
/* No more segments: what waits is given up. */
UNDR_MUST_USE undr_error watch_tcp_finish(watch_tcp *tcp);

typedef struct watch_tcp_totals {
    uint64_t segments, foreign; /* foreign: connections that are not the protocol's */
} watch_tcp_totals;
watch_tcp_totals watch_tcp_sum(const watch_tcp *tcp);

#endif
