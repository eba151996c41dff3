/* value_walk.c: walks over all values inside a value, with a stack of their own and each value visited once. */
#include "pickle/value_walk.h"

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

/* What an object holds in single fields, in this order. */
enum { OBJECT_FIELDS = 4 };

static undr_value *object_field(const undr_object *object, size_t index) {
    undr_value *const fields[OBJECT_FIELDS] = {object->callable, object->args, object->kwargs, object->state};
    size_t seen = 0;
    /* unreachable: who asks for a field has counted them */
    for (size_t field = 0; field < OBJECT_FIELDS; ++field) {
        if (fields[field] != NULL && seen++ == index) {
            return fields[field];
        }
    }
    return NULL; /* unreachable: likewise */
}

static size_t object_field_count(const undr_object *object) {
    return (size_t)(object->callable != NULL) + (size_t)(object->args != NULL) + (size_t)(object->kwargs != NULL)
        + (size_t)(object->state != NULL);
}

size_t undr_child_count(const undr_value *value) {
    switch (value->kind) {
    case UNDR_LIST:
    case UNDR_TUPLE:
    case UNDR_DICT:
    case UNDR_SET:
    case UNDR_FROZENSET: return value->items.count;
    case UNDR_OBJECT:
        return object_field_count(&value->object) + value->object.appended.count + value->object.entries.count;
    default: return 0;
    }
}

undr_value *undr_child(const undr_value *value, size_t index) {
    if (value->kind != UNDR_OBJECT) {
        return value->items.at[index];
    }
    const undr_object *object = &value->object;
    const size_t fields = object_field_count(object);
    if (index < fields) {
        return object_field(object, index);
    }
    index -= fields;
    return index < object->appended.count ? object->appended.at[index]
                                          : object->entries.at[index - object->appended.count];
}

/* A value on the path from the root to where the walk is. */
typedef struct walk_step {
    undr_value *value;
    size_t next;  /* child to look at */
    size_t depth; /* of the deepest child so far */
} walk_step;

typedef struct walk_path {
    walk_step *steps;
    size_t count;
    size_t capacity;
} walk_path;

static undr_error push(walk_path *path, undr_value *value) {
    if (path->count == path->capacity) {
        const size_t capacity = path->capacity == 0 ? 32 : path->capacity * 2;
        walk_step *steps = realloc(path->steps, capacity * sizeof *steps);
        if (steps == NULL) {
            return UNDR_MEMORY;
        }
        path->steps = steps;
        path->capacity = capacity;
    }
    path->steps[path->count++] = (walk_step){.value = value};
    return UNDR_OK;
}

/* Marks: 0 not seen, MARK_OPEN on the path, MARK_OPEN + 1 + depth when done. */
enum { MARK_OPEN = 1 };

/* The top of the path is done: its depth is known, and counts for the value that holds it. */
static undr_error pop(walk_path *path, size_t limit) {
    const walk_step done = path->steps[--path->count];
    if (done.depth > limit) {
        return UNDR_LIMIT_DEPTH;
    }
    done.value->mark = MARK_OPEN + 1 + (uint32_t)done.depth;
    if (path->count > 0) {
        walk_step *holder = &path->steps[path->count - 1];
        holder->depth = holder->depth < done.depth + 1 ? done.depth + 1 : holder->depth;
    }
    return UNDR_OK;
}

static undr_error step(walk_path *path, size_t limit) {
    walk_step *top = &path->steps[path->count - 1];
    if (top->next == undr_child_count(top->value)) {
        return pop(path, limit);
    }
    undr_value *child = undr_child(top->value, top->next++);
    if (undr_child_count(child) == 0) { /* most are: no need to go there */
        top->depth = top->depth < 1 ? 1 : top->depth;
        return UNDR_OK;
    }
    if (child->mark == 0) {
        child->mark = MARK_OPEN;
        return push(path, child);
    }
    const size_t depth = child->mark == MARK_OPEN ? 0 : child->mark - MARK_OPEN;
    top->depth = top->depth < depth ? depth : top->depth;
    return UNDR_OK;
}

undr_error undr_value_check_depth(undr_value *value, size_t limit) {
    /* unreachable: no caller asks for so deep a walk; the marks could not count it */
    const size_t bound = limit < UINT32_MAX / 2 ? limit : UINT32_MAX / 2;
    walk_path path = {0};
    value->mark = MARK_OPEN;
    undr_error error = push(&path, value);
    while (error == UNDR_OK && path.count > 0) {
        error = step(&path, bound);
    }
    free(path.steps);
    return error;
}

static bool holds_text(const undr_value *value, undr_slice text) {
    if (value->kind != UNDR_STR && value->kind != UNDR_BYTES && value->kind != UNDR_BYTEARRAY) {
        return false;
    }
    return text.size == 0
        || (value->bytes.size >= text.size
            && memmem(value->bytes.data, value->bytes.size, text.data, text.size) != NULL);
}

/* Puts the children that were never seen onto the path, which serves as a mere stack here. */
static undr_error push_unseen(walk_path *path, undr_map *seen, const undr_value *value) {
    const size_t count = undr_child_count(value);
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index < count; ++index) {
        undr_value *child = undr_child(value, index);
        if (undr_map_get(seen, undr_map_address(child)) == NULL) {
            error = undr_map_put(seen, undr_map_address(child), child);
            error = error == UNDR_OK ? push(path, child) : error;
        }
    }
    return error;
}

undr_error undr_value_contains(const undr_value *value, undr_slice text, bool *found) {
    *found = false;
    if (value == NULL) {
        return UNDR_OK;
    }
    walk_path path = {0};
    undr_map seen = {0};
    *found = holds_text(value, text);
    undr_error error = *found ? UNDR_OK : push_unseen(&path, &seen, value);
    while (error == UNDR_OK && !*found && path.count > 0) {
        const undr_value *next = path.steps[--path.count].value;
        *found = holds_text(next, text);
        error = *found ? UNDR_OK : push_unseen(&path, &seen, next);
    }
    free(path.steps);
    undr_map_free(&seen);
    return error;
}
