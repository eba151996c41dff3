/* match.c: compares what was received with what a case expects. match_differ.c says how two values differ. */
#include "notation/match.h"
#include "notation/match_differ.h"

#include "notation/print.h"
#include "undr/pickle.h"

#include <string.h>

typedef struct matcher {
    check_names *names;
    undr_arena arena;  /* of values that are built for comparison */
    check_writer path; /* "[1]['a']" */
    check_writer why;
    bool matched;
} matcher;

static undr_error match_term(matcher *work, const check_term *term, const undr_value *value);

/* ---- saying why not ---- */

static check_writer *begin_why(matcher *work) {
    work->matched = false;
    check_write_place(&work->why, &work->path);
    return &work->why;
}

/* "expected TERM, received VALUE" */
static undr_error refuse_value(matcher *work, const check_term *term, const undr_value *value) {
    check_writer *why = begin_why(work);
    check_write(why, "expected ");
    check_write_short_term(why, term);
    check_write(why, ", received ");
    check_write_short_value(why, value);
    return why->error;
}

/* "expected WHAT, received VALUE" */
static undr_error refuse_text(matcher *work, const char *what, const undr_value *value) {
    check_writer *why = begin_why(work);
    check_write_format(why, "expected %s, received ", what);
    check_write_short_value(why, value);
    return why->error;
}

static undr_error refuse_count(matcher *work, size_t expected, size_t received, const char *what) {
    check_writer *why = begin_why(work);
    check_write_format(why, "expected %zu %s, received %zu", expected, what, received);
    return why->error;
}

/* ---- values and patterns ---- */

static undr_error match_value(matcher *work, const undr_value *expected, const undr_value *value) {
    bool equal = false;
    undr_error error = undr_value_equal(expected, value, &equal);
    if (error == UNDR_LIMIT_DEPTH || error == UNDR_LIMIT_NODES) {
        return refuse_text(work, "a value that can be compared", value);
    }
    if (error != UNDR_OK || equal) {
        return error;
    }
    work->matched = false;
    return check_write_difference(&work->why, &work->path, expected, value);
}

static undr_error match_built(matcher *work, const check_term *term, const undr_value *value) {
    undr_value *expected;
    undr_error error = check_build_value(term, work->names, &work->arena, &expected, work->why.to);
    return error == UNDR_OK ? match_value(work, expected, value) : error;
}

static undr_error match_binding(matcher *work, const check_term *term, const undr_value *value) {
    const undr_value *bound = check_names_find(work->names, term->text);
    return bound != NULL ? match_value(work, bound, value) : check_names_bind(work->names, term->text, value);
}

/* One level deeper; the path is as before afterwards. */
static undr_error match_at_index(matcher *work, size_t index, const check_term *term, const undr_value *value) {
    size_t before = work->path.to->size;
    check_write_format(&work->path, "[%zu]", index);
    undr_error error = match_term(work, term, value);
    work->path.to->size = before;
    return error;
}

static undr_error match_sequence(matcher *work, const check_term *term, const undr_value *value) {
    undr_kind kind = term->kind == CHECK_TERM_LIST ? UNDR_LIST : UNDR_TUPLE;
    if (value->kind != kind) {
        return refuse_value(work, term, value);
    }
    undr_error error = UNDR_OK;
    for (size_t i = 0; error == UNDR_OK && work->matched && i < term->part_count && i < value->items.count; i++) {
        error = match_at_index(work, i, term->parts[i], value->items.at[i]);
    }
    if (error == UNDR_OK && work->matched && term->part_count != value->items.count) {
        error = refuse_count(work, term->part_count, value->items.count, "items");
    }
    return error;
}

static undr_error find_entry(
    matcher *work, const check_term *key, const undr_value *dict, const undr_value **name, const undr_value **entry) {
    undr_value *wanted;
    undr_error error = check_build_value(key, work->names, &work->arena, &wanted, work->why.to);
    *entry = NULL;
    for (size_t i = 0; error == UNDR_OK && *entry == NULL && i + 1 < dict->items.count; i += 2) {
        bool equal = false;
        error = undr_value_equal(wanted, dict->items.at[i], &equal);
        *entry = equal ? dict->items.at[i + 1] : NULL;
    }
    *name = error == UNDR_OK ? wanted : NULL;
    return error;
}

static undr_error match_at_key(matcher *work, const undr_value *key, const check_term *term, const undr_value *value) {
    size_t before = work->path.to->size;
    check_write_key(&work->path, key);
    undr_error error = match_term(work, term, value);
    work->path.to->size = before;
    return error;
}

static undr_error match_dict(matcher *work, const check_term *term, const undr_value *value) {
    if (value->kind != UNDR_DICT) {
        return refuse_value(work, term, value);
    }
    for (size_t i = 0; i + 1 < term->part_count && work->matched; i += 2) {
        const undr_value *key, *entry;
        undr_error error = find_entry(work, term->parts[i], value, &key, &entry);
        if (error == UNDR_OK) {
            error = entry == NULL ? refuse_value(work, term, value)
                                  : match_at_key(work, key, term->parts[i + 1], entry);
        }
        if (error != UNDR_OK) {
            return error;
        }
    }
    bool same = term->part_count == value->items.count;
    return work->matched && !same ? refuse_count(work, term->part_count / 2, value->items.count / 2, "keys") : UNDR_OK;
}

static bool has_arguments(const undr_object *object) {
    return (object->args != NULL && object->args->items.count > 0)
        || (object->kwargs != NULL && object->kwargs->items.count > 0) || object->appended.count > 0
        || object->entries.count > 0;
}

static bool is_no_state(const undr_value *state) {
    return state == NULL || state->kind == UNDR_NONE || (state->kind == UNDR_DICT && state->items.count == 0);
}

static undr_error match_state(matcher *work, const check_term *term, const undr_value *value) {
    const undr_value *state = value->object.state;
    if (term->part_count == 0) {
        return is_no_state(state) ? UNDR_OK : refuse_value(work, term, value);
    }
    if (state == NULL) {
        return refuse_value(work, term, value);
    }
    size_t before = work->path.to->size;
    check_write(&work->path, ".state");
    undr_error error = match_term(work, term->parts[0], state);
    work->path.to->size = before;
    return error;
}

/* A bare class name: any instance of it. Otherwise an instance without arguments, with exactly this state. */
static undr_error match_object(matcher *work, const check_term *term, const undr_value *value) {
    if (!undr_value_is_instance(value, term->text) || (!term->bare && has_arguments(&value->object))) {
        return refuse_value(work, term, value);
    }
    return term->bare ? UNDR_OK : match_state(work, term, value);
}

/* As deep as the parser lets terms nest. */
static undr_error match_term(matcher *work, const check_term *term, const undr_value *value) {
    switch (term->kind) {
    case CHECK_TERM_VALUE: return match_value(work, term->value, value);
    case CHECK_TERM_ANY: return UNDR_OK;
    case CHECK_TERM_BIND: return match_binding(work, term, value);
    case CHECK_TERM_LIST:
    case CHECK_TERM_TUPLE: return match_sequence(work, term, value);
    case CHECK_TERM_DICT: return match_dict(work, term, value);
    case CHECK_TERM_OBJECT: return match_object(work, term, value);
    default: return match_built(work, term, value);
    }
}

/* ---- payloads ---- */

static undr_error match_contains(matcher *work, const check_payload *pattern, const undr_value *value) {
    bool found = false;
    undr_slice text = undr_slice_of(pattern->contains, pattern->contains_size);
    undr_error error = undr_value_contains(value, text, &found);
    if (error == UNDR_LIMIT_DEPTH || error == UNDR_LIMIT_NODES) {
        error = UNDR_OK; /* as far as the value was searched, it is not there */
    }
    if (error != UNDR_OK || found) {
        return error;
    }
    const undr_value wanted = {.kind = UNDR_STR, .bytes = text};
    check_writer *why = begin_why(work);
    check_write(why, "expected ");
    check_write_short_value(why, &wanted);
    check_write(why, " somewhere inside, received ");
    check_write_short_value(why, value);
    return why->error;
}

/* The protocol of a pickle that was read; 0 and 1 can't be told apart. */
static int protocol_of(undr_slice payload) {
    return payload.size >= 2 && payload.data[0] == 0x80 ? payload.data[1] : 0;
}

static undr_error match_protocol(matcher *work, const check_payload *pattern, undr_slice payload) {
    int wanted = pattern->protocol < 2 ? 0 : pattern->protocol, found = protocol_of(payload);
    if (pattern->protocol == CHECK_NO_PROTOCOL || wanted == found) {
        return UNDR_OK;
    }
    check_writer *why = begin_why(work);
    check_write_format(why, "expected pickle protocol %d, received %d", pattern->protocol, found);
    return why->error;
}

static void write_payload(check_writer *out, undr_slice payload) {
    if (check_writer_goes_on(out)) {
        check_writer_keep(out, check_print_payload(out->to, payload, false, true));
    }
}

static undr_error refuse_payload(matcher *work, const check_payload *pattern, undr_slice payload) {
    check_writer *why = &work->why;
    work->matched = false;
    check_write(why, "expected ");
    check_write_short_pattern(why, pattern);
    check_write(why, payload.size == 0 ? ", received an empty payload" : ", received ");
    write_payload(why, payload);
    return why->error;
}

static undr_error refuse_garbage(matcher *work, const check_payload *pattern, undr_slice payload, undr_error reason,
    const undr_pickle_fault *fault) {
    (void)refuse_payload(work, pattern, payload); /* the writer keeps its error */
    if (reason == UNDR_PICKLE_OPCODE) {
        check_write_format(&work->why, " (not a pickle: the byte at offset %zu is no opcode)", fault->offset);
    } else {
        check_write_format(&work->why, " (not a pickle: %s, at offset %zu)", undr_error_text(reason), fault->offset);
    }
    return work->why.error;
}

static bool has_binding(const check_term *term) {
    bool found = term->kind == CHECK_TERM_BIND;
    for (size_t i = 0; !found && i < term->part_count; i++) {
        found = has_binding(term->parts[i]);
    }
    return found;
}

static undr_error match_pickle(matcher *work, const check_payload *pattern, undr_slice payload) {
    undr_arena passing = {0};
    /* A bound value must outlive this comparison. */
    undr_arena *arena = has_binding(pattern->term) ? &work->names->arena : &passing;
    undr_pickle_fault fault = {0};
    undr_value *value = NULL;
    undr_error error = undr_pickle_read(payload, NULL, arena, &value, NULL, &fault);
    if (error == UNDR_MEMORY) {
        return error;
    }
    if (error != UNDR_OK) {
        error = refuse_garbage(work, pattern, payload, error, &fault);
    } else {
        error = match_protocol(work, pattern, payload);
        error = error == UNDR_OK && work->matched ? match_term(work, pattern->term, value) : error;
        if (error == UNDR_OK && work->matched && pattern->contains != NULL) {
            error = match_contains(work, pattern, value);
        }
    }
    undr_arena_free(&passing);
    return error;
}

static undr_error match_wire(matcher *work, const check_payload *pattern, undr_slice payload) {
    undr_buffer wanted = {0};
    undr_error error = check_build_payload(pattern, work->names, &wanted, work->why.to);
    if (error == UNDR_OK && !undr_slice_equal(undr_buffer_slice(&wanted), payload)) {
        work->matched = false;
        check_write_bytes_difference(&work->why, undr_buffer_slice(&wanted), payload);
    }
    undr_buffer_free(&wanted);
    return error;
}

static undr_error match_payload(matcher *work, const check_payload *pattern, undr_slice payload) {
    if (pattern->form == CHECK_PAYLOAD_EMPTY) {
        return payload.size == 0 ? UNDR_OK : refuse_payload(work, pattern, payload);
    }
    if (pattern->form == CHECK_PAYLOAD_WIRE) {
        return match_wire(work, pattern, payload);
    }
    if (pattern->term->kind == CHECK_TERM_ANY && pattern->contains == NULL && pattern->protocol == CHECK_NO_PROTOCOL) {
        return UNDR_OK; /* anything, a pickle or not */
    }
    if (payload.size == 0) {
        return refuse_payload(work, pattern, payload); /* FRAME-2: an empty payload is never unpickled */
    }
    return match_pickle(work, pattern, payload);
}

undr_error check_match(
    const check_payload *pattern, undr_slice payload, check_names *names, bool *matches, undr_buffer *why) {
    check_names none = {0};
    undr_buffer path = {0};
    matcher work = {.names = names != NULL ? names : &none,
        .path = check_writer_to(&path),
        .why = check_writer_to(why),
        .matched = true};
    size_t bound = work.names->count;
    undr_error error = match_payload(&work, pattern, payload);
    error = error == UNDR_OK ? work.why.error : error;
    error = error == UNDR_OK ? work.path.error : error;
    *matches = error == UNDR_OK && work.matched;
    if (!*matches) {
        check_names_unbind(work.names, bound); /* what a pattern bound before it failed */
    }
    undr_buffer_free(&path);
    undr_arena_free(&work.arena);
    check_names_free(&none);
    return error;
}

/* ---- expectations ---- */

static undr_error refuse_frame(
    const check_expectation *expectation, uint8_t type, undr_slice payload, undr_buffer *why) {
    check_writer out = check_writer_to(why);
    if (why == NULL) {
        return UNDR_OK;
    }
    check_write(&out, "expected ");
    check_writer_keep(&out, check_print_expectation(why, expectation));
    check_write(&out, ", received ");
    check_writer_keep(&out, check_print_type(why, type));
    if (payload.size > 0) {
        check_write(&out, " ");
        write_payload(&out, payload);
    }
    return out.error;
}

undr_error check_match_expectation(const check_expectation *expectation, uint8_t type, undr_slice payload,
    check_names *names, bool *matches, undr_buffer *why) {
    *matches = false;
    bool frame = expectation->sight == CHECK_SEES_FRAME && expectation->type == type;
    if (frame || expectation->sight == CHECK_SEES_MESSAGE) {
        return check_match(&expectation->payload, payload, names, matches, why);
    }
    return refuse_frame(expectation, type, payload, why);
}
