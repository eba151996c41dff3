/* proof_queue.c: the queues of tasks hand out the lowest priority first, and within it what was prepended before what
 * was appended, each in its order; counts and bits agree with what they hold.
 *
 * Bounds: OPERATIONS (3, or 4 in the whole) of any kind (append, prepend, take) with TASKS tasks (2, or 3 in the whole)
 * of any of 4 priorities, whose bits are in two words of two (tests/proof/prove makes the copy so small). A parcel has
 * room for 8 bytes in itself, here, so that it can be a variable. Not looked at: their bytes (proof_parcel.c). */
#include "proof.h"

#include "protocol/manager_queue.h"

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

int main(void) {
    queues_keep_the_order();
    return 0;
}
