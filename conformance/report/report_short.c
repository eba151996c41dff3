/* report_short.c: for a person: what failed, and why. Cases that failed alike are explained once. */
#include "base/text.h"
#include "report/alone.h"
#include "report/common.h"
#include "report/terminal_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAMED = 4,    /* of the cases that are alike */
    CLAUSE = 100, /* characters of a clause in the table */
    SCREEN = 30,  /* lines of explanations, unless -v asks for all: the first cause is explained, however long it is */
    TABLE_LINES = 6,
    OUTPUT_LINES = 6,
    REQUIREMENTS = 8, /* in the line of them */
    LINE = 320,       /* bytes of a line that is explained: a longer one is cut to its ends */
    LINE_HEAD = 120,
    LINE_TAIL = 180,
    TRANSCRIPT_HEAD = 4,
    TRANSCRIPT_TAIL = 12
};

/* ---- one case ---- */

/* Not inside a character: the place itself, or one before it. */
static size_t at_character(undr_slice text, size_t at) {
    while (at > 0 && at < text.size && (text.data[at] & 0xc0) == 0x80) {
        at--;
    }
    return at;
}

/* A line; of a long one (and not with -v) the two ends, since the second says how it differs. */
static void print_line(FILE *out, undr_slice line, bool whole) {
    if (whole || line.size <= LINE) {
        check_text_plain(out, line);
        return;
    }
    size_t head = at_character(line, LINE_HEAD), tail = at_character(line, line.size - LINE_TAIL);
    check_text_plain(out, undr_slice_of(line.data, head));
    fprintf(out, " ... %zu more bytes ... ", tail - head);
    check_text_plain(out, undr_slice_of(line.data + tail, line.size - tail));
}

static size_t line_size(undr_slice text) {
    const uint8_t *newline = text.size == 0 ? NULL : memchr(text.data, '\n', text.size);
    return newline == NULL ? text.size : (size_t)(newline - text.data);
}

static void print_clause(FILE *out, const char *label, undr_slice text, bool whole) {
    text = check_text_trim(text);
    for (bool first = true; text.size > 0; first = false) {
        size_t size = line_size(text);
        fprintf(out, first ? "    %-10s" : "              ", label);
        print_line(out, undr_slice_of(text.data, size), whole);
        fputc('\n', out);
        size += size < text.size ? 1 : 0;
        text = undr_slice_of(text.data + size, text.size - size);
    }
}

static size_t count_lines(undr_slice text) {
    size_t count = text.size > 0 ? 1 : 0;
    for (size_t i = 0; i < text.size; i++) {
        count += text.data[i] == '\n' ? 1 : 0;
    }
    return count;
}

/* Without the line of the command, which the last line of the explanation has, and what was received, which stands
 * above. */
static undr_slice without_repeats(undr_slice text) {
    static const char received[] = "\n# received: ";
    if (text.size > 1 && text.data[0] == '#') {
        size_t size = line_size(text);
        size += size < text.size ? 1 : 0;
        text = undr_slice_of(text.data + size, text.size - size);
    }
    const uint8_t *found = text.size == 0 ? NULL : memmem(text.data, text.size, received, sizeof received - 1);
    bool last = found != NULL && memchr(found + 1, '\n', (size_t)(text.data + text.size - found - 1)) == NULL;
    return last ? undr_slice_of(text.data, (size_t)(found - text.data)) : text;
}

/* The line where the play failed begins with an exclamation mark. Of a long one (and not with -v), the two ends. */
static void print_transcript(const check_terminal *terminal, const check_result *result, bool whole) {
    undr_slice text = check_text_trim(undr_buffer_slice(&result->transcript));
    text = whole ? text : without_repeats(text);
    size_t count = count_lines(text);
    bool cut = !whole && count > TRANSCRIPT_HEAD + TRANSCRIPT_TAIL + 1;
    fputs(text.size > 0 ? "    transcript\n" : "", terminal->out);
    for (size_t i = 0; text.size > 0; i++) {
        size_t size = line_size(text);
        bool marked = text.data[0] == '!', shown = !cut || i < TRANSCRIPT_HEAD || i + TRANSCRIPT_TAIL >= count;
        if (cut && i == TRANSCRIPT_HEAD) {
            fprintf(terminal->out, "          ... %zu lines; -v prints all ...\n",
                count - TRANSCRIPT_HEAD - TRANSCRIPT_TAIL);
        }
        if (shown) {
            fputs(check_paint(terminal, marked ? CHECK_RED : CHECK_DIM), terminal->out);
            fputs(marked ? "      " : "        ", terminal->out);
            print_line(terminal->out, undr_slice_of(text.data, size), whole);
            fputc('\n', terminal->out);
            fputs(check_paint(terminal, CHECK_PLAIN), terminal->out);
        }
        size += size < text.size ? 1 : 0;
        text = undr_slice_of(text.data + size, text.size - size);
    }
}

/* "whole pass, cut-3 failed 2 of 2", by delivery. */
static void print_deliveries(FILE *out, const check_record *record) {
    const char *separator = "";
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        const check_plays *plays = &record->plays[i];
        unsigned failed = plays->counts[CHECK_WARN] + plays->counts[CHECK_FAIL];
        if (plays->total == 0) {
            continue;
        }
        fprintf(out, "%s%s", separator, check_delivery_name((check_delivery)i));
        if (plays->total > 1) {
            fprintf(out, " failed %u of %u", failed, plays->total);
        } else {
            fprintf(out, " %s", check_verdict_name(plays->worst.verdict));
        }
        separator = ", ";
    }
    check_delivery worst = check_record_delivery(record);
    if (worst != CHECK_DELIVERY_COUNT && worst != CHECK_DELIVERY_WHOLE) {
        fprintf(out, " (%s: %s)", check_delivery_name(worst), check_delivery_explained(worst));
    }
}

/* Of a long one (and not with -v) the end: a program says there why it left. */
static void print_output(FILE *out, undr_slice text, bool whole) {
    text = check_text_trim(text);
    size_t count = count_lines(text), left_out = whole || count <= OUTPUT_LINES ? 0 : count - OUTPUT_LINES;
    for (size_t i = 0; i < left_out; i++) {
        size_t size = line_size(text) + 1;
        text = undr_slice_of(text.data + size, text.size - size);
    }
    fputs("    output of the target\n", out);
    if (left_out > 0) {
        fprintf(out, "        | ... %zu line%s before; -v prints all ...\n", left_out, check_text_plural(left_out));
    }
    check_text_lines(out, text, "        | ");
}

static void print_details(
    const check_terminal *terminal, const check_session *session, const check_part *part, const check_record *record) {
    FILE *out = terminal->out;
    const check_result *worst = check_record_worst(record);
    bool whole = session->options->verbose;
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
    if (!undr_slice_equal(undr_buffer_slice(&worst->step), undr_buffer_slice(&worst->expected))) {
        print_clause(out, "step", undr_buffer_slice(&worst->step), whole);
    }
    print_clause(out, "expected", undr_buffer_slice(&worst->expected), whole);
    print_clause(out, "received", undr_buffer_slice(&worst->received), whole);
    print_transcript(terminal, worst, whole);
    print_clause(out, "notes", undr_buffer_slice(&worst->notes), whole);
    if (worst->output.size > 0) {
        print_output(out, undr_buffer_slice(&worst->output), whole);
    }
    undr_buffer again = {0};
    if (check_put_again(&again, record) == UNDR_OK) {
        print_clause(out, "again", undr_buffer_slice(&again), whole);
    }
    undr_buffer_free(&again);
    fprintf(out, "    %-10s", "alone");
    if (check_print_alone(out, check_text_plain, session, part, record) != UNDR_OK) {
        fputs("(no memory for the command)", out);
    }
    fputc('\n', out);
}

/* A classic mistake, unless it stands above all explanations already. */
static void print_hint(FILE *out, const check_short *one, const check_common *common) {
    const check_result *worst = check_record_worst(one->record);
    const check_advice *advice = worst == NULL ? NULL : check_hint_advice(worst->hint);
    if (advice != NULL && worst->hint != common->hint) {
        fprintf(out, "    %-10s%s (%s)\n    %-10s", "cause", advice->text, advice->id, "seen");
        check_text_plain(out, undr_buffer_slice(&worst->seen));
        fputc('\n', out);
    }
}

const char *check_standing_title(check_standing standing) {
    static const char *const titles[CHECK_STANDING_COUNT] = {[CHECK_BLOCKED_OFF] = "BLOCKED",
        [CHECK_WARNED] = "WARN",
        [CHECK_FAILED] = "FAIL",
        [CHECK_STALE] = "STALE",
        [CHECK_CHANGED] = "CHANGED",
        [CHECK_BROKEN] = "ERROR"};
    return titles[standing];
}

static const char *color_of(const check_terminal *terminal, check_standing standing) {
    return check_paint(terminal, standing == CHECK_WARNED ? CHECK_YELLOW : CHECK_RED);
}

static void explain(
    const check_terminal *terminal, const check_session *session, const check_short *one, const check_common *common) {
    FILE *out = terminal->out;
    const check_record *record = one->record;
    const check_result *worst = check_record_worst(record);
    undr_buffer remark = {0};
    fprintf(out, "\n%s%s%s %s%s%s  ", color_of(terminal, one->standing), check_standing_title(one->standing),
        check_paint(terminal, CHECK_PLAIN), check_paint(terminal, CHECK_BOLD), record->one->name,
        check_paint(terminal, CHECK_PLAIN));
    check_text_plain(out, undr_slice_text(record->one->file));
    fprintf(out, ":%d\n", worst->line > 0 ? worst->line : record->one->line);
    if (check_record_remark(record, &remark) == UNDR_OK && remark.size > 0) {
        check_text_lines(out, undr_buffer_slice(&remark), "    ");
    }
    undr_buffer_free(&remark);
    print_hint(out, one, common);
    if (worst->verdict >= CHECK_WARN) {
        print_details(terminal, session, one->part, record);
    }
}

/* ---- those that are alike ---- */

static void print_alike(FILE *out, const check_digest *digest, size_t leader) {
    const check_short *first = &digest->at[leader];
    size_t named = 0, others = first->alike - 1;
    if (others == 0) {
        return;
    }
    if (first->standing == CHECK_BLOCKED_OFF) {
        fprintf(out, "    %zu more; -v names them, --only NAME plays one of them all the same\n", others);
        return;
    }
    fprintf(out, "    %zu more alike; -v explains each:\n", others);
    for (size_t i = first->first; i != CHECK_NO_NAME && named < NAMED; i = digest->at[i].next) {
        const check_short *one = &digest->at[i];
        const char *level = NULL, *id = NULL;
        undr_slice sentence;
        if (i != leader) {
            bool known = check_blamed(one->record, &level, &id, &sentence);
            fprintf(out, "        %s  %s\n", one->record->one->name, known ? id : "");
            named++;
        }
    }
    if (named < others) {
        fprintf(out, "        and %zu more\n", others - named);
    }
}

void check_print_short_clause(FILE *out, undr_slice text) {
    text = check_text_trim(text);
    const uint8_t *newline = text.size == 0 ? NULL : memchr(text.data, '\n', text.size);
    size_t size = newline == NULL ? text.size : (size_t)(newline - text.data);
    bool whole = size <= CLAUSE && newline == NULL;
    size = size <= CLAUSE ? size : CLAUSE;
    size = at_character(text, size);
    check_text_plain(out, undr_slice_of(text.data, size));
    fputs(whole ? "" : "...", out);
}

static void print_digest_line(FILE *out, const check_short *one) {
    const check_result *worst = check_record_worst(one->record);
    fprintf(out, "    %4zu %s", one->alike, check_standing_title(one->standing));
    if (one->standing == CHECK_BLOCKED_OFF) {
        fputs("  ", out);
        check_print_short_clause(out, undr_buffer_slice(worst->received.size > 0 ? &worst->received : &worst->notes));
    } else if (one->standing == CHECK_STALE) {
        fputs("  passed although they were expected to fail", out);
    } else {
        fprintf(out, "  %s%s", one->id, one->id[0] != '\0' && worst->expected.size > 0 ? "  " : "");
        fputs(worst->expected.size > 0 ? "expected " : "", out);
        check_print_short_clause(out, undr_buffer_slice(&worst->expected));
        fputs(worst->expected.size > 0 ? ", received " : "  ", out);
        check_print_short_clause(out, undr_buffer_slice(&worst->received));
    }
    if (one->standing == CHECK_BLOCKED_OFF) {
        fputc('\n', out);
    } else {
        fprintf(out, "\n         %s %s\n", one->alike > 1 ? "begin with" : "in", one->record->one->name);
    }
}

/* "SCHED-3 6 of 6, SCHED-4 6 of 9": what is broken stands first, what needs it behind. */
static void print_requirements(FILE *out, const check_digest *digest) {
    const check_short *shown[REQUIREMENTS];
    size_t count = 0;
    while (count < REQUIREMENTS) {
        const check_short *next = check_digest_next_requirement(digest, shown, count);
        if (next == NULL) {
            break;
        }
        fprintf(out, "%s%s %zu of %zu", count == 0 ? "    by requirement, of the cases that try it: " : ", ", next->id,
            next->share.fell_short, next->share.tried);
        shown[count++] = next;
    }
    bool more = count == REQUIREMENTS && check_digest_next_requirement(digest, shown, count) != NULL;
    fputs(count == 0 ? "" : more ? ", ...\n" : "\n", out);
}

/* One mistake often shows in many cases: those that were not explained, a line or two for each, and the requirements. */
static void print_digest(
    const check_terminal *terminal, const check_digest *digest, const size_t *order, size_t count, const bool *shown) {
    FILE *out = terminal->out;
    size_t others = 0;
    for (size_t i = 0; i < count; i++) {
        if (shown[i]) {
            continue;
        }
        if (others++ == 0) {
            fprintf(out, "\n%sOther failures%s, alike ones together; -v explains each\n",
                check_paint(terminal, CHECK_BOLD), check_paint(terminal, CHECK_PLAIN));
        }
        if (others <= TABLE_LINES) {
            print_digest_line(out, &digest->at[order[i]]);
        }
    }
    if (others > TABLE_LINES) {
        size_t more = others - TABLE_LINES;
        fprintf(out, "    and %zu other way%s\n", more, check_text_plural(more));
    }
    if (digest->count > 2 && count > 1) {
        print_requirements(out, digest);
    }
}

/* What the failures of a role share stands above the first of them. */
static void print_common(const check_terminal *terminal, const check_common *common) {
    undr_buffer text = {0};
    if (check_put_common(&text, common) == UNDR_OK && text.size > 0) {
        fprintf(terminal->out, "\n%s", check_paint(terminal, CHECK_BOLD));
        check_text_lines(terminal->out, undr_buffer_slice(&text), "");
        fputs(check_paint(terminal, CHECK_PLAIN), terminal->out);
    }
    undr_buffer_free(&text);
}

static size_t count_printed(const char *text) {
    return count_lines(undr_slice_text(text));
}

/* One of those that are alike, and how many there are; with -v all of them. */
static void explain_group(const check_terminal *terminal, const check_session *session, const check_digest *digest,
    size_t leader, const check_common *common) {
    bool verbose = session->options->verbose;
    explain(terminal, session, &digest->at[leader], common);
    for (size_t k = digest->at[leader].first; verbose && k != CHECK_NO_NAME; k = digest->at[k].next) {
        if (k != leader) {
            explain(terminal, session, &digest->at[k], common);
        }
    }
    if (!verbose) {
        print_alike(terminal->out, digest, leader);
    }
}

/* The lines that the explanation of a group takes; without memory: none, so that it is printed. */
static size_t lines_of(const check_terminal *terminal, const check_session *session, const check_digest *digest,
    size_t leader, const check_common *common) {
    char *text = NULL;
    size_t size = 0, lines = 0;
    check_terminal paper = *terminal;
    paper.out = open_memstream(&text, &size);
    if (paper.out != NULL) {
        explain_group(&paper, session, digest, leader, common);
        lines = fclose(paper.out) == 0 ? count_printed(text) : 0;
    }
    free(text);
    return lines;
}

/* Explains the first group of each role, and of the others as many as fit. *shown: those that were. */
static void explain_first(const check_terminal *terminal, const check_session *session, const check_digest *digest,
    const size_t *order, size_t count, bool *shown) {
    size_t lines = 0;
    const check_part *part = NULL;
    check_common common = {0};
    for (size_t i = 0; i < count; i++) {
        const check_short *leader = &digest->at[order[i]];
        bool first = leader->part != part, blocked = leader->standing == CHECK_BLOCKED_OFF;
        if (first) {
            part = leader->part;
            common = check_common_of(digest, part);
            print_common(terminal, &common);
        }
        bool measured = !session->options->verbose && (first || (lines <= SCREEN && !blocked));
        lines += measured ? lines_of(terminal, session, digest, order[i], &common) : 0;
        shown[i] = session->options->verbose || first || (lines <= SCREEN && !blocked);
        if (shown[i]) {
            explain_group(terminal, session, digest, order[i], &common);
        }
    }
}

void check_terminal_short(const check_terminal *terminal, const check_session *session) {
    check_digest digest;
    size_t *order = NULL, count = 0;
    bool *shown = NULL;
    bool made = check_digest_make(session, &digest) == UNDR_OK
        && check_digest_order(&digest, &order, &count) == UNDR_OK;
    shown = made ? calloc(count + 1, sizeof *shown) : NULL;
    if (shown != NULL) {
        explain_first(terminal, session, &digest, order, count, shown);
        print_digest(terminal, &digest, order, count, shown);
    } else {
        fputs("\nThere is no memory to explain what failed.\n", terminal->out);
    }
    free(shown);
    free(order);
    check_digest_free(&digest);
}
