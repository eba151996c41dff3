/* explore.c: plays sessions, random or kept; a failing one is shrunk to a case that anyone can play again. */
#include "explore/explore.h"

#include "base/clock.h"
#include "base/shortage.h"
#include "base/text.h"
#include "base/user_file.h"
#include "base/written.h"
#include "explore/kept.h"
#include "explore/session_case.h"
#include "explore/shrink.h"
#include "notation/parse.h"
#include "report/alone.h"
#include "report/report.h"
#include "run/output.h"
#include "run/run.h"
#include "run/supervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LENGTH = 40,
    TRIES = 400,
    TOLD_EVERY_S = 3,
    DEFAULT_SESSIONS = 100,
    PLAY_LIMIT_S = 60,
    SLOW_MS = 500 /* a failure that takes this long probably waited for an answer that never came */
};

/* Tries of such a failure wait only this part of the limit; the result is confirmed with the whole limit. */
static const double haste = 10;

struct explorer {
    const check_options *options;
    uint64_t seed;
    check_kept kept; /* of --corpus; none: sessions are drawn */
    check_reachable reachable[CHECK_ROLE_COUNT];
    const check_signals *signals;
    check_setting setting;      /* of the role that is being shrunk */
    const check_result *wanted; /* a failure like this one */
    check_delivery delivery;
    const char *name;           /* of the case that is being shrunk */
    unsigned tries;             /* so far */
    size_t operations;          /* of the session at first */
    uint64_t began_ns, told_ns; /* the shrinking, and its last word */
    int interrupted;            /* the signal that ended the measuring; 0: none */
    undr_buffer message;
};

static check_reachable reachable_of(const check_setting *setting) {
    return (check_reachable){
        setting->command != NULL, setting->capabilities.hold > 0, setting->capabilities.priority_levels};
}

static undr_error make_session(struct explorer *self, check_role role, size_t index, check_explored *session) {
    if (self->options->corpus != NULL) {
        return check_kept_session(session, undr_buffer_slice(&self->kept.at[index].bytes));
    }
    return check_explored_make(session, role, self->seed * 1000003 + index, LENGTH);
}

/* ---- the sessions as a suite ---- */

static undr_error write_session(struct explorer *self, check_role role, size_t index, undr_buffer *text) {
    check_explored session;
    char name[64];
    snprintf(name, sizeof name, "%s.explore.%llu-%zu", check_role_name(role), (unsigned long long)self->seed, index);
    undr_error error = make_session(self, role, index, &session);
    if (error == UNDR_OK) {
        error = check_explored_write(&session, &self->reachable[role], name, text);
    }
    if (error == UNDR_OK) {
        error = undr_put_u8(text, '\n');
    }
    check_explored_free(&session);
    return error;
}

/* So a failure names a line of its session, not of a file that does not exist. */
static undr_error add_session(struct explorer *self, check_role role, size_t index, check_suite *suite) {
    char drawn[80];
    const char *place = self->options->corpus != NULL ? self->kept.at[index].path : drawn;
    undr_buffer text = {0};
    snprintf(drawn, sizeof drawn, "session %zu of --seed %llu", index, (unsigned long long)self->seed);
    undr_error error = write_session(self, role, index, &text);
    if (error == UNDR_OK) {
        error = check_suite_add_text(suite, undr_buffer_slice(&text), place, &self->message);
    }
    undr_buffer_free(&text);
    return error;
}

static undr_error write_suite(struct explorer *self, check_suite *suite) {
    size_t drawn = self->options->sessions != 0 ? self->options->sessions : DEFAULT_SESSIONS;
    size_t sessions = self->options->corpus != NULL ? self->kept.count : drawn;
    undr_error error = UNDR_OK;
    for (int role = 0; role < CHECK_ROLE_COUNT; role++) {
        for (size_t i = 0; i < sessions && self->options->roles[role] && error == UNDR_OK; i++) {
            error = add_session(self, (check_role)role, i, suite);
        }
    }
    return error;
}

/* ---- shrinking ---- */

struct replay {
    check_result result;
    bool ended;
};

static void on_started(void *context, const check_item *item) {
    (void)context;
    (void)item;
}

static bool on_finished(void *context, const check_item *item, check_result *result) {
    struct replay *replay = context;
    (void)item;
    replay->result = *result;
    replay->ended = true;
    return true;
}

static int on_tick(void *context) {
    (void)context;
    return check_is_abandoned(stdout) ? SIGPIPE : 0;
}

static undr_error parse_session(struct explorer *self, const check_explored *session, check_cases *cases) {
    undr_buffer text = {0};
    check_mistake mistake;
    undr_error error = check_explored_write(session, &self->reachable[session->role], self->name, &text);
    if (error == UNDR_OK) {
        error = check_parse(undr_buffer_slice(&text), "explore", cases, &mistake);
    }
    if (error == UNDR_ARGUMENT && undr_put_text(&self->message, mistake.text) != UNDR_OK) {
        error = UNDR_MEMORY;
    }
    undr_buffer_free(&text);
    return error;
}

/* Plays a session once. check_result_free(&replay->result) afterwards. */
static undr_error replay_session(struct explorer *self, const check_explored *session, struct replay *replay) {
    check_cases cases = {0};
    int interrupted = 0;
    undr_error error = parse_session(self, session, &cases);
    if (error != UNDR_OK) {
        return error;
    }
    check_item item = {&cases.at[0], 0, self->delivery, NULL, false};
    check_supervision supervision = {&item, 1, &self->setting, check_play_item, 1, 0,
        (uint64_t)((double)(PLAY_LIMIT_S * UINT64_C(1000000000)) * self->options->timeout_factor), false, self->signals,
        {replay, on_started, on_finished, on_tick, NULL}, NULL};
    error = check_supervise(&supervision, &interrupted);
    check_cases_free(&cases);
    return interrupted != 0 ? UNDR_INTERRUPTED : error;
}

static void tell_progress(struct explorer *self, size_t count) {
    uint64_t now = check_now();
    self->tries++;
    if (self->tries == 1 || now - self->told_ns >= TOLD_EVERY_S * CHECK_SECOND) {
        self->told_ns = now;
        fprintf(stderr,
            "shortening: try %u of at most %d, %.0f s: %zu of %zu operations; Ctrl-C ends it and keeps "
            "what there is\n",
            self->tries, TRIES, (double)(now - self->began_ns) / 1e9, count, self->operations);
    }
}

/* check_fails: it fails with the same verdict for the same requirement. */
static undr_error session_fails(void *context, const check_explored *session) {
    struct explorer *self = context;
    struct replay replay = {0};
    tell_progress(self, session->count);
    undr_error error = replay_session(self, session, &replay);
    bool same = replay.ended && replay.result.verdict == self->wanted->verdict
        && strcmp(replay.result.id, self->wanted->id) == 0;
    check_result_free(&replay.result);
    return error != UNDR_OK ? error : same ? UNDR_OK : UNDR_DONE;
}

/* The session of a case of the suite: its name ends with the number. */
static size_t index_of(const char *name) {
    return (size_t)strtoull(strrchr(name, '-') + 1, NULL, 10);
}

static const check_record *first_that_fell_short(const check_session *session, const check_part **part) {
    for (size_t i = 0; i < session->part_count; i++) {
        *part = &session->parts[i];
        for (size_t k = 0; k < (*part)->count; k++) {
            const check_record *record = &(*part)->records[k];
            check_standing standing = check_record_standing(record);
            if (standing == CHECK_FAILED || (standing == CHECK_WARNED && session->options->strict)) {
                return record;
            }
        }
    }
    return NULL;
}

/* ---- the report at the end ---- */

static undr_error keep_case(struct explorer *self, undr_slice text, const char *path) {
    int file = -1;
    undr_error error = check_file_open(path, &file, &self->message);
    int reason = error == UNDR_OK ? check_file_replace(file, text) : 0;
    if (file >= 0 && close(file) != 0 && reason == 0) {
        reason = errno;
    }
    if (reason != 0) {
        error = check_put_unwritten(&self->message, path, reason);
    }
    return error == UNDR_MEMORY ? error : error != UNDR_OK || reason != 0 ? UNDR_SYSTEM : UNDR_OK;
}

static void print_replay(const struct explorer *self, const check_session *session, const check_part *part,
    const check_record *record, const char *path, FILE *out) {
    check_options options = *self->options;
    char *file = strdup(path);
    check_session alone = *session;
    options.action = CHECK_ACTION_RUN;
    options.cases = (check_texts){file == NULL ? NULL : &file, file == NULL ? 0 : 1};
    alone.options = &options;
    fprintf(out, "\nIt is in %s; again: ", path);
    if (check_print_alone(out, check_text_plain, &alone, part, record) != UNDR_OK) {
        fputs("(no memory for the command)", out);
    }
    fputc('\n', out);
    free(file);
}

/* The smallest session, as a case: printed, and written to a file with its name. */
static undr_error tell_shortest(struct explorer *self, const check_explored *session, const check_session *run,
    const check_part *part, const check_record *record) {
    undr_buffer text = {0};
    char path[96];
    FILE *out = check_outputs_human(self->options);
    snprintf(path, sizeof path, "%s.case", self->name);
    undr_error error = check_explored_write(session, &self->reachable[session->role], self->name, &text);
    if (error == UNDR_OK) {
        fprintf(out, "\nThe shortest session that fails in this way (%zu of %zu operations):\n\n", session->count,
            self->operations);
        fwrite(text.data, 1, text.size, out);
        error = keep_case(self, undr_buffer_slice(&text), path);
    }
    if (error == UNDR_OK) {
        print_replay(self, run, part, record, path, out);
    }
    undr_buffer_free(&text);
    return error;
}

/* When the target never answers, each try costs the whole time limit. Tries with a part of it may mistake slow for
 * hanging: then the result passes with the whole limit, and everything is done again. */
static undr_error shrink_in_haste(struct explorer *self, check_explored *session, uint64_t took_ns) {
    check_explored small;
    undr_error error = check_explored_copy(&small, session);
    if (error != UNDR_OK) {
        return error;
    }
    fprintf(stderr,
        "shortening: a play of it takes %.1f s, perhaps most of it waiting for nothing; each try waits a %.0fth as "
        "long\n",
        (double)took_ns / 1e9, haste);
    self->setting.timeout_factor = self->options->timeout_factor / haste;
    error = check_shrink(&small, session_fails, self, TRIES);
    self->setting.timeout_factor = self->options->timeout_factor;
    undr_error confirmed = error == UNDR_OK ? session_fails(self, &small) : error;
    if (confirmed == UNDR_DONE) {
        fputs("shortening: the shortened session passes when it has more time; trying again with the full time\n",
            stderr);
        check_explored_free(&small);
        return check_shrink(session, session_fails, self, TRIES);
    }
    check_explored_free(session);
    *session = small;
    return confirmed;
}

static undr_error shrink_one(struct explorer *self, check_explored *session) {
    uint64_t before = check_now();
    undr_error error = session_fails(self, session);
    if (error == UNDR_DONE) {
        fputs("\nThis session did not fail when it was played once more: the target behaves differently each time.\n",
            check_outputs_human(self->options));
        return UNDR_OK;
    }
    if (error != UNDR_OK) {
        return error;
    }
    uint64_t took_ns = check_now() - before;
    bool slow = took_ns > (uint64_t)SLOW_MS * CHECK_MILLISECOND;
    return slow ? shrink_in_haste(self, session, took_ns) : check_shrink(session, session_fails, self, TRIES);
}

static undr_error shrink_session(
    struct explorer *self, const check_session *run, const check_part *part, const check_record *record) {
    check_explored session;
    undr_error error = make_session(self, part->role, index_of(record->one->name), &session);
    if (error != UNDR_OK) {
        return error;
    }
    self->operations = session.count;
    self->setting = part->setting;
    self->wanted = check_record_worst(record);
    self->delivery = check_record_delivery(record);
    self->name = record->one->name;
    self->began_ns = check_now();
    error = shrink_one(self, &session);
    if (error == UNDR_OK || error == UNDR_INTERRUPTED) {
        undr_error told = tell_shortest(self, &session, run, part, record);
        error = error == UNDR_OK ? told : error;
    }
    check_explored_free(&session);
    return error;
}

static undr_error on_ended(
    void *context, const check_session *session, const check_signals *signals, undr_buffer *message) {
    struct explorer *self = context;
    const check_part *part = NULL;
    const check_record *record = first_that_fell_short(session, &part);
    self->signals = signals;
    undr_error error = record == NULL || session->interrupted != 0 ? UNDR_OK
                                                                   : shrink_session(self, session, part, record);
    bool tells = error != UNDR_OK && error != UNDR_INTERRUPTED;
    undr_error told = tells ? undr_put_slice(message, undr_buffer_slice(&self->message)) : UNDR_OK;
    return told == UNDR_OK ? error : told;
}

/* ---- the whole ---- */

/* What the sessions may contain depends on what the target declares. If it can't be measured, the run says why. */
static undr_error measure_targets(struct explorer *self) {
    check_signals signals;
    undr_error error = check_signals_open(&signals);
    if (error != UNDR_OK) {
        return check_put_reason(&self->message, errno) == UNDR_OK ? error : UNDR_MEMORY;
    }
    for (int role = 0; role < CHECK_ROLE_COUNT && error == UNDR_OK; role++) {
        undr_buffer why = {0};
        check_setting setting = check_run_setting(self->options);
        if (self->options->roles[role]) {
            error = check_survey_apart(
                &setting, (check_role)role, &why, &signals, &(check_survey_watcher){NULL, NULL}, &self->interrupted);
            error = error == UNDR_INTERRUPTED || error == UNDR_MEMORY ? error : UNDR_OK;
        }
        self->reachable[role] = reachable_of(&setting);
        undr_buffer_free(&setting.capabilities.text);
        undr_buffer_free(&why);
    }
    check_signals_close(&signals);
    return error;
}

int check_explore(const check_options *options) {
    struct explorer self = {.options = options, .seed = check_run_seed(options)};
    check_options again = *options; /* for the run: the same seed, and an end at the first failure */
    check_suite suite = {0};
    again.has_seed = true;
    again.seed = self.seed;
    again.until_fail = true;
    again.repeat = options->repeat == 0 ? 1 : options->repeat;
    undr_error error = options->corpus == NULL ? UNDR_OK : check_kept_read(options->corpus, &self.kept, &self.message);
    bool is_usage = error == UNDR_ARGUMENT;
    if (error == UNDR_OK) {
        error = measure_targets(&self);
    }
    if (error == UNDR_OK) {
        error = write_suite(&self, &suite);
    }
    int status = CHECK_HARNESS;
    if (error == UNDR_OK) {
        status = check_run_suite(&again, &suite, on_ended, &self);
    } else {
        bool told = self.message.size > 0;
        fprintf(stderr, "undr-check: explore: %s", told ? "" : undr_error_text(error));
        check_text_plain(stderr, undr_buffer_slice(&self.message));
        fputc('\n', stderr);
        status = self.interrupted != 0 ? 128 + self.interrupted : is_usage ? CHECK_USAGE : CHECK_HARNESS;
    }
    check_kept_free(&self.kept);
    check_suite_free(&suite);
    undr_buffer_free(&self.message);
    return status;
}
