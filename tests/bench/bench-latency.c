/* bench-latency.c: how long a pool takes from schedule to the start of a task, and from a message to its reader.
 *
 *     bench-latency COUNT c         4 worker processes of its own
 *     bench-latency COUNT python    none of its own: it says `ready PORT`, and waits for a line before it begins
 *     bench-latency COUNT no-hold   as `c`, with the answers to workers not held
 *
 * A task is an instance of bench_stamp.Stamp; its worker sends the time at which it ran. Times are of CLOCK_MONOTONIC,
 * which all processes share. One task at a time: the pool is idle when it is scheduled. */
#include "bench.h"

#include "undr/process_manager.h"
#include "undr/server.h"

enum { WORKERS = 4, WARM_UP = 50, PAUSE_US = 2000, PYTHON_HOLD_MS = 500 };

/* The task, in a C worker. */
static undr_error run_stamp(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    (void)registry;
    (void)task;
    (void)session;
    (void)failure;
    undr_arena arena = {0};
    undr_value *now;
    undr_error error = undr_value_int(&arena, (int64_t)bench_now(), &now);
    if (error == UNDR_OK) {
        error = undr_send_message_to(manager, now);
    }
    undr_arena_free(&arena);
    return error;
}

static void must(undr_error error, const char *what) {
    if (error != UNDR_OK) {
        bench_fail("%s: %s", what, undr_error_text(error));
    }
}

/* One task, one message. */
static void measure(undr_process_manager *manager, const undr_value *task, double *start, double *reader) {
    undr_arena arena = {0};
    undr_value *message;
    int64_t ran;
    (void)usleep(PAUSE_US); /* the worker is back and waits */
    uint64_t scheduled = bench_now();
    must(undr_process_manager_schedule(manager, task, 1), "schedule");
    must(undr_process_manager_next_message(manager, &arena, &message), "next message");
    uint64_t seen = bench_now();
    if (!undr_value_int64(message, &ran)) {
        bench_fail("a message that is no time: the task failed");
    }
    *start = ((double)ran - (double)scheduled) / 1e3;
    *reader = ((double)seen - (double)ran) / 1e3;
    undr_arena_free(&arena);
}

int main(int argc, char **argv) {
    static const undr_task_type types[] = {{"bench_stamp.Stamp", run_stamp}};
    static const undr_registry registry = {.types = types, .count = 1};
    undr_process_manager_main(argc, argv, &registry);
    if (argc != 3) {
        bench_fail("usage: bench-latency COUNT c|python|no-hold");
    }
    size_t count = (size_t)bench_number(argv[1], "count");
    bool python = strcmp(argv[2], "python") == 0;
    undr_process_manager_options options = {.workers = python ? 0 : WORKERS,
        .hold = python                        ? PYTHON_HOLD_MS
            : strcmp(argv[2], "no-hold") == 0 ? 0
                                              : -1};
    undr_process_manager *manager;
    double *start = calloc(count + 1, sizeof *start), *reader = calloc(count + 1, sizeof *reader);
    must(start == NULL || reader == NULL ? UNDR_MEMORY : undr_process_manager_start(&options, &manager), "start");
    if (python) {
        (void)printf("ready %u\n", (unsigned)undr_process_manager_port(manager));
        (void)fflush(stdout);
        (void)getchar();
    }
    undr_arena arena = {0};
    undr_value *task;
    must(undr_value_instance(&arena, "bench_stamp", "Stamp", NULL, &task), "task");
    for (size_t i = 0; i < WARM_UP + count; i++) {
        measure(manager, task, &start[i < WARM_UP ? 0 : i - WARM_UP], &reader[i < WARM_UP ? 0 : i - WARM_UP]);
    }
    (void)printf("{");
    bench_print_spread("schedule_to_start_us", start, count, ", ");
    bench_print_spread("message_to_reader_us", reader, count, "}\n");
    undr_arena_free(&arena);
    must(undr_process_manager_exit(manager, false), "close");
    free(start);
    free(reader);
    return 0;
}
