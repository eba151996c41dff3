/* report_terminal.c: the report for a person: what is going on, what failed and why, and the result. */
#include "report/reporter.h"
#include "report/terminal_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include "suite/cost.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LIVE_PERIOD_MS = 100, PLAIN_PERIOD_S = 10, LONG_S = 2, ESTIMATE_PART = 10, OBSERVED_NAMED = 4 };

/* ---- progress ---- */

static bool is_terminal(FILE *out) {
    const char *kind = getenv("TERM");
    return isatty(fileno(out)) && kind != NULL && strcmp(kind, "dumb") != 0;
}

void check_terminal_open(check_terminal *terminal, FILE *out, const check_options *options) {
    bool capable = is_terminal(out);
    const char *refused = getenv("NO_COLOR");
    bool wanted = options->color == CHECK_COLOR_ALWAYS
        || (options->color == CHECK_COLOR_AUTO && capable && (refused == NULL || refused[0] == '\0'));
    *terminal = (check_terminal){.out = out, .color = wanted, .live = capable && !options->pause};
    terminal->started_ns = terminal->shown_ns = check_now();
}

/* Of all plays of a round: each delivery of a case is played once in it. */
static uint64_t steps_of(const check_part *part, const check_options *options) {
    unsigned rounds = options->repeat != 0 ? options->repeat : 1;
    uint64_t steps = 0;
    for (size_t i = 0; i < part->count && !options->until_fail; i++) {
        steps += check_cost_of(part->records[i].one).steps * (part->records[i].due / rounds);
    }
    return steps; /* 0: there is no end in sight */
}

static void begin_round(check_terminal *terminal, const check_session *session, const check_part *part, size_t plays) {
    const check_options *options = session->options;
    terminal->cases = part->count;
    terminal->ended = 0;
    terminal->steps = steps_of(part, options);
    terminal->played = 0;
    terminal->part_ns = check_now();
    terminal->playing_count = 0;
    check_terminal_clear(terminal);
    if (session->repetitions == 1) {
        fprintf(terminal->out, "%s%s%s: %zu case%s, %zu play%s, %u job%s, seed %llu\n",
            check_paint(terminal, CHECK_BOLD), check_role_name(part->role), check_paint(terminal, CHECK_PLAIN),
            part->count, check_text_plural(part->count), plays, check_text_plural(plays), session->jobs,
            check_text_plural(session->jobs), (unsigned long long)session->seed);
        if (part->setting.held_ns > 0) {
            fprintf(terminal->out, "%s: it holds an answer of None for about %.0f ms; each takes so long here\n",
                check_role_name(part->role), (double)part->setting.held_ns / 1e6);
        }
        terminal->fell_short = 0;
    } else if (options->verbose || !terminal->live) {
        fprintf(terminal->out, "%s: repetition %u\n", check_role_name(part->role), session->repetitions);
    }
    fflush(terminal->out);
}

static size_t width_of(FILE *out) {
    struct winsize size = {0};
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

/* How long the rest will take, if it goes on like this; 0: too little has been played to say. */
static double seconds_left(const check_terminal *terminal, uint64_t now) {
    double since = (double)(now - terminal->part_ns) / (double)CHECK_SECOND;
    bool known = terminal->played * ESTIMATE_PART >= terminal->steps && terminal->played < terminal->steps;
    return known && since >= (double)LONG_S
        ? since * (double)(terminal->steps - terminal->played) / (double)terminal->played
        : 0;
}

/* "[12/280 cases] 3 s, about 9 s left, 1 failed  manager.next.none (bytes, for 2 s)" */
static size_t say_progress(const check_terminal *terminal, char *line, size_t size) {
    const check_playing *oldest = terminal->playing_count > 0 ? &terminal->playing[0] : NULL;
    uint64_t now = check_now();
    double left = seconds_left(terminal, now);
    char estimate[48] = "";
    if (left >= 1) {
        snprintf(estimate, sizeof estimate, ", about %.0f s left", left);
    }
    int used = snprintf(line, size, "[%zu/%zu cases] %.0f s%s, %zu failed", terminal->ended, terminal->cases,
        (double)(now - terminal->started_ns) / (double)CHECK_SECOND, estimate, terminal->fell_short);
    if (oldest != NULL && used > 0 && (size_t)used < size) {
        uint64_t since = (now - oldest->since_ns) / CHECK_SECOND;
        const char *format = since < LONG_S ? "  %.100s (%s)" : "  %.100s (%s, for %llu s)";
        used += snprintf(line + used, size - (size_t)used, format, oldest->one->name,
            check_delivery_name(oldest->delivery), (unsigned long long)since);
    }
    return used < 0 ? 0 : (size_t)used < size ? (size_t)used : size - 1;
}

static void show_line(check_terminal *terminal, const char *line, size_t size) {
    if (terminal->live) {
        size_t width = width_of(terminal->out) - 1;
        fputs("\r\033[K", terminal->out);
        check_text_plain(terminal->out, undr_slice_of(line, size < width ? size : width));
        terminal->line_shown = true;
    } else {
        check_text_plain(terminal->out, undr_slice_of(line, size));
        fputc('\n', terminal->out);
    }
    fflush(terminal->out);
    terminal->shown_ns = check_now();
}

static bool is_time(const check_terminal *terminal) {
    uint64_t period = terminal->live ? LIVE_PERIOD_MS * CHECK_MILLISECOND : PLAIN_PERIOD_S * CHECK_SECOND;
    return check_now() - terminal->shown_ns >= period;
}

/* Before any case is played: what is waited for. */
static void show_measuring(check_terminal *terminal, check_role role, const char *what) {
    char line[256];
    if (!is_time(terminal)) {
        return;
    }
    int size = snprintf(line, sizeof line, "%s: %.0f s, the target is measured: %s", check_role_name(role),
        (double)(check_now() - terminal->started_ns) / (double)CHECK_SECOND, what);
    show_line(terminal, line, size < 0 ? 0 : (size_t)size < sizeof line ? (size_t)size : sizeof line - 1);
}

static void show_progress(check_terminal *terminal) {
    char line[256];
    if (is_time(terminal)) {
        show_line(terminal, line, say_progress(terminal, line, sizeof line));
    }
}

static void begin_play(check_terminal *terminal, const check_case *one, check_delivery delivery) {
    if (terminal->playing_count < CHECK_PLAYING_NAMED) {
        terminal->playing[terminal->playing_count++] = (check_playing){one, delivery, check_now()};
    }
    show_progress(terminal);
}

static void forget(check_terminal *terminal, const check_case *one, check_delivery delivery) {
    size_t index = 0;
    while (index < terminal->playing_count
        && (terminal->playing[index].one != one || terminal->playing[index].delivery != delivery)) {
        index++;
    }
    if (index < terminal->playing_count) {
        size_t behind = --terminal->playing_count - index;
        memmove(&terminal->playing[index], &terminal->playing[index + 1], behind * sizeof terminal->playing[0]);
    }
}

static const char *verdict_color(check_verdict verdict) {
    switch (verdict) {
    case CHECK_PASS: return CHECK_GREEN;
    case CHECK_WARN: return CHECK_YELLOW;
    case CHECK_FAIL:
    case CHECK_ERROR: return CHECK_RED;
    default: return CHECK_DIM;
    }
}

static void end_play(check_terminal *terminal, const check_event *event, bool verbose) {
    const check_case *one = event->one;
    const check_result *result = event->result;
    forget(terminal, one, event->delivery);
    terminal->played += check_cost_of(one).steps;
    if (!verbose) {
        return;
    }
    check_terminal_clear(terminal);
    fprintf(terminal->out, "%s%-7s%s %s (%s) %.1f ms\n", check_paint(terminal, verdict_color(result->verdict)),
        check_verdict_name(result->verdict), check_paint(terminal, CHECK_PLAIN), one->name,
        check_delivery_name(event->delivery), (double)result->duration_ns / 1e6);
    check_text_lines(terminal->out, undr_buffer_slice(&result->transcript), "        ");
    if (result->notes.size > 0) {
        check_text_lines(terminal->out, undr_buffer_slice(&result->notes), "        # ");
    }
    fflush(terminal->out);
}

/* ---- the summary ---- */

static void count(FILE *out, size_t number, const char *text, bool always) {
    if (number > 0 || always) {
        fprintf(out, ", %zu %s", number, text);
    }
}

/* ", 2 without something optional (a MAY: manager.a, manager.b)"; of many the first. */
static void print_observed(FILE *out, const check_part *part, size_t number) {
    size_t named = 0;
    count(out, number, "without something optional (a MAY", false);
    for (size_t i = 0; i < part->count && named < OBSERVED_NAMED; i++) {
        if (check_record_standing(&part->records[i]) == CHECK_OBSERVED) {
            fprintf(out, "%s%s", named == 0 ? ": " : ", ", part->records[i].one->name);
            named++;
        }
    }
    if (number > 0) {
        fputs(number > named ? ", ...)" : ")", out);
    }
}

static void summarise_part(const check_terminal *terminal, const check_part *part) {
    FILE *out = terminal->out;
    check_tally tally = check_part_tally(part);
    fprintf(out, "%s%s%s: ", check_paint(terminal, CHECK_BOLD), check_role_name(part->role),
        check_paint(terminal, CHECK_PLAIN));
    if (!part->surveyed) {
        if (part->undeclared || part->why.size == 0) {
            fputs(part->undeclared ? "not declared by the adapter\n" : "not run\n", out);
            return;
        }
        check_text_plain(out, check_text_trim(undr_buffer_slice(&part->why)));
        fprintf(out, "\n    no case was run (%zu would have been)\n", part->count);
        return;
    }
    fprintf(out, "%zu case%s", tally.cases, check_text_plural(tally.cases));
    count(out, tally.by[CHECK_PASSED], "passed", true);
    count(out, tally.by[CHECK_FAILED], "failed a MUST", false);
    count(out, tally.by[CHECK_WARNED], tally.by[CHECK_FAILED] > 0 ? "of a SHOULD" : "failed a SHOULD", false);
    print_observed(out, part, tally.by[CHECK_OBSERVED]);
    count(out, tally.by[CHECK_EXPECTED], "failed as expected", false);
    count(out, tally.by[CHECK_NEW], "failed that are new since the version of --as-of", false);
    count(out, tally.by[CHECK_STALE], "expected to fail, but passed", false);
    count(out, tally.by[CHECK_CHANGED], "failed otherwise than expected", false);
    count(out, tally.by[CHECK_BLOCKED_OFF], "blocked", false);
    count(out, tally.by[CHECK_EXCUSED], "blocked by an expected one", false);
    count(out, tally.by[CHECK_BROKEN], "broken in the harness", false);
    count(out, tally.undecided, "expected to fail, but passed so far", false);
    count(out, tally.by[CHECK_NOT_RUN] - tally.undecided, "not run", false);
    count(out, tally.by[CHECK_SKIPPED], "skipped", false);
    check_print_skip_reasons(out, part);
    if (part->heavy > 0) {
        fprintf(out, "; %zu heavy one%s (long waits, large payloads, many connections) only with --load", part->heavy,
            check_text_plural(part->heavy));
    }
    if (part->left_out > 0) {
        fprintf(out, "; %zu left out by --skip", part->left_out);
    }
    fputc('\n', out);
    check_print_enabling(out, part);
}

static void print_unmatched(const check_terminal *terminal, const check_session *session) {
    size_t index = 0;
    for (const check_entry *entry = NULL; (entry = check_unmatched(session, &index)) != NULL;) {
        fprintf(
            terminal->out, "\n%sUNMATCHED%s ", check_paint(terminal, CHECK_RED), check_paint(terminal, CHECK_PLAIN));
        check_text_plain(terminal->out, undr_slice_text(session->expected->file));
        fprintf(terminal->out, ":%d: ", entry->line);
        check_text_plain(terminal->out, undr_slice_text(entry->name));
        fprintf(terminal->out, ": %s\n", check_unmatched_why(session, entry));
    }
}

static void print_short_sentence(FILE *out, const check_session *session, const check_tally *all) {
    size_t index = 0;
    if (all->by[CHECK_FAILED] > 0) {
        fputs("This does not conform: a MUST did not hold.", out);
    } else if (all->by[CHECK_WARNED] > 0 && session->options->strict) {
        fputs("Every MUST held, but not every SHOULD, as --strict demands.", out);
    } else if (all->by[CHECK_STALE] + all->by[CHECK_CHANGED] > 0 || check_unmatched(session, &index) != NULL) {
        fputs("What is expected to fail (", out);
        check_text_plain(out, undr_slice_text(session->expected->file));
        fputs(") is not what failed.", out);
    } else {
        fputs("This implementation could not be judged.", out);
    }
}

static void print_sentence(const check_terminal *terminal, const check_session *session) {
    FILE *out = terminal->out;
    int status = check_session_status(session);
    check_tally all = check_session_tally(session);
    const char *color = status == 0 ? CHECK_GREEN : CHECK_RED;
    fputs(check_paint(terminal, color), out);
    if (session->interrupted != 0) {
        fprintf(out, "Interrupted: the cases that were not run are not judged.");
    } else if (session->mistaken) {
        fputs("The expected failures are wrong: this run judges nothing.", out);
    } else if (status == 3) {
        fputs("The harness itself failed: this run judges nothing.", out);
        if (session->jobs > 1) {
            fprintf(out, " It needs less with --jobs 1 (these were %u).", session->jobs);
        }
    } else if (status == 2) {
        fputs("Nothing was executed: this is not a pass.", out);
    } else if (status == 0 && all.by[CHECK_EXPECTED] > 0) {
        fputs("What failed was expected (", out);
        check_text_plain(out, undr_slice_text(session->expected->file));
        fprintf(out, "); every other %s that was tried held.", all.by[CHECK_WARNED] > 0 ? "MUST" : "requirement");
    } else if (status == 0 && all.by[CHECK_WARNED] > 0) {
        fputs("Every MUST held; not every SHOULD (--strict would not let that pass).", out);
    } else if (status == 0) {
        fputs("Every requirement that was tried held.", out);
    } else {
        print_short_sentence(out, session, &all);
    }
    double seconds = (double)session->duration_ns / (double)CHECK_SECOND;
    fprintf(
        out, "%s  %.1f s, seed %llu\n", check_paint(terminal, CHECK_PLAIN), seconds, (unsigned long long)session->seed);
}

void check_terminal_summary(check_terminal *terminal, const check_session *session) {
    check_terminal_clear(terminal);
    check_terminal_short(terminal, session);
    print_unmatched(terminal, session);
    fputc('\n', terminal->out);
    for (size_t i = 0; i < session->part_count; i++) {
        if (session->parts[i].count > 0) {
            summarise_part(terminal, &session->parts[i]);
        }
    }
    if (session->repetitions > 1) {
        fprintf(terminal->out, "%u repetitions\n", session->repetitions);
    }
    print_sentence(terminal, session);
    fflush(terminal->out);
}

/* ---- as a reporter ---- */

static void tell_again(check_terminal *terminal, const check_part *part, size_t count) {
    check_terminal_clear(terminal);
    fprintf(terminal->out, "%s: playing %zu case%s that failed again, each by itself\n", check_role_name(part->role),
        count, check_text_plural(count));
    fflush(terminal->out);
}

static void count_record(check_terminal *terminal, const check_event *event, bool verbose) {
    terminal->ended += event->complete ? 1 : 0;
    terminal->fell_short += event->newly_short ? 1 : 0;
    if (event->newly_short && !verbose) {
        check_terminal_notice(terminal, event->record);
    }
}

static void hear(void *self, const check_session *session, const check_event *event) {
    check_terminal *terminal = self;
    bool verbose = session->options->verbose;
    switch (event->kind) {
    case CHECK_EVENT_MEASURED: show_measuring(terminal, event->part->role, event->text); break;
    case CHECK_EVENT_ROUND: begin_round(terminal, session, event->part, event->count); break;
    case CHECK_EVENT_STARTED: begin_play(terminal, event->one, event->delivery); break;
    case CHECK_EVENT_PLAYED: end_play(terminal, event, verbose); break;
    case CHECK_EVENT_COUNTED: count_record(terminal, event, verbose); break;
    case CHECK_EVENT_AGAIN: tell_again(terminal, event->part, event->count); break;
    case CHECK_EVENT_TICK: show_progress(terminal); break;
    case CHECK_EVENT_PAUSE: check_terminal_clear(terminal); break;
    default: break;
    }
}

static undr_error finish(void *self, const check_session *session, undr_buffer *message) {
    (void)message;
    check_terminal_summary(self, session);
    return UNDR_OK;
}

check_reporter check_terminal_reporter(check_terminal *terminal) {
    return (check_reporter){terminal, hear, finish};
}
