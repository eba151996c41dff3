/* undr-manager.c: the reference manager. undr_process_manager knows the protocol; here is the command line, which is
 * that of the adapter contract (spec/adapter.md). Its workers run Probe tasks. */
#include "programs/adapter.h"
#include "programs/commands.h"
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
#define VERBS "capabilities, manager"

enum { NO_VALUE = -1, LEAST_GRACE_MS = 1000 };

/* The options of both verbs. They may come before the verb, too, so that a command that something else completes
 * ("undr-check manager -- undr-manager --hold 200") can carry them. */
typedef struct settings {
    uint64_t workers, priority_levels, hold, grace, patience, start_patience, payload_limit, queue_limit, connections,
        retries;
    bool has_workers, has_hold, beyond_loopback, same_user;
    const char *log_directory, *listen;
} settings;

/* The options that take no value. */
static const char beyond_loopback[] = "--beyond-loopback", same_user[] = "--same-user";

static bool read_settings(const char *verb, int argc, char **argv, settings *read) {
    *read = (settings){.priority_levels = UNDR_DEFAULT_PRIORITY_LEVELS, .payload_limit = UNDR_DEFAULT_PAYLOAD_LIMIT};
    adapter_option options[] = {
        {.name = "--workers", .maximum = 4096, .number = &read->workers},
        {.name = "--priority-levels",
            .minimum = 2,
            /* SCHED-8 */ .maximum = UNDR_MAXIMUM_PRIORITY_LEVELS,
            .number = &read->priority_levels},
        {.name = "--log-directory", .text = &read->log_directory, .word = "DIR"},
        {.name = "--hold", .maximum = 3600000, .number = &read->hold},
        {.name = "--grace", .minimum = 1, .maximum = 3600000, .number = &read->grace},
        {.name = "--payload-limit",
            .minimum = UNDR_PAYLOAD_MINIMUM,
            .maximum = UNDR_PAYLOAD_MAXIMUM,
            .number = &read->payload_limit},
        {.name = "--retries", .maximum = UNDR_MAXIMUM_RETRIES, .number = &read->retries},
        {.name = "--queue-limit", .minimum = 1, .maximum = UINT64_MAX, .number = &read->queue_limit},
        {.name = "--connections", .minimum = 1, .maximum = 1000000, .number = &read->connections},
        {.name = "--patience", .minimum = 1, .maximum = 3600000, .number = &read->patience},
        {.name = "--start-patience", .minimum = 1, .maximum = 3600000, .number = &read->start_patience},
        {.name = "--listen", .text = &read->listen, .word = "ADDRESS"},
        {.name = beyond_loopback, .flag = &read->beyond_loopback},
        {.name = same_user, .flag = &read->same_user},
    };
    if (!adapter_parse_options(PROGRAM, verb, argc, argv, options, sizeof options / sizeof *options)) {
        return false;
    }
    read->has_workers = options[0].given;
    read->has_hold = options[3].given;
    return true;
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

static int help(void) {
    (void)printf(
        "usage: " PROGRAM " manager [OPTION...]       serve, and read commands from standard input\n"
        "       " PROGRAM " capabilities [OPTION...]  what this manager can do, one capability a line\n"
        "       " PROGRAM " -h, --help | -V, --version\n"
        "\n"
        "options, before or after the verb:\n"
        "  --workers N           worker processes of its own; 0: none; default: twice the number of cores\n"
        "  --priority-levels P   number of priorities, 2 to 128; default 2\n"
        "  --log-directory DIR   one log file per worker; created if it does not exist\n"
        "  --hold MS             how long an answer to a worker is held for a task; default: %d with workers\n"
        "                        of its own, 0 without\n"
        "  --grace MS            how long `close cancel` waits for running tasks; default: until they have ended\n"
        "  --payload-limit BYTES the largest payload of a frame, at least 64 MiB; default 1 GiB\n"
        "  --retries N           how often a task whose worker died is handed out again; default 0: it is reported\n"
        "  --queue-limit BYTES   memory for tasks and messages; more is refused; default: no limit\n"
        "  --connections N       at a time; one more replaces one that has sent no request, or is ended; default and\n"
        "                        maximum: the limit of open files, minus 64\n"
        "  --patience MS         a connection that reads none of its answers for this long is ended; default: %d\n"
        "  --start-patience MS   how long workers that can't be started, or leave soon, are restarted while no task "
        "is\n"
        "                        handed out; default: %d\n"
        "  --listen ADDRESS      IPv4; default 127.0.0.1; an address that other machines reach needs the next option\n"
        "  --beyond-loopback     allow that: without authentication, any peer that connects can give the workers "
        "tasks\n"
        "  --same-user           only processes of the same user on this machine may connect\n"
        "\n"
        "commands: schedule PRIORITY HEX | message HEX | next | close join|cancel|kill\n"
        "\n"
        "It prints `ready PORT` first. The end of input kills its workers. SIGINT closes as `close cancel` does;\n"
        "a second one kills its workers. Exit status: 0 at the end of input; 130 after SIGINT; 1 it can't serve,\n"
        "or its input or output can't be used; 2 usage; %d a verb that is not implemented.\n",
        UNDR_POOL_HOLD_MS, UNDR_DEFAULT_PATIENCE_MS, UNDR_START_PATIENCE_MS, ADAPTER_EXIT_NO_VERB);
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

static int run(const char *verb, int argc, char **argv) {
    settings read;
    if (strcmp(verb, "capabilities") != 0 && strcmp(verb, "manager") != 0) {
        return adapter_no_verb(PROGRAM, verb, VERBS); /* ADAPTER-5 */
    }
    if (!read_settings(verb, argc, argv, &read)) {
        return ADAPTER_EXIT_USAGE;
    }
    return strcmp(verb, "manager") == 0 ? manage(&read) : capabilities(&read);
}

static bool is_one_word(const char *option) {
    return strchr(option, '=') != NULL || strcmp(option, beyond_loopback) == 0 || strcmp(option, same_user) == 0;
}

/* Where the verb is: after the options, each a word with its value, `--name=value` or a flag. argc: nowhere. */
static int find_verb(int argc, char **argv) {
    int at = 1;
    while (at < argc && strncmp(argv[at], "--", 2) == 0) {
        at += is_one_word(argv[at]) ? 1 : 2;
    }
    return at < argc ? at : argc;
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
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        return help();
    }
    if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        (void)puts(PROGRAM " " UNDR_VERSION);
        return adapter_end_output(PROGRAM);
    }
    int at = find_verb(argc, argv);
    if (at == argc) {
        return adapter_no_verb(PROGRAM, NULL, VERBS);
    }
    const char *verb = argv[at];
    memmove(&argv[at], &argv[at + 1], (size_t)(argc - at) * sizeof *argv); /* with the NULL at the end */
    return run(verb, argc - 2, argv + 1);
}
