/* foreign.c: which connections are a pool's own workers', and what they have out. */
#include "foreign.h"

bool is_foreign(const manager *m, const connection *c) {
    return m->worker_count > 0 && !c->own;
}

int foreign_out(const manager *m) {
    int count = 0;
    for (const connection *c = m->connections; c != NULL; c = c->next) {
        count += is_foreign(m, c) ? c->out_count : 0;
    }
    return count;
}

int workers_busy(const manager *m) {
    int count = 0;
    for (const connection *c = m->connections; c != NULL; c = c->next) {
        count += !is_foreign(m, c) && c->out_count > 0 ? 1 : 0;
    }
    return count;
}
