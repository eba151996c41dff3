/* write_expect.c: --write-expect: the failures, as a file for --expect. */
#include "run/write_expect.h"

#include "base/text.h"
#include "report/terminal_parts.h"
#include "suite/ids.h"

#include <stdlib.h>
#include <string.h>

static bool is_written(const check_record *record) {
    check_verdict verdict = check_record_verdict(record);
    return verdict == CHECK_FAIL || verdict == CHECK_WARN;
}

/* Does an old entry stay as it is? Where its case was judged the file gets what came out instead; but not in place of
 * one whose condition does not hold here, unless the case failed all the same: it then gets one without. */
static bool is_kept(const check_session *session, const check_entry *entry) {
    if (entry->flaky || entry->pattern) {
        return !check_entry_is_dead(session, entry);
    }
    for (size_t i = 0; i < session->part_count; i++) {
        const check_part *part = &session->parts[i];
        size_t index = check_name_map_get(&part->by_name, entry->name);
        if (index != CHECK_NO_NAME) {
            const check_record *record = &part->records[index];
            bool judged = check_record_standing(record) != CHECK_NOT_RUN;
            return !judged || (!entry->holds && (record->entry != NULL || !is_written(record)));
        }
    }
    return check_suite_find(session->suite, entry->name) != NULL;
}

/* "expected ..., received ...": what a person replaces by the cause. */
static void print_reason(FILE *out, const check_result *worst) {
    fputs(worst->expected.size > 0 ? "expected " : "", out);
    check_print_short_clause(out, undr_buffer_slice(&worst->expected));
    fputs(worst->expected.size > 0 ? ", received " : "", out);
    check_print_short_clause(out, undr_buffer_slice(&worst->received));
}

/* NULL: it blames nothing that the specification has (a user's own case may). */
static const char *id_of(const check_record *record) {
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    const check_known_id *known = check_known_ids;
    if (!check_blamed(record, &level, &id, &sentence)) {
        return NULL;
    }
    while (known->id != NULL && strcmp(known->id, id) != 0) {
        known++;
    }
    return known->id;
}

static undr_error write_record(FILE *out, const check_record *record) {
    check_verdict verdict = check_record_verdict(record);
    const check_entry *entry = record->entry;
    bool stands = entry != NULL && (entry->flaky || entry->pattern);
    if (!is_written(record) || (stands && check_record_standing(record) == CHECK_EXPECTED)) {
        return UNDR_OK; /* the second: is_kept has it */
    }
    if (entry != NULL && !stands) {
        check_entry kept = *entry;
        kept.verdict = verdict;
        kept.id = entry->id == NULL ? NULL : id_of(record);
        check_expected_write(out, &kept, undr_slice_text(entry->reason));
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
        const check_entry found = {
            .name = (char *)(uintptr_t)record->one->name, .verdict = verdict, .id = id_of(record)};
        check_expected_write(out, &found, undr_slice_of(text, size));
    }
    free(text);
    return whole ? UNDR_OK : UNDR_MEMORY;
}

undr_error check_write_expected(FILE *out, const check_session *session) {
    fputs("# Known failures: `fail CASE REASON` for a MUST, `warn CASE REASON` for a SHOULD.\n", out);
    for (size_t i = 0; i < session->expected->count; i++) {
        const check_entry *entry = &session->expected->at[i];
        if (is_kept(session, entry)) {
            check_expected_write(out, entry, undr_slice_text(entry->reason));
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
