/* again.c: plays failed cases again, one by one. */
#include "run/again.h"

#include "base/clock.h"
#include "report/digest.h"
#include "run/supervisor.h"

#include <stdlib.h>

enum {
    KINDS = 6,    /* this many are played again; those that explain most come first */
    LEAST_S = 10, /* no new play begins after this (times --timeout-factor), */
    PART = 2      /* or after this part of the time that the whole run has taken, if that is longer */
};

/* One that is played again, until its play has ended. */
struct replay {
    const check_again *again;
    check_record *record;
};

static void on_started(void *context, const check_item *item) {
    struct replay *self = context;
    check_tell(self->again->reporters,
        (check_event){.kind = CHECK_EVENT_STARTED, .one = item->one, .delivery = item->delivery});
}

static bool on_finished(void *context, const check_item *item, check_result *result) {
    struct replay *self = context;
    check_plays_again *count = &self->record->again;
    check_tell(self->again->reporters,
        (check_event){.kind = CHECK_EVENT_PLAYED, .one = item->one, .delivery = item->delivery, .result = result});
    if (result->verdict == CHECK_ERROR) {
        count->broken++;
    } else {
        count->played++;
        count->failed += result->verdict >= CHECK_WARN ? 1 : 0;
    }
    check_result_free(result);
    return true;
}

static int on_tick(void *context) {
    struct replay *self = context;
    check_tell(self->again->reporters, (check_event){.kind = CHECK_EVENT_TICK});
    return self->again->is_interrupted(self->again->context);
}

static undr_error play_one(const check_again *again, check_record *record) {
    struct replay replay = {again, record};
    check_item item = {record->one, 0, check_record_delivery(record), NULL, false};
    check_supervision supervision = {&item, 1, &again->part->setting, check_play_item, 1, 0, again->limit_ns, false,
        again->signals, {&replay, on_started, on_finished, on_tick, NULL}, NULL};
    return check_supervise(&supervision, &again->session->interrupted);
}

/* With --connect a case that damages the manager's counts would find the damage of its first play. */
static bool is_wanted(const check_again *again, const check_short *one) {
    bool failed = one->standing == CHECK_FAILED || one->standing == CHECK_WARNED || one->standing == CHECK_CHANGED;
    check_verdict verdict = check_record_verdict(one->record);
    bool known = again->part->setting.missed != 0 || again->part->setting.silent;
    bool seen = check_record_worst(one->record)->in_vain && known; /* several plays have waited for that already */
    bool damages = one->record->one->destructive && again->session->options->host != NULL;
    return one->part == again->part && failed && verdict >= CHECK_WARN && verdict != CHECK_ERROR && !damages && !seen;
}

static size_t choose(const check_again *again, check_record *chosen[KINDS]) {
    check_digest digest;
    size_t *order = NULL, count = 0, found = 0;
    if (check_digest_make(again->session, &digest) == UNDR_OK
        && check_digest_order(&digest, &order, &count) == UNDR_OK) {
        for (size_t i = 0; i < count && found < KINDS; i++) {
            const check_short *one = &digest.at[order[i]];
            if (is_wanted(again, one)) {
                chosen[found++] = &again->part->records[one->record - again->part->records];
            }
        }
    }
    free(order);
    check_digest_free(&digest);
    return found;
}

/* How long a play of this one lasts when nothing comes once more. */
static uint64_t waited_in_vain(const check_record *record) {
    const check_result *worst = check_record_worst(record);
    return worst->in_vain ? worst->duration_ns : 0;
}

static bool is_asked_for(const check_session *session) {
    const check_options *options = session->options;
    return options->again > 0 && options->repeat <= 1 && !options->until_fail && !options->pause
        && session->interrupted == 0;
}

undr_error check_play_again(const check_again *again) {
    check_record *chosen[KINDS];
    const check_session *session = again->session;
    uint64_t began = check_now(), part = (began - session->began_ns) / PART;
    uint64_t least = (uint64_t)((double)(LEAST_S * CHECK_SECOND) * session->options->timeout_factor);
    uint64_t budget = part > least ? part : least;
    size_t count = is_asked_for(session) ? choose(again, chosen) : 0;
    undr_error error = UNDR_OK;
    if (count > 0) {
        check_tell(again->reporters, (check_event){.kind = CHECK_EVENT_AGAIN, .part = again->part, .count = count});
    }
    for (size_t i = 0; i < count * session->options->again && error == UNDR_OK; i++) {
        uint64_t took = check_now() - began;
        if (session->interrupted != 0 || took > budget) {
            break;
        }
        if (took + waited_in_vain(chosen[i % count]) <= budget) {
            error = play_one(again, chosen[i % count]);
        }
    }
    return error;
}
