/* pickle_call.c: the few calls by which CPython pickles plain values, above all in the protocols 0 to 2. They are
 * recognised by name and give the value; everything else becomes an inert object. Nothing is called (SEC-1). */
#include "pickle/pickle_reader.h"

#include <string.h>

/* Makes *value of the arguments, or leaves it NULL when they are not those that CPython writes. */
typedef undr_error known_function(undr_reader *reader, undr_items args, undr_value **value);

static bool is_latin1_name(const undr_value *value) {
    return undr_value_is_text(value, "latin1") || undr_value_is_text(value, "latin-1");
}

/* (text, 'latin1') */
static undr_error encode(undr_reader *reader, undr_kind kind, undr_items args, undr_value **value) {
    if (args.count != 2 || args.at[0]->kind != UNDR_STR || !is_latin1_name(args.at[1])) {
        return UNDR_OK;
    }
    undr_slice bytes = {0};
    const undr_error error = undr_reader_latin1(reader, args.at[0]->bytes, &bytes);
    if (error != UNDR_OK) {
        return error;
    }
    undr_value *made = NULL;
    const undr_error created = undr_value_bytes(reader->arena, kind, (undr_slice){0}, &made);
    if (created == UNDR_OK) {
        made->bytes = bytes;
        *value = made;
    }
    return created;
}

static undr_error call_encode(undr_reader *reader, undr_items args, undr_value **value) {
    return encode(reader, UNDR_BYTES, args, value);
}

/* bytes(), bytes(text, 'latin1') */
static undr_error call_bytes(undr_reader *reader, undr_items args, undr_value **value) {
    if (args.count == 0) {
        return undr_value_bytes(reader->arena, UNDR_BYTES, (undr_slice){0}, value);
    }
    return encode(reader, UNDR_BYTES, args, value);
}

/* bytearray(), bytearray(bytes), bytearray(text, 'latin-1') */
static undr_error call_bytearray(undr_reader *reader, undr_items args, undr_value **value) {
    if (args.count == 0) {
        return undr_value_bytes(reader->arena, UNDR_BYTEARRAY, (undr_slice){0}, value);
    }
    if (args.count == 1 && (args.at[0]->kind == UNDR_BYTES || args.at[0]->kind == UNDR_BYTEARRAY)) {
        const undr_error error = undr_reader_spend_bytes(reader, args.at[0]->bytes.size);
        return error != UNDR_OK ? error : undr_value_bytes(reader->arena, UNDR_BYTEARRAY, args.at[0]->bytes, value);
    }
    return encode(reader, UNDR_BYTEARRAY, args, value);
}

/* set(), set([...]) and the like */
static undr_error collect(undr_reader *reader, undr_kind kind, undr_items args, undr_value **value) {
    if (args.count == 0) {
        return undr_reader_keyed(reader, kind, NULL, 0, value);
    }
    const undr_value *from = args.at[0];
    const bool iterable = from->kind == UNDR_LIST || from->kind == UNDR_TUPLE || from->kind == UNDR_SET
        || from->kind == UNDR_FROZENSET;
    if (args.count != 1 || !iterable) {
        return UNDR_OK;
    }
    const undr_error error = undr_reader_spend(reader, from->items.count);
    return error != UNDR_OK ? error : undr_reader_keyed(reader, kind, from->items.at, from->items.count, value);
}

static undr_error call_set(undr_reader *reader, undr_items args, undr_value **value) {
    return collect(reader, UNDR_SET, args, value);
}

static undr_error call_frozenset(undr_reader *reader, undr_items args, undr_value **value) {
    return collect(reader, UNDR_FROZENSET, args, value);
}

/* getattr(class, 'Name'): how the protocols below 4 name a class inside a class. */
static undr_error call_getattr(undr_reader *reader, undr_items args, undr_value **value) {
    if (args.count != 2 || args.at[0]->kind != UNDR_CLASS || args.at[1]->kind != UNDR_STR) {
        return UNDR_OK;
    }
    const undr_slice outer = args.at[0]->class_name.name;
    const undr_slice inner = args.at[1]->bytes;
    void *memory = NULL;
    undr_error error = undr_reader_spend_bytes(reader, outer.size + inner.size); /* both stand in memory: no wrap */
    if (error == UNDR_OK) {
        error = undr_arena_take(reader->arena, outer.size + 1 + inner.size, &memory);
    }
    if (error == UNDR_OK) {
        error = undr_value_class(reader->arena, "", "", value);
    }
    if (error != UNDR_OK) {
        return error;
    }
    uint8_t *name = memory;
    if (outer.size > 0) {
        memcpy(name, outer.data, outer.size);
    }
    name[outer.size] = '.';
    if (inner.size > 0) {
        memcpy(name + outer.size + 1, inner.data, inner.size);
    }
    (*value)->class_name.module = args.at[0]->class_name.module;
    (*value)->class_name.name = undr_slice_of(name, outer.size + 1 + inner.size);
    return UNDR_OK;
}

static bool is_object_class(const undr_value *class_value) {
    return undr_slice_equal(class_value->class_name.module, undr_slice_text("builtins"))
        && undr_slice_equal(class_value->class_name.name, undr_slice_text("object"));
}

static undr_error instance(undr_reader *reader, undr_value *callable, undr_items args, undr_value **value) {
    undr_object object = {.callable = callable};
    undr_error error = undr_reader_spend(reader, args.count / 4);
    if (error == UNDR_OK) {
        error = undr_reader_tuple(reader, args.at, args.count, &object.args);
    }
    return error != UNDR_OK ? error : undr_reader_object(reader, &object, value);
}

/* _reconstructor(class, base, base's value): an instance in the protocols 0 and 1; mostly (class, object, None). */
static undr_error call_reconstructor(undr_reader *reader, undr_items args, undr_value **value) {
    if (args.count != 3 || args.at[0]->kind != UNDR_CLASS || args.at[1]->kind != UNDR_CLASS) {
        return UNDR_OK;
    }
    const bool plain = is_object_class(args.at[1]);
    const undr_items base_value = {.at = args.at + 2, .count = plain ? 0 : 1};
    return instance(reader, args.at[0], base_value, value);
}

/* __newobj__(class, ...): NEWOBJ as a call */
static undr_error call_newobj(undr_reader *reader, undr_items args, undr_value **value) {
    if (args.count == 0 || args.at[0]->kind != UNDR_CLASS) {
        return UNDR_OK;
    }
    return instance(reader, args.at[0], (undr_items){.at = args.at + 1, .count = args.count - 1}, value);
}

/* __newobj_ex__(class, args, kwargs): NEWOBJ_EX as a call */
static undr_error call_newobj_ex(undr_reader *reader, undr_items args, undr_value **value) {
    if (args.count != 3 || args.at[0]->kind != UNDR_CLASS || args.at[1]->kind != UNDR_TUPLE
        || args.at[2]->kind != UNDR_DICT) {
        return UNDR_OK;
    }
    const undr_object object = {.callable = args.at[0], .args = args.at[1], .kwargs = args.at[2]};
    return undr_reader_object(reader, &object, value);
}

typedef struct known_call {
    const char *module, *name;
    size_t module_size, name_size;
    known_function *function;
} known_call;

#define KNOWN(module, name, function) {module, name, sizeof module - 1, sizeof name - 1, function}
static const known_call known_calls[] = {
    KNOWN("_codecs", "encode", call_encode),
    KNOWN("builtins", "bytes", call_bytes),
    KNOWN("builtins", "bytearray", call_bytearray),
    KNOWN("builtins", "set", call_set),
    KNOWN("builtins", "frozenset", call_frozenset),
    KNOWN("builtins", "getattr", call_getattr),
    KNOWN("copyreg", "_reconstructor", call_reconstructor),
    KNOWN("copyreg", "__newobj__", call_newobj),
    KNOWN("copyreg", "__newobj_ex__", call_newobj_ex),
};
#undef KNOWN

static known_function *find_known(const undr_value *callable) {
    if (callable->kind != UNDR_CLASS) {
        return NULL;
    }
    const undr_slice module = callable->class_name.module, name = callable->class_name.name;
    for (size_t index = 0; index < sizeof known_calls / sizeof known_calls[0]; ++index) {
        const known_call *known = &known_calls[index];
        if (known->name_size == name.size && known->module_size == module.size
            && memcmp(known->name, name.data, name.size) == 0 && memcmp(known->module, module.data, module.size) == 0) {
            return known->function;
        }
    }
    return NULL;
}

undr_error undr_reader_call(undr_reader *reader, undr_value *callable, undr_value *args, undr_value **value) {
    *value = NULL;
    known_function *known = find_known(callable);
    const undr_error error = known == NULL ? UNDR_OK : known(reader, args->items, value);
    if (error != UNDR_OK || *value != NULL) {
        return error;
    }
    const undr_object object = {.callable = callable, .args = args, .by_reduce = true};
    return undr_reader_object(reader, &object, value);
}
