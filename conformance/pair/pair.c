/* pair.c: `undr-check pair`: its sessions, and what came of them all. */
#include "pair/pair.h"

#include "base/stuck.h"
#include "base/text.h"
#include "base/user_file.h"
#include "base/writer.h"
#include "base/written.h"
#include "pair/session.h"
#include "play/survey_verb.h"
#include "target/inherited.h"
#include "target/surroundings.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { WORKERS = 3, SHOWN = 2, WORKS = 8, SIGNALLED = 128 };

typedef struct pair {
    const check_options *options;
    char **manager, **worker; /* owned arrays of borrowed words */
    undr_buffer names[2];     /* by watch_side: what the adapter calls itself, or its command; fit to print */
    unsigned levels;
    uint64_t hold; /* ms, of the manager */
    watch_source source;
    watch_teller teller;
    FILE *out;           /* for people: standard error when standard output has the JSON */
    watch_totals totals; /* of all sessions */
    pair_side sides[2];
    pair_outcome outcomes[WORKS];
    size_t played;
    int signal;
} pair;

/* ---- the two commands ---- */

static undr_error refuse(undr_buffer *message, const char *why) {
    return check_refused(undr_put_format(message,
        "pair: %s: undr-check pair [OPTIONS] -- MANAGER... -- WORKER..., with exactly one `--` between the two commands",
        why));
}

static undr_error copy_words(char *const *from, size_t count, char ***to) {
    *to = calloc(count + 1, sizeof **to);
    if (*to != NULL) {
        memcpy(*to, from, count * sizeof **to);
    }
    return *to == NULL ? UNDR_MEMORY : UNDR_OK;
}

static undr_error split(pair *p) {
    char *const *words = p->options->command;
    size_t count = 0, between = 0, marks = 0;
    for (; words != NULL && words[count] != NULL; count++) {
        if (strcmp(words[count], "--") == 0) {
            between = count;
            marks++;
        }
    }
    if (marks != 1) {
        return refuse(&p->source.message,
            count == 0       ? "there is no command"
                : marks == 0 ? "there is no command of the workers"
                             : "there are more than two commands");
    }
    if (between == 0 || between + 1 == count) {
        return refuse(
            &p->source.message, between == 0 ? "the manager's command is empty" : "the workers' command is empty");
    }
    undr_error error = copy_words(words, between, &p->manager);
    return error == UNDR_OK ? copy_words(words + between + 1, count - between - 1, &p->worker) : error;
}

/* ---- what they can do ---- */

static undr_error take_name(pair *p, watch_side side, char *const *command, undr_slice capabilities) {
    undr_slice word;
    const char *base = strrchr(command[0], '/');
    undr_slice name = undr_slice_text(base == NULL ? command[0] : base + 1);
    while ((word = check_text_take_word(&capabilities)).size > 0) {
        if (undr_slice_equal(word, undr_slice_text("name"))) {
            word = check_text_take_word(&capabilities);
            name = word.size > 0 ? word : name;
            break;
        }
    }
    return check_text_clean(&p->names[side], name);
}

/* UNDR_ARGUMENT: it is no adapter, or lacks the role. */
static undr_error ask(pair *p, watch_side side, char *const *command) {
    check_setting setting = {.command = command, .timeout_factor = p->options->timeout_factor};
    undr_error error = check_survey_adapter(&setting, &p->source.message);
    bool has = side == WATCH_MANAGER ? setting.capabilities.manager : setting.capabilities.worker;
    if (error == UNDR_OK && !has) {
        check_writer why = check_writer_to(&p->source.message);
        check_say_command(&setting, &why);
        check_write_format(&why, " does not declare the role %s", side == WATCH_MANAGER ? "manager" : "worker");
        error = check_refused(why.error);
    }
    if (error == UNDR_OK) {
        error = take_name(p, side, command, undr_buffer_slice(&setting.capabilities.text));
    }
    if (side == WATCH_MANAGER) {
        p->levels = setting.capabilities.priority_levels;
        p->hold = setting.capabilities.hold;
    }
    undr_buffer_free(&setting.capabilities.text);
    return error;
}

/* ---- sessions ---- */

static void add_totals(watch_totals *sum, const watch_totals *one) {
    for (int i = 0; i < WATCH_RULE_COUNT; i++) {
        sum->rules[i].held += one->rules[i].held;
        sum->rules[i].broken += one->rules[i].broken;
        sum->rules[i].undecided += one->rules[i].undecided;
    }
    sum->connections += one->connections;
    sum->requests += one->requests;
    sum->answers += one->answers;
    sum->tasks += one->tasks;
    sum->messages += one->messages;
    sum->schedules += one->schedules;
    sum->nones += one->nones;
    sum->close_requests += one->close_requests;
    sum->held_answers += one->held_answers;
    sum->gaps += one->gaps;
}

static void tell_session(const pair *p, const pair_work *work, const pair_outcome *outcome) {
    fprintf(p->out, "%-8s %s: %s\n", work->name, outcome->finished ? "finished" : "NOT FINISHED", work->about);
    check_text_lines(p->out, check_text_trim(undr_buffer_slice(&outcome->remark)), "         ");
    fflush(p->out);
}

static undr_error play_all(pair *p) {
    pair_setting setting = {.manager = p->manager,
        .worker = p->worker,
        .manager_can = {.priority_levels = p->levels, .hold = p->hold},
        .workers = p->options->workers == 0 ? WORKERS : p->options->workers,
        .timeout_factor = p->options->timeout_factor,
        .source = &p->source};
    undr_error error = UNDR_OK;
    for (const pair_work *work = pair_works; work->name != NULL && error == UNDR_OK && p->signal == 0; work++) {
        pair_outcome *outcome = &p->outcomes[p->played++];
        error = pair_session(&setting, work, outcome);
        add_totals(&p->totals, &outcome->totals);
        for (int side = 0; side < 2; side++) {
            p->sides[side].must += outcome->sides[side].must;
            p->sides[side].should += outcome->sides[side].should;
            p->sides[side].crashed = p->sides[side].crashed || outcome->sides[side].crashed;
        }
        p->signal = outcome->signal;
        tell_session(p, work, outcome);
    }
    return error;
}

/* ---- what came of it ---- */

/* A session that does not end proves nothing about either side, but the pair does not work. Where tasks were lost on the
 * way, that it ends is a SHOULD. */
static const char *outcome_word(const pair_work *work, const pair_outcome *outcome) {
    return outcome->finished ? "finished" : work->deaths ? "did not end (a SHOULD: FAULT-3)" : "did not end";
}

static int status_of(const pair *p) {
    bool strict = p->options->strict, broken = false;
    for (int side = 0; side < 2; side++) {
        broken = broken || p->sides[side].crashed || p->sides[side].must > 0 || (strict && p->sides[side].should > 0);
    }
    for (size_t i = 0; i < p->played; i++) {
        broken = broken || (!p->outcomes[i].finished && (strict || !pair_works[i].deaths));
    }
    return p->signal != 0 ? SIGNALLED + p->signal : broken ? CHECK_SHORT : CHECK_HELD;
}

static void print_name(const pair *p, watch_side side) {
    fwrite(p->names[side].data, 1, p->names[side].size, p->out);
}

static void tell_side(const pair *p, watch_side side) {
    const pair_side *one = &p->sides[side];
    fprintf(p->out, "%s ", side == WATCH_MANAGER ? "The manager," : "The workers,");
    print_name(p, side);
    if (one->must + one->should == 0) {
        fprintf(p->out, ": nothing that was seen breaks a requirement%s\n", one->crashed ? ", but it crashed" : "");
    } else {
        fprintf(p->out, ": broke a MUST %" PRIu64 " times, a SHOULD %" PRIu64 " times%s\n", one->must, one->should,
            one->crashed ? ", and crashed" : "");
    }
}

static void tell_end(const pair *p) {
    const watch_totals *t = &p->totals;
    fprintf(p->out,
        "\n%" PRIu64 " connections, %" PRIu64 " requests, %" PRIu64 " tasks handed out, %" PRIu64 " messages, %" PRIu64
        " tasks scheduled over connections\n",
        t->connections, t->requests, t->tasks, t->messages, t->schedules);
    tell_side(p, WATCH_MANAGER);
    tell_side(p, WATCH_CLIENT);
    for (size_t i = 0; i < p->played; i++) {
        if (!p->outcomes[i].finished) {
            fprintf(p->out, "The session `%s` %s. Nobody is blamed for that alone.\n", pair_works[i].name,
                outcome_word(&pair_works[i], &p->outcomes[i]));
        }
    }
}

/* What the wire shows to be broken is. But a program that left, or a session that did not end, may be due to limits that
 * the two inherit from the harness: then nobody is judged. */
static undr_error excuse(pair *p) {
    bool shown = p->sides[WATCH_MANAGER].must > 0 || p->sides[WATCH_CLIENT].must > 0;
    if (shown || p->signal != 0 || status_of(p) == CHECK_HELD) {
        return UNDR_OK;
    }
    size_t connections = p->options->workers == 0 ? WORKERS : p->options->workers;
    undr_error error = check_surroundings(true, CHECK_FILES_IN_PLAY, &p->source.message);
    return error == UNDR_OK ? check_inherited_excuse(connections, &p->source.message) : error;
}

/* ---- JSON ---- */

static json_t *json_of_side(const pair *p, watch_side side) {
    const pair_side *one = &p->sides[side];
    json_t *words = json_array();
    for (char **word = side == WATCH_MANAGER ? p->manager : p->worker; *word != NULL; word++) {
        undr_buffer clean = {0};
        if (check_text_clean(&clean, undr_slice_text(*word)) == UNDR_OK) {
            json_array_append_new(words, json_stringn((const char *)clean.data, clean.size));
        }
        undr_buffer_free(&clean);
    }
    json_t *name = json_stringn((const char *)p->names[side].data, p->names[side].size);
    return json_pack("{s:o, s:o, s:I, s:I, s:b}", "name", name, "command", words, "must", (json_int_t)one->must,
        "should", (json_int_t)one->should, "crashed", one->crashed);
}

static json_t *json_of_sessions(const pair *p) {
    json_t *sessions = json_array();
    for (size_t i = 0; i < p->played; i++) {
        undr_slice said = check_text_trim(undr_buffer_slice(&p->outcomes[i].remark));
        json_array_append_new(sessions,
            json_pack("{s:s, s:s, s:b, s:o}", "name", pair_works[i].name, "about", pair_works[i].about, "finished",
                p->outcomes[i].finished, "remark",
                json_stringn(said.size == 0 ? "" : (const char *)said.data, said.size)));
    }
    return sessions;
}

/* What the watch writes, and what only a pair has. NULL: out of memory. */
static json_t *json_of(const pair *p) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    bool written = memory != NULL && watch_tell_json(&p->teller, &p->totals, memory);
    written = memory != NULL && fclose(memory) == 0 && written;
    json_t *root = written ? json_loadb(text, size, 0, NULL) : NULL;
    free(text);
    bool failed = root == NULL || json_object_set_new(root, "manager", json_of_side(p, WATCH_MANAGER)) != 0
        || json_object_set_new(root, "worker", json_of_side(p, WATCH_CLIENT)) != 0
        || json_object_set_new(root, "sessions", json_of_sessions(p)) != 0
        || json_object_set_new(root, "status", json_integer(status_of(p))) != 0;
    if (failed) {
        json_decref(root);
        return NULL;
    }
    return root;
}

static undr_error write_json(pair *p, int file) {
    json_t *root = json_of(p);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    json_decref(root);
    if (text == NULL) {
        return UNDR_MEMORY;
    }
    undr_error error = UNDR_OK;
    if (file < 0) {
        printf("%s\n", text);
    } else {
        int reason = check_file_replace(file, undr_slice_text(text));
        if (reason != 0) {
            error = check_put_unwritten(&p->source.message, p->options->json, reason);
            error = error == UNDR_OK ? UNDR_SYSTEM : error;
        }
    }
    free(text);
    return error;
}

/* ---- all of it ---- */

static undr_error take_signals(pair *p) {
    sigset_t ends = check_end_signals();
    sigprocmask(SIG_BLOCK, &ends, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    p->source.signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    check_end_when_stuck();
    return p->source.signals < 0 ? UNDR_SYSTEM : UNDR_OK;
}

static undr_error run(pair *p, int *file) {
    const char *json = p->options->json;
    undr_error error = split(p);
    if (error == UNDR_OK && json != NULL && strcmp(json, "-") != 0) {
        error = check_file_open(json, file, &p->source.message);
    }
    if (json != NULL) {
        p->teller.findings = json_array();
    }
    return error == UNDR_OK ? take_signals(p) : error;
}

static int fail(pair *p, undr_error error, int refused) {
    int reason = errno;
    if (p->source.message.size == 0) {
        (void)!undr_put_format(&p->source.message, "pair: %s%s%s", undr_error_text(error),
            error == UNDR_SYSTEM ? ": " : "", error == UNDR_SYSTEM ? strerror(reason) : "");
    }
    check_complain(&p->source.message);
    return error == UNDR_ARGUMENT ? refused : CHECK_HARNESS;
}

static int play(pair *p, int file) {
    undr_error error = ask(p, WATCH_MANAGER, p->manager);
    error = error == UNDR_OK ? ask(p, WATCH_CLIENT, p->worker) : error;
    if (error == UNDR_OK) {
        fputs("pair: the manager of ", p->out);
        print_name(p, WATCH_MANAGER);
        fputs(", workers of ", p->out);
        print_name(p, WATCH_CLIENT);
        fputc('\n', p->out);
        error = play_all(p);
    }
    if (error == UNDR_OK && p->teller.failed) {
        error = UNDR_MEMORY;
    }
    error = error == UNDR_OK ? excuse(p) : error;
    if (error != UNDR_OK) {
        return fail(p, error, CHECK_SHORT);
    }
    tell_end(p);
    error = p->options->json == NULL ? UNDR_OK : write_json(p, file);
    return error == UNDR_OK ? status_of(p) : fail(p, error, CHECK_HARNESS);
}

int check_pair(const check_options *options) {
    pair p = {.options = options, .source = {.signals = -1}, .teller = {.strict = options->strict}};
    bool to_output = options->json != NULL && strcmp(options->json, "-") == 0;
    int file = -1;
    p.out = to_output ? stderr : stdout;
    p.teller.out = p.out;
    p.teller.every_frame = options->verbose;
    p.teller.most = options->verbose ? 0 : SHOWN;
    p.source.teller = &p.teller;
    undr_error error = run(&p, &file);
    int status = error == UNDR_OK ? play(&p, file) : fail(&p, error, CHECK_USAGE);
    for (size_t i = 0; i < p.played; i++) {
        undr_buffer_free(&p.outcomes[i].remark);
    }
    json_decref(p.teller.findings);
    undr_buffer_free(&p.names[WATCH_MANAGER]);
    undr_buffer_free(&p.names[WATCH_CLIENT]);
    undr_buffer_free(&p.source.message);
    undr_buffer_free(&p.source.notes);
    free(p.manager);
    free(p.worker);
    if (file >= 0) {
        close(file);
    }
    if (p.source.signals >= 0) {
        close(p.source.signals);
    }
    return status;
}
