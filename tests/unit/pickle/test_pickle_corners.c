/* test_pickle_corners.c: calls that look like those that stand for plain values and are not, keys that are equal though
 * they were made apart, and values that only a caller can make. */
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) undr_slice_of(literal, sizeof(literal) - 1)
#define IN_TABLE(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}

static const struct {
    const char *name;
    undr_slice pickle;
    const char *prints; /* NULL: refused with `error` */
    undr_error error;
} readings[] = {
    /* calls with other arguments than CPython writes stay what they are: inert */
    {"encode one", IN_TABLE("c_codecs\nencode\nX\1\0\0\0a\x85R."), "_codecs.encode('a')", UNDR_OK},
    {"encode int", IN_TABLE("c_codecs\nencode\nK\1X\6\0\0\0latin1\x86R."), "_codecs.encode(1, 'latin1')", UNDR_OK},
    {"encode utf", IN_TABLE("c_codecs\nencode\nX\1\0\0\0aX\4\0\0\0utf8\x86R."), "_codecs.encode('a', 'utf8')", UNDR_OK},
    {"bytearray of bytearray", IN_TABLE("cbuiltins\nbytearray\n\x96\1\0\0\0\0\0\0\0x\x85R."), "bytearray(b'x')",
        UNDR_OK},
    {"bytearray of int", IN_TABLE("cbuiltins\nbytearray\nK\1\x85R."), "builtins.bytearray(1)", UNDR_OK},
    {"set of two", IN_TABLE("cbuiltins\nset\n]]\x86R."), "builtins.set([], [])", UNDR_OK},
    {"a name like set", IN_TABLE("cBuiltins\nset\n](K\1e\x85R."), "Builtins.set([1])", UNDR_OK},
    {"set of int", IN_TABLE("cbuiltins\nset\nK\1\x85R."), "builtins.set(1)", UNDR_OK},
    {"set of frozenset", IN_TABLE("cbuiltins\nset\ncbuiltins\nfrozenset\n](K\1e\x85R\x85R."), "{1}", UNDR_OK},
    {"getattr of one", IN_TABLE("cbuiltins\ngetattr\ncm\nA\n\x85R."), "builtins.getattr(<class m.A>)", UNDR_OK},
    {"getattr of int", IN_TABLE("cbuiltins\ngetattr\nK\1X\1\0\0\0a\x86R."), "builtins.getattr(1, 'a')", UNDR_OK},
    {"getattr by int", IN_TABLE("cbuiltins\ngetattr\ncm\nA\nK\1\x86R."), "builtins.getattr(<class m.A>, 1)", UNDR_OK},
    {"getattr empty", IN_TABLE("cbuiltins\ngetattr\ncm\n\nX\0\0\0\0\x86R."), NULL, UNDR_PICKLE_TEXT},
    {"getattr of nothing", IN_TABLE("cbuiltins\ngetattr\ncm\nA\nX\0\0\0\0\x86R."), "<class m.A.>", UNDR_OK},
    {"newobj of none", IN_TABLE("ccopyreg\n__newobj__\n)R."), "copyreg.__newobj__()", UNDR_OK},
    {"newobj of int", IN_TABLE("ccopyreg\n__newobj__\nK\1\x85R."), "copyreg.__newobj__(1)", UNDR_OK},
    {"newobj_ex of one", IN_TABLE("ccopyreg\n__newobj_ex__\nK\1\x85R."), "copyreg.__newobj_ex__(1)", UNDR_OK},
    {"newobj_ex of ints", IN_TABLE("ccopyreg\n__newobj_ex__\nK\1K\2K\3\x87R."), "copyreg.__newobj_ex__(1, 2, 3)",
        UNDR_OK},
    {"newobj_ex no tuple", IN_TABLE("ccopyreg\n__newobj_ex__\ncm\nA\n]}\x87R."),
        "copyreg.__newobj_ex__(<class m.A>, [], {})", UNDR_OK},
    {"newobj_ex no dict", IN_TABLE("ccopyreg\n__newobj_ex__\ncm\nA\n)]\x87R."),
        "copyreg.__newobj_ex__(<class m.A>, (), [])", UNDR_OK},
    {"reconstructor of one", IN_TABLE("ccopyreg\n_reconstructor\nK\1\x85R."), "copyreg._reconstructor(1)", UNDR_OK},
    {"reconstructor of ints", IN_TABLE("ccopyreg\n_reconstructor\nK\1K\2K\3\x87R."), "copyreg._reconstructor(1, 2, 3)",
        UNDR_OK},
    {"reconstructor no base", IN_TABLE("ccopyreg\n_reconstructor\ncm\nA\nK\2K\3\x87R."),
        "copyreg._reconstructor(<class m.A>, 2, 3)", UNDR_OK},
    {"reconstructor other base", IN_TABLE("ccopyreg\n_reconstructor\ncm\nA\ncbuiltins\nlist\n]\x87R."), "m.A([])",
        UNDR_OK},
    {"reconstructor other module", IN_TABLE("ccopyreg\n_reconstructor\ncm\nA\ncm\nobject\nN\x87R."), "m.A(None)",
        UNDR_OK},
    /* keys */
    {"two None",
        IN_TABLE("}(N"
                 "K\1"
                 "NK\2u."),
        "{None: 2}", UNDR_OK},
    {"equal bytes",
        IN_TABLE("}(C\1"
                 "aK\1"
                 "C\1"
                 "aK\2u."),
        "{b'a': 2}", UNDR_OK},
    {"text and bytes",
        IN_TABLE("}(C\1"
                 "aK\1"
                 "X\1\0\0\0aK\2u."),
        "{b'a': 1, 'a': 2}", UNDR_OK},
    {"equal classes", IN_TABLE("}(cm\nA\nK\1cm\nA\nK\2u."), "{<class m.A>: 2}", UNDR_OK},
    {"other classes", IN_TABLE("}(cm\nA\nK\1cn\nA\nK\2cm\nB\nK\3u."),
        "{<class m.A>: 1, <class n.A>: 2, <class m.B>: 3}", UNDR_OK},
    {"equal tuples", IN_TABLE("}(K\1K\2\x86K\1K\1K\2\x86K\2u."), "{(1, 2): 2}", UNDR_OK},
    {"equal frozensets", IN_TABLE("}((K\1K\2\x91K\1(K\2K\1\x91K\2u."), "{frozenset({1, 2}): 2}", UNDR_OK},
    {"equal numbers", IN_TABLE("}(K\1K\1\x88K\2G\x3f\xf0\0\0\0\0\0\0K\3u."), "{1: 3}", UNDR_OK},
    {"inf and one", IN_TABLE("}(G\x7f\xf0\0\0\0\0\0\0K\1G\x7f\xf0\0\0\0\0\0\0K\2u."), "{inf: 2}", UNDR_OK},
    {"a half twice", IN_TABLE("}(G\x3f\xe0\0\0\0\0\0\0K\1G\x3f\xe0\0\0\0\0\0\0K\2u."), "{0.5: 2}", UNDR_OK},
    {"objects are themselves", IN_TABLE("}(cm\nA\n)\x81K\1cm\nA\n)\x81K\2u."), "{m.A(): 1, m.A(): 2}", UNDR_OK},
    /* the memo */
    {"put twice, memoized then", IN_TABLE("(K\1q\0K\2q\0N\x94h\1h\0t."), "(1, 2, None, None, 2)", UNDR_OK},
    /* states */
    {"slots",
        IN_TABLE("cm\nA\n)\x81N}\x86"
                 "b."),
        "m.A((None, {}))", UNDR_OK},
    {"slots, filled",
        IN_TABLE("cm\nA\n)\x81N}X\1\0\0\0aK\1s\x86"
                 "b."),
        "m.A((None, {'a': 1}))", UNDR_OK},
    {"slots, no dict",
        IN_TABLE("cm\nA\n)\x81N]\x86"
                 "b."),
        "m.A((None, []))", UNDR_OK},
    /* calls of what is no class */
    {"obj with arguments", IN_TABLE("(cm\nA\nK\1o."), "m.A(1)", UNDR_OK},
    {"slots on an int",
        IN_TABLE("K\1N}X\1\0\0\0aK\1s\x86"
                 "b."),
        NULL, UNDR_PICKLE_TYPE},
    {"no slots on an int",
        IN_TABLE("K\1N}\x86"
                 "b."),
        "1", UNDR_OK},
    {"getattr of no name", IN_TABLE("cbuiltins\ngetattr\n\x8c\1m\x8c\0\x93\x8c\1a\x86R."), "<class m..a>", UNDR_OK},
    {"float and more", IN_TABLE("F1e5x\n."), NULL, UNDR_PICKLE_NUMBER},
    {"float", IN_TABLE("F1e5\n."), "100000.0", UNDR_OK},
    {"nearly infinity", IN_TABLE("Finfinitx\n."), NULL, UNDR_PICKLE_NUMBER},
    {"nearly a nan", IN_TABLE("Fnxn\n."), NULL, UNDR_PICKLE_NUMBER},
    {"large int in digits", IN_TABLE("I99999999999999999999\n."), "99999999999999999999", UNDR_OK},
    {"truth in digits", IN_TABLE("I01\n."), "True", UNDR_OK},
    {"truth or not in digits", IN_TABLE("(I91\nI-1\nI 1\nI1\nI001\nt."), "(91, -1, True, 1, 1)", UNDR_OK},
    {"obj of an int", IN_TABLE("(K\1o."), NULL, UNDR_PICKLE_TYPE},
};

static void every_reading(void **state) {
    (void)state;
    size_t bad = 0;
    for (size_t i = 0; i < sizeof readings / sizeof *readings; ++i) {
        undr_arena arena = {0};
        undr_value *value = NULL;
        undr_buffer text = {0};
        const undr_error error = undr_pickle_read(readings[i].pickle, NULL, &arena, &value, NULL, NULL);
        if (error == UNDR_OK) {
            assert_int_equal(undr_value_print(&text, value), UNDR_OK);
        }
        const bool right = error == readings[i].error
            && (error != UNDR_OK || undr_slice_equal(undr_buffer_slice(&text), undr_slice_text(readings[i].prints)));
        if (!right) {
            print_error(
                "%s: %s %.*s\n", readings[i].name, undr_error_name(error), (int)text.size, (const char *)text.data);
        }
        undr_buffer_free(&text);
        undr_arena_free(&arena);
        bad += right ? 0 : 1;
    }
    assert_int_equal(bad, 0);
}

/* What a pickle is too large for, is no mistake of whoever wrote it. */
static void too_large_is_not_wrong(void **state) {
    (void)state;
    assert_true(undr_pickle_is_too_large(UNDR_LIMIT_NODES));
    assert_true(undr_pickle_is_too_large(UNDR_LIMIT_BYTES));
    assert_false(undr_pickle_is_too_large(UNDR_LIMIT_DEPTH));
    assert_false(undr_pickle_is_too_large(UNDR_OK));
}

/* Objects that no pickle makes: without arguments, called though no class. */
static void objects_of_callers(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_buffer text = {0};
    undr_value *class, *object;
    assert_int_equal(undr_value_class(&arena, "m", "A", &class), UNDR_OK);
    assert_int_equal(undr_value_reduce(&arena, class, NULL, &object), UNDR_OK);
    assert_int_equal(undr_value_print(&text, object), UNDR_OK);
    assert_true(undr_slice_equal(undr_buffer_slice(&text), undr_slice_text("m.A()")));
    text.size = 0;
    assert_int_equal(undr_pickle_write(object, 4, &text), UNDR_OK);
    undr_value *again = NULL;
    bool equal = false;
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&text), NULL, &arena, &again, NULL, NULL), UNDR_OK);
    assert_int_equal(undr_value_equal(object, again, &equal), UNDR_OK);
    assert_true(equal);
    object->object.callable = NULL;
    assert_int_equal(undr_pickle_write(object, 4, &text), UNDR_ARGUMENT);
    assert_false(undr_value_is_instance(object, "m.A"));
    undr_value strange = {.kind = (undr_kind)99};
    assert_int_equal(undr_pickle_write(&strange, 4, &text), UNDR_ARGUMENT);
    undr_buffer_free(&text);
    undr_arena_free(&arena);
}

/* An object whose callable is an object, called through NEWOBJ_EX or with arguments. */
static void called_objects(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *class, *maker, *args, *made, *odd;
    bool equal = true;
    assert_int_equal(undr_value_class(&arena, "m", "A", &class), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_TUPLE, NULL, 0, &args), UNDR_OK);
    assert_int_equal(undr_value_reduce(&arena, class, args, &maker), UNDR_OK);
    assert_int_equal(undr_value_reduce(&arena, maker, args, &made), UNDR_OK);
    made->object.by_reduce = false;
    for (int protocol = 2; protocol <= 5; ++protocol) {
        undr_buffer pickle = {0};
        undr_value *again = NULL;
        assert_int_equal(undr_pickle_write(made, protocol, &pickle), UNDR_OK);
        assert_int_equal(undr_pickle_read(undr_buffer_slice(&pickle), NULL, &arena, &again, NULL, NULL), UNDR_OK);
        assert_int_equal(undr_value_equal(made, again, &equal), UNDR_OK);
        assert_true(equal);
        undr_buffer_free(&pickle);
    }
    assert_int_equal(undr_value_items(&arena, UNDR_DICT, &class, 1, &odd), UNDR_ARGUMENT);
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, &class, SIZE_MAX / 2, &odd), UNDR_ARGUMENT);
    undr_arena_free(&arena);
}

static undr_error round_trip(undr_arena *arena, const undr_value *value, int protocol, undr_value **again) {
    undr_buffer pickle = {0};
    undr_error error = undr_pickle_write(value, protocol, &pickle);
    if (error == UNDR_OK) {
        error = undr_pickle_read(undr_buffer_slice(&pickle), NULL, arena, again, NULL, NULL);
    } else {
        assert_int_equal(pickle.size, 0);
    }
    undr_buffer_free(&pickle);
    return error;
}

static void assert_written(undr_arena *arena, const undr_value *value, int protocol) {
    undr_value *again = NULL;
    bool equal = false;
    assert_int_equal(round_trip(arena, value, protocol, &again), UNDR_OK);
    assert_int_equal(undr_value_equal(value, again, &equal), UNDR_OK);
    assert_true(equal);
}

/* A frozenset whose element has it as its state; a state that stands elsewhere, too; a call with keywords. */
static void odd_objects_are_written(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *object, *frozenset, *dict, *both, *class, *args, *again;
    assert_int_equal(undr_value_instance(&arena, "m", "A", NULL, &object), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_FROZENSET, &object, 1, &frozenset), UNDR_OK);
    object->object.state = frozenset;
    for (int protocol = 2; protocol <= 5; ++protocol) {
        assert_int_equal(round_trip(&arena, frozenset, protocol, &again), UNDR_OK);
        assert_int_equal(again->kind, UNDR_FROZENSET);
        assert_ptr_equal(again->items.at[0]->object.state->items.at[0], again->items.at[0]);
    }
    assert_int_equal(undr_value_items(&arena, UNDR_DICT, NULL, 0, &dict), UNDR_OK);
    assert_int_equal(undr_value_instance(&arena, "m", "A", dict, &object), UNDR_OK);
    undr_value *const pair[] = {dict, object};
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, pair, 2, &both), UNDR_OK);
    assert_int_equal(round_trip(&arena, both, 4, &again), UNDR_OK);
    assert_ptr_equal(again->items.at[1]->object.state, again->items.at[0]); /* one dict, not two */
    assert_int_equal(undr_value_class(&arena, "m", "A", &class), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_TUPLE, NULL, 0, &args), UNDR_OK);
    assert_int_equal(undr_value_reduce(&arena, class, args, &object), UNDR_OK);
    object->object.by_reduce = true;
    assert_written(&arena, object, 4);
    assert_int_equal(undr_value_items(&arena, UNDR_DICT, (undr_value *[]){object, object}, 2, &dict), UNDR_OK);
    object->object.kwargs = dict;
    dict->items.at[0] = dict->items.at[1] = class;
    for (int protocol = 2; protocol <= 5; ++protocol) {
        assert_written(&arena, object, protocol);
    }
    undr_arena_free(&arena);
}

static void odd_classes(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *class, *again;
    char dots[1200];
    memset(dots, '.', sizeof dots - 1);
    dots[sizeof dots - 1] = '\0';
    assert_int_equal(undr_value_class(&arena, "m", dots, &class), UNDR_OK);
    assert_int_equal(round_trip(&arena, class, 2, &again), UNDR_LIMIT_DEPTH); /* a class within a class within... */
    assert_written(&arena, class, 4);
    memset(dots, 'a', sizeof dots - 3); /* long, but in one class only */
    dots[sizeof dots - 2] = 'b';
    assert_int_equal(undr_value_class(&arena, "m", dots, &class), UNDR_OK);
    assert_written(&arena, class, 2);
    /* Protocol 2 renames builtins to __builtin__; this name would come back as another. */
    assert_int_equal(undr_value_class(&arena, "builtins", "unicode", &class), UNDR_OK);
    assert_int_equal(round_trip(&arena, class, 2, &again), UNDR_ARGUMENT);
    assert_written(&arena, class, 4);
    /* Two texts of one FNV-1a hash, by which the writer finds names that it has written. */
    undr_value *classes[5], *all;
    static const char one[] = "8yn0iYCKYHlIj4-BwPqk", other[] = "GReLUrM4wMqfg9yzV3KQ";
    const char *const names[5][2] = {{one, "N"}, {other, "N"}, {"m", one}, {"m", other}, {"", "N"}};
    for (size_t i = 0; i < 5; ++i) {
        assert_int_equal(undr_value_class(&arena, names[i][0], names[i][1], &classes[i]), UNDR_OK);
    }
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, classes, 5, &all), UNDR_OK);
    assert_written(&arena, all, 4);
    undr_arena_free(&arena);
}

static void attributes(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *value = NULL;
    const struct {
        undr_slice pickle;
        bool found;
    } rows[] = {
        {IN_TABLE("cm\nA\n)\x81}X\1\0\0\0aK\1sb."), true},
        {IN_TABLE("cm\nA\n)\x81N}X\1\0\0\0aK\1s\x86"
                  "b."),
            true},
        {IN_TABLE("cm\nA\n)\x81NN\x86"
                  "b."),
            false},
        {IN_TABLE("cm\nA\n)\x81K\1b."), false},
        {IN_TABLE("cm\nA\n)\x81K\1K\2K\3\x87"
                  "b."),
            false},
        {IN_TABLE("cm\nA\n)\x81."), false},
        {IN_TABLE("K\1."), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        assert_int_equal(undr_pickle_read(rows[i].pickle, NULL, &arena, &value, NULL, NULL), UNDR_OK);
        assert_int_equal(undr_value_attribute(value, "a") != NULL, rows[i].found);
        assert_null(undr_value_attribute(value, "b"));
    }
    assert_int_equal(undr_pickle_read(BYTES("cm\nA\n)\x81."), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    assert_true(undr_value_is_instance(value, "m.A"));
    assert_false(undr_value_is_instance(value, "m.B"));
    assert_false(undr_value_is_instance(value, "n.A"));
    assert_false(undr_value_is_instance(value, "mxA"));
    undr_arena_free(&arena);
}

/* Appends BININT2 of number. */
static void put_int(undr_buffer *pickle, int number) {
    const char opcode[3] = {'M', (char)number, (char)(number >> 8)};
    assert_int_equal(undr_put_bytes(pickle, opcode, sizeof opcode), UNDR_OK);
}

/* The entries `first` to `last` of a dict n: n + extra, each by itself, or all at once. */
static void put_entries(undr_buffer *pickle, int first, int last, int extra, bool at_once) {
    assert_int_equal(undr_put_text(pickle, at_once ? "(" : ""), UNDR_OK);
    for (int number = first; number <= last; ++number) {
        put_int(pickle, number);
        put_int(pickle, number + extra);
        assert_int_equal(undr_put_text(pickle, at_once ? "" : "s"), UNDR_OK);
    }
    assert_int_equal(undr_put_text(pickle, at_once ? "u" : ""), UNDR_OK);
}

static void assert_entries(undr_buffer *pickle, int count) {
    undr_arena arena = {0};
    undr_value *dict = NULL;
    assert_int_equal(undr_put_text(pickle, "."), UNDR_OK);
    assert_int_equal(undr_pickle_read(undr_buffer_slice(pickle), NULL, &arena, &dict, NULL, NULL), UNDR_OK);
    assert_int_equal(dict->items.count, 2 * count);
    for (int number = 0; number < count; ++number) {
        int64_t key = 0, value = 0;
        assert_true(undr_value_int64(dict->items.at[2 * number], &key));
        assert_true(undr_value_int64(dict->items.at[2 * number + 1], &value));
        assert_int_equal(key, number);
        assert_int_equal(value, number + 1);
    }
    undr_arena_free(&arena);
    undr_buffer_free(pickle);
}

/* A dict that grows keeps what it holds, in its order, and finds all of it again, however it grows. */
static void dicts_grow(void **state) {
    (void)state;
    for (int way = 0; way < 8; ++way) {
        undr_buffer pickle = {0};
        const bool first = (way & 1) != 0, then = (way & 2) != 0, again = (way & 4) != 0;
        assert_int_equal(undr_put_text(&pickle, "}"), UNDR_OK);
        put_entries(&pickle, 0, 4, 2, first);
        put_entries(&pickle, 5, 999, 2, then);
        put_entries(&pickle, 0, 999, 1, again);
        assert_entries(&pickle, 1000);
    }
}

/* INST and OBJ without arguments make an instance as NEWOBJ does, with arguments they call as REDUCE does. */
static void instances_are_written_as_what_they_are(void **state) {
    (void)state;
    static const struct {
        undr_slice read, written;
    } rows[] = {
        {IN_TABLE("(cm\nA\no."), IN_TABLE("\x80\2cm\nA\nq\0)\x81q\1.")},
        {IN_TABLE("(im\nA\n."), IN_TABLE("\x80\2cm\nA\nq\0)\x81q\1.")},
        {IN_TABLE("(cm\nA\nK\1o."), IN_TABLE("\x80\2cm\nA\nq\0K\1\x85q\1Rq\2.")},
        {IN_TABLE("(K\1im\nA\n."), IN_TABLE("\x80\2cm\nA\nq\0K\1\x85q\1Rq\2.")},
        {IN_TABLE("(cm\nA\n)\x81o."), IN_TABLE("\x80\2cm\nA\nq\0)\x81q\1)Rq\2.")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        undr_arena arena = {0};
        undr_buffer pickle = {0};
        undr_value *value = NULL;
        assert_int_equal(undr_pickle_read(rows[i].read, NULL, &arena, &value, NULL, NULL), UNDR_OK);
        assert_int_equal(undr_pickle_write(value, 2, &pickle), UNDR_OK);
        assert_int_equal(pickle.size, rows[i].written.size);
        assert_memory_equal(pickle.data, rows[i].written.data, pickle.size);
        undr_buffer_free(&pickle);
        undr_arena_free(&arena);
    }
}

/* [t, 7] with t = ([t], 1): the writer meets t within t, and takes back what it had begun to write. */
static void a_tuple_within_itself_is_written_once(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *all = NULL;
    assert_int_equal(undr_pickle_read(BYTES("](]q\0K\1\x86q\1h\0h\1a0K\7e."), NULL, &arena, &all, NULL, NULL), UNDR_OK);
    for (int protocol = 2; protocol <= 5; ++protocol) {
        undr_value *again = NULL;
        assert_int_equal(round_trip(&arena, all, protocol, &again), UNDR_OK);
        assert_int_equal(again->items.count, 2);
        const undr_value *tuple = again->items.at[0];
        assert_int_equal(tuple->kind, UNDR_TUPLE);
        assert_int_equal(tuple->items.count, 2);
        assert_int_equal(tuple->items.at[0]->items.count, 1);
        assert_ptr_equal(tuple->items.at[0]->items.at[0], tuple);
    }
    undr_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reading),
        cmocka_unit_test(too_large_is_not_wrong),
        cmocka_unit_test(objects_of_callers),
        cmocka_unit_test(called_objects),
        cmocka_unit_test(odd_objects_are_written),
        cmocka_unit_test(odd_classes),
        cmocka_unit_test(attributes),
        cmocka_unit_test(a_tuple_within_itself_is_written_once),
        cmocka_unit_test(dicts_grow),
        cmocka_unit_test(instances_are_written_as_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
