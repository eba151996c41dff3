/* watch.h: judges real peers at their work: bytes of connections in, broken requirements out. Sans-I/O.
 *
 * It is fed what crosses, in the order in which it was seen, and relies on two inequalities, whatever saw it (a sniffer
 * on loopback, a proxy that reads before it forwards, a player that notes what it sends before it sends it):
 *
 *     a byte is seen after its sender has decided to send it, and before its receiver can act on it.
 *
 * So the manager handles a request between the last byte of the request and the first byte of its answer, and a finding
 * is made only where no order inside of these intervals is a right one. What can't be proved is undecided. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "watch/finding.h"

UNDR_MUST_USE undr_error watch_new(const watch_options *options, watch **made);
void watch_free(watch *w); /* NULL is fine */

/* A connection to the manager at `port` (any text that names the address) by `name`. whole: it is seen from its first
 * byte; otherwise it is judged once its frames are found. */
UNDR_MUST_USE undr_error watch_open(
    watch *w, const char *port, const char *name, bool whole, uint64_t time, watch_connection **made);
UNDR_MUST_USE undr_error watch_bytes(watch *w, watch_connection *c, watch_side from, uint64_t time, undr_slice bytes);
/* `size` bytes of one side were not seen; 0: nobody knows how many. */
UNDR_MUST_USE undr_error watch_gap(watch *w, watch_connection *c, watch_side from, uint64_t time, uint64_t size);
UNDR_MUST_USE undr_error watch_end(watch *w, watch_connection *c, watch_side from, uint64_t time, bool reset);
/* From now on there are, or were, connections that are not seen: nothing more is said of any queue. */
void watch_others(watch *w);
/* Nothing more comes of it; c is gone. */
void watch_close(watch *w, watch_connection *c, uint64_t time);
/* No more events: what waits for a proof becomes undecided. */
void watch_finish(watch *w);

const watch_totals *watch_sum(const watch *w);

#endif
