/* manager_report.c: the message that reports a lost task: a WorkerException that names it. */
#include "protocol/manager_queue.h"
#include "undr/pickle.h"
#include "undr/text.h"

/* A report is short: a task beyond these limits is named by its size, not decoded. */
enum { REPORT_PICKLE_SIZE = 64 * 1024, REPORT_ARENA_SIZE = 8 * 1024 * 1024, REPORT_NAME_SIZE = 300 };

static undr_error name_by_size(undr_buffer *name, const undr_parcel *parcel) {
    name->size = 0;
    return undr_put_format(name, "a task of %zu bytes", undr_parcel_slice(parcel).size);
}

/* Bytes that are not a pickle are a task, too (SCHED-11). Only running out of memory is an error. */
static undr_error name_of_task(undr_buffer *name, const undr_parcel *parcel, undr_arena *arena) {
    if (undr_parcel_slice(parcel).size == 0 || undr_parcel_slice(parcel).size > REPORT_PICKLE_SIZE) {
        return name_by_size(name, parcel);
    }
    undr_value *task;
    undr_error error = undr_pickle_read(undr_parcel_slice(parcel), NULL, arena, &task, NULL, NULL);
    undr_buffer repr = {0};
    if (error == UNDR_OK) {
        error = undr_task_repr(&repr, task);
    }
    if (error == UNDR_OK) {
        error = undr_put_visible(name, undr_buffer_slice(&repr)); /* somebody prints the report */
    }
    undr_buffer_free(&repr);
    return error == UNDR_OK || error == UNDR_MEMORY ? error : name_by_size(name, parcel);
}

/* Where to cut text so that no UTF-8 sequence is torn. */
static int cut_at(const undr_buffer *text, size_t limit) {
    size_t size = text->size < limit ? text->size : limit;
    /* unreachable: size 0, as no text begins inside of a character */
    while (size > 0 && size < text->size && (text->data[size] & 0xc0) == 0x80) {
        size--;
    }
    return (int)size;
}

static void describe(const undr_parcel *parcel, const undr_buffer *name, undr_failure *failure) {
    const char *why = parcel->loss == UNDR_LOSS_CONNECTION ? "the connection of its worker ended before it was settled"
                                                           : "no worker is left to run it";
    int size = cut_at(name, REPORT_NAME_SIZE);
    const char *rest = (size_t)size < name->size ? "..." : "";
    (void)undr_fail(failure, "RuntimeError", "task lost, %s: %.*s%s", why, size, (const char *)name->data, rest);
}

undr_error undr_parcel_report(const undr_parcel *parcel, undr_buffer *pickle) {
    undr_arena arena = {.limit = REPORT_ARENA_SIZE};
    undr_buffer name = {0};
    undr_value *exception;
    undr_failure failure;
    undr_error error = name_of_task(&name, parcel, &arena);
    if (error == UNDR_OK) {
        describe(parcel, &name, &failure);
        undr_arena_free(&arena); /* the report has the whole bound for itself */
        error = undr_worker_exception(&arena, &failure, &exception);
    }
    if (error == UNDR_OK) {
        error = undr_pickle_write(exception, 4, pickle);
    }
    undr_buffer_free(&name);
    undr_arena_free(&arena);
    return error;
}
