/* result.c: names of verdicts; frees what a play said. */
#include "play/result.h"

const char *check_verdict_name(check_verdict verdict) {
    static const char *const names[] = {"pass", "info", "skip", "blocked", "warn", "fail", "error"};
    return (unsigned)verdict < sizeof names / sizeof *names ? names[verdict] : "?";
}

void check_result_free(check_result *result) {
    undr_buffer *all[] = {&result->sentence, &result->step, &result->expected, &result->received, &result->transcript,
        &result->output, &result->notes, &result->seen, &result->kind};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        undr_buffer_free(all[i]);
    }
    *result = (check_result){0};
}
