/* parse_step.c: reads the lines of a case that are steps. */
#include "notation/parse_step.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

undr_error check_step_fail(const check_lexer *lexer, int line, const char *format, ...) {
    char text[384];
    check_lexer place = *lexer;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a long text is cut, on purpose */
    va_end(arguments);
    place.line = line;
    place.start = 0;
    return check_lex_fail(&place, CHECK_STEP_INDENT, "%s", text);
}

bool check_is_block(const check_step *step) {
    return step->what == CHECK_REPEAT || step->what == CHECK_TOGETHER || step->what == CHECK_UNORDERED;
}

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"INT", SIGINT},
    {"TERM", SIGTERM},
    {"KILL", SIGKILL},
    {"HUP", SIGHUP},
    {"QUIT", SIGQUIT},
    {"USR1", SIGUSR1},
    {"USR2", SIGUSR2},
    {"STOP", SIGSTOP},
    {"CONT", SIGCONT},
};

int check_signal_number(undr_slice name) {
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (check_slice_is(name, signals[i].name)) {
            return signals[i].number;
        }
    }
    return 0;
}

const char *check_signal_name(int number) {
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (signals[i].number == number) {
            return signals[i].name;
        }
    }
    return NULL;
}

/* ---- requirements ---- */

/* Words of capitals and digits joined by hyphens, a number last: CLOSE-JOIN-2. */
static bool is_id(undr_slice word) {
    bool hyphen = false, start = true;
    for (size_t i = 0; i < word.size; i++) {
        uint8_t byte = word.data[i];
        bool capital = byte >= 'A' && byte <= 'Z', digit = byte >= '0' && byte <= '9';
        if (!capital && !digit && (byte != '-' || start)) {
            return false;
        }
        start = byte == '-';
        hyphen = hyphen || start;
    }
    return hyphen && !start && word.data[0] >= 'A' && word.data[word.size - 1] <= '9';
}

undr_error check_read_requirement(check_lexer *lexer, check_requirement *requirement, bool *found) {
    *requirement = (check_requirement){.line = lexer->line};
    if (check_lex_accept(lexer, "must")) {
        requirement->level = CHECK_MUST;
    } else if (check_lex_accept(lexer, "should")) {
        requirement->level = CHECK_SHOULD;
    } else if (check_lex_accept(lexer, "may")) {
        requirement->level = CHECK_MAY;
    } else {
        *found = false;
        return UNDR_OK;
    }
    *found = true;
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_slice id = check_lex_word(lexer);
    if (!is_id(id) || id.size > 31) {
        return check_lex_expected(lexer, from, "the id of a requirement, as in SCHED-2");
    }
    undr_error error = check_lex_copy(lexer, id, &requirement->id);
    return error == UNDR_OK ? check_lex_rest(lexer, "a sentence after the id", &requirement->sentence) : error;
}

/* ---- connections ---- */

static undr_error read_frame(check_lexer *lexer, size_t from, check_step *step) {
    step->what = CHECK_SEND_FRAME;
    size_t behind = lexer->at;
    lexer->at = from;
    if (!check_type_of(check_lex_word(lexer), &step->type)) {
        return check_lex_expected(lexer, from,
            step->bad ? "a type (n, t, m, s, 0xHH)"
                      : "a type (n, t, m, s, 0xHH), `bad`, `header`, `raw`, `open`, `close`, `half-close` or `reset`");
    }
    lexer->at = behind;
    undr_error error = check_read_payload(lexer, false, &step->payload);
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

static undr_error read_header(check_lexer *lexer, check_step *step) {
    step->what = CHECK_SEND_HEADER;
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (!check_type_of(check_lex_word(lexer), &step->type)) {
        return check_lex_expected(lexer, from, "a type (n, t, m, s, 0xHH)");
    }
    undr_error error = check_lex_number(lexer, 0, UINT64_MAX, "the length that the header claims", &step->number);
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

static undr_error read_raw(check_lexer *lexer, check_step *step) {
    step->what = CHECK_SEND_RAW;
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_error error = check_read_payload(lexer, false, &step->payload);
    if (error == UNDR_OK && step->payload.form != CHECK_PAYLOAD_WIRE) {
        lexer->at = from;
        return check_lex_expected(lexer, from, "bytes, as in raw b'n\\0'");
    }
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

static undr_error read_send(check_lexer *lexer, check_step *step) {
    static const struct {
        const char *word;
        check_what what;
    } words[] = {
        {"open", CHECK_SEND_OPEN},
        {"close", CHECK_SEND_CLOSE},
        {"half-close", CHECK_SEND_HALF_CLOSE},
        {"reset", CHECK_SEND_RESET},
        {"header", CHECK_SEND_HEADER},
        {"raw", CHECK_SEND_RAW},
    };
    step->bad = check_lex_accept(lexer, "bad");
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_slice word = check_lex_word(lexer);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!check_slice_is(word, words[i].word)) {
            continue;
        }
        if (step->bad) {
            return check_lex_fail(
                lexer, from, "`bad` is before a frame: remove it, `%s` is always deliberate", words[i].word);
        }
        step->what = words[i].what;
        return step->what == CHECK_SEND_HEADER ? read_header(lexer, step)
            : step->what == CHECK_SEND_RAW     ? read_raw(lexer, step)
                                               : check_lex_finish(lexer);
    }
    return read_frame(lexer, from, step);
}

/* ---- the control channel, the process ---- */

static undr_error read_close_policy(check_lexer *lexer, check_step *step) {
    static const char *const policies[] = {"join", "cancel", "kill"};
    check_lex_blanks(lexer);
    for (uint64_t i = 0; i < 3; i++) {
        if (check_lex_accept(lexer, policies[i])) {
            step->number = i;
            return check_lex_finish(lexer);
        }
    }
    return check_lex_expected(lexer, lexer->at, "`join`, `cancel` or `kill`");
}

/* Below 0 it breaks POOL-3, as one does that the manager has no queue for. */
static undr_error read_priority(check_lexer *lexer, uint64_t *priority) {
    check_lex_blanks(lexer);
    bool below = check_lex_peek(lexer) == '-' && check_lex_peek_after(lexer, 1) >= '1'
        && check_lex_peek_after(lexer, 1) <= '9';
    lexer->at += below ? 1 : 0;
    undr_error error = check_lex_number(lexer, below ? 1 : 0, INT64_MAX, "a priority", priority);
    *priority = below ? 0 - *priority : *priority;
    return error;
}

/* schedule PRIORITY TASK, message VALUE */
static undr_error read_pickle_command(check_lexer *lexer, check_step *step) {
    undr_error error = UNDR_OK;
    if (step->what == CHECK_COMMAND_SCHEDULE) {
        error = read_priority(lexer, &step->number);
    }
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (error == UNDR_OK) {
        error = check_read_payload(lexer, false, &step->payload);
    }
    if (error == UNDR_OK && step->payload.form == CHECK_PAYLOAD_EMPTY) {
        return check_lex_expected(lexer, from, step->what == CHECK_COMMAND_SCHEDULE ? "a task" : "a message");
    }
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

static undr_error read_command(check_lexer *lexer, check_step *step) {
    step->bad = check_lex_accept(lexer, "bad");
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_slice word = check_lex_word(lexer);
    if (check_slice_is(word, "schedule") || check_slice_is(word, "message")) {
        step->what = check_slice_is(word, "schedule") ? CHECK_COMMAND_SCHEDULE : CHECK_COMMAND_MESSAGE;
        return read_pickle_command(lexer, step);
    }
    if (step->bad) {
        return check_lex_expected(lexer, from, "`schedule` or `message` after `bad`");
    }
    if (check_slice_is(word, "close")) {
        step->what = CHECK_COMMAND_CLOSE;
        return read_close_policy(lexer, step);
    }
    step->what = check_slice_is(word, "next") ? CHECK_COMMAND_NEXT : CHECK_COMMAND_END;
    if (step->what == CHECK_COMMAND_END && !check_slice_is(word, "end")) {
        return check_lex_expected(lexer, from, "`schedule`, `message`, `next`, `close` or `end`");
    }
    return check_lex_finish(lexer);
}

static undr_error read_signal(check_lexer *lexer, check_step *step) {
    step->what = CHECK_SIGNAL;
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (!check_lex_accept(lexer, "signal")) {
        return check_lex_expected(lexer, from, "`signal`");
    }
    check_lex_blanks(lexer);
    from = lexer->at;
    step->number = (uint64_t)check_signal_number(check_lex_word(lexer));
    if (step->number == 0) {
        return check_lex_expected(lexer, from, "a signal (INT, TERM, KILL, HUP, QUIT, USR1, USR2, STOP, CONT)");
    }
    return check_lex_finish(lexer);
}

/* ---- lines ---- */

/* What may follow a channel, beside the arrows. */
static const struct {
    const char *word;
    check_what what;
    char channels; /* 'M', 'P', or 'A' for all others; 'B' for M and the others */
} verbs[] = {
    {"quiet", CHECK_QUIET, 'B'},
    {"refused", CHECK_REFUSED, 'A'},
    {"pauses", CHECK_PAUSES, 'A'},
    {"deaf", CHECK_DEAF, 'A'},
    {"accept", CHECK_GATE_ACCEPT, 'A'},
    {"close", CHECK_GATE_CLOSE, 'A'},
    {"untouched", CHECK_GATE_UNTOUCHED, 'A'},
    {"alive", CHECK_ALIVE, 'P'},
    {"alone", CHECK_ALONE, 'P'},
    {"loopback", CHECK_LOOPBACK, 'P'},
    {"logs", CHECK_LOGS, 'P'},
};

static undr_error unknown_step(check_lexer *lexer, char channel) {
    const char *choices = channel == 'M' ? "`->`, `<-` or `quiet`"
        : channel == 'P'                 ? "`<-`, `->`, `alone`, `loopback`, `alive` or `logs`"
                                         : "`->`, `<-`, `quiet`, `refused`, `pauses`, `deaf`, or for a gate `accept`, "
                                           "`close`, `untouched`";
    size_t from = lexer->start + check_lex_indent(lexer), size = lexer->end - from;
    return check_lex_fail(lexer, lexer->at, "unknown step `%.*s`: expected %s", (int)(size < 60 ? size : 60),
        (const char *)lexer->text.data + from, choices);
}

static undr_error read_verb(check_lexer *lexer, char channel, check_step *step) {
    char group = channel == 'M' || channel == 'P' ? channel : 'A';
    check_lex_blanks(lexer);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        bool fits = verbs[i].channels == group || (verbs[i].channels == 'B' && group != 'P');
        if (!fits || !check_lex_accept(lexer, verbs[i].word)) {
            continue;
        }
        step->what = verbs[i].what;
        undr_error error = UNDR_OK;
        if (step->what == CHECK_LOGS) {
            error = check_lex_number(lexer, 0, 1000, "a number of log files", &step->number);
        } else if ((step->what == CHECK_QUIET || step->what == CHECK_DEAF) && !check_lex_at_end(lexer)) {
            error = check_lex_number(lexer, 1, 10000, "a number of milliseconds", &step->number);
        }
        return error == UNDR_OK ? check_lex_finish(lexer) : error;
    }
    return unknown_step(lexer, channel);
}

/* "(:51322)": the port that a transcript names, of no meaning to a case. */
static bool is_port(undr_slice word) {
    bool right = word.size > 3 && word.size <= 8 && word.data[0] == '(' && word.data[1] == ':'
        && word.data[word.size - 1] == ')';
    for (size_t i = 2; right && i + 1 < word.size; i++) {
        right = word.data[i] >= '0' && word.data[i] <= '9';
    }
    return right;
}

/* A, A[i], A(:51322) */
static bool read_channel(undr_slice word, check_step *step) {
    bool capital = word.size > 0 && word.data[0] >= 'A' && word.data[0] <= 'Z';
    step->indexed = word.size >= 4 && memcmp(word.data + 1, "[i]", 3) == 0;
    size_t size = step->indexed ? 4 : 1;
    if (!capital) {
        return false;
    }
    bool connects = word.data[0] != 'M' && word.data[0] != 'P';
    if (word.size != size && !(connects && is_port(undr_slice_of(word.data + size, word.size - size)))) {
        return false;
    }
    step->channel[0] = (char)word.data[0];
    step->channel[1] = '\0';
    return true;
}

static undr_error read_channel_step(check_lexer *lexer, check_step *step) {
    char channel = step->channel[0];
    if (check_lex_accept(lexer, "->")) {
        return channel == 'M' ? read_command(lexer, step)
            : channel == 'P'  ? read_signal(lexer, step)
                              : read_send(lexer, step);
    }
    if (check_lex_accept(lexer, "<-")) {
        step->what = CHECK_RECEIVE;
        return check_read_expectations(lexer, channel, step);
    }
    return read_verb(lexer, channel, step);
}

/* poll A n until ALTERNATIVES */
static undr_error read_poll(check_lexer *lexer, check_step *step) {
    step->what = CHECK_POLL;
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (!read_channel(check_lex_word(lexer), step) || step->channel[0] == 'M' || step->channel[0] == 'P') {
        return check_lex_expected(lexer, from, "a connection, as in poll A n until t CloseRequest");
    }
    check_lex_blanks(lexer);
    from = lexer->at;
    if (!check_type_of(check_lex_word(lexer), &step->type) || (step->type != 'n' && step->type != 't')) {
        return check_lex_expected(lexer, from, "`n` or `t`");
    }
    check_lex_blanks(lexer);
    from = lexer->at;
    if (!check_lex_accept(lexer, "until")) {
        return check_lex_expected(lexer, from, "`until`");
    }
    return check_read_expectations(lexer, step->channel[0], step);
}

/* kill ?pid, gone ?pid */
static undr_error read_named(check_lexer *lexer, check_what what, check_step *step) {
    step->what = what;
    check_term *term;
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_error error = check_lex_peek(lexer) == '?' ? check_read_term(lexer, &term) : UNDR_ARGUMENT;
    if (error == UNDR_MEMORY) {
        return error;
    }
    if (error != UNDR_OK) { /* what begins with `?` is a name or a mistake */
        lexer->at = from;
        return check_lex_expected(lexer, from, "the name of a process id, as in ?pid");
    }
    step->name = term->text;
    return check_lex_finish(lexer);
}

static undr_error read_repeat(check_lexer *lexer, check_step *step) {
    step->what = CHECK_REPEAT;
    undr_error error = check_lex_number(lexer, 1, 1000000, "a number of times", &step->number);
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

static undr_error read_block(check_lexer *lexer, check_what what, check_step *step) {
    step->what = what;
    return check_lex_finish(lexer);
}

undr_error check_read_step(check_lexer *lexer, check_step *step) {
    *step = (check_step){.line = lexer->line, .payload = {.protocol = CHECK_NO_PROTOCOL}};
    bool found;
    undr_error error = check_read_requirement(lexer, &step->requirement, &found);
    if (error != UNDR_OK || found) {
        step->what = CHECK_REQUIREMENT;
        return error;
    }
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_slice word = check_lex_word(lexer);
    if (read_channel(word, step)) {
        return read_channel_step(lexer, step);
    }
    if (check_slice_is(word, "poll")) {
        return read_poll(lexer, step);
    }
    if (check_slice_is(word, "kill") || check_slice_is(word, "gone")) {
        return read_named(lexer, check_slice_is(word, "kill") ? CHECK_KILL : CHECK_GONE, step);
    }
    if (check_slice_is(word, "repeat")) {
        return read_repeat(lexer, step);
    }
    if (check_slice_is(word, "together") || check_slice_is(word, "unordered")) {
        return read_block(lexer, check_slice_is(word, "together") ? CHECK_TOGETHER : CHECK_UNORDERED, step);
    }
    lexer->at = from;
    return check_lex_expected(lexer, from,
        "a channel (A, A[i], M, P, a gate), `poll`, `kill`, `gone`, `repeat`, `together`, `unordered`, `must`, "
        "`should`, "
        "`may`, or a line of the head (`note`, `role`, `needs`, `delivery`, `set`, `destructive`, `after`)");
}
