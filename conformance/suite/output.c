/* output.c: the places that the reports go to. */
#include "output.h"

#include "report_terminal.h"
#include "text.h"
#include "user_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static undr_error open_one(const char *path, FILE **file, undr_buffer *message) {
    if (path == NULL) {
        return UNDR_OK;
    }
    if (strcmp(path, "-") == 0) {
        *file = stdout;
        return UNDR_OK;
    }
    return check_file_create(path, file, message);
}

undr_error check_outputs_open(check_outputs *outputs, const check_options *options, undr_buffer *message) {
    *outputs = (check_outputs){0};
    undr_error error = open_one(options->junit, &outputs->junit, message);
    if (error == UNDR_OK) {
        error = open_one(options->json, &outputs->json, message);
    }
    if (error == UNDR_OK) {
        error = open_one(options->html, &outputs->html, message);
    }
    if (error == UNDR_OK && options->write_expect != NULL) {
        error = check_file_try(options->write_expect, message);
    }
    int taken =
        (options->tap ? 1 : 0) + (outputs->junit == stdout) + (outputs->json == stdout) + (outputs->html == stdout);
    outputs->human = taken > 0 ? stderr : stdout;
    if (error == UNDR_OK && taken > 1) {
        error = undr_put_text(message, "only one report can go to standard output (`-`, --tap)");
        error = error == UNDR_OK ? UNDR_ARGUMENT : error;
    }
    return error;
}

static undr_error write_one(const char *path, FILE *file, undr_error (*report)(FILE *, const check_session *),
    const check_session *session, undr_buffer *message) {
    if (file == NULL) {
        return UNDR_OK;
    }
    undr_error error = report(file, session);
    if (error == UNDR_OK && (fflush(file) != 0 || ferror(file))) {
        error = UNDR_SYSTEM;
    }
    if (error != UNDR_SYSTEM) {
        return error;
    }
    error = undr_put_format(
        message, "%s%s: could not be written whole: %s", message->size > 0 ? "; " : "", path, strerror(errno));
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}

undr_error check_outputs_write(check_outputs *outputs, const check_session *session, undr_buffer *message) {
    const check_options *options = session->options;
    undr_error junit = write_one(options->junit, outputs->junit, check_report_junit, session, message);
    undr_error json = write_one(options->json, outputs->json, check_report_json, session, message);
    undr_error html = write_one(options->html, outputs->html, check_report_html, session, message);
    return junit != UNDR_OK ? junit : json != UNDR_OK ? json : html;
}

static void close_one(FILE *file) {
    if (file != NULL && file != stdout) {
        fclose(file);
    }
}

void check_outputs_close(check_outputs *outputs) {
    close_one(outputs->junit);
    close_one(outputs->json);
    close_one(outputs->html);
    *outputs = (check_outputs){0};
}

/* ---- --write-expect ---- */

static bool is_written(const check_record *record) {
    check_verdict verdict = check_record_verdict(record);
    return verdict == CHECK_FAIL || verdict == CHECK_WARN;
}

/* Does an old entry stay as it is? Where its case was judged the file gets what came out instead; but not in place of
 * one whose condition does not hold here, unless the case falls short all the same: it then gets one without. */
static bool is_kept(const check_session *session, const check_entry *entry) {
    for (size_t i = 0; i < session->part_count; i++) {
        const check_part *part = &session->parts[i];
        size_t index = check_name_map_get(&part->by_name, entry->name);
        if (index != CHECK_NO_NAME) {
            const check_record *record = &part->records[index];
            bool judged = check_record_standing(part, record) != CHECK_NOT_RUN;
            return !judged || (!entry->holds && (record->entry != NULL || !is_written(record)));
        }
    }
    return check_suite_find(session->suite, entry->name) != NULL;
}

/* "SCHED-4: expected ..., received ...": what a person replaces by the cause. */
static void print_reason(FILE *out, const check_result *worst) {
    fprintf(out, "%s%s", worst->id, worst->id[0] == '\0' ? "" : ": ");
    fputs(worst->expected.size > 0 ? "expected " : "", out);
    check_print_short_clause(out, undr_buffer_slice(&worst->expected));
    fputs(worst->expected.size > 0 ? ", received " : "", out);
    check_print_short_clause(out, undr_buffer_slice(&worst->received));
}

static void write_record(FILE *out, const check_record *record) {
    check_verdict verdict = check_record_verdict(record);
    const check_entry *entry = record->entry;
    if (!is_written(record)) {
        return;
    }
    if (entry != NULL) {
        check_expected_write(out, entry->condition, verdict, entry->name, undr_slice_text(entry->reason));
        return;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory != NULL) {
        print_reason(memory, check_record_worst(record));
    }
    bool whole = memory != NULL && fclose(memory) == 0;
    check_expected_write(out, NULL, verdict, record->one->name, whole ? undr_slice_of(text, size) : undr_slice_text(""));
    free(text);
}

undr_error check_write_expected(const check_session *session, undr_buffer *message) {
    const char *path = session->options->write_expect;
    FILE *out = NULL;
    undr_error opened = check_file_create(path, &out, message);
    if (opened != UNDR_OK) {
        return opened == UNDR_ARGUMENT ? UNDR_SYSTEM : opened; /* it was tried before the run, and worked */
    }
    fputs("# What is known to fall short: `fail CASE REASON` for a MUST, `warn CASE REASON` for a SHOULD.\n", out);
    for (size_t i = 0; i < session->expected->count; i++) {
        const check_entry *entry = &session->expected->at[i];
        if (is_kept(session, entry)) {
            check_expected_write(out, entry->condition, entry->verdict, entry->name, undr_slice_text(entry->reason));
        }
    }
    for (size_t i = 0; i < session->part_count; i++) {
        for (size_t k = 0; k < session->parts[i].count; k++) {
            write_record(out, &session->parts[i].records[k]);
        }
    }
    bool failed = ferror(out) != 0;
    failed = fclose(out) != 0 || failed;
    if (!failed) {
        return UNDR_OK;
    }
    undr_error error = undr_put_format(message, "%s: cannot be written: %s", path, strerror(errno));
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}
