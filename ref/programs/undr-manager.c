/* undr-manager.c: the reference manager. undr_process_manager knows the protocol; here is the command line, which is
 * that of the adapter contract (spec/adapter.md). Its workers run Probe tasks. */
#include "programs/commands.h"
#include "programs/options.h"
#include "programs/probe.h"

#include "undr/manager.h"
#include "undr/server.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PROGRAM "undr-manager"

enum { NO_VALUE = -1, LEAST_GRACE_MS = 1000 };

/* The options of both verbs. They may come before the verb, too, so that a command that something else completes
 * ("undr-check manager -- undr-manager --hold 200") can carry them. */
typedef struct settings {
    uint64_t workers, priority_levels, hold, grace, patience, start_patience, payload_limit, queue_limit, connections,
        retries;
    bool has_workers, has_hold, beyond_loopback, same_user;
    const char *log_directory, *listen;
} settings;

enum { OPTION_WORKERS, OPTION_HOLD, OPTIONS = 14 }; /* the two whose being given matters stand first */

static const adapter_verb verbs[] = {
    {"manager", "[OPTION...]", "serve, and read commands from standard input"},
    {"capabilities", "[OPTION...]", "what this manager can do, one capability a line"},
    {NULL, NULL, NULL},
};
static const char beyond_loopback[] = "--beyond-loopback";
static const char more[] =
    "The options may stand before the verb, too.\n"
    "\n"
    "Commands: schedule PRIORITY HEX | message HEX | next | close join|cancel|kill\n"
    "\n"
    "It prints `ready PORT` first. The end of input kills its workers. SIGINT closes as `close cancel` does;\n"
    "a second one kills its workers.\n";
static const char statuses[] = "  0    the end of input\n"
                               "  1    it can't serve, or its input or output can't be used\n"
                               "  2    usage\n"
                               "  89   a verb that is not implemented\n"
                               "  130  SIGINT\n";

static adapter_option count_of(
    const char *name, const char *word, uint64_t minimum, uint64_t maximum, uint64_t *number) {
    return (adapter_option){.name = name, .word = word, .minimum = minimum, .maximum = maximum, .number = number};
}

static void fill_limits(settings *read, adapter_option *to) {
    to[0] = count_of("--payload-limit", "BYTES", UNDR_PAYLOAD_MINIMUM, UNDR_PAYLOAD_MAXIMUM, &read->payload_limit);
    to[0].help = "the largest payload of a frame, at least 64 MiB; default: 1 GiB";
    to[1] = count_of("--queue-limit", "BYTES", 1, UINT64_MAX, &read->queue_limit);
    to[1].help = "memory for tasks and messages; more is refused; default: no limit";
    to[2] = count_of("--connections", "N", 1, 1000000, &read->connections);
    to[2].help = "at a time; one more replaces one that has sent no request, or is ended; default and maximum: the "
                 "limit of open files, minus 64";
    to[3] = count_of("--patience", "MS", 1, 3600000, &read->patience);
    to[3].help = "a connection that reads none of its answers for this long is ended";
    to[3].usual = UNDR_DEFAULT_PATIENCE_MS;
    to[4] = count_of("--start-patience", "MS", 1, 3600000, &read->start_patience);
    to[4].help = "how long workers that can't be started, or leave soon, are restarted while no task is handed out";
    to[4].usual = UNDR_START_PATIENCE_MS;
}

static void fill_options(settings *read, adapter_option to[OPTIONS]) {
    to[OPTION_WORKERS] = count_of("--workers", "N", 0, 4096, &read->workers);
    to[OPTION_WORKERS].help = "worker processes of its own; 0: none; default: twice the number of cores";
    to[OPTION_HOLD] = count_of("--hold", "MS", 0, 3600000, &read->hold);
    to[OPTION_HOLD].help = "how long an answer to a worker is held for a task; without workers of its own: 0";
    to[OPTION_HOLD].usual = UNDR_POOL_HOLD_MS;
    to[2] = count_of("--priority-levels", "P", 2, /* SCHED-8 */ UNDR_MAXIMUM_PRIORITY_LEVELS, &read->priority_levels);
    to[2].help = "number of priorities, 2 to 128";
    to[2].usual = UNDR_DEFAULT_PRIORITY_LEVELS;
    to[3] = (adapter_option){.name = "--log-directory",
        .word = "DIR",
        .text = &read->log_directory,
        .help = "one log file per worker; created if it does not exist"};
    to[4] = count_of("--grace", "MS", 1, 3600000, &read->grace);
    to[4].help = "how long `close cancel` waits for running tasks; default: until they have ended";
    to[5] = count_of("--retries", "N", 0, UNDR_MAXIMUM_RETRIES, &read->retries);
    to[5].help = "how often a task whose worker died is handed out again; default: 0, it is reported";
    fill_limits(read, to + 6);
    to[11] = (adapter_option){.name = "--listen",
        .word = "ADDRESS",
        .text = &read->listen,
        .help = "IPv4; default: 127.0.0.1; an address that other machines reach needs the next option"};
    to[12] = (adapter_option){.name = beyond_loopback,
        .flag = &read->beyond_loopback,
        .help = "allow that: without authentication, any peer that connects can give the workers tasks"};
    to[13] = (adapter_option){.name = "--same-user",
        .flag = &read->same_user,
        .help = "only processes of the same user on this machine may connect"};
}

/* `hold` is what a manager without workers of its own does, `pool-hold` what one with workers does. */
static int capabilities(const settings *read) {
    uint64_t pool_hold = read->has_hold ? read->hold : UNDR_POOL_HOLD_MS;
    (void)printf("manager\npool\npriority-levels %d\nhold %llu\npool-hold %llu\nmax-payload %llu\n"
                 "pickle 0-5\nlog-directory\n",
        UNDR_MAXIMUM_PRIORITY_LEVELS, (unsigned long long)read->hold, (unsigned long long)pool_hold,
        (unsigned long long)read->payload_limit);
    if (read->grace >= LEAST_GRACE_MS) { /* of less the contract has no word */
        (void)printf("grace %llu\n", (unsigned long long)read->grace);
    }
    return adapter_end_output(PROGRAM);
}

static int fail(const char *what, undr_error error) {
    const char *reason = error == UNDR_SYSTEM ? strerror(errno) : undr_error_text(error);
    adapter_complain(PROGRAM, "%s: %s", what, reason);
    return ADAPTER_EXIT_FAILURE;
}

static int fail_to_start(const settings *read, undr_error error) {
    if (error == UNDR_BEYOND_LOOPBACK) {
        adapter_complain(PROGRAM,
            "--listen %s: other machines can reach that address, and any peer that connects can give the workers "
            "tasks; if that is intended, add %s",
            read->listen, beyond_loopback);
        return ADAPTER_EXIT_USAGE;
    }
    if (error == UNDR_ARGUMENT) { /* all others were checked */
        adapter_complain(PROGRAM, "--listen must be an IPv4 address, such as 127.0.0.1, not '%s'", read->listen);
        return ADAPTER_EXIT_USAGE;
    }
    return fail(read->log_directory == NULL ? "can't start" : read->log_directory, error);
}

/* UNDR_INTERRUPTED: nobody has read it, and SIGINT has come. */
static undr_error say_ready(const input *from, const undr_process_manager *manager) {
    char line[32];
    (void)snprintf(line, sizeof line, "ready %u", (unsigned)undr_process_manager_port(manager));
    return input_answer(from, undr_slice_text(line));
}

/* Each connection takes a descriptor; what is refused beyond the limit, the server says. */
static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* the limit that there was will do */
    }
}

/* Both are its channel: without one of them it could obey, or answer, nobody. Looked at before anything is started. */
static bool has_channel(void) {
    char nothing;
    ssize_t done;
    do {
        done = read(STDIN_FILENO, &nothing, 0);
    } while (done < 0 && errno == EINTR);
    if (done < 0) {
        (void)fail("can't serve: standard input can't be read", UNDR_SYSTEM);
        return false;
    }
    do {
        done = write(STDOUT_FILENO, &nothing, 0);
    } while (done < 0 && errno == EINTR);
    if (done < 0) {
        (void)fail("can't serve: standard output can't be written", UNDR_SYSTEM);
        return false;
    }
    return true;
}

static int manage(const settings *read) {
    undr_process_manager_options options = {
        .workers = read->has_workers ? (int)read->workers : NO_VALUE,
        .priority_levels = (unsigned)read->priority_levels,
        .log_directory = read->log_directory,
        .address = read->listen,
        .beyond_loopback = read->beyond_loopback,
        .same_user = read->same_user,
        .connections = (size_t)read->connections,
        .queue_limit = read->queue_limit,
        .payload_limit = read->payload_limit,
        .patience = read->patience,
        .start_patience = read->start_patience,
        .hold = read->has_hold ? (int64_t)read->hold : NO_VALUE,
        .grace = read->grace,
        .retries = (unsigned)read->retries,
        .log = stderr,
    };
    undr_process_manager *manager;
    static input from; /* its threads use it until the program ends */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    if (!has_channel()) {
        return ADAPTER_EXIT_FAILURE;
    }
    raise_descriptor_limit();
    input_block_interrupts();
    undr_error error = undr_process_manager_start(&options, &manager);
    if (error != UNDR_OK) {
        return fail_to_start(read, error);
    }
    error = input_start(&from, manager, read->payload_limit);
    if (error != UNDR_OK) {
        int status = fail("can't serve", error);
        undr_process_manager_free(manager);
        return status;
    }
    error = say_ready(&from, manager);
    if (error != UNDR_OK && error != UNDR_INTERRUPTED) {
        int status = fail("can't serve: standard output can't be written", error);
        input_release_manager(&from);
        undr_process_manager_free(manager);
        return status;
    }
    return commands_run(&from, manager, options.priority_levels);
}

/* Where the verb is: the first word that is neither an option nor the value of one. argc: nowhere. */
static int find_verb(const adapter_program *program, int argc, char **argv) {
    int at = 1;
    while (at < argc && strncmp(argv[at], "--", 2) == 0) {
        const char *value;
        const adapter_option *option = adapter_find_option(program->options, program->count, argv[at], &value);
        bool alone = value != NULL || (option != NULL && option->flag != NULL);
        at += alone ? 1 : 2;
    }
    return at < argc ? at : argc;
}

static int run(const adapter_program *program, settings *read, int argc, char **argv) {
    int at = find_verb(program, argc, argv);
    const char *verb = at < argc ? argv[at] : NULL;
    bool manages = verb != NULL && strcmp(verb, "manager") == 0;
    if (verb == NULL || (!manages && strcmp(verb, "capabilities") != 0)) {
        return adapter_no_verb(program, verb); /* ADAPTER-5 */
    }
    memmove(&argv[at], &argv[at + 1], (size_t)(argc - at) * sizeof *argv); /* with the NULL at the end */
    if (!adapter_parse_options(PROGRAM, verb, argc - 2, argv + 1, program->options, program->count)) {
        return ADAPTER_EXIT_USAGE;
    }
    read->has_workers = program->options[OPTION_WORKERS].given;
    read->has_hold = program->options[OPTION_HOLD].given;
    return manages ? manage(read) : capabilities(read);
}

/* glibc keeps what it once gave out in blocks below a size that grows with each large one that is freed, up to 32 MiB:
 * connections that come, send half of a large payload and leave would make it keep more than spec/threats.md promises.
 * A size that is set does not grow. */
static void give_memory_back(void) {
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20); /* 0: it stays as it is, which costs memory only */
#endif
}

int main(int argc, char **argv) {
    give_memory_back();
    undr_process_manager_main(argc, argv, probe_registry());
    if (!adapter_has_stack(PROGRAM)) {
        return ADAPTER_EXIT_FAILURE;
    }
    settings read = {.priority_levels = UNDR_DEFAULT_PRIORITY_LEVELS, .payload_limit = UNDR_DEFAULT_PAYLOAD_LIMIT};
    adapter_option options[OPTIONS];
    fill_options(&read, options);
    const adapter_program program = {
        PROGRAM, "a manager of the undr task protocol", verbs, options, OPTIONS, more, statuses};
    int status = 0;
    return adapter_answers(&program, argc, argv, &status) ? status : run(&program, &read, argc, argv);
}
