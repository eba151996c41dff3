/* mutate_frames.c: the bytes of a connection. Payloads are changed as pickles, and mostly the header tells the truth
 * afterwards. */
#include "mutator.h"

enum { HEADER = 9 };

static void put_length(uint8_t *header, uint64_t length) {
    for (int i = 0; i < 8; i++) {
        header[1 + i] = (uint8_t)(length >> (8 * i));
    }
}

static uint64_t get_length(const uint8_t *header) {
    uint64_t length = 0;
    for (int i = 0; i < 8; i++) {
        length |= (uint64_t)header[1 + i] << (8 * i);
    }
    return length;
}

/* Some frame, following lengths from the start. The last one may announce more than there is: then it has what is. */
typedef struct frame_span {
    size_t header, payload, end; /* offsets */
} frame_span;

static bool some_frame(mutation *m, frame_span *chosen) {
    bool found = false;
    for (size_t at = 0; m->size - at >= HEADER;) {
        uint64_t length = get_length(m->data + at), left = m->size - at - HEADER;
        size_t end = at + HEADER + (size_t)(length < left ? length : left);
        if (!found || mutation_below(m, 3) == 0) {
            *chosen = (frame_span){at, at + HEADER, end};
            found = true;
        }
        if (length > left) {
            break;
        }
        at = end;
    }
    return found;
}

/* The header tells the truth again: about the payload as it is now, or about all that follows. */
static void mend_header(mutation *m) {
    frame_span frame;
    if (some_frame(m, &frame)) {
        bool all = mutation_below(m, 2) == 0;
        put_length(m->data + frame.header, (all ? m->size : frame.end) - frame.payload);
    }
}

static void lie_in_header(mutation *m) {
    static const uint64_t edges[] = {0, 1, 8, 9, 255, 256, 65535, 65536, 65537, 1 << 26, (1 << 26) + 1, UINT32_MAX,
        (uint64_t)1 << 32, (uint64_t)1 << 62, (uint64_t)1 << 63, UINT64_MAX - 8, UINT64_MAX};
    frame_span frame;
    if (some_frame(m, &frame)) {
        put_length(m->data + frame.header, edges[mutation_below(m, sizeof edges / sizeof *edges)]);
    }
}

static void insert_frame(mutation *m) {
    static const uint8_t types[] = {'n', 't', 'm', 's', 0x80, 0x81, 0xff, 0x7f, 0};
    uint8_t type = types[mutation_below(m, sizeof types)];
    uint8_t frame[HEADER + 4] = {type, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 4, 'N', '.'};
    bool payload = mutation_below(m, 2) == 0;
    put_length(frame, payload ? 4 : 0);
    frame_span other = {0};
    bool found = some_frame(m, &other);
    size_t at = found && mutation_below(m, 2) == 0 ? other.end : other.header; /* before it or behind it */
    (void)mutation_insert(m, at, frame, payload ? sizeof frame : HEADER);
}

/* Changes the payload of one frame, whose header mostly says so. What has no frame is changed as a whole. */
static void change_payload(mutation *m) {
    frame_span in = {0, 0, m->size};
    bool framed = some_frame(m, &in);
    mutate_opcodes(m, in.payload, &in.end);
    if (framed && mutation_below(m, 8) > 0) {
        put_length(m->data + in.header, in.end - in.payload);
    }
}

void fuzz_mutate(mutation *m) {
    if (m->size == 0) {
        insert_frame(m);
        return;
    }
    switch (mutation_below(m, 8)) {
    case 0: mend_header(m); return;
    case 1: lie_in_header(m); return;
    case 2:
    case 3: insert_frame(m); return;
    default: change_payload(m);
    }
}

/* All bytes, or the last payload. */
size_t fuzz_blind_part(mutation *m) {
    frame_span in;
    bool last = mutation_below(m, 2) > 0 && some_frame(m, &in) && in.end == m->size && in.payload < m->capacity;
    return last ? in.payload : 0;
}

void fuzz_mend(mutation *m, size_t blind_part) {
    if (blind_part >= HEADER && mutation_below(m, 8) > 0) {
        put_length(m->data + blind_part - HEADER, m->size - blind_part);
    }
}
