/* value.h: a decoded Python value, printed as a Python literal. Inert: a class is a name, an object is what its pickle
 * says about it; nothing is ever imported, called or looked up.
 *
 * All values of one decoding live in one arena and die with it. Values may be shared (a pickle's memo), and a list,
 * dict, set or object may contain itself; a walk over a value bounds its depth. */
#ifndef UNDR_VALUE_H
#define UNDR_VALUE_H

#include "undr/bytes.h"

UNDR_API_BEGIN

/* Memory that is freed as a whole. `limit` bounds the bytes it may ask the system for (0: no bound). */
typedef struct undr_arena {
    struct undr_arena_chunk *chunks;
    struct undr_adopted *adopted;
    size_t adopted_size; /* bytes of all that was adopted */
    uint8_t *next;       /* free bytes of the first chunk */
    size_t left;
    size_t used;
    size_t limit;
} undr_arena;

void undr_arena_free(undr_arena *arena); /* keeps the limit */
/* The same, but up to 1 MiB of the memory stays for the values to come: for who decodes one pickle after the other. */
void undr_arena_clear(undr_arena *arena);
/* Aligned. MEMORY, LIMIT_BYTES */
UNDR_MUST_USE undr_error undr_arena_take(undr_arena *arena, size_t size, void **memory);

/* Takes the buffer's memory over, which is {0} then and lives as long as the arena; it does not count against the
 * limit. MEMORY: the buffer is as it was. */
UNDR_MUST_USE undr_error undr_arena_adopt(undr_arena *arena, undr_buffer *buffer);

typedef enum undr_kind {
    UNDR_NONE,
    UNDR_BOOL,      /* .boolean */
    UNDR_INT,       /* .bytes: two's complement, little-endian, the shortest form; empty for 0 */
    UNDR_FLOAT,     /* .real */
    UNDR_STR,       /* .bytes: UTF-8, lone surrogates as CPython's "surrogatepass" writes them */
    UNDR_BYTES,     /* .bytes */
    UNDR_BYTEARRAY, /* .bytes */
    UNDR_LIST,      /* .items */
    UNDR_TUPLE,     /* .items */
    UNDR_DICT,      /* .items: key, value, key, value, ... in order of insertion */
    UNDR_SET,       /* .items, in order of arrival */
    UNDR_FROZENSET, /* .items */
    UNDR_CLASS,     /* .class_name */
    UNDR_OBJECT     /* .object */
} undr_kind;

typedef struct undr_value undr_value;

typedef struct undr_items {
    undr_value **at;
    size_t count;
} undr_items;

/* What a pickle said an object is: made by calling `callable` (an UNDR_CLASS, rarely something else) with `args`.
 * Fields that the pickle did not set are NULL or empty. */
typedef struct undr_object {
    undr_value *callable;
    undr_value *args;    /* UNDR_TUPLE */
    undr_value *kwargs;  /* UNDR_DICT or NULL (NEWOBJ_EX) */
    undr_value *state;   /* BUILD, or NULL */
    undr_items appended; /* APPEND(S) */
    undr_items entries;  /* SETITEM(S): key, value, ... */
    bool by_reduce;      /* REDUCE rather than OBJ, INST, NEWOBJ, NEWOBJ_EX */
} undr_object;

struct undr_value {
    undr_kind kind;
    uint32_t mark;        /* of the library's own walks; 0 in a new value */
    uint32_t hash;        /* the pickle reader's, once it had to be found as a key; 0 before. Differs from run to run */
    uint32_t height : 31; /* the pickle reader's: at most this many levels of values are below this one */
    uint32_t held : 1;    /* the pickle reader's: another value holds this one */
    union {
        bool boolean;
        double real;
        undr_slice bytes;
        undr_items items;
        struct {
            undr_items items;         /* the same items */
            struct undr_index *index; /* the pickle reader's way to find a key; NULL elsewhere */
        } keyed;                      /* DICT, SET, FROZENSET */
        struct {
            undr_slice module;
            undr_slice name; /* qualified name, may hold dots */
        } class_name;
        undr_object object;
    };
};

/* Constructors. Each takes memory from the arena; text, bytes and item arrays are copied into it, item values are
 * not (they must live as long as the arena). */
UNDR_MUST_USE undr_error undr_value_none(undr_arena *arena, undr_value **value);
UNDR_MUST_USE undr_error undr_value_bool(undr_arena *arena, bool boolean, undr_value **value);
UNDR_MUST_USE undr_error undr_value_int(undr_arena *arena, int64_t integer, undr_value **value);
UNDR_MUST_USE undr_error undr_value_big(undr_arena *arena, undr_slice twos_complement, undr_value **value);
UNDR_MUST_USE undr_error undr_value_float(undr_arena *arena, double real, undr_value **value);
/* kind: STR, BYTES or BYTEARRAY */
UNDR_MUST_USE undr_error undr_value_bytes(undr_arena *arena, undr_kind kind, undr_slice bytes, undr_value **value);
UNDR_MUST_USE undr_error undr_value_text(undr_arena *arena, const char *text, undr_value **value);
/* kind: LIST, TUPLE, DICT (2 x pairs), SET or FROZENSET. Keys that occur twice are the caller's to avoid. */
UNDR_MUST_USE undr_error undr_value_items(
    undr_arena *arena, undr_kind kind, undr_value *const *items, size_t count, undr_value **value);
UNDR_MUST_USE undr_error undr_value_class(undr_arena *arena, const char *module, const char *name, undr_value **value);
/* An instance as CPython pickles a plain one: class, no arguments, `state` (NULL: none) */
UNDR_MUST_USE undr_error undr_value_instance(
    undr_arena *arena, const char *module, const char *name, undr_value *state, undr_value **value);
/* callable(*args) through REDUCE */
UNDR_MUST_USE undr_error undr_value_reduce(
    undr_arena *arena, undr_value *callable, undr_value *args, undr_value **value);

/* A value of its own that holds the same: the parts are shared. (A value has memory for its kind only: never copy the
 * whole struct.) */
UNDR_MUST_USE undr_error undr_value_copy(undr_arena *arena, const undr_value *value, undr_value **copy);

/* Questions. All accept NULL and answer false or NULL for it. */
bool undr_value_int64(const undr_value *value, int64_t *integer);   /* false: not an int, or out of range */
bool undr_value_is_text(const undr_value *value, const char *text); /* a str that equals text */
/* Is it an instance of exactly this class, however it was built (NEWOBJ, REDUCE, OBJ, INST)? class_name =
 * "module.name" */
bool undr_value_is_instance(const undr_value *value, const char *class_name);
/* state[key] when the state is a dict (also of a (dict, slots) pair), else NULL */
const undr_value *undr_value_attribute(const undr_value *value, const char *key);

/* Equality by type and content: True is not 1, 1 is not 1.0, 0.0 is not -0.0, a nan equals a nan, sets and dicts
 * without regard to order, objects by class, arguments and state however they were built (an empty state is none).
 * UNDR_LIMIT_DEPTH beyond 1,000 levels; UNDR_LIMIT_NODES when values that share parts take too long to compare. */
UNDR_MUST_USE undr_error undr_value_equal(const undr_value *a, const undr_value *b, bool *equal);

/* Appends the Python literal: what ascii() would print for plain values, except that a set's elements stand in the
 * order of their texts and that an int of more than 4,300 digits is hexadecimal. `undr.task.CloseRequest()` for an
 * instance without state, `module.Name({'k': v})` with one (one argument, the state), otherwise
 * `module.Name(args, key=arg).__setstate__(state).extend([appended]).update({entries})`, each where there is one;
 * `<class module.name>` for a class. A value inside itself is `[...]`, `{...}`, `(...)`, else `...`, which also stands
 * for what is below 1,000 levels. UNDR_LIMIT_NODES or UNDR_LIMIT_BYTES when values that share parts would print more
 * than 4 million values or 320 MiB; on an error nothing is appended. */
UNDR_MUST_USE undr_error undr_value_print(undr_buffer *buffer, const undr_value *value);

/* The same for a person: cut after about that many bytes, ending in `...`. Never LIMIT_NODES or LIMIT_BYTES, and no
 * more work than that text asks for, however large the value is, or however often its parts are shared. */
UNDR_MUST_USE undr_error undr_value_print_short(undr_buffer *buffer, const undr_value *value, size_t bytes);

/* True when a str, bytes or bytearray anywhere inside value contains text. Linear, at any depth. */
UNDR_MUST_USE undr_error undr_value_contains(const undr_value *value, undr_slice text, bool *found);

UNDR_API_END

#endif
