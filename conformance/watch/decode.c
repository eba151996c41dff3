/* decode.c: the watch as a reader of captures: what it is shown is printed, by connection. */
#include "watch/decode.h"

#include "base/grow.h"
#include "base/writer.h"
#include "notation/decode.h"
#include "notation/print.h"
#include "watch/source.h"

#include "undr/frame.h"

#include <stdlib.h>
#include <string.h>

/* A connection: its text up to the last frame, and the line of that one, which a remark may still come above. */
typedef struct shown {
    uint64_t number;
    char port[WATCH_NAME], name[WATCH_NAME];
    undr_buffer text, last;
    uint64_t place; /* of the last frame */
    bool remarked;  /* it has a remark already */
} shown;

typedef struct decoding {
    shown *all;
    size_t count, capacity;
    size_t wrong;
    bool packets;     /* of a capture, which may end before its connections do */
    undr_error error; /* the first; nothing is done behind it */
} decoding;

/* ---- connections ---- */

static shown *find(decoding *work, uint64_t number) {
    for (size_t i = work->count; i > 0; i--) {
        if (work->all[i - 1].number == number) {
            return &work->all[i - 1];
        }
    }
    return NULL;
}

static shown *have(decoding *work, const watch_framed *framed) {
    shown *one = find(work, framed->sight->connection);
    if (one != NULL) {
        return one;
    }
    shown *all = check_array_grow(work->all, work->count, &work->capacity, sizeof *all);
    if (all == NULL) {
        work->error = UNDR_MEMORY;
        return NULL;
    }
    work->all = all;
    one = &all[work->count++];
    *one = (shown){.number = framed->sight->connection};
    (void)snprintf(one->port, sizeof one->port, "%s", framed->port);
    (void)snprintf(one->name, sizeof one->name, "%s", framed->sight->name);
    return one;
}

static undr_error flush(shown *one) {
    undr_error error = undr_put_slice(&one->text, undr_buffer_slice(&one->last));
    one->last.size = 0;
    one->remarked = false;
    return error;
}

/* ---- what crossed ---- */

static undr_error put_raw(undr_buffer *to, watch_side from, undr_slice bytes) {
    enum { SHOWN = 64 };
    check_writer out = check_writer_to(to);
    const undr_value value = {
        .kind = UNDR_BYTES, .bytes = undr_slice_of(bytes.data, bytes.size > SHOWN ? SHOWN : bytes.size)};
    check_write(&out, from == WATCH_CLIENT ? "  A -> raw " : "  # raw "); /* a receive has no `raw` */
    check_write_value(&out, &value);
    if (bytes.size > SHOWN) {
        check_write_format(&out, "... (%zu bytes)", bytes.size);
    }
    check_write(&out, "\n");
    return out.error;
}

static undr_error put_part(undr_buffer *to, const watch_framed *framed, bool cut) {
    check_writer out = check_writer_to(to);
    size_t size = framed->payload.size;
    const char *where = cut ? "the capture ends inside this frame, which may have gone on"
                            : "it goes no further than this",
               *id = cut ? "" : " (FRAME-5)";
    if (size < UNDR_HEADER_SIZE) {
        check_write_format(&out, "  # %s: %zu bytes of a header of %d%s\n", where, size, UNDR_HEADER_SIZE, id);
    } else {
        check_write_format(&out, "  # %s: the header announces %llu bytes, %zu%s follow%s\n", where,
            (unsigned long long)framed->sight->size, size - UNDR_HEADER_SIZE, framed->holed ? " of those seen" : "",
            id);
    }
    return out.error == UNDR_OK ? put_raw(to, framed->sight->from, framed->payload) : out.error;
}

/* What is wrong with it, the watch says, which knows what a task was when it was scheduled. */
static undr_error put_frame(shown *one, watch_side from, const undr_frame *frame) {
    bool wrong;
    check_side side = from == WATCH_CLIENT ? CHECK_SIDE_WORKER : CHECK_SIDE_MANAGER;
    return check_decode_frame(&one->last, side, frame, NULL, true, &wrong);
}

static undr_error put_late(shown *one, const watch_framed *framed) {
    undr_slice rest = framed->payload;
    undr_error error = undr_put_text(&one->last, "  # behind the manager's end, which answers nothing any more:\n");
    while (error == UNDR_OK && rest.size > 0) {
        undr_frame frame;
        uint64_t size = 0;
        if (undr_frame_decode(rest, UNDR_PAYLOAD_MAXIMUM, &frame, &size) != UNDR_OK) {
            return put_raw(&one->last, framed->sight->from, rest);
        }
        error = put_frame(one, framed->sight->from, &frame);
        rest = undr_slice_of(rest.data + size, rest.size - (size_t)size);
    }
    return error;
}

static undr_error put_end(undr_buffer *to, const watch_sight *sight) {
    bool reset = sight->what == WATCH_SAW_RESET;
    const char *client = reset ? "  A -> reset\n" : "  A -> half-close\n";
    return undr_put_text(to, sight->from == WATCH_CLIENT ? client : reset ? "  A <- end reset\n" : "  A <- end fin\n");
}

static undr_error put_holed(undr_buffer *to, const watch_framed *framed) {
    undr_buffer line = {0};
    undr_error error = watch_print_sight(&line, framed->sight, "A");
    error = error == UNDR_OK ? undr_put_text(to, "  # not all of it was captured: ") : error;
    error = error == UNDR_OK ? undr_put_slice(to, undr_buffer_slice(&line)) : error;
    undr_buffer_free(&line);
    return error == UNDR_OK ? undr_put_u8(to, '\n') : error;
}

static undr_error put(shown *one, const watch_framed *framed, bool packets) {
    const watch_sight *sight = framed->sight;
    const undr_frame frame = {sight->type, framed->payload};
    switch (sight->what) {
    case WATCH_SAW_FIN:
    case WATCH_SAW_RESET: return put_end(&one->last, sight);
    case WATCH_SAW_PART: return put_part(&one->last, framed, false);
    case WATCH_SAW_CUT: return put_part(&one->last, framed, packets);
    case WATCH_SAW_LATE: return put_late(one, framed);
    default: return framed->holed ? put_holed(&one->last, framed) : put_frame(one, sight->from, &frame);
    }
}

static void on_framed(void *context, const watch_framed *framed) {
    decoding *work = context;
    shown *one = work->error == UNDR_OK ? have(work, framed) : NULL;
    watch_sight_what what = framed->sight->what;
    work->wrong += what == WATCH_SAW_PART || (what == WATCH_SAW_CUT && !work->packets);
    if (one != NULL) {
        work->error = flush(one);
        one->place = framed->sight->place;
        work->error = work->error == UNDR_OK ? put(one, framed, work->packets) : work->error;
    }
}

/* ---- what is wrong with it ---- */

static undr_error put_ids(undr_buffer *to, const watch_finding *finding) {
    undr_error error = undr_put_format(to, "  # %s (%s", finding->what, watch_rule_about(finding->rules[0])->id);
    for (size_t i = 1; i < WATCH_ALTERNATIVES && finding->rules[i] != WATCH_NO_RULE && error == UNDR_OK; i++) {
        error = undr_put_format(to, " or %s", watch_rule_about(finding->rules[i])->id);
    }
    return error == UNDR_OK ? undr_put_text(to, ")\n") : error;
}

/* A frame that must not be sent is marked as the notation wants it. */
static undr_error mark_bad(shown *one, const watch_finding *finding) {
    static const char sent[] = "  A -> ";
    watch_rule rule = finding->rules[0];
    bool bad = rule == WATCH_REQ_4 || rule == WATCH_REQ_5 || rule == WATCH_MSG_3 || rule == WATCH_SCHED_12;
    if (!bad || one->last.size < sizeof sent || memcmp(one->last.data, sent, sizeof sent - 1) != 0) {
        return UNDR_OK;
    }
    undr_error error = undr_put_text(&one->text, "  A -> bad ");
    error = error == UNDR_OK
        ? undr_put_bytes(&one->text, one->last.data + sizeof sent - 1, one->last.size - sizeof sent + 1)
        : error;
    one->last.size = 0;
    return error;
}

/* Above the line of the frame that shows it, when that has come; a frame has one remark. */
static undr_error remark(decoding *work, shown *one, const watch_finding *finding) {
    const watch_sight *last = &finding->sights[finding->sight_count - 1];
    bool here = last->place == one->place && one->last.size > 0;
    if (last->place == one->place && one->remarked) {
        return UNDR_OK;
    }
    work->wrong++;
    undr_error error = here ? UNDR_OK : flush(one);
    error = error == UNDR_OK ? put_ids(&one->text, finding) : error;
    one->remarked = here;
    return error == UNDR_OK && here ? mark_bad(one, finding) : error;
}

static void on_found(void *context, const watch_finding *finding) {
    decoding *work = context;
    const watch_sight *last = &finding->sights[finding->sight_count - 1];
    const watch_framed framed = {.sight = last, .port = finding->port};
    shown *one = work->error == UNDR_OK ? have(work, &framed) : NULL;
    if (one != NULL) {
        work->error = remark(work, one, finding);
    }
}

/* ---- all of it ---- */

static undr_error begin(decoding *work, watch **made) {
    watch_options options = {.found = on_found, .framed = on_framed, .context = work};
    options.off[WATCH_WORK_21 / 32] |= UINT32_C(1) << WATCH_WORK_21 % 32; /* the times may be made up */
    return watch_new(&options, made);
}

static undr_error print(decoding *work, FILE *out, const char *notes) {
    undr_error error = work->error;
    for (size_t i = 0; i < work->count && error == UNDR_OK; i++) {
        shown *one = &work->all[i];
        error = flush(one);
        if (one->port[0] != '\0') {
            fprintf(out, "%s# client :%s, manager :%s\n", i == 0 ? "" : "\n", one->name, one->port);
        }
        fwrite(one->text.data, 1, one->text.size, out);
    }
    fputs(notes, out);
    return error == UNDR_OK && (fflush(out) != 0 || ferror(out)) ? UNDR_SYSTEM : error;
}

static void end(decoding *work, watch *w) {
    for (size_t i = 0; i < work->count; i++) {
        undr_buffer_free(&work->all[i].text);
        undr_buffer_free(&work->all[i].last);
    }
    free(work->all);
    watch_free(w);
}

/* Lines of notes as remarks: "# ..." */
static undr_error as_remarks(const undr_buffer *notes, undr_buffer *remarks) {
    undr_error error = UNDR_OK;
    bool begins = true;
    for (size_t i = 0; i < notes->size && error == UNDR_OK; i++) {
        bool ends = notes->data[i] == '\n';
        error = begins && !ends ? undr_put_text(remarks, "# ") : UNDR_OK;
        error = error == UNDR_OK && !(begins && ends) ? undr_put_u8(remarks, notes->data[i]) : error;
        begins = ends;
    }
    return error == UNDR_OK ? undr_put_u8(remarks, '\0') : error;
}

static undr_error refuse_foreign(const char *name, undr_buffer *message) {
    return check_refused(undr_put_format(message,
        "%s: it is a capture, but no connection in it was seen to speak the undr task protocol; "
        "`undr-check watch --pcap FILE --port N` judges whatever goes to a port",
        name));
}

static undr_error print_packets(
    decoding *work, watch_source *source, const char *name, FILE *out, undr_buffer *message) {
    undr_buffer remarks = {0};
    watch_finish(source->w);
    if (watch_sum(source->w)->gaps > 0) {
        work->error = undr_put_text(&source->notes, "some bytes were lost or cut: not all frames are shown\n");
    }
    undr_error error = as_remarks(&source->notes, &remarks);
    if (error == UNDR_OK && work->error == UNDR_OK && work->count == 0) {
        error = refuse_foreign(name, message);
    }
    error = error == UNDR_OK ? print(work, out, (const char *)remarks.data) : error;
    undr_buffer_free(&remarks);
    return error;
}

undr_error watch_decode_packets(undr_slice file, const char *name, FILE *out, size_t *wrong, undr_buffer *message) {
    decoding work = {.packets = true};
    watch_teller teller = {0};
    watch_source source = {.teller = &teller, .signals = -1};
    undr_error error = begin(&work, &source.w);
    error = error == UNDR_OK ? watch_capture_bytes(&source, file, name) : error;
    if (error == UNDR_OK) {
        error = print_packets(&work, &source, name, out, message);
    } else if (source.message.size > 0) {
        undr_error told = undr_put_slice(message, undr_buffer_slice(&source.message));
        error = told == UNDR_OK ? error : told;
    }
    *wrong = work.wrong;
    end(&work, source.w);
    undr_buffer_free(&source.notes);
    undr_buffer_free(&source.message);
    return error;
}

/* Wireshark counts its peers as it saw them: which one is the client shows in what they say. */
static undr_error second_is_client(const check_hex *hex, bool *client) {
    undr_buffer second = {0};
    undr_error error = UNDR_OK;
    size_t at = 0;
    for (size_t i = 0; i < hex->count && error == UNDR_OK; i++) {
        if (hex->pieces[i].second) {
            error = undr_put_bytes(&second, hex->bytes.data + at, hex->pieces[i].size);
        }
        at += hex->pieces[i].size;
    }
    *client = check_decode_guess(undr_buffer_slice(&second)) == CHECK_SIDE_WORKER;
    undr_buffer_free(&second);
    return error;
}

static undr_error feed_sides(watch *w, const check_hex *hex, bool client) {
    watch_connection *c;
    size_t at = 0;
    undr_error error = watch_open(w, "", "A", true, 0, &c);
    for (size_t i = 0; i < hex->count && error == UNDR_OK; i++) {
        watch_side from = hex->pieces[i].second == client ? WATCH_CLIENT : WATCH_MANAGER;
        error = watch_bytes(w, c, from, i, undr_slice_of(hex->bytes.data + at, hex->pieces[i].size));
        at += hex->pieces[i].size;
    }
    return error;
}

undr_error watch_decode_sides(const check_hex *hex, FILE *out, size_t *wrong) {
    decoding work = {0};
    watch *w = NULL;
    bool client = false;
    undr_error error = begin(&work, &w);
    error = error == UNDR_OK ? second_is_client(hex, &client) : error;
    error = error == UNDR_OK ? feed_sides(w, hex, client) : error;
    if (error == UNDR_OK) {
        watch_finish(w);
        error = print(&work, out, "");
    }
    *wrong = work.wrong;
    end(&work, w);
    return error;
}
