/* run.c: a run from its options to its reports and its exit status. */
#include "run/run.h"

#include "base/clock.h"
#include "base/shortage.h"
#include "base/text.h"
#include "base/writer.h"
#include "base/written.h"
#include "report/report.h"
#include "run/again.h"
#include "run/cause.h"
#include "run/output.h"
#include "run/plan.h"
#include "run/program.h"
#include "run/suspect.h"
#include "suite/ids.h"
#include "suite/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    PLAY_LIMIT_S = 180,
    HEAVY_LIMIT_S = 900,
    HELD_ANSWERS = 64, /* more than a play waits for until their hold is over, one after the other */
    BY_HAND = 60,      /* times longer may a worker take that stands in a debugger */
    WAITING_JOBS = 6   /* this many more of the cases that only wait, for each job; none with a single job */
};

/* All that a run holds. */
struct run {
    const check_options *options;
    const check_suite *suite;
    check_expected expected;
    check_signals signals;
    check_outputs outputs;
    check_reporters reporters;
    check_session session;
    check_terminal terminal;
    check_tap tap;
    check_part *part;    /* the present one */
    size_t settled;      /* records of it whose plays are all over, and all of those before them */
    check_causes causes; /* that its cases have met */
    size_t life_left;    /* plays of this round, of cases that are made to show them */
    unsigned repetition, repetitions;
    undr_buffer message;
};

static int give_up(undr_error error, const undr_buffer *message, int status) {
    int reason = errno;
    if (message->size > 0) {
        check_complain(message);
        return error == UNDR_ARGUMENT ? status : CHECK_HARNESS;
    }
    fprintf(stderr, "undr-check: %s%s%s%s\n", undr_error_text(error), error == UNDR_SYSTEM ? ": " : "",
        error == UNDR_SYSTEM ? strerror(reason) : "",
        error == UNDR_SYSTEM       ? check_remedy(reason)
            : error == UNDR_MEMORY ? check_remedy(ENOMEM)
                                   : "");
    return CHECK_HARNESS;
}

/* ---- the supervisor's watcher ---- */

static void on_started(void *context, const check_item *item) {
    struct run *run = context;
    check_tell(
        &run->reporters, (check_event){.kind = CHECK_EVENT_STARTED, .one = item->one, .delivery = item->delivery});
}

/* In order: a record is settled when all before it are. */
static void tell_settled(struct run *run, bool all) {
    while (run->settled < run->part->count) {
        const check_record *record = &run->part->records[run->settled];
        if (!all && (record->done < record->due || record->due == 0)) {
            return;
        }
        check_tell(&run->reporters, (check_event){.kind = CHECK_EVENT_SETTLED, .part = run->part, .record = record});
        run->settled++;
    }
}

/* Not of cases that were named, which are to be played, nor of those that are expected to fail. */
static bool looks_for_causes(const struct run *run, const check_record *record) {
    const check_options *options = run->options;
    return options->only.count == 0 && options->action != CHECK_ACTION_EXPLORE && !options->listens
        && record->entry == NULL;
}

static const char *on_blocker(void *context, const check_item *item) {
    struct run *run = context;
    bool looks = looks_for_causes(run, &run->part->records[item->record]);
    const check_case *blocker = looks && run->life_left == 0 ? check_causes_blocker(&run->causes, item->one) : NULL;
    return blocker == NULL ? NULL : blocker->name;
}

/* What is waited for in vain again and again is not waited for as long any more. */
static void look_for_cause(struct run *run, const check_case *one, const check_result *result) {
    undr_error error = check_causes_note(&run->causes, one, result);
    uint32_t wide = check_wait_kind_at(one, result->line).wide; /* that a narrow one is met shortens no other wait */
    if (result->in_vain && wide != 0 && check_causes_is_met(&run->causes, (check_wait_kind){wide, wide})) {
        run->part->setting.missed = wide;
    }
    run->session.broken = run->session.broken || error != UNDR_OK;
}

static bool on_finished(void *context, const check_item *item, check_result *result) {
    struct run *run = context;
    const check_options *options = run->options;
    check_record *record = &run->part->records[item->record];
    run->life_left -= check_suite_is_life(item->one) ? 1 : 0;
    if (looks_for_causes(run, record)) {
        look_for_cause(run, item->one, result);
    }
    check_tell(&run->reporters,
        (check_event){.kind = CHECK_EVENT_PLAYED, .one = item->one, .delivery = item->delivery, .result = result});
    bool keep = options->verbose || options->json != NULL || options->html != NULL;
    bool was_short = check_record_verdict(record) >= CHECK_WARN;
    check_record_add(record, item->delivery, run->repetition, result, keep);
    check_record_excuse(run->part, record);
    bool has_ended = record->done % (record->due / run->repetitions) == 0;
    bool has_begun = !was_short && check_record_verdict(record) >= CHECK_WARN;
    check_tell(&run->reporters,
        (check_event){.kind = CHECK_EVENT_COUNTED, .record = record, .complete = has_ended, .newly_short = has_begun});
    if (run->repetition == run->repetitions) {
        tell_settled(run, false);
    }
    bool is_short = check_standing_is_short(check_record_standing(record), options->strict);
    run->session.stopped = run->session.stopped || ((options->until_fail || options->fail_fast) && is_short);
    return !run->session.stopped;
}

/* If nobody reads the output any more, the run ends. */
static int on_tick(void *context) {
    struct run *run = context;
    check_tell(&run->reporters, (check_event){.kind = CHECK_EVENT_TICK});
    return check_is_abandoned(stdout) || check_is_abandoned(run->outputs.human) ? SIGPIPE : 0;
}

/* ---- a role ---- */

static undr_error prepare_records(struct run *run, check_part *part, const check_selection *selection) {
    part->records = calloc(selection->count + 1, sizeof *part->records);
    if (part->records == NULL) {
        return UNDR_MEMORY;
    }
    part->count = selection->count;
    part->heavy = selection->heavy;
    part->left_out = selection->left_out;
    for (size_t i = 0; i < part->count; i++) {
        check_delivery deliveries[CHECK_DELIVERY_COUNT];
        const check_case *one = selection->at[i];
        part->records[i].one = one;
        part->records[i].as_of = run->options->as_of;
        undr_error error = check_name_map_put(&part->by_name, one->name, i, NULL);
        for (size_t k = 0; k < one->was_count && error == UNDR_OK; k++) {
            error = check_name_map_put(&part->by_name, one->was[k], i, NULL);
        }
        if (error != UNDR_OK) {
            return error;
        }
        part->records[i].due = run->repetitions
            * (unsigned)check_plan_case(selection->at[i], run->options, run->session.seed, 1, deliveries);
    }
    return UNDR_OK;
}

/* Of one play, for the watchdog. */
static uint64_t limit_of(const struct run *run) {
    uint64_t least = (run->options->load ? HEAVY_LIMIT_S : PLAY_LIMIT_S) * CHECK_SECOND;
    uint64_t held = HELD_ANSWERS * run->part->setting.capabilities.hold * CHECK_MILLISECOND;
    return (uint64_t)((double)least * run->options->timeout_factor + (double)held);
}

static size_t count_life(const check_item *items, size_t count) {
    size_t life = 0;
    for (size_t i = 0; i < count; i++) {
        life += check_suite_is_life(items[i].one) ? 1 : 0;
    }
    return life;
}

static undr_error play_round(struct run *run, const check_selection *selection) {
    const check_options *options = run->options;
    check_item *items = NULL;
    size_t count = 0;
    undr_error error = check_plan_round(
        selection, &run->expected, options, run->session.seed, run->repetition, &items, &count);
    if (error == UNDR_OK) {
        unsigned jobs = run->session.jobs;
        run->life_left = count_life(items, count);
        check_supervision supervision = {items, count, &run->part->setting, check_play_item, jobs,
            jobs > 1 ? WAITING_JOBS * jobs : 0, options->pause || options->listens ? UINT64_MAX : limit_of(run),
            options->pause, &run->signals, {run, on_started, on_finished, on_tick, on_blocker},
            &run->part->setting.missed};
        check_tell(&run->reporters, (check_event){.kind = CHECK_EVENT_ROUND, .part = run->part, .count = count});
        error = check_supervise(&supervision, &run->session.interrupted);
    }
    free(items);
    return error;
}

check_setting check_run_setting(const check_options *options) {
    check_setting setting = {.command = options->command,
        .host = options->host,
        .port = options->port,
        .listens = options->listens,
        .timeout_factor = options->timeout_factor * (options->listens ? BY_HAND : 1),
        .patient = options->load,
        .destructive = options->destructive};
    setting.capabilities.priority_levels = 2;
    setting.capabilities.pickle_low = setting.capabilities.pickle_high = 4;
    return setting;
}

static void on_waits(void *context, const char *what) {
    struct run *run = context;
    check_tell(&run->reporters, (check_event){.kind = CHECK_EVENT_MEASURED, .part = run->part, .text = what});
}

static undr_error survey(struct run *run, check_part *part) {
    const check_survey_watcher watcher = {run, on_waits};
    part->setting = check_run_setting(run->options);
    undr_error error = check_survey_apart(
        &part->setting, part->role, &part->why, &run->signals, &watcher, &run->session.interrupted);
    part->setting.pause = run->options->pause; /* before each case, not while the target is measured */
    const check_capabilities *can = &part->setting.capabilities;
    const bool declared[CHECK_ROLE_COUNT] = {can->manager, can->worker, can->pool};
    part->surveyed = error == UNDR_OK;
    part->undeclared = !part->surveyed && run->options->all && can->text.size > 0 && !declared[part->role];
    if (error == UNDR_SYSTEM && part->why.size == 0) {
        error = check_put_reason(&part->why, errno) == UNDR_OK ? UNDR_SYSTEM : UNDR_MEMORY;
    }
    run->session.broken = run->session.broken || error == UNDR_SYSTEM;
    return error == UNDR_MEMORY ? error : UNDR_OK;
}

static undr_error play_rounds(struct run *run, const check_selection *selection) {
    undr_error error = UNDR_OK;
    for (run->repetition = 1; error == UNDR_OK && run->repetition <= run->repetitions; run->repetition++) {
        run->session.repetitions = run->repetition;
        error = play_round(run, selection);
        if (run->session.interrupted != 0 || run->session.stopped) {
            break;
        }
    }
    return error;
}

static undr_error play_again(struct run *run) {
    const check_again again = {&run->session, run->part, &run->reporters, &run->signals, limit_of(run), on_tick, run};
    undr_error error = check_play_again(&again);
    return error == UNDR_OK ? check_play_suspicions(&again) : error;
}

/* Which entries apply is known only now that the adapter has given its versions. */
static undr_error find_entries(struct run *run, check_part *part) {
    undr_error error = check_expected_apply(
        &run->expected, undr_buffer_slice(&part->setting.capabilities.text), &run->message);
    for (size_t i = 0; i < part->count && error == UNDR_OK; i++) {
        part->records[i].entry = check_expected_find(&run->expected, part->records[i].one);
    }
    return error;
}

static undr_error run_part(struct run *run, check_part *part, const check_selection *selection) {
    run->part = part;
    undr_error error = survey(run, part);
    bool plays = error == UNDR_OK && part->surveyed && run->session.interrupted == 0;
    run->settled = 0;
    if (plays) {
        error = find_entries(run, part);
    }
    if (plays && error == UNDR_OK) {
        error = play_rounds(run, selection);
    }
    check_causes_free(&run->causes);
    check_part_excuse(part);
    if (error == UNDR_OK || part->count > 0) {
        tell_settled(run, true);
    }
    return plays && error == UNDR_OK ? play_again(run) : error;
}

/* ---- the whole ---- */

static undr_error select_all(struct run *run, check_selection selections[CHECK_ROLE_COUNT]) {
    size_t chosen = 0, heavy = 0;
    undr_error error = check_suite_try_patterns(run->suite, run->options, &run->message);
    if (error != UNDR_OK) {
        return error;
    }
    for (int role = 0; role < CHECK_ROLE_COUNT; role++) {
        if (!run->options->roles[role]) {
            continue;
        }
        check_part *part = &run->session.parts[run->session.part_count];
        check_selection *selection = &selections[run->session.part_count];
        error = check_suite_select(run->suite, (check_role)role, run->options, selection, &run->message);
        part->role = (check_role)role;
        run->session.part_count++;
        if (error == UNDR_OK) {
            error = prepare_records(run, part, selection);
        }
        if (error != UNDR_OK) {
            return error;
        }
        chosen += selection->count;
        heavy += selection->heavy;
    }
    if (chosen > 0) {
        return UNDR_OK;
    }
    return check_refused(undr_put_text(&run->message,
        heavy > 0                      ? "all matching cases are heavy: add --load to run them"
            : run->options->shards > 1 ? "no matching case is in this --shard, so it runs nothing"
                                       : "no case matches: --list prints the names"));
}

static void open_reporters(struct run *run) {
    check_reporters *all = &run->reporters;
    *all = (check_reporters){.session = &run->session};
    check_terminal_open(&run->terminal, run->outputs.human, run->options);
    all->at[all->count++] = check_terminal_reporter(&run->terminal);
    if (run->options->tap) {
        run->tap.out = stdout;
        all->at[all->count++] = check_tap_reporter(&run->tap);
    }
    check_outputs_add(&run->outputs, run->options, all);
}

static void run_parts(struct run *run, const check_selection selections[CHECK_ROLE_COUNT]) {
    check_session *session = &run->session;
    undr_error error = UNDR_OK;
    session->began_ns = check_now();
    open_reporters(run);
    check_tell(&run->reporters, (check_event){.kind = CHECK_EVENT_BEGIN});
    for (size_t i = 0; i < session->part_count && error == UNDR_OK; i++) {
        bool goes_on = session->interrupted == 0 && !session->stopped;
        if (goes_on && session->parts[i].count > 0) {
            error = run_part(run, &session->parts[i], &selections[i]);
        }
    }
    if (error != UNDR_OK) { /* what was found until now is reported all the same */
        check_tell(&run->reporters, (check_event){.kind = CHECK_EVENT_PAUSE});
        (void)give_up(error, &run->message, CHECK_HARNESS);
        run->message.size = 0;
        session->mistaken = error == UNDR_ARGUMENT; /* the file of --expect */
        session->broken = error != UNDR_ARGUMENT;
    }
    session->duration_ns = check_now() - session->began_ns;
    check_tell(&run->reporters, (check_event){.kind = CHECK_EVENT_PAUSE});
}

static int report(struct run *run) {
    int status = check_session_status(&run->session);
    undr_error error = check_reporters_finish(&run->reporters, &run->message);
    if (error != UNDR_OK) {
        status = give_up(error, &run->message, CHECK_HARNESS);
        run->message.size = 0;
    }
    return status;
}

uint64_t check_run_seed(const check_options *options) {
    return options->has_seed ? options->seed : (check_now() ^ (uint64_t)getpid() << 20) % 1000000;
}

static void prepare_session(struct run *run) {
    const check_options *options = run->options;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    /* Many plays wait for most of their time. */
    unsigned jobs = options->jobs != 0 ? options->jobs : cores > 0 ? 2 * (unsigned)cores : 2;
    run->repetitions = options->repeat != 0 ? options->repeat : options->until_fail ? UINT32_MAX / 32 : 1;
    run->session = (check_session){.options = options,
        .expected = &run->expected,
        .suite = run->suite,
        .seed = check_run_seed(options),
        /* One manager cannot serve two cases at once; a paused target wants the terminal for itself. */
        .jobs = options->host != NULL || options->pause ? 1 : jobs,
        .started = time(NULL)};
}

static undr_error prepare(struct run *run, check_selection selections[CHECK_ROLE_COUNT]) {
    const check_options *options = run->options;
    undr_error error = UNDR_OK;
    if (options->expect != NULL) {
        error = check_expected_read(options->expect, &run->expected, &run->message);
    }
    if (error == UNDR_OK) {
        prepare_session(run);
        error = select_all(run, selections);
    }
    if (error == UNDR_OK) {
        error = check_find_program(options, &run->message);
    }
    if (error == UNDR_OK) {
        error = check_find_terminal(options, &run->message);
    }
    if (error == UNDR_OK) {
        error = check_outputs_open(&run->outputs, options, &run->message);
    }
    return error;
}

/* Plays and reports, with the signals under control; then calls the caller's function with the result. */
static undr_error play_all(struct run *run, const check_selection selections[CHECK_ROLE_COUNT], check_run_ended *ended,
    void *context, int *status) {
    undr_error error = check_signals_open(&run->signals);
    if (error != UNDR_OK) {
        return error;
    }
    run_parts(run, selections);
    *status = report(run);
    if (ended != NULL && !run->session.broken && !run->session.mistaken) {
        error = ended(context, &run->session, &run->signals, &run->message);
        *status = error == UNDR_OK ? *status : CHECK_HARNESS;
    }
    check_signals_close(&run->signals);
    return error;
}

int check_run_suite(const check_options *options, const check_suite *suite, check_run_ended *ended, void *context) {
    struct run run = {.options = options, .suite = suite};
    check_selection selections[CHECK_ROLE_COUNT] = {{0}};
    int status = CHECK_USAGE;
    undr_error error = prepare(&run, selections);
    if (error == UNDR_OK) {
        /* What a runner that is killed leaves becomes ours, to be killed, too. */
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        status = CHECK_HARNESS;
        error = play_all(&run, selections, ended, context, &status);
    }
    if (error != UNDR_OK) {
        status = give_up(error, &run.message, status);
    }
    for (int i = 0; i < CHECK_ROLE_COUNT; i++) {
        free(selections[i].at);
    }
    check_terminal_close(&run.terminal);
    check_outputs_close(&run.outputs);
    check_session_free(&run.session);
    check_expected_free(&run.expected);
    undr_buffer_free(&run.message);
    return status;
}

int check_run(const check_options *options) {
    check_suite suite;
    undr_buffer message = {0};
    bool embedded_mistake = false;
    undr_error error = check_suite_load(&suite, check_embedded_cases, &options->cases, &message, &embedded_mistake);
    if (error == UNDR_OK) {
        check_ids_warn(stderr, &suite, check_known_ids);
    }
    int status = error == UNDR_OK ? check_run_suite(options, &suite, NULL, NULL)
                                  : give_up(error, &message, embedded_mistake ? CHECK_HARNESS : CHECK_USAGE);
    check_suite_free(&suite);
    undr_buffer_free(&message);
    return status;
}
