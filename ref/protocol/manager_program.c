/* manager_program.c: what the manager's own program asks of the core: schedule, messages, close, counts. What its
 * workers ask is in manager.c. */
#include "protocol/manager_core.h"
#include "undr/pickle.h"

#include <stdlib.h>

undr_error undr_manager_schedule_whole(
    undr_manager_core *core, unsigned priority, undr_slice bytes, undr_buffer *whole) {
    undr_manager_free_parcels(core, &core->spent);
    if (core->state == UNDR_MANAGER_CLOSING) {
        return UNDR_CLOSED; /* CLOSE-6 */
    }
    if (priority >= core->options.priority_levels) {
        return UNDR_PRIORITY; /* POOL-3 */
    }
    undr_parcel *task;
    undr_error error = undr_manager_new_parcel(core, bytes, whole, priority, &task);
    if (error != UNDR_OK) {
        return error;
    }
    undr_manager_put_in_queue(core, task);
    return UNDR_OK;
}

undr_error undr_manager_schedule(undr_manager_core *core, unsigned priority, undr_slice bytes) {
    return undr_manager_schedule_whole(core, priority, bytes, NULL);
}

undr_error undr_manager_send_message(undr_manager_core *core, undr_slice pickle) {
    const undr_frame frame = {.type = UNDR_TYPE_MESSAGE, .payload = pickle};
    undr_error error = undr_manager_check(&frame);
    return error == UNDR_OK ? undr_manager_send_checked(core, pickle, NULL) : error;
}

undr_error undr_manager_send_checked(undr_manager_core *core, undr_slice pickle, undr_buffer *whole) {
    undr_manager_free_parcels(core, &core->spent);
    return undr_manager_put_in_inbox(core, pickle, whole);
}

undr_error undr_manager_next_message(undr_manager_core *core, undr_buffer *next) {
    undr_manager_free_parcels(core, &core->spent);
    undr_parcel *first = core->inbox.first; /* MSGS-1 */
    if (first == NULL) {
        return undr_manager_tasks_left(core) == 0 ? UNDR_DONE : UNDR_WAIT; /* MSGS-2, MSGS-3 */
    }
    uint64_t cost = undr_parcel_cost(undr_parcel_slice(first).size);
    next->size = 0;
    undr_error error = first->loss == UNDR_LOSS_NONE ? undr_parcel_unwrap(first, next)
                                                     : undr_parcel_report(first, next);
    if (error != UNDR_OK) {
        return error;
    }
    undr_parcel_free(undr_parcels_take(&core->inbox));
    core->bytes -= cost;
    core->messages--;
    return UNDR_OK;
}

void undr_manager_close(undr_manager_core *core) {
    undr_manager_free_parcels(core, &core->spent);
    core->state = UNDR_MANAGER_CLOSING;
    while (core->held != NULL) {
        undr_manager_answer_held(core, core->held, undr_pickle_close_request()); /* NEXT-6 */
    }
    for (undr_parcel *task; (task = undr_task_queues_take(&core->queues)) != NULL;) {
        undr_manager_free_parcel(core, task); /* CLOSE-CANCEL-2 */
    }
}

void undr_manager_abandon(undr_manager_core *core) {
    undr_manager_free_parcels(core, &core->spent);
    core->abandoned = true;
    for (undr_parcel *task; (task = undr_task_queues_take(&core->queues)) != NULL;) {
        undr_manager_report_loss(core, task, UNDR_LOSS_WORKERS); /* FAULT-4 */
    }
}

void undr_manager_free(undr_manager_core *core) {
    if (core == NULL) {
        return;
    }
    size_t place = 0;
    undr_manager_close(core);
    for (connection *one; (one = undr_handles_next(&core->connections, &place)) != NULL;) {
        undr_manager_disconnect(core, one->handle);
    }
    undr_handles_free(&core->connections);
    undr_manager_free_parcels(core, &core->inbox);
    undr_manager_free_parcels(core, &core->spent);
    free(core);
}

undr_manager_state undr_manager_current_state(const undr_manager_core *core) {
    return core->state;
}

size_t undr_manager_tasks_left(const undr_manager_core *core) {
    return core->queues.count + core->out;
}

size_t undr_manager_messages(const undr_manager_core *core) {
    return core->messages;
}

size_t undr_manager_connections(const undr_manager_core *core) {
    return core->connections.count;
}

uint64_t undr_manager_handed_out(const undr_manager_core *core) {
    return core->handed_out;
}
