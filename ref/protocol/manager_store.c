/* manager_store.c: what the manager's core keeps, within its bound on memory; and its inbox. */
#include "protocol/manager_core.h"

/* `bytes` and `kept` together never exceed the limit. */
bool undr_manager_has_room(const undr_manager_core *core, uint64_t bytes) {
    uint64_t limit = core->options.queue_limit;
    return limit == 0 || bytes <= limit - core->bytes - core->kept;
}

/* Keeps a task or a message if there is room: a copy, or `whole` (undr_parcel_new). */
undr_error undr_manager_new_parcel(
    undr_manager_core *core, undr_slice bytes, undr_buffer *whole, unsigned priority, undr_parcel **parcel) {
    if (!undr_manager_has_room(core, undr_parcel_cost(bytes.size))) {
        return UNDR_QUEUE_LIMIT;
    }
    *parcel = undr_parcel_new(bytes, whole, priority);
    if (*parcel == NULL) {
        return UNDR_MEMORY;
    }
    core->bytes += undr_parcel_cost(bytes.size);
    return UNDR_OK;
}

void undr_manager_free_parcel(undr_manager_core *core, undr_parcel *parcel) {
    core->bytes -= undr_parcel_cost(undr_parcel_slice(parcel).size);
    undr_parcel_free(parcel);
}

void undr_manager_free_parcels(undr_manager_core *core, undr_parcels *list) {
    for (undr_parcel *parcel; (parcel = undr_parcels_take(list)) != NULL;) {
        undr_manager_free_parcel(core, parcel);
    }
}

undr_error undr_manager_put_in_inbox(undr_manager_core *core, undr_slice pickle, undr_buffer *whole) {
    undr_parcel *parcel;
    undr_error error = undr_manager_new_parcel(core, pickle, whole, 0, &parcel);
    if (error == UNDR_OK) {
        undr_parcels_append(&core->inbox, parcel); /* MSG-2, MSGS-5 */
        core->messages++;
    }
    return error;
}

void undr_manager_report_loss(undr_manager_core *core, undr_parcel *task, undr_loss loss) {
    task->loss = loss & 3;
    undr_parcels_append(&core->inbox, task);
    core->messages++;
}

undr_error undr_manager_keep_bytes(undr_manager_core *core, uint64_t bytes) {
    if (!undr_manager_has_room(core, bytes)) {
        return UNDR_QUEUE_LIMIT;
    }
    core->kept += bytes;
    return UNDR_OK;
}

void undr_manager_release_bytes(undr_manager_core *core, uint64_t bytes) {
    core->kept -= bytes;
}
