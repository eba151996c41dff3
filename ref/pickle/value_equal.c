/* value_equal.c: equality of values by type and content. */
#include "base/hash.h"
#include "pickle/value_walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct comparison {
    uint64_t steps;         /* left: what bounds values whose shared parts would be compared again and again */
    undr_hash_key hash_key; /* once something is hashed */
} comparison;

static const uint64_t most_steps = 4000000;
enum { STEP_BYTES = 64 }; /* bytes that count as one step */

static undr_error compare(comparison *work, const undr_value *a, const undr_value *b, size_t depth, bool *equal);

static undr_error spend(comparison *work, size_t bytes) {
    const uint64_t steps = 1 + bytes / STEP_BYTES;
    if (work->steps < steps) {
        return UNDR_LIMIT_NODES;
    }
    work->steps -= steps;
    return UNDR_OK;
}

static bool same_float(double a, double b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static bool same_class(const undr_value *a, const undr_value *b) {
    return undr_slice_equal(a->class_name.module, b->class_name.module)
        && undr_slice_equal(a->class_name.name, b->class_name.name);
}

static undr_error compare_items(comparison *work, undr_items a, undr_items b, size_t depth, bool *equal) {
    *equal = a.count == b.count;
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && *equal && index < a.count; ++index) {
        error = compare(work, a.at[index], b.at[index], depth, equal);
    }
    return error;
}

/* Hashing: equal values give equal hashes; how unequal ones differ below the first levels does not matter. */
enum { HASH_DEPTH = 3, HASH_ITEMS = 16 };

/* Adds what there is to a hash that was begun. */
static void add_bytes(const comparison *work, undr_sip *hash, undr_slice bytes) {
    undr_sip_word(hash, undr_hash_bytes(&work->hash_key, bytes));
}

static undr_error add_value(comparison *work, const undr_value *value, size_t depth, undr_sip *hash) {
    undr_sip_word(hash, (uint64_t)value->kind);
    switch (value->kind) {
    case UNDR_BOOL: undr_sip_word(hash, value->boolean); return spend(work, 0);
    case UNDR_FLOAT:
        if (!isnan(value->real)) {
            add_bytes(work, hash, undr_slice_of(&value->real, sizeof value->real));
        }
        return spend(work, 0);
    case UNDR_INT:
    case UNDR_STR:
    case UNDR_BYTES:
    case UNDR_BYTEARRAY: add_bytes(work, hash, value->bytes); return spend(work, value->bytes.size);
    case UNDR_CLASS:
        add_bytes(work, hash, value->class_name.module);
        add_bytes(work, hash, value->class_name.name);
        return spend(work, value->class_name.module.size + value->class_name.name.size);
    case UNDR_LIST:
    case UNDR_TUPLE: break;
    default: /* sets and dicts have no order, objects several spellings: their kind is enough */ return spend(work, 0);
    }
    undr_sip_word(hash, value->items.count);
    undr_error error = spend(work, 0);
    for (size_t index = 0; error == UNDR_OK && depth > 0 && index < value->items.count && index < HASH_ITEMS; ++index) {
        error = add_value(work, value->items.at[index], depth - 1, hash);
    }
    return error;
}

static undr_error hash_value(comparison *work, const undr_value *value, uint64_t *hash) {
    undr_sip sip = undr_sip_begin(&work->hash_key);
    const undr_error error = add_value(work, value, HASH_DEPTH, &sip);
    *hash = undr_sip_end(&sip, 0);
    return error;
}

/* One key of a dict or set while partners are sought. */
typedef struct hashed_key {
    uint64_t hash;
    size_t index; /* in the items */
    bool taken;
} hashed_key;

static int compare_hashes(const void *left, const void *right) {
    const hashed_key *a = left;
    const hashed_key *b = right;
    return (a->hash > b->hash) - (a->hash < b->hash);
}

/* The keys from `first` on, in order of their hashes. */
static undr_error hash_keys(
    comparison *work, undr_items items, size_t first, size_t stride, hashed_key *keys, size_t count) {
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index < count; ++index) {
        keys[index] = (hashed_key){.hash = 0, .index = first + index * stride};
        error = hash_value(work, items.at[keys[index].index], &keys[index].hash);
    }
    if (error == UNDR_OK) {
        qsort(keys, count, sizeof *keys, compare_hashes);
    }
    return error;
}

/* Two sets or dicts, in pieces of `stride` items. */
typedef struct unordered {
    undr_items a, b;
    size_t stride;
    size_t depth;
} unordered;

static undr_error compare_entries(
    comparison *work, const unordered *pair, size_t a, size_t b, bool *keys_equal, bool *equal) {
    undr_error error = compare(work, pair->a.at[a], pair->b.at[b], pair->depth, keys_equal);
    *equal = *keys_equal;
    if (error == UNDR_OK && *keys_equal && pair->stride == 2) {
        error = compare(work, pair->a.at[a + 1], pair->b.at[b + 1], pair->depth, equal);
    }
    return error;
}

/* Looks among the keys of one hash for the partner of `key`. */
static undr_error find_partner(
    comparison *work, const unordered *pair, const hashed_key *key, hashed_key *among, size_t count, bool *equal) {
    *equal = false;
    undr_error error = UNDR_OK;
    bool keys_equal = false;
    for (size_t index = 0; error == UNDR_OK && !keys_equal && index < count; ++index) {
        if (among[index].hash != key->hash) {
            break;
        }
        error = spend(work, 0);
        if (error == UNDR_OK && !among[index].taken) {
            error = compare_entries(work, pair, key->index, among[index].index, &keys_equal, equal);
            among[index].taken = keys_equal;
        }
    }
    return error;
}

static undr_error match(
    comparison *work, const unordered *pair, const hashed_key *a, hashed_key *b, size_t count, bool *equal) {
    size_t run = 0; /* where the keys of the present hash begin */
    undr_error error = UNDR_OK;
    *equal = true;
    for (size_t index = 0; error == UNDR_OK && *equal && index < count; ++index) {
        while (run < count && b[run].hash < a[index].hash) {
            ++run;
        }
        error = find_partner(work, pair, &a[index], b + run, count - run, equal);
    }
    return error;
}

/* The entries from `first` on, whose order differs. */
static undr_error compare_shuffled(comparison *work, const unordered *pair, size_t first, bool *equal) {
    const size_t count = (pair->a.count - first) / pair->stride;
    hashed_key *keys = calloc(count * 2, sizeof *keys);
    if (keys == NULL) {
        return UNDR_MEMORY;
    }
    work->hash_key = undr_process_hash_key();
    undr_error error = hash_keys(work, pair->a, first, pair->stride, keys, count);
    if (error == UNDR_OK) {
        error = hash_keys(work, pair->b, first, pair->stride, keys + count, count);
    }
    if (error == UNDR_OK) {
        error = match(work, pair, keys, keys + count, count, equal);
    }
    free(keys);
    return error;
}

/* As long as both are in the same order, entry by entry. */
static undr_error compare_unordered(comparison *work, const unordered *pair, bool *equal) {
    *equal = pair->a.count == pair->b.count;
    for (size_t index = 0; *equal && index + pair->stride <= pair->a.count; index += pair->stride) {
        bool keys_equal = false;
        const undr_error error = compare_entries(work, pair, index, index, &keys_equal, equal);
        if (error != UNDR_OK) {
            return error;
        }
        if (!keys_equal) {
            return compare_shuffled(work, pair, index, equal);
        }
    }
    return UNDR_OK;
}

/* NULL and an empty container say the same of an object: nothing. */
static undr_error compare_field(comparison *work, const undr_value *a, const undr_value *b, size_t depth, bool *equal) {
    const bool no_a = a == NULL || (a->kind == UNDR_DICT && a->items.count == 0)
        || (a->kind == UNDR_TUPLE && a->items.count == 0);
    const bool no_b = b == NULL || (b->kind == UNDR_DICT && b->items.count == 0)
        || (b->kind == UNDR_TUPLE && b->items.count == 0);
    *equal = no_a && no_b;
    return no_a || no_b ? UNDR_OK : compare(work, a, b, depth, equal);
}

static undr_error compare_objects(
    comparison *work, const undr_object *a, const undr_object *b, size_t depth, bool *equal) {
    undr_error error = compare_field(work, a->callable, b->callable, depth, equal);
    if (error == UNDR_OK && *equal) {
        error = compare_field(work, a->args, b->args, depth, equal);
    }
    if (error == UNDR_OK && *equal) {
        error = compare_field(work, a->kwargs, b->kwargs, depth, equal);
    }
    if (error == UNDR_OK && *equal) {
        error = compare_field(work, a->state, b->state, depth, equal);
    }
    if (error == UNDR_OK && *equal) {
        error = compare_items(work, a->appended, b->appended, depth, equal);
    }
    if (error == UNDR_OK && *equal) {
        const unordered entries = {.a = a->entries, .b = b->entries, .stride = 2, .depth = depth};
        error = compare_unordered(work, &entries, equal);
    }
    return error;
}

static undr_error compare_containers(
    comparison *work, const undr_value *a, const undr_value *b, size_t depth, bool *equal) {
    if (depth > UNDR_WALK_DEPTH && undr_child_count(a) + undr_child_count(b) > 0) {
        return UNDR_LIMIT_DEPTH;
    }
    switch (a->kind) {
    case UNDR_LIST:
    case UNDR_TUPLE: return compare_items(work, a->items, b->items, depth, equal);
    case UNDR_OBJECT: return compare_objects(work, &a->object, &b->object, depth, equal);
    default: {
        const unordered pair = {.a = a->items, .b = b->items, .stride = a->kind == UNDR_DICT ? 2 : 1, .depth = depth};
        return compare_unordered(work, &pair, equal);
    }
    }
}

static undr_error compare(comparison *work, const undr_value *a, const undr_value *b, size_t depth, bool *equal) {
    *equal = a == b;
    undr_error error = spend(work, 0);
    if (error != UNDR_OK || *equal || a->kind != b->kind) {
        return error;
    }
    switch (a->kind) {
    case UNDR_NONE: *equal = true; return UNDR_OK;
    case UNDR_BOOL: *equal = a->boolean == b->boolean; return UNDR_OK;
    case UNDR_FLOAT: *equal = same_float(a->real, b->real); return UNDR_OK;
    case UNDR_INT:
    case UNDR_STR:
    case UNDR_BYTES:
    case UNDR_BYTEARRAY:
        error = spend(work, a->bytes.size);
        *equal = error == UNDR_OK && undr_slice_equal(a->bytes, b->bytes);
        return error;
    case UNDR_CLASS: *equal = same_class(a, b); return UNDR_OK;
    default: return compare_containers(work, a, b, depth + 1, equal);
    }
}

undr_error undr_value_equal(const undr_value *a, const undr_value *b, bool *equal) {
    return undr_value_equal_within(a, b, most_steps, equal);
}

undr_error undr_value_equal_within(const undr_value *a, const undr_value *b, uint64_t steps, bool *equal) {
    *equal = false;
    if (a == NULL || b == NULL) {
        return UNDR_OK;
    }
    comparison work = {.steps = steps};
    const undr_error error = compare(&work, a, b, 0, equal);
    *equal = error == UNDR_OK && *equal;
    return error;
}
