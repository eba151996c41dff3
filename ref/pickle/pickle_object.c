/* pickle_object.c: the opcodes that name classes and make objects. All inert: a class stays a name. */
#include "pickle/pickle_names.h"
#include "pickle/pickle_reader.h"

#include <string.h>

static bool is_ascii(undr_slice text) {
    for (size_t index = 0; index < text.size; ++index) {
        if (text.data[index] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* Two lines: module and name, UTF-8 of GLOBAL, ASCII of INST. */
static undr_error read_class(undr_reader *reader, bool ascii, undr_value **value) {
    undr_slice module = {0};
    undr_slice name = {0};
    undr_error error = undr_reader_line(reader, &module);
    if (error == UNDR_OK) {
        error = undr_reader_line(reader, &name);
    }
    if (error == UNDR_OK && (module.size == 0 || name.size == 0)) {
        error = UNDR_PICKLE_TEXT;
    }
    if (error == UNDR_OK && ascii && !(is_ascii(module) && is_ascii(name))) {
        error = UNDR_PICKLE_TEXT;
    }
    if (error == UNDR_OK) {
        error = undr_check_utf8(module, false);
    }
    if (error == UNDR_OK) {
        error = undr_check_utf8(name, false);
    }
    return error != UNDR_OK ? error : undr_reader_class(reader, module, name, value);
}

undr_error undr_op_global(undr_reader *reader, unsigned argument) {
    (void)argument;
    undr_value *value = NULL;
    const undr_error error = read_class(reader, false, &value);
    return error != UNDR_OK ? error : undr_reader_push_new(reader, value);
}

undr_error undr_op_stack_global(undr_reader *reader, unsigned argument) {
    (void)argument;
    if (!undr_reader_has(reader, 2)) {
        return UNDR_PICKLE_STACK;
    }
    const undr_value *name = reader->stack[reader->stack_count - 1];
    const undr_value *module = reader->stack[reader->stack_count - 2];
    if (module->kind != UNDR_STR || name->kind != UNDR_STR) {
        return UNDR_PICKLE_TYPE;
    }
    undr_value *value = NULL;
    const undr_error error = undr_reader_class(reader, module->bytes, name->bytes, &value);
    reader->stack_count -= 2;
    return error != UNDR_OK ? error : undr_reader_push_new(reader, value);
}

static bool is_callable(const undr_value *value) {
    return value->kind == UNDR_CLASS || value->kind == UNDR_OBJECT;
}

/* Replaces `count` values on the stack by what calling `callable` gives. */
static undr_error push_call(undr_reader *reader, size_t count, undr_value *callable, undr_value *args) {
    if (!is_callable(callable) || args->kind != UNDR_TUPLE) {
        return UNDR_PICKLE_TYPE;
    }
    undr_value *value = NULL;
    const undr_error error = undr_reader_call(reader, callable, args, &value);
    reader->stack_count -= count;
    return error != UNDR_OK ? error : undr_reader_push_new(reader, value);
}

undr_error undr_op_reduce(undr_reader *reader, unsigned argument) {
    (void)argument;
    if (!undr_reader_has(reader, 2)) {
        return UNDR_PICKLE_STACK;
    }
    undr_value *const *top = reader->stack + reader->stack_count;
    return push_call(reader, 2, top[-2], top[-1]);
}

/* The arguments of INST and OBJ: what is above `height`, as a tuple in their place. */
static undr_error collect_arguments(undr_reader *reader, size_t height, undr_value **args) {
    size_t count = reader->stack_count - height;
    undr_value *const *first = count == 0 ? NULL : reader->stack + height; /* the stack may not exist yet */
    const undr_error error = undr_reader_tuple(reader, first, count, args);
    reader->stack_count = height;
    return error;
}

/* INST and OBJ call the class, but without arguments they only make an instance. */
static undr_error push_instance(undr_reader *reader, undr_value *callable, undr_value *args) {
    const bool calls = args->items.count > 0;
    if (!is_callable(callable)) {
        return UNDR_PICKLE_TYPE;
    }
    undr_value *value = NULL;
    const undr_error error = undr_reader_call(reader, callable, args, &value);
    if (error == UNDR_OK && value->kind == UNDR_OBJECT && !calls) { /* of a class; what else is called is written so */
        value->object.by_reduce = false;
    }
    return error != UNDR_OK ? error : undr_reader_push_new(reader, value);
}

undr_error undr_op_inst(undr_reader *reader, unsigned argument) {
    (void)argument;
    size_t height = 0;
    undr_error error = undr_reader_pop_mark(reader, &height);
    undr_value *args = NULL;
    undr_value *class_value = NULL;
    if (error == UNDR_OK) {
        error = collect_arguments(reader, height, &args);
    }
    if (error == UNDR_OK) {
        error = read_class(reader, true, &class_value);
    }
    return error != UNDR_OK ? error : push_instance(reader, class_value, args);
}

undr_error undr_op_obj(undr_reader *reader, unsigned argument) {
    (void)argument;
    size_t height = 0;
    undr_error error = undr_reader_pop_mark(reader, &height);
    if (error == UNDR_OK && reader->stack_count == height) {
        error = UNDR_PICKLE_STACK;
    }
    if (error != UNDR_OK) {
        return error;
    }
    undr_value *callable = reader->stack[height];
    undr_value *args = NULL;
    error = collect_arguments(reader, height + 1, &args);
    reader->stack_count = height;
    return error != UNDR_OK ? error : push_instance(reader, callable, args);
}

undr_error undr_op_newobj(undr_reader *reader, unsigned with_keywords) {
    const size_t count = with_keywords ? 3 : 2;
    if (!undr_reader_has(reader, count)) {
        return UNDR_PICKLE_STACK;
    }
    undr_value *const *from = reader->stack + reader->stack_count - count;
    const undr_object object = {.callable = from[0], .args = from[1], .kwargs = with_keywords ? from[2] : NULL};
    if (object.callable->kind != UNDR_CLASS || object.args->kind != UNDR_TUPLE
        || (with_keywords && object.kwargs->kind != UNDR_DICT)) {
        return UNDR_PICKLE_TYPE;
    }
    undr_value *value = NULL;
    const undr_error error = undr_reader_object(reader, &object, &value);
    reader->stack_count -= count;
    return error != UNDR_OK ? error : undr_reader_push_new(reader, value);
}

/* None, and (None, {}), change nothing, whatever they are given to. */
static bool is_no_state(const undr_value *state) {
    if (state->kind == UNDR_TUPLE && state->items.count == 2) {
        const undr_value *slots = state->items.at[1];
        return state->items.at[0]->kind == UNDR_NONE && slots->kind == UNDR_DICT && slots->items.count == 0;
    }
    return state->kind == UNDR_NONE;
}

/* A second dict adds to the first, in a copy: the first may be in use elsewhere. */
static undr_error add_state(undr_reader *reader, undr_value *target, undr_value *state) {
    undr_object *object = &target->object;
    undr_error error = UNDR_OK;
    if (object->state != NULL && object->state->kind == UNDR_DICT && state->kind == UNDR_DICT) {
        undr_value *merged = NULL;
        const undr_items old = object->state->items;
        error = undr_reader_keyed(reader, UNDR_DICT, old.at, old.count, &merged);
        if (error == UNDR_OK) {
            error = undr_reader_insert(reader, merged, state->items.at, state->items.count);
        }
        state = merged;
    }
    if (error == UNDR_OK) {
        object->state = state;
        undr_reader_hold(reader, target, state);
    }
    return error;
}

undr_error undr_op_build(undr_reader *reader, unsigned argument) {
    (void)argument;
    if (!undr_reader_has(reader, 2)) {
        return UNDR_PICKLE_STACK;
    }
    undr_value *state = reader->stack[--reader->stack_count];
    undr_value *target = reader->stack[reader->stack_count - 1];
    if (target->kind == UNDR_OBJECT) {
        return add_state(reader, target, state);
    }
    return is_no_state(state) ? UNDR_OK : UNDR_PICKLE_TYPE;
}
