/* again.c: what the broken manager does wrong with a frame because of what came before it, or because it ended
 * early. */
#include "again.h"

#include "bugs.h"
#include "inbox.h"
#include "pickle.h"
#include "tasks.h"

#include <stdlib.h>
#include <string.h>

static void keep(bytes *last, const bytes *now) {
    last->data = must_have(realloc(last->data, now->size + 1));
    memcpy(last->data, now->data, now->size);
    last->size = now->size;
}

/* The payload continues with the bytes behind its end in the payload before. */
static void go_on(bytes *now, const bytes *last) {
    if (last->size <= now->size) {
        return;
    }
    now->data = must_have(realloc(now->data, last->size + 1));
    memcpy(now->data + now->size, last->data + now->size, last->size - now->size);
    now->size = last->size;
}

static val *read_whole(pool *p, const frame *f) {
    return f->payload.size > 0 ? pickle_loads(p, f->payload.data, f->payload.size, NULL) : NULL;
}

static bool is_pickle(const frame *f) {
    pool p = {0};
    bool is = read_whole(&p, f) != NULL;
    pool_free(&p);
    return is;
}

void make_stale(manager *m, frame *f) {
    bool is_task = f->type >= 0x80, is_message = f->type == 'm';
    bool stale_task = bug(BUG_empty_task_is_stale) || bug(BUG_refused_payload_is_kept);
    if (is_task && f->payload.size == 0 && stale_task) {
        go_on(&f->payload, &m->last);
    } else if (is_task && f->payload.size == 1 && bug(BUG_short_task_has_a_tail)) {
        go_on(&f->payload, &m->last);
    } else if (is_message && f->payload.size == 0 && bug(BUG_empty_message_is_stale)) {
        go_on(&f->payload, &m->last_message);
    } else if (is_message && bug(BUG_cut_message_is_stale) && f->payload.size > 0 && !is_pickle(f)) {
        go_on(&f->payload, &m->last_message);
    }
    bool refused = (f->type == 'n' || f->type == 't') && f->payload.size > 0;
    if (f->payload.size > 0 && (refused || !bug(BUG_refused_payload_is_kept))) {
        keep(&m->last, &f->payload);
    }
    if (is_message && f->payload.size > 0) {
        keep(&m->last_message, &f->payload);
    }
}

wire_task look_at_task(const frame *f) {
    pool p = {0};
    const val *v = f->payload.size < 256 ? read_whole(&p, f) : NULL;
    bool none = v != NULL && v->kind == K_NONE, close = v != NULL && val_is_class(v, "undr.task.CloseRequest");
    pool_free(&p);
    if ((none && bug(BUG_wire_none_refused)) || (close && bug(BUG_wire_close_request_refused))) {
        return WIRE_TASK_REFUSED;
    }
    bool third = f->payload.size == 0
        && (bug_at(BUG_third_empty_task_lost, 3) || bug_at(BUG_thirtieth_empty_task_lost, 30));
    if (third || (none && bug(BUG_wire_none_dropped)) || (close && bug(BUG_wire_close_request_dropped))) {
        return WIRE_TASK_DROPPED;
    }
    return close && bug(BUG_wire_close_request_closes) ? WIRE_TASK_CLOSES : WIRE_TASK_FINE;
}

bool is_counted(const frame *f) {
    pool p = {0};
    const val *v = bug(BUG_wire_none_not_counted) ? read_whole(&p, f) : NULL;
    bool none = v != NULL && v->kind == K_NONE;
    pool_free(&p);
    return !none && !bug(BUG_spawned_not_counted);
}

void take_partial(manager *m, connection *c, const frame *f) {
    if (!f->has_header) {
        if (f->type == 't' && bug(BUG_partial_header_is_done)) {
            settle_task(m, c);
        } else if (f->type == 'n' && bug(BUG_partial_header_is_next)) {
            task *t = take_task(m, c);
            if (t != NULL) {
                hand_out(m, c, t);
            }
        }
        return;
    }
    bool counts = bug_at(BUG_third_partial_counts, 3) || bug_at(BUG_thirtieth_partial_counts, 30)
        || (bug(BUG_partial_whole_task_taken) && is_pickle(f));
    if (f->type >= 0x80 && counts) {
        put_task(m, c, f->type & 0x7f, f->payload.data, f->payload.size, true);
    } else if (f->type == 'm' && bug(BUG_partial_whole_message_taken) && is_pickle(f)) {
        put_message(m, f->payload.data, f->payload.size);
    }
}
