/* names.c: the meaning of names in a case, and the values and bytes of its terms. */
#include "notation/names.h"

#include "base/writer.h"
#include "notation/lexer.h"
#include "notation/old_pickle.h"
#include "notation/walk.h"

#include "undr/pickle.h"

#include <string.h>

/* ---- bindings, gates, the counter ---- */

void check_names_free(check_names *names) {
    undr_arena_free(&names->arena);
    check_name_map_free(&names->by_name);
    *names = (check_names){0};
}

undr_error check_names_bind(check_names *names, const char *name, const undr_value *value) {
    void *at = names->bindings;
    undr_error error = check_grow(&names->arena, &at, names->count, &names->capacity, sizeof *names->bindings);
    if (error != UNDR_OK) {
        return error;
    }
    names->bindings = at;
    void *copy;
    size_t size = strlen(name) + 1;
    error = undr_arena_take(&names->arena, size, &copy);
    if (error != UNDR_OK) {
        return error;
    }
    memcpy(copy, name, size);
    error = check_name_map_put(&names->by_name, copy, names->count, NULL); /* the first of a name counts */
    if (error == UNDR_OK) {
        names->bindings[names->count++] = (check_binding){copy, value};
    }
    return error;
}

void check_names_unbind(check_names *names, size_t count) {
    while (names->count > count) {
        names->count--;
        const char *name = names->bindings[names->count].name;
        if (check_name_map_get(&names->by_name, name) == names->count) {
            check_name_map_remove(&names->by_name, name);
        }
    }
}

const undr_value *check_names_find(const check_names *names, const char *name) {
    size_t index = names == NULL ? CHECK_NO_NAME : check_name_map_get(&names->by_name, name);
    return index == CHECK_NO_NAME ? NULL : names->bindings[index].value;
}

uint16_t check_names_port(const check_names *names, char letter) {
    return names != NULL && letter >= 'A' && letter <= 'Z' ? names->ports[letter - 'A'] : 0;
}

void check_names_open(check_names *names, char letter, uint16_t port) {
    if (letter >= 'A' && letter <= 'Z') {
        names->ports[letter - 'A'] = port;
    }
}

void check_names_count(check_names *names, uint64_t counter) {
    names->counting = true;
    names->counter = counter;
}

void check_names_stop_counting(check_names *names) {
    names->counting = false;
}

/* ---- the letters of a case ---- */

typedef struct letters {
    bool gates[26], connections[26];
} letters;

static undr_error note_term(void *context, const check_term *term, bool received) {
    letters *found = context;
    (void)received;
    if (term->kind == CHECK_TERM_GATE) {
        found->gates[term->text[0] - 'A'] = true;
    }
    return UNDR_OK;
}

static undr_error note_step(void *context, const check_step *step, const check_step *block) {
    letters *found = context;
    char channel = step->channel[0];
    (void)block;
    bool gate = step->what == CHECK_GATE_ACCEPT || step->what == CHECK_GATE_CLOSE || step->what == CHECK_GATE_UNTOUCHED;
    if (channel != '\0' && channel != 'M' && channel != 'P') {
        *(gate ? &found->gates[channel - 'A'] : &found->connections[channel - 'A']) = true;
    }
    return check_each_term(step, note_term, found);
}

static void spell(const bool letter[26], char text[27]) {
    size_t size = 0;
    for (int i = 0; i < 26; i++) {
        if (letter[i]) {
            text[size++] = (char)('A' + i);
        }
    }
    text[size] = '\0';
}

static letters letters_of(const check_case *one) {
    letters found = {0};
    undr_error error = check_each_step(one, note_step, &found);
    (void)error; /* the visitors can't fail */
    return found;
}

void check_case_gates(const check_case *one, char text[27]) {
    letters found = letters_of(one);
    spell(found.gates, text);
}

void check_case_connections(const check_case *one, char text[27]) {
    letters found = letters_of(one);
    spell(found.connections, text);
}

/* ---- values ---- */

typedef struct builder {
    const check_names *names;
    undr_arena *arena;
    undr_buffer *why; /* may be NULL */
} builder;

static undr_error build_value(const builder *made, const check_term *term, undr_value **value);

static undr_error refuse_name(const builder *made, const char *before, const char *name, const char *after) {
    if (made->why == NULL) {
        return UNDR_ARGUMENT;
    }
    return check_refused(undr_put_format(made->why, "%s%s%s", before, name, after));
}

static undr_error build_items(const builder *made, const check_term *term, undr_kind kind, undr_value **value) {
    void *memory;
    undr_error error = undr_arena_take(made->arena, (term->part_count + 1) * sizeof(undr_value *), &memory);
    undr_value **items = memory;
    for (size_t i = 0; error == UNDR_OK && i < term->part_count; i++) {
        error = build_value(made, term->parts[i], &items[i]);
    }
    return error == UNDR_OK ? undr_value_items(made->arena, kind, items, term->part_count, value) : error;
}

/* "module.Name" -> "module", "Name"; the texts live in the arena. */
static undr_error split_class(undr_arena *arena, const char *class_name, const char **module, const char **name) {
    const char *dot = strrchr(class_name, '.');
    void *memory;
    if (dot == NULL) {
        return UNDR_ARGUMENT; /* the parser lets none pass */
    }
    size_t size = (size_t)(dot - class_name);
    undr_error error = undr_arena_take(arena, size + 1, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    char *copy = memory;
    memcpy(copy, class_name, size);
    copy[size] = '\0';
    *module = copy;
    *name = dot + 1;
    return UNDR_OK;
}

static undr_error build_class(const builder *made, const check_term *term, undr_value **value) {
    const char *module, *name;
    undr_error error = split_class(made->arena, term->text, &module, &name);
    if (error != UNDR_OK) {
        return error;
    }
    if (term->kind == CHECK_TERM_CLASS) {
        return undr_value_class(made->arena, module, name, value);
    }
    undr_value *state = NULL;
    if (term->part_count > 0) {
        error = build_value(made, term->parts[0], &state);
    }
    return error == UNDR_OK ? undr_value_instance(made->arena, module, name, state, value) : error;
}

static undr_error build_name(const builder *made, const check_term *term, undr_value **value) {
    if (term->kind == CHECK_TERM_BIND) {
        const undr_value *bound = check_names_find(made->names, term->text);
        *value = (undr_value *)bound; /* what is built is only read */
        return bound != NULL ? UNDR_OK : refuse_name(made, "?", term->text, " is not bound");
    }
    if (term->kind == CHECK_TERM_GATE) {
        uint16_t port = check_names_port(made->names, term->text[0]);
        return port != 0 ? undr_value_int(made->arena, port, value)
                         : refuse_name(made, "the gate ", term->text, " is not open");
    }
    if (term->kind == CHECK_TERM_COUNTER) {
        bool counting = made->names != NULL && made->names->counting && made->names->counter <= INT64_MAX;
        return counting ? undr_value_int(made->arena, (int64_t)made->names->counter, value)
                        : refuse_name(made, "", "i", " has no value outside a repeat");
    }
    return refuse_name(made, "", "_", " matches anything and can't be sent");
}

/* Fills bytes with repetitions of unit: by doubling, since a payload may be 64 MiB of one byte. */
static void fill_bytes(uint8_t *bytes, size_t size, undr_slice unit) {
    if (size == 0) {
        return;
    }
    memcpy(bytes, unit.data, unit.size);
    for (size_t done = unit.size; done < size;) {
        size_t more = done < size - done ? done : size - done;
        memcpy(bytes + done, bytes, more);
        done += more;
    }
}

static undr_error repeat_bytes(const builder *made, const undr_value *base, uint64_t times, undr_value **value) {
    size_t size = base->bytes.size;
    void *memory;
    if (size > 0 && times >= SIZE_MAX / size) { /* one more is taken below */
        return UNDR_MEMORY;
    }
    undr_error error = undr_arena_take(made->arena, size * (size_t)times + 1, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    fill_bytes(memory, size * (size_t)times, base->bytes);
    error = undr_value_bytes(made->arena, base->kind, undr_slice_of(NULL, 0), value);
    if (error == UNDR_OK) {
        (*value)->bytes = undr_slice_of(memory, size * (size_t)times); /* set here: not copied twice */
    }
    return error;
}

static undr_error repeat_items(const builder *made, const undr_value *base, uint64_t times, undr_value **value) {
    size_t count = base->items.count;
    void *memory;
    if (count > 0 && times >= SIZE_MAX / sizeof(undr_value *) / count) { /* one more is taken below */
        return UNDR_MEMORY;
    }
    undr_error error = undr_arena_take(made->arena, (count * (size_t)times + 1) * sizeof(undr_value *), &memory);
    if (error != UNDR_OK) {
        return error;
    }
    undr_value **items = memory;
    for (size_t i = 0; i < count * (size_t)times; i++) {
        items[i] = base->items.at[i % count];
    }
    return undr_value_items(made->arena, UNDR_LIST, items, count * (size_t)times, value);
}

static undr_error build_times(const builder *made, const check_term *term, undr_value **value) {
    undr_value *base;
    undr_error error = build_value(made, term->parts[0], &base);
    if (error != UNDR_OK) {
        return error;
    }
    return base->kind == UNDR_LIST ? repeat_items(made, base, term->number, value)
                                   : repeat_bytes(made, base, term->number, value);
}

/* As deep as the parser lets terms nest. */
static undr_error build_value(const builder *made, const check_term *term, undr_value **value) {
    switch (term->kind) {
    case CHECK_TERM_VALUE: *value = term->value; return UNDR_OK;
    case CHECK_TERM_LIST: return build_items(made, term, UNDR_LIST, value);
    case CHECK_TERM_TUPLE: return build_items(made, term, UNDR_TUPLE, value);
    case CHECK_TERM_DICT: return build_items(made, term, UNDR_DICT, value);
    case CHECK_TERM_SET: return build_items(made, term, UNDR_SET, value);
    case CHECK_TERM_OBJECT:
    case CHECK_TERM_CLASS: return build_class(made, term, value);
    case CHECK_TERM_TIMES: return build_times(made, term, value);
    default: return build_name(made, term, value);
    }
}

undr_error check_build_value(
    const check_term *term, const check_names *names, undr_arena *arena, undr_value **value, undr_buffer *why) {
    builder made = {names, arena, why};
    return build_value(&made, term, value);
}

/* ---- payloads ---- */

static undr_error put_wire(const check_term *term, undr_buffer *buffer) {
    bool repeated = term->kind == CHECK_TERM_TIMES;
    undr_slice bytes = (repeated ? term->parts[0] : term)->value->bytes;
    uint64_t times = repeated ? term->number : 1;
    if (bytes.size > 0 && times > SIZE_MAX / bytes.size) {
        return UNDR_MEMORY;
    }
    size_t size = bytes.size * (size_t)times;
    undr_error error = undr_buffer_reserve(buffer, size);
    if (error == UNDR_OK && size > 0) {
        fill_bytes(buffer->data + buffer->size, size, bytes);
        buffer->size += size;
    }
    return error;
}

undr_error check_build_payload(
    const check_payload *payload, const check_names *names, undr_buffer *buffer, undr_buffer *why) {
    if (payload->form == CHECK_PAYLOAD_EMPTY) {
        return UNDR_OK;
    }
    if (payload->form == CHECK_PAYLOAD_WIRE) {
        return put_wire(payload->term, buffer);
    }
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_error error = check_build_value(payload->term, names, &arena, &value, why);
    if (error == UNDR_OK) {
        int protocol = payload->protocol == CHECK_NO_PROTOCOL ? 4 : payload->protocol;
        error = protocol < 2 ? check_old_pickle(value, protocol, buffer) : undr_pickle_write(value, protocol, buffer);
    }
    undr_arena_free(&arena);
    return error;
}
