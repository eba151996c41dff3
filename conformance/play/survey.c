/* survey.c: what a session must know about an implementation before the first case: whether its adapter is one, what it
 * declares, how quickly it answers and settles. */
#include "play/play.h"
#include "play/player.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/writer.h"
#include "notation/parse.h"
#include "play/survey_verb.h"
#include "target/gate.h"
#include "target/inherited.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINES = 128,
    STREAM = 64, /* answers behind one another */
    TRIPS = 9,
    HELD_MS = 50,                     /* a None that takes longer, and twice a round trip, is held */
    PRINTED_SHOWN = 200,              /* bytes of what `capabilities` printed */
    STANDARD_ROUND_TRIP_NS = 1000000, /* when the target answers too little to be measured; the cases will show why */
    STANDARD_SETTLE_NS = 50000000,
    SILENCE_S = 4 /* less than any answer may take: a play that failed sooner did not wait for nothing */
};

/* The line numbers below are those of the cases unrolled, from 0. */
static const char manager_text[] = "case manager.survey\n"
                                   "  must REQ-1  the survey measures how quickly requests are answered\n"
                                   "  A -> n\n"
                                   "  A <- t None\n" /* which may be held: no measure of a round trip */
                                   "  A -> 0x81 b'x'\n"
                                   "  A <- s\n"
                                   "  repeat 9\n"
                                   "    M -> next\n" /* 4, 8, ... */
                                   "    A -> m i\n"
                                   "    A <- m\n"
                                   "    M <- message i\n"
                                   "  A -> n\n" /* 40 */
                                   "  A <- t b'x'\n"
                                   "  A -> t\n"
                                   "  A <- t None\n"
                                   "  M -> next\n"
                                   "  M <- done\n"
                                   "  A -> raw b'm\\x05\\0\\0\\0\\0\\0\\0\\0\\x80\\x04K\\x01.' * 64\n" /* 46 */
                                   "  repeat 64\n"
                                   "    A <- m\n"        /* 47, 48, ... */
                                   "  M -> close join\n" /* 111 */
                                   "  M <- closed\n"
                                   "  M -> end\n"
                                   "  P <- exit 0\n";

static const char worker_text[] = "case worker.survey\n"
                                  "  must WORK-1  the survey measures how quickly a worker asks\n"
                                  "  A <- n\n"
                                  "  repeat 5\n"
                                  "    A -> t None\n" /* 1, 3, ... */
                                  "    A <- n\n"
                                  "  repeat 9\n"
                                  "    A -> t Probe([('message', i)])\n" /* 11, 15, ... */
                                  "    A <- m i\n"
                                  "    A -> m\n"
                                  "    A <- t\n"
                                  "  A -> t CloseRequest\n" /* 47 */
                                  "  A <- end exit 0\n";

static const char pool_text[] = "case pool.survey\n"
                                "  must POOL-1  the survey measures how quickly a pool runs a task\n"
                                "  repeat 5\n"
                                "    M -> schedule 1 Probe([('wait', G), ('message', i)])\n" /* 0, 5, ... */
                                "    G accept\n"
                                "    M -> next\n"
                                "    G close\n"
                                "    M <- message i\n"
                                "  M -> next\n" /* 25 */
                                "  M <- done\n"
                                "  M -> close join\n" /* 27 */
                                "  M <- closed\n"
                                "  M -> end\n"
                                "  P <- exit 0\n";

static const char connect_text[] = "case manager.survey\n"
                                   "  must REQ-1  the survey measures how quickly requests are answered\n"
                                   "  A -> n\n"
                                   "  A <- t None\n" /* which may be held */
                                   "  repeat 9\n"
                                   "    A -> 0x81 b'x'\n" /* 2, 4, ... */
                                   "    A <- s\n"
                                   "  A -> n\n" /* and all are settled again */
                                   "  A <- t b'x'\n"
                                   "  repeat 8\n"
                                   "    A -> t\n"
                                   "    A <- t b'x'\n"
                                   "  A -> t\n"       /* 38 */
                                   "  A <- t None\n"; /* how long this one takes, a None is held */

/* ---- times ---- */

static int compare_times(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right ? 1 : 0;
}

/* The median time from line `from` to line `to`, of `times` pairs that are `stride` lines apart; 0: not measured. */
static uint64_t median(const check_stopwatch *stopwatch, size_t from, size_t to, size_t times, size_t stride) {
    uint64_t took[TRIPS];
    size_t count = 0;
    for (size_t i = 0; i < times && i < TRIPS; i++) {
        size_t first = from + i * stride, last = to + i * stride;
        if (last < stopwatch->count && stopwatch->at[first] != 0 && stopwatch->at[last] != 0) {
            took[count++] = stopwatch->at[last] - stopwatch->at[first];
        }
    }
    if (count == 0) {
        return 0;
    }
    qsort(took, count, sizeof *took, compare_times);
    return took[count / 2];
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Too few lines were reached: the standard values are used. */
static void keep_times(check_setting *setting, uint64_t trip, uint64_t settle) {
    if (trip > 0) {
        setting->round_trip_ns = trip;
    }
    if (settle > 0) {
        setting->settle_ns = most(settle, trip);
    }
}

/* From the line before a send: when a send returns, a quick target has already answered. */
static void read_times(check_setting *setting, check_role role, const check_stopwatch *stopwatch) {
    if (role == CHECK_ROLE_WORKER) {
        keep_times(setting, median(stopwatch, 10, 12, 9, 4),
            most(median(stopwatch, 0, 2, 5, 2), median(stopwatch, 46, 48, 1, 0)));
    } else if (role == CHECK_ROLE_POOL) {
        uint64_t runs = most(median(stopwatch, 4, 6, 4, 5), median(stopwatch, 2, 4, 5, 5));
        keep_times(setting, median(stopwatch, 24, 26, 1, 0), most(runs, median(stopwatch, 26, 28, 1, 0)));
    } else if (setting->command == NULL) {
        keep_times(setting, median(stopwatch, 1, 3, 9, 2), median(stopwatch, 1, 3, 9, 2));
        uint64_t first = median(stopwatch, 0, 1, 1, 0), last = median(stopwatch, 37, 39, 1, 0),
                 none = least(first, last);
        setting->held_ns = none > HELD_MS * CHECK_MILLISECOND && none > 2 * setting->round_trip_ns ? none : 0;
    } else {
        keep_times(setting, median(stopwatch, 4, 6, 9, 4),
            most(median(stopwatch, 4, 7, 9, 4), median(stopwatch, 110, 112, 1, 0)));
        setting->stream_ns = median(stopwatch, 45, 110, 1, 0) / STREAM;
        uint64_t first = median(stopwatch, 0, 1, 1, 0), held = setting->capabilities.hold * CHECK_MILLISECOND;
        setting->first_ns = first > held ? first - held : 0;
    }
}

/* ---- playing ---- */

static undr_error say_refusal(const check_setting *setting, const check_result *result, undr_buffer *to) {
    const undr_buffer *expected = &result->expected;
    bool failed = result->verdict == CHECK_ERROR;
    undr_error excuse = !failed && setting->command != NULL ? check_inherited_excuse(0, to) : UNDR_OK;
    if (excuse != UNDR_OK) {
        return excuse;
    }
    check_writer why = check_writer_to(to);
    if (!failed && (result->verdict != CHECK_BLOCKED || setting->command != NULL)) {
        if (setting->command != NULL) {
            check_say_command(setting, &why);
        } else {
            check_write_format(&why, "%s:%u", setting->host, setting->port);
        }
        check_write(&why, ": ");
        check_say_last_words(&why, undr_buffer_slice(&result->output));
        if (expected->size > 0) {
            check_write(&why, "expected ");
            check_write_slice(&why, undr_buffer_slice(expected));
            check_write(&why, ", received ");
        }
    }
    check_write_slice(&why, undr_buffer_slice(&result->received));
    const check_advice *advice = check_hint_advice(result->hint);
    if (advice != NULL) {
        check_write_format(&why, "\n    cause: %s", advice->text);
    }
    return why.error != UNDR_OK ? why.error : failed ? UNDR_SYSTEM : UNDR_ARGUMENT;
}

/* Did the very first answer not come in time? `first`: its line. */
static bool is_silent(const check_setting *setting, const check_result *result, const uint64_t *first) {
    double factor = setting->timeout_factor > 0 ? setting->timeout_factor : 1;
    return *first == 0 && (double)result->duration_ns >= factor * (double)(SILENCE_S * CHECK_SECOND);
}

/* A target that starts but answers too little is surveyed all the same: its cases will show what is wrong. */
static undr_error play_measurement(check_setting *setting, check_role role, const check_case *one, undr_buffer *why) {
    uint64_t times[LINES] = {0};
    check_stopwatch stopwatch = {.at = times, .count = LINES};
    check_result result;
    check_setting unpaused = *setting;
    unpaused.pause = false;
    unpaused.measuring = true;
    check_play_watched(one, &unpaused, CHECK_DELIVERY_WHOLE, &result, &stopwatch);
    bool alone = setting->command == NULL && times[1] == 0;
    undr_error error = UNDR_OK;
    if (result.verdict == CHECK_ERROR || result.verdict == CHECK_BLOCKED || !stopwatch.started || alone) {
        error = say_refusal(setting, &result, why);
    } else {
        read_times(setting, role, &stopwatch);
        setting->silent = is_silent(setting, &result, &times[role == CHECK_ROLE_WORKER ? 0 : 1]);
    }
    check_result_free(&result);
    return error;
}

static undr_error measure_role(check_setting *setting, check_role role, undr_buffer *why) {
    const char *text = role == CHECK_ROLE_WORKER ? worker_text
        : role == CHECK_ROLE_POOL                ? pool_text
        : setting->command == NULL               ? connect_text
                                                 : manager_text;
    check_cases cases = {0};
    check_mistake mistake = {0};
    undr_error error = check_parse(undr_slice_text(text), "survey", &cases, &mistake);
    if (error == UNDR_OK) {
        error = play_measurement(setting, role, &cases.at[0], why);
    } else if (error == UNDR_ARGUMENT && undr_put_text(why, mistake.text) != UNDR_OK) {
        error = UNDR_MEMORY;
    }
    check_cases_free(&cases);
    return error;
}

static bool declares(const check_capabilities *capabilities, check_role role) {
    return role == CHECK_ROLE_MANAGER ? capabilities->manager
        : role == CHECK_ROLE_WORKER   ? capabilities->worker
                                      : capabilities->pool;
}

static undr_error say_undeclared(const check_setting *setting, const char *role, undr_buffer *to) {
    undr_slice printed = check_text_trim(undr_buffer_slice(&setting->capabilities.text));
    check_writer why = check_writer_to(to);
    check_say_command(setting, &why);
    check_write_format(&why, " does not declare the role %s: `capabilities` prints no line `%s`%s", role, role,
        printed.size == 0 ? ", and no other" : "; it prints: ");
    for (size_t i = 0; i < printed.size && i < PRINTED_SHOWN; i++) {
        if (printed.data[i] == '\n') {
            check_write(&why, " | ");
        } else {
            check_write_clean(&why, undr_slice_of(&printed.data[i], 1));
        }
    }
    check_write(&why, printed.size > PRINTED_SHOWN ? " ..." : "");
    return check_refused(why.error);
}

undr_error check_survey(check_setting *setting, check_role role, undr_buffer *why) {
    static const char *const names[] = {"manager", "worker", "pool"};
    setting->round_trip_ns = STANDARD_ROUND_TRIP_NS;
    setting->settle_ns = STANDARD_SETTLE_NS;
    if (setting->listens) { /* a survey would need a worker of its own: the standard values stand */
        int listener = check_listen_at(setting->host, setting->port, why);
        if (listener < 0) { /* once, instead of in every play */
            return UNDR_SYSTEM;
        }
        close(listener);
        undr_buffer_free(&setting->capabilities.text);
        setting->capabilities = (check_capabilities){
            .worker = true, .priority_levels = 2, .pickle_low = 4, .pickle_high = 4};
        return UNDR_OK;
    }
    if (setting->command != NULL) {
        undr_error error = check_survey_adapter(setting, why);
        if (error != UNDR_OK) {
            return error;
        }
        if (!declares(&setting->capabilities, role)) {
            return say_undeclared(setting, names[role], why);
        }
    } else {
        undr_buffer_free(&setting->capabilities.text);
        setting->capabilities = (check_capabilities){
            .manager = true, .priority_levels = 2, .pickle_low = 4, .pickle_high = 4};
    }
    return measure_role(setting, role, why);
}
