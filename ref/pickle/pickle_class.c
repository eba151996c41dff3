/* pickle_class.c: makes classes, by name only, and inert objects of them. Nothing is looked up or called (SEC-1). */
#include "pickle/pickle_names.h"
#include "pickle/pickle_reader.h"

#include <string.h>

static undr_error copy_text(undr_reader *reader, undr_slice from, undr_slice *to) {
    void *memory = NULL;
    const undr_error error = undr_arena_take(reader->arena, from.size, &memory);
    if (error == UNDR_OK && from.size > 0) {
        memcpy(memory, from.data, from.size);
    }
    *to = undr_slice_of(memory, from.size);
    return error;
}

undr_error undr_reader_class(undr_reader *reader, undr_slice module, undr_slice name, undr_value **value) {
    if (reader->protocol < 3) { /* as CPython's fix_imports */
        undr_rename_to_python3(&module, &name);
    }
    undr_slice module_copy = {0};
    undr_slice name_copy = {0};
    undr_error error = copy_text(reader, module, &module_copy);
    if (error == UNDR_OK) {
        error = copy_text(reader, name, &name_copy);
    }
    if (error == UNDR_OK) {
        error = undr_value_class(reader->arena, "", "", value);
    }
    if (error == UNDR_OK) {
        (*value)->class_name.module = module_copy;
        (*value)->class_name.name = name_copy;
    }
    return error;
}

undr_error undr_reader_object(undr_reader *reader, const undr_object *object, undr_value **value) {
    const undr_error error = undr_value_reduce(reader->arena, object->callable, object->args, value);
    if (error != UNDR_OK) {
        return error;
    }
    (*value)->object = *object;
    undr_reader_hold(reader, *value, object->callable);
    undr_reader_hold(reader, *value, object->args);
    if (object->kwargs != NULL) {
        undr_reader_hold(reader, *value, object->kwargs);
    }
    return UNDR_OK;
}
