/* proof_queue.c: the queues of tasks hand out the lowest priority first, and within it what was prepended before what
 * was appended, each in its order; counts and bits agree with what they hold. A parcel keeps its bytes, whether they
 * are copied or taken over, and gives them back once.
 *
 * Bounds: 4 operations of any kind (append, prepend, take) with 3 tasks of any of 4 priorities, whose bits stand in two
 * words of two (tests/proof/prove makes the copy so small); payloads of up to 3 bytes, while any allocation may fail. A
 * parcel has room for 8 bytes in itself, here, so that it can be a variable. PART is one of the two functions at the end. */
#include "proof.h"

#include "protocol/manager_queue.h"

#include <string.h>

enum { OPERATIONS = 4, TASKS = 3, BYTES = 3 };

/* The tasks that are queued, in the order in which they are due. */
typedef struct model {
    undr_parcel *due[TASKS];
    size_t count;
} model;

static unsigned any_priority(void) {
    return (unsigned)any_size_to(UNDR_MAXIMUM_PRIORITY_LEVELS - 1);
}

static void insert(model *model, undr_parcel *task, bool first) {
    size_t at = 0;
    for (size_t i = 0; i < model->count; i++) {
        bool before = model->due[i]->priority < task->priority || (!first && model->due[i]->priority == task->priority);
        at = before ? i + 1 : at;
    }
    for (size_t i = TASKS - 1; i > at; i--) {
        model->due[i] = model->due[i - 1];
    }
    model->due[at] = task;
    model->count++;
}

static undr_parcel *take_first(model *model) {
    undr_parcel *first = model->count == 0 ? NULL : model->due[0];
    for (size_t i = 1; i < TASKS; i++) {
        model->due[i - 1] = model->due[i];
    }
    model->count -= first != NULL ? 1 : 0;
    return first;
}

/* Of any priority: is its bit that of its list? */
static void check_bits(const undr_task_queues *queues) {
    unsigned priority = nondet_unsigned();
    __CPROVER_assume(priority < UNDR_MAXIMUM_PRIORITY_LEVELS);
    bool bit = (queues->occupied[priority / 2] >> (priority % 2) & 1) != 0;
    assert(bit == (queues->lists[priority].first != NULL));
}

static void queues_keep_the_order(void) {
    static undr_parcel tasks[TASKS];
    static undr_task_queues queues;
    model model = {0};
    bool queued[TASKS] = {false};
    for (int i = 0; i < TASKS; i++) {
        tasks[i].priority = any_priority();
    }
    for (int step = 0; step < OPERATIONS; step++) {
        size_t which = any_size_to(TASKS - 1);
        if (!queued[which] && nondet_bool()) {
            bool first = nondet_bool();
            first ? undr_task_queues_prepend(&queues, &tasks[which]) : undr_task_queues_append(&queues, &tasks[which]);
            insert(&model, &tasks[which], first);
            queued[which] = true;
        } else {
            undr_parcel *task = undr_task_queues_take(&queues);
            assert(task == take_first(&model));
            for (int i = 0; i < TASKS; i++) {
                queued[i] = queued[i] && task != &tasks[i];
            }
        }
        assert(queues.count == model.count);
        check_bits(&queues);
    }
}

static void parcels_keep_their_bytes(void) {
    size_t size = any_size_to(BYTES), at = any_size_to(BYTES);
    uint8_t *bytes = any_bytes(size + 1);
    uint8_t expected = at < size ? bytes[at] : 0;
    undr_buffer whole = {0}, out = {0};
    bool taken_over = nondet_bool() && size > 0 && undr_put_bytes(&whole, bytes, size) == UNDR_OK;
    unsigned priority = any_priority();
    undr_parcel *parcel = undr_parcel_new(undr_slice_of(bytes, size), taken_over ? &whole : NULL, priority);
    if (parcel != NULL) {
        assert(parcel->priority == priority);
        assert(undr_parcel_slice(parcel).size == size);
        assert(at >= size || undr_parcel_slice(parcel).data[at] == expected);
        assert((undr_parcel_blob(parcel) != NULL) == taken_over);
        assert(!taken_over || whole.data == NULL);
        if (undr_parcel_unwrap(parcel, &out) == UNDR_OK) {
            assert(out.size == size && (at >= size || out.data[at] == expected));
        } else {
            assert(out.size == 0);
        }
        undr_parcel_free(parcel);
    } else {
        assert(!taken_over || whole.size == size); /* it is still the caller's */
    }
    undr_buffer_free(&whole);
    undr_buffer_free(&out);
    free(bytes);
}

int main(void) {
    PART();
    return 0;
}
