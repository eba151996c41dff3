/* main.c: undr-check, the conformance harness: reads the command line and does what it says. */
#include "options.h"
#include "run.h"

static int decode(const check_options *options) {
    (void)options;
    fputs("undr-check: decode: not built in yet\n", stderr);
    return CHECK_HARNESS;
}

static int act(const check_options *options) {
    switch (options->action) {
        case CHECK_ACTION_LIST: return check_run_list(options);
        case CHECK_ACTION_PARSE: return check_run_parse(options);
        case CHECK_ACTION_DECODE: return decode(options);
        case CHECK_ACTION_HELP: check_help(stdout); return fflush(stdout) == 0 ? CHECK_HELD : CHECK_HARNESS;
        case CHECK_ACTION_VERSION: puts("undr-check " UNDR_CHECK_VERSION); return CHECK_HELD;
        default: return check_run(options);
    }
}

int main(int argc, char **argv) {
    check_options options;
    undr_buffer message = {0};
    undr_error error = check_options_parse(argc, argv, &options, &message);
    int status = CHECK_USAGE;
    if (error == UNDR_OK) {
        status = act(&options);
    } else if (error == UNDR_ARGUMENT) {
        check_complain(&message);
        fputs("undr-check: `undr-check --help` explains everything\n", stderr);
    } else {
        fprintf(stderr, "undr-check: %s\n", undr_error_text(error));
        status = CHECK_HARNESS;
    }
    undr_buffer_free(&message);
    check_options_free(&options);
    return status;
}
