/* watch.c: the watch as a whole: managers, connections, and the events that come. */
#include "watch/watch.h"
#include "notation/print.h"

#include "watch/inside.h"

#include <stdlib.h>
#include <string.h>

undr_error watch_new(const watch_options *options, watch **made) {
    watch *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return UNDR_MEMORY;
    }
    w->options = *options;
    *made = w;
    return UNDR_OK;
}

static void copy_name(char to[WATCH_NAME], const char *name) {
    size_t size = strnlen(name, WATCH_NAME - 1);
    memcpy(to, name, size);
    to[size] = '\0';
}

/* ---- managers ---- */

static void free_manager(watch *w, watch_manager *m) {
    watch_manager **at = &w->managers;
    while (*at != m) {
        at = &(*at)->next;
    }
    *at = m->next;
    watch_queue_free(m);
    free(m);
}

/* Where a manager has been seen to close, a new connection may be one to its successor. */
static watch_manager *find_manager(const watch *w, const char *port) {
    watch_manager *m = w->managers;
    while (m != NULL && (m->retired || strncmp(m->port, port, WATCH_NAME - 1) != 0)) {
        m = m->next;
    }
    if (m != NULL && m->closing && !w->options.one_manager) {
        m->retired = true;
        return NULL;
    }
    return m;
}

static watch_past *find_past(const watch *w, const char *port) {
    watch_past *past = w->past;
    while (past != NULL && strncmp(past->port, port, WATCH_NAME - 1) != 0) {
        past = past->next;
    }
    return past;
}

/* It is noted at the start, so that no memory is needed at the end. */
static watch_past *have_past(watch *w, const char *port, bool *known) {
    watch_past *past = find_past(w, port);
    *known = past != NULL;
    if (past == NULL && (past = calloc(1, sizeof *past)) != NULL) {
        copy_name(past->port, port);
        past->next = w->past;
        w->past = past;
    }
    return past;
}

static watch_manager *have_manager(watch *w, const char *port) {
    watch_manager *m = find_manager(w, port);
    bool known;
    if (m != NULL) {
        return m;
    }
    m = have_past(w, port, &known) == NULL ? NULL : calloc(1, sizeof *m);
    if (m != NULL) {
        m->owner = w;
        m->lost = w->options.others ? 1 : 0;
        m->partial = w->options.others;
        m->unknown = known; /* it may be the one that was there, and have its tasks */
        copy_name(m->port, port);
        m->next = w->managers;
        w->managers = m;
    }
    return m;
}

void watch_others(watch *w) {
    for (watch_manager *m = w->managers; m != NULL && !w->options.others; m = m->next) {
        m->lost++;
        m->partial = true;
    }
    w->options.others = true;
}

/* ---- connections ---- */

undr_error watch_open(
    watch *w, const char *port, const char *name, bool whole, uint64_t time, watch_connection **made) {
    (void)time;
    watch_connection *c = calloc(1, sizeof *c);
    watch_manager *m = c == NULL ? NULL : have_manager(w, port);
    if (m == NULL) {
        free(c);
        return UNDR_MEMORY;
    }
    w->place++;
    c->owner = w;
    c->manager = m;
    c->heard = w->place;
    copy_name(c->name, name);
    c->after = m->connections;
    if (c->after != NULL) {
        c->after->before = c;
    }
    m->connections = c;
    m->connection_count++;
    c->number = ++w->totals.connections;
    w->totals.open++;
    if (!whole) {
        m->partial = true;
        watch_lose(c);
    }
    *made = c;
    return UNDR_OK;
}

/* What is left of a frame that is not whole. */
static void show_part(const watch_connection *c, watch_side from, watch_sight_what what, uint64_t time) {
    const watch_stream *stream = &c->streams[from];
    if (!watch_stream_is_inside(stream)) {
        return;
    }
    watch_sight sight = watch_sight_of(
        c, from, time, stream->rest.data[0], watch_stream_announced(stream), (undr_slice){0});
    sight.what = what;
    watch_show(c, &sight, undr_buffer_slice(&stream->rest), stream->hole > 0);
}

static void show_late(const watch_connection *c, watch_side from, uint64_t time, undr_slice bytes) {
    watch_sight sight = watch_sight_of(c, from, time, 0, bytes.size, (undr_slice){0});
    sight.what = WATCH_SAW_LATE;
    watch_show(c, &sight, bytes, false);
}

undr_error watch_bytes(watch *w, watch_connection *c, watch_side from, uint64_t time, undr_slice bytes) {
    w->place++;
    w->totals.bytes += bytes.size;
    c->heard = w->place;
    if (bytes.size == 0 || c->ended[from]) {
        return UNDR_OK;
    }
    if (c->ended[WATCH_MANAGER]) { /* what comes behind its end is not answered */
        show_late(c, from, time, bytes);
        return UNDR_OK;
    }
    return c->lost ? watch_find_again(c, from, bytes) : watch_connection_bytes(c, from, time, bytes);
}

undr_error watch_gap(watch *w, watch_connection *c, watch_side from, uint64_t time, uint64_t size) {
    w->place++;
    w->totals.gaps++;
    if (c->lost) {
        watch_lose(c);
        return UNDR_OK;
    }
    if (watch_stream_skip(&c->streams[from], size)) {
        return watch_connection_bytes(c, from, time, (undr_slice){0});
    }
    watch_lose(c);
    return UNDR_OK;
}

static void count_end(watch *w, watch_side from, bool reset) {
    uint64_t *counts[2][2] = {
        {&w->totals.client_fins, &w->totals.client_resets}, {&w->totals.manager_fins, &w->totals.manager_resets}};
    ++*counts[from][reset];
}

static void end(watch_connection *c, uint64_t time) {
    if (c->lost || c->resumed) {
        c->lost = c->resumed = false;
        c->manager->lost--;
        watch_queue_haunt(c->manager, time);
    }
    watch_queue_ended(c, time);
}

undr_error watch_end(watch *w, watch_connection *c, watch_side from, uint64_t time, bool reset) {
    w->place++;
    c->heard = w->place;
    if (c->ended[from] || c->reset) {
        return UNDR_OK;
    }
    count_end(w, from, reset);
    watch_sight sight = watch_sight_of(c, from, time, 0, 0, (undr_slice){0});
    sight.what = reset ? WATCH_SAW_RESET : WATCH_SAW_FIN;
    show_part(c, from, WATCH_SAW_PART, time);
    watch_show(c, &sight, (undr_slice){0}, false);
    c->ended[from] = true;
    c->reset = reset;
    if (reset || from == WATCH_MANAGER) { /* nothing is answered any more, and its tasks are lost */
        c->ended[WATCH_MANAGER] = true;
        end(c, time);
    }
    return UNDR_OK;
}

void watch_close(watch *w, watch_connection *c, uint64_t time) {
    watch_manager *m = c->manager;
    w->place++;
    end(c, time);
    *(c->before == NULL ? &m->connections : &c->before->after) = c->after;
    if (c->after != NULL) {
        c->after->before = c->before;
    }
    watch_stream_free(&c->streams[WATCH_CLIENT]);
    watch_stream_free(&c->streams[WATCH_MANAGER]);
    free(c->outs);
    free(c);
    w->totals.open--;
    if (--m->connection_count == 0 && (m->retired || !w->options.one_manager)) {
        free_manager(w, m); /* the next one at this address may be another */
    }
}

void watch_finish(watch *w) {
    for (watch_manager *m = w->managers; m != NULL; m = m->next) {
        watch_doubts_settle(m);
        watch_doubts_lost(m);
        for (const watch_connection *c = m->connections; c != NULL; c = c->after) {
            for (int from = WATCH_CLIENT; from <= WATCH_MANAGER; from++) {
                if (!c->ended[from]) {
                    show_part(c, (watch_side)from, WATCH_SAW_CUT, c->streams[from].first_time);
                }
            }
        }
    }
}

void watch_free(watch *w) {
    while (w != NULL && w->managers != NULL) {
        watch_manager *m = w->managers;
        if (m->connections == NULL) {
            free_manager(w, m);
        } else {
            watch_close(w, m->connections, 0);
        }
    }
    while (w != NULL && w->past != NULL) {
        watch_past *past = w->past;
        w->past = past->next;
        free(past);
    }
    if (w != NULL) {
        undr_arena_free(&w->arena);
    }
    free(w);
}

const watch_totals *watch_sum(const watch *w) {
    return &w->totals;
}

/* ---- how it reads ---- */

undr_error watch_print_sight(undr_buffer *to, const watch_sight *sight, const char *label) {
    static const char *const ends[] = {[WATCH_SAW_FIN] = "FIN", [WATCH_SAW_RESET] = "reset"};
    const char *arrow = sight->from == WATCH_CLIENT ? "->" : "<-";
    if (sight->what == WATCH_SAW_FIN || sight->what == WATCH_SAW_RESET) {
        return undr_put_format(to, "%s %s end %s", label, arrow, ends[sight->what]);
    }
    if (sight->what == WATCH_SAW_FRAME && sight->kept == sight->size) {
        return check_print_frame(to, label, arrow, sight->type, undr_slice_of(sight->bytes, sight->kept), true);
    }
    undr_error error = undr_put_format(to, "%s %s ", label, arrow);
    error = error == UNDR_OK ? check_print_type(to, sight->type) : error;
    if (error == UNDR_OK && sight->kept > 0) {
        const undr_value bytes = {.kind = UNDR_BYTES, .bytes = undr_slice_of(sight->bytes, sight->kept)};
        error = undr_put_u8(to, ' ');
        error = error == UNDR_OK ? undr_value_print(to, &bytes) : error;
        return error == UNDR_OK ? undr_put_format(to, "... (%llu bytes)", (unsigned long long)sight->size) : error;
    }
    const char *form = sight->what == WATCH_SAW_HEADER ? " (header: %llu bytes follow)" : " (%llu bytes, not seen)";
    return error == UNDR_OK ? undr_put_format(to, form, (unsigned long long)sight->size) : error;
}
