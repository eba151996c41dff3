/* worker_send.c: what the broken peer's worker sends, and the answers that it waits for. */
#include "worker_send.h"
#include "support/steady.h"

#include "bugs.h"
#include "values.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

outcome fail(worker *w, const char *text, size_t size) {
    snprintf(w->error, sizeof w->error, "%.*s", (int)size, text);
    return FAILED;
}

outcome fail_text(worker *w, const char *text) {
    return fail(w, text, strlen(text));
}

outcome receive(worker *w, frame *answer) {
    for (;;) {
        if (bug(BUG_late_answer_leaves) || w->hurries > 0) {
            struct pollfd one = {.fd = w->fd, .events = POLLIN};
            if (steady_poll(&one, 1, w->hurries > 0 ? w->hurries : 10) == 0) {
                return GONE;
            }
        }
        switch (read_frame(w->fd, &w->habits, answer)) {
        case WIRE_OK: break;
        case WIRE_REFUSED: free(answer->payload.data); return VIOLATED;
        default: free(answer->payload.data); return GONE;
        }
        if (w->acks_owed == 0) {
            return FINE;
        }
        w->acks_owed--;
        free(answer->payload.data);
    }
}

/* The bugs that use a `t` which arrives instead of an acknowledgement. */
static bool leaves_for(const frame *answer, uint8_t awaited) {
    pool p = {0};
    const val *v = pickle_loads(&p, answer->payload.data, answer->payload.size, NULL);
    bool leaves = v == NULL ? bug(BUG_ack_garbage_leaves) && answer->payload.size > 0
                            : (bug(BUG_ack_close_request_leaves) && val_is_class(v, "undr.task.CloseRequest"))
            || (bug(BUG_ack_task_leaves) && awaited == 's' && val_is_class(v, "undr_conformance.Probe"));
    pool_free(&p);
    return leaves;
}

static outcome await_ack(worker *w, uint8_t type) {
    frame answer;
    bool late = bug(type == 'm' ? BUG_message_times_out_late : BUG_schedule_times_out_late);
    bool soon = bug(type == 'm' ? BUG_message_times_out_in_three_seconds : BUG_schedule_times_out_in_three_seconds);
    w->hurries = late ? 5000 : soon ? 3000 : 0;
    outcome result = receive(w, &answer);
    w->hurries = 0;
    if (result != FINE) {
        return result == VIOLATED && bug(BUG_ack_length_fails) ? fail_text(w, "refused length") : result;
    }
    if (answer.type == 't' && leaves_for(&answer, type)) {
        free(answer.payload.data);
        return VIOLATED;
    }
    bool payload_fine = answer.payload.size == 0 || bug(BUG_ack_payload_accepted);
    bool type_fine = answer.type == type || bug(BUG_wrong_ack_accepted)
        || (answer.type == 't' && bug(BUG_ack_empty_task_accepted));
    free(answer.payload.data);
    if ((payload_fine && type_fine) || bug_at(BUG_third_wrong_ack_taken, 3)) {
        return FINE;
    }
    return bug(BUG_wrong_ack_leaves) ? VIOLATED : fail_text(w, "wrong acknowledgement");
}

outcome send_pickle(worker *w, uint8_t type, const val *v, uint8_t ack, bool awaited) {
    bytes pickle = pickle_dumps(v, w->protocol);
    size_t size = pickle.size;
    if (type == 'm' && bug(BUG_message_large_cut) && size > 65536) {
        size = 65536;
    }
    if (type == 'm' && bug(BUG_worker_message_page_lost) && size % 4096 == 0) {
        free(pickle.data);
        return FINE;
    }
    size -= type == 'm' && bug(BUG_worker_message_64_kib_cut) && size == 65536 ? 1 : 0;
    bool fine = write_frame(w->fd, &w->habits, type, pickle.data, size);
    free(pickle.data);
    if (!fine) {
        return GONE;
    }
    if (!awaited) {
        w->acks_owed++;
        return FINE;
    }
    return await_ack(w, ack);
}

outcome send_message(worker *w, val *v) {
    if (bug(BUG_message_large_dropped)) {
        bytes pickle = pickle_dumps(v, w->protocol);
        free(pickle.data);
        if (pickle.size > 65536) {
            return FINE;
        }
    }
    for (size_t i = 0; bug(BUG_message_keys_are_text) && v->kind == K_DICT && i < v->count; i += 2) {
        val *key = v->items[i];
        if (key->kind == K_INT && key->size == 1) {
            key->kind = K_STR;
            key->data[0] = (uint8_t)('0' + key->data[0]); /* one digit is enough */
        }
    }
    if (bug(BUG_message_unpickled) && v->kind == K_STR) {
        return write_frame(w->fd, &w->habits, 'm', v->data, v->size) ? await_ack(w, 'm') : GONE;
    }
    pool p = {0};
    v = odd_value(&p, v);
    outcome result = send_pickle(
        w, 'm', v, 'm', !bug(BUG_message_not_awaited) && !bug_at(BUG_thirtieth_message_not_awaited, 30));
    if (result == FINE && bug(BUG_message_twice)) {
        result = send_pickle(w, 'm', v, 'm', true);
    }
    pool_free(&p);
    return result;
}

static bool is_pickle(const bytes *data) {
    pool p = {0};
    bool is = pickle_loads(&p, data->data, data->size, NULL) != NULL;
    pool_free(&p);
    return is;
}

void make_answer_odd(worker *w, frame *answer) {
    bytes *now = &answer->payload, *last = &w->last;
    if (bug(BUG_worker_task_of_64_kib_empty) && now->size % 65536 == 0) {
        now->size = 0;
    }
    bool empty = bug(BUG_worker_empty_task_is_stale) && now->size == 0;
    bool cut = bug(BUG_worker_cut_task_is_stale) && now->size > 0 && now->size < last->size && !is_pickle(now);
    if (last->data != NULL && (empty || cut)) {
        now->data = must_have(realloc(now->data, last->size + 1));
        memcpy(now->data + now->size, last->data + now->size, last->size - now->size);
        now->size = last->size;
    }
    if (now->size > 40) { /* None is not a task to keep */
        last->data = must_have(realloc(last->data, now->size + 1));
        memcpy(last->data, now->data, now->size);
        last->size = now->size;
    }
}
