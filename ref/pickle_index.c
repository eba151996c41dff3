/* pickle_index.c: dicts and sets while a pickle is read: finding a key among many in constant time. */
#include "pickle_key.h"

#include <string.h>

/* Which items have which hash: open addressing, in the arena. slots: 0 free, else the number of an entry + 1. */
struct undr_index {
    size_t capacity; /* a power of two */
    uint32_t *slots;
};

enum { SCAN = 8 }; /* so few entries are found without an index */

static size_t stride(const undr_value *container) {
    return container->kind == UNDR_DICT ? 2 : 1;
}

static size_t entry_count(const undr_value *container) {
    return container->items.count / stride(container);
}

static undr_value *key_at(const undr_value *container, size_t entry) {
    return container->items.at[entry * stride(container)];
}

static undr_error scan(
    undr_reader *reader, const undr_value *container, const undr_value *key, size_t depth, size_t *place) {
    const size_t count = entry_count(container);
    bool equal = false;
    undr_error error = UNDR_OK;
    size_t entry = 0;
    for (; error == UNDR_OK && entry < count; ++entry) {
        if (key_at(container, entry)->hash != key->hash) {
            continue; /* so few that their steps need not be counted */
        }
        error = undr_key_equal(reader, key_at(container, entry), key, depth, &equal);
        if (equal) {
            break;
        }
    }
    *place = entry * stride(container);
    return error;
}

undr_error undr_key_find(
    undr_reader *reader, const undr_value *container, const undr_value *key, size_t depth, size_t *place) {
    const struct undr_index *index = container->keyed.index;
    if (index == NULL) {
        return scan(reader, container, key, depth, place);
    }
    *place = container->items.count;
    for (uint64_t position = key->hash;; ++position) {
        const uint32_t slot = index->slots[position & (index->capacity - 1)];
        if (slot == 0) {
            return UNDR_OK;
        }
        bool equal = false;
        const undr_error error = undr_key_equal(reader, key_at(container, slot - 1), key, depth, &equal);
        if (error != UNDR_OK || equal) {
            *place = (slot - 1) * stride(container);
            return error;
        }
    }
}

/* Notes an entry that find did not find: as many steps as find has just taken, or fewer in a larger index. */
static void note(struct undr_index *index, uint64_t hash, size_t entry) {
    uint64_t position = hash;
    while (index->slots[position & (index->capacity - 1)] != 0) {
        ++position;
    }
    index->slots[position & (index->capacity - 1)] = (uint32_t)entry + 1;
}

/* A new index of twice the size, at most half full. */
static undr_error reindex(undr_reader *reader, undr_value *container) {
    const size_t count = entry_count(container);
    if (count >= UINT32_MAX / 4) { /* unreachable: in a test, it takes more than 100 GiB */
        return UNDR_LIMIT_NODES;
    }
    size_t capacity = 4 * SCAN;
    while (capacity < count * 4) {
        capacity *= 2;
    }
    void *memory = NULL;
    const undr_error error =
        undr_arena_take(reader->arena, sizeof(struct undr_index) + capacity * sizeof(uint32_t), &memory);
    if (error != UNDR_OK) {
        return error;
    }
    struct undr_index *index = memory;
    *index = (struct undr_index){.capacity = capacity, .slots = (uint32_t *)(index + 1)};
    memset(index->slots, 0, capacity * sizeof *index->slots);
    for (size_t entry = 0; entry < count; ++entry) {
        note(index, key_at(container, entry)->hash, entry);
    }
    container->keyed.index = index;
    return UNDR_OK;
}

/* The entry just added becomes findable. */
static undr_error index_last(undr_reader *reader, undr_value *container) {
    const size_t count = entry_count(container);
    struct undr_index *index = container->keyed.index;
    if (index == NULL ? count > SCAN : count * 2 > index->capacity) {
        return reindex(reader, container);
    }
    if (index != NULL) {
        note(index, key_at(container, count - 1)->hash, count - 1);
    }
    return UNDR_OK;
}

/* One key with its value, or one element. */
static undr_error insert(undr_reader *reader, undr_value *container, undr_value *const *entry) {
    undr_value *key = entry[0];
    undr_error error = undr_key_hash(reader, key, 0);
    size_t place = 0;
    if (error == UNDR_OK) {
        error = undr_key_find(reader, container, key, 0, &place);
    }
    if (error != UNDR_OK) {
        return error;
    }
    if (place < container->items.count) {
        if (container->kind == UNDR_DICT) {
            container->items.at[place + 1] = entry[1];
        }
        return UNDR_OK;
    }
    error = undr_reader_extend(reader, &container->items, entry, stride(container));
    return error != UNDR_OK ? error : index_last(reader, container);
}

undr_error undr_reader_insert(
    undr_reader *reader, undr_value *container, undr_value *const *items, size_t count) {
    const size_t step = stride(container);
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index + step <= count; index += step) {
        error = insert(reader, container, items + index);
    }
    return error;
}

undr_error undr_reader_keyed(
    undr_reader *reader, undr_kind kind, undr_value *const *items, size_t count, undr_value **value) {
    const undr_error error = undr_value_items(reader->arena, kind, NULL, 0, value);
    return error != UNDR_OK ? error : undr_reader_insert(reader, *value, items, count);
}
