/* main.c: undr-broken [--bug NAME] VERB ...: the adapter contract of a peer that can be broken by name. */
#include "bugs.h"
#include "manager.h"
#include "worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_USAGE = 2, STATUS_UNKNOWN_VERB = 89 };

static const char *option(int argc, char **argv, const char *name) {
    for (int i = 0; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return argv[i + 1];
        }
    }
    return NULL;
}

static int capabilities(void) {
    puts("manager\nworker\npool");
    if (bug(BUG_two_levels_only)) {
        return 0;
    }
    puts("log-directory");
    if (declared_hold() > 0) {
        printf("hold %d\n", declared_hold());
    }
    if (declares_pickles()) {
        puts("pickle 0-5");
    }
    if (bug(BUG_grace_ignored) || bug(BUG_keeps_grace)) {
        puts("grace 1000");
    }
    printf("priority-levels 128\nmax-payload %d\n", bug(BUG_limit_64_mib) ? 64 << 20 : 1 << 30);
    return 0;
}

static int run_verb(const char *self, const char *bug_name, int argc, char **argv) {
    if (argc > 0 && strcmp(argv[0], "capabilities") == 0) {
        return capabilities();
    }
    if (argc > 0 && strcmp(argv[0], "manager") == 0) {
        const char *workers = option(argc, argv, "--workers"), *levels = option(argc, argv, "--priority-levels");
        int count = workers == NULL ? 0 : atoi(workers), queues = levels == NULL ? 2 : atoi(levels);
        if (count < 0 || queues < 1 || queues > 128) {
            fputs("undr-broken: --workers N >= 0, --priority-levels 1..128\n", stderr);
            return STATUS_USAGE;
        }
        return manager_main(self, bug_name, count, queues, option(argc, argv, "--log-directory"));
    }
    if (argc > 0 && strcmp(argv[0], "worker") == 0) {
        const char *port = option(argc, argv, "--port");
        return port == NULL ? STATUS_USAGE : worker_main((uint16_t)atoi(port));
    }
    fputs("undr-broken [--bug NAME] capabilities | manager ... | worker --port PORT | --list\n", stderr);
    return STATUS_UNKNOWN_VERB;
}

/* If standard output or error is closed, no socket may take its place. */
static void fill_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) != descriptor) {
            exit(STATUS_USAGE);
        }
    }
}

int main(int argc, char **argv) {
    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        bug_list();
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "--bug") == 0) {
        if (!bug_choose(argv[2])) {
            fprintf(stderr, "undr-broken: no bug is called %s; --list names them\n", argv[2]);
            return STATUS_USAGE;
        }
        return run_verb("/proc/self/exe", argv[2], argc - 3, argv + 3);
    }
    return run_verb("/proc/self/exe", NULL, argc - 1, argv + 1);
}
