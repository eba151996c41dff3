/* test_allocations.c: whatever is read, written, printed or compared, each of its allocations fails in turn: all the
 * golden frames and payloads, the corpus of pickles, and every case of the suite. Each operation is one by itself, made
 * ready while there is memory: so its allocations are few, and to fail them all, which is quadratic, takes seconds. */
#include "support/failing_malloc.h"
#include "support/vectors.h"

#include "notation/case.h"
#include "notation/names.h"
#include "notation/parse.h"
#include "notation/print.h"
#include "suite/embedded.h"
#include "undr/manager.h"
#include "undr/pickle.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Each entry of a list in a file of the source tree; all the allocations that could fail. */
static size_t over(const char *file, const char *list, const char *key, size_t (*fail_each_of)(undr_slice)) {
    json_t *json = load_vectors(file);
    assert_non_null(json);
    size_t index = 0, allocations = 0;
    const json_t *entry = NULL;
    json_array_foreach(json_object_get(json, list), index, entry) {
        if (index % one_in() != 0) {
            continue;
        }
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
    assert_true(allocations * one_in() > 100);
}

/* ---- pickles ---- */

/* What the operations on one pickle work on. */
typedef struct pickled {
    undr_slice bytes;
    const undr_value *value, *again; /* read from bytes, twice */
    int protocol;                    /* to be written in */
    const char *arrow;               /* of a transcript */
    bool shorten;
} pickled;

static undr_error read_copied(void *context) {
    const pickled *pickle = context;
    undr_arena arena = {0};
    undr_value *value = NULL;
    const undr_error error = undr_pickle_read(pickle->bytes, NULL, &arena, &value, NULL, NULL);
    undr_arena_free(&arena);
    return error;
}

static undr_error read_in_place(void *context) {
    const pickled *pickle = context;
    undr_arena arena = {0};
    undr_value *value = NULL;
    const undr_error error = undr_pickle_read_in_place(pickle->bytes, NULL, &arena, &value, NULL, NULL);
    undr_arena_free(&arena);
    return error;
}

static undr_error search(void *context) {
    const pickled *pickle = context;
    bool found = true;
    return undr_value_contains(pickle->value, undr_slice_text("not in it"), &found);
}

/* Two readings of the same bytes are equal; a value that contains itself is too deep to say. */
static undr_error compare(void *context) {
    const pickled *pickle = context;
    bool equal = false;
    const undr_error error = undr_value_equal(pickle->value, pickle->again, &equal);
    assert_int_equal(equal, error == UNDR_OK);
    return error;
}

static undr_error write_copied(void *context) {
    const pickled *pickle = context;
    undr_buffer output = {0};
    const undr_error error = undr_pickle_write(pickle->value, pickle->protocol, &output);
    undr_buffer_free(&output);
    return error;
}

static undr_error write_pieces(void *context) {
    const pickled *pickle = context;
    undr_pieces pieces = {0};
    const undr_error error = undr_pickle_write_pieces(pickle->value, pickle->protocol, &pieces);
    undr_pieces_free(&pieces);
    return error;
}

static undr_error print(void *context) {
    const pickled *pickle = context;
    undr_buffer output = {0};
    const undr_error error = undr_value_print(&output, pickle->value);
    undr_buffer_free(&output);
    return error;
}

static undr_error print_in_notation(void *context) {
    const pickled *pickle = context;
    undr_buffer output = {0};
    bool whole = false;
    const undr_error error = check_print_value(&output, pickle->value, &whole);
    undr_buffer_free(&output);
    return error;
}

/* Cut, as all but the shortest text is. */
enum { CUT = 3 };

static undr_error print_start(void *context) {
    const pickled *pickle = context;
    undr_buffer output = {0};
    const undr_error error = undr_value_print_short(&output, pickle->value, CUT);
    undr_buffer_free(&output);
    return error;
}

static undr_error print_start_in_notation(void *context) {
    const pickled *pickle = context;
    undr_buffer output = {0};
    const undr_error error = check_print_value_start(&output, pickle->value, CUT);
    undr_buffer_free(&output);
    return error;
}

/* As a task, as a message, and as a transcript shows it. */
static undr_error take_task(void *context) {
    const pickled *pickle = context;
    return give_to_worker(&(undr_frame){.type = 't', .payload = pickle->bytes});
}

static undr_error take_message(void *context) {
    const pickled *pickle = context;
    return give_to_manager(&(undr_frame){.type = 'm', .payload = pickle->bytes});
}

static undr_error show(void *context) {
    const pickled *pickle = context;
    undr_buffer text = {0};
    const undr_error error = check_print_frame(&text, "A", pickle->arrow, 't', pickle->bytes, pickle->shorten);
    undr_buffer_free(&text);
    return error;
}

/* Bytes. A transcript tries each protocol, which takes a while for what is longer; where each value and each append is
 * an allocation, what is long has thousands. */
#ifdef UNDR_EXACT_MEMORY
enum { LONG = 16, PICKLE_SIZE = 60 };
#else
enum { LONG = 1000, PICKLE_SIZE = INT_MAX };
#endif

static size_t fail_each_of_writing(pickled *pickle) {
    size_t allocations = 0;
    for (pickle->protocol = 2; pickle->protocol <= 5; ++pickle->protocol) {
        allocations += fail_each(write_copied, pickle) + fail_each(write_pieces, pickle);
    }
    return allocations;
}

static size_t fail_each_of_showing(pickled *pickle) {
    pickle->arrow = "<-";
    size_t allocations = fail_each(show, pickle);
    pickle->arrow = "->";
    allocations += fail_each(show, pickle);
    pickle->shorten = true;
    return allocations + fail_each(show, pickle);
}

/* What expands to millions of values is read and written, no more: to print it takes a while, once for each doubling of
 * the text. */
static size_t fail_each_of_value(pickled *pickle) {
    size_t allocations = fail_each_of_writing(pickle);
    if (undr_pickle_is_too_large(print(pickle))) {
        return allocations;
    }
    allocations += fail_each(search, pickle) + fail_each(compare, pickle) + fail_each(print, pickle)
        + fail_each(print_in_notation, pickle) + fail_each(print_start, pickle)
        + fail_each(print_start_in_notation, pickle);
    return pickle->bytes.size > LONG ? allocations : allocations + fail_each_of_showing(pickle);
}

static size_t fail_each_of_pickle(undr_slice bytes) {
    pickled pickle = {.bytes = bytes, .arrow = "->"};
    undr_arena arena = {0};
    undr_value *value = NULL, *again = NULL;
    size_t allocations = fail_each(read_copied, &pickle) + fail_each(read_in_place, &pickle)
        + fail_each(take_task, &pickle) + fail_each(take_message, &pickle);
    if (undr_pickle_read(bytes, NULL, &arena, &value, NULL, NULL) == UNDR_OK
        && undr_pickle_read(bytes, NULL, &arena, &again, NULL, NULL) == UNDR_OK) {
        pickle.value = value;
        pickle.again = again;
        allocations += fail_each_of_value(&pickle);
    } else if (bytes.size <= LONG) {
        allocations += fail_each(show, &pickle);
    }
    undr_arena_free(&arena);
    return allocations;
}

static size_t fail_each_of_short_pickle(undr_slice bytes) {
    return bytes.size > PICKLE_SIZE ? 0 : fail_each_of_pickle(bytes);
}

static void payloads(void **state) {
    (void)state;
    static const char *const lists[] = {"valid", "invalid", "hostile"};
    size_t allocations = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; ++i) {
        allocations += over("spec/vectors/payloads.json", lists[i], "bytes", fail_each_of_short_pickle);
    }
    assert_true(allocations * one_in() > 1000);
}

static void pickles(void **state) {
    (void)state;
    const size_t allocations = over("tests/pickles/corpus.json", "pickles", "pickle", fail_each_of_short_pickle);
    assert_true(allocations * one_in() > 5000);
}

/* Every kind of value, every table that grows: a list, of which each item is looked at by itself. */
static void every_opcode(void **state) {
    (void)state;
    static const char all[] = "\x80\x04]\x94(NK\x01\x88G?\xf8\0\0\0\0\0\0\x8c\x04text\x94"
                              "C\x02xy\x94Va\\u20ac\nS'a\\n'\nI12\nL7L\nF1.5\n\x8a\x09\0\0\0\0\0\0\0\0\x01"
                              "}\x94(K\x01NK\x02NK\x03NK\x04NK\x05NK\x06NK\x07NK\x08NK\x09NK\x0aNK\x01\x88u"
                              "\x8f\x94(K\x01K\x02\x90(K\x03\x91\x94"
                              "\x8c\x01m\x94\x8c\x01N\x94\x93\x94)\x81\x94}\x94\x8c\x01k\x94h\x00sb"
                              "h\x08)\x81(K\x01"
                              "e}(K\x02K\x03ub"
                              "c_codecs\nencode\nX\x02\0\0\0\xc3\xbfX\x06\0\0\0latin1\x86R"
                              "cbuiltins\nset\n](K\x05"
                              "e\x85R"
                              "cbuiltins\ngetattr\ncm\nA\n\x8c\x01"
                              "B\x86R"
                              "(((((((((((((((((1111111111111111"
                              "1\x96\x01\0\0\0\0\0\0\0qp20\ng20\n"
                              "e.";
    pickled pickle = {.bytes = undr_slice_of(all, sizeof all - 1)};
    undr_arena arena = {0};
    undr_value *value = NULL;
    assert_true(fail_each(read_copied, &pickle) > 5);
    assert_true(fail_each(read_in_place, &pickle) > 5);
    assert_int_equal(undr_pickle_read(pickle.bytes, NULL, &arena, &value, NULL, NULL), UNDR_OK);
    size_t allocations = 0;
    for (size_t i = 0; i < value->items.count; ++i) {
        pickle.value = pickle.again = value->items.at[i];
        allocations += fail_each_of_value(&pickle);
    }
    undr_arena_free(&arena);
    assert_true(allocations > 200);
}

/* ---- cases ---- */

static undr_error parse(void *context) {
    check_cases cases;
    check_mistake mistake;
    const undr_error error = check_parse(*(const undr_slice *)context, "cases", &cases, &mistake);
    check_cases_free(&cases);
    return error;
}

static undr_error print_case(void *context) {
    undr_buffer text = {0};
    const undr_error error = check_print(&text, context);
    undr_buffer_free(&text);
    return error;
}

/* What the harness would send or expect; names are unknown here, which is an error of its own. */
static undr_error build(void *context) {
    undr_buffer bytes = {0};
    const undr_error error = check_build_payload(context, NULL, &bytes, NULL);
    undr_buffer_free(&bytes);
    return error;
}

static undr_error print_payload(void *context) {
    undr_buffer text = {0};
    const undr_error error = check_print_payload(&text, *(const undr_slice *)context, true, true);
    undr_buffer_free(&text);
    return error;
}

static size_t fail_each_of_payload(const check_payload *payload) {
    if (payload->form == CHECK_PAYLOAD_EMPTY || payload->term->kind == CHECK_TERM_TIMES) {
        return 0; /* some are large */
    }
    check_payload same = *payload;
    size_t allocations = fail_each(build, &same);
    undr_buffer bytes = {0};
    if (check_build_payload(payload, NULL, &bytes, NULL) == UNDR_OK) {
        undr_slice built = undr_buffer_slice(&bytes);
        allocations += fail_each(print_payload, &built);
    }
    undr_buffer_free(&bytes);
    return allocations;
}

static size_t fail_each_of_steps(const check_step *steps, size_t count) {
    size_t allocations = 0;
    for (size_t i = 0; i < count; ++i) {
        allocations += fail_each_of_payload(&steps[i].payload);
        allocations += fail_each_of_steps(steps[i].steps, steps[i].step_count);
    }
    return allocations;
}

/* Parses a text of one case, prints that case, and makes the payloads of its frames. */
static size_t fail_each_of_case(undr_slice text) {
    check_cases cases;
    check_mistake mistake = {.text = ""};
    size_t allocations = fail_each(parse, &text);
    if (check_parse(text, "cases", &cases, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    assert_int_equal(cases.count, 1);
    allocations += fail_each(print_case, &cases.at[0]);
    allocations += fail_each_of_steps(cases.at[0].steps, cases.at[0].step_count);
    check_cases_free(&cases);
    return allocations;
}

#ifndef UNDR_EXACT_MEMORY
static void cases(void **state) {
    (void)state;
    size_t allocations = 0, count = 0;
    for (const check_embedded *file = check_embedded_cases; file->name != NULL; ++file) {
        check_cases parsed;
        check_mistake mistake;
        assert_int_equal(check_parse(undr_slice_of(file->data, file->size), file->name, &parsed, &mistake), UNDR_OK);
        for (size_t i = 0; i < parsed.count; i += one_in()) {
            undr_buffer text = {0};
            assert_int_equal(check_print(&text, &parsed.at[i]), UNDR_OK);
            allocations += fail_each_of_case(undr_buffer_slice(&text));
            ++count;
            undr_buffer_free(&text);
        }
        check_cases_free(&parsed);
    }
    assert_true(allocations >= 10 * count);
    assert_true(count * one_in() > 400);
}
#endif

/* What the cases of the suite do not say in so few words. */
static void every_construct(void **state) {
    (void)state;
    static const char *const texts[] = {
        "case pool.a.b\n  must  X-1  s\n  note a\n  note b\n  role pool workers 3 levels 4 log-directory\n"
        "  needs held\n  needs pickle 5\n  delivery whole\n  set load\n  destructive\n  after pool.other\n"
        "  since 0.2.0\n  was pool.former\n\n"
        "  P alive\n\n  should  X-2  t\n  P logs 3\n  P -> signal TERM\n  P <- exit nonzero or exit 3\n",
        "case manager.a.b\n  must  X-1  s\n\n  A -> header 0x80 77\n  A -> raw b'n'\n  A -> bad n b'x'\n",
        "case manager.a.b\n  must  X-1  s\n\n  repeat 3\n    A[i] -> 0x80 (i, 'x')\n    A[i] <- s\n"
        "  unordered\n    B <- t b'a' * 3\n    B <- end fin or end reset or end\n"
        "  together\n    B -> m 'x' * 70\n    B -> m pickle2({1, 2})\n  poll B n until t CloseRequest or end\n",
        "case manager.a.b\n  must  X-1  s\n\n  M -> schedule 1 Probe([('wait', G), ('pid',)])\n  M <- ok or error\n"
        "  M <- message ?pid contains 'x'\n  M <- message object('m.N', {'a': ?b})\n  G accept\n  kill ?pid\n"
        "  gone ?pid\n  M -> message class('m.N')\n  M <- message WorkerException contains 'boom'\n"
        "  M -> message Chain([object('m.N'), 1])\n  M -> close join\n",
        "case manager.a.b\n  must  X-1  s\n\n"
        "  A -> m [float('inf'), -inf, 0x7f, 'ab', 1.5, frozenset({1}), set(), bytearray(b'x'), {'a': {}}, {1: ()}]\n"
        "  A <- m (1, [?a], {'k': _})\n  A -> 0x80 -0b11\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        assert_true(fail_each_of_case(undr_slice_text(texts[i])) > 5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),
        cmocka_unit_test(every_opcode),
        cmocka_unit_test(payloads),
        cmocka_unit_test(pickles),
#ifndef UNDR_EXACT_MEMORY /* no case is short enough */
        cmocka_unit_test(cases),
#endif
        cmocka_unit_test(every_construct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
