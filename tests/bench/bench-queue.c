/* bench-queue.c: what handing out costs the manager's core alone, with a queue of constant length: each round hands out
 * one task, settles it, and schedules one.
 *
 *     bench-queue LENGTH ROUNDS */
#include "bench.h"

#include "undr/manager.h"

enum { PAYLOAD = 55 };

static void must(undr_error error) {
    if (error != UNDR_OK) {
        bench_fail("the core: %s", undr_error_text(error));
    }
}

static void schedule(undr_manager_core *core) {
    static const uint8_t payload[PAYLOAD];
    must(undr_manager_schedule(core, 1, undr_slice_of(payload, sizeof payload)));
}

static double run(undr_manager_core *core, undr_connection worker, long rounds) {
    const undr_frame request = {.type = UNDR_TYPE_TASK};
    undr_answer answer;
    uint64_t begin = bench_now();
    for (long i = 0; i < rounds; i++) {
        must(undr_manager_receive(core, worker, &request, 0));
        must(undr_manager_next_answer(core, &answer));
        if (answer.frame.payload.size != PAYLOAD) {
            bench_fail("not a task");
        }
        schedule(core);
    }
    return (double)(bench_now() - begin) / (double)rounds;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        bench_fail("usage: bench-queue LENGTH ROUNDS");
    }
    long length = bench_number(argv[1], "length"), rounds = bench_number(argv[2], "rounds");
    const undr_manager_options options = {0};
    undr_manager_core *core;
    undr_connection worker;
    must(undr_manager_new(&options, &core));
    must(undr_manager_connect(core, &worker));
    long before = bench_memory("VmRSS");
    for (long i = 0; i < length; i++) {
        schedule(core);
    }
    double bytes = (double)(bench_memory("VmRSS") - before) * 1024 / (double)length - (double)PAYLOAD;
    (void)run(core, worker, rounds / 10 + 1);
    (void)printf("{\"ns\": %.1f, \"bytes_over_payload\": %.1f}\n", run(core, worker, rounds), bytes);
    undr_manager_free(core);
    return 0;
}
