/* manager_queue.c: parcels (a task or a message with its bytes) and the queues of tasks by priority. */
#include "manager_queue.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

undr_parcel *undr_parcel_new(undr_slice bytes, uint8_t priority) {
    if (bytes.size > SIZE_MAX - sizeof(undr_parcel)) {
        return NULL;
    }
    undr_parcel *parcel = malloc(sizeof *parcel + bytes.size);
    if (parcel == NULL) {
        return NULL;
    }
    *parcel = (undr_parcel){.priority = priority, .size = bytes.size};
    if (bytes.size > 0) {
        memcpy(parcel->bytes, bytes.data, bytes.size); /* SCHED-4 */
    }
    return parcel;
}

undr_slice undr_parcel_slice(const undr_parcel *parcel) {
    return undr_slice_of(parcel->bytes, parcel->size);
}

static void set_bit(undr_task_queues *queues, uint8_t priority) {
    queues->occupied[priority / 64] |= (uint64_t)1 << (priority % 64);
}

static void clear_bit(undr_task_queues *queues, uint8_t priority) {
    queues->occupied[priority / 64] &= ~((uint64_t)1 << (priority % 64));
}

void undr_task_queues_append(undr_task_queues *queues, undr_parcel *task) {
    DL_APPEND(queues->heads[task->priority], task); /* SCHED-3 */
    set_bit(queues, task->priority);
    queues->count++;
}

void undr_task_queues_prepend(undr_task_queues *queues, undr_parcel *task) {
    DL_PREPEND(queues->heads[task->priority], task);
    set_bit(queues, task->priority);
    queues->count++;
}

undr_parcel *undr_task_queues_take(undr_task_queues *queues) {
    for (size_t word = 0; word < UNDR_MAXIMUM_PRIORITY_LEVELS / 64; word++) {
        if (queues->occupied[word] == 0) {
            continue;
        }
        size_t priority = word * 64 + (size_t)__builtin_ctzll(queues->occupied[word]); /* SCHED-2 */
        undr_parcel *task = queues->heads[priority];
        DL_DELETE(queues->heads[priority], task);
        if (queues->heads[priority] == NULL) {
            clear_bit(queues, task->priority);
        }
        queues->count--;
        return task;
    }
    return NULL;
}
