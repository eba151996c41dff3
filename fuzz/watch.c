/* watch.c: the watch beside a manager that is right: it must never blame it. Input: one byte of options, then ops.
 *
 * Requests are seen when they are sent and handled by the reference's core later; answers are given by it and seen later
 * still: each order that a sniffer can see of a right manager, which may end connections and held answers early as it likes.
 * What a sniffer misses is a gap, or the beginning of a connection. With an odd first byte the rest is packets, which may
 * be anything. */
#include "fuzz.h"

#include "undr/manager.h"
#include "undr/pickle.h"
#include "watch/tcp.h"

#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 4, WAITING = 16, SLOWEST = 1000 };

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
    bool full;          /* the manager takes it for one that does not read */
    size_t pending;     /* requests without an answer: held answers come all at once, and have room */
    unsigned missed;    /* how many of the next parcels are not seen */
    way in, out;
} line;

typedef struct scene {
    watch *w;
    undr_manager_core *core;
    line lines[CONNECTIONS];
    uint64_t now, idle; /* ms; of these, how long the manager may have been idle */
    unsigned counter;
    bool program; /* it schedules tasks of its own, unseen */
    bool misses;  /* the sniffer does */
} scene;

static void blame(void *context, const watch_finding *finding) {
    (void)context;
    FUZZ_REQUIRE(finding->sight_count > 0 && finding->sight_count <= WATCH_SIGHTS);
    for (size_t i = 0; i < finding->sight_count; i++) {
        undr_buffer text = {0};
        FUZZ_REQUIRE(watch_print_sight(&text, &finding->sights[i], "A") == UNDR_OK && text.size > 0);
        undr_buffer_free(&text);
    }
    FUZZ_REQUIRE(context == NULL || finding->blamed == WATCH_CLIENT);
}

static uint64_t seen_at(const scene *s) {
    return s->now * 1000000;
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

/* A frame, or a gap in its place: of a known size, or not. */
static void see(scene *s, line *l, watch_side from, const undr_buffer *bytes) {
    undr_error error;
    if (l->missed > 0) {
        error = watch_gap(s->w, l->seen, from, seen_at(s), l->missed % 2 == 0 ? bytes->size : 0);
        l->missed--;
    } else {
        error = watch_bytes(s->w, l->seen, from, seen_at(s), undr_buffer_slice(bytes));
    }
    FUZZ_REQUIRE(error == UNDR_OK);
}

static void show(scene *s, line *l) {
    if (l->out.count == 0) {
        return;
    }
    parcel one = take(&l->out);
    if (one.ends) {
        FUZZ_REQUIRE(watch_end(s->w, l->seen, WATCH_MANAGER, seen_at(s), one.resets) == UNDR_OK);
    } else {
        l->pending--;
        see(s, l, WATCH_MANAGER, &one.bytes);
    }
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
    see(s, l, WATCH_CLIENT, &bytes);
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

static void open_line(scene *s, size_t index, bool whole) {
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
    FUZZ_REQUIRE(watch_open(s->w, "4000", name, whole, seen_at(s), &l->seen) == UNDR_OK);
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

static void drain(scene *s) {
    bool more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < CONNECTIONS; i++) {
            more = more || (!s->lines[i].gone && s->lines[i].in.count > 0) || s->lines[i].out.count > 0;
            show(s, &s->lines[i]);
            handle(s, &s->lines[i]);
        }
    }
}

/* A manager that is right does everything within a second. */
static void pass_time(scene *s, uint64_t ms) {
    uint64_t until = s->now + ms;
    if ((s->idle += ms) > SLOWEST) {
        drain(s);
        while (undr_manager_deadline(s->core) < until) {
            uint64_t deadline = undr_manager_deadline(s->core);
            s->now = deadline > s->now ? deadline : s->now;
            undr_manager_advance(s->core, s->now);
            collect(s);
            drain(s);
        }
        s->idle = 0;
    }
    s->now = until;
    undr_manager_advance(s->core, s->now);
    collect(s);
}

/* What a manager may do of itself, and what a sniffer may miss. */
static void be_free(scene *s, line *l, uint8_t choice) {
    if (choice == 0xee) {
        undr_manager_close(s->core);
    } else if (choice % 8 == 1 && !l->gone) {
        undr_manager_end_requests(s->core, l->handle);
    } else if (choice % 8 == 2 && !l->gone && !is_full(&l->out)) {
        put_end(&l->out, choice >= 128);
        disconnect(s, l);
    } else if (choice % 8 == 3 && !l->gone && l->pending > 0) {
        l->full = !l->full;
        undr_manager_set_full(s->core, l->handle, l->full);
    } else if (choice % 8 == 4 && s->misses) {
        l->missed = choice / 8 % 4;
    }
    collect(s);
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
    case 10: open_line(s, index, choice < 200 || !s->misses); break;
    case 11: pass_time(s, (uint64_t)choice * choice); break;
    case 12: be_free(s, l, choice); break;
    default: exchange(s, l, choice); break;
    }
}

static void play_ops(fuzz_source *source, uint8_t options) {
    scene s = {.program = (options & 2) != 0, .misses = (options & 64) != 0, .now = 1000};
    const undr_manager_options manager = {
        .priority_levels = 3, .hold = options & 4 ? 20 : 0, .retries = options >> 3 & 3};
    watch_options judge = {.program = s.program ? WATCH_PROGRAM_UNSEEN : WATCH_PROGRAM_SILENT,
        .one_manager = (options & 32) != 0,
        .found = blame,
        .context = &s};
    FUZZ_REQUIRE(watch_new(&judge, &s.w) == UNDR_OK && undr_manager_new(&manager, &s.core) == UNDR_OK);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        open_line(&s, i, true);
    }
    while (source->left.size > 0) {
        uint8_t op = fuzz_take_u8(source);
        run_op(&s, op, fuzz_take_u8(source));
        pass_time(&s, 1);
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
