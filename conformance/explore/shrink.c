/* shrink.c: makes a failing session as small as possible. */
#include "explore/shrink.h"

#include <string.h>

struct shrinking {
    check_explored *session;
    check_fails *fails;
    void *context;
    unsigned tries; /* left */
    bool smaller;   /* something went in this round */
};

/* Takes `candidate` over when it fails, too; frees it otherwise. */
static undr_error try_one(struct shrinking *self, check_explored *candidate) {
    self->tries--;
    undr_error error = self->fails(self->context, candidate);
    if (error != UNDR_OK) {
        check_explored_free(candidate);
        return error == UNDR_DONE ? UNDR_OK : error;
    }
    check_explored_free(self->session);
    *self->session = *candidate;
    self->smaller = true;
    return UNDR_OK;
}

/* Tries it without the `size` operations from `first` on. */
static undr_error try_without(struct shrinking *self, size_t first, size_t size) {
    check_explored candidate;
    undr_error error = check_explored_copy(&candidate, self->session);
    if (error != UNDR_OK) {
        return error;
    }
    memmove(candidate.at + first, candidate.at + first + size, (candidate.count - first - size) * sizeof *candidate.at);
    candidate.count -= size;
    return try_one(self, &candidate);
}

static undr_error leave_out(struct shrinking *self) {
    undr_error error = UNDR_OK;
    for (size_t size = (self->session->count + 1) / 2; size > 0 && error == UNDR_OK; size /= 2) {
        for (size_t first = 0; first + size <= self->session->count && error == UNDR_OK && self->tries > 0;) {
            size_t before = self->session->count;
            error = try_without(self, first, size);
            first += self->session->count == before ? size : 0;
        }
    }
    return error;
}

/* The plainer forms of an operation, one a call; false: there are no more. */
static bool plainer(check_operation *operation, unsigned form) {
    check_operation was = *operation;
    switch (form) {
    case 0: operation->joined = false; break;
    case 1: operation->payload = 4; break; /* a short task; the value -1 */
    case 2: operation->size = 0; break;
    case 3: operation->connection = 0; break;
    case 4: operation->choice = 0; break;
    default: return false;
    }
    if (memcmp(&was, operation, sizeof was) == 0) {
        operation->kind = CHECK_OPERATION_COUNT; /* nothing to try */
    }
    return true;
}

static undr_error make_plainer(struct shrinking *self) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < self->session->count; i++) {
        check_operation changed = self->session->at[i];
        for (unsigned form = 0; error == UNDR_OK && self->tries > 0 && plainer(&changed, form); form++) {
            check_explored candidate;
            if (changed.kind != CHECK_OPERATION_COUNT) {
                error = check_explored_copy(&candidate, self->session);
                if (error == UNDR_OK) {
                    candidate.at[i] = changed;
                    error = try_one(self, &candidate);
                }
            }
            changed = self->session->at[i];
        }
    }
    return error;
}

undr_error check_shrink(check_explored *session, check_fails *fails, void *context, unsigned tries) {
    struct shrinking self = {session, fails, context, tries, true};
    undr_error error = UNDR_OK;
    while (self.smaller && self.tries > 0 && error == UNDR_OK) {
        self.smaller = false;
        error = leave_out(&self);
        if (error == UNDR_OK) {
            error = make_plainer(&self);
        }
    }
    return error;
}
