/* session.c: plays one session: does its steps one after the other, and passes everything on meanwhile. */
#include "pair/session.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/writer.h"
#include "notation/names.h"
#include "notation/parse.h"
#include "pair/client.h"
#include "pair/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 50,
    PATIENCE_S = 10, /* nothing of the work takes a tenth of it */
    STARVED_MOST_S = 120,
    MOST_MOVES = 20000, /* the work itself makes a few thousand: what a peer goes on to send for ever is no progress */
    MOST_STARTS = 16    /* of workers, beside the first ones */
};

typedef struct session {
    const pair_setting *setting;
    const pair_work *work;
    pair_outcome *outcome;
    pair_peers peers;
    pair_client client;
    watch_proxy *proxy; /* NULL until the manager listens */
    check_names names;
    struct pollfd *polled;
    size_t room;
    const char *awaits; /* what the harness waits for now */
    bool closing, killing;
    uint64_t lines; /* that the manager has answered */
    uint64_t moved, moved_at;
    bool looked;              /* a second after that it was looked at: */
    unsigned long long delay; /* how long all processes had waited for a processor */
} session;

/* ---- what moves ---- */

static void found(void *context, const watch_finding *finding) {
    session *s = context;
    bool must = watch_rule_about(finding->rules[0])->level == CHECK_MUST;
    pair_side *side = &s->outcome->sides[finding->blamed];
    *(must ? &side->must : &side->should) += 1;
    watch_tell_finding(s->setting->source->teller, finding);
}

static void tell_frame(void *context, const watch_framed *framed) {
    const session *s = context;
    watch_tell_frame(s->setting->source->teller, framed);
}

/* What only counts up while the work goes on; asking in vain is no part of it. */
static uint64_t progress(const session *s) {
    const watch_totals *seen = watch_sum(s->setting->source->w);
    uint64_t moves = seen->tasks + seen->messages + seen->schedules + seen->close_requests + s->lines
        + s->client.answered;
    return moves < MOST_MOVES ? moves : MOST_MOVES;
}

/* Nothing has moved for so long that nothing will; time that the machine did not give does not count. */
static undr_error look_at_clock(session *s, bool *stuck) {
    uint64_t now = check_now(), moved = progress(s), most = STARVED_MOST_S * CHECK_SECOND;
    uint64_t longest = PATIENCE_S * CHECK_SECOND + s->setting->manager_can.hold * CHECK_MILLISECOND;
    uint64_t patience = (uint64_t)(s->setting->timeout_factor * (double)longest);
    unsigned long long delay = 0;
    *stuck = false;
    if (moved != s->moved) {
        s->moved = moved;
        s->moved_at = now;
        s->looked = false;
        return UNDR_OK;
    }
    bool late = now > s->moved_at + patience, first = !s->looked && now > s->moved_at + CHECK_SECOND;
    undr_error error = late || first ? check_family_delay(&delay) : UNDR_OK; /* which looks at all processes */
    if (first) {
        s->looked = true;
        s->delay = delay;
    } else if (late) {
        uint64_t starved = delay > s->delay ? delay - s->delay : 0;
        *stuck = now > s->moved_at + patience + (starved < most ? starved : most);
    }
    return error;
}

static undr_error make_room(session *s) {
    size_t wanted = (1 + s->peers.count) * PAIR_FILES + 1;
    if (wanted <= s->room) {
        return UNDR_OK;
    }
    struct pollfd *polled = realloc(s->polled, 2 * wanted * sizeof *polled);
    if (polled == NULL) {
        return UNDR_MEMORY;
    }
    s->polled = polled;
    s->room = 2 * wanted;
    return UNDR_OK;
}

/* ---- ends of processes ---- */

static undr_slice last_line(undr_slice text) {
    enum { SHOWN = 200 };
    text = check_text_trim(text);
    size_t start = text.size;
    while (start > 0 && text.data[start - 1] != '\n' && text.size - start < SHOWN) {
        start--;
    }
    return text.size == 0 ? text : undr_slice_of(text.data + start, text.size - start);
}

static void remark(session *s, check_writer *out, const pair_peer *peer, const char *who) {
    check_write_format(out, "%s ", who);
    check_writer_keep(out, check_target_describe(&peer->target, out->to));
    check_write_format(out, " while the harness awaited %s", s->awaits);
    undr_slice said = last_line(undr_buffer_slice(&peer->target.kept));
    if (said.size > 0) {
        check_write(out, "; its last line: ");
        check_write_clean(out, said);
    }
    check_write(out, ".\n");
}

/* A worker that ends may be right: its manager may have ended the connection. A signal that nobody sent is not. */
static undr_error look_at_worker(session *s, pair_peer *peer) {
    bool crashed = peer->target.state == CHECK_TARGET_SIGNALLED && !peer->killed;
    bool early = !s->closing && !s->work->deaths && !peer->killed;
    peer->missed = true;
    check_writer out = check_writer_to(&s->outcome->remark);
    if (crashed || early) {
        remark(s, &out, peer, "A worker");
    }
    s->outcome->sides[WATCH_CLIENT].crashed = s->outcome->sides[WATCH_CLIENT].crashed || crashed;
    return out.error;
}

static undr_error replace_workers(session *s) {
    undr_error error = UNDR_OK;
    size_t count = s->peers.count;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        pair_peer *peer = &s->peers.workers[i];
        if (peer->target.state == CHECK_TARGET_RUNS || peer->missed) {
            continue;
        }
        error = look_at_worker(s, peer);
        if (error == UNDR_OK && !s->closing && s->peers.count < s->setting->workers + MOST_STARTS) {
            error = pair_peers_work(
                &s->peers, s->setting->worker, watch_proxy_port(s->proxy), &s->setting->source->message);
        }
    }
    return error;
}

/* ---- waiting ---- */

/* One turn of everything. UNDR_WAIT: the session is over, since nothing moves any more, the manager has ended, or a
 * signal came. */
static undr_error turn(session *s) {
    watch_source *source = s->setting->source;
    undr_error error = make_room(s);
    if (error != UNDR_OK) {
        return error;
    }
    size_t count = pair_peers_poll(&s->peers, s->polled);
    s->polled[count++] = pair_client_poll(&s->client);
    if (s->proxy != NULL) {
        error = watch_proxy_turn(s->proxy, s->polled, count, TICK_MS);
    } else {
        (void)poll(s->polled, (nfds_t)count, TICK_MS);
    }
    error = error == UNDR_OK ? pair_client_move(&s->client) : error;
    error = error == UNDR_OK ? pair_peers_take(&s->peers) : error;
    error = error == UNDR_OK ? replace_workers(s) : error;
    s->outcome->signal = error == UNDR_OK ? watch_source_signal(source, NULL) : 0;
    bool stuck = false;
    error = error == UNDR_OK ? look_at_clock(s, &stuck) : error;
    if (error == UNDR_OK && stuck) {
        check_writer out = check_writer_to(&s->outcome->remark);
        check_write_format(&out, "%s for %.0f s; the harness awaited %s.\n",
            s->moved < MOST_MOVES ? "Nothing has moved" : "Far more has been sent than the work takes, and still was",
            (double)(check_now() - s->moved_at) / 1e9, s->awaits);
        error = out.error;
    }
    return error == UNDR_OK && (stuck || s->outcome->signal != 0) ? UNDR_WAIT : error;
}

/* The manager's process, or its output, has ended before its time. */
static undr_error note_manager(session *s) {
    check_writer out = check_writer_to(&s->outcome->remark);
    if (s->peers.manager.target.state == CHECK_TARGET_RUNS) {
        check_write_format(&out, "The manager closed its standard output while the harness awaited %s.\n", s->awaits);
    } else {
        remark(s, &out, &s->peers.manager, "The manager");
    }
    s->outcome->sides[WATCH_MANAGER].crashed = true;
    return out.error == UNDR_OK ? UNDR_WAIT : out.error;
}

/* The manager's next line: check_line_free afterwards. UNDR_WAIT: the session is over. */
static undr_error take_line(session *s, const char *awaited, check_line *line) {
    *line = (check_line){0};
    s->awaits = awaited;
    for (;;) {
        undr_error error = check_control_take(&s->peers.control, line);
        if (error != UNDR_WAIT) {
            s->lines++;
            return error;
        }
        bool ended = s->peers.manager.target.state != CHECK_TARGET_RUNS && s->peers.control.ended;
        error = ended || (s->peers.control.ended && s->lines > 0) ? note_manager(s) : turn(s);
        if (error != UNDR_OK) {
            return error;
        }
    }
}

/* Any other line than those of the contract (ADAPTER-2) ends the session. */
static undr_error refuse_line(session *s, const check_line *line) {
    check_writer out = check_writer_to(&s->outcome->remark);
    check_write_format(&out, "The manager broke ADAPTER-2: the harness awaited %s, and received the line `", s->awaits);
    check_write_clean(&out, line->text);
    check_write(&out, "`.\n");
    s->outcome->sides[WATCH_MANAGER].must++;
    return out.error == UNDR_OK ? UNDR_WAIT : out.error;
}

static undr_error expect(session *s, const char *awaited, check_answer wanted, check_answer other, check_answer *came) {
    check_line line;
    undr_error error = take_line(s, awaited, &line);
    *came = line.answer;
    if (error == UNDR_OK && line.answer != wanted && line.answer != other) {
        error = refuse_line(s, &line);
    }
    check_line_free(&line);
    return error;
}

/* ---- steps ---- */

static undr_error settle_client(session *s) {
    undr_error error = UNDR_OK;
    s->awaits = "the answers to its own client's requests";
    while (error == UNDR_OK && !pair_client_is_answered(&s->client)) {
        error = turn(s);
    }
    return error;
}

/* `done`, after any number of messages; or one message. */
static undr_error read_messages(session *s, bool all) {
    check_answer came = CHECK_ANSWER_MESSAGE;
    undr_error error = expect(s, "an answer to `next`", CHECK_ANSWER_DONE, CHECK_ANSWER_MESSAGE, &came);
    while (error == UNDR_OK && all && came == CHECK_ANSWER_MESSAGE) {
        error = check_control_next(&s->peers.control);
        error = error == UNDR_OK ? expect(s, "an answer to `next`", CHECK_ANSWER_DONE, CHECK_ANSWER_MESSAGE, &came)
                                 : error;
    }
    return error;
}

static undr_error receive(session *s, const check_step *step) {
    check_answer came;
    switch (step->expectations[0].sight) {
    case CHECK_SEES_DONE: return read_messages(s, true);
    case CHECK_SEES_MESSAGE: return read_messages(s, false);
    default: return expect(s, "the end of `close`", CHECK_ANSWER_CLOSED, CHECK_ANSWER_CLOSED, &came);
    }
}

static undr_error build(session *s, const check_step *step, undr_buffer *payload) {
    return step->payload.form == CHECK_PAYLOAD_EMPTY
        ? UNDR_OK
        : check_build_payload(&step->payload, &s->names, payload, &s->setting->source->message);
}

static undr_error ask(session *s, const check_step *step) {
    undr_buffer payload = {0};
    undr_error error = build(s, step, &payload);
    error = error == UNDR_OK
        ? pair_client_ask(&s->client, watch_proxy_port(s->proxy), step->type, undr_buffer_slice(&payload))
        : error;
    undr_buffer_free(&payload);
    return error;
}

static undr_error put(session *s, const check_step *step) {
    undr_buffer pickle = {0};
    check_answer came;
    undr_error error = build(s, step, &pickle);
    undr_slice bytes = undr_buffer_slice(&pickle);
    if (error == UNDR_OK) {
        error = step->what == CHECK_COMMAND_SCHEDULE
            ? check_control_schedule(&s->peers.control, (int64_t)step->number, bytes)
            : check_control_message(&s->peers.control, bytes);
    }
    undr_buffer_free(&pickle);
    return error == UNDR_OK ? expect(s, "`ok`", CHECK_ANSWER_OK, CHECK_ANSWER_OK, &came) : error;
}

static undr_error play_steps(session *s, const check_step *steps, size_t count);

static undr_error repeat(session *s, const check_step *step) {
    undr_error error = UNDR_OK;
    for (uint64_t i = 0; i < step->number && error == UNDR_OK; i++) {
        check_names_count(&s->names, i);
        error = play_steps(s, step->steps, step->step_count);
    }
    check_names_stop_counting(&s->names);
    return error;
}

static undr_error play_step(session *s, const check_step *step) {
    undr_error error = step->what == CHECK_SEND_FRAME || step->what == CHECK_REPEAT ? UNDR_OK : settle_client(s);
    if (error != UNDR_OK) {
        return error;
    }
    switch (step->what) {
    case CHECK_SEND_FRAME: return ask(s, step);
    case CHECK_REPEAT: return repeat(s, step);
    case CHECK_COMMAND_SCHEDULE:
    case CHECK_COMMAND_MESSAGE: return put(s, step);
    case CHECK_COMMAND_NEXT: return check_control_next(&s->peers.control);
    case CHECK_SIGNAL: pair_peers_kill(&s->peers.workers[0]); return UNDR_OK;
    case CHECK_COMMAND_CLOSE:
        s->closing = true;
        s->killing = step->number == CHECK_POLICY_KILL;
        return check_control_close(&s->peers.control, step->number);
    default: return receive(s, step);
    }
}

static undr_error play_steps(session *s, const check_step *steps, size_t count) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        error = play_step(s, &steps[i]);
    }
    return error;
}

/* ---- beginning and end ---- */

static undr_error begin(session *s) {
    const pair_setting *setting = s->setting;
    check_line line;
    undr_buffer *why = &setting->source->message;
    undr_error error = pair_peers_manage(&s->peers, setting->manager, setting->manager_can.priority_levels, why);
    error = error == UNDR_OK ? take_line(s, "`ready PORT`", &line) : error;
    if (error != UNDR_OK) {
        return error;
    }
    if (line.answer != CHECK_ANSWER_READY) {
        error = refuse_line(s, &line);
    }
    uint16_t port = line.port;
    check_line_free(&line);
    error = error == UNDR_OK ? watch_proxy_open(setting->source, 0, port, &s->proxy) : error;
    for (unsigned i = 0; i < setting->workers && error == UNDR_OK; i++) {
        error = pair_peers_work(&s->peers, setting->worker, watch_proxy_port(s->proxy), why);
    }
    return error;
}

/* A worker that got its CloseRequest leaves with status 0 (WORK-5): each did, when there were as many as workers. */
static undr_error judge_exits(session *s) {
    bool told = !s->killing && watch_sum(s->setting->source->w)->close_requests >= s->peers.count;
    const pair_side *manager = &s->outcome->sides[WATCH_MANAGER];
    check_writer out = check_writer_to(&s->outcome->remark);
    for (size_t i = 0; i < s->peers.count && told && !s->work->deaths && manager->must == 0; i++) {
        const check_target *worker = &s->peers.workers[i].target;
        if (worker->state == CHECK_TARGET_EXITED && worker->status != 0) {
            check_write_format(&out,
                "A worker broke WORK-5 (MUST): it was given a CloseRequest, and has ended with exit status %d.\n",
                worker->status);
            s->outcome->sides[WATCH_CLIENT].must++;
        }
    }
    return out.error;
}

/* The workers leave by themselves; after a KILL they need not before their manager has gone. */
static undr_error leave(session *s) {
    undr_error error = UNDR_OK;
    if (s->killing) {
        check_target_close_input(&s->peers.manager.target);
    }
    s->awaits = "the end of the workers' processes";
    while (error == UNDR_OK && pair_peers_running(&s->peers) > 0) {
        error = turn(s);
    }
    error = error == UNDR_OK ? judge_exits(s) : error;
    check_target_close_input(&s->peers.manager.target);
    s->awaits = "the end of the manager's process, whose input has ended";
    while (error == UNDR_OK && s->peers.manager.target.state == CHECK_TARGET_RUNS) {
        error = turn(s);
    }
    const check_target *manager = &s->peers.manager.target;
    if (error == UNDR_OK && (manager->state != CHECK_TARGET_EXITED || manager->status != 0)) {
        error = note_manager(s);
    }
    return error;
}

static undr_error play(session *s) {
    check_cases cases = {0};
    check_mistake mistake = {0};
    undr_error error = check_parse(undr_slice_text(s->work->text), s->work->name, &cases, &mistake);
    if (error == UNDR_ARGUMENT) { /* of our own text */
        error = undr_put_text(&s->setting->source->message, mistake.text) == UNDR_OK ? UNDR_SYSTEM : UNDR_MEMORY;
    }
    error = error == UNDR_OK ? begin(s) : error;
    error = error == UNDR_OK ? play_steps(s, cases.at[0].steps, cases.at[0].step_count) : error;
    error = error == UNDR_OK ? leave(s) : error;
    s->outcome->finished = error == UNDR_OK;
    check_cases_free(&cases);
    return error == UNDR_WAIT ? UNDR_OK : error;
}

undr_error pair_session(const pair_setting *setting, const pair_work *work, pair_outcome *outcome) {
    session s = {
        .setting = setting, .work = work, .outcome = outcome, .client = {.socket = -1}, .moved_at = check_now()};
    watch_source *source = setting->source;
    const watch_options options = {.program = work->by_wire ? WATCH_PROGRAM_SILENT : WATCH_PROGRAM_UNSEEN,
        .one_manager = true,
        .found = found,
        .framed = source->teller->every_frame ? tell_frame : NULL,
        .context = &s};
    *outcome = (pair_outcome){0};
    undr_error error = watch_new(&options, &source->w);
    error = error == UNDR_OK ? play(&s) : error;
    watch_proxy_close(s.proxy);
    undr_error stopped = pair_peers_stop(&s.peers);
    if (source->w != NULL) {
        watch_finish(source->w);
        outcome->totals = *watch_sum(source->w);
    }
    watch_free(source->w);
    source->w = NULL;
    pair_client_free(&s.client);
    check_names_free(&s.names);
    free(s.polled);
    return error == UNDR_OK ? stopped : error;
}
