/* run_list.c: what undr-check does without a target: --list and parse. */
#include "run/run.h"

#include "base/text.h"
#include "suite/ids.h"

#include <stdlib.h>

static int complain(check_suite *suite, undr_error error, undr_buffer *message, int status) {
    if (message->size > 0) {
        check_complain(message);
        status = error == UNDR_ARGUMENT ? status : CHECK_HARNESS;
    } else {
        fprintf(stderr, "undr-check: %s\n", undr_error_text(error));
        status = CHECK_HARNESS;
    }
    undr_buffer_free(message);
    check_suite_free(suite);
    return status;
}

static void print_details(const check_case *one) {
    static const char *const levels[] = {"must", "should", "may"};
    fputs("    ", stdout);
    check_text_plain(stdout, undr_slice_text(one->file)); /* from a folder of the user's, as the sentences are */
    printf(":%d%s%s\n", one->line, one->load ? ", set load" : "", one->destructive ? ", destructive" : "");
    for (size_t i = 0; i < one->requirement_count; i++) {
        const check_requirement *requirement = &one->requirements[i];
        printf("    %-6s %s  ", levels[requirement->level], requirement->id);
        check_text_plain(stdout, undr_slice_text(requirement->sentence));
        fputc('\n', stdout);
    }
    for (size_t i = 0; i < one->need_count; i++) {
        printf("    needs  %s\n", one->needs[i].capability);
    }
    for (size_t i = 0; i < one->after_count; i++) {
        printf("    after  %s\n", one->after[i]);
    }
}

int check_run_list(const check_options *options) {
    check_suite suite = {0};
    undr_buffer message = {0};
    bool embedded = false;
    size_t printed = 0;
    undr_error error = check_suite_load(&suite, check_embedded_cases, &options->cases, &message, &embedded);
    if (error != UNDR_OK) {
        return complain(&suite, error, &message, embedded ? CHECK_HARNESS : CHECK_USAGE);
    }
    error = check_suite_try_patterns(&suite, options, &message);
    if (error != UNDR_OK) {
        return complain(&suite, error, &message, CHECK_USAGE);
    }
    check_ids_warn(stderr, &suite, check_known_ids);
    for (int role = 0; role < CHECK_ROLE_COUNT; role++) {
        check_selection selection = {0};
        error = options->roles[role] ? check_suite_select(&suite, (check_role)role, options, &selection, &message)
                                     : UNDR_OK;
        if (error != UNDR_OK) {
            return complain(&suite, error, &message, CHECK_USAGE);
        }
        for (size_t i = 0; i < selection.count; i++, printed++) {
            printf("%s\n", selection.at[i]->name);
            if (options->verbose) {
                print_details(selection.at[i]);
            }
        }
        free(selection.at);
    }
    check_suite_free(&suite);
    if (printed == 0) {
        fputs("undr-check: no case matches\n", stderr);
        return CHECK_USAGE;
    }
    return CHECK_HELD;
}

static void sum_up(const check_suite *suite, size_t mistakes, size_t warnings) {
    printf("%zu case%s read", suite->count, check_text_plural(suite->count));
    if (suite->file_count > 0) {
        printf(" in %zu file%s", suite->file_count, check_text_plural(suite->file_count));
    }
    if (mistakes == 0) {
        fputs(warnings == 0 ? ", no mistake\n" : ", no error, but see the warnings\n", stdout);
    } else {
        printf(
            "; %zu mistake%s: a file or folder is read up to its first one\n", mistakes, check_text_plural(mistakes));
    }
}

/* Every file that was named is read, so that one mistake does not hide another. */
int check_run_parse(const check_options *options) {
    check_suite suite = {0};
    size_t mistakes = 0;
    for (size_t i = 0; i < options->files.count; i++) {
        undr_buffer message = {0};
        undr_error error = check_suite_add_path(&suite, options->files.at[i], &message);
        if (error != UNDR_OK) {
            if (message.size == 0 || error != UNDR_ARGUMENT) {
                return complain(&suite, error, &message, CHECK_HARNESS);
            }
            check_text_lines(stdout, undr_buffer_slice(&message), "");
            mistakes++;
        }
        undr_buffer_free(&message);
    }
    sum_up(&suite, mistakes, check_ids_warn(stdout, &suite, check_known_ids));
    check_suite_free(&suite);
    return mistakes == 0 ? CHECK_HELD : CHECK_USAGE;
}
