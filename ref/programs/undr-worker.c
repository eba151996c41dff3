/* undr-worker.c: the minimal worker. All that it knows of the protocol is in undr_target; here is its command line,
 * which is that of the adapter contract (spec/adapter.md). */
#include "programs/adapter.h"
#include "programs/probe.h"

#include "undr/descriptors.h"
#include "undr/frame.h"
#include "undr/socket.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define PROGRAM "undr-worker"
#define VERBS "capabilities, worker"

/* Announced larger payloads are refused at the header (FRAME-7); a word of the contract: `max-payload`. */
static const uint64_t payload_limit = UNDR_DEFAULT_PAYLOAD_LIMIT;

static int capabilities(void) {
    (void)printf("worker\npickle 0-5\nmax-payload %llu\n", (unsigned long long)payload_limit);
    return adapter_end_output(PROGRAM);
}

static int help(void) {
    (void)printf("usage: " PROGRAM " worker --port PORT   work for the manager on 127.0.0.1:PORT, with\n"
                 "                                        --address IPV4 elsewhere, until it closes\n"
                 "       " PROGRAM " capabilities         what this worker can do, one capability a line\n"
                 "       " PROGRAM " -h, --help | -V, --version\n"
                 "\n"
                 "It runs tasks of the classes " PROBE_CLASS " and " UNDR_CLASS_CHAIN "; it logs to\n"
                 "standard error. Exit status: 0 closed by the manager, or the manager is gone; 1 the manager\n"
                 "broke the protocol, or can't be reached; 2 usage; %d a verb that is not implemented.\n",
        ADAPTER_EXIT_NO_VERB);
    return adapter_end_output(PROGRAM);
}

static int worker(int argc, char **argv) {
    uint64_t port = 0;
    const char *address = NULL;
    adapter_option options[] = {
        {.name = "--port", .minimum = 1, .maximum = UINT16_MAX, .number = &port, .required = true},
        {.name = "--address", .text = &address, .word = "IPV4"},
    };
    if (!adapter_parse_options(PROGRAM, "worker", argc, argv, options, sizeof options / sizeof *options)) {
        return ADAPTER_EXIT_USAGE;
    }
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

static int version(void) {
    (void)puts(PROGRAM " " UNDR_VERSION);
    return adapter_end_output(PROGRAM);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(void);
    } plain[] = {
        {"capabilities", capabilities}, {"--help", help}, {"-h", help}, {"--version", version}, {"-V", version}};
    const char *verb = argc > 1 ? argv[1] : NULL;
    if (undr_hold_standard_descriptors() != UNDR_OK) {
        (void)fprintf(stderr, PROGRAM ": a standard descriptor is closed, and no placeholder can be opened: %s\n",
            strerror(errno));
        return ADAPTER_EXIT_FAILURE;
    }
    if (!adapter_has_stack(PROGRAM)) {
        return ADAPTER_EXIT_FAILURE;
    }
    if (verb == NULL) {
        return adapter_no_verb(PROGRAM, NULL, VERBS);
    }
    if (strcmp(verb, "worker") == 0) {
        return worker(argc - 2, argv + 2);
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (strcmp(verb, plain[i].name) == 0) {
            bool alone = adapter_parse_options(PROGRAM, verb, argc - 2, argv + 2, NULL, 0);
            return alone ? plain[i].run() : ADAPTER_EXIT_USAGE;
        }
    }
    return adapter_no_verb(PROGRAM, verb, VERBS);
}
