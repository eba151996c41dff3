/* report_junit.c: the report as JUnit XML: one suite per role, one test case per case.
 *
 * Only what every reader of the format knows is written: per suite the counts, `properties`, the cases, both outputs;
 * per case name, class, time and at most one of skipped, error, failure. */
#include "base/text.h"
#include "report/alone.h"
#include "report/facts.h"

#include <string.h>
#include <unistd.h>

static double seconds(uint64_t nanoseconds) {
    return (double)nanoseconds / 1e9;
}

static void print_attribute(FILE *out, const char *name, undr_slice text) {
    fprintf(out, " %s=\"", name);
    check_xml_attribute(out, text);
    fputc('"', out);
}

static void print_clause(FILE *out, const char *label, const undr_buffer *text) {
    if (text->size > 0) {
        fprintf(out, "%s: ", label);
        check_xml_text(out, check_text_trim(undr_buffer_slice(text)));
        fputc('\n', out);
    }
}

static undr_error print_details(
    FILE *out, const check_session *session, const check_part *part, const check_record *record) {
    const check_result *worst = check_record_worst(record);
    check_xml_text(out, undr_slice_text(record->one->file));
    fprintf(out, ":%d (delivery %s)\n", worst->line > 0 ? worst->line : record->one->line,
        check_delivery_name(check_record_delivery(record)));
    print_clause(out, "step", &worst->step);
    print_clause(out, "expected", &worst->expected);
    print_clause(out, "received", &worst->received);
    print_clause(out, "notes", &worst->notes);
    print_clause(out, "transcript", &worst->transcript);
    print_clause(out, "output of the target", &worst->output);
    undr_buffer again = {0};
    undr_error error = check_put_again(&again, record);
    print_clause(out, "again", &again);
    undr_buffer_free(&again);
    fputs("alone: ", out);
    error = error == UNDR_OK ? check_print_alone(out, check_xml_text, session, part, record) : error;
    fputc('\n', out);
    return error;
}

/* "MUST SCHED-2: a task ...", or the remark, or the reason of an error. */
static undr_error message_of(const check_record *record, undr_buffer *message) {
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    undr_error error = check_record_remark(record, message);
    if (error != UNDR_OK || message->size > 0) {
        return error;
    }
    if (check_record_verdict(record) == CHECK_ERROR) {
        return undr_put_slice(message, undr_buffer_slice(&check_record_worst(record)->received));
    }
    if (!check_blamed(record, &level, &id, &sentence)) {
        return UNDR_OK;
    }
    error = undr_put_format(message, "%s %s: ", level, id);
    return error == UNDR_OK ? undr_put_slice(message, sentence) : error;
}

static undr_error print_outcome(
    FILE *out, const check_session *session, const check_part *part, const check_record *record) {
    check_standing standing = check_record_standing(record);
    bool is_error = standing == CHECK_BROKEN;
    bool is_short = check_standing_is_short(standing, session->options->strict);
    const char *element = is_error ? "error" : is_short ? "failure" : "skipped";
    undr_buffer message = {0};
    if (!is_short && standing != CHECK_SKIPPED && standing != CHECK_EXPECTED && standing != CHECK_NEW
        && standing != CHECK_EXCUSED && standing != CHECK_NOT_RUN) {
        return UNDR_OK;
    }
    undr_error error = standing == CHECK_NOT_RUN ? undr_put_text(&message, "not run") : message_of(record, &message);
    if (error == UNDR_OK) {
        fprintf(out, "      <%s", element);
        if (is_short) {
            print_attribute(out, "message", check_text_trim(undr_buffer_slice(&message)));
            print_attribute(out, "type", undr_slice_text(check_standing_name(standing)));
            fputs(">", out);
            error = print_details(out, session, part, record);
            fprintf(out, "</%s>\n", element);
        } else {
            fputs(" />\n", out); /* `skipped` has no attribute that every reader knows */
        }
    }
    undr_buffer_free(&message);
    return error;
}

static undr_error print_case(
    FILE *out, const check_session *session, const check_part *part, const check_record *record) {
    const char *name = record->one->name;
    const char *dot = strrchr(name, '.');
    fputs("    <testcase", out);
    print_attribute(out, "name", undr_slice_text(dot == NULL ? name : dot + 1));
    print_attribute(out, "classname", undr_slice_of(name, dot == NULL ? strlen(name) : (size_t)(dot - name)));
    fprintf(out, " time=\"%.6f\">\n", seconds(check_record_duration(record)));
    undr_error error = print_outcome(out, session, part, record);
    fputs("    </testcase>\n", out);
    return error;
}

static void print_property(FILE *out, const char *name, undr_slice value) {
    fprintf(out, "      <property name=\"%s\"", name);
    print_attribute(out, "value", value);
    fputs(" />\n", out);
}

static undr_error print_adapter(FILE *out, char *const *command) {
    undr_buffer text = {0};
    undr_error error = check_put_adapter(&text, command);
    if (error == UNDR_OK) {
        print_property(out, "adapter", undr_buffer_slice(&text));
    }
    undr_buffer_free(&text);
    return error;
}

/* The format has no place for it in a test case: "again manager.x.y" is "failed 3 of 3 plays". */
static undr_error print_again(FILE *out, const check_record *record) {
    undr_buffer name = {0}, again = {0};
    undr_error error = check_put_again(&again, record);
    if (error == UNDR_OK && again.size > 0) {
        error = undr_put_format(&name, "again %s", record->one->name);
        error = error == UNDR_OK ? undr_put_u8(&name, 0) : error;
    }
    if (error == UNDR_OK && again.size > 0) {
        print_property(out, (const char *)name.data, undr_buffer_slice(&again));
    }
    undr_buffer_free(&name);
    undr_buffer_free(&again);
    return error;
}

static undr_error print_facts(FILE *out, const check_session *session) {
    check_facts facts;
    undr_error error = check_facts_make(session, &facts);
    for (size_t i = 0; i < facts.count && error == UNDR_OK; i++) {
        bool twice = strcmp(facts.at[i].key, "seed") == 0; /* it is there already */
        if (!twice) {
            print_property(out, facts.at[i].key, undr_buffer_slice(&facts.at[i].value));
        }
    }
    check_facts_free(&facts);
    return error;
}

static undr_error print_properties(FILE *out, const check_session *session, const check_part *part) {
    char seed[32];
    undr_error error = UNDR_OK;
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)session->seed);
    fputs("    <properties>\n", out);
    print_property(out, "seed", undr_slice_text(seed));
    error = print_facts(out, session);
    print_property(out, "role", undr_slice_text(check_role_name(part->role)));
    if (error == UNDR_OK && session->options->command != NULL) {
        error = print_adapter(out, session->options->command);
    }
    for (size_t i = 0; i < part->count && error == UNDR_OK; i++) {
        error = print_again(out, &part->records[i]);
    }
    fputs("    </properties>\n", out);
    return error;
}

/* What is neither a failure nor silence: skips and warnings, with their reasons. */
static undr_error print_output(FILE *out, const check_session *session, const check_part *part) {
    undr_error error = UNDR_OK;
    fputs("    <system-out>", out);
    for (size_t i = 0; i < part->count && error == UNDR_OK; i++) {
        const check_record *record = &part->records[i];
        check_standing standing = check_record_standing(record);
        undr_buffer message = {0};
        if (standing < CHECK_SKIPPED || check_standing_is_short(standing, session->options->strict)) {
            continue;
        }
        error = message_of(record, &message);
        fprintf(out, "%s %s: ", check_standing_name(standing), record->one->name);
        check_xml_text(out, check_text_trim(undr_buffer_slice(&message)));
        fputc('\n', out);
        undr_buffer_free(&message);
    }
    fputs("</system-out>\n    <system-err></system-err>\n", out);
    return error;
}

/* A target that could not be judged is one test case that failed. */
static void print_refusal(FILE *out, const check_part *part) {
    fprintf(
        out, "    <testcase name=\"survey\" classname=\"%s\" time=\"0\">\n      <failure", check_role_name(part->role));
    print_attribute(out, "message", check_text_trim(undr_buffer_slice(&part->why)));
    fputs(" type=\"fail\"></failure>\n    </testcase>\n", out);
}

static undr_error print_suite(FILE *out, const check_session *session, const check_part *part, size_t id) {
    char host[256] = "localhost", time[32] = "1970-01-01T00:00:00";
    check_tally tally = check_part_tally(part);
    bool refused = !part->surveyed && !part->undeclared && part->why.size > 0;
    size_t short_ones = refused ? 1 : 0;
    struct tm parts;
    undr_error error = UNDR_OK;
    for (int i = 0; i < CHECK_STANDING_COUNT; i++) {
        bool fails = i != CHECK_BROKEN && check_standing_is_short((check_standing)i, session->options->strict);
        short_ones += fails ? tally.by[i] : 0;
    }
    if (gethostname(host, sizeof host - 1) != 0) {
        strcpy(host, "localhost");
    }
    if (gmtime_r(&session->started, &parts) != NULL) {
        strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &parts);
    }
    fputs("  <testsuite", out);
    print_attribute(out, "name", undr_slice_text(check_role_name(part->role)));
    print_attribute(out, "hostname", undr_slice_text(host));
    fprintf(out,
        " package=\"undr-check\" id=\"%zu\" timestamp=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\""
        " time=\"%.6f\">\n",
        id, time, part->count + (refused ? 1 : 0), short_ones, tally.by[CHECK_BROKEN], seconds(session->duration_ns));
    error = print_properties(out, session, part);
    if (refused) {
        print_refusal(out, part);
    }
    for (size_t i = 0; i < part->count && error == UNDR_OK; i++) {
        error = print_case(out, session, part, &part->records[i]);
    }
    error = error == UNDR_OK ? print_output(out, session, part) : error;
    fputs("  </testsuite>\n", out);
    return error;
}

undr_error check_report_junit(FILE *out, const check_session *session) {
    undr_error error = UNDR_OK;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
    for (size_t i = 0; i < session->part_count && error == UNDR_OK; i++) {
        if (session->parts[i].count > 0) {
            error = print_suite(out, session, &session->parts[i], i);
        }
    }
    fputs("</testsuites>\n", out);
    return error;
}
