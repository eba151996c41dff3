/* test_vectors.c: the reference codec against the golden frames and payloads of spec/vectors/. */
#include "pickle/number.h"
#include "support/guard_page.h"
#include "support/vectors.h"
#include "undr/manager.h"
#include "undr/pickle.h"

typedef struct vectors {
    json_t *frames;
    json_t *payloads;
} vectors;

static undr_buffer bytes_of(const json_t *vector, const char *key) {
    return unhex(json_string_value(json_object_get(vector, key)));
}

/* Fails with the vector's name. */
static void expect(bool held, const json_t *vector, const char *what) {
    if (!held) {
        print_error("%s: %s\n", json_string_value(json_object_get(vector, "name")), what);
    }
    assert_true(held);
}

typedef void check(const json_t *vector, undr_slice bytes);

/* Runs the check over a list, each vector's bytes before an unreadable page. */
static void over(const json_t *file, const char *list, check *one) {
    const json_t *rows = json_object_get(file, list);
    assert_true(json_array_size(rows) > 0);
    size_t index = 0;
    const json_t *vector = NULL;
    json_array_foreach(rows, index, vector) {
        undr_buffer bytes = bytes_of(vector, "bytes");
        guarded copy = guard_page_copy(undr_buffer_slice(&bytes));
        one(vector, copy.bytes);
        guard_page_free(&copy);
        undr_buffer_free(&bytes);
    }
}

static void check_whole(const json_t *vector, undr_slice bytes) {
    undr_frame frame = {0};
    uint64_t size = 0;
    undr_buffer payload = bytes_of(vector, "payload");
    expect(undr_frame_decode(bytes, UNDR_PAYLOAD_MINIMUM, &frame, &size) == UNDR_OK, vector, "is a frame");
    expect(size == bytes.size, vector, "takes all bytes");
    expect(frame.type == json_integer_value(json_object_get(vector, "type")), vector, "type");
    expect(undr_slice_equal(frame.payload, undr_buffer_slice(&payload)), vector, "payload");
    undr_buffer encoded = {0};
    assert_int_equal(undr_frame_encode(&encoded, &frame), UNDR_OK);
    expect(undr_slice_equal(undr_buffer_slice(&encoded), bytes), vector, "is written the same");
    undr_buffer_free(&encoded);
    undr_buffer_free(&payload);
}

static void check_incomplete(const json_t *vector, undr_slice bytes) {
    undr_frame frame = {0};
    uint64_t size = 0;
    expect(undr_frame_decode(bytes, UNDR_PAYLOAD_MINIMUM, &frame, &size) == UNDR_MORE, vector, "needs more");
    expect(size == (uint64_t)json_integer_value(json_object_get(vector, "needed")), vector, "needs how much");
}

static void check_stream(const json_t *vector, undr_slice bytes) {
    undr_frame frame = {0};
    uint64_t size = 0;
    size_t index = 0;
    const json_t *pair = NULL;
    json_array_foreach(json_object_get(vector, "frames"), index, pair) {
        undr_buffer payload = unhex(json_string_value(json_array_get(pair, 1)));
        expect(undr_frame_decode(bytes, UNDR_PAYLOAD_MINIMUM, &frame, &size) == UNDR_OK, vector, "next frame");
        expect(frame.type == json_integer_value(json_array_get(pair, 0)), vector, "type");
        expect(undr_slice_equal(frame.payload, undr_buffer_slice(&payload)), vector, "payload");
        bytes = undr_slice_of(bytes.data + size, bytes.size - (size_t)size);
        undr_buffer_free(&payload);
    }
    expect(bytes.size == (size_t)json_integer_value(json_object_get(vector, "rest")), vector, "rest");
    expect(undr_frame_decode(bytes, UNDR_PAYLOAD_MINIMUM, &frame, &size) == UNDR_MORE, vector, "rest is no frame");
}

static void check_length(const json_t *vector, undr_slice bytes) {
    undr_frame frame = {0};
    uint64_t size = 0;
    const undr_error error = undr_frame_decode(bytes, UNDR_PAYLOAD_MINIMUM, &frame, &size);
    expect(error == UNDR_PAYLOAD_TOO_LARGE, vector, "refused");
}

static undr_error give_to_manager(const undr_frame *frame) {
    undr_manager_core *core = NULL;
    undr_connection connection = 0;
    assert_int_equal(undr_manager_new(&(undr_manager_options){.priority_levels = 2}, &core), UNDR_OK);
    assert_int_equal(undr_manager_connect(core, &connection), UNDR_OK);
    const undr_error error = undr_manager_receive(core, connection, frame, 0);
    undr_answer answer = {0};
    assert_int_equal(undr_manager_next_answer(core, &answer), error == UNDR_OK ? UNDR_OK : UNDR_DONE);
    undr_manager_free(core);
    return error;
}

static undr_error give(const json_t *vector, undr_slice bytes) {
    undr_frame frame = {0};
    uint64_t size = 0;
    assert_int_equal(undr_frame_decode(bytes, UNDR_PAYLOAD_MINIMUM, &frame, &size), UNDR_OK);
    const char *receiver = json_string_value(json_object_get(vector, "receiver"));
    return strcmp(receiver, "manager") == 0 ? give_to_manager(&frame) : give_to_worker(&frame);
}

static void check_refused(const json_t *vector, undr_slice bytes) {
    expect(give(vector, bytes) != UNDR_OK, vector, "refused");
}

/* JSON's description of a value, as a value. */
static undr_value *build(undr_arena *arena, const json_t *json);

static undr_value *build_items(undr_arena *arena, undr_kind kind, const json_t *list) {
    undr_value *items[2048];
    size_t count = 0;
    size_t index = 0;
    const json_t *item = NULL;
    json_array_foreach(list, index, item) {
        assert_true(count + 2 <= sizeof items / sizeof items[0]);
        if (kind == UNDR_DICT) {
            items[count++] = build(arena, json_array_get(item, 0));
            items[count++] = build(arena, json_array_get(item, 1));
        } else {
            items[count++] = build(arena, item);
        }
    }
    undr_value *value = NULL;
    assert_int_equal(undr_value_items(arena, kind, items, count, &value), UNDR_OK);
    return value;
}

static undr_value *build_class(undr_arena *arena, const char *full_name) {
    char module[256];
    const char *dot = strrchr(full_name, '.');
    assert_non_null(dot);
    (void)snprintf(module, sizeof module, "%.*s", (int)(dot - full_name), full_name);
    undr_value *value = NULL;
    assert_int_equal(undr_value_class(arena, module, dot + 1, &value), UNDR_OK);
    return value;
}

static undr_value *build_object(undr_arena *arena, const json_t *json) {
    undr_value *callable = build_class(arena, json_string_value(json_object_get(json, "object")));
    undr_value *args = build_items(arena, UNDR_TUPLE, json_object_get(json, "args"));
    undr_value *value = NULL;
    assert_int_equal(undr_value_reduce(arena, callable, args, &value), UNDR_OK);
    const json_t *state = json_object_get(json, "state");
    value->object.state = state == NULL ? NULL : build(arena, state);
    return value;
}

static undr_value *build_bytes(undr_arena *arena, undr_kind kind, const json_t *hex) {
    undr_buffer bytes = unhex(json_string_value(hex));
    undr_value *value = NULL;
    assert_int_equal(undr_value_bytes(arena, kind, undr_buffer_slice(&bytes), &value), UNDR_OK);
    undr_buffer_free(&bytes);
    return value;
}

static undr_value *build_int(undr_arena *arena, const char *decimal) {
    undr_buffer number = {0};
    undr_value *value = NULL;
    assert_int_equal(undr_parse_int(undr_slice_text(decimal), UNDR_INT_DECIMAL, &number), UNDR_OK);
    assert_int_equal(undr_value_big(arena, undr_buffer_slice(&number), &value), UNDR_OK);
    undr_buffer_free(&number);
    return value;
}

static undr_value *build_scalar(undr_arena *arena, const char *tag, const json_t *content) {
    undr_value *value = NULL;
    const char *text = json_string_value(content);
    if (strcmp(tag, "int") == 0) {
        return build_int(arena, text);
    }
    if (strcmp(tag, "float") == 0) {
        assert_int_equal(undr_value_float(arena, strtod(text, NULL), &value), UNDR_OK);
        return value;
    }
    if (strcmp(tag, "str") == 0) {
        const undr_slice characters = undr_slice_of(text, json_string_length(content));
        assert_int_equal(undr_value_bytes(arena, UNDR_STR, characters, &value), UNDR_OK);
        return value;
    }
    return build_class(arena, text);
}

static undr_value *build(undr_arena *arena, const json_t *json) {
    static const struct {
        const char *tag;
        undr_kind kind;
    } lists[] = {{"list", UNDR_LIST}, {"tuple", UNDR_TUPLE}, {"set", UNDR_SET}, {"frozenset", UNDR_FROZENSET},
        {"dict", UNDR_DICT}};
    undr_value *value = NULL;
    if (json_is_null(json)) {
        assert_int_equal(undr_value_none(arena, &value), UNDR_OK);
        return value;
    }
    if (json_is_boolean(json)) {
        assert_int_equal(undr_value_bool(arena, json_is_true(json), &value), UNDR_OK);
        return value;
    }
    const char *tag = json_object_iter_key(json_object_iter((json_t *)json));
    const json_t *content = json_object_get(json, tag);
    for (size_t index = 0; index < sizeof lists / sizeof lists[0]; ++index) {
        if (strcmp(tag, lists[index].tag) == 0) {
            return build_items(arena, lists[index].kind, content);
        }
    }
    if (json_object_get(json, "object") != NULL) {
        return build_object(arena, json);
    }
    if (strcmp(tag, "bytes") == 0 || strcmp(tag, "bytearray") == 0) {
        return build_bytes(arena, strcmp(tag, "bytes") == 0 ? UNDR_BYTES : UNDR_BYTEARRAY, content);
    }
    return build_scalar(arena, tag, content);
}

static bool prints_as(const undr_value *value, const char *text) {
    undr_buffer printed = {0};
    assert_int_equal(undr_value_print(&printed, value), UNDR_OK);
    const bool same = undr_slice_equal(undr_buffer_slice(&printed), undr_slice_text(text));
    undr_buffer_free(&printed);
    return same;
}

static void check_valid(const json_t *vector, undr_slice bytes) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    bool equal = false;
    expect(undr_pickle_read(bytes, NULL, &arena, &value, NULL, NULL) == UNDR_OK, vector, "is read");
    expect(prints_as(value, json_string_value(json_object_get(vector, "text"))), vector, "text");
    const undr_value *described = build(&arena, json_object_get(vector, "value"));
    assert_int_equal(undr_value_equal(value, described, &equal), UNDR_OK);
    expect(equal, vector, "value");
    const json_int_t protocol = json_integer_value(json_object_get(vector, "protocol"));
    if (protocol >= 2) { /* CPython wrote it: ours writes the same */
        undr_buffer written = {0};
        assert_int_equal(undr_pickle_write(value, (int)protocol, &written), UNDR_OK);
        expect(undr_slice_equal(undr_buffer_slice(&written), bytes), vector, "is written the same");
        undr_buffer_free(&written);
    }
    undr_arena_free(&arena);
}

static void check_invalid(const json_t *vector, undr_slice bytes) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    expect(undr_pickle_read(bytes, NULL, &arena, &value, NULL, NULL) != UNDR_OK, vector, "refused");
    expect(give_to_manager(&(undr_frame){.type = 'm', .payload = bytes}) != UNDR_OK, vector, "refused as a message");
    if (bytes.size > 0) { /* an empty task is a task that can't be run */
        expect(give_to_worker(&(undr_frame){.type = 't', .payload = bytes}) != UNDR_OK, vector, "refused as a task");
    }
    undr_arena_free(&arena);
}

/* SEC-1: read or refused, nothing happens and little is used. */
static void check_hostile(const json_t *vector, undr_slice bytes) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    const undr_error error = undr_pickle_read(bytes, NULL, &arena, &value, NULL, NULL);
    expect(error == UNDR_OK || error == UNDR_LIMIT_MEMO || error == UNDR_LIMIT_DEPTH, vector, "read or refused");
    expect(arena.used <= 65536 + 256 * bytes.size, vector, "memory");
    expect(access("undr-vector-was-run", F_OK) != 0, vector, "was executed");
    undr_arena_free(&arena);
}

static void test_whole(void **state) {
    over(((vectors *)*state)->frames, "whole", check_whole);
}

static void test_incomplete(void **state) {
    over(((vectors *)*state)->frames, "incomplete", check_incomplete);
}

static void test_streams(void **state) {
    over(((vectors *)*state)->frames, "streams", check_stream);
}

static void test_lengths(void **state) {
    over(((vectors *)*state)->frames, "lengths", check_length);
}

static void test_refused(void **state) {
    over(((vectors *)*state)->frames, "refused", check_refused);
}

/* That a refusal proves something: the nearest valid frames are accepted. */
static void test_accepted(void **state) {
    (void)state;
    const undr_frame to_manager[] = {
        {.type = 'n'}, {.type = 't'}, {.type = 0x81}, {.type = 'm', .payload = undr_pickle_none()}};
    for (size_t index = 0; index < sizeof to_manager / sizeof to_manager[0]; ++index) {
        assert_int_equal(give_to_manager(&to_manager[index]), UNDR_OK);
    }
    assert_int_equal(give_to_worker(&(undr_frame){.type = 't', .payload = undr_pickle_none()}), UNDR_OK);
}

static void test_valid(void **state) {
    over(((vectors *)*state)->payloads, "valid", check_valid);
}

static void test_invalid(void **state) {
    over(((vectors *)*state)->payloads, "invalid", check_invalid);
}

static void test_hostile(void **state) {
    over(((vectors *)*state)->payloads, "hostile", check_hostile);
}

static int load_both(void **state) {
    static vectors all;
    all.frames = load_vectors("spec/vectors/frames.json");
    all.payloads = load_vectors("spec/vectors/payloads.json");
    *state = &all;
    return all.frames == NULL || all.payloads == NULL ? -1 : 0;
}

static int free_both(void **state) {
    const vectors *all = *state;
    json_decref(all->frames);
    json_decref(all->payloads);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, load_both, free_both);
}
