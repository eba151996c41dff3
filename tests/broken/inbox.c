/* inbox.c: the broken manager's inbox, and the report of a lost task. Every function is called under the lock. */
#include "inbox.h"

#include "bugs.h"
#include "numbers.h"
#include "pickle.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

static void insert_one_message(manager *m, const void *data, size_t size, bool front) {
    message *one = must_have(calloc(1, sizeof *one));
    one->data.data = must_have(malloc(size + 1));
    one->data.size = size;
    memcpy(one->data.data, data, size);
    message **place = &m->inbox;
    while (!front && *place != NULL) {
        place = &(*place)->next;
    }
    one->next = *place;
    *place = one;
    m->inbox_count++;
}

static void insert_message(manager *m, const void *data, size_t size, bool front) {
    if (bug(BUG_inbox_ring_of_256) && m->inbox_count >= 256) {
        bytes oldest;
        (void)take_message(m, &oldest);
        free(oldest.data);
    }
    insert_one_message(m, data, size, front);
}

/* A kept message is pickled again, with an error in its values. */
static void put_anew(manager *m, const void *data, size_t size) {
    pool p = {0};
    val *v = pickle_loads(&p, data, size, NULL);
    bytes anew = v != NULL ? pickle_dumps(odd_value(&p, v), 4) : (bytes){0};
    insert_message(m, v != NULL ? anew.data : data, v != NULL ? anew.size : size, false);
    free(anew.data);
    pool_free(&p);
}

void put_message(manager *m, const void *data, size_t size) {
    m->messages++;
    if (count_loses_message(m) || size_loses_message(size)) {
        return;
    }
    if (messages_are_pickled_anew()) {
        put_anew(m, data, size);
        return;
    }
    if ((bug(BUG_inbox_loses_some) && m->messages % 10 == 0) || (bug(BUG_inbox_loses_large) && size > 65536)
        || (bug(BUG_inbox_bounded) && m->inbox_count >= 100)) {
        return;
    }
    if (bug(BUG_inbox_large_late) && size > 65536 && m->late.data == NULL) {
        m->late = (bytes){.data = must_have(malloc(size)), .size = size};
        memcpy(m->late.data, data, size);
        return;
    }
    insert_message(m, data, size, bug(BUG_inbox_lifo) || (bug(BUG_inbox_lifo_above_16) && m->inbox_count >= 16));
    if (bug(BUG_inbox_doubles) && m->messages % 5 == 0) {
        insert_message(m, data, size, false);
    }
}

void put_own_message(manager *m, const void *data, size_t size) {
    if (!bug(BUG_own_message_lost)) {
        insert_message(m, data, size, bug(BUG_own_message_first));
    }
}

/* inbox_large_late: when the next message arrives, or the program reads. */
static void put_late(manager *m) {
    if (m->late.data != NULL) {
        insert_message(m, m->late.data, m->late.size, false);
        free(m->late.data);
        m->late = (bytes){0};
    }
}

bool take_message(manager *m, bytes *data) {
    put_late(m);
    message *one = m->inbox;
    if (one == NULL) {
        return false;
    }
    m->inbox = one->next;
    m->inbox_count--;
    *data = one->data;
    free(one);
    return true;
}

void clear_inbox(manager *m) {
    bytes data;
    while (take_message(m, &data)) {
        free(data.data);
    }
}

void report_lost(manager *m) {
    static const char lost[] =
        "\x80\x04"
        "cundr.task\nWorkerException\n(ctraceback\nTracebackException\n(cbuiltins\n"
        "RuntimeError\ncbuiltins\nRuntimeError\n(X\x28\0\0\0the worker's connection ended, task losttRNtRtR.";
    insert_message(m, lost, sizeof lost - 1, bug(BUG_report_overtakes));
}
