/* value.c: the arena, the constructors of values and the simple questions about one. */
#include "undr/value.h"

#include "pickle/number.h"

#include <endian.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* One allocation of an arena; its memory follows it. */
struct undr_arena_chunk {
    struct undr_arena_chunk *next;
    size_t size; /* of the memory */
};

/* Memory of others that goes with the arena. */
typedef struct undr_adopted {
    struct undr_adopted *next;
    undr_buffer bytes;
} undr_adopted;

#ifdef UNDR_EXACT_MEMORY /* a build for tests that fail each allocation, or look for overruns: one for each value */
enum { ARENA_ALIGNMENT = 16, ARENA_FIRST_CHUNK = 1, ARENA_LARGEST_CHUNK = 1 };
#else
enum { ARENA_ALIGNMENT = 16, ARENA_FIRST_CHUNK = 1024, ARENA_LARGEST_CHUNK = 1 << 20 };
#endif

/* The chunk's own fields, rounded up so that the memory after them is aligned. */
static const size_t chunk_header = (sizeof(struct undr_arena_chunk) + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT
    * ARENA_ALIGNMENT;

void undr_arena_free(undr_arena *arena) {
    struct undr_arena_chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct undr_arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    while (arena->adopted != NULL) {
        undr_adopted *next = arena->adopted->next;
        undr_buffer_free(&arena->adopted->bytes);
        free(arena->adopted);
        arena->adopted = next;
    }
    *arena = (undr_arena){.limit = arena->limit};
}

void undr_arena_clear(undr_arena *arena) {
    struct undr_arena_chunk *kept = arena->chunks;
    if (kept != NULL && kept->size > ARENA_LARGEST_CHUNK) {
        kept = NULL;
    }
    if (kept != NULL) {
        arena->chunks = kept->next;
    }
    undr_arena_free(arena);
    if (kept != NULL) {
        kept->next = NULL;
        arena->chunks = kept;
        arena->next = (uint8_t *)kept + chunk_header;
        arena->left = kept->size;
        arena->used = chunk_header + kept->size;
    }
}

/* How large the next chunk is: what is needed, better twice what there is, so that one alone, once kept, is enough for
 * the next time; never above the limit. 0: impossible. */
static size_t chunk_size(const undr_arena *arena, size_t needed) {
    size_t wanted = arena->used < ARENA_FIRST_CHUNK ? ARENA_FIRST_CHUNK : arena->used * 2;
    wanted = wanted > ARENA_LARGEST_CHUNK ? ARENA_LARGEST_CHUNK : wanted;
    wanted = wanted < needed ? needed : wanted;
    if (arena->limit == 0) {
        return wanted;
    }
    const size_t left = arena->limit > arena->used ? arena->limit - arena->used : 0;
    if (left < chunk_header || left - chunk_header < needed) {
        return 0;
    }
    return wanted > left - chunk_header ? left - chunk_header : wanted;
}

undr_error undr_arena_adopt(undr_arena *arena, undr_buffer *buffer) {
    undr_adopted *chunk = malloc(sizeof *chunk);
    if (chunk == NULL) {
        return UNDR_MEMORY;
    }
    *chunk = (undr_adopted){.next = arena->adopted, .bytes = *buffer};
    arena->adopted = chunk;
    arena->adopted_size += chunk->bytes.size;
    *buffer = (undr_buffer){0};
    return UNDR_OK;
}

static undr_error add_chunk(undr_arena *arena, size_t needed) {
    const size_t size = chunk_size(arena, needed);
    if (size == 0) {
        return UNDR_LIMIT_BYTES;
    }
    struct undr_arena_chunk *chunk = malloc(chunk_header + size);
    if (chunk == NULL) {
        return UNDR_MEMORY;
    }
    *chunk = (struct undr_arena_chunk){.next = arena->chunks, .size = size};
    arena->chunks = chunk;
    arena->next = (uint8_t *)chunk + chunk_header;
    arena->left = size;
    arena->used += chunk_header + size;
    return UNDR_OK;
}

undr_error undr_arena_take(undr_arena *arena, size_t size, void **memory) {
    if (size > SIZE_MAX / 2) {
        return UNDR_MEMORY;
    }
    const size_t rounded = (size == 0 ? 1 : size) + ARENA_ALIGNMENT - 1;
    const size_t needed = rounded - rounded % ARENA_ALIGNMENT;
    const undr_error error = arena->left < needed ? add_chunk(arena, needed) : UNDR_OK;
    if (error == UNDR_OK) {
        *memory = arena->next;
        arena->next += needed;
        arena->left -= needed;
    }
    return error;
}

/* A value has memory for what its kind needs, which is a third of the whole for most. */
static size_t size_of_kind(undr_kind kind) {
    switch (kind) {
    case UNDR_OBJECT: return sizeof(undr_value);
    case UNDR_CLASS: return offsetof(undr_value, class_name.name) + sizeof(undr_slice);
    case UNDR_DICT:
    case UNDR_SET:
    case UNDR_FROZENSET: return offsetof(undr_value, keyed.index) + sizeof(struct undr_index *);
    default: return offsetof(undr_value, bytes) + sizeof(undr_slice);
    }
}

/* What every value takes at least, and most take. */
enum {
    SMALL_VALUE = (offsetof(undr_value, bytes) + sizeof(undr_slice) + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT
        * ARENA_ALIGNMENT
};

/* *room: memory after it, of `more` bytes, aligned; in the same step, because most values need both. */
static inline undr_error new_value_with(
    undr_arena *arena, undr_kind kind, size_t more, undr_value **value, void **room) {
    void *memory = NULL;
    const size_t size = (size_of_kind(kind) + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    const undr_error error = more > SIZE_MAX / 4 ? UNDR_MEMORY : undr_arena_take(arena, size + more, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    undr_value *made = memory;
    memset(made, 0, SMALL_VALUE); /* of constant size: in two instructions */
    if (size > SMALL_VALUE) {
        memset((uint8_t *)memory + SMALL_VALUE, 0, size - SMALL_VALUE);
    }
    made->kind = kind;
    *value = made;
    *room = (uint8_t *)memory + size;
    return UNDR_OK;
}

static undr_error new_value(undr_arena *arena, undr_kind kind, undr_value **value) {
    void *nothing;
    return new_value_with(arena, kind, 0, value, &nothing);
}

undr_error undr_value_copy(undr_arena *arena, const undr_value *value, undr_value **copy) {
    const undr_error error = new_value(arena, value->kind, copy);
    if (error == UNDR_OK) {
        memcpy(*copy, value, size_of_kind(value->kind));
    }
    return error;
}

static undr_error copy_slice(undr_arena *arena, undr_slice from, undr_slice *to) {
    *to = (undr_slice){0};
    if (from.size == 0) {
        return UNDR_OK;
    }
    void *memory = NULL;
    const undr_error error = undr_arena_take(arena, from.size, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    memcpy(memory, from.data, from.size);
    *to = undr_slice_of(memory, from.size);
    return UNDR_OK;
}

undr_error undr_value_none(undr_arena *arena, undr_value **value) {
    return new_value(arena, UNDR_NONE, value);
}

undr_error undr_value_bool(undr_arena *arena, bool boolean, undr_value **value) {
    const undr_error error = new_value(arena, UNDR_BOOL, value);
    if (error == UNDR_OK) {
        (*value)->boolean = boolean;
    }
    return error;
}

undr_error undr_value_int(undr_arena *arena, int64_t integer, undr_value **value) {
    void *room;
    const undr_error error = new_value_with(arena, UNDR_INT, sizeof integer, value, &room);
    if (error != UNDR_OK) {
        return error;
    }
    const uint64_t little = htole64((uint64_t)integer);
    memcpy(room, &little, sizeof little);
    (*value)->bytes = undr_slice_of(room, undr_int_size(integer));
    return UNDR_OK;
}

undr_error undr_value_big(undr_arena *arena, undr_slice twos_complement, undr_value **value) {
    return undr_value_bytes(arena, UNDR_INT, undr_shortest(twos_complement), value);
}

undr_error undr_value_float(undr_arena *arena, double real, undr_value **value) {
    const undr_error error = new_value(arena, UNDR_FLOAT, value);
    if (error == UNDR_OK) {
        (*value)->real = real;
    }
    return error;
}

undr_error undr_value_bytes(undr_arena *arena, undr_kind kind, undr_slice bytes, undr_value **value) {
    void *copy;
    const undr_error error = new_value_with(arena, kind, bytes.size, value, &copy);
    if (error == UNDR_OK && bytes.size > 0) {
        memcpy(copy, bytes.data, bytes.size);
        (*value)->bytes = undr_slice_of(copy, bytes.size);
    }
    return error;
}

undr_error undr_value_text(undr_arena *arena, const char *text, undr_value **value) {
    return undr_value_bytes(arena, UNDR_STR, undr_slice_text(text), value);
}

undr_error undr_value_items(
    undr_arena *arena, undr_kind kind, undr_value *const *items, size_t count, undr_value **value) {
    if (count > SIZE_MAX / sizeof *items || (kind == UNDR_DICT && count % 2 != 0)) {
        return UNDR_ARGUMENT;
    }
    void *copy;
    const undr_error error = new_value_with(arena, kind, count * sizeof *items, value, &copy);
    if (error == UNDR_OK && count > 0) {
        memcpy(copy, items, count * sizeof *items);
        (*value)->items = (undr_items){.at = copy, .count = count};
    }
    return error;
}

undr_error undr_value_class(undr_arena *arena, const char *module, const char *name, undr_value **value) {
    undr_slice module_copy = {0};
    undr_slice name_copy = {0};
    undr_error error = copy_slice(arena, undr_slice_text(module), &module_copy);
    if (error == UNDR_OK) {
        error = copy_slice(arena, undr_slice_text(name), &name_copy);
    }
    if (error == UNDR_OK) {
        error = new_value(arena, UNDR_CLASS, value);
    }
    if (error == UNDR_OK) {
        (*value)->class_name.module = module_copy;
        (*value)->class_name.name = name_copy;
    }
    return error;
}

static undr_error new_object(undr_arena *arena, undr_object object, undr_value **value) {
    const undr_error error = new_value(arena, UNDR_OBJECT, value);
    if (error == UNDR_OK) {
        (*value)->object = object;
    }
    return error;
}

undr_error undr_value_instance(
    undr_arena *arena, const char *module, const char *name, undr_value *state, undr_value **value) {
    undr_object object = {.state = state};
    undr_error error = undr_value_class(arena, module, name, &object.callable);
    if (error == UNDR_OK) {
        error = undr_value_items(arena, UNDR_TUPLE, NULL, 0, &object.args);
    }
    return error != UNDR_OK ? error : new_object(arena, object, value);
}

undr_error undr_value_reduce(undr_arena *arena, undr_value *callable, undr_value *args, undr_value **value) {
    return new_object(arena, (undr_object){.callable = callable, .args = args, .by_reduce = true}, value);
}

bool undr_value_int64(const undr_value *value, int64_t *integer) {
    if (value == NULL || value->kind != UNDR_INT || value->bytes.size > sizeof *integer) {
        return false;
    }
    const undr_slice bytes = value->bytes;
    const bool negative = bytes.size > 0 && (bytes.data[bytes.size - 1] & 0x80) != 0;
    uint64_t bits = negative ? UINT64_MAX : 0;
    for (size_t index = bytes.size; index > 0; --index) {
        bits = bits << 8 | bytes.data[index - 1];
    }
    memcpy(integer, &bits, sizeof *integer); /* two's complement on both sides */
    return true;
}

bool undr_value_is_text(const undr_value *value, const char *text) {
    return value != NULL && value->kind == UNDR_STR && undr_slice_equal(value->bytes, undr_slice_text(text));
}

/* Do module and name, joined by a dot, read as `text`? */
static bool is_class_named(const undr_value *value, const char *text) {
    const undr_slice module = value->class_name.module;
    const undr_slice name = value->class_name.name;
    const undr_slice whole = undr_slice_text(text);
    if (whole.size != module.size + 1 + name.size || whole.data[module.size] != '.') {
        return false;
    }
    return undr_slice_equal(module, undr_slice_of(whole.data, module.size))
        && undr_slice_equal(name, undr_slice_of(whole.data + module.size + 1, name.size));
}

bool undr_value_is_instance(const undr_value *value, const char *class_name) {
    return value != NULL && value->kind == UNDR_OBJECT && value->object.callable != NULL
        && value->object.callable->kind == UNDR_CLASS && is_class_named(value->object.callable, class_name);
}

static const undr_value *lookup(const undr_value *dict, const char *key) {
    if (dict->kind != UNDR_DICT) {
        return NULL;
    }
    for (size_t index = 0; index + 1 < dict->items.count; index += 2) {
        if (undr_value_is_text(dict->items.at[index], key)) {
            return dict->items.at[index + 1];
        }
    }
    return NULL;
}

const undr_value *undr_value_attribute(const undr_value *value, const char *key) {
    if (value == NULL || value->kind != UNDR_OBJECT || value->object.state == NULL) {
        return NULL;
    }
    const undr_value *state = value->object.state;
    if (state->kind == UNDR_TUPLE && state->items.count == 2) { /* (dict or None, slots) */
        const undr_value *found = lookup(state->items.at[0], key);
        return found != NULL ? found : lookup(state->items.at[1], key);
    }
    return lookup(state, key);
}
