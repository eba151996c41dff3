/* doubts.c: findings that wait for their proof. Equal payloads are read in the way that is kindest to the manager: a task
 * that seems to come too early or too late may be another one with the same bytes, which nobody has seen scheduled, or
 * which a request that still waits will get. In a capture from a file, what was lost may explain it: each connection has
 * to be heard of again first. */
#include "watch/inside.h"

#include <stdlib.h>

enum { MOST_DOUBTS = 256 };

static void free_doubt(watch_manager *m, watch_doubt *doubt) {
    watch_class_unpin(m, doubt->classes[0]);
    watch_class_unpin(m, doubt->classes[1]);
    free(doubt);
    m->doubt_count--;
}

undr_error watch_doubt_add(watch_manager *m, const watch_doubt *doubt) {
    watch_rule rule = doubt->finding.rules[0];
    if (m->doubt_count >= MOST_DOUBTS) {
        watch_undecided(m->owner, rule);
        return UNDR_OK;
    }
    watch_doubt *kept = malloc(sizeof *kept);
    if (kept == NULL) {
        return UNDR_MEMORY;
    }
    *kept = *doubt;
    kept->wants_heard = m->owner->options.uncounted;
    kept->next = m->doubts;
    m->doubts = kept;
    m->doubt_count++;
    for (size_t i = 0; i < 2; i++) {
        if (kept->classes[i] != NULL) {
            watch_class_pin(kept->classes[i]);
        }
    }
    return UNDR_OK;
}

undr_error watch_doubt_make(watch_manager *m, watch_doubt *made, const watch_sight *const sights[WATCH_SIGHTS]) {
    made->finding.blamed = WATCH_MANAGER;
    for (size_t i = 0; i < WATCH_SIGHTS; i++) {
        watch_add_sight(&made->finding, sights[i]);
    }
    if (!watch_is_on(m->owner, made->finding.rules[0])) {
        return UNDR_OK;
    }
    return watch_doubt_add(m, made);
}

void watch_tell_across(watch_manager *m, const watch_finding *finding) {
    const watch_doubt made = {.finding = *finding, .place = m->owner->place, .certain = true};
    if (!m->owner->options.uncounted || !watch_is_on(m->owner, finding->rules[0])) {
        watch_tell(m->owner, m, finding);
    } else if (watch_doubt_add(m, &made) != UNDR_OK) { /* without memory nothing waits for its proof */
        watch_undecided(m->owner, finding->rules[0]);
    }
}

/* None was answered, the queue was empty somewhere between the places. */
void watch_doubts_none(watch_manager *m, uint64_t asked, uint64_t given) {
    for (watch_doubt *doubt = m->doubts; doubt != NULL; doubt = doubt->next) {
        if (doubt->wants_none && doubt->none == 0 && asked > doubt->place) {
            doubt->none = given;
        }
    }
}

static bool is_held_by(const watch_doubt *doubt, const watch_connection *c) {
    return doubt->holders[0] == c || doubt->holders[1] == c;
}

/* A request of c that was made at this place was answered. */
void watch_doubts_alive(watch_manager *m, const watch_connection *c, uint64_t asked) {
    for (watch_doubt **at = &m->doubts; *at != NULL;) {
        watch_doubt *doubt = *at;
        if (is_held_by(doubt, c) && asked > doubt->place) {
            doubt->alive[0] = doubt->alive[0] || doubt->holders[0] == c;
            doubt->alive[1] = doubt->alive[1] || doubt->holders[1] == c;
        }
        bool alive = doubt->holders[0] != NULL && doubt->alive[0] && doubt->alive[1];
        if (alive && doubt->wants_heard) {
            doubt->holders[0] = doubt->holders[1] = NULL;
            at = &doubt->next;
        } else if (alive) {
            watch_tell(m->owner, m, &doubt->finding);
            *at = doubt->next;
            free_doubt(m, doubt);
        } else {
            at = &doubt->next;
        }
    }
}

void watch_doubts_of(watch_manager *m, const watch_connection *holder) {
    for (watch_doubt **at = &m->doubts; *at != NULL;) {
        watch_doubt *doubt = *at;
        if (is_held_by(doubt, holder)) {
            *at = doubt->next;
            free_doubt(m, doubt);
        } else {
            at = &doubt->next;
        }
    }
}

static bool is_unique(const watch_class *one) {
    return one == NULL || (one->scheduled == 1 && one->out == 1);
}

/* The place behind which not every connection was heard of that still may be. */
static uint64_t least_heard(const watch_manager *m) {
    uint64_t least = UINT64_MAX;
    for (const watch_connection *c = m->connections; c != NULL; c = c->after) {
        least = !c->ended[WATCH_MANAGER] && c->heard < least ? c->heard : least;
    }
    return least;
}

typedef enum verdict { WAITS, PROVED, DISPROVED } verdict;

static verdict judge(const watch_manager *m, const watch_doubt *doubt, uint64_t heard) {
    if (doubt->holders[0] != NULL) {
        return WAITS;
    }
    if (!is_unique(doubt->classes[0]) || !is_unique(doubt->classes[1])) {
        return DISPROVED;
    }
    if (doubt->wants_none && doubt->none == 0) {
        return WAITS;
    }
    if (doubt->wants_heard && heard <= doubt->place) {
        return WAITS;
    }
    if (doubt->certain) {
        return PROVED;
    }
    uint64_t until = doubt->wants_none ? doubt->none : doubt->place;
    return m->first == NULL || m->first->place > until ? PROVED : WAITS;
}

void watch_doubts_settle(watch_manager *m) {
    uint64_t heard = m->doubts != NULL && m->owner->options.uncounted ? least_heard(m) : 0;
    for (watch_doubt **at = &m->doubts; *at != NULL;) {
        watch_doubt *doubt = *at;
        verdict found = judge(m, doubt, heard);
        if (found == WAITS) {
            at = &doubt->next;
            continue;
        }
        if (found == PROVED) {
            watch_tell(m->owner, m, &doubt->finding);
        } else {
            watch_undecided(m->owner, doubt->finding.rules[0]);
        }
        *at = doubt->next;
        free_doubt(m, doubt);
    }
}

static void drop(watch_manager *m, bool certain) {
    for (watch_doubt **at = &m->doubts; *at != NULL;) {
        watch_doubt *doubt = *at;
        if (doubt->certain && !certain) {
            at = &doubt->next;
            continue;
        }
        watch_undecided(m->owner, doubt->finding.rules[0]);
        *at = doubt->next;
        free_doubt(m, doubt);
    }
}

void watch_doubts_drop(watch_manager *m) {
    drop(m, false);
}

void watch_doubts_lost(watch_manager *m) {
    drop(m, true);
}
