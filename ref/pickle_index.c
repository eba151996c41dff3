/* pickle_index.c: dicts and sets while a pickle is read: finding a key among many in constant time. */
#include "pickle_key.h"

#include <string.h>

/* Which items have which hash: open addressing, in the arena. slots: 0 free, else the number of an entry + 1. The items
 * have room for half as many entries: the index is at most half full. */
struct undr_index {
    size_t capacity; /* a power of two */
    uint32_t *slots;
};

enum { SCAN = 8 }; /* so few entries are found without an index; the items have room for as many */

static size_t stride(const undr_value *container) {
    return container->kind == UNDR_DICT ? 2 : 1;
}

static size_t entry_count(const undr_value *container) {
    return container->items.count / stride(container);
}

static size_t entry_room(const undr_value *container) {
    if (container->keyed.index != NULL) {
        return container->keyed.index->capacity / 2;
    }
    return container->items.at == NULL ? 0 : SCAN;
}

static undr_value *key_at(const undr_value *container, size_t entry) {
    return container->items.at[entry * stride(container)];
}

/* The slot where a search for this hash begins, or goes on. */
static inline uint32_t *slot_at(const struct undr_index *index, uint64_t position) {
    return &index->slots[position & (index->capacity - 1)];
}

static undr_error scan(
    undr_reader *reader, const undr_value *container, const undr_value *key, size_t depth, size_t *found) {
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
    *found = entry;
    return error;
}

/* The entry with this key, or their number. *slot: where it is noted, or belongs; NULL without an index. */
static undr_error find(undr_reader *reader, const undr_value *container, const undr_value *key, size_t depth,
    size_t *found, uint32_t **slot) {
    *slot = NULL;
    if (container->keyed.index == NULL) {
        return scan(reader, container, key, depth, found);
    }
    for (uint64_t position = key->hash;; ++position) {
        *slot = slot_at(container->keyed.index, position);
        if (**slot == 0) {
            *found = entry_count(container);
            return UNDR_OK;
        }
        *found = **slot - 1;
        bool equal = false;
        const undr_error error = undr_key_equal(reader, key_at(container, *found), key, depth, &equal);
        if (error != UNDR_OK || equal) {
            return error;
        }
    }
}

undr_error undr_key_find(
    undr_reader *reader, const undr_value *container, const undr_value *key, size_t depth, size_t *place) {
    size_t found = 0;
    uint32_t *slot = NULL;
    const undr_error error = find(reader, container, key, depth, &found, &slot);
    *place = found * stride(container);
    return error;
}

/* An empty index for so many entries. */
static undr_error new_index(undr_reader *reader, size_t entries, struct undr_index **index) {
    if (entries >= UINT32_MAX / 4) { /* unreachable: in a test, it takes more than 100 GiB */
        return UNDR_LIMIT_NODES;
    }
    size_t capacity = 4 * SCAN;
    while (capacity < entries * 2) {
        capacity *= 2;
    }
    void *memory = NULL;
    const undr_error error =
        undr_arena_take(reader->arena, sizeof(struct undr_index) + capacity * sizeof(uint32_t), &memory);
    if (error != UNDR_OK) {
        return error;
    }
    *index = memory;
    **index = (struct undr_index){.capacity = capacity, .slots = (uint32_t *)(*index + 1)};
    memset((*index)->slots, 0, capacity * sizeof *(*index)->slots);
    return UNDR_OK;
}

/* Notes all entries in an index that is empty. They differ: where one belongs is seen without looking at keys. */
static void note_all(const undr_value *container, const struct undr_index *index) {
    const size_t count = entry_count(container);
    for (size_t entry = 0; entry < count; ++entry) {
        uint64_t position = key_at(container, entry)->hash;
        while (*slot_at(index, position) != 0) {
            ++position;
        }
        *slot_at(index, position) = (uint32_t)entry + 1;
    }
}

/* Room for so many entries, more than there is. */
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
        note_all(container, index); /* there were SCAN entries at least: it has an index now */
    }
    container->keyed.items = items;
    container->keyed.index = index;
    return UNDR_OK;
}

/* One key with its value, or one element. */
static undr_error insert(undr_reader *reader, undr_value *container, undr_value *const *entry) {
    const size_t count = entry_count(container);
    undr_error error = entry[0]->hash != 0 ? UNDR_OK : undr_key_hash(reader, entry[0], 0);
    if (error == UNDR_OK && count == entry_room(container)) {
        error = grow(reader, container, count * 2);
    }
    size_t found = 0;
    uint32_t *slot = NULL;
    if (error == UNDR_OK) {
        error = find(reader, container, entry[0], 0, &found, &slot);
    }
    if (error != UNDR_OK) {
        return error;
    }
    undr_value **at = container->items.at + found * stride(container);
    if (found == count) {
        at[0] = entry[0];
        undr_reader_hold(reader, container, entry[0]);
        container->items.count += stride(container);
        if (slot != NULL) {
            *slot = (uint32_t)count + 1;
        }
    }
    if (container->kind == UNDR_DICT) {
        at[1] = entry[1];
        undr_reader_hold(reader, container, entry[1]);
    }
    return UNDR_OK;
}

undr_error undr_reader_insert(
    undr_reader *reader, undr_value *container, undr_value *const *items, size_t count) {
    const size_t step = stride(container);
    undr_error error = UNDR_OK;
    if (container->items.count == 0 && count / step > entry_room(container)) {
        error = grow(reader, container, count / step); /* at once */
    }
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
