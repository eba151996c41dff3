/* play_control.c: the control channel of the adapter: commands and their answers. */
#include "play/play_control.h"

#include "base/clock.h"
#include "notation/match.h"
#include "notation/step_form.h"
#include "play/play_contract.h"
#include "play/play_hint.h"
#include "play/play_kind.h"
#include "play/play_limit.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"

#include <string.h>

/* ---- commands ---- */

static undr_error put_payload(check_player *player, const check_step *step, undr_buffer *pickle, undr_buffer *why) {
    if (step->payload.form == CHECK_PAYLOAD_EMPTY) {
        return UNDR_OK;
    }
    return check_build_payload(&step->payload, &player->names, pickle, why);
}

static undr_error put_command(check_player *player, const check_step *step, undr_buffer *pickle, undr_buffer *why) {
    check_control *control = &player->scene.control;
    undr_error error = put_payload(player, step, pickle, why);
    if (error != UNDR_OK) {
        return error;
    }
    switch (step->what) {
    case CHECK_COMMAND_SCHEDULE:
        return check_control_schedule(control, (int64_t)step->number, undr_buffer_slice(pickle));
    case CHECK_COMMAND_MESSAGE: return check_control_message(control, undr_buffer_slice(pickle));
    case CHECK_COMMAND_NEXT: return check_control_next(control);
    default: return check_control_close(control, step->number);
    }
}

static void say_command(check_player *player, const check_step *step, const undr_buffer *pickle) {
    undr_buffer shown = {0};
    check_player_keep(player, check_show_payload(&shown, undr_buffer_slice(pickle), false, &player->names));
    const char *text = check_player_text(player, &shown);
    if (step->what == CHECK_COMMAND_SCHEDULE) {
        check_player_line(player, "M ->%s schedule %lld %s", step->bad ? " bad" : "", (long long)step->number, text);
    } else if (step->what == CHECK_COMMAND_MESSAGE) {
        check_player_line(player, "M ->%s message %s", step->bad ? " bad" : "", text);
    } else if (step->what == CHECK_COMMAND_NEXT) {
        check_player_line(player, "M -> next");
    } else {
        check_player_line(player, "M -> close %s", check_policy_name(step->number));
    }
    undr_buffer_free(&shown);
}

/* The target need not read while it answers another command, but none is in flight here. */
static void finish_command(check_player *player) {
    uint64_t limit = check_player_limit(player, false), until = check_now() + limit;
    check_control *control = &player->scene.control;
    while (!player->blame.over && check_control_wants_to_write(control)) {
        check_player_keep(player, check_control_write(control, player->scene.target.input));
        if (check_control_wants_to_write(control) && !check_player_await(player, until) && !player->blame.over) {
            check_player_fail(player, "the target did not read its standard input for %.1f s", (double)limit / 1e9);
        }
    }
    if (control->broken && !player->blame.over) {
        check_player_look_again(player);
        check_player_crash(player, "a command read from standard input", "the target closed its standard input");
    }
}

/* The answer `ok` belongs to the command, unless the case goes on with `M <- error`. */
static bool awaits_error(const check_player *player) {
    const check_step *next = player->at.step + 1;
    if (next >= player->at.steps + player->at.step_count) {
        return false;
    }
    return next->what == CHECK_RECEIVE && strcmp(next->channel, "M") == 0;
}

static void await_ok(check_player *player) {
    check_line line;
    uint64_t until = check_now() + check_player_limit(player, false);
    if (!check_player_take_line(player, "ok", until, &line)) {
        return;
    }
    if (line.answer == CHECK_ANSWER_ERROR) {
        undr_buffer shown = {0};
        check_player_show_line(player, &shown, line.text);
        check_player_fail_as(player, "M <- ok", "M <- error: the line %s", check_player_text(player, &shown));
        undr_buffer_free(&shown);
    } else if (line.answer != CHECK_ANSWER_OK) {
        check_player_breach(player, CHECK_AWAIT_OK, &line);
    }
    check_line_free(&line);
}

void check_player_end_input(check_player *player, const check_step *step) {
    (void)step;
    check_player_line(player, "M -> end");
    player->peer.may_exit = true;
    player->scene.control.in_flight = CHECK_NO_COMMAND;
    check_target_close_input(&player->scene.target);
}

void check_player_command(check_player *player, const check_step *step) {
    if (step->what == CHECK_COMMAND_CLOSE) {
        player->timing.cancelled_at = step->number == CHECK_POLICY_CANCEL ? check_now() : 0;
    }
    if (player->scene.control.in_flight != CHECK_NO_COMMAND) {
        check_player_break(player, "a command is already in flight; the case must receive its answer first");
        return;
    }
    undr_buffer pickle = {0}, why = {0};
    check_player_keep_for(player, put_command(player, step, &pickle, &why), &why);
    if (!player->blame.over) {
        say_command(player, step, &pickle);
        finish_command(player);
    }
    bool awaited = step->what == CHECK_COMMAND_SCHEDULE || step->what == CHECK_COMMAND_MESSAGE;
    if (!player->blame.over && awaited && !awaits_error(player)) {
        await_ok(player);
    }
    undr_buffer_free(&pickle);
    undr_buffer_free(&why);
}

/* ---- lines ---- */

/* The first line did not come: if a running program has said nothing, the most common reason is its output buffer. */
static void fail_without_line(check_player *player, const char *expected, uint64_t limit) {
    undr_slice unread = check_control_unread(&player->scene.control);
    bool first = player->scene.control.in_flight == CHECK_AWAIT_READY;
    double seconds = (double)limit / 1e9;
    check_player_in_vain(player);
    if (unread.size > 0) {
        undr_buffer shown = {0};
        check_player_show_line(player, &shown, unread);
        check_player_fail_as(player, expected, "no whole line within %.1f s, only %s, without a newline after it",
            seconds, check_player_text(player, &shown));
        undr_buffer_free(&shown);
    } else if (check_player_hint_flush(player)) {
        check_player_fail_as(player, expected,
            "nothing within %.1f s; it arrived only when the target's standard input was closed", seconds);
    } else if (first) {
        check_player_fail_as(player, expected,
            "nothing within %.1f s from a running process; does it flush standard output after each line, as "
            "print(..., flush=True) does?",
            seconds);
    } else {
        check_player_fail_as(player, expected, "nothing within %.1f s", seconds);
    }
}

bool check_player_take_line(check_player *player, const char *expected, uint64_t until, check_line *line) {
    check_control *control = &player->scene.control;
    uint64_t start = check_now();
    bool starts = control->in_flight == CHECK_AWAIT_READY;
    check_idle idle = {0};
    while (!player->blame.over) {
        undr_error error = check_control_take(control, line);
        if (error == UNDR_OK) {
            return true;
        }
        if (error != UNDR_WAIT) {
            check_player_keep(player, error);
        } else if (control->ended) {
            check_player_look_again(player);
            check_player_crash(player, expected, "the target closed its standard output");
        } else if (!(starts ? check_player_await_start(player, &idle, until) : check_player_await(player, until))
            && !player->blame.over && !check_control_has_line(control)) {
            fail_without_line(player, expected, check_now() - start);
        }
    }
    return false;
}

static bool matches_one(
    check_player *player, const check_expectation *one, const check_line *line, undr_buffer *clauses) {
    switch (one->sight) {
    case CHECK_SEES_OK: return line->answer == CHECK_ANSWER_OK;
    case CHECK_SEES_ERROR: return line->answer == CHECK_ANSWER_ERROR;
    case CHECK_SEES_DONE: return line->answer == CHECK_ANSWER_DONE;
    case CHECK_SEES_CLOSED: return line->answer == CHECK_ANSWER_CLOSED;
    case CHECK_SEES_MESSAGE: break;
    default: return false;
    }
    bool matches = false;
    if (line->answer == CHECK_ANSWER_MESSAGE) {
        undr_error error = check_match_expectation(
            one, 0, undr_buffer_slice(&line->pickle), &player->names, &matches, clauses);
        check_player_keep_for(player, error, clauses);
    }
    return matches && !player->blame.over;
}

static const char *answer_word(check_answer answer) {
    static const char *const words[] = {[CHECK_ANSWER_READY] = "ready",
        [CHECK_ANSWER_OK] = "ok",
        [CHECK_ANSWER_ERROR] = "error",
        [CHECK_ANSWER_MESSAGE] = "message",
        [CHECK_ANSWER_DONE] = "done",
        [CHECK_ANSWER_CLOSED] = "closed",
        [CHECK_ANSWER_NONSENSE] = "nonsense"};
    return words[answer];
}

/* The line is already taken, whether it matches or not. */
static check_look judge_line(check_player *player, const check_step *step, const check_line *line, undr_buffer *why) {
    undr_buffer clauses = {0};
    bool matches = false;
    for (size_t i = 0; i < step->expectation_count && !matches && !player->blame.over; i++) {
        clauses.size = 0;
        matches = matches_one(player, &step->expectations[i], line, &clauses);
    }
    if (matches) {
        undr_buffer shown = {0};
        check_player_say_answer(player, &shown, line);
        check_player_line(player, "%s", check_player_text(player, &shown));
        undr_buffer_free(&shown);
    } else if (!player->blame.over) {
        check_player_came(player, answer_word(line->answer));
        check_player_say_answer(player, why, line);
        check_player_say_why(player, why, &clauses);
    }
    undr_buffer_free(&clauses);
    return matches ? CHECK_LOOK_TAKEN : CHECK_LOOK_OTHER;
}

check_look check_player_look_line(check_player *player, const check_step *step, undr_buffer *why) {
    check_command in_flight = player->scene.control.in_flight;
    check_line line;
    undr_error error = check_control_take(&player->scene.control, &line);
    if (error == UNDR_WAIT) {
        if (player->scene.control.ended) {
            check_player_came(player, "no answer any more");
            check_player_say(player, why, "the target closed its standard output");
        }
        return player->scene.control.ended ? CHECK_LOOK_OTHER : CHECK_LOOK_NOTHING;
    }
    check_player_keep(player, error);
    if (player->blame.over) {
        return CHECK_LOOK_OTHER;
    }
    check_look look = judge_line(player, step, &line, why);
    if (look == CHECK_LOOK_OTHER && line.answer == CHECK_ANSWER_NONSENSE) {
        check_player_breach(player, in_flight, &line);
    } else if (look == CHECK_LOOK_OTHER) {
        check_control_untake(&player->scene.control, &line, in_flight); /* another receive may want it */
    }
    check_line_free(&line);
    return look;
}

void check_player_receive_line(check_player *player, const check_step *step) {
    if (player->scene.control.in_flight == CHECK_NO_COMMAND) {
        check_player_break(player, "no command is in flight; the case lacks `M -> next` or a close");
        return;
    }
    check_line line;
    undr_buffer why = {0};
    check_command in_flight = player->scene.control.in_flight;
    uint64_t until = check_now() + check_player_limit(player, true);
    if (check_player_take_line(player, NULL, until, &line)) {
        bool other = judge_line(player, step, &line, &why) == CHECK_LOOK_OTHER && !player->blame.over;
        if (other && line.answer == CHECK_ANSWER_NONSENSE) {
            check_player_breach(player, in_flight, &line);
        } else if (other) {
            check_player_glance(player);
            check_player_hint_payload(player, undr_buffer_slice(&line.pickle));
            check_player_fail(player, "%s", check_player_text(player, &why));
        }
        check_line_free(&line);
    }
    undr_buffer_free(&why);
}
