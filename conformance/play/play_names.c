/* play_names.c: the words for deliveries and verdicts, and the end of a result. */
#include "play/play.h"

const char *check_delivery_name(check_delivery delivery) {
    static const char *const names[CHECK_DELIVERY_COUNT] = {"whole", "bytes", "cut-1", "cut-2", "cut-3", "cut-4",
        "cut-5", "cut-6", "cut-7", "cut-8", "coalesced", "straddled"};
    return (unsigned)delivery < CHECK_DELIVERY_COUNT ? names[delivery] : "?";
}

const char *check_verdict_name(check_verdict verdict) {
    static const char *const names[] = {"pass", "info", "skip", "blocked", "warn", "fail", "error"};
    return (unsigned)verdict < sizeof names / sizeof *names ? names[verdict] : "?";
}

void check_result_free(check_result *result) {
    undr_buffer *all[] = {&result->sentence, &result->step, &result->expected, &result->received, &result->transcript,
        &result->output, &result->notes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        undr_buffer_free(all[i]);
    }
    *result = (check_result){0};
}
