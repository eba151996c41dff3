/* plan.c: under which deliveries each chosen case is played. */
#include "run/plan.h"

#include "suite/cost.h"

#include <stdlib.h>

enum {
    WAITS_MS = 50,
    BYTES_FACTOR = 4,      /* each piece is sent when the one before it was read */
    FALLS_SHORT_MS = 10000 /* a failing case mostly waits a whole limit for something that does not come */
};

/* FNV-1a, then a finish that spreads the low bits: the same pick on every machine. */
static uint64_t mix(uint64_t seed, const char *name, unsigned repetition) {
    uint64_t hash = UINT64_C(14695981039346656037) ^ seed;
    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
    }
    hash ^= (uint64_t)repetition * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

/* Does the harness send anything on a connection? Else all deliveries are the same. */
static bool sends(const check_step *steps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        check_what what = steps[i].what;
        if (what == CHECK_SEND_FRAME || what == CHECK_SEND_HEADER || what == CHECK_SEND_RAW || what == CHECK_POLL
            || sends(steps[i].steps, steps[i].step_count)) {
            return true;
        }
    }
    return false;
}

size_t check_plan_case(const check_case *one, const check_options *options, uint64_t seed, unsigned repetition,
    check_delivery deliveries[CHECK_DELIVERY_COUNT]) {
    deliveries[0] = CHECK_DELIVERY_WHOLE;
    if (one->reach == CHECK_WHOLE || !sends(one->steps, one->step_count)) {
        return 1;
    }
    if (options->has_delivery) {
        deliveries[0] = options->delivery;
        return 1;
    }
    if (options->every_delivery) {
        for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
            deliveries[i] = (check_delivery)i;
        }
        return CHECK_DELIVERY_COUNT;
    }
    deliveries[1] = (check_delivery)(1 + mix(seed, one->name, repetition) % (CHECK_DELIVERY_COUNT - 1));
    return 2;
}

/* ---- the order ---- */

/* An item on its way to its place. */
struct place {
    check_item item;
    bool leads; /* others come after it */
    check_cost cost;
    size_t index;
};

/* The names of all cases that others come after. */
static undr_error find_leaders(const check_selection *selection, check_name_map *leaders) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < selection->count; i++) {
        const check_case *one = selection->at[i];
        for (size_t k = 0; k < one->after_count && error == UNDR_OK; k++) {
            error = check_name_map_put(leaders, one->after[k], i, NULL);
        }
    }
    return error;
}

static bool leads(const check_name_map *leaders, const check_case *one) {
    return check_suite_is_life(one) || check_name_map_get(leaders, one->name) != CHECK_NO_NAME;
}

static int compare(uint64_t a, uint64_t b) {
    return a > b ? -1 : a < b ? 1 : 0;
}

/* First the items that others wait for, then the longest ones, so that nothing long is left for the end. */
static int compare_places(const void *left, const void *right) {
    const struct place *a = left, *b = right;
    int order = compare(a->leads, b->leads);
    order = order != 0 ? order : compare(a->cost.waits_ms, b->cost.waits_ms);
    order = order != 0 ? order : compare(a->cost.steps, b->cost.steps);
    return order != 0 ? order : a->index < b->index ? -1 : 1;
}

static struct place place_of(const check_item *item, bool leads, bool falls_short, size_t index) {
    struct place place = {*item, leads, check_cost_of(item->one), index};
    place.cost.waits_ms += falls_short ? FALLS_SHORT_MS : 0;
    place.cost.steps *= item->delivery == CHECK_DELIVERY_BYTES ? BYTES_FACTOR : 1;
    place.item.waits = place.cost.waits_ms >= WAITS_MS;
    return place;
}

static undr_error put_in_order(
    const check_selection *selection, const check_expected *expected, check_item *items, size_t count) {
    struct place *places = calloc(count + 1, sizeof *places);
    check_name_map leaders = {0};
    bool enough = places != NULL && find_leaders(selection, &leaders) == UNDR_OK;
    for (size_t i = 0; enough && i < count; i++) {
        bool falls_short = check_expected_find(expected, items[i].one) != NULL;
        places[i] = place_of(&items[i], leads(&leaders, items[i].one), falls_short, i);
    }
    if (enough) {
        qsort(places, count, sizeof *places, compare_places);
    }
    for (size_t i = 0; enough && i < count; i++) {
        items[i] = places[i].item;
    }
    free(places);
    check_name_map_free(&leaders);
    return enough ? UNDR_OK : UNDR_MEMORY;
}

undr_error check_plan_round(const check_selection *selection, const check_expected *expected,
    const check_options *options, uint64_t seed, unsigned repetition, check_item **items, size_t *count) {
    *count = 0;
    *items = calloc(selection->count * CHECK_DELIVERY_COUNT + 1, sizeof **items);
    if (*items == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < selection->count; i++) {
        check_delivery deliveries[CHECK_DELIVERY_COUNT];
        size_t chosen = check_plan_case(selection->at[i], options, seed, repetition, deliveries);
        /* A user who names cases wants them to be played. */
        const char *life = options->only.count == 0 && check_suite_needs_life(selection->at[i])
            ? check_suite_life(selection->at[i]->role)
            : NULL;
        for (size_t k = 0; k < chosen; k++) {
            (*items)[(*count)++] = (check_item){selection->at[i], i, deliveries[k], life, false};
        }
    }
    /* Among random sessions, it is better to find a short failing one. */
    undr_error error = options->action == CHECK_ACTION_EXPLORE ? UNDR_OK
                                                               : put_in_order(selection, expected, *items, *count);
    if (error != UNDR_OK) {
        free(*items);
        *items = NULL;
    }
    return error;
}
