/* test_allocations.c: whatever is read, written, printed or compared, each of its allocations fails in turn: all the
 * golden frames and payloads, the corpus of pickles, and every case of the suite. */
#include "failing_malloc.h"

#include "embedded.h"
#include "exchange.h"
#include "names.h"
#include "undr/manager.h"
#include "undr/pickle.h"
#include "undr/worker.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t digit(char character) {
    return (uint8_t)(character <= '9' ? character - '0' : character - 'a' + 10);
}

static undr_buffer unhex(const char *text) {
    undr_buffer bytes = {0};
    for (; text[0] != '\0' && text[1] != '\0'; text += 2) {
        assert_int_equal(undr_put_u8(&bytes, (uint8_t)(digit(text[0]) << 4 | digit(text[1]))), UNDR_OK);
    }
    return bytes;
}

/* Each entry of a list in a file of the source tree; all the allocations that could fail. */
static size_t over(const char *file, const char *list, const char *key, size_t (*fail_each_of)(undr_slice)) {
    char path[1024];
    const char *source = getenv("UNDR_SOURCE_DIR");
    assert_non_null(source); /* ctest sets it */
    (void)snprintf(path, sizeof path, "%s/%s", source, file);
    json_t *json = json_load_file(path, JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    size_t index = 0, allocations = 0;
    const json_t *entry = NULL;
    json_array_foreach(json_object_get(json, list), index, entry) {
        undr_buffer bytes = unhex(json_string_value(json_object_get(entry, key)));
        allocations += fail_each_of(undr_buffer_slice(&bytes));
        undr_buffer_free(&bytes);
    }
    assert_true(index > 0);
    json_decref(json);
    return allocations;
}

/* ---- frames ---- */

static undr_error give_to_manager(const undr_frame *frame) {
    undr_manager_core *core = NULL;
    undr_connection connection = 0;
    undr_error error = undr_manager_new(&(undr_manager_options){.priority_levels = 2}, &core);
    if (error != UNDR_OK) {
        return error;
    }
    error = undr_manager_connect(core, &connection);
    if (error == UNDR_OK) {
        error = undr_manager_receive(core, connection, frame, 0);
    }
    undr_buffer message = {0};
    if (error == UNDR_OK && undr_manager_messages(core) > 0) {
        error = undr_manager_next_message(core, &message);
    }
    undr_buffer_free(&message);
    undr_manager_free(core);
    return error;
}

static undr_error give_to_worker(const undr_frame *frame) {
    undr_worker_core core;
    undr_frame request = {0};
    undr_worker_action action = UNDR_WORKER_POLL;
    undr_arena arena = {0};
    undr_value *task = NULL;
    undr_worker_start(&core);
    assert_int_equal(undr_worker_ask(&core, &request), UNDR_OK);
    const undr_error error = undr_worker_receive(&core, frame, &arena, &action, &task);
    undr_arena_free(&arena);
    return error;
}

static undr_error handle_frame(void *context) {
    const undr_slice *bytes = context;
    undr_frame frame = {0};
    uint64_t size = 0;
    undr_error error = undr_frame_decode(*bytes, UNDR_PAYLOAD_MINIMUM, &frame, &size);
    if (error != UNDR_OK) {
        return error;
    }
    undr_buffer copy = {0};
    error = undr_frame_encode(&copy, &frame);
    undr_buffer_free(&copy);
    if (error != UNDR_OK) {
        return error;
    }
    error = give_to_manager(&frame);
    const undr_error other = error == UNDR_MEMORY ? error : give_to_worker(&frame);
    return other == UNDR_OK ? error : other;
}

static size_t fail_each_of_frame(undr_slice bytes) {
    return fail_each(handle_frame, &bytes);
}

static void frames(void **state) {
    (void)state;
    static const char *const lists[] = {"whole", "incomplete", "streams", "lengths", "refused"};
    size_t allocations = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; ++i) {
        allocations += over("spec/vectors/frames.json", lists[i], "bytes", fail_each_of_frame);
    }
    assert_true(allocations > 100);
}

/* ---- pickles ---- */

/* The first error of several calls. */
static undr_error first(undr_error error, undr_error other) {
    return error == UNDR_OK || other == UNDR_MEMORY ? other : error;
}

static undr_error write_all(const undr_value *value) {
    undr_buffer output = {0};
    bool whole = false;
    undr_error error = undr_value_print(&output, value);
    for (int protocol = 2; error != UNDR_MEMORY && protocol <= 5; ++protocol) {
        error = first(error, undr_pickle_write(value, protocol, &output));
    }
    if (error != UNDR_MEMORY) {
        error = first(error, check_print_value(&output, value, &whole));
    }
    undr_buffer_free(&output);
    return error;
}

/* Two readings of the same bytes are equal; a value that contains itself is too deep to say. */
static undr_error compare(undr_slice bytes, const undr_value *value) {
    undr_arena arena = {0};
    undr_value *again = NULL;
    bool answer = false;
    undr_error error = undr_pickle_read(bytes, NULL, &arena, &again, NULL, NULL);
    if (error == UNDR_OK) {
        error = undr_value_equal(value, again, &answer);
        assert_int_equal(answer, error == UNDR_OK);
    }
    undr_arena_free(&arena);
    return error;
}

/* The same bytes as a task and as a message, and as a transcript shows them. */
static undr_error show(undr_slice bytes) {
    undr_error error = give_to_worker(&(undr_frame){.type = 't', .payload = bytes});
    if (error != UNDR_MEMORY) {
        error = first(error, give_to_manager(&(undr_frame){.type = 'm', .payload = bytes}));
    }
    undr_buffer text = {0};
    for (int way = 0; error != UNDR_MEMORY && way < 3; ++way) {
        error = first(error, check_print_frame(&text, "A", way == 0 ? "<-" : "->", 't', bytes, way == 2));
    }
    undr_buffer_free(&text);
    return error;
}

static undr_error read_pickle(void *context) {
    const undr_slice *bytes = context;
    undr_arena arena = {0};
    undr_value *value = NULL;
    const undr_error error = undr_pickle_read(*bytes, NULL, &arena, &value, NULL, NULL);
    undr_arena_free(&arena);
    return error;
}

/* Bytes. A transcript tries each protocol, which takes a while for what is longer; where each value is an allocation, all
 * takes a time that is quadratic in the size. */
#ifdef UNDR_EXACT_MEMORY
enum { LONG = 40, PICKLE_SIZE = 60, CASE_SIZE = 0 };
#else
enum { LONG = 1000, PICKLE_SIZE = INT_MAX, CASE_SIZE = INT_MAX };
#endif

/* Reads, searches, compares, writes, prints and shows. */
static undr_error handle_pickle(void *context) {
    const undr_slice *bytes = context;
    undr_arena arena = {0};
    undr_value *value = NULL;
    bool answer = false;
    undr_error error = undr_pickle_read(*bytes, NULL, &arena, &value, NULL, NULL);
    if (error == UNDR_OK) {
        error = undr_value_contains(value, undr_slice_text("not in it"), &answer);
        error = error == UNDR_MEMORY ? error : first(error, compare(*bytes, value));
        error = error == UNDR_MEMORY ? error : first(error, write_all(value));
    }
    undr_arena_free(&arena);
    if (bytes->size > LONG || (error != UNDR_OK && error != UNDR_LIMIT_DEPTH)) {
        return error;
    }
    return first(error, show(*bytes));
}

/* What expands to millions of values is only read: to print it takes a while, once for each doubling of the text. */
static size_t fail_each_of_pickle(undr_slice bytes) {
    if (bytes.size > PICKLE_SIZE) {
        return 0;
    }
    const undr_error error = handle_pickle(&bytes);
    return fail_each(error == UNDR_LIMIT_NODES || error == UNDR_LIMIT_BYTES ? read_pickle : handle_pickle, &bytes);
}

static void payloads(void **state) {
    (void)state;
    static const char *const lists[] = {"valid", "invalid", "hostile"};
    size_t allocations = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; ++i) {
        allocations += over("spec/vectors/payloads.json", lists[i], "bytes", fail_each_of_pickle);
    }
    assert_true(allocations > 2000);
}

static void pickles(void **state) {
    (void)state;
    const size_t allocations = over("tests/pickles/corpus.json", "pickles", "pickle", fail_each_of_pickle);
    assert_true(allocations > 10000);
}

/* Every kind of value, every table that grows. */
static void every_opcode(void **state) {
    (void)state;
    static const char all[] =
        "\x80\x04]\x94(NK\x01\x88G?\xf8\0\0\0\0\0\0\x8c\x04text\x94"
        "C\x02xy\x94Va\\u20ac\nS'a\\n'\nI12\nL7L\nF1.5\n\x8a\x09\0\0\0\0\0\0\0\0\x01"
        "}\x94(K\x01NK\x02NK\x03NK\x04NK\x05NK\x06NK\x07NK\x08NK\x09NK\x0aNK\x01\x88u"
        "\x8f\x94(K\x01K\x02\x90(K\x03\x91\x94"
        "\x8c\x01m\x94\x8c\x01N\x94\x93\x94)\x81\x94}\x94\x8c\x01k\x94h\x00sb"
        "h\x08)\x81(K\x01" "e}(K\x02K\x03ub"
        "c_codecs\nencode\nX\x02\0\0\0\xc3\xbfX\x06\0\0\0latin1\x86R"
        "cbuiltins\nset\n](K\x05" "e\x85R"
        "cbuiltins\ngetattr\ncm\nA\n\x8c\x01" "B\x86R"
        "(((((((((((((((((1111111111111111"
        "1\x96\x01\0\0\0\0\0\0\0qp20\ng20\n"
        "e.";
    undr_slice bytes = undr_slice_of(all, sizeof all - 1);
    assert_true(fail_each(handle_pickle, &bytes) > 30);
}

/* ---- cases ---- */

/* What the harness would send or expect; names are unknown here, which is an error of its own. */
static undr_error build(const check_payload *payload, undr_buffer *text) {
    if (payload->form == CHECK_PAYLOAD_EMPTY || payload->term->kind == CHECK_TERM_TIMES) {
        return UNDR_OK; /* some are large */
    }
    undr_buffer bytes = {0};
    undr_error error = check_build_payload(payload, NULL, &bytes, NULL);
    if (error == UNDR_OK) {
        error = check_print_payload(text, undr_buffer_slice(&bytes), true, true);
    }
    undr_buffer_free(&bytes);
    return error == UNDR_MEMORY ? error : UNDR_OK;
}

static undr_error build_steps(const check_step *steps, size_t count, undr_buffer *text) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; error == UNDR_OK && i < count; ++i) {
        error = build(&steps[i].payload, text);
        if (error == UNDR_OK) {
            error = build_steps(steps[i].steps, steps[i].step_count, text);
        }
    }
    return error;
}

/* Reads one case, prints it, reads that again, and makes the payloads of its frames. */
static undr_error handle_case(void *context) {
    const undr_slice *bytes = context;
    check_cases cases, again;
    check_mistake mistake;
    undr_buffer text = {0};
    undr_error error = check_parse(*bytes, "cases", &cases, &mistake);
    if (error != UNDR_OK) {
        return error;
    }
    error = check_print(&text, &cases.at[0]);
    if (error == UNDR_OK) {
        error = check_parse(undr_buffer_slice(&text), "cases", &again, &mistake);
        check_cases_free(&again);
    }
    if (error == UNDR_OK) {
        error = build_steps(cases.at[0].steps, cases.at[0].step_count, &text);
    }
    check_cases_free(&cases);
    undr_buffer_free(&text);
    return error;
}

static void cases(void **state) {
    (void)state;
    size_t allocations = 0, count = 0;
    for (const check_embedded *file = check_embedded_cases; file->name != NULL; ++file) {
        check_cases parsed;
        check_mistake mistake;
        assert_int_equal(
            check_parse(undr_slice_of(file->data, file->size), file->name, &parsed, &mistake), UNDR_OK);
        for (size_t i = 0; i < parsed.count; ++i) {
            undr_buffer text = {0};
            assert_int_equal(check_print(&text, &parsed.at[i]), UNDR_OK);
            undr_slice one = undr_buffer_slice(&text);
            if (one.size <= CASE_SIZE) {
                allocations += fail_each(handle_case, &one);
                ++count;
            }
            undr_buffer_free(&text);
        }
        check_cases_free(&parsed);
    }
    assert_true(allocations >= 10 * count);
    assert_true(count > 400 || CASE_SIZE == 0);
}

/* What the cases of the suite do not say in so few words. */
static void every_construct(void **state) {
    (void)state;
    static const char *const texts[] = {
        "case pool.a.b\n  must  X-1  s\n  note a\n  note b\n  role pool workers 3 levels 4 log-directory\n"
        "  needs held\n  needs pickle 5\n  delivery whole\n  set load\n  destructive\n  after pool.other\n\n"
        "  P alive\n\n  should  X-2  t\n  P logs 3\n  P -> signal TERM\n  P <- exit nonzero or exit 3\n",
        "case manager.a.b\n  must  X-1  s\n\n  A -> header 0x80 77\n  A -> raw b'n'\n  A -> bad n b'x'\n",
        "case manager.a.b\n  must  X-1  s\n\n  repeat 3\n    A[i] -> 0x80 (i, 'x')\n    A[i] <- s\n"
        "  unordered\n    B <- t b'a' * 3\n    B <- end fin or end reset or end\n"
        "  together\n    B -> m 'x' * 70\n    B -> m pickle2({1, 2})\n  poll B n until t CloseRequest or end\n",
        "case manager.a.b\n  must  X-1  s\n\n  M -> schedule 1 Probe([('wait', G), ('pid',)])\n  M <- ok or error\n"
        "  M <- message ?pid contains 'x'\n  M <- message object('m.N', {'a': ?b})\n  G accept\n  kill ?pid\n"
        "  gone ?pid\n  M -> message class('m.N')\n  M <- message WorkerException contains 'boom'\n"
        "  M -> message Chain([object('m.N'), 1])\n  M -> close join\n",
        "case manager.a.b\n  must  X-1  s\n\n  A -> m [float('inf'), -inf, 0x7f, 'ab', 1.5, frozenset({1}), set(),"
        " bytearray(b'x'), {'a': {}}, {1: ()}]\n  A <- m (1, [?a], {'k': _})\n  A -> 0x80 -0b11\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        undr_slice text = undr_slice_text(texts[i]);
        check_cases parsed;
        check_mistake mistake = {.text = ""};
        if (check_parse(text, "cases", &parsed, &mistake) != UNDR_OK) {
            fail_msg("%s", mistake.text);
        }
        check_cases_free(&parsed);
        assert_true(fail_each(handle_case, &text) > 5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),
        cmocka_unit_test(every_opcode),
        cmocka_unit_test(payloads),
        cmocka_unit_test(pickles),
        cmocka_unit_test(cases),
        cmocka_unit_test(every_construct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
