/* report_tap.c: the report in the Test Anything Protocol, version 13: one test per case. */
#include "base/text.h"
#include "report/alone.h"
#include "report/facts.h"
#include "report/reporter.h"

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

static void print_details(
    const check_tap *tap, const check_session *session, const check_part *part, const check_record *record) {
    FILE *out = tap->out;
    const check_result *worst = check_record_worst(record);
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    fprintf(out, "  ---\n  verdict: %s\n  delivery: %s\n", check_verdict_name(worst->verdict),
        check_delivery_name(check_record_delivery(record)));
    fputs("  file: ", out); /* as it is: a block of lines would end with one more line break */
    check_yaml_scalar(out, undr_slice_text(record->one->file));
    fputc('\n', out);
    fprintf(out, "  line: %d\n", worst->line);
    if (check_blamed(record, &level, &id, &sentence)) {
        fprintf(out, "  level: %s\n  requirement: %s\n", level, id);
        check_yaml_member(out, "sentence", sentence);
    }
    check_yaml_member(out, "step", undr_buffer_slice(&worst->step));
    check_yaml_member(out, "expected", undr_buffer_slice(&worst->expected));
    check_yaml_member(out, "received", undr_buffer_slice(&worst->received));
    check_yaml_member(out, "notes", undr_buffer_slice(&worst->notes));
    check_yaml_member(out, "transcript", undr_buffer_slice(&worst->transcript));
    check_yaml_member(out, "output", undr_buffer_slice(&worst->output));
    fputs("  alone: ", out);
    if (check_print_alone(out, check_yaml_scalar, session, part, record) != UNDR_OK) {
        fputs("\"(no memory for the command)\"", out);
    }
    fputs("\n  ...\n", out);
}

/* It may fail: TODO is TAP's word for that. */
static bool is_allowed(check_standing standing) {
    return standing == CHECK_EXPECTED || standing == CHECK_EXCUSED || standing == CHECK_NEW;
}

void check_tap_record(
    check_tap *tap, const check_session *session, const check_part *part, const check_record *record) {
    check_standing standing = check_record_standing(record);
    bool is_short = check_standing_is_short(standing, session->options->strict);
    bool holds = !is_short && standing != CHECK_NOT_RUN && !is_allowed(standing);
    undr_buffer remark = {0};
    bool remarked = check_record_remark(record, &remark) == UNDR_OK && remark.size > 0;
    fprintf(tap->out, "%s %zu - %s", holds ? "ok" : "not ok", ++tap->number, record->one->name);
    if (standing == CHECK_SKIPPED) {
        fputs(" # SKIP ", tap->out);
        check_tap_reason(tap->out, undr_buffer_slice(&remark));
    } else if (is_allowed(standing)) {
        fputs(" # TODO ", tap->out);
        check_tap_reason(tap->out, undr_buffer_slice(&remark));
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

/* When a case was printed, it had not been played again yet. */
static void print_again(FILE *out, const check_part *part) {
    for (size_t i = 0; i < part->count; i++) {
        undr_buffer again = {0};
        if (check_put_again(&again, &part->records[i]) == UNDR_OK && again.size > 0) {
            fprintf(out, "# %s: %.*s\n", part->records[i].one->name, (int)again.size, (const char *)again.data);
        }
        undr_buffer_free(&again);
    }
}

static void print_facts(FILE *out, const check_session *session) {
    check_facts facts;
    undr_error error = check_facts_make(session, &facts);
    for (size_t i = 0; i < facts.count && error == UNDR_OK; i++) {
        fprintf(out, "# %s: ", facts.at[i].label);
        check_tap_reason(out, undr_buffer_slice(&facts.at[i].value));
        fputc('\n', out);
    }
    check_facts_free(&facts);
}

void check_tap_end(check_tap *tap, const check_session *session) {
    size_t index = 0;
    for (size_t i = 0; i < session->part_count; i++) {
        print_again(tap->out, &session->parts[i]);
    }
    for (const check_entry *entry = NULL; (entry = check_unmatched(session, &index)) != NULL;) {
        fprintf(tap->out, "not ok %zu - ", ++tap->number);
        check_tap_description(tap->out, undr_slice_text(entry->name));
        fputs("\n# ", tap->out);
        check_tap_reason(tap->out, undr_slice_text(session->expected->file));
        fprintf(tap->out, ":%d: %s\n", entry->line, check_unmatched_why(session, entry));
    }
    print_facts(tap->out, session);
    for (size_t i = 0; i < session->part_count; i++) {
        const check_part *part = &session->parts[i];
        if (!part->surveyed && part->why.size > 0 && !part->undeclared) {
            fprintf(tap->out, "Bail out! %s: ", check_role_name(part->role));
            check_tap_reason(tap->out, check_text_trim(undr_buffer_slice(&part->why)));
            fputc('\n', tap->out);
        }
    }
    fflush(tap->out);
}

static void hear(void *self, const check_session *session, const check_event *event) {
    if (event->kind == CHECK_EVENT_BEGIN) {
        check_tap_begin(self, session);
    } else if (event->kind == CHECK_EVENT_SETTLED) {
        check_tap_record(self, session, event->part, event->record);
    }
}

static undr_error finish(void *self, const check_session *session, undr_buffer *message) {
    (void)message;
    check_tap_end(self, session);
    return UNDR_OK;
}

check_reporter check_tap_reporter(check_tap *tap) {
    return (check_reporter){tap, hear, finish};
}
