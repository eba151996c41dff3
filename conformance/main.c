/* main.c: undr-check, the conformance harness: reads the command line and does what it says. */
#include "base/shortage.h"
#include "base/text.h"
#include "base/user_file.h"
#include "base/writer.h"
#include "base/written.h"
#include "explore/explore.h"
#include "matrix/matrix.h"
#include "notation/decode.h"
#include "notation/given.h"
#include "notation/hex.h"
#include "pair/pair.h"
#include "report/results.h"
#include "report/spec_view.h"
#include "report/watch_html.h"
#include "run/run.h"
#include "suite/options.h"
#include "target/inherited.h"
#include "target/surroundings.h"
#include "watch/command.h"
#include "watch/decode.h"

#include "undr/descriptors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of one side, hexadecimal text or packets. */
static undr_error decode_given(undr_slice input, const char *name, size_t *wrong, undr_buffer *message) {
    const check_decode_options options = {.side = CHECK_SIDE_GUESS};
    const char *clause;
    check_hex hex = {0};
    bool found = false;
    check_given given = check_what_is_given(input, &clause);
    if (given == CHECK_GIVEN_PACKETS) {
        return watch_decode_packets(input, name, stdout, wrong, message);
    }
    undr_error error = UNDR_OK;
    if (given == CHECK_GIVEN_TEXT) {
        error = undr_put_format(message, "%s: ", name);
        error = error == UNDR_OK ? check_hex_read(input, &hex, &found, message) : error;
    }
    if (error == UNDR_OK && clause != NULL && !found) {
        message->size = 0;
        error = check_refused(
            undr_put_format(message, "%s: %s (`undr-check decode --help` says what it reads)", name, clause));
    } else if (error == UNDR_OK) {
        error = hex.two_sided ? watch_decode_sides(&hex, stdout, wrong)
                              : check_decode(found ? undr_buffer_slice(&hex.bytes) : input, stdout, &options, wrong);
    }
    check_hex_free(&hex);
    return error;
}

static int decode_bytes(undr_slice input, const char *name) {
    size_t wrong = 0;
    undr_buffer message = {0};
    undr_error error = decode_given(input, name, &wrong, &message);
    int reason = errno, status = error == UNDR_OK ? (wrong == 0 ? CHECK_HELD : CHECK_SHORT) : CHECK_HARNESS;
    if (error == UNDR_ARGUMENT) {
        check_complain(&message);
        status = CHECK_USAGE;
    } else if (error != UNDR_OK && !ferror(stdout)) { /* that is told at the end, whatever was printed */
        fputs("undr-check: decode ", stderr);
        check_text_plain(stderr, undr_slice_text(name));
        fprintf(stderr, ": %s%s%s%s\n", undr_error_text(error), error == UNDR_SYSTEM ? ": " : "",
            error == UNDR_SYSTEM ? strerror(reason) : "", error == UNDR_SYSTEM ? check_remedy(reason) : "");
    }
    undr_buffer_free(&message);
    return status;
}

static int decode_input(const check_options *options) {
    const char *name = options->files.count == 0 ? "-" : options->files.at[0];
    bool standard = strcmp(name, "-") == 0;
    undr_buffer input = {0}, message = {0};
    undr_error error = standard
        ? check_stream_read(STDIN_FILENO, "standard input", CHECK_CAPTURE_LIMIT, &input, &message)
        : check_file_read(name, CHECK_CAPTURE_LIMIT, &input, &message);
    int status = error == UNDR_ARGUMENT ? CHECK_USAGE : CHECK_HARNESS;
    if (error == UNDR_OK) {
        status = decode_bytes(undr_buffer_slice(&input), standard ? "standard input" : name);
    } else {
        error = message.size == 0 ? undr_put_text(&message, undr_error_text(error)) : error;
        check_complain(&message);
    }
    undr_buffer_free(&input);
    undr_buffer_free(&message);
    return status;
}

/* A file that can't be read or is no report; memory that is lacking. */
static int complain(undr_error error, undr_buffer *message) {
    error = message->size == 0 ? undr_put_text(message, undr_error_text(error)) : error;
    check_complain(message);
    undr_buffer_free(message);
    return error == UNDR_ARGUMENT ? CHECK_USAGE : CHECK_HARNESS;
}

static int diff(const check_options *options) {
    check_results old = {0}, new = {0};
    undr_buffer message = {0};
    size_t worse = 0;
    undr_error error = check_results_read(options->files.at[0], &old, &message);
    error = error == UNDR_OK ? check_results_read(options->files.at[1], &new, &message) : error;
    error = error == UNDR_OK ? check_results_diff(stdout, &old, &new, options->format, options->verbose, &worse)
                             : error;
    int status = error == UNDR_OK ? (worse > 0 ? CHECK_SHORT : CHECK_HELD) : complain(error, &message);
    check_results_free(&old);
    check_results_free(&new);
    return status;
}

static int merge_results(const check_options *options) {
    size_t count = options->files.count;
    check_results *shards = calloc(count, sizeof *shards);
    undr_buffer message = {0};
    int status = CHECK_HARNESS;
    undr_error error = shards == NULL ? UNDR_MEMORY : UNDR_OK;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        error = check_results_read(options->files.at[i], &shards[i], &message);
    }
    error = error == UNDR_OK ? check_results_merge(stdout, shards, count, options->format, &status, &message) : error;
    status = error == UNDR_OK ? status : complain(error, &message);
    for (size_t i = 0; shards != NULL && i < count; i++) {
        check_results_free(&shards[i]);
    }
    free(shards);
    return status;
}

static undr_error print_spec(const check_options *options, const check_spec_view *view, undr_buffer *message) {
    if (options->format != CHECK_FORMAT_HTML) {
        return check_spec_text(stdout, view, &options->files, message);
    }
    if (options->files.count == 0) {
        return check_spec_html(stdout, view);
    }
    undr_buffer text = {0};
    undr_error error = check_file_read(options->files.at[0], CHECK_TEXT_LIMIT, &text, message);
    if (error == UNDR_OK) {
        check_spec_html_of(stdout, view, undr_buffer_slice(&text));
    }
    undr_buffer_free(&text);
    return error;
}

static int show_spec(const check_options *options) {
    size_t count = options->reports.count;
    check_results *reports = calloc(count + 1, sizeof *reports);
    const check_texts none = {0};
    check_suite suite = {0};
    undr_buffer message = {0};
    bool mistake = false;
    undr_error error = reports == NULL ? UNDR_MEMORY
                                       : check_suite_load(&suite, check_embedded_cases, &none, &message, &mistake);
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        error = check_results_read(options->reports.at[i], &reports[i], &message);
    }
    const check_spec_view view = {&suite, reports, count, options->sources};
    error = error == UNDR_OK ? print_spec(options, &view, &message) : error;
    int status = error == UNDR_OK ? CHECK_HELD : complain(error, &message);
    for (size_t i = 0; reports != NULL && i < count; i++) {
        check_results_free(&reports[i]);
    }
    free(reports);
    check_suite_free(&suite);
    return status;
}

static int run_action(const check_options *options) {
    switch (options->action) {
    case CHECK_ACTION_LIST: return check_run_list(options);
    case CHECK_ACTION_PARSE: return check_run_parse(options);
    case CHECK_ACTION_EXPLORE: return check_explore(options);
    case CHECK_ACTION_DECODE: return decode_input(options);
    case CHECK_ACTION_DIFF: return diff(options);
    case CHECK_ACTION_MERGE: return merge_results(options);
    case CHECK_ACTION_SPEC: return show_spec(options);
    case CHECK_ACTION_WATCH: return watch_command(&options->watch, check_watch_html);
    case CHECK_ACTION_PAIR: return check_pair(options);
    case CHECK_ACTION_MATRIX: return check_matrix(options);
    case CHECK_ACTION_MAN: check_help_man(stdout); return CHECK_HELD;
    case CHECK_ACTION_COMPLETION: check_help_completion(stdout, options->zsh); return CHECK_HELD;
    case CHECK_ACTION_HELP: check_help(stdout, options->topic); return CHECK_HELD;
    case CHECK_ACTION_VERSION: puts("undr-check " UNDR_CHECK_VERSION); return CHECK_HELD;
    default: return check_run(options);
    }
}

/* A target that fails under a low limit may fail because of it. */
static undr_error tell_limits(undr_buffer *text) {
    undr_error error = check_inherited_limits(text);
    if (error == UNDR_OK && text->size > 0) {
        fprintf(stderr,
            "undr-check: note: the target inherits the limits of the harness, and some are low: "
            "%.*s\n",
            (int)text->size, (const char *)text->data);
    }
    return error;
}

/* UNDR_SYSTEM: this machine does not give what a run needs, and *message says what. */
static undr_error prepare_process(const check_options *options, undr_buffer *message) {
    if (options->action != CHECK_ACTION_RUN && options->action != CHECK_ACTION_EXPLORE
        && options->action != CHECK_ACTION_PAIR) {
        return UNDR_OK;
    }
    undr_error error = check_surroundings(options->command != NULL, CHECK_FILES_AT_START, message);
    if (error == UNDR_OK && options->command != NULL) {
        undr_buffer limits = {0};
        error = tell_limits(&limits);
        undr_buffer_free(&limits);
    }
    return error;
}

int main(int argc, char **argv) {
    if (undr_hold_standard_descriptors() != UNDR_OK) {
        fprintf(stderr, "undr-check: a standard descriptor is closed, and no placeholder can be opened: %s\n",
            strerror(errno));
        return CHECK_HARNESS;
    }
    check_inherited_set();
    check_options options;
    undr_buffer message = {0};
    undr_error error = check_options_parse(argc, argv, &options, &message);
    error = error == UNDR_OK ? check_inherited_stack(&message) : error;
    int status = CHECK_USAGE;
    error = error == UNDR_OK ? prepare_process(&options, &message) : error;
    if (error == UNDR_OK) {
        status = run_action(&options);
    } else if (error == UNDR_SYSTEM) {
        check_complain(&message);
        status = CHECK_HARNESS;
    } else if (error == UNDR_ARGUMENT) {
        check_complain(&message);
        fputs("undr-check: `", stderr);
        check_text_plain(stderr, undr_slice_text(options.program));
        fputs(options.action == CHECK_ACTION_WATCH ? " watch" : "", stderr);
        fputs(" --help` explains everything\n", stderr);
    } else {
        fprintf(stderr, "undr-check: %s%s\n", undr_error_text(error), error == UNDR_MEMORY ? check_remedy(ENOMEM) : "");
        status = CHECK_HARNESS;
    }
    undr_buffer_free(&message);
    check_options_free(&options);
    return check_finish_output(status);
}
