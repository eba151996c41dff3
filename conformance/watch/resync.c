/* resync.c: finds the frames of a connection again after bytes were lost, or of one that is seen from its middle.
 *
 * Segments are taken for frames only when two exchanges in a row were each one request that fills its segment and one
 * right answer that fills its own. Bytes of a payload that only look like that are as good as impossible. But a client that
 * sends several requests before it reads an answer may have had some in flight, so that each answer belongs to an earlier
 * request than it seems: the queue is undecided until the connection ends, unless all clients are workers. */
#include "watch/inside.h"

#include "undr/pickle.h"

#include <stdlib.h>

void watch_drop_requests(watch_connection *c) {
    while (c->oldest != NULL) {
        watch_request *request = c->oldest;
        c->oldest = request->next;
        watch_queue_drop_request(c, request);
        free(request);
    }
    c->newest = NULL;
}

void watch_lose(watch_connection *c) {
    watch_stream_free(&c->streams[WATCH_CLIENT]);
    watch_stream_free(&c->streams[WATCH_MANAGER]);
    watch_drop_requests(c);
    c->worker = WATCH_CLUELESS;
    c->unasked = false;
    c->last_answer = (watch_sight){0};
    c->good = 0;
    c->good_type = 0;
    if (!c->lost && !c->resumed) {
        c->manager->lost++;
    }
    c->lost = true;
    c->resumed = false;
    c->manager->unknown = true;
    watch_doubts_lost(c->manager);
    watch_queue_forget(c->manager);
}

/* The one frame that a segment holds, and nothing else. */
static bool is_one_frame(undr_slice bytes, undr_frame *frame) {
    uint64_t size;
    return undr_frame_decode(bytes, UNDR_PAYLOAD_MAXIMUM, frame, &size) == UNDR_OK && size == bytes.size;
}

static uint8_t answer_due(const undr_frame *frame) {
    bool empty = frame->payload.size == 0;
    if (frame->type == UNDR_TYPE_NEXT || frame->type == UNDR_TYPE_TASK) {
        return empty ? UNDR_TYPE_TASK : 0;
    }
    if (frame->type == UNDR_TYPE_MESSAGE) {
        return empty ? 0 : UNDR_TYPE_MESSAGE;
    }
    return frame->type >= UNDR_TYPE_SCHEDULE ? UNDR_TYPE_SCHEDULED : 0;
}

static bool is_answer(const undr_frame *frame, uint8_t due) {
    return due != 0 && frame->type == due && (due == UNDR_TYPE_TASK || frame->payload.size == 0);
}

undr_error watch_find_again(watch_connection *c, watch_side from, undr_slice bytes) {
    enum { ENOUGH = 2 };
    undr_frame frame;
    bool one = is_one_frame(bytes, &frame);
    if (from == WATCH_CLIENT) {
        c->good = c->good_type == 0 ? c->good : 0; /* two requests without an answer between them */
        c->good_type = one ? answer_due(&frame) : 0;
        c->good = c->good_type == 0 ? 0 : c->good;
        return UNDR_OK;
    }
    bool right = one && is_answer(&frame, c->good_type);
    c->good_type = 0;
    c->good = right ? c->good + 1 : 0;
    if (c->good == ENOUGH) {
        c->lost = false;
        c->spoiled = false;
        c->resumed = !c->owner->options.all_workers; /* which have one request in flight at most (WORK-2) */
        c->manager->lost -= !c->resumed;
        watch_queue_forget(c->manager);
    }
    return UNDR_OK;
}
