/* pickle_index.c: dicts and sets while a pickle is read: equality of keys, and finding one among many in constant
 * time. */
#include "pickle/pickle_key.h"

#include <string.h>

/* Which items have which hash: open addressing, in the arena. slots: 0 free, else the place of an entry among the items
 * + 1. The items have room for half as many entries: the index is at most half full. */
struct undr_index {
    size_t capacity; /* a power of two */
    unsigned shift;  /* of a hash: its highest bits are the slot where a search begins */
    uint32_t *slots;
};

enum { SCAN = 8 }; /* so few entries are found without an index; the items have room for as many */
enum { SHORT = 32 };

/* How many items an entry is. */
static inline size_t stride(const undr_value *container) {
    return container->kind == UNDR_DICT ? 2 : 1;
}

static size_t item_room(const undr_value *container) {
    if (container->keyed.index != NULL) {
        return container->keyed.index->capacity / 2 * stride(container);
    }
    return container->items.at == NULL ? 0 : SCAN * stride(container);
}

/* The slot where a search begins, or the next one. */
static inline uint32_t *slot_at(const struct undr_index *index, size_t position) {
    return &index->slots[position & (index->capacity - 1)];
}

/* Short text and numbers, which most keys are: sooner compared with a few others than hashed. */
static inline bool is_short(const undr_value *key) {
    return (key->kind == UNDR_STR || key->kind == UNDR_INT || key->kind == UNDR_BYTES) && key->bytes.size <= SHORT;
}

/* Python's equality of two hashed keys: 1, 1.0 and True are one key. A frozenset in a key is looked through by way of
 * its index: the two need each other. */
static undr_error same_frozenset(
    undr_reader *reader, const undr_value *a, const undr_value *b, size_t depth, bool *equal);

static undr_error key_equal(undr_reader *reader, const undr_value *a, const undr_value *b, size_t depth, bool *equal);

static undr_error same_tuple(undr_reader *reader, const undr_value *a, const undr_value *b, size_t depth, bool *equal) {
    *equal = a->items.count == b->items.count;
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && *equal && index < a->items.count; ++index) {
        error = key_equal(reader, a->items.at[index], b->items.at[index], depth, equal);
    }
    return error;
}

static undr_error key_equal(undr_reader *reader, const undr_value *a, const undr_value *b, size_t depth, bool *equal) {
    *equal = a == b;
    if (*equal || a->hash != b->hash) {
        return undr_reader_spend(reader, 1);
    }
    if (depth > reader->limits.depth) {
        return UNDR_LIMIT_DEPTH;
    }
    if (undr_key_is_number(a) && undr_key_is_number(b)) {
        *equal = undr_key_same_number(a, b);
        return undr_reader_spend(reader, 2 + (a->kind == UNDR_INT ? a->bytes.size / UNDR_STEP_BYTES : 0));
    }
    const undr_error error = undr_reader_spend(reader, 1);
    if (error != UNDR_OK || a->kind != b->kind) {
        return error;
    }
    switch (a->kind) {
    case UNDR_STR:
    case UNDR_BYTES:
        *equal = undr_slice_equal(a->bytes, b->bytes);
        return undr_reader_spend(reader, a->bytes.size / UNDR_STEP_BYTES);
    case UNDR_CLASS:
        *equal = undr_slice_equal(a->class_name.module, b->class_name.module)
            && undr_slice_equal(a->class_name.name, b->class_name.name);
        return undr_reader_spend(reader, (a->class_name.module.size + a->class_name.name.size) / UNDR_STEP_BYTES);
    case UNDR_TUPLE: return same_tuple(reader, a, b, depth + 1, equal);
    case UNDR_FROZENSET: return same_frozenset(reader, a, b, depth + 1, equal);
    default: return UNDR_OK; /* unreachable: the hash of whatever equals only itself is its address's */
    }
}

/* Are they the same key, whatever they are? What has no hash yet is short (prepare). */
__attribute__((noinline)) static undr_error same_key(
    undr_reader *reader, undr_value *a, undr_value *b, size_t depth, bool *equal) {
    undr_key_hash_plain(reader, a);
    undr_key_hash_plain(reader, b);
    *equal = false;
    return a->hash == b->hash ? key_equal(reader, a, b, depth, equal) : UNDR_OK;
}

/* A short key and another of its kind. */
static inline bool same_short(const undr_value *key, const undr_value *other) {
    return key->bytes.size == other->bytes.size
        && (key->bytes.size == 0
            || (key->bytes.data[0] == other->bytes.data[0]
                && memcmp(key->bytes.data, other->bytes.data, key->bytes.size) == 0));
}

/* For a short key that has no hash yet, among so few that the steps to them need not be counted. */
__attribute__((noinline)) static undr_error scan_short(
    undr_reader *reader, const undr_value *container, undr_value *key, size_t depth, size_t *place) {
    const size_t step = stride(container);
    undr_error error = UNDR_OK;
    bool equal = false;
    for (*place = 0; *place < container->items.count; *place += step) {
        undr_value *other = container->items.at[*place];
        if (other->kind == key->kind) {
            equal = same_short(key, other);
        } else if (key->kind == UNDR_INT) { /* which may equal a bool and a float; text equals text only */
            error = same_key(reader, other, key, depth, &equal);
        }
        if (error != UNDR_OK || equal) {
            break;
        }
    }
    return error;
}

__attribute__((always_inline)) static inline undr_error scan(
    undr_reader *reader, const undr_value *container, undr_value *key, size_t depth, size_t *place) {
    const size_t step = stride(container);
    undr_error error = UNDR_OK;
    bool equal = false;
    for (*place = 0; *place < container->items.count; *place += step) {
        undr_value *other = container->items.at[*place];
        if (other->hash == key->hash) {
            error = key_equal(reader, other, key, depth, &equal);
        } else if (other->hash == 0) {
            error = same_key(reader, other, key, depth, &equal);
        }
        if (error != UNDR_OK || equal) {
            break;
        }
    }
    return error;
}

/* The place of the entry with this key, or the items' count. *slot: where it is noted, or belongs; NULL without an
 * index. */
__attribute__((always_inline)) static inline undr_error find(
    undr_reader *reader, const undr_value *container, undr_value *key, size_t depth, size_t *place, uint32_t **slot) {
    const struct undr_index *index = container->keyed.index;
    *slot = NULL;
    if (index == NULL) {
        return key->hash == 0 ? scan_short(reader, container, key, depth, place)
                              : scan(reader, container, key, depth, place);
    }
    undr_key_hash_plain(reader, key); /* one without a hash is short */
    for (size_t position = key->hash >> index->shift;; ++position) {
        *slot = slot_at(index, position);
        if (**slot == 0) {
            *place = container->items.count;
            return UNDR_OK;
        }
        *place = **slot - 1;
        const undr_value *other = container->items.at[*place];
        bool equal = false;
        const undr_error error = other->hash == key->hash ? key_equal(reader, other, key, depth, &equal)
                                                          : undr_reader_spend(reader, 1);
        if (error != UNDR_OK || equal) {
            return error;
        }
    }
}

static undr_error same_frozenset(
    undr_reader *reader, const undr_value *a, const undr_value *b, size_t depth, bool *equal) {
    *equal = a->items.count == b->items.count;
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && *equal && index < a->items.count; ++index) {
        size_t place = 0;
        uint32_t *slot = NULL;
        error = find(reader, b, a->items.at[index], depth, &place, &slot);
        *equal = place < b->items.count;
    }
    return error;
}

/* An empty index for `entries` entries. */
static undr_error new_index(undr_reader *reader, size_t entries, struct undr_index **index) {
    if (entries >= UINT32_MAX / 8) { /* unreachable: in a test, it takes more than 50 GiB */
        return UNDR_LIMIT_NODES;
    }
    size_t capacity = 4 * SCAN;
    unsigned shift = 32 - 5;
    for (; capacity < entries * 2; capacity *= 2) {
        --shift;
    }
    void *memory = NULL;
    const undr_error error = undr_arena_take(
        reader->arena, sizeof(struct undr_index) + capacity * sizeof(uint32_t), &memory);
    if (error != UNDR_OK) {
        return error;
    }
    *index = memory;
    **index = (struct undr_index){.capacity = capacity, .shift = shift, .slots = (uint32_t *)(*index + 1)};
    memset((*index)->slots, 0, capacity * sizeof *(*index)->slots);
    return UNDR_OK;
}

/* Notes all entries in an index that is empty. They differ: where one belongs is seen without looking at keys. */
static void note_all(undr_reader *reader, const undr_value *container, const struct undr_index *index) {
    for (size_t place = 0; place < container->items.count; place += stride(container)) {
        undr_key_hash_plain(reader, container->items.at[place]);
        size_t position = container->items.at[place]->hash >> index->shift;
        while (*slot_at(index, position) != 0) {
            ++position;
        }
        *slot_at(index, position) = (uint32_t)place + 1;
    }
}

/* Room for `entries` entries, which is more than there is. */
static undr_error grow(undr_reader *reader, undr_value *container, size_t entries) {
    struct undr_index *index = NULL;
    undr_error error = entries <= SCAN ? UNDR_OK : new_index(reader, entries, &index);
    const size_t room = index == NULL ? SCAN : index->capacity / 2;
    undr_items items = {.count = container->items.count};
    void *memory = NULL;
    if (error == UNDR_OK) {
        error = undr_arena_take(reader->arena, room * stride(container) * sizeof *items.at, &memory);
    }
    if (error != UNDR_OK) {
        return error;
    }
    items.at = memory;
    if (items.count > 0) {
        memcpy(items.at, container->items.at, items.count * sizeof *items.at);
        note_all(reader, container, index); /* there were SCAN entries at least: it has an index now */
    }
    container->keyed.items = items;
    container->keyed.index = index;
    return UNDR_OK;
}

/* Makes room for one more entry, and finds the place for it. */
static inline undr_error prepare(
    undr_reader *reader, undr_value *container, undr_value *key, size_t *place, uint32_t **slot) {
    const size_t count = container->items.count;
    /* What is a key for the first time may be so for the last time: hashed when that is cheaper than to compare it. */
    const bool may_wait = key->hash != 0 || (key->held == 0 && is_short(key));
    undr_error error = may_wait ? UNDR_OK : undr_key_hash(reader, key, 0);
    if (error == UNDR_OK && count == item_room(container)) {
        error = grow(reader, container, count * 2 / stride(container));
    }
    return error != UNDR_OK ? error : find(reader, container, key, 0, place, slot);
}

undr_error undr_reader_insert(undr_reader *reader, undr_value *container, undr_value *const *items, size_t count) {
    const size_t step = stride(container);
    undr_error error = UNDR_OK;
    if (count > item_room(container)) {
        error = grow(reader, container, count / step); /* at once: more than it has room for, so more than it holds */
    }
    for (size_t index = 0; error == UNDR_OK && index + step <= count; index += step) {
        size_t place = 0;
        uint32_t *slot = NULL;
        error = prepare(reader, container, items[index], &place, &slot);
        if (error == UNDR_OK && place == container->items.count) {
            container->items.at[place] = items[index];
            container->items.count += step;
            undr_reader_hold(reader, container, items[index]);
            if (slot != NULL) {
                *slot = (uint32_t)place + 1;
            }
        }
        if (error == UNDR_OK && step == 2) {
            container->items.at[place + 1] = items[index + 1];
            undr_reader_hold(reader, container, items[index + 1]);
        }
    }
    return error;
}

undr_error undr_reader_keyed(
    undr_reader *reader, undr_kind kind, undr_value *const *items, size_t count, undr_value **value) {
    const undr_error error = undr_value_items(reader->arena, kind, NULL, 0, value);
    return error != UNDR_OK ? error : undr_reader_insert(reader, *value, items, count);
}
