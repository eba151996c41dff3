/* undr-worker.c: the minimal worker. All that it knows of the protocol is in undr_target; here is its command line,
 * which is that of the adapter contract (spec/adapter.md). */
#include "programs/options.h"
#include "programs/probe.h"

#include "undr/descriptors.h"
#include "undr/frame.h"
#include "undr/socket.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define PROGRAM "undr-worker"

/* Announced larger payloads are refused at the header (FRAME-7); a word of the contract: `max-payload`. */
static const uint64_t payload_limit = UNDR_DEFAULT_PAYLOAD_LIMIT;

static int capabilities(void) {
    (void)printf("worker\npickle 0-5\nmax-payload %llu\n", (unsigned long long)payload_limit);
    return adapter_end_output(PROGRAM);
}

enum { OPTION_PORT, OPTION_ADDRESS, OPTIONS };

static const adapter_verb verbs[] = {
    {"worker", "--port PORT", "work for the manager on 127.0.0.1:PORT until it closes"},
    {"capabilities", "", "what this worker can do, one capability a line"},
    {NULL, NULL, NULL},
};
static const char more[] = "It runs tasks of the classes " PROBE_CLASS " and " UNDR_CLASS_CHAIN "; it logs to\n"
                           "standard error.\n";
static const char statuses[] = "  0   closed by the manager, or the manager is gone\n"
                               "  1   the manager broke the protocol, or can't be reached\n"
                               "  2   usage\n"
                               "  89  a verb that is not implemented\n";

static int work(uint64_t port, const char *address) {
    const undr_target_options target = {
        .server_address = address,
        .server_port = (uint16_t)port,
        .payload_limit = payload_limit,
        .registry = probe_registry(),
        .log = stderr,
    };
    (void)signal(SIGPIPE, SIG_IGN); /* a log that nobody reads does not end the worker */
    (void)signal(SIGXFSZ, SIG_IGN);
    return undr_target(&target) == UNDR_OK ? 0 : ADAPTER_EXIT_FAILURE; /* the log has said why */
}

static int run(const adapter_program *program, int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : NULL;
    bool works = verb != NULL && strcmp(verb, "worker") == 0;
    if (verb == NULL || (!works && strcmp(verb, "capabilities") != 0)) {
        return adapter_no_verb(program, verb);
    }
    size_t count = works ? program->count : 0;
    if (!adapter_parse_options(PROGRAM, verb, argc - 2, argv + 2, program->options, count)) {
        return ADAPTER_EXIT_USAGE;
    }
    return works ? work(*program->options[OPTION_PORT].number, *program->options[OPTION_ADDRESS].text) : capabilities();
}

int main(int argc, char **argv) {
    if (undr_hold_standard_descriptors() != UNDR_OK) {
        (void)fprintf(stderr, PROGRAM ": a standard descriptor is closed, and no placeholder can be opened: %s\n",
            strerror(errno));
        return ADAPTER_EXIT_FAILURE;
    }
    if (!adapter_has_stack(PROGRAM)) {
        return ADAPTER_EXIT_FAILURE;
    }
    uint64_t port = 0;
    const char *address = NULL;
    adapter_option options[OPTIONS] = {
        {.name = "--port",
            .word = "PORT",
            .minimum = 1,
            .maximum = UINT16_MAX,
            .number = &port,
            .required = true,
            .help = "that of the manager"},
        {.name = "--address", .word = "IPV4", .text = &address, .help = "that of the manager; default: 127.0.0.1"},
    };
    const adapter_program program = {
        PROGRAM, "a worker of the undr task protocol", verbs, options, OPTIONS, more, statuses};
    int status = 0;
    return adapter_answers(&program, argc, argv, &status) ? status : run(&program, argc, argv);
}
