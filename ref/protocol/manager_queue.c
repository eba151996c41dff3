/* manager_queue.c: parcels (a task or a message with its bytes) and the queues of tasks by priority. */
#include "protocol/manager_queue.h"

#include <stdlib.h>
#include <string.h>

enum { MALLOC_COST = 16 }; /* what an allocation takes in addition to its bytes, about */

/* What undr_parcel.size holds; where a size has 32 bits, what can be allocated. */
#if SIZE_MAX > UINT32_MAX
#define LARGEST_COPY (((size_t)1 << 40) - 1)
#else
#define LARGEST_COPY (((size_t)1 << 31) - 1)
#endif

static undr_parcel *new_parcel(size_t size, unsigned priority) {
    if (size > LARGEST_COPY) {
        return NULL;
    }
    undr_parcel *parcel = malloc(sizeof *parcel + size);
    if (parcel != NULL) {
        *parcel = (undr_parcel){.size = size & LARGEST_COPY, .priority = priority & 0x7f};
    }
    return parcel;
}

static undr_parcel *new_blob_parcel(undr_buffer *whole, unsigned priority) {
    undr_parcel *parcel = new_parcel(sizeof(undr_blob *), priority);
    undr_blob *blob = parcel == NULL ? NULL : undr_blob_new(whole);
    if (blob == NULL) {
        free(parcel);
        return NULL;
    }
    memcpy(parcel->bytes, &blob, sizeof(undr_blob *));
    parcel->is_blob = true;
    return parcel;
}

undr_parcel *undr_parcel_new(undr_slice bytes, undr_buffer *whole, unsigned priority) {
    if (whole != NULL) {
        return new_blob_parcel(whole, priority);
    }
    undr_parcel *parcel = new_parcel(bytes.size, priority);
    if (parcel != NULL && bytes.size > 0) {
        memcpy(parcel->bytes, bytes.data, bytes.size); /* SCHED-4 */
    }
    return parcel;
}

undr_blob *undr_parcel_blob(const undr_parcel *parcel) {
    undr_blob *blob = NULL;
    if (parcel->is_blob) {
        memcpy(&blob, parcel->bytes, sizeof(undr_blob *));
    }
    return blob;
}

void undr_parcel_free(undr_parcel *parcel) {
    undr_blob_release(undr_parcel_blob(parcel));
    free(parcel);
}

undr_slice undr_parcel_slice(const undr_parcel *parcel) {
    return parcel->is_blob ? undr_blob_slice(undr_parcel_blob(parcel))
                           : undr_slice_of(parcel->bytes, (size_t)parcel->size);
}

uint64_t undr_parcel_cost(uint64_t size) {
    const uint64_t fixed = sizeof(undr_parcel) + MALLOC_COST;
    return size > UINT64_MAX - fixed ? UINT64_MAX : fixed + size; /* what a header announces is any number */
}

undr_error undr_parcel_unwrap(undr_parcel *parcel, undr_buffer *buffer) {
    if (parcel->is_blob && buffer->size == 0 && undr_blob_take(undr_parcel_blob(parcel), buffer)) {
        return UNDR_OK;
    }
    return undr_put_slice(buffer, undr_parcel_slice(parcel));
}

void undr_parcels_append(undr_parcels *list, undr_parcel *parcel) {
    parcel->next = NULL;
    if (list->first == NULL) {
        list->first = parcel;
    } else {
        list->last->next = parcel;
    }
    list->last = parcel;
}

void undr_parcels_prepend(undr_parcels *list, undr_parcel *parcel) {
    parcel->next = list->first;
    list->last = list->first == NULL ? parcel : list->last;
    list->first = parcel;
}

undr_parcel *undr_parcels_take(undr_parcels *list) {
    undr_parcel *first = list->first;
    if (first != NULL) {
        list->first = first->next;
    }
    return first;
}

static void set_bit(undr_task_queues *queues, unsigned priority) {
    queues->occupied[priority / 64] |= (uint64_t)1 << (priority % 64);
}

void undr_task_queues_append(undr_task_queues *queues, undr_parcel *task) {
    undr_parcels_append(&queues->lists[task->priority], task); /* SCHED-3 */
    set_bit(queues, task->priority);
    queues->count++;
}

void undr_task_queues_prepend(undr_task_queues *queues, undr_parcel *task) {
    undr_parcels_prepend(&queues->lists[task->priority], task);
    set_bit(queues, task->priority);
    queues->count++;
}

undr_parcel *undr_task_queues_take(undr_task_queues *queues) {
    for (size_t word = 0; word < UNDR_MAXIMUM_PRIORITY_LEVELS / 64; word++) {
        if (queues->occupied[word] == 0) {
            continue;
        }
        unsigned bit = (unsigned)__builtin_ctzll(queues->occupied[word]); /* SCHED-2 */
        undr_parcels *list = &queues->lists[word * 64 + bit];
        undr_parcel *task = undr_parcels_take(list);
        if (list->first == NULL) {
            queues->occupied[word] &= ~((uint64_t)1 << bit);
        }
        queues->count--;
        return task;
    }
    return NULL;
}
