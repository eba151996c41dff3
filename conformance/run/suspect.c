/* suspect.c: does the target read a length in a wrong way? Only one that does can answer a length that is wrong. */
#include "run/suspect.h"

#include "base/clock.h"
#include "notation/parse.h"
#include "report/common.h"
#include "run/supervisor.h"

enum { PROPER, SWAPPED, COUNTED, PADDED, SESSIONS };
#define PART_OF_LIMITS 0.2 /* most of these sessions end in silence */

/* The first is right for any target; each of the others for one that has made a mistake, as far as it goes: what a
 * header that is padded is answered with can't be read, and is proof enough. */
#define HEAD(role, name) \
    "case " role ".suspect." name "\n  must FRAME-1  the length is little-endian, and that of the payload\n"
#define TASK "task of ours" /* no digit first: the escape before it would take it in */
static const char *const texts[][SESSIONS] = {
    [CHECK_ROLE_MANAGER] =
        {
            HEAD("manager", "proper") "  A -> raw b'\\x81\\x0c\\0\\0\\0\\0\\0\\0\\0" TASK "'\n  A <- s\n"
                                      "  A -> n\n  A <- t b'" TASK "'\n",
            HEAD("manager", "swapped") "  A -> raw b'\\x81\\0\\0\\0\\0\\0\\0\\0\\x0c" TASK "'\n  A <- s\n"
                                       "  A -> n\n  A <- t b'" TASK "'\n",
            HEAD("manager", "counted") "  A -> raw b'\\x81\\x15\\0\\0\\0\\0\\0\\0\\0task of our'\n  A quiet 1\n"
                                       "  A -> raw b's'\n  A <- s\n", /* not acknowledged before it is whole */
            HEAD("manager", "padded") "  A -> raw b'n\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'\n  A <- t None\n",
        },
    [CHECK_ROLE_WORKER] =
        {
            HEAD("worker", "proper") "  A <- n\n  A -> raw b't\\x04\\0\\0\\0\\0\\0\\0\\0\\x80\\x04N.'\n  A <- n\n",
            HEAD("worker", "swapped") "  A <- n\n  A -> raw b't\\0\\0\\0\\0\\0\\0\\0\\x04\\x80\\x04N.'\n  A <- n\n",
            HEAD("worker", "counted") "  A <- n\n  A -> raw b't\\x0d\\0\\0\\0\\0\\0\\0\\0\\x80\\x04N.'\n  A <- n\n",
            HEAD("worker", "padded") "  A <- n\n  A quiet 1\n",
        },
};

struct answers {
    const check_again *again;
    bool passed[SESSIONS];
    bool padded;
};

static void on_started(void *context, const check_item *item) {
    (void)context;
    (void)item;
}

static bool on_finished(void *context, const check_item *item, check_result *result) {
    struct answers *self = context;
    self->passed[item->record] = result->verdict == CHECK_PASS;
    self->padded = self->padded || result->hint == CHECK_HINT_PADDED_HEADER;
    check_result_free(result);
    return true;
}

static int on_tick(void *context) {
    struct answers *self = context;
    check_tell(self->again->reporters, (check_event){.kind = CHECK_EVENT_TICK});
    return self->again->is_interrupted(self->again->context);
}

static undr_error play_all(const check_again *again, const check_cases cases[SESSIONS], struct answers *answers) {
    check_item items[SESSIONS];
    check_setting setting = again->part->setting;
    setting.timeout_factor *= PART_OF_LIMITS;
    setting.unwatched = true;
    for (size_t i = 0; i < SESSIONS; i++) {
        items[i] = (check_item){&cases[i].at[0], i, CHECK_DELIVERY_WHOLE, NULL, false};
    }
    check_supervision supervision = {items, SESSIONS, &setting, check_play_item, SESSIONS, 0, again->limit_ns, false,
        again->signals, {answers, on_started, on_finished, on_tick, NULL}, NULL};
    return check_supervise(&supervision, &again->session->interrupted);
}

static void conclude(check_part *part, const struct answers *answers) {
    bool swapped = answers->passed[SWAPPED], counted = answers->passed[COUNTED];
    if (answers->passed[PROPER]) {
        return;
    }
    if (answers->padded) {
        part->suspicion = CHECK_HINT_PADDED_HEADER;
        part->suspicion_seen = "a header of 16 bytes was answered with another, one of 9 bytes was not answered";
    } else if (swapped != counted) { /* one that takes both looks at no length at all */
        part->suspicion = swapped ? CHECK_HINT_BYTE_ORDER : CHECK_HINT_COUNTS_HEADER;
        part->suspicion_seen = swapped
            ? "a frame whose length was sent big-endian was understood, the same frame with a correct length was not"
            : "a frame whose length included its header was understood, the same frame with a correct length was not";
    }
}

static undr_error play_role(const check_again *again) {
    check_cases cases[SESSIONS] = {0};
    struct answers answers = {.again = again};
    check_mistake mistake = {0};
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < SESSIONS && error == UNDR_OK; i++) {
        error = check_parse(undr_slice_text(texts[again->part->role][i]), "suspicions", &cases[i], &mistake);
    }
    error = error == UNDR_OK ? play_all(again, cases, &answers) : error;
    for (size_t i = 0; i < SESSIONS; i++) {
        check_cases_free(&cases[i]);
    }
    if (error == UNDR_OK && again->session->interrupted == 0) {
        conclude(again->part, &answers);
    }
    return error;
}

/* Did the first case of the role fail, and is nothing proven yet? */
static undr_error is_due(const check_again *again, bool *due) {
    const check_part *part = again->part;
    size_t life = check_name_map_get(&part->by_name, check_suite_life(part->role));
    *due = false;
    if (part->role == CHECK_ROLE_POOL || again->session->options->again == 0 || again->session->options->pause
        || again->session->options->host != NULL || again->session->interrupted != 0 || life == CHECK_NO_NAME
        || check_record_standing(&part->records[life]) != CHECK_FAILED) {
        return UNDR_OK;
    }
    check_digest digest;
    undr_error error = check_digest_make(again->session, &digest);
    if (error == UNDR_OK) {
        *due = check_common_of(&digest, part).hint == CHECK_HINT_NONE;
    }
    check_digest_free(&digest);
    return error;
}

undr_error check_play_suspicions(const check_again *again) {
    bool due = false;
    undr_error error = is_due(again, &due);
    return error == UNDR_OK && due ? play_role(again) : error;
}
