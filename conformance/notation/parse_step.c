/* parse_step.c: reads the lines of a case that are steps. */
#include "notation/parse_step.h"

#include "notation/step_form.h"

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
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (!check_type_of(check_lex_word(lexer), &step->type)) {
        return check_lex_expected(lexer, from, "a type (n, t, m, s, 0xHH)");
    }
    return check_lex_number(lexer, 0, UINT64_MAX, "the length that the header announces", &step->number);
}

static undr_error read_raw(check_lexer *lexer, check_step *step) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_error error = check_read_payload(lexer, false, &step->payload);
    if (error == UNDR_OK && step->payload.form != CHECK_PAYLOAD_WIRE) {
        lexer->at = from;
        return check_lex_expected(lexer, from, "bytes, as in raw b'n\\0'");
    }
    return error;
}

/* ---- the control channel, the process ---- */

static undr_error read_policy(check_lexer *lexer, check_step *step) {
    check_lex_blanks(lexer);
    for (uint64_t i = 0; check_policy_name(i) != NULL; i++) {
        if (check_lex_accept(lexer, check_policy_name(i))) {
            step->number = i;
            return UNDR_OK;
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

static undr_error read_value(check_lexer *lexer, check_step *step, const char *what) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_error error = check_read_payload(lexer, false, &step->payload);
    bool empty = error == UNDR_OK && step->payload.form == CHECK_PAYLOAD_EMPTY;
    return empty ? check_lex_expected(lexer, from, what) : error;
}

static undr_error read_task(check_lexer *lexer, check_step *step) {
    undr_error error = read_priority(lexer, &step->number);
    return error == UNDR_OK ? read_value(lexer, step, "a task") : error;
}

static undr_error read_signal(check_lexer *lexer, check_step *step) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    step->number = (uint64_t)check_signal_number(check_lex_word(lexer));
    return step->number != 0
        ? UNDR_OK
        : check_lex_expected(lexer, from, "a signal (INT, TERM, KILL, HUP, QUIT, USR1, USR2, STOP, CONT)");
}

/* ?pid */
static undr_error read_name(check_lexer *lexer, check_step *step) {
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
    return UNDR_OK;
}

static undr_error read_time(check_lexer *lexer, check_step *step) {
    return check_lex_at_end(lexer) ? UNDR_OK
                                   : check_lex_number(lexer, 1, 10000, "a number of milliseconds", &step->number);
}

/* ---- lines ---- */

static undr_error read_argument(check_lexer *lexer, check_step *step, check_argument argument) {
    switch (argument) {
    case CHECK_TAKES_HEADER: return read_header(lexer, step);
    case CHECK_TAKES_BYTES: return read_raw(lexer, step);
    case CHECK_TAKES_TASK: return read_task(lexer, step);
    case CHECK_TAKES_MESSAGE: return read_value(lexer, step, "a message");
    case CHECK_TAKES_POLICY: return read_policy(lexer, step);
    case CHECK_TAKES_SIGNAL: return read_signal(lexer, step);
    case CHECK_TAKES_TIME: return read_time(lexer, step);
    case CHECK_TAKES_FILES: return check_lex_number(lexer, 0, 1000, "a number of log files", &step->number);
    case CHECK_TAKES_TIMES: return check_lex_number(lexer, 1, 1000000, "a number of times", &step->number);
    case CHECK_TAKES_NAME: return read_name(lexer, step);
    default: return UNDR_OK;
    }
}

/* What follows the word of the line, to its end. */
static undr_error read_rest(check_lexer *lexer, check_step *step) {
    undr_error error = read_argument(lexer, step, check_form_of(step->what)->argument);
    return error == UNDR_OK ? check_lex_finish(lexer) : error;
}

/* A -> ... */
static undr_error read_send(check_lexer *lexer, check_step *step) {
    step->bad = check_lex_accept(lexer, "bad");
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (!check_find_form(CHECK_SHAPE_SENT, CHECK_ON_A, check_lex_word(lexer), &step->what)) {
        return read_frame(lexer, from, step);
    }
    if (step->bad) {
        return check_lex_fail(lexer, from, "`bad` is only for frames: remove it, `%s` is always deliberate",
            check_form_of(step->what)->word);
    }
    return read_rest(lexer, step);
}

/* M -> ... */
static undr_error read_command(check_lexer *lexer, check_step *step) {
    step->bad = check_lex_accept(lexer, "bad");
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    bool found = check_find_form(CHECK_SHAPE_SENT, CHECK_ON_M, check_lex_word(lexer), &step->what);
    if (step->bad && !(found && (step->what == CHECK_COMMAND_SCHEDULE || step->what == CHECK_COMMAND_MESSAGE))) {
        return check_lex_expected(lexer, from, "`schedule` or `message` after `bad`");
    }
    return found ? read_rest(lexer, step)
                 : check_lex_expected(lexer, from, "`schedule`, `message`, `next`, `close` or `end`");
}

/* P -> ... */
static undr_error read_process(check_lexer *lexer, check_step *step) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    bool found = check_find_form(CHECK_SHAPE_SENT, CHECK_ON_P, check_lex_word(lexer), &step->what);
    return found ? read_rest(lexer, step) : check_lex_expected(lexer, from, "`signal`");
}

static undr_error unknown_step(check_lexer *lexer, char channel) {
    const char *choices = channel == 'M' ? "`->`, `<-` or `quiet`"
        : channel == 'P'
        ? "`<-`, `->`, `alone`, `loopback`, `alive` or `logs`"
        : "`->`, `<-`, `quiet`, `refused`, `pauses`, `deaf`, `within`, `last`, or for a gate `accept`, "
          "`close`, `untouched`";
    size_t from = lexer->start + check_lex_indent(lexer), size = lexer->end - from;
    return check_lex_fail(lexer, lexer->at, "unknown step `%.*s`: expected %s", (int)(size < 60 ? size : 60),
        (const char *)lexer->text.data + from, choices);
}

static undr_error read_verb(check_lexer *lexer, char channel, check_step *step) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (check_find_form(CHECK_SHAPE_VERB, check_channels_of(channel), check_lex_word(lexer), &step->what)) {
        return read_rest(lexer, step);
    }
    lexer->at = from;
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
            : channel == 'P'  ? read_process(lexer, step)
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
    if (check_find_form(CHECK_SHAPE_ALONE, CHECK_ON_NONE, word, &step->what)) {
        return read_rest(lexer, step);
    }
    lexer->at = from;
    return check_lex_expected(lexer, from,
        "a channel (A, A[i], M, P, a gate), `poll`, `kill`, `gone`, `repeat`, `together`, `unordered`, `must`, "
        "`should`, "
        "`may`, or a line of the head (`note`, `role`, `needs`, `delivery`, `set`, `destructive`, `after`)");
}
