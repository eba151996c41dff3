/* tasks.c: what is known of the tasks in a manager's queues: those that were seen scheduled and not handed out. */
#include "watch/inside.h"

#include <stdlib.h>

/* ---- classes: tasks with the same bytes ---- */

watch_class *watch_class_find(watch_manager *m, uint64_t digest, uint64_t size) {
    watch_class *one = m->bucket_count == 0 ? NULL : m->buckets[digest & (m->bucket_count - 1)];
    while (one != NULL && (one->digest != digest || one->size != size)) {
        one = one->next;
    }
    return one;
}

static undr_error grow(watch_manager *m) {
    size_t count = m->bucket_count == 0 ? 64 : m->bucket_count * 2;
    watch_class **buckets = calloc(count, sizeof *buckets);
    if (buckets == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < m->bucket_count; i++) {
        for (watch_class *one = m->buckets[i], *next; one != NULL; one = next) {
            next = one->next;
            one->next = buckets[one->digest & (count - 1)];
            buckets[one->digest & (count - 1)] = one;
        }
    }
    free(m->buckets);
    m->buckets = buckets;
    m->bucket_count = count;
    return UNDR_OK;
}

undr_error watch_class_have(watch_manager *m, uint64_t digest, uint64_t size, watch_class **found) {
    *found = watch_class_find(m, digest, size);
    if (*found != NULL) {
        return UNDR_OK;
    }
    if (m->class_count >= m->bucket_count && grow(m) != UNDR_OK) {
        return UNDR_MEMORY;
    }
    watch_class *one = calloc(1, sizeof *one);
    if (one == NULL) {
        return UNDR_MEMORY;
    }
    one->digest = digest;
    one->size = size;
    one->next = m->buckets[digest & (m->bucket_count - 1)];
    m->buckets[digest & (m->bucket_count - 1)] = one;
    m->class_count++;
    *found = one;
    return UNDR_OK;
}

void watch_class_pin(watch_class *one) {
    one->pins++;
}

void watch_class_unpin(watch_manager *m, watch_class *one) {
    if (one == NULL || --one->pins > 0) {
        return;
    }
    watch_class **at = &m->buckets[one->digest & (m->bucket_count - 1)];
    while (*at != one) {
        at = &(*at)->next;
    }
    *at = one->next;
    m->class_count--;
    free(one);
}

/* ---- tasks ---- */

static struct watch_tasks *list_of(const watch_task *task) {
    return task->acknowledged ? &task->class_->given : &task->class_->asked;
}

static void link_same(watch_task *task) {
    struct watch_tasks *list = list_of(task);
    task->same_older = list->newest;
    task->same_newer = NULL;
    *(list->newest == NULL ? &list->oldest : &list->newest->same_newer) = task;
    list->newest = task;
    list->count++;
}

static void unlink_same(const watch_task *task) {
    struct watch_tasks *list = list_of(task);
    *(task->same_older == NULL ? &list->oldest : &task->same_older->same_newer) = task->same_newer;
    *(task->same_newer == NULL ? &list->newest : &task->same_newer->same_older) = task->same_older;
    list->count--;
}

watch_task *watch_class_first(const watch_class *one) {
    if (one == NULL || one->given.oldest != NULL) {
        return one == NULL ? NULL : one->given.oldest;
    }
    return one->asked.count > one->early ? one->asked.oldest : NULL;
}

undr_error watch_task_add(
    watch_class *class_, uint8_t priority, uint64_t place, const watch_sight *request, watch_task **made) {
    watch_task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        return UNDR_MEMORY;
    }
    task->class_ = class_;
    task->priority = priority;
    task->asked = place;
    task->request = *request;
    watch_class_pin(class_);
    class_->scheduled++;
    link_same(task);
    *made = task;
    return UNDR_OK;
}

static void unlink_acknowledged(watch_manager *m, const watch_task *task) {
    *(task->older == NULL ? &m->oldest : &task->older->newer) = task->newer;
    *(task->newer == NULL ? &m->newest : &task->newer->older) = task->older;
    m->queued--;
    m->owner->totals.queued--;
}

void watch_task_remove(watch_manager *m, watch_task *task) {
    if (task->acknowledged) {
        unlink_acknowledged(m, task);
    }
    if (task->asker != NULL) {
        task->asker->task = NULL;
    }
    m->late = m->late == task ? NULL : m->late;
    watch_class *class_ = task->class_;
    unlink_same(task);
    free(task);
    watch_class_unpin(m, class_);
}

void watch_task_acknowledge(watch_manager *m, watch_task *task, uint64_t place, uint64_t time) {
    task->asker = NULL;
    if (task->class_->early > 0) {
        task->class_->early--;
        watch_task_remove(m, task);
        return;
    }
    unlink_same(task);
    task->acknowledged = true;
    link_same(task);
    task->given = place;
    task->given_time = time;
    task->older = m->newest;
    *(m->newest == NULL ? &m->oldest : &m->newest->newer) = task;
    m->newest = task;
    m->queued++;
    m->owner->totals.queued++;
}

void watch_task_handed_out(watch_manager *m, watch_task *task) {
    if (task->acknowledged) {
        watch_task_remove(m, task);
    } else {
        task->class_->early++;
    }
}

void watch_task_unanswered(watch_manager *m, watch_task *task) {
    watch_class *class_ = task->class_;
    task->asker = NULL;
    if (class_->early > 0 && class_->early == class_->asked.count) {
        class_->early--;
        watch_task_remove(m, task);
    }
}
