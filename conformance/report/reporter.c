/* reporter.c: the reports of a run, one after the other. */
#include "report/reporter.h"

void check_tell(const check_reporters *reporters, check_event event) {
    for (size_t i = 0; i < reporters->count; i++) {
        const check_reporter *one = &reporters->at[i];
        if (one->hear != NULL) {
            one->hear(one->self, reporters->session, &event);
        }
    }
}

undr_error check_reporters_finish(const check_reporters *reporters, undr_buffer *message) {
    undr_error first = UNDR_OK;
    for (size_t i = 0; i < reporters->count; i++) {
        undr_buffer why = {0};
        const check_reporter *one = &reporters->at[i];
        undr_error error = one->finish(one->self, reporters->session, &why);
        undr_error put = why.size > 0 && message->size > 0 ? undr_put_text(message, "; ") : UNDR_OK;
        put = put == UNDR_OK ? undr_put_slice(message, undr_buffer_slice(&why)) : put;
        undr_buffer_free(&why);
        first = first == UNDR_OK ? error : first;
        first = first == UNDR_OK ? put : first;
    }
    return first;
}
