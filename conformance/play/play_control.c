/* play_control.c: the control channel of the adapter: commands and their answers. */
#include "play/play_private.h"

#include "base/clock.h"
#include "notation/match.h"

#include <string.h>

enum { LINE_SHOWN = 120 };

/* A line that the target printed, safe to print and short. */
void check_player_show_line(check_player *player, undr_buffer *to, undr_slice line) {
    undr_value text = {.kind = UNDR_BYTES, .bytes = line};
    undr_buffer shown = {0};
    text.bytes.size = line.size > LINE_SHOWN ? LINE_SHOWN : line.size;
    check_player_keep(player, undr_value_print(&shown, &text));
    if (shown.size > 1) { /* without the b of the bytes literal */
        check_player_say(player, to, "%.*s%s", (int)(shown.size - 1), (const char *)shown.data + 1,
            line.size > LINE_SHOWN ? "..." : "");
    }
    undr_buffer_free(&shown);
}

/* ---- breaches of the contract ---- */

static const char *answers_to(check_command in_flight) {
    switch (in_flight) {
    case CHECK_AWAIT_READY: return "the line `ready PORT` on the target's standard output";
    case CHECK_AWAIT_OK: return "the line `ok`, or `error` and a reason";
    case CHECK_AWAIT_NEXT: return "the line `done`, or `message` and a pickle in hexadecimal digits";
    case CHECK_AWAIT_CLOSED: return "the line `closed`";
    case CHECK_NO_COMMAND: break;
    }
    return "no line on standard output while no command is in flight";
}

void check_player_breach(check_player *player, check_command in_flight, const check_line *line) {
    static const check_requirement answers = {CHECK_MUST, "ADAPTER-2",
        "`schedule` and `message` are answered `ok` or "
        "`error`, `next` is answered `message` or `done`, `close` is answered `closed`",
        0};
    undr_buffer shown = {0};
    player->blamed = &answers;
    check_player_show_line(player, &shown, line->text);
    bool ready = in_flight == CHECK_AWAIT_READY && line->text.size > 6 && memcmp(line->text.data, "ready ", 6) == 0;
    check_player_crash(player, answers_to(in_flight), "the line %.*s; %s", (int)shown.size,
        shown.size == 0 ? "" : (const char *)shown.data,
        ready ? "PORT is the number of a port from 1 to 65535, and stands alone"
              : "standard output carries answers alone, what is for people goes to standard error");
    undr_buffer_free(&shown);
}

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
    static const char *const policies[] = {"join", "cancel", "kill"};
    undr_buffer shown = {0};
    check_player_keep(player, check_show_payload(&shown, undr_buffer_slice(pickle), false, &player->names));
    const char *text = shown.size == 0 ? "" : (const char *)shown.data;
    if (step->what == CHECK_COMMAND_SCHEDULE) {
        check_player_line(player, "M ->%s schedule %lld %.*s", step->bad ? " bad" : "", (long long)step->number,
            (int)shown.size, text);
    } else if (step->what == CHECK_COMMAND_MESSAGE) {
        check_player_line(player, "M ->%s message %.*s", step->bad ? " bad" : "", (int)shown.size, text);
    } else if (step->what == CHECK_COMMAND_NEXT) {
        check_player_line(player, "M -> next");
    } else {
        check_player_line(player, "M -> close %s", policies[step->number % 3]);
    }
    undr_buffer_free(&shown);
}

/* The target need not read while it answers another command, but none is in flight here. */
static void finish_command(check_player *player) {
    uint64_t limit = check_player_limit(player, false), until = check_now() + limit;
    check_control *control = &player->scene.control;
    while (!player->over && check_control_wants_to_write(control)) {
        check_player_keep(player, check_control_write(control, player->scene.target.input));
        if (check_control_wants_to_write(control) && !check_player_await(player, until) && !player->over) {
            check_player_fail(player, "the target did not read its standard input for %.1f s", (double)limit / 1e9);
        }
    }
    if (control->broken && !player->over) {
        check_player_look_again(player);
        check_player_crash(player, "a command read from standard input", "the target closed its standard input");
    }
}

/* The answer `ok` belongs to the command, unless the case goes on with `M <- error`. */
static bool awaits_error(const check_player *player) {
    const check_step *next = player->step + 1;
    if (next >= player->steps + player->step_count) {
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
        check_player_fail_as(player, "M <- ok", "M <- error: the line %.*s", (int)shown.size,
            shown.size == 0 ? "" : (const char *)shown.data);
        undr_buffer_free(&shown);
    } else if (line.answer != CHECK_ANSWER_OK) {
        check_player_breach(player, CHECK_AWAIT_OK, &line);
    }
    check_line_free(&line);
}

void check_player_command(check_player *player, const check_step *step) {
    if (step->what == CHECK_COMMAND_END) {
        check_player_line(player, "M -> end");
        player->may_exit = true;
        player->scene.control.in_flight = CHECK_NO_COMMAND;
        check_target_close_input(&player->scene.target);
        return;
    }
    if (player->scene.control.in_flight != CHECK_NO_COMMAND) {
        check_player_break(player, "a command is in flight already; the case has to receive its answer first");
        return;
    }
    undr_buffer pickle = {0}, why = {0};
    undr_error error = put_command(player, step, &pickle, &why);
    if (error == UNDR_ARGUMENT) {
        check_player_break(player, "%.*s", (int)why.size, why.size == 0 ? "" : (const char *)why.data);
    } else {
        check_player_keep(player, error);
    }
    if (!player->over) {
        say_command(player, step, &pickle);
        finish_command(player);
    }
    bool awaited = step->what == CHECK_COMMAND_SCHEDULE || step->what == CHECK_COMMAND_MESSAGE;
    if (!player->over && awaited && !awaits_error(player)) {
        await_ok(player);
    }
    undr_buffer_free(&pickle);
    undr_buffer_free(&why);
}

/* ---- lines ---- */

/* The first line did not come: of a program that runs and has said nothing, the commonest reason is its buffer. */
static void fail_without_line(check_player *player, const char *expected, uint64_t limit) {
    undr_slice unread = check_control_unread(&player->scene.control);
    bool first = player->scene.control.in_flight == CHECK_AWAIT_READY;
    double seconds = (double)limit / 1e9;
    if (unread.size > 0) {
        undr_buffer shown = {0};
        check_player_show_line(player, &shown, unread);
        check_player_fail_as(player, expected, "no whole line within %.1f s, only %.*s, without a newline behind it",
            seconds, (int)shown.size, shown.size == 0 ? "" : (const char *)shown.data);
        undr_buffer_free(&shown);
    } else if (first) {
        check_player_fail_as(player, expected,
            "nothing within %.1f s from a process that runs; to a pipe most "
            "languages write nothing before a buffer is full: flush standard output after each line, as "
            "print(..., flush=True) or fflush(stdout) do",
            seconds);
    } else {
        check_player_fail_as(player, expected, "nothing within %.1f s", seconds);
    }
}

bool check_player_take_line(check_player *player, const char *expected, uint64_t until, check_line *line) {
    check_control *control = &player->scene.control;
    uint64_t start = check_now();
    while (!player->over) {
        undr_error error = check_control_take(control, line);
        if (error == UNDR_OK) {
            return true;
        }
        if (error != UNDR_WAIT) {
            check_player_keep(player, error);
        } else if (control->ended) {
            check_player_look_again(player);
            check_player_crash(player, expected, "the target closed its standard output");
        } else if (!check_player_await(player, until) && !player->over && !check_control_has_line(control)) {
            fail_without_line(player, expected, until - start);
        }
    }
    return false;
}

/* How an answer line would stand in a case. */
void check_player_say_answer(check_player *player, undr_buffer *to, const check_line *line) {
    if (line->answer == CHECK_ANSWER_MESSAGE) {
        check_player_say(player, to, "M <- message ");
        check_player_keep(player, check_show_message(to, undr_buffer_slice(&line->pickle), &player->names));
    } else if (line->answer == CHECK_ANSWER_NONSENSE) {
        check_player_say(player, to, "a line that answers no command: ");
        check_player_show_line(player, to, line->text);
    } else if (line->answer == CHECK_ANSWER_ERROR) {
        check_player_say(player, to, "M <- error");
    } else {
        check_player_say(player, to, "M <- %.*s", (int)line->text.size, (const char *)line->text.data);
    }
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
        if (error == UNDR_ARGUMENT) {
            check_player_break(
                player, "%.*s", (int)clauses->size, clauses->size == 0 ? "" : (const char *)clauses->data);
        } else {
            check_player_keep(player, error);
        }
    }
    return matches && !player->over;
}

/* The line is taken already, whether it matches or not. */
static check_look judge_line(check_player *player, const check_step *step, const check_line *line, undr_buffer *why) {
    undr_buffer clauses = {0};
    bool matches = false;
    for (size_t i = 0; i < step->expectation_count && !matches && !player->over; i++) {
        clauses.size = 0;
        matches = matches_one(player, &step->expectations[i], line, &clauses);
    }
    if (matches) {
        undr_buffer shown = {0};
        check_player_say_answer(player, &shown, line);
        check_player_line(player, "%.*s", (int)shown.size, shown.size == 0 ? "" : (const char *)shown.data);
        undr_buffer_free(&shown);
    } else if (!player->over) {
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
            check_player_say(player, why, "the target closed its standard output");
        }
        return player->scene.control.ended ? CHECK_LOOK_OTHER : CHECK_LOOK_NOTHING;
    }
    check_player_keep(player, error);
    if (player->over) {
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
        check_player_break(player,
            "no command is in flight that could be answered; the case lacks `M -> next` or a "
            "close");
        return;
    }
    check_line line;
    undr_buffer why = {0};
    check_command in_flight = player->scene.control.in_flight;
    uint64_t until = check_now() + check_player_limit(player, true);
    if (check_player_take_line(player, NULL, until, &line)) {
        bool other = judge_line(player, step, &line, &why) == CHECK_LOOK_OTHER && !player->over;
        if (other && line.answer == CHECK_ANSWER_NONSENSE) {
            check_player_breach(player, in_flight, &line);
        } else if (other) {
            check_player_glance(player);
            check_player_fail(player, "%.*s", (int)why.size, why.size == 0 ? "" : (const char *)why.data);
        }
        check_line_free(&line);
    }
    undr_buffer_free(&why);
}
