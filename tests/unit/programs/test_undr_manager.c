/* test_undr_manager.c: the program undr-manager: its command line, its commands, how it leaves. */
#include "support/steady.h"
#include "undr/frame.h"
#include "undr/pickle.h"
#include "undr/task.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGUMENTS = 12, LINE = 4096 };

/* The program with its standard input and output at the ends of pipes; its standard error comes with its output when
 * `merge` is set. */
typedef struct program {
    pid_t pid;
    FILE *input;
    FILE *output;
    char line[LINE]; /* the last that it printed */
} program;

static void run_child(const int in[2], const int out[2], bool merge, char **arguments) {
    sigset_t none;
    (void)dup2(in[0], STDIN_FILENO);
    (void)dup2(out[1], STDOUT_FILENO);
    if (merge) {
        (void)dup2(out[1], STDERR_FILENO);
    }
    (void)close(in[0]), (void)close(in[1]), (void)close(out[0]), (void)close(out[1]);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execv(arguments[0], arguments);
    _exit(127);
}

static void begin_merged(program *self, bool merge, const char *words) {
    char path[1024], *arguments[ARGUMENTS] = {path}, *copy = strdup(words), *rest = copy;
    const char *folder = getenv("UNDR_BINARY_DIR");
    int in[2], out[2];
    assert_non_null(copy);
    assert_true(snprintf(path, sizeof path, "%s/undr-manager", folder == NULL ? "." : folder) > 0);
    for (size_t i = 1; i < ARGUMENTS - 1; i++) {
        arguments[i] = strtok_r(i == 1 ? copy : NULL, " ", &rest);
    }
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    self->pid = fork();
    if (self->pid == 0) {
        run_child(in, out, merge, arguments);
    }
    close(in[0]);
    close(out[1]);
    self->input = fdopen(in[1], "w");
    self->output = fdopen(out[0], "r");
    assert_true(self->pid > 0 && self->input != NULL && self->output != NULL);
    free(copy);
}

static const char *read_line(program *self) {
    assert_non_null(fgets(self->line, LINE, self->output));
    self->line[strcspn(self->line, "\n")] = '\0';
    return self->line;
}

static void begin(program *self, const char *words) {
    begin_merged(self, false, words);
    assert_true(strncmp(read_line(self), "ready ", 6) == 0);
}

static const char *ask(program *self, const char *command) {
    assert_true(fprintf(self->input, "%s\n", command) > 0);
    assert_int_equal(fflush(self->input), 0);
    return read_line(self);
}

static void expect_answer(program *self, const char *command, const char *answer) {
    assert_string_equal(ask(self, command), answer);
}

static void expect_exit(program *self, int expected) {
    int status;
    assert_int_equal(steady_waitpid(self->pid, &status, 0), self->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
    (void)fclose(self->output);
}

static void end_input(program *self) {
    assert_int_equal(fclose(self->input), 0);
}

/* Appends the pickle in hex. */
static void put_hex(char *line, const undr_value *value) {
    undr_buffer pickle = {0};
    assert_int_equal(undr_pickle_write(value, 4, &pickle), UNDR_OK);
    for (size_t i = 0; i < pickle.size; i++) {
        (void)sprintf(line + strlen(line), "%02x", pickle.data[i]);
    }
    undr_buffer_free(&pickle);
}

/* schedule PRIORITY, a Probe that sends its process id, then sleeps for `seconds`. */
static void schedule_probe(program *self, int64_t seconds) {
    char line[LINE] = "schedule 1 ";
    undr_arena arena = {0};
    undr_value *parts[2], *steps[2], *state, *probe;
    assert_int_equal(undr_value_text(&arena, "pid", &parts[0]), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_TUPLE, parts, 1, &steps[0]), UNDR_OK);
    assert_int_equal(undr_value_text(&arena, "sleep", &parts[0]), UNDR_OK);
    assert_int_equal(undr_value_int(&arena, seconds, &parts[1]), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_TUPLE, parts, 2, &steps[1]), UNDR_OK);
    assert_int_equal(undr_value_text(&arena, "steps", &parts[0]), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, steps, 2, &parts[1]), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_DICT, parts, 2, &state), UNDR_OK);
    assert_int_equal(undr_value_instance(&arena, "undr_conformance", "Probe", state, &probe), UNDR_OK);
    put_hex(line, probe);
    expect_answer(self, line, "ok");
    undr_arena_free(&arena);
}

static uint8_t hex_byte(const char *digits) {
    char pair[3] = {digits[0], digits[1], '\0'};
    return (uint8_t)strtoul(pair, NULL, 16);
}

/* `next`, which must be ('pid', N). */
static pid_t next_pid(program *self) {
    uint8_t pickle[LINE / 2];
    size_t size = 0;
    undr_arena arena = {0};
    undr_value *message;
    int64_t pid;
    const char *line = ask(self, "next");
    assert_true(strncmp(line, "message ", 8) == 0);
    for (const char *at = line + 8; at[0] != '\0' && at[1] != '\0'; at += 2) {
        pickle[size++] = hex_byte(at);
    }
    assert_int_equal(undr_pickle_read(undr_slice_of(pickle, size), NULL, &arena, &message, NULL, NULL), UNDR_OK);
    assert_int_equal(message->kind, UNDR_TUPLE);
    assert_true(undr_value_int64(message->items.at[1], &pid));
    undr_arena_free(&arena);
    return (pid_t)pid;
}

/* A process that has ended has no file, reaped or not. ctest ends a wait for ever. */
static void await_end(pid_t pid) {
    char path[64];
    assert_true(snprintf(path, sizeof path, "/proc/%d/exe", pid) > 0);
    while (access(path, R_OK) == 0) {
        (void)usleep(1000);
    }
}

/* The command line. */

static void expect_failure(const char *words, int status, const char *message) {
    program self;
    bool found = false;
    begin_merged(&self, true, words);
    while (fgets(self.line, LINE, self.output) != NULL) {
        found = found || strstr(self.line, message) != NULL;
    }
    assert_true(found);
    (void)fclose(self.input);
    expect_exit(&self, status);
}

static void mistakes_are_explained(void **state) {
    (void)state;
    expect_failure("", 89, "manager, capabilities");
    expect_failure("nonsense", 89, "manager, capabilities");
    expect_failure("worker --port 1", 89, "manager, capabilities");
    expect_failure("--hold 5", 89, "manager, capabilities");
    expect_failure("manager --worker 1", 2, "unknown option '--worker'");
    expect_failure("manager --workers x", 2, "from 0 to 4096");
    expect_failure("manager --workers", 2, "--workers needs a value");
    expect_failure("manager --priority-levels 129", 2, "from 2 to 128");
    expect_failure("manager --priority-levels 1", 2, "from 2 to 128");
    expect_failure("manager --payload-limit 1000", 2, "from 67108864");
    expect_failure("manager --same-user=yes", 2, "--same-user takes no value");
    expect_failure("manager --listen 0.0.0.0", 2, "add --beyond-loopback");
    expect_failure("manager --listen here --beyond-loopback", 2, "not 'here'");
    expect_failure("--same-user --hold 5", 89, "manager, capabilities");
    expect_failure("manager --workers 0 --log-directory /nowhere/at/all", 1, "/nowhere/at/all: No such file");
    expect_failure("undr-worker-process 1", 2, "do not call it by hand");
}

static void capabilities_say_what_applies(void **state) {
    (void)state;
    expect_failure("capabilities", 0, "priority-levels 128");
    expect_failure("capabilities", 0, "pickle 0-5");
    expect_failure("capabilities", 0, "log-directory");
    char largest[64]; /* 1 GiB; with 32 bits, half of that */
    assert_true(snprintf(largest, sizeof largest, "max-payload %" PRIu64 "\n", UNDR_DEFAULT_PAYLOAD_LIMIT) > 0);
    expect_failure("capabilities", 0, largest);
    expect_failure("capabilities", 0, "hold 0");
    expect_failure("--hold 70 capabilities", 0, "hold 70");
    expect_failure("--hold=70 capabilities", 0, "pool-hold 70");
    expect_failure("--grace 1000 capabilities", 0, "grace 1000");
    expect_failure("capabilities --payload-limit 70000000", 0, "max-payload 70000000");
    expect_failure("--help", 0, "usage: undr-manager manager");
    expect_failure("--version", 0, "undr-manager ");
}

/* Commands. */

static void commands_are_answered(void **state) {
    (void)state;
    program self;
    begin(&self, "manager --workers 0 --priority-levels 2");
    expect_answer(&self, "message 4b012e", "ok");
    expect_answer(&self, "message 4B022E", "ok");
    expect_answer(&self, "next", "message 4b012e");
    expect_answer(&self, "next", "message 4b022e");
    expect_answer(&self, "next", "done");
    expect_answer(&self, "next", "done");
    expect_answer(&self, "schedule 1 4b012e", "ok");
    expect_answer(&self, "close cancel", "closed");
    expect_answer(&self, "close join", "closed");
    expect_answer(&self, "schedule 1 4b012e", "error the manager is closed");
    end_input(&self);
    expect_exit(&self, 0);
}

static void wrong_commands_are_explained(void **state) {
    (void)state;
    program self;
    begin(&self, "--workers 0 --priority-levels=7 manager");
    expect_answer(&self, "schedule 7 4b012e", "error the priority must be a number from 0 to 6");
    expect_answer(&self, "schedule -1 4b012e", "error the priority must be a number from 0 to 6");
    expect_answer(&self, "schedule", "error the priority must be a number from 0 to 6");
    expect_answer(&self, "schedule 1 4b0", "error the task must be its pickle in hex: schedule PRIORITY HEX");
    expect_answer(&self, "schedule 1 4e2e", "error None and CloseRequest can't be scheduled as tasks");
    expect_answer(&self, "message 4g", "error the message must be its pickle in hex: message HEX");
    assert_true(strncmp(ask(&self, "schedule 1 "), "error the pickle ends", 21) == 0);
    assert_true(strncmp(ask(&self, "message 00"), "error not a pickle opcode", 25) == 0);
    expect_answer(&self, "close", "error the policy must be join, cancel or kill");
    expect_answer(&self, "close JOIN", "error the policy must be join, cancel or kill");
    assert_non_null(strstr(ask(&self, "stop"), "close join|cancel|kill"));
    assert_non_null(strstr(ask(&self, ""), "close join|cancel|kill"));
    expect_answer(&self, "next", "done"); /* none of these did anything */
    end_input(&self);
    expect_exit(&self, 0);
}

static void a_pool_works(void **state) {
    (void)state;
    program self;
    begin(&self, "manager --workers 2 --priority-levels 2");
    schedule_probe(&self, 0);
    assert_true(next_pid(&self) > 1);
    expect_answer(&self, "next", "done");
    schedule_probe(&self, 0);
    expect_answer(&self, "close join", "closed");
    end_input(&self);
    expect_exit(&self, 0);
}

/* Leaving. */

static void the_end_of_input_kills_the_workers(void **state) {
    (void)state;
    static const char *const blocking[] = {NULL, "next\n", "close join\n", "close cancel\n", "next\nnext\nnext\n"};
    for (size_t i = 0; i < sizeof blocking / sizeof *blocking; i++) {
        program self;
        begin(&self, "manager --workers 1 --priority-levels 2");
        schedule_probe(&self, 1000);
        pid_t worker = next_pid(&self);
        if (blocking[i] != NULL) {
            assert_true(fputs(blocking[i], self.input) >= 0);
        }
        end_input(&self);
        expect_exit(&self, 0);
        await_end(worker);
    }
}

static void sigint_lets_a_running_task_finish(void **state) {
    (void)state;
    for (int blocks = 0; blocks < 2; blocks++) {
        program self;
        begin(&self, "manager --workers 1 --priority-levels 2");
        schedule_probe(&self, 0);
        pid_t worker = next_pid(&self);
        if (blocks) {
            schedule_probe(&self, 1);
            assert_int_equal(next_pid(&self), worker);
            assert_true(fputs("close join\n", self.input) >= 0);
            assert_int_equal(fflush(self.input), 0);
        }
        assert_int_equal(kill(self.pid, SIGINT), 0);
        assert_null(fgets(self.line, LINE, self.output)); /* no answer: it leaves */
        expect_exit(&self, 130);
        await_end(worker);
        end_input(&self);
    }
}

static void a_second_sigint_kills(void **state) {
    (void)state;
    program self;
    int status;
    begin(&self, "manager --workers 1 --priority-levels 2");
    schedule_probe(&self, 1000);
    pid_t worker = next_pid(&self);
    while (steady_waitpid(self.pid, &status, WNOHANG) == 0) {
        assert_int_equal(kill(self.pid, SIGINT), 0);
        (void)usleep(20000);
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
    await_end(worker);
    end_input(&self);
    (void)fclose(self.output);
}

static void it_leaves_when_nobody_reads_its_answers(void **state) {
    (void)state;
    program self;
    begin(&self, "manager --workers 1 --priority-levels 2");
    (void)fclose(self.output);
    assert_true(fputs("next\n", self.input) >= 0);
    assert_int_equal(fflush(self.input), 0);
    self.output = fopen("/dev/null", "r");
    expect_exit(&self, 1);
    end_input(&self);
}

int main(void) {
    (void)signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(capabilities_say_what_applies),
        cmocka_unit_test(commands_are_answered),
        cmocka_unit_test(wrong_commands_are_explained),
        cmocka_unit_test(a_pool_works),
        cmocka_unit_test(the_end_of_input_kills_the_workers),
        cmocka_unit_test(sigint_lets_a_running_task_finish),
        cmocka_unit_test(a_second_sigint_kills),
        cmocka_unit_test(it_leaves_when_nobody_reads_its_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
