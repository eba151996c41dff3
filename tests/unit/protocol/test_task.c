/* test_task.c: running tasks by class name, Chain, NullManager, failures, reprs, the shape of a WorkerException. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "undr/pickle.h"
#include "undr/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A manager that writes down what tasks say to it, as text. */
typedef struct recorder {
    undr_manager manager;
    undr_buffer text;
    undr_error answer; /* to everything */
} recorder;

static undr_error record_schedule(undr_manager *self, const undr_value *task, unsigned priority) {
    recorder *to = (recorder *)self;
    assert_int_equal(undr_put_format(&to->text, "[%u:", priority), UNDR_OK);
    assert_int_equal(undr_value_print(&to->text, task), UNDR_OK);
    assert_int_equal(undr_put_text(&to->text, "]"), UNDR_OK);
    return to->answer;
}

static undr_error record_message(undr_manager *self, const undr_value *message) {
    recorder *to = (recorder *)self;
    assert_int_equal(undr_value_print(&to->text, message), UNDR_OK);
    assert_int_equal(undr_put_text(&to->text, ";"), UNDR_OK);
    return to->answer;
}

static recorder make_recorder(void) {
    return (recorder){.manager = {.schedule = record_schedule, .send_message = record_message}};
}

static void assert_recorded(const recorder *from, const char *expected) {
    if (!undr_slice_equal(undr_buffer_slice(&from->text), undr_slice_text(expected))) {
        fail_msg("expected '%s', got '%.*s'", expected, (int)from->text.size, (const char *)from->text.data);
    }
}

/* test.Say: sends its `what`; fails when it has a `fail`, with an error of the library when it has an `error`. */
static undr_error run_say(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    assert_non_null(registry);
    assert_string_equal(session, "session");
    const undr_value *what = undr_value_attribute(task, "what");
    assert_non_null(what);
    undr_error error = undr_send_message_to(manager, what);
    if (error != UNDR_OK) {
        return error;
    }
    int64_t number;
    const undr_value *wrong = undr_value_attribute(task, "error");
    if (undr_value_int64(wrong, &number)) {
        return (undr_error)number;
    }
    return undr_value_attribute(task, "fail") == NULL ? UNDR_OK : undr_fail(failure, "OSError", "no %s", "disk");
}

static undr_error run_spawn(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    (void)registry;
    (void)session;
    (void)failure;
    return undr_schedule(manager, task, 200);
}

enum { CHAIN_TASKS = 1000000 };

/* Its session is a number, which it counts up; more of them than a Chain may have fail, so that a Chain without a bound
 * ends, too. */
static undr_error run_count(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    (void)registry;
    (void)task;
    (void)manager;
    size_t *counted = session;
    *counted += 1;
    return *counted > CHAIN_TASKS ? undr_fail(failure, "OSError", "more tasks were run than a Chain may have")
                                  : UNDR_OK;
}

static const undr_task_type types[] = {{"test.Say", run_say}, {"test.Spawn", run_spawn}, {"test.Count", run_count}};
static const undr_registry registry = {.types = types, .count = 3};

/* The value of a Python-like description: an instance of test.Say with {'what': what, key: number}. */
static undr_value *say(undr_arena *arena, const char *what, const char *key, int64_t number) {
    undr_value *pairs[4];
    undr_value *state;
    undr_value *task;
    assert_int_equal(undr_value_text(arena, "what", &pairs[0]), UNDR_OK);
    assert_int_equal(undr_value_text(arena, what, &pairs[1]), UNDR_OK);
    assert_int_equal(undr_value_text(arena, key == NULL ? "" : key, &pairs[2]), UNDR_OK);
    assert_int_equal(undr_value_int(arena, number, &pairs[3]), UNDR_OK);
    assert_int_equal(undr_value_items(arena, UNDR_DICT, pairs, key == NULL ? 2 : 4, &state), UNDR_OK);
    assert_int_equal(undr_value_instance(arena, "test", "Say", state, &task), UNDR_OK);
    return task;
}

static undr_value *chain_of(undr_arena *arena, size_t count, undr_value **tasks) {
    undr_value *chain;
    assert_int_equal(undr_chain(arena, tasks, count, &chain), UNDR_OK);
    return chain;
}

static undr_error run(const undr_value *task, recorder *manager, undr_failure *failure) {
    char session[] = "session";
    return undr_task_run(&registry, task, session, &manager->manager, failure);
}

/* Chains that hold the former one twice: 60 values, 2^60 tasks. Given up, after the tasks that come first were run. */
static void a_chain_that_shares_its_parts(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_failure failure;
    recorder manager = make_recorder();
    size_t counted = 0;
    undr_value *none, *chain;
    assert_int_equal(undr_value_none(&arena, &none), UNDR_OK);
    assert_int_equal(undr_value_instance(&arena, "test", "Count", none, &chain), UNDR_OK);
    for (int level = 0; level < 60; level++) {
        undr_value *const tasks[] = {chain, chain};
        assert_int_equal(undr_chain(&arena, tasks, 2, &chain), UNDR_OK);
    }
    assert_int_equal(undr_task_run(&registry, chain, &counted, &manager.manager, &failure), UNDR_TASK);
    assert_string_equal(failure.text, "a Chain of more than 1000000 tasks: the rest does not run");
    assert_in_range(counted, CHAIN_TASKS / 2 - 60, CHAIN_TASKS / 2); /* the other half are the Chains themselves */
    undr_arena_free(&arena);
}

/* As many as are promised. */
static void a_chain_of_a_million(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_failure failure;
    recorder manager = make_recorder();
    undr_value *empty = NULL, *chain = NULL, **tasks = calloc(1000000, sizeof *tasks);
    assert_non_null(tasks);
    assert_int_equal(undr_chain(&arena, NULL, 0, &empty), UNDR_OK);
    for (size_t i = 0; i < 1000000; i++) {
        tasks[i] = empty;
    }
    assert_int_equal(undr_chain(&arena, tasks, 1000000, &chain), UNDR_OK);
    assert_int_equal(run(chain, &manager, &failure), UNDR_OK);
    assert_int_equal(undr_chain(&arena, tasks, 1000000, &tasks[0]), UNDR_OK);
    assert_int_equal(undr_chain(&arena, tasks, 2, &chain), UNDR_OK);
    assert_int_equal(run(chain, &manager, &failure), UNDR_TASK);
    free(tasks);
    undr_buffer_free(&manager.text);
    undr_arena_free(&arena);
}

static void null_manager(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *none;
    assert_int_equal(undr_value_none(&arena, &none), UNDR_OK);
    undr_manager *null = undr_null_manager();
    assert_int_equal(undr_send_message_to(null, none), UNDR_OK);
    assert_int_equal(undr_schedule(null, none, 1), UNDR_NOT_IMPLEMENTED);
    assert_ptr_equal(null, undr_null_manager());
    undr_arena_free(&arena);
}

static void runs_by_class_name(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_failure failure;
    recorder manager = make_recorder();
    assert_int_equal(run(say(&arena, "a", NULL, 0), &manager, &failure), UNDR_OK);
    assert_recorded(&manager, "'a';");
    undr_buffer_free(&manager.text);
    undr_arena_free(&arena);
}

static void failures_are_described(void **state) {
    (void)state;
    static const struct {
        const char *key;
        undr_error returned, seen;
        const char *class_name, *text;
    } rows[] = {
        {"fail", UNDR_OK, UNDR_TASK, "OSError", "no disk"},
        {"error", UNDR_TASK, UNDR_TASK, "RuntimeError", "the task failed"}, /* it says no more */
        {"error", UNDR_MEMORY, UNDR_MEMORY, "MemoryError", "out of memory"},
        {"error", UNDR_PRIORITY, UNDR_PRIORITY, "ValueError", "the priority has no queue in this manager"},
        {"error", UNDR_ACKNOWLEDGEMENT, UNDR_ACKNOWLEDGEMENT, "RuntimeError",
            "the manager's acknowledgement is of the wrong type, or carries a payload"},
    };
    undr_arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        recorder manager = make_recorder();
        undr_failure failure;
        assert_int_equal(run(say(&arena, "a", rows[i].key, rows[i].returned), &manager, &failure), rows[i].seen);
        assert_string_equal(failure.class_name, rows[i].class_name);
        assert_string_equal(failure.text, rows[i].text);
        undr_buffer_free(&manager.text);
    }
    undr_arena_free(&arena);
}

static void the_manager_s_refusal_fails_the_task(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_failure failure;
    undr_value *spawn;
    recorder manager = make_recorder();
    manager.answer = UNDR_PRIORITY;
    assert_int_equal(undr_value_instance(&arena, "test", "Spawn", NULL, &spawn), UNDR_OK);
    assert_int_equal(run(spawn, &manager, &failure), UNDR_PRIORITY);
    assert_recorded(&manager, "[200:test.Spawn()]");
    undr_buffer_free(&manager.text);
    undr_arena_free(&arena);
}

/* WORK-15 */
static void what_is_not_a_task(void **state) {
    (void)state;
    static const struct {
        const char *pickle;
        const char *text;
    } rows[] = {
        {NULL, "the payload is empty: there is no task to run"},
        {"K\x01.", "the value is not an instance of a task class: it cannot run"},
        {"}.", "the value is not an instance of a task class: it cannot run"},
        {"ctest\nSay\n.", "the value is not an instance of a task class: it cannot run"}, /* the class itself */
        {"ctest\nSays\n)\x81.", "test.Says is not a task class of this worker: register it with a run function"},
        {"cos\nsystem\nU\002id\x85R.", "os.system is not a task class of this worker: register it with a run function"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        undr_arena arena = {0};
        undr_value *task = NULL;
        recorder manager = make_recorder();
        undr_failure failure;
        if (rows[i].pickle != NULL) {
            assert_int_equal(
                undr_pickle_read(undr_slice_text(rows[i].pickle), NULL, &arena, &task, NULL, NULL), UNDR_OK);
        }
        assert_int_equal(run(task, &manager, &failure), UNDR_NOT_A_TASK);
        assert_string_equal(failure.class_name, "TypeError");
        assert_string_equal(failure.text, rows[i].text);
        assert_recorded(&manager, "");
        undr_arena_free(&arena);
    }
}

/* WORK-12, WORK-13 */
static void chains(void **state) {
    (void)state;
    undr_arena arena = {0};
    recorder manager = make_recorder();
    undr_failure failure;
    undr_value *inner[] = {say(&arena, "b", NULL, 0), say(&arena, "c", NULL, 0)};
    undr_value *outer[] = {say(&arena, "a", NULL, 0), chain_of(&arena, 2, inner), say(&arena, "d", NULL, 0)};
    assert_int_equal(run(chain_of(&arena, 3, outer), &manager, &failure), UNDR_OK);
    assert_int_equal(run(chain_of(&arena, 0, NULL), &manager, &failure), UNDR_OK);
    assert_recorded(&manager, "'a';'b';'c';'d';");

    manager.text.size = 0;
    inner[0] = say(&arena, "B", "fail", 1);
    outer[1] = chain_of(&arena, 2, inner);
    assert_int_equal(run(chain_of(&arena, 3, outer), &manager, &failure), UNDR_TASK);
    assert_recorded(&manager, "'a';'B';");
    assert_string_equal(failure.text, "no disk");

    manager.text.size = 0;
    assert_int_equal(undr_value_int(&arena, 7, &outer[1]), UNDR_OK);
    assert_int_equal(run(chain_of(&arena, 3, outer), &manager, &failure), UNDR_NOT_A_TASK);
    assert_recorded(&manager, "'a';");
    undr_buffer_free(&manager.text);
    undr_arena_free(&arena);
}

/* A Chain's `tasks` may be a tuple; it may be missing or anything; it may hold the Chain itself. */
static void odd_chains(void **state) {
    (void)state;
    static const struct {
        const char *pickle;
        undr_error error;
        const char *class_name;
    } rows[] = {
        {"cundr.task\nChain\n)\x81}U\005tasks)sb.", UNDR_OK, ""},
        {"cundr.task\nChain\n)\x81}U\005tasks]sb.", UNDR_OK, ""},
        {"cundr.task\nChain\n)\x81}U\005tasksK\001sb.", UNDR_TASK, "TypeError"},
        {"cundr.task\nChain\n)\x81}b.", UNDR_TASK, "TypeError"},
        {"cundr.task\nChain\n)\x81.", UNDR_TASK, "TypeError"},
        {"cundr.task\nChain\n)\x81q\001}U\005tasks]h\001asb.", UNDR_TASK, "RecursionError"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        undr_arena arena = {0};
        undr_value *task;
        recorder manager = make_recorder();
        undr_failure failure;
        assert_int_equal(undr_pickle_read(undr_slice_text(rows[i].pickle), NULL, &arena, &task, NULL, NULL), UNDR_OK);
        assert_int_equal(run(task, &manager, &failure), rows[i].error);
        if (rows[i].error != UNDR_OK) {
            assert_string_equal(failure.class_name, rows[i].class_name);
        }
        undr_arena_free(&arena);
    }
}

static void texts_are_cut_between_characters(void **state) {
    (void)state;
    static const struct {
        const char *character;
        size_t size;
    } rows[] = {{"a", 1}, {"\xc3\xa9", 2}, {"\xe2\x82\xac", 3}, {"\xf0\x9f\x98\x80", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char text[2 * sizeof(undr_failure)] = "xxxx";
            undr_failure failure;
            size_t size = shift;
            while (size + rows[i].size < sizeof text) {
                memcpy(text + size, rows[i].character, rows[i].size);
                size += rows[i].size;
            }
            text[size] = '\0';
            assert_int_equal(undr_fail(&failure, "E", "%s", text), UNDR_TASK);
            size_t limit = sizeof failure.text - 1;
            assert_int_equal(strlen(failure.text), limit - (limit - shift) % rows[i].size);
            assert_int_equal(strncmp(text, failure.text, strlen(failure.text)), 0);
        }
    }
    undr_failure failure;
    assert_int_equal(undr_fail(&failure, "E", "%s", "\x80\x80"), UNDR_TASK); /* all tail: left as it is */
    assert_string_equal(failure.text, "\x80\x80");
    assert_int_equal(undr_fail(&failure, "E", "%s", ""), UNDR_TASK);
    assert_string_equal(failure.text, "");
}

static void reprs(void **state) {
    (void)state;
    static const struct {
        const char *pickle, *text;
    } rows[] = {
        {"ctest\nSay\n)\x81}U\004whatU\001asb.", "<class 'test.Say'>({'what': 'a'})"},
        {"ctest\nSay\n)\x81.", "<class 'test.Say'>({})"},
        {"K\x01.", "1"},
        {"ctest\nSay\n.", "<class 'test.Say'>"},
    };
    undr_buffer text = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        undr_arena arena = {0};
        undr_value *task;
        assert_int_equal(undr_pickle_read(undr_slice_text(rows[i].pickle), NULL, &arena, &task, NULL, NULL), UNDR_OK);
        text.size = 0;
        assert_int_equal(undr_task_repr(&text, task), UNDR_OK);
        assert_true(undr_slice_equal(undr_buffer_slice(&text), undr_slice_text(rows[i].text)));
        undr_arena_free(&arena);
    }
    text.size = 0;
    assert_int_equal(undr_task_repr(&text, NULL), UNDR_OK);
    assert_true(undr_slice_equal(undr_buffer_slice(&text), undr_slice_text("b''")));
    undr_buffer_free(&text);
}

static void close_request(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *value;
    undr_buffer pickle = {0};
    assert_int_equal(undr_close_request(&arena, &value), UNDR_OK);
    assert_int_equal(undr_pickle_write(value, 4, &pickle), UNDR_OK);
    assert_true(undr_slice_equal(undr_buffer_slice(&pickle), undr_pickle_close_request()));
    undr_buffer_free(&pickle);
    undr_arena_free(&arena);
}

static void assert_exception(
    const char *class_name, const char *text, const char *printed_class, const char *printed_text) {
    undr_arena arena = {0};
    undr_value *exception;
    undr_buffer got = {0};
    undr_buffer expected = {0};
    undr_failure failure;
    (void)snprintf(failure.class_name, sizeof failure.class_name, "%s", class_name);
    (void)snprintf(failure.text, sizeof failure.text, "%s", text);
    assert_int_equal(undr_worker_exception(&arena, &failure, &exception), UNDR_OK);
    assert_true(undr_value_is_instance(exception, UNDR_CLASS_WORKER_EXCEPTION)); /* PAY-7 */
    assert_true(exception->object.by_reduce);
    const undr_value *said = undr_worker_exception_text(exception);
    assert_non_null(said);
    assert_true(said->bytes.size >= strlen(text)); /* the text, perhaps behind a class */
    assert_memory_equal(said->bytes.data + said->bytes.size - strlen(text), text, strlen(text));
    assert_null(undr_worker_exception_text(said));
    assert_null(undr_worker_exception_text(exception->object.args->items.at[0]));
    assert_int_equal(undr_value_print(&got, exception), UNDR_OK);
    assert_int_equal(undr_put_format(&expected,
                         "undr.task.WorkerException(traceback.TracebackException("
                         "<class builtins.%s>, builtins.%s('%s'), None))",
                         printed_class, printed_class, printed_text),
        UNDR_OK);
    if (!undr_slice_equal(undr_buffer_slice(&got), undr_buffer_slice(&expected))) {
        fail_msg("expected %.*s, got %.*s", (int)expected.size, (const char *)expected.data, (int)got.size,
            (const char *)got.data);
    }
    undr_buffer_free(&got);
    undr_buffer_free(&expected);
    undr_arena_free(&arena);
}

static void worker_exceptions(void **state) {
    (void)state;
    assert_exception("RuntimeError", "boom", "RuntimeError", "boom");
    assert_exception("ValueError", "", "ValueError", "");
    assert_exception("ZeroDivisionError", "x", "ZeroDivisionError", "x");
    assert_exception("my.Error", "boom", "RuntimeError", "my.Error: boom");
    assert_exception("SyntaxError", "boom", "RuntimeError", "SyntaxError: boom"); /* prints otherwise */
    assert_exception("RuntimeError", "h\xc3\xa9", "RuntimeError", "h\\xe9");
    assert_exception("RuntimeError", "\xe2\x82\xac \xf0\x9f\x98\x80", "RuntimeError", "\\u20ac \\U0001f600");
}

/* Malformed UTF-8 in a text: what a pickle's str must not hold is replaced, byte by byte. */
static void malformed_texts(void **state) {
    (void)state;
    static const struct {
        const char *text, *printed;
    } rows[] = {
        {"\xff", "?"},
        {"a\x80z", "a?z"},
        {"\xc0\x80", "??"},
        {"\xc1\xbf", "??"},
        {"\xe0\x9f\xbf", "???"},
        {"\xf0\x8f\xbf\xbf", "????"},
        {"\xf4\x90\x80\x80", "????"},
        {"\xf5\x80\x80\x80", "????"},
        {"\xc3", "?"},
        {"\xe2\x82", "??"},
        {"\xf0\x9f\x98", "???"},
        {"\xc3(", "?("},
        {"\xe2(\xa1", "?(?"},
        {"\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        undr_arena arena = {0};
        undr_value *exception;
        bool found = false;
        undr_failure failure = {.class_name = "RuntimeError"};
        (void)snprintf(failure.text, sizeof failure.text, "%s", rows[i].text);
        assert_int_equal(undr_worker_exception(&arena, &failure, &exception), UNDR_OK);
        assert_int_equal(undr_value_contains(exception, undr_slice_text(rows[i].printed), &found), UNDR_OK);
        if (!found) {
            fail_msg("row %zu: '%s' is not in it", i, rows[i].printed);
        }
        undr_arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_manager),
        cmocka_unit_test(a_chain_that_shares_its_parts),
        cmocka_unit_test(a_chain_of_a_million),
        cmocka_unit_test(runs_by_class_name),
        cmocka_unit_test(failures_are_described),
        cmocka_unit_test(the_manager_s_refusal_fails_the_task),
        cmocka_unit_test(what_is_not_a_task),
        cmocka_unit_test(chains),
        cmocka_unit_test(odd_chains),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(reprs),
        cmocka_unit_test(close_request),
        cmocka_unit_test(worker_exceptions),
        cmocka_unit_test(malformed_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
