/* watch.c: the watch beside a manager that is right: it must never blame it. Input: one byte of options, then ops.
 *
 * Requests are seen when they are sent and handled by the reference's core later; answers are given by it and seen later
 * still: each order that a sniffer can see of a right manager. With an odd first byte the rest is packets, which may be
 * anything. */
#include "fuzz.h"

#include "undr/manager.h"
#include "undr/pickle.h"
#include "watch/tcp.h"

#include <stdlib.h>
#include <string.h>

#ifndef WATCH_SOUND
#define WATCH_SOUND 0
#endif

enum { CONNECTIONS = 4, WAITING = 16 };

/* A frame, or an end, on its way. */
typedef struct parcel {
    undr_buffer bytes;
    bool ends, resets;
} parcel;

typedef struct way {
    parcel at[WAITING];
    size_t count;
} way;

typedef struct line {
    watch_connection *seen;
    undr_connection handle;
    bool sending, gone; /* the client may send; the manager has dropped it */
    size_t pending;     /* requests without an answer: held answers come all at once, and have room */
    way in, out;
} line;

typedef struct scene {
    watch *w;
    undr_manager_core *core;
    line lines[CONNECTIONS];
    uint64_t now;
    unsigned counter;
    bool program; /* it schedules tasks of its own, unseen */
} scene;

static void blame(void *context, const watch_finding *finding) {
    (void)context;
    FUZZ_REQUIRE(finding->sight_count > 0 && finding->sight_count <= WATCH_SIGHTS);
    for (size_t i = 0; i < finding->sight_count; i++) {
        undr_buffer text = {0};
        FUZZ_REQUIRE(watch_print_sight(&text, &finding->sights[i], "A") == UNDR_OK && text.size > 0);
        undr_buffer_free(&text);
    }
    /* That a right manager is never blamed does not hold yet: with -D WATCH_SOUND=1 the target looks for what is left. */
    FUZZ_REQUIRE(!WATCH_SOUND || context == NULL || finding->blamed == WATCH_CLIENT);
}

/* The core's clock runs a thousand times as fast as that of the watch, for which a right manager is never late: how long
 * one may take is no matter of order. */
static uint64_t seen_at(const scene *s) {
    return s->now * 1000;
}

/* ---- parcels ---- */

static bool is_full(const way *w) {
    return w->count == WAITING;
}

static void put_frame(way *w, const undr_frame *frame) {
    FUZZ_REQUIRE(!is_full(w));
    parcel *one = &w->at[w->count++];
    *one = (parcel){0};
    FUZZ_REQUIRE(undr_frame_encode(&one->bytes, frame) == UNDR_OK);
}

static void put_end(way *w, bool resets) {
    FUZZ_REQUIRE(!is_full(w));
    w->at[w->count++] = (parcel){.ends = true, .resets = resets};
}

static parcel take(way *w) {
    parcel first = w->at[0];
    memmove(w->at, w->at + 1, --w->count * sizeof *w->at);
    return first;
}

static void drop_all(way *w) {
    while (w->count > 0) {
        parcel one = take(w);
        undr_buffer_free(&one.bytes);
    }
}

/* ---- the manager ---- */

static line *line_of(scene *s, undr_connection handle) {
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (s->lines[i].handle == handle) {
            return &s->lines[i];
        }
    }
    return NULL;
}

static void collect(scene *s) {
    undr_answer answer;
    while (undr_manager_next_answer(s->core, &answer) == UNDR_OK) {
        line *to = line_of(s, answer.connection);
        if (to != NULL) {
            put_frame(&to->out, &answer.frame);
        }
    }
}

static void disconnect(scene *s, line *l) {
    undr_manager_disconnect(s->core, l->handle);
    l->handle = 0;
    l->gone = true;
    drop_all(&l->in);
    collect(s);
}

/* The manager reads one thing. */
static void handle(scene *s, line *l) {
    if (l->gone || l->in.count == 0 || is_full(&l->out)) {
        return;
    }
    parcel one = take(&l->in);
    undr_frame frame;
    uint64_t size;
    if (one.ends && one.resets) {
        disconnect(s, l);
        return;
    }
    if (one.ends) {
        undr_manager_end_requests(s->core, l->handle);
        collect(s);
        return;
    }
    FUZZ_REQUIRE(undr_frame_decode(undr_buffer_slice(&one.bytes), UNDR_PAYLOAD_MAXIMUM, &frame, &size) == UNDR_OK);
    if (undr_manager_receive(s->core, l->handle, &frame, s->now) != UNDR_OK) {
        put_end(&l->out, false);
        disconnect(s, l);
    }
    undr_buffer_free(&one.bytes);
    collect(s);
}

/* ---- what is seen ---- */

static void show(scene *s, line *l) {
    if (l->out.count == 0) {
        return;
    }
    parcel one = take(&l->out);
    l->pending -= one.ends ? 0 : 1;
    undr_error error = one.ends ? watch_end(s->w, l->seen, WATCH_MANAGER, seen_at(s), one.resets)
                                : watch_bytes(s->w, l->seen, WATCH_MANAGER, seen_at(s), undr_buffer_slice(&one.bytes));
    FUZZ_REQUIRE(error == UNDR_OK);
    undr_buffer_free(&one.bytes);
}

static void say(scene *s, line *l, uint8_t type, undr_slice payload) {
    const undr_frame frame = {type, payload};
    if (!l->sending || is_full(&l->in) || l->pending >= WAITING - 2) {
        return;
    }
    l->pending++;
    if (!l->gone) {
        put_frame(&l->in, &frame);
    }
    undr_buffer bytes = {0};
    FUZZ_REQUIRE(undr_frame_encode(&bytes, &frame) == UNDR_OK);
    FUZZ_REQUIRE(watch_bytes(s->w, l->seen, WATCH_CLIENT, seen_at(s), undr_buffer_slice(&bytes)) == UNDR_OK);
    undr_buffer_free(&bytes);
}

static void end_line(scene *s, line *l, bool resets) {
    if (!l->sending || is_full(&l->in)) {
        return;
    }
    l->sending = false;
    if (!l->gone) {
        put_end(&l->in, resets);
    }
    FUZZ_REQUIRE(watch_end(s->w, l->seen, WATCH_CLIENT, seen_at(s), resets) == UNDR_OK);
}

static void open_line(scene *s, size_t index) {
    line *l = &s->lines[index];
    char name[8] = {(char)('A' + index)};
    if (l->seen != NULL) {
        watch_close(s->w, l->seen, seen_at(s));
    }
    if (l->handle != 0) {
        disconnect(s, l);
    }
    drop_all(&l->in);
    drop_all(&l->out);
    *l = (line){.sending = true};
    FUZZ_REQUIRE(watch_open(s->w, "4000", name, true, seen_at(s), &l->seen) == UNDR_OK);
    FUZZ_REQUIRE(undr_manager_connect(s->core, &l->handle) == UNDR_OK);
}

/* ---- ops ---- */

/* Few payloads, so that some are equal, or one that no other is. */
static undr_slice task_of(scene *s, uint8_t choice, char text[8]) {
    static const char *const few[] = {"a", "b", "", "x"};
    if (choice % 8 < 4) {
        return undr_slice_text(few[choice % 4]);
    }
    unsigned number = ++s->counter;
    for (size_t i = 0; i < 6; i++, number >>= 4) {
        text[i] = "0123456789abcdef"[number & 15];
    }
    return undr_slice_of(text, 6);
}

static void schedule(scene *s, line *l, uint8_t choice) {
    char text[8];
    undr_slice task = task_of(s, choice, text);
    unsigned priority = choice / 8 % 3;
    if (s->program && choice >= 0xc0) {
        (void)!undr_manager_schedule(s->core, priority, task);
        collect(s);
    } else {
        say(s, l, (uint8_t)(UNDR_TYPE_SCHEDULE + priority), task);
    }
}

/* A client as most are: it sends, the manager handles, the answer is seen. */
static void exchange(scene *s, line *l, uint8_t choice) {
    if (choice % 3 == 0) {
        schedule(s, l, choice);
    } else {
        say(s, l, choice % 3 == 1 ? UNDR_TYPE_NEXT : UNDR_TYPE_TASK, (undr_slice){0});
    }
    handle(s, l);
    show(s, l);
}

static void run_op(scene *s, uint8_t op, uint8_t choice) {
    size_t index = op / 16 % CONNECTIONS;
    line *l = &s->lines[index];
    switch (op % 16) {
    case 0: say(s, l, UNDR_TYPE_NEXT, (undr_slice){0}); break;
    case 1: say(s, l, UNDR_TYPE_TASK, (undr_slice){0}); break;
    case 2: say(s, l, UNDR_TYPE_MESSAGE, undr_pickle_none()); break;
    case 3: schedule(s, l, choice); break;
    case 4: say(s, l, choice, (undr_slice){0}); break;
    case 5:
    case 6: handle(s, l); break;
    case 7:
    case 8: show(s, l); break;
    case 9: end_line(s, l, choice % 2 == 0); break;
    case 10: open_line(s, index); break;
    case 11:
        s->now += (uint64_t)choice * choice;
        undr_manager_advance(s->core, s->now);
        collect(s);
        break;
    case 12:
        if (choice == 0xee) {
            undr_manager_close(s->core);
            collect(s);
        }
        break;
    default: exchange(s, l, choice); break;
    }
}

static void play_ops(fuzz_source *source, uint8_t options) {
    scene s = {.program = (options & 2) != 0, .now = 1000};
    const undr_manager_options manager = {
        .priority_levels = 3, .hold = options & 4 ? 20 : 0, .retries = options >> 3 & 3};
    watch_options judge = {.program = s.program ? WATCH_PROGRAM_UNSEEN : WATCH_PROGRAM_SILENT,
        .one_manager = (options & 32) != 0,
        .found = blame,
        .context = &s};
    /* Not judged here: how late an answer is, because this manager reads when the input says so; and, with a silent
     * program (--wire-only), SCHED-4 and SCHED-6, which are not proved to be sound: a right manager was blamed. */
    judge.off[WATCH_NEXT_6 / 32] |= UINT32_C(1) << WATCH_NEXT_6 % 32;
    judge.off[WATCH_SCHED_4 / 32] |= UINT32_C(1) << WATCH_SCHED_4 % 32;
    judge.off[WATCH_SCHED_6 / 32] |= UINT32_C(1) << WATCH_SCHED_6 % 32;
    FUZZ_REQUIRE(watch_new(&judge, &s.w) == UNDR_OK && undr_manager_new(&manager, &s.core) == UNDR_OK);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        open_line(&s, i);
    }
    while (source->left.size > 0) {
        uint8_t op = fuzz_take_u8(source);
        run_op(&s, op, fuzz_take_u8(source));
        s.now++;
    }
    watch_finish(s.w);
    watch_free(s.w);
    undr_manager_free(s.core);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        drop_all(&s.lines[i].in);
        drop_all(&s.lines[i].out);
    }
}

/* ---- packets ---- */

static void play_packets(fuzz_source *source, uint8_t options) {
    static const int links[] = {WATCH_LINK_RAW, WATCH_LINK_NULL, WATCH_LINK_ETHERNET, WATCH_LINK_SLL, WATCH_LINK_SLL2};
    watch *w;
    watch_tcp *tcp;
    const watch_options judge = {.found = blame};
    FUZZ_REQUIRE(watch_new(&judge, &w) == UNDR_OK && watch_tcp_new(w, options & 2 ? 4000 : 0, &tcp) == UNDR_OK);
    uint64_t now = 0;
    while (source->left.size > 0) {
        now += (uint64_t)fuzz_take_u8(source) << 24;
        undr_slice packet = fuzz_take_bytes(source, fuzz_take_u8(source));
        watch_segment segment;
        if (watch_packet_read(links[options / 4 % 5], packet, &segment)) {
            FUZZ_REQUIRE(watch_tcp_take(tcp, &segment, now) == UNDR_OK);
        }
    }
    FUZZ_REQUIRE(watch_tcp_finish(tcp) == UNDR_OK);
    watch_tcp_free(tcp);
    watch_finish(w);
    watch_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_source source = fuzz_source_over(data, size);
    uint8_t options = fuzz_take_u8(&source);
    if ((options & 1) != 0) {
        play_packets(&source, options);
    } else {
        play_ops(&source, options);
    }
    return 0;
}
