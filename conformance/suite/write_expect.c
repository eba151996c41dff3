/* write_expect.c: --write-expect: what fell short, as the file that --expect reads. */
#include "output.h"

#include "report_terminal.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Was the case judged in this run? Then the file gets what came out, not the old entry. */
static bool was_judged(const check_session *session, const char *name) {
    for (size_t i = 0; i < session->part_count; i++) {
        const check_part *part = &session->parts[i];
        size_t index = check_name_map_get(&part->by_name, name);
        if (index != CHECK_NO_NAME) {
            return check_record_standing(part, &part->records[index]) != CHECK_NOT_RUN;
        }
    }
    return false;
}

/* "SCHED-4: expected ..., received ...": what a person replaces by the cause. */
static void print_reason(FILE *out, const check_result *worst) {
    fprintf(out, "%s%s", worst->id, worst->id[0] == '\0' ? "" : ": ");
    fputs(worst->expected.size > 0 ? "expected " : "", out);
    check_print_short_clause(out, undr_buffer_slice(&worst->expected));
    fputs(worst->expected.size > 0 ? ", received " : "", out);
    check_print_short_clause(out, undr_buffer_slice(&worst->received));
}

static undr_error write_record(FILE *out, const check_record *record) {
    check_verdict verdict = check_record_verdict(record);
    if (verdict != CHECK_FAIL && verdict != CHECK_WARN) {
        return UNDR_OK;
    }
    if (record->entry != NULL) {
        check_expected_write(out, verdict, record->one->name, undr_slice_text(record->entry->reason));
        return UNDR_OK;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory != NULL) {
        print_reason(memory, check_record_worst(record));
    }
    bool whole = memory != NULL && fclose(memory) == 0;
    if (whole) {
        check_expected_write(out, verdict, record->one->name, undr_slice_of(text, size));
    }
    free(text);
    return whole ? UNDR_OK : UNDR_MEMORY;
}

undr_error check_write_expected(FILE *out, const check_session *session) {
    fputs("# What is known to fall short: `fail CASE REASON` for a MUST, `warn CASE REASON` for a SHOULD.\n", out);
    for (size_t i = 0; i < session->expected->count; i++) {
        const check_entry *entry = &session->expected->at[i];
        if (!was_judged(session, entry->name) && check_suite_find(session->suite, entry->name) != NULL) {
            check_expected_write(out, entry->verdict, entry->name, undr_slice_text(entry->reason));
        }
    }
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < session->part_count; i++) {
        for (size_t k = 0; k < session->parts[i].count && error == UNDR_OK; k++) {
            error = write_record(out, &session->parts[i].records[k]);
        }
    }
    return error;
}
