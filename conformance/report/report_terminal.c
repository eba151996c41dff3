/* report_terminal.c: the report for a person: what is going on, what fell short and why, what it all comes to. */
#include "clock.h"
#include "report.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RED "\033[1;31m"
#define GREEN "\033[1;32m"
#define YELLOW "\033[1;33m"
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

enum { LIVE_PERIOD_MS = 100, PLAIN_PERIOD_S = 10 };

/* ---- progress ---- */

static bool is_terminal(FILE *out) {
    const char *kind = getenv("TERM");
    return isatty(fileno(out)) && kind != NULL && strcmp(kind, "dumb") != 0;
}

void check_terminal_open(check_terminal *terminal, FILE *out, const check_options *options) {
    bool capable = is_terminal(out);
    const char *refused = getenv("NO_COLOR");
    bool wanted = options->color == CHECK_COLOR_ALWAYS ||
        (options->color == CHECK_COLOR_AUTO && capable && (refused == NULL || refused[0] == '\0'));
    *terminal = (check_terminal){.out = out, .color = wanted, .live = capable && !options->pause};
    terminal->started_ns = terminal->shown_ns = check_now();
}

static const char *paint(const check_terminal *terminal, const char *code) {
    return terminal->color ? code : "";
}

void check_terminal_clear(check_terminal *terminal) {
    if (terminal->line_shown) {
        fputs("\r\033[K", terminal->out);
        terminal->line_shown = false;
    }
}

void check_terminal_part(check_terminal *terminal, const check_session *session, const check_part *part, size_t plays) {
    const check_options *options = session->options;
    terminal->plays = plays;
    terminal->ended = 0;
    terminal->playing_count = 0;
    check_terminal_clear(terminal);
    if (session->repetitions == 1) {
        fprintf(terminal->out, "%s%s%s: %zu case%s, %zu play%s, %u job%s, seed %llu\n", paint(terminal, BOLD),
            check_role_name(part->role), paint(terminal, PLAIN), part->count, check_text_plural(part->count), plays,
            check_text_plural(plays), session->jobs, check_text_plural(session->jobs),
            (unsigned long long)session->seed);
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

static void show(check_terminal *terminal) {
    char line[256];
    double elapsed = (double)(check_now() - terminal->started_ns) / (double)CHECK_SECOND;
    const check_playing *oldest = terminal->playing_count > 0 ? &terminal->playing[0] : NULL;
    int size = snprintf(line, sizeof line, "[%zu/%zu] %.0f s, %zu fell short  %.100s (%s)", terminal->ended,
        terminal->plays, elapsed, terminal->fell_short, oldest == NULL ? "" : oldest->one->name,
        oldest == NULL ? "" : check_delivery_name(oldest->delivery));
    size_t shown = size < 0 ? 0 : (size_t)size < sizeof line ? (size_t)size : sizeof line - 1;
    if (terminal->live) {
        size_t width = width_of(terminal->out) - 1;
        fprintf(terminal->out, "\r\033[K%.*s", (int)(shown < width ? shown : width), line);
        terminal->line_shown = true;
    } else {
        fprintf(terminal->out, "%s\n", line);
    }
    fflush(terminal->out);
    terminal->shown_ns = check_now();
}

void check_terminal_tick(check_terminal *terminal) {
    uint64_t period = terminal->live ? LIVE_PERIOD_MS * CHECK_MILLISECOND : PLAIN_PERIOD_S * CHECK_SECOND;
    if (check_now() - terminal->shown_ns >= period) {
        show(terminal);
    }
}

void check_terminal_started(check_terminal *terminal, const check_case *one, check_delivery delivery) {
    if (terminal->playing_count < CHECK_PLAYING_NAMED) {
        terminal->playing[terminal->playing_count++] = (check_playing){one, delivery};
    }
    check_terminal_tick(terminal);
}

static void forget(check_terminal *terminal, const check_case *one, check_delivery delivery) {
    size_t index = 0;
    while (index < terminal->playing_count &&
        (terminal->playing[index].one != one || terminal->playing[index].delivery != delivery)) {
        index++;
    }
    if (index < terminal->playing_count) {
        size_t behind = --terminal->playing_count - index;
        memmove(&terminal->playing[index], &terminal->playing[index + 1], behind * sizeof terminal->playing[0]);
    }
}

static const char *verdict_color(check_verdict verdict) {
    switch (verdict) {
        case CHECK_PASS: return GREEN;
        case CHECK_WARN: return YELLOW;
        case CHECK_FAIL:
        case CHECK_ERROR: return RED;
        default: return DIM;
    }
}

void check_terminal_ended(check_terminal *terminal, const check_case *one, check_delivery delivery,
    const check_result *result, bool verbose) {
    terminal->ended++;
    forget(terminal, one, delivery);
    terminal->fell_short += result->verdict >= CHECK_WARN ? 1 : 0;
    if (!verbose) {
        return;
    }
    check_terminal_clear(terminal);
    fprintf(terminal->out, "%s%-7s%s %s (%s) %.1f ms\n", paint(terminal, verdict_color(result->verdict)),
        check_verdict_name(result->verdict), paint(terminal, PLAIN), one->name, check_delivery_name(delivery),
        (double)result->duration_ns / 1e6);
    check_text_lines(terminal->out, undr_buffer_slice(&result->transcript), "        ");
    if (result->notes.size > 0) {
        check_text_lines(terminal->out, undr_buffer_slice(&result->notes), "        # ");
    }
    fflush(terminal->out);
}

/* ---- what fell short ---- */

static void print_clause(FILE *out, const char *label, undr_slice text) {
    text = check_text_trim(text);
    if (text.size == 0) {
        return;
    }
    fprintf(out, "    %-10s", label);
    const uint8_t *newline = memchr(text.data, '\n', text.size);
    size_t first = newline == NULL ? text.size : (size_t)(newline - text.data);
    check_text_plain(out, undr_slice_of(text.data, first));
    fputc('\n', out);
    if (newline != NULL) {
        check_text_lines(out, undr_slice_of(newline + 1, text.size - first - 1), "              ");
    }
}

/* The line where the play failed begins with an exclamation mark. */
static void print_transcript(const check_terminal *terminal, const check_result *result) {
    undr_slice text = check_text_trim(undr_buffer_slice(&result->transcript));
    if (text.size > 0) {
        fputs("    transcript\n", terminal->out);
    }
    while (text.size > 0) {
        const uint8_t *newline = memchr(text.data, '\n', text.size);
        size_t size = newline == NULL ? text.size : (size_t)(newline - text.data);
        bool marked = text.data[0] == '!';
        fputs(paint(terminal, marked ? RED : DIM), terminal->out);
        check_text_lines(terminal->out, undr_slice_of(text.data, size), marked ? "      " : "        ");
        fputs(paint(terminal, PLAIN), terminal->out);
        size += newline == NULL ? 0 : 1;
        text = undr_slice_of(text.data + size, text.size - size);
    }
}

/* "whole 1/1, cut-3 0/1": how often it passed, by delivery. */
static void print_deliveries(FILE *out, const check_record *record) {
    const char *separator = "";
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        const check_plays *plays = &record->plays[i];
        unsigned passed = plays->counts[CHECK_PASS] + plays->counts[CHECK_INFO];
        if (plays->total == 0) {
            continue;
        }
        fprintf(out, "%s%s", separator, check_delivery_name((check_delivery)i));
        if (plays->total > 1) {
            fprintf(out, " passed %u of %u", passed, plays->total);
        } else {
            fprintf(out, " %s", check_verdict_name(plays->worst.verdict));
        }
        separator = ", ";
    }
}

static void print_details(const check_terminal *terminal, const check_session *session, const check_part *part,
    const check_record *record) {
    FILE *out = terminal->out;
    const check_result *worst = check_record_worst(record);
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    if (check_blamed(record, &level, &id, &sentence)) {
        fprintf(out, "    %s %s  ", level, id);
        check_text_plain(out, check_text_trim(sentence));
        fputc('\n', out);
    }
    fprintf(out, "    %-10s", "delivery");
    print_deliveries(out, record);
    fputc('\n', out);
    print_clause(out, "step", undr_buffer_slice(&worst->step));
    print_clause(out, "expected", undr_buffer_slice(&worst->expected));
    print_clause(out, "received", undr_buffer_slice(&worst->received));
    print_transcript(terminal, worst);
    print_clause(out, "notes", undr_buffer_slice(&worst->notes));
    if (worst->output.size > 0) {
        fputs("    output of the target\n", out);
        check_text_lines(out, undr_buffer_slice(&worst->output), "        | ");
    }
    fprintf(out, "    %-10s", "alone");
    check_print_alone(out, session, part, record);
    fputc('\n', out);
}

static void explain(const check_terminal *terminal, const check_session *session, const check_part *part,
    const check_record *record) {
    static const char *const titles[CHECK_STANDING_COUNT] = {[CHECK_BLOCKED_OFF] = "BLOCKED", [CHECK_WARNED] = "WARN",
        [CHECK_FAILED] = "FAIL", [CHECK_STALE] = "STALE", [CHECK_CHANGED] = "CHANGED", [CHECK_BROKEN] = "ERROR"};
    check_standing standing = check_record_standing(part, record);
    const check_result *worst = check_record_worst(record);
    if (titles[standing] == NULL) {
        return;
    }
    undr_buffer remark = {0};
    fprintf(terminal->out, "\n%s%s%s %s%s%s  %s:%d\n", paint(terminal, standing == CHECK_WARNED ? YELLOW : RED),
        titles[standing], paint(terminal, PLAIN), paint(terminal, BOLD), record->one->name, paint(terminal, PLAIN),
        record->one->file, worst->line > 0 ? worst->line : record->one->line);
    if (check_record_remark(part, record, &remark) == UNDR_OK && remark.size > 0) {
        check_text_lines(terminal->out, undr_buffer_slice(&remark), "    ");
    }
    undr_buffer_free(&remark);
    if (worst->verdict >= CHECK_WARN) {
        print_details(terminal, session, part, record);
    }
}

/* ---- the summary ---- */

static void count(FILE *out, size_t number, const char *text, bool always) {
    if (number > 0 || always) {
        fprintf(out, ", %zu %s", number, text);
    }
}

/* Each reason once: " (priority-levels 128 not declared; --destructive was not given)". */
static void print_skip_reasons(FILE *out, const check_part *part) {
    const char *separator = " (";
    for (size_t i = 0; i < part->count; i++) {
        undr_buffer reason = {0}, other = {0};
        bool is_new = check_record_standing(part, &part->records[i]) == CHECK_SKIPPED &&
            check_record_remark(part, &part->records[i], &reason) == UNDR_OK;
        for (size_t k = 0; k < i && is_new; k++) {
            other.size = 0;
            if (check_record_standing(part, &part->records[k]) == CHECK_SKIPPED &&
                check_record_remark(part, &part->records[k], &other) == UNDR_OK) {
                is_new = !undr_slice_equal(undr_buffer_slice(&reason), undr_buffer_slice(&other));
            }
        }
        if (is_new && reason.size > 0) {
            fputs(separator, out);
            check_text_plain(out, undr_buffer_slice(&reason));
            separator = "; ";
        }
        undr_buffer_free(&reason);
        undr_buffer_free(&other);
    }
    fputs(separator[0] == ';' ? ")" : "", out);
}

static void summarise_part(const check_terminal *terminal, const check_part *part) {
    FILE *out = terminal->out;
    check_tally tally = check_part_tally(part);
    fprintf(out, "%s%s%s: ", paint(terminal, BOLD), check_role_name(part->role), paint(terminal, PLAIN));
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
    count(out, tally.by[CHECK_FAILED], "fell short of a MUST", false);
    count(out, tally.by[CHECK_WARNED], tally.by[CHECK_FAILED] > 0 ? "of a SHOULD" : "fell short of a SHOULD", false);
    count(out, tally.by[CHECK_OBSERVED], "observed", false);
    count(out, tally.by[CHECK_EXPECTED], "fell short as expected", false);
    count(out, tally.by[CHECK_STALE], "expected to fall short, but passed", false);
    count(out, tally.by[CHECK_CHANGED], "fell short otherwise than expected", false);
    count(out, tally.by[CHECK_BLOCKED_OFF], "blocked", false);
    count(out, tally.by[CHECK_EXCUSED], "blocked by an expected one", false);
    count(out, tally.by[CHECK_BROKEN], "broken in the harness", false);
    count(out, tally.by[CHECK_NOT_RUN], "not run", false);
    count(out, tally.by[CHECK_SKIPPED], "skipped", false);
    print_skip_reasons(out, part);
    if (part->heavy > 0) {
        fprintf(out, "; %zu heavy one%s only with --load", part->heavy, check_text_plural(part->heavy));
    }
    fputc('\n', out);
}

static void print_unmatched(const check_terminal *terminal, const check_session *session) {
    size_t index = 0;
    for (const check_entry *entry = NULL; (entry = check_unmatched(session, &index)) != NULL;) {
        fprintf(terminal->out, "\n%sUNMATCHED%s %s:%d: there is no case %s: correct its name, or remove the line\n",
            paint(terminal, RED), paint(terminal, PLAIN), session->expected->file, entry->line, entry->name);
    }
}

static void print_short_sentence(FILE *out, const check_session *session, const check_tally *all) {
    size_t index = 0;
    if (all->by[CHECK_FAILED] > 0) {
        fputs("This does not conform: a MUST did not hold.", out);
    } else if (all->by[CHECK_WARNED] > 0 && session->options->strict) {
        fputs("Every MUST held, but not every SHOULD, as --strict demands.", out);
    } else if (all->by[CHECK_STALE] + all->by[CHECK_CHANGED] > 0 || check_unmatched(session, &index) != NULL) {
        fprintf(out, "What is expected to fall short (%s) is not what did.", session->expected->file);
    } else {
        fputs("This implementation could not be judged.", out);
    }
}

static void print_sentence(const check_terminal *terminal, const check_session *session) {
    FILE *out = terminal->out;
    int status = check_session_status(session);
    check_tally all = check_session_tally(session);
    const char *color = status == 0 ? GREEN : RED;
    fputs(paint(terminal, color), out);
    if (session->interrupted != 0) {
        fprintf(out, "Interrupted: the cases that were not run are not judged.");
    } else if (status == 3) {
        fputs("The harness itself failed: this run judges nothing.", out);
    } else if (status == 2) {
        fputs("Nothing was executed: this is not a pass.", out);
    } else if (status == 0 && all.by[CHECK_EXPECTED] > 0) {
        fprintf(out, "What fell short was expected (%s); every other requirement held.", session->expected->file);
    } else if (status == 0 && all.by[CHECK_WARNED] > 0) {
        fputs("Every MUST held; not every SHOULD (--strict would not let that pass).", out);
    } else if (status == 0) {
        fputs("Every requirement that was tried held.", out);
    } else {
        print_short_sentence(out, session, &all);
    }
    double seconds = (double)session->duration_ns / (double)CHECK_SECOND;
    fprintf(out, "%s  %.1f s, seed %llu\n", paint(terminal, PLAIN), seconds, (unsigned long long)session->seed);
}

void check_terminal_summary(check_terminal *terminal, const check_session *session) {
    check_terminal_clear(terminal);
    for (size_t i = 0; i < session->part_count; i++) {
        for (size_t k = 0; k < session->parts[i].count; k++) {
            explain(terminal, session, &session->parts[i], &session->parts[i].records[k]);
        }
    }
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
