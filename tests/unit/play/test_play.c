/* test_play.c: plays of cases against peers that are wrong in one way each: a clear result, no process left behind. */
#include "notation/parse.h"
#include "play/play.h"
#include "support/play_peers.h"
#include "target/process_tree.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

static const char *program; /* this program, which is its own peer */

static const double hasty = 1.0 / 50; /* of the limits, where the peer is to miss them: 0.1 s, 0.6 s for the start */

static char *const *command_of(const char *name) {
    static char peer_word[] = "--peer";
    static char *argv[4];
    argv[0] = (char *)(uintptr_t)program;
    argv[1] = peer_word;
    argv[2] = (char *)(uintptr_t)name;
    argv[3] = NULL;
    return argv;
}

static bool has(const undr_buffer *buffer, const char *text) {
    return buffer->size >= strlen(text) && memmem(buffer->data, buffer->size, text, strlen(text)) != NULL;
}

static void assert_has(const undr_buffer *buffer, const char *text) {
    if (!has(buffer, text)) {
        fail_msg("`%s` is not in `%.*s`", text, (int)buffer->size, buffer->size == 0 ? "" : (const char *)buffer->data);
    }
}

static void assert_no_process_left(void) {
    check_pids found = {0};
    assert_int_equal(check_family_children(&found), UNDR_OK);
    assert_int_equal(found.count, 0);
    check_pids_free(&found);
}

static void play_only(
    const char *peer, const char *text, check_delivery delivery, double factor, check_result *result) {
    check_cases cases = {0};
    check_mistake mistake = {0};
    check_setting setting = {.command = command_of(peer),
        .round_trip_ns = 50000,
        .settle_ns = 1000000,
        .timeout_factor = factor,
        .capabilities = {.manager = true, .worker = true, .priority_levels = 2}};
    if (check_parse(undr_slice_text(text), "test", &cases, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    check_play(&cases.at[0], &setting, delivery, result);
    check_cases_free(&cases);
}

static size_t open_files(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

static void play(const char *peer, const char *text, check_delivery delivery, double factor, check_result *result) {
    size_t files = open_files();
    play_only(peer, text, delivery, factor, result);
    assert_no_process_left();
    assert_int_equal(open_files(), files);
}

#define BREAKS "case manager.x\n  must REQ-4  it\n\n  A -> bad 0x01\n  A <- "
#define ASKS "case manager.x\n  must NEXT-2  an empty manager says None\n\n  A -> n\n  A <- t None\n"

static void expect_failure(const char *peer, const char *text, double factor, const char *received) {
    check_result result;
    play(peer, text, CHECK_DELIVERY_WHOLE, factor, &result);
    assert_has(&result.received, received);
    assert_has(&result.kind, " / ");
    assert_int_equal(result.verdict, CHECK_FAIL);
    assert_int_equal(result.level, CHECK_MUST);
    check_result_free(&result);
}

/* ---- what is right ---- */

static void passes(void **state) {
    (void)state;
    for (int delivery = 0; delivery < CHECK_DELIVERY_COUNT; delivery++) {
        check_result result;
        play("good", ASKS "  A -> m 'x'\n  A <- m\n  P alive\n", (check_delivery)delivery, 1, &result);
        assert_int_equal(result.verdict, CHECK_PASS);
        assert_int_equal(result.id[0], '\0');
        assert_has(&result.transcript, "  A -> m 'x'\n  A <- m\n");
        check_result_free(&result);
    }
}

/* What differs from case to case is not in it. */
static void a_failure_has_a_kind(void **state) {
    static const struct {
        const char *due, *kind;
        bool other_value;
    } kinds[] = {{"A <- t 'x'", "t value / t None", true}, {"A <- t CloseRequest", "t CloseRequest / t None", true},
        {"A <- t", "t / t None", true}, {"A <- end", "end / t None", false}, {"A <- s", "s / t None", false}};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        undr_buffer text = {0};
        check_result result;
        assert_int_equal(
            undr_put_format(&text, "case manager.x\n  must NEXT-2  it\n\n  A -> n\n  %s\n", kinds[i].due), UNDR_OK);
        assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
        play("good", (const char *)text.data, CHECK_DELIVERY_WHOLE, 1, &result);
        assert_int_equal(undr_put_u8(&result.kind, 0), UNDR_OK);
        assert_string_equal((const char *)result.kind.data, kinds[i].kind);
        assert_int_equal(result.other_value, kinds[i].other_value);
        check_result_free(&result);
        undr_buffer_free(&text);
    }
}

static void blames_the_last_requirement_above(void **state) {
    (void)state;
    check_result result;
    play("good",
        "case manager.x\n  must NEXT-1  one\n\n  A -> n\n  A <- t None\n  should MSG-1  two\n  A -> m 1\n  A <- s\n"
        "  must MSG-2  three\n  A -> n\n  A <- t None\n",
        CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_WARN);
    assert_int_equal(result.level, CHECK_SHOULD);
    assert_string_equal(result.id, "MSG-1");
    assert_int_equal(result.line, 8);
    assert_has(&result.sentence, "two");
    assert_has(&result.expected, "A <- s");
    assert_has(&result.received, "A <- m");
    assert_has(&result.kind, "s / m");
    assert_false(result.other_value);
    assert_has(&result.transcript, "! A <- s\n");
    check_result_free(&result);
}

static void observes_a_may(void **state) {
    (void)state;
    check_result result;
    play("good", "case manager.x\n  may MSG-4  it\n\n  A -> m 1\n  A <- end\n", CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_INFO);
    check_result_free(&result);
}

/* ---- connections ---- */

static void notices_silence(void **state) {
    (void)state;
    expect_failure("silent", ASKS, hasty, "nothing within 0.1 s");
}

static void notices_ends(void **state) {
    (void)state;
    expect_failure("fin", ASKS, 1, "A <- end fin");
    expect_failure("reset", ASKS, 1, "A <- end reset");
    expect_failure("cut-short", ASKS, 1, "inside a frame of which 2 bytes arrived");
    expect_failure("cut-short", BREAKS "end\n", 1, "inside a frame");
}

static void an_end_of_another_way_is_a_warning(void **state) {
    (void)state;
    check_result result;
    play("reset", BREAKS "end fin\n", CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_WARN);
    assert_int_equal(result.level, CHECK_SHOULD);
    assert_has(&result.notes, "end reset");
    check_result_free(&result);
    play("fin", BREAKS "end fin\n", CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
}

static void notices_what_nobody_asked_for(void **state) {
    (void)state;
    check_result result;
    /* A second: the peer may be slow on a busy machine. */
    play("twice", ASKS "  M quiet 1000\n", CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_FAIL);
    assert_string_equal(result.id, "REQ-1");
    check_result_free(&result);
    play("unasked", "case manager.x\n  must REQ-2  it\n\n  A -> open\n  A quiet 1000\n", CHECK_DELIVERY_WHOLE, 1,
        &result);
    assert_int_equal(result.verdict, CHECK_FAIL);
    assert_has(&result.received, "A <- s");
    assert_int_equal(result.line, 5);
    check_result_free(&result);
}

static void a_peer_that_does_not_read_ends_the_play(void **state) {
    (void)state;
    expect_failure(
        "deaf", "case manager.x\n  must FRAME-6  it\n\n  A -> 0x80 b'x' * 33554432\n  A <- s\n", 0.01, "read only");
}

/* The time is up long before it has read all, but it reads all the while. */
static void a_peer_that_reads_slowly_is_waited_for(void **state) {
    (void)state;
    check_result result;
    play("slow-reader", "case manager.x\n  must FRAME-6  it\n\n  A -> 0x80 b'x' * 100000\n  A <- s\n",
        CHECK_DELIVERY_WHOLE, hasty, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
}

/* The time is up while it reads: what it answers has the time of any answer from then on, when it has read all. */
static void a_peer_that_has_read_slowly_may_think(void **state) {
    (void)state;
    check_result result;
    play("thinking-reader", "case manager.x\n  must FRAME-6  it\n\n  A -> 0x80 b'x' * 30000\n  A <- s\n",
        CHECK_DELIVERY_WHOLE, 1.0 / 10, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
}

/* Whichever step waits for its frame: it has begun, and goes on to come (FAULT-6). */
static void a_peer_that_sends_slowly_is_waited_for(void **state) {
    (void)state;
    check_result result;
    const char *steps[] = {"A -> n\n  A <- t None\n", "poll A n until t None\n",
        "A -> n\n  A -> m 1\n  unordered\n    A <- m\n    A <- t None\n"};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char text[256];
        snprintf(text, sizeof text, "case manager.x\n  must FAULT-6  it\n\n  %s", steps[i]);
        play("trickles", text, CHECK_DELIVERY_WHOLE, hasty, &result);
        if (result.verdict != CHECK_PASS) {
            fail_msg("%s: %.*s", steps[i], (int)result.received.size, (const char *)result.received.data);
        }
        check_result_free(&result);
    }
}

/* It prints without end to its standard error: something moves all the time, and nothing comes. */
static void noise_is_no_progress(void **state) {
    (void)state;
    expect_failure("noisy", ASKS, hasty, "nothing within 0.1 s");
    check_result result;
    play("noisy", "case manager.x\n  must REQ-2  it\n\n  A -> n\n  A quiet\n", CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
}

/* FAULT-6: who is kept waiting for five seconds may leave, so no factor makes a `quiet` that long. */
static void a_quiet_ends_before_the_patience_of_the_peer(void **state) {
    (void)state;
    check_result result;
    play("five-seconds", ASKS "  A quiet\n  A -> n\n  A <- t None\n", CHECK_DELIVERY_WHOLE, 2000, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
}

static void pieces_are_apart(void **state) {
    (void)state;
    const char *text = "case manager.x\n  must FRAME-3  it\n\n  A -> 0x81 b'123456789'\n  A -> 0x81\n  A <- s\n";
    const struct {
        check_delivery delivery;
        const char *pieces;
        unsigned count;
    } table[] = {{CHECK_DELIVERY_WHOLE, "18 9 ", 2}, {CHECK_DELIVERY_CUT_3, "3 15 3 6 ", 4},
        {CHECK_DELIVERY_CUT_8, "8 10 8 1 ", 4}, {CHECK_DELIVERY_COALESCED, "27 ", 1},
        {CHECK_DELIVERY_STRADDLED, "19 8 ", 2},
        {CHECK_DELIVERY_BYTES, "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 ", 27}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        check_result result;
        play("pieces", text, table[i].delivery, 1, &result);
        assert_int_equal(result.verdict, CHECK_PASS);
        assert_int_equal(result.pieces, table[i].count);
        if (result.joined == 0) { /* else the machine was too busy, and the result says so */
            undr_slice output = undr_buffer_slice(&result.output);
            assert_true(undr_slice_equal(output, undr_slice_text(table[i].pieces)));
        } else {
            assert_has(&result.notes, "could not be separated");
        }
        check_result_free(&result);
    }
}

/* In a case that is marked `pipeline` what stands behind a receive goes along, unless it needs what comes there. */
static void a_pipeline_sends_ahead(void **state) {
    (void)state;
    check_result result;
    play("good",
        "case manager.x\n  must FRAME-4  it\n  delivery pipeline\n\n  repeat 3\n    A -> m i\n    A <- m\n"
        "  A -> n\n  A <- t ?v\n  A -> m ?v\n  A <- m\n  A -> n\n  A <- t None\n",
        CHECK_DELIVERY_COALESCED, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    assert_int_equal(result.pieces, 2);
    check_result_free(&result);
}

static void unordered_is_any_order(void **state) {
    (void)state;
    check_result result;
    play("good", "case manager.x\n  must REQ-1  it\n\n  A -> n\n  A -> m 1\n  unordered\n    A <- m\n    A <- t None\n",
        CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
    play("good", "case manager.x\n  must REQ-1  it\n\n  A -> n\n  A -> m 1\n  unordered\n    A <- m\n    A <- t 0\n",
        CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_FAIL);
    assert_has(&result.received, "A <- t None");
    assert_has(&result.kind, "t value / t None");
    check_result_free(&result);
    play("two-messages", "case manager.x\n  must MSGS-1  it\n\n  unordered\n    M <- message 2\n    M <- message 1\n",
        CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
    expect_failure("two-messages",
        "case manager.x\n  must MSGS-1  it\n\n  unordered\n    M <- message 3\n    M <- message 1\n", 1,
        "M <- message 2");
}

/* ---- the process ---- */

static void a_crash_is_never_a_pass(void **state) {
    (void)state;
    expect_failure("crash", ASKS, 1, "was ended by signal 6");
    expect_failure("crash", BREAKS "end\n", 1, "was ended by signal 6");
    expect_failure("exit-1", BREAKS "end\n", 1, "exit status 1");
}

/* It is told as what it is, and fails all the same. */
static void a_crash_at_a_should_fails(void **state) {
    check_result result;
    (void)state;
    play("crash", "case manager.x\n  should REQ-4  it\n\n  A -> bad 0x01\n  A <- end\n", CHECK_DELIVERY_WHOLE, 1,
        &result);
    assert_int_equal(result.verdict, CHECK_FAIL);
    assert_int_equal(result.level, CHECK_SHOULD);
    assert_has(&result.received, "REQ-4 is a SHOULD, but a process that ends is a failure");
    check_result_free(&result);
}

static void notices_how_it_does_not_start(void **state) {
    (void)state;
    expect_failure("never-ready", ASKS, hasty, "nothing within 0.");
    expect_failure("hello", ASKS, 1, "hello, world");
    expect_failure("endless-line", ASKS, 1, "without a newline");
    expect_failure("leaves", ASKS, 1, "exit status 7");
}

static void notices_what_breaks_the_contract(void **state) {
    (void)state;
    expect_failure("chatter", ASKS, 1, "debug: a request");
    expect_failure("nonsense-answer", "case manager.x\n  must SCHED-1  it\n\n  M -> schedule 1 1\n", 1, "'yes'");
    expect_failure("closes-output", ASKS "  M -> next\n  M <- done\n", 1, "closed its standard output");
}

static void a_daemon_is_ended(void **state) {
    (void)state;
    check_result result;
    play("daemon", ASKS, CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    long pid = 0;
    assert_int_equal(undr_put_u8(&result.output, 0), UNDR_OK);
    const char *at = strstr((const char *)result.output.data, "daemon ");
    assert_non_null(at);
    pid = strtol(at + strlen("daemon "), NULL, 10);
    assert_true(pid > 1);
    assert_int_equal(kill((pid_t)pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    check_result_free(&result);
}

/* A process id that is none of the target's is never signalled, whoever reported it. */
static void a_foreign_process_is_not_killed(void **state) {
    (void)state;
    const char *text = "case manager.x\n  must FAULT-3  it\n\n  M -> next\n  M <- message ?p\n  kill ?p\n";
    char number[32];
    check_result result;
    pid_t own = fork();
    if (own == 0) {
        wait_for_ever();
    }
    snprintf(number, sizeof number, "%ld", (long)own);
    assert_int_equal(setenv("UNDR_TEST_PID", number, 1), 0);
    play_only("reports-pid", text, CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_FAIL);
    assert_has(&result.received, "which is not one");
    check_result_free(&result);
    assert_int_equal(steady_waitpid(own, NULL, WNOHANG), 0);
    kill(own, SIGKILL);
    assert_int_equal(steady_waitpid(own, NULL, 0), own);
    assert_int_equal(setenv("UNDR_TEST_PID", "1", 1), 0);
    play("reports-pid", text, CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_FAIL);
    assert_has(&result.expected, "a process id above 1");
    check_result_free(&result);
}

static void a_process_in_a_session_of_its_own_is_killed(void **state) {
    (void)state;
    check_result result;
    const char *text = "case manager.x\n  must FAULT-3  it\n\n  M -> next\n  M <- message ?p\n  kill ?p\n  gone ?p\n";
    play("reports-child", text, CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
}

static void a_flood_is_drained(void **state) {
    (void)state;
    check_result result;
    play("flood", ASKS, CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    assert_has(&result.output, "the last line");
    assert_has(&result.output, "left out");
    assert_true(result.output.size < 20 * 1024);
    check_result_free(&result);
}

/* ---- workers ---- */

#define LEAVES \
    "case worker.x\n  must WORK-5  it\n\n  A <- n\n  A -> t None\n  A <- n\n  A -> t CloseRequest\n  A <- end\n" \
    "  P <- exit 0\n"

static void workers(void **state) {
    (void)state;
    check_result result;
    play("good", LEAVES, CHECK_DELIVERY_BYTES, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
    play("two-connections",
        "case worker.x\n  must WORK-22  it\n\n  A <- n\n  A -> t None\n  A <- n\n  A -> t CloseRequest\n"
        "  P <- exit 0\n",
        CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
    expect_failure("never-connects", LEAVES, hasty, "none within 0.");
    expect_failure("worker-crash", LEAVES, 1, "was ended by signal 6");
    play("impatient", "case worker.x\n  must WORK-1  it\n\n  A <- n\n  A quiet\n", CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_FAIL);
    check_result_free(&result);
}

/* WORK-22: once the first connection has ended, the others are told to leave, and ended when they never ask. */
static void connections_that_live_on_are_told_to_leave(void **state) {
    (void)state;
    const char *text = "case worker.x\n  must WORK-16  it\n\n  A <- n\n  A -> bad m b'x'\n  A <- end\n  P <- exit 0\n";
    const char *peers[] = {"second-lives-on", "second-is-silent"};
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        check_result result;
        play(peers[i], text, CHECK_DELIVERY_WHOLE, 1, &result);
        assert_int_equal(result.verdict, CHECK_PASS);
        check_result_free(&result);
    }
}

/* ---- mistakes of a case ---- */

static void expect_mistake(const char *text, const char *reason) {
    check_result result;
    play("good", text, CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_ERROR);
    assert_has(&result.received, reason);
    check_result_free(&result);
}

/* A side that was shut down, and a wait for the other: an end that a manager answers by its own (8.1). */
static void an_end_is_ended(void **state) {
    (void)state;
    check_result result;
    play("waits-for-the-end",
        "case worker.x\n  must WORK-5  it\n\n  A <- n\n  A -> t CloseRequest\n  A <- end\n"
        "  P <- exit 0\n",
        CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_PASS);
    check_result_free(&result);
}

static void a_case_may_not_break_the_protocol_by_mistake(void **state) {
    (void)state;
    expect_mistake("case manager.x\n  must DONE-1  it\n\n  A -> t\n  A <- t None\n", "has no task out");
    expect_mistake("case worker.x\n  must WORK-1  it\n\n  A <- n\n  A -> t None\n  A -> t None\n", "no request");
    expect_mistake("case worker.x\n  must WORK-1  it\n\n  A <- n\n  A -> m\n", "due answer");
}

static void what_is_not_declared_is_skipped(void **state) {
    (void)state;
    check_result result;
    play("good", "case manager.x\n  must PAY-5  it\n  needs pickle 5\n\n  A -> n\n  A <- t None\n",
        CHECK_DELIVERY_WHOLE, 1, &result);
    assert_int_equal(result.verdict, CHECK_SKIP);
    assert_has(&result.received, "pickle 5");
    check_result_free(&result);
}

/* ---- the survey ---- */

static undr_error survey(
    char *const *command, check_role role, double factor, check_setting *setting, undr_buffer *why) {
    *setting = (check_setting){.command = command, .timeout_factor = factor};
    undr_error error = check_survey(setting, role, why);
    undr_buffer_free(&setting->capabilities.text);
    assert_no_process_left();
    return error;
}

static void expect_refusal(const char *peer, check_role role, double factor, const char *reason) {
    check_setting setting;
    undr_buffer why = {0};
    assert_int_equal(survey(command_of(peer), role, factor, &setting, &why), UNDR_ARGUMENT);
    assert_has(&why, reason);
    undr_buffer_free(&why);
}

static void surveys(void **state) {
    (void)state;
    check_setting setting;
    undr_buffer why = {0};
    assert_int_equal(survey(command_of("good"), CHECK_ROLE_MANAGER, hasty, &setting, &why), UNDR_OK);
    assert_true(setting.capabilities.manager && setting.capabilities.worker && !setting.capabilities.pool);
    assert_int_equal(setting.capabilities.hold, 3);
    assert_true(setting.round_trip_ns > 0 && setting.settle_ns >= setting.round_trip_ns);
    undr_buffer_free(&why);
}

static void refuses_what_is_no_adapter(void **state) {
    (void)state;
    expect_refusal("accepts-anything", CHECK_ROLE_MANAGER, 1, "must exit with status 89");
    expect_refusal("hangs", CHECK_ROLE_MANAGER, hasty, "does not end");
    expect_refusal("hangs-noisily", CHECK_ROLE_MANAGER, hasty, "does not end");
    expect_refusal("strange-levels", CHECK_ROLE_MANAGER, 1, "priority-levels many");
    expect_refusal("good", CHECK_ROLE_POOL, 1, "does not declare the role pool");
    expect_refusal("leaves", CHECK_ROLE_MANAGER, 1, "exit status 7");
    expect_refusal("leaves", CHECK_ROLE_MANAGER, 1, "no more room");
    expect_refusal("never-connects", CHECK_ROLE_WORKER, hasty, "a connection to the port of the harness");
}

static void says_why_a_program_does_not_start(void **state) {
    (void)state;
    char missing[] = "/nowhere/at-all", folder[] = "/";
    char *commands[][2] = {{missing, NULL}, {folder, NULL}};
    const char *reasons[] = {"No such file", "Permission denied"};
    for (size_t i = 0; i < 2; i++) {
        check_setting setting;
        undr_buffer why = {0};
        assert_int_equal(survey(commands[i], CHECK_ROLE_MANAGER, 1, &setting, &why), UNDR_ARGUMENT);
        assert_has(&why, reasons[i]);
        undr_buffer_free(&why);
    }
}

int main(int argc, char **argv) {
    program = argv[0];
    if (argc > 2 && strcmp(argv[1], "--peer") == 0) {
        be_peer(argc, argv);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes),
        cmocka_unit_test(a_failure_has_a_kind),
        cmocka_unit_test(blames_the_last_requirement_above),
        cmocka_unit_test(observes_a_may),
        cmocka_unit_test(notices_silence),
        cmocka_unit_test(notices_ends),
        cmocka_unit_test(an_end_of_another_way_is_a_warning),
        cmocka_unit_test(notices_what_nobody_asked_for),
        cmocka_unit_test(a_peer_that_does_not_read_ends_the_play),
        cmocka_unit_test(a_peer_that_reads_slowly_is_waited_for),
        cmocka_unit_test(a_peer_that_has_read_slowly_may_think),
        cmocka_unit_test(a_peer_that_sends_slowly_is_waited_for),
        cmocka_unit_test(noise_is_no_progress),
        cmocka_unit_test(a_quiet_ends_before_the_patience_of_the_peer),
        cmocka_unit_test(pieces_are_apart),
        cmocka_unit_test(a_pipeline_sends_ahead),
        cmocka_unit_test(unordered_is_any_order),
        cmocka_unit_test(a_crash_is_never_a_pass),
        cmocka_unit_test(a_crash_at_a_should_fails),
        cmocka_unit_test(notices_how_it_does_not_start),
        cmocka_unit_test(notices_what_breaks_the_contract),
        cmocka_unit_test(a_daemon_is_ended),
        cmocka_unit_test(a_foreign_process_is_not_killed),
        cmocka_unit_test(a_process_in_a_session_of_its_own_is_killed),
        cmocka_unit_test(a_flood_is_drained),
        cmocka_unit_test(workers),
        cmocka_unit_test(connections_that_live_on_are_told_to_leave),
        cmocka_unit_test(an_end_is_ended),
        cmocka_unit_test(a_case_may_not_break_the_protocol_by_mistake),
        cmocka_unit_test(what_is_not_declared_is_skipped),
        cmocka_unit_test(surveys),
        cmocka_unit_test(refuses_what_is_no_adapter),
        cmocka_unit_test(says_why_a_program_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
