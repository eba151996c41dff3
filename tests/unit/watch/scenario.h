/* scenario.h: what crosses, as words, for the tests of the watch.
 *
 *     A>n         a client's frame: n, t, m, or 0 to 9 for a task of that priority, with a payload behind `:`
 *     A<t:None    a manager's frame: t, m, s, n
 *     A|  A!      the client closes its sending side; resets
 *     A<|         the manager closes
 *     A-          the connection is gone
 *     A?>  A?<    bytes of a side were lost
 *     ?           connections were lost, nobody knows which
 *     *A          A is seen from its middle
 *     A>^         the first three bytes of a frame of a client
 *     A>~         a client's header that announces 2^62 bytes
 *     @5000       so many milliseconds pass; each word takes one
 *     =50         from here on each word takes 50 microseconds
 *
 * Payloads: None, Close, Error (a WorkerException), and any other word as the pickle of itself; `#` before it: as it is. */
#ifndef TESTS_WATCH_SCENARIO_H
#define TESTS_WATCH_SCENARIO_H

#include "watch/watch.h"

#include "undr/frame.h"
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct scene {
    watch *w;
    watch_connection *connections[26];
    uint64_t now;   /* ns */
    uint64_t step;  /* ns that a word takes */
    char ids[512];  /* of the findings: the first of each, with a blank behind */
    char also[512]; /* the others, that may be meant instead */
    watch_finding last;
} scene;

static void note_finding(void *context, const watch_finding *finding) {
    scene *s = context;
    strncat(s->ids, watch_rule_about(finding->rules[0])->id, sizeof s->ids - strlen(s->ids) - 1);
    strncat(s->ids, " ", sizeof s->ids - strlen(s->ids) - 1);
    for (size_t i = 1; i < WATCH_ALTERNATIVES; i++) {
        strncat(s->also, watch_rule_about(finding->rules[i])->id, sizeof s->also - strlen(s->also) - 1);
        strncat(s->also, " ", sizeof s->also - strlen(s->also) - 1);
    }
    s->last = *finding;
}

static undr_slice payload_of(const char *word, undr_buffer *buffer) {
    static const char error[] = "\x80\x04\x8c\x09undr.task\x8c\x0fWorkerException\x93)\x81.";
    if (strcmp(word, "None") == 0) {
        return undr_pickle_none();
    }
    if (strcmp(word, "Close") == 0) {
        return undr_pickle_close_request();
    }
    if (strcmp(word, "Error") == 0) {
        return undr_slice_of(error, sizeof error - 1);
    }
    if (*word == '#') {
        return undr_slice_text(word + 1);
    }
    undr_arena arena = {0};
    undr_value *value;
    assert_int_equal(undr_value_text(&arena, word, &value), UNDR_OK);
    assert_int_equal(undr_pickle_write(value, 4, buffer), UNDR_OK);
    undr_arena_free(&arena);
    return undr_buffer_slice(buffer);
}

static watch_connection *connection_of(scene *s, char letter, bool whole) {
    watch_connection **c = &s->connections[letter - 'A'];
    if (*c == NULL) {
        char name[8];
        (void)snprintf(name, sizeof name, "%d", 50000 + letter - 'A');
        assert_int_equal(watch_open(s->w, "4000", name, whole, s->now, c), UNDR_OK);
    }
    return *c;
}

static void play_frame(scene *s, watch_connection *c, watch_side from, const char *text) {
    undr_buffer payload = {0}, bytes = {0};
    const char *colon = strchr(text, ':');
    undr_frame frame = {.type = (uint8_t)(*text >= '0' && *text <= '9' ? 0x80 + *text - '0' : *text)};
    if (colon != NULL) {
        frame.payload = payload_of(colon + 1, &payload);
    }
    assert_int_equal(undr_frame_encode(&bytes, &frame), UNDR_OK);
    assert_int_equal(watch_bytes(s->w, c, from, s->now, undr_buffer_slice(&bytes)), UNDR_OK);
    undr_buffer_free(&payload);
    undr_buffer_free(&bytes);
}

static void play_word(scene *s, const char *word) {
    if (*word == '@') {
        s->now += strtoull(word + 1, NULL, 10) * 1000000;
        return;
    }
    if (*word == '=') {
        s->step = strtoull(word + 1, NULL, 10) * 1000;
        return;
    }
    if (*word == '?') {
        watch_others(s->w);
        return;
    }
    if (*word == '*') {
        connection_of(s, word[1], false);
        return;
    }
    watch_connection *c = connection_of(s, *word, true);
    const char *rest = word + 1;
    if (*rest == '|' || *rest == '!') {
        assert_int_equal(watch_end(s->w, c, WATCH_CLIENT, s->now, *rest == '!'), UNDR_OK);
    } else if (*rest == '-') {
        watch_close(s->w, c, s->now);
        s->connections[*word - 'A'] = NULL;
    } else if (*rest == '?') {
        assert_int_equal(watch_gap(s->w, c, rest[1] == '>' ? WATCH_CLIENT : WATCH_MANAGER, s->now, 0), UNDR_OK);
    } else if (strcmp(rest, "<|") == 0) {
        assert_int_equal(watch_end(s->w, c, WATCH_MANAGER, s->now, false), UNDR_OK);
    } else if (strcmp(rest, ">^") == 0 || strcmp(rest, ">~") == 0) {
        const undr_slice header = {(const uint8_t *)"m\0\0\0\0\0\0\0\x40", rest[1] == '^' ? 3 : UNDR_HEADER_SIZE};
        assert_int_equal(watch_bytes(s->w, c, WATCH_CLIENT, s->now, header), UNDR_OK);
    } else {
        play_frame(s, c, *rest == '>' ? WATCH_CLIENT : WATCH_MANAGER, rest + 1);
    }
}

/* Afterwards s->ids has what was found, and s->w is freed. */
static void play_scenario(scene *s, const watch_options *options, const char *text, watch_totals *totals) {
    watch_options own = *options;
    char *copy = strdup(text), *save = NULL;
    *s = (scene){.now = 1000000000, .step = 1000000};
    own.found = note_finding;
    own.context = s;
    assert_int_equal(watch_new(&own, &s->w), UNDR_OK);
    for (char *word = strtok_r(copy, " \n", &save); word != NULL; word = strtok_r(NULL, " \n", &save)) {
        s->now += s->step;
        play_word(s, word);
    }
    watch_finish(s->w);
    if (totals != NULL) {
        *totals = *watch_sum(s->w);
    }
    watch_free(s->w);
    free(copy);
}

#endif
