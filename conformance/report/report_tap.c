/* report_tap.c: the report in the Test Anything Protocol, version 13: one test per case. */
#include "report.h"
#include "text.h"

static size_t unmatched_count(const check_session *session) {
    size_t index = 0, count = 0;
    while (check_unmatched(session, &index) != NULL) {
        count++;
    }
    return count;
}

void check_tap_begin(check_tap *tap, const check_session *session) {
    size_t count = unmatched_count(session);
    for (size_t i = 0; i < session->part_count; i++) {
        count += session->parts[i].count;
    }
    fprintf(tap->out, "TAP version 13\n1..%zu\n# seed %llu\n", count, (unsigned long long)session->seed);
    fflush(tap->out);
}

/* `key: |` and the lines: nothing in them needs quoting then. */
static void print_block(FILE *out, const char *key, undr_slice text) {
    text = check_text_trim(text);
    if (text.size > 0) {
        fprintf(out, "  %s: |\n", key);
        check_text_lines(out, text, "    ");
    }
}

static void print_details(
    const check_tap *tap, const check_session *session, const check_part *part, const check_record *record) {
    FILE *out = tap->out;
    const check_result *worst = check_record_worst(record);
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    fprintf(out, "  ---\n  verdict: %s\n  delivery: %s\n  file: %s\n  line: %d\n", check_verdict_name(worst->verdict),
        check_delivery_name(check_record_delivery(record)), record->one->file, worst->line);
    if (check_blamed(record, &level, &id, &sentence)) {
        fprintf(out, "  level: %s\n  requirement: %s\n", level, id);
        print_block(out, "sentence", sentence);
    }
    print_block(out, "step", undr_buffer_slice(&worst->step));
    print_block(out, "expected", undr_buffer_slice(&worst->expected));
    print_block(out, "received", undr_buffer_slice(&worst->received));
    print_block(out, "notes", undr_buffer_slice(&worst->notes));
    print_block(out, "transcript", undr_buffer_slice(&worst->transcript));
    print_block(out, "output", undr_buffer_slice(&worst->output));
    fputs("  alone: |\n    ", out);
    check_print_alone(out, session, part, record);
    fputs("\n  ...\n", out);
}

static void print_directive(FILE *out, const char *directive, undr_slice text) {
    fprintf(out, " # %s ", directive);
    for (size_t i = 0; i < text.size; i++) { /* on one line, and no second # */
        uint8_t byte = text.data[i] == '\n' || text.data[i] == '#' ? ' ' : text.data[i];
        check_text_plain(out, undr_slice_of(&byte, 1));
    }
}

void check_tap_record(
    check_tap *tap, const check_session *session, const check_part *part, const check_record *record) {
    check_standing standing = check_record_standing(part, record);
    bool is_short = check_standing_is_short(standing, session->options->strict);
    bool holds = !is_short && standing != CHECK_NOT_RUN && standing != CHECK_EXPECTED && standing != CHECK_EXCUSED;
    undr_buffer remark = {0};
    bool remarked = check_record_remark(part, record, &remark) == UNDR_OK && remark.size > 0;
    fprintf(tap->out, "%s %zu - %s", holds ? "ok" : "not ok", ++tap->number, record->one->name);
    if (standing == CHECK_SKIPPED) {
        print_directive(tap->out, "SKIP", undr_buffer_slice(&remark));
    } else if (standing == CHECK_EXPECTED || standing == CHECK_EXCUSED) {
        print_directive(tap->out, "TODO", undr_buffer_slice(&remark));
    }
    fputc('\n', tap->out);
    if (standing == CHECK_NOT_RUN) {
        fputs("# not run\n", tap->out);
    } else if (remarked && is_short) {
        check_text_lines(tap->out, undr_buffer_slice(&remark), "# ");
    }
    if (record->done > 0 && check_record_verdict(record) >= CHECK_WARN) {
        print_details(tap, session, part, record);
    }
    undr_buffer_free(&remark);
    fflush(tap->out);
}

void check_tap_end(check_tap *tap, const check_session *session) {
    size_t index = 0;
    for (const check_entry *entry = NULL; (entry = check_unmatched(session, &index)) != NULL;) {
        fprintf(tap->out, "not ok %zu - %s\n# %s:%d: there is no such case\n", ++tap->number, entry->name,
            session->expected->file, entry->line);
    }
    for (size_t i = 0; i < session->part_count; i++) {
        const check_part *part = &session->parts[i];
        if (!part->surveyed && part->why.size > 0 && !part->undeclared) {
            fprintf(tap->out, "Bail out! %s: ", check_role_name(part->role));
            print_directive(tap->out, "", undr_buffer_slice(&part->why));
            fputc('\n', tap->out);
        }
    }
    fflush(tap->out);
}
