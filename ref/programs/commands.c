/* commands.c: schedule, message, next, close: one line in, one line out. */
#include "programs/commands.h"

#include "net/log.h"
#include "programs/adapter.h"

#include <errno.h>
#include <string.h>

enum { EXIT_INTERRUPTED = 130 };

typedef struct session {
    undr_process_manager *manager;
    unsigned priority_levels;
    uint64_t payload_limit;
    undr_buffer answer; /* the line */
} session;

/* How a command ended. ANSWERED: the line in session->answer; INTERRUPTED: no answer, the program leaves. */
typedef enum outcome { ANSWERED, INTERRUPTED, OUT_OF_MEMORY } outcome;

static outcome say(session *self, const char *text) {
    self->answer.size = 0;
    return undr_put_text(&self->answer, text) == UNDR_OK ? ANSWERED : OUT_OF_MEMORY;
}

static outcome say_error(session *self, undr_error error) {
    self->answer.size = 0;
    return undr_put_format(&self->answer, "error %s", undr_error_text(error)) == UNDR_OK ? ANSWERED : OUT_OF_MEMORY;
}

static outcome say_result(session *self, undr_error error) {
    return error == UNDR_OK ? say(self, "ok") : say_error(self, error);
}

static outcome say_priorities(session *self) {
    self->answer.size = 0;
    undr_error error = undr_put_format(
        &self->answer, "error the priority must be a number from 0 to %u", self->priority_levels - 1);
    return error == UNDR_OK ? ANSWERED : OUT_OF_MEMORY;
}

/* `form`: how the command is written. */
static outcome say_fault(session *self, command_fault fault, const char *form) {
    self->answer.size = 0;
    undr_error error = fault == COMMAND_TOO_LARGE
        ? undr_put_format(&self->answer, "error the payload has more than %llu bytes (--payload-limit)",
              (unsigned long long)self->payload_limit)
        : undr_put_format(&self->answer, "error %s", fault == COMMAND_NO_MEMORY ? undr_error_text(UNDR_MEMORY) : form);
    return error == UNDR_OK ? ANSWERED : OUT_OF_MEMORY;
}

static outcome schedule(session *self, undr_slice rest, const command *line) {
    uint64_t priority;
    undr_slice word = adapter_take_word(&rest);
    if (!adapter_parse_number(word, 0, self->priority_levels - 1, &priority)) {
        return say_priorities(self); /* POOL-3 */
    }
    if (line->fault != COMMAND_WHOLE) {
        return say_fault(self, line->fault, "the task must be its pickle in hex: schedule PRIORITY HEX");
    }
    undr_error error = undr_process_manager_schedule_pickle(
        self->manager, undr_buffer_slice(&line->payload), (unsigned)priority);
    if (error == UNDR_NOT_A_TASK) {
        return say(self, "error None and CloseRequest can't be scheduled as tasks");
    }
    return say_result(self, error);
}

static outcome message(session *self, undr_slice rest, const command *line) {
    (void)rest;
    if (line->fault != COMMAND_WHOLE) {
        return say_fault(self, line->fault, "the message must be its pickle in hex: message HEX");
    }
    return say_result(self, undr_process_manager_send_pickle(self->manager, undr_buffer_slice(&line->payload)));
}

/* ADAPTER-3 */
static outcome say_message(session *self, undr_slice pickle) {
    if (say(self, "message ") != ANSWERED) {
        return OUT_OF_MEMORY;
    }
    return adapter_hex_encode(pickle, &self->answer) == UNDR_OK ? ANSWERED : OUT_OF_MEMORY;
}

static outcome next(session *self, undr_slice rest, const command *line) {
    (void)rest;
    (void)line;
    undr_buffer pickle = {0};
    undr_error error = undr_process_manager_next_pickle(self->manager, &pickle);
    outcome result = error == UNDR_INTERRUPTED ? INTERRUPTED
        : error == UNDR_DONE                   ? say(self, "done")
        : error != UNDR_OK                     ? say_error(self, error)
                                               : say_message(self, undr_buffer_slice(&pickle));
    undr_buffer_free(&pickle);
    return result;
}

static outcome close_manager(session *self, undr_slice rest, const command *line) {
    (void)line;
    static const char *const names[] = {
        [UNDR_CLOSE_JOIN] = "join", [UNDR_CLOSE_CANCEL] = "cancel", [UNDR_CLOSE_KILL] = "kill"};
    for (size_t policy = 0; policy < sizeof names / sizeof *names; policy++) {
        if (!undr_slice_equal(rest, undr_slice_text(names[policy]))) {
            continue;
        }
        undr_error error = undr_process_manager_close(self->manager, (undr_close_policy)policy); /* ADAPTER-4 */
        if (error == UNDR_INTERRUPTED) {
            return INTERRUPTED;
        }
        return error == UNDR_OK ? say(self, "closed") : say_error(self, error);
    }
    return say(self, "error the policy must be join, cancel or kill");
}

static const struct {
    const char *name;
    outcome (*run)(session *self, undr_slice rest, const command *line);
} commands[] = {{"schedule", schedule}, {"message", message}, {"next", next}, {"close", close_manager}};

/* ADAPTER-2 */
static outcome run_line(session *self, const command *line) {
    undr_slice rest = command_words(line);
    undr_slice word = adapter_take_word(&rest);
    for (size_t i = 0; i < sizeof commands / sizeof *commands && line->fault != COMMAND_TOO_LONG; i++) {
        if (undr_slice_equal(word, undr_slice_text(commands[i].name))) {
            return commands[i].run(self, rest, line);
        }
    }
    return say(self, "error the commands are: schedule PRIORITY HEX, message HEX, next, close join|cancel|kill");
}

/* Returns the exit status. */
static int complain(undr_error error) {
    if (error == UNDR_RESET) {
        undr_log_complain("undr-manager: nobody reads the answers");
    } else if (error == UNDR_SYSTEM) {
        undr_log_complain("undr-manager: standard output can't be written: %s", strerror(errno));
    } else {
        undr_log_complain("undr-manager: %s", undr_error_text(error));
    }
    return ADAPTER_EXIT_FAILURE;
}

/* One large answer is not kept for the small ones behind it. */
static void keep_little(undr_buffer *answer) {
    enum { LITTLE = 64 * 1024 };
    if (answer->capacity > LITTLE) {
        undr_buffer_free(answer);
    }
}

/* Runs commands until there is reason to leave; returns the exit status. */
static int run_all(session *self, input *from) {
    command line = {0};
    input_event event = INPUT_LINE;
    int status = 0;
    while (status == 0 && (event = input_next(from, &line)) == INPUT_LINE) {
        outcome result = run_line(self, &line);
        undr_error error = result == OUT_OF_MEMORY ? UNDR_MEMORY : UNDR_OK;
        if (result == ANSWERED) {
            error = input_answer(from, undr_buffer_slice(&self->answer));
        }
        keep_little(&self->answer);
        status = error == UNDR_OK || error == UNDR_INTERRUPTED ? 0 : complain(error);
    }
    command_free(&line);
    return status != 0             ? status
        : event == INPUT_INTERRUPT ? EXIT_INTERRUPTED
        : event == INPUT_FAILED    ? ADAPTER_EXIT_FAILURE
                                   : 0;
}

int commands_run(input *from, undr_process_manager *manager, unsigned priority_levels) {
    session self = {.manager = manager, .priority_levels = priority_levels, .payload_limit = from->payload_limit};
    int status = run_all(&self, from);
    undr_close_policy policy = status == EXIT_INTERRUPTED ? UNDR_CLOSE_CANCEL : UNDR_CLOSE_KILL; /* ADAPTER-1 */
    undr_error error = undr_process_manager_close(manager, policy);
    (void)error; /* neither policy can fail */
    input_release_manager(from);
    undr_process_manager_free(manager);
    undr_buffer_free(&self.answer);
    return status;
}
