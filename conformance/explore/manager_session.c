/* manager_session.c: a session as a case of the manager role. The manager's core of the reference, asked as the case is
 * written, says what is expected. */
#include "explore/contents.h"
#include "explore/requirement.h"
#include "explore/session_case.h"

#include "undr/manager.h"

#include <stdlib.h>
#include <string.h>

/* Letters that the notation has for connections, without M, P, and G, which is a gate in the suite's cases. */
static const char letters[] = "ABCDEFHIJKLNOQRSTUVWXYZ";
enum { LETTERS = sizeof letters - 1, ENDING = LETTERS - 1 /* the last one: runs what is left */, LEVELS = 2 };

typedef struct script_connection {
    undr_connection handle; /* 0: was never opened */
    bool used;              /* something was sent on it, so that it is open */
    bool ended;
    unsigned out; /* tasks that it was seen to be given and has not settled */
} script_connection;

struct script {
    const check_explored *session;
    const check_reachable *reachable;
    unsigned levels;
    undr_manager_core *core;
    undr_buffer *text;
    undr_buffer answers; /* lines for the answers that are not read yet, all of one connection */
    int reading;         /* that connection; -1: none */
    script_connection connections[LETTERS];
    int opened;
    const char *above;     /* the requirement above the line that is written next */
    undr_buffer *contents; /* of operation i, as it was sent: what is expected when it comes back */
    bool close;            /* the session ends with one */
    unsigned close_choice;
};

static const char a_task[] = "SCHED-2  a task with a lower priority number is handed out first, "
                             "those of one priority in the order in which they were scheduled";
static const char no_task[] = "NEXT-2  when no queue has a task, the answer to `n` or `t` is None";
static const char a_close[] = "CLOSE-2  after JOIN or CANCEL has returned, the next `n` or `t` is answered "
                              "CloseRequest, or the connection was ended";
static const char scheduled[] = "SCHED-1  0x80+p is acknowledged with `s`, empty";
static const char sent[] = "MSG-1  `m` is acknowledged with `m`, empty";
static const char violated[] = "REQ-6  a connection that is ended for a violation leaves all others as they were";
static const char inbox[] = "MSGS-1  messages() gives the messages of the inbox in the order in which they came";
static const char inbox_end[] = "MSGS-2  messages() ends when the inbox is empty and no task is left";
static const char closes[] = "CLOSE-JOIN-2  a close returns once no task is left that it waits for";

/* ---- what the core is told and answers ---- */

/* In the place of its content the core sees the number of an operation, as a pickle (of a message it must be one):
 * PROTO 4, BININT, STOP. */
enum { NUMBER_SIZE = 8, NUMBER_OFFSET = 3 };
static undr_slice pickled_number(uint32_t number, uint8_t bytes[NUMBER_SIZE]) {
    memcpy(bytes, "\x80\x04J", NUMBER_OFFSET);
    memcpy(bytes + NUMBER_OFFSET, &number, sizeof number);
    bytes[NUMBER_SIZE - 1] = '.';
    return undr_slice_of(bytes, NUMBER_SIZE);
}

/* What an operation sent, as the case writes it. */
static undr_slice content_of(const struct script *script, undr_slice told) {
    uint32_t number = 0;
    memcpy(&number, told.data + NUMBER_OFFSET, sizeof number);
    return undr_buffer_slice(&script->contents[number]);
}

/* The line of the core's answer that is due, after those that wait to be read. */
static undr_error expect_answer(struct script *script, int connection) {
    undr_buffer *lines = &script->answers;
    undr_answer answer;
    undr_error error = undr_manager_next_answer(script->core, &answer);
    if (error != UNDR_OK) {
        return error;
    }
    bool is_task = answer.frame.type == 't' && answer.frame.payload.size == NUMBER_SIZE;
    bool closing = undr_manager_current_state(script->core) == UNDR_MANAGER_CLOSING;
    const char *requirement = answer.frame.type == 's' ? scheduled
        : answer.frame.type == 'm'                     ? sent
        : is_task                                      ? a_task
        : closing                                      ? a_close
                                                       : no_task;
    error = check_explored_blame(&script->above, lines, requirement);
    if (error == UNDR_OK) {
        error = undr_put_format(lines, "  %c <- %c", letters[connection], answer.frame.type);
    }
    if (error == UNDR_OK && is_task) {
        script->connections[connection].out++;
        error = undr_put_slice(lines, content_of(script, answer.frame.payload));
    } else if (error == UNDR_OK && answer.frame.type == 't') {
        error = undr_put_text(lines, closing ? " CloseRequest or end" : " None");
    }
    return error == UNDR_OK ? undr_put_u8(lines, '\n') : error;
}

/* Reads all answers that wait. */
static undr_error read_answers(struct script *script) {
    undr_error error = undr_put_slice(script->text, undr_buffer_slice(&script->answers));
    script->answers.size = 0;
    script->reading = -1;
    return error;
}

/* A request of a connection: the line that sends it; its answer is read with the next operation that is not joined. */
static undr_error request(struct script *script, int connection, uint8_t type, undr_slice told, undr_slice written) {
    undr_frame frame = {.type = type, .payload = told};
    undr_error error = UNDR_OK;
    script->reading = connection;
    script->connections[connection].used = true;
    error = type >= 0x80 ? undr_put_format(script->text, "  %c -> 0x%02x", letters[connection], type)
                         : undr_put_format(script->text, "  %c -> %c", letters[connection], type);
    if (error == UNDR_OK) {
        error = undr_put_slice(script->text, written);
    }
    if (error == UNDR_OK) {
        error = undr_put_u8(script->text, '\n');
    }
    if (error == UNDR_OK) {
        error = undr_manager_receive(script->core, script->connections[connection].handle, &frame, 0);
    }
    return error == UNDR_OK ? expect_answer(script, connection) : error;
}

static undr_error bare_request(struct script *script, int connection, uint8_t type) {
    undr_slice nothing = {NULL, 0};
    return request(script, connection, type, nothing, nothing);
}

/* ---- operations ---- */

/* The connection that an operation speaks of, opened if it is new; -1: none of the first `most` is left. */
static undr_error find_connection(struct script *script, unsigned wanted, int most, int *connection) {
    *connection = -1;
    for (int i = 0, seen = 0; i < script->opened; i++) {
        if (!script->connections[i].ended && seen++ == (int)wanted) {
            *connection = i;
            return UNDR_OK;
        }
    }
    if (script->opened == most) {
        return UNDR_OK;
    }
    *connection = script->opened++;
    return undr_manager_connect(script->core, &script->connections[*connection].handle);
}

/* Ends the connection as the protocol is broken on it. */
static undr_error violate(struct script *script, int connection, unsigned choice) {
    /* A running manager that --connect has found may have 128 priorities. */
    const char *too_high = script->reachable->control ? "bad 0xff b'x'" : "bad 0x7f b'x'";
    const char *const violations[] = {"bad n b'x'", "bad t None", "bad m", "bad m b'no pickle'", too_high, "bad s",
        "bad 0x78 b'n'", "bad 0x00", "raw b'x\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'"};
    undr_manager_disconnect(script->core, script->connections[connection].handle);
    script->connections[connection].ended = true;
    undr_error error = check_explored_blame(&script->above, script->text, violated);
    return error == UNDR_OK ? undr_put_format(script->text, "  %c -> %s\n  %c <- end\n", letters[connection],
                                  violations[choice % (sizeof violations / sizeof *violations)], letters[connection])
                            : error;
}

/* The connection ends in the middle of a frame (FRAME-5), or between two. */
static undr_error leave(struct script *script, int connection, const check_operation *operation) {
    static const char *const cuts[] = {"raw b'\\x80\\x05\\x00\\x00\\x00\\x00\\x00\\x00\\x00task'", "raw b'n'",
        "raw b'm\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x04'", "header 0x80 9",
        "raw b't\\x00\\x00\\x00\\x00\\x00\\x00\\x00'"};
    undr_error error = UNDR_OK;
    undr_manager_disconnect(script->core, script->connections[connection].handle);
    script->connections[connection].ended = true;
    if (operation->kind == CHECK_OPERATION_CUT) {
        error = undr_put_format(
            script->text, "  %c -> %s\n", letters[connection], cuts[operation->choice % (sizeof cuts / sizeof *cuts)]);
    }
    return error == UNDR_OK ? undr_put_format(script->text, "  %c -> %s\n", letters[connection],
                                  operation->payload % 2 == 0 ? "close" : "reset")
                            : error;
}

/* What a connection does. */
static undr_error act_on_connection(struct script *script, const check_operation *operation, uint32_t number) {
    uint8_t pickled[NUMBER_SIZE];
    undr_buffer *content = &script->contents[number];
    int connection = -1;
    undr_error error = find_connection(script, operation->connection, ENDING, &connection);
    bool follows = operation->joined && script->reading == connection && !script->reachable->holds;
    if (error == UNDR_OK && !follows) {
        error = read_answers(script);
    }
    if (error != UNDR_OK || connection < 0) {
        return error;
    }
    script_connection *own = &script->connections[connection];
    switch (operation->kind) {
    case CHECK_OPERATION_NEXT: return bare_request(script, connection, 'n');
    case CHECK_OPERATION_DONE:
        if (own->out == 0 || follows) { /* what is out shows when the answers are read */
            return UNDR_OK;
        }
        own->out--;
        return bare_request(script, connection, 't');
    case CHECK_OPERATION_SCHEDULE:
        error = check_explored_task(content, operation, number);
        return error != UNDR_OK ? error
                                : request(script, connection, (uint8_t)(0x80 + operation->choice % script->levels),
                                      pickled_number(number, pickled), undr_buffer_slice(content));
    case CHECK_OPERATION_MESSAGE:
        error = undr_put_u8(content, ' ');
        error = error == UNDR_OK ? check_explored_value(content, operation, number) : error;
        return error != UNDR_OK
            ? error
            : request(script, connection, 'm', pickled_number(number, pickled), undr_buffer_slice(content));
    default: break;
    }
    if (own->out > 0 || follows) {
        return UNDR_OK; /* what becomes of a task whose connection ends is free (FAULT-3) */
    }
    return operation->kind == CHECK_OPERATION_BAD ? violate(script, connection, operation->choice)
                                                  : leave(script, connection, operation);
}

/* One step of messages(), where it need not wait. */
static undr_error next_message(struct script *script) {
    undr_buffer message = {0};
    undr_error error = undr_manager_next_message(script->core, &message);
    undr_error told = UNDR_OK;
    if (error == UNDR_OK || error == UNDR_DONE) {
        told = check_explored_blame(&script->above, script->text, error == UNDR_OK ? inbox : inbox_end);
        told = told == UNDR_OK ? undr_put_text(script->text, "  M -> next\n") : told;
    }
    if (told == UNDR_OK && error == UNDR_OK) {
        undr_slice content = content_of(script, undr_buffer_slice(&message));
        told = undr_put_format(script->text, "  M <- message%.*s\n", (int)content.size, (const char *)content.data);
    } else if (told == UNDR_OK && error == UNDR_DONE) {
        told = undr_put_text(script->text, "  M <- done\n");
    }
    undr_buffer_free(&message);
    return error == UNDR_OK || error == UNDR_DONE || error == UNDR_WAIT ? told : error;
}

/* What the manager's own program does. */
static undr_error act_on_control(struct script *script, const check_operation *operation, uint32_t number) {
    undr_buffer *content = &script->contents[number];
    uint8_t pickled[NUMBER_SIZE];
    unsigned priority = operation->choice % script->levels;
    undr_error error = read_answers(script);
    if (error != UNDR_OK || !script->reachable->control) {
        return error;
    }
    if (operation->kind == CHECK_OPERATION_OWN_NEXT) {
        return next_message(script);
    }
    bool is_task = operation->kind == CHECK_OPERATION_OWN_SCHEDULE;
    error = undr_put_text(content, is_task ? " Probe([('message', " : " ");
    error = error == UNDR_OK ? check_explored_value(content, operation, number) : error;
    error = error == UNDR_OK && is_task ? undr_put_text(content, ")])") : error;
    if (error == UNDR_OK) {
        error = is_task ? undr_put_format(script->text, "  M -> schedule %u", priority)
                        : undr_put_text(script->text, "  M -> message");
    }
    error = error == UNDR_OK ? undr_put_slice(script->text, undr_buffer_slice(content)) : error;
    error = error == UNDR_OK ? undr_put_u8(script->text, '\n') : error;
    if (error != UNDR_OK) {
        return error;
    }
    return is_task ? undr_manager_schedule(script->core, priority, pickled_number(number, pickled))
                   : undr_manager_send_message(script->core, pickled_number(number, pickled));
}

static undr_error act(struct script *script, uint32_t number) {
    const check_operation *operation = &script->session->at[number];
    switch (operation->kind) {
    case CHECK_OPERATION_OWN_SCHEDULE:
    case CHECK_OPERATION_OWN_MESSAGE:
    case CHECK_OPERATION_OWN_NEXT: return act_on_control(script, operation, number);
    case CHECK_OPERATION_CLOSE:
        script->close = true;
        script->close_choice = operation->choice;
        return UNDR_OK;
    case CHECK_OPERATION_NEXT:
    case CHECK_OPERATION_DONE:
    case CHECK_OPERATION_SCHEDULE:
    case CHECK_OPERATION_MESSAGE:
    case CHECK_OPERATION_BAD:
    case CHECK_OPERATION_CUT:
    case CHECK_OPERATION_LEAVE: return act_on_connection(script, operation, number);
    default: return UNDR_OK;
    }
}

/* ---- the end ---- */

/* Settles all that is out; each answer may hand out another task, so that afterwards no task is left. */
static undr_error settle_all(struct script *script) {
    undr_error error = read_answers(script);
    for (int i = 0; i < script->opened && error == UNDR_OK; i++) {
        script_connection *own = &script->connections[i];
        while (own->out > 0 && error == UNDR_OK) {
            own->out--;
            error = bare_request(script, i, 't');
            error = error == UNDR_OK ? read_answers(script) : error;
        }
    }
    return error;
}

static undr_error run_queue(struct script *script) {
    undr_error error = settle_all(script);
    int connection = -1;
    if (error == UNDR_OK && undr_manager_tasks_left(script->core) > 0) {
        error = find_connection(script, 0, LETTERS, &connection);
    }
    if (error != UNDR_OK || connection < 0) {
        return error;
    }
    error = bare_request(script, connection, 'n');
    error = error == UNDR_OK ? read_answers(script) : error;
    return error == UNDR_OK ? settle_all(script) : error;
}

/* All messages that are left, in their order, then the end of them. */
static undr_error read_inbox(struct script *script) {
    undr_error error = UNDR_OK;
    if (undr_manager_messages(script->core) == 0) {
        return UNDR_OK; /* a short case is a clear one */
    }
    while (error == UNDR_OK && undr_manager_messages(script->core) > 0) {
        error = next_message(script);
    }
    return error == UNDR_OK && undr_manager_tasks_left(script->core) == 0 ? next_message(script) : error;
}

enum policy { BY_CANCEL, BY_KILL, BY_JOIN, POLICIES };

/* Closes; then a connection that is still open is told so, but after a KILL, which promises nothing more. */
static undr_error close_manager(struct script *script, enum policy policy) {
    static const char *const names[POLICIES] = {"cancel", "kill", "join"};
    undr_error error = check_explored_blame(&script->above, script->text, closes);
    if (error == UNDR_OK) {
        error = undr_put_format(script->text, "  M -> close %s\n  M <- closed\n", names[policy]);
    }
    undr_manager_close(script->core);
    for (int i = 0; i < script->opened && error == UNDR_OK && policy != BY_KILL; i++) {
        if (script->connections[i].used && !script->connections[i].ended) {
            error = check_explored_blame(&script->above, script->text, a_close);
            error = error == UNDR_OK
                ? undr_put_format(script->text, "  poll %c n until t CloseRequest or end\n", letters[i])
                : error;
        }
    }
    return error;
}

static bool is_any_out(const struct script *script) {
    unsigned out = 0;
    for (int i = 0; i < script->opened; i++) {
        out += script->connections[i].out;
    }
    return out > 0;
}

/* A session runs all its tasks, but where a CANCEL or a KILL leaves them, and then reads the inbox or not. Whether a
 * CANCEL waits for a task that a connection has out is free. */
static undr_error finish(struct script *script) {
    enum policy policy = (enum policy)(script->close_choice % POLICIES);
    bool will_close = script->close && script->reachable->control;
    bool may_leave = will_close && (policy == BY_KILL || (policy == BY_CANCEL && !is_any_out(script)));
    bool leaves_tasks = may_leave && script->close_choice / POLICIES % 2 == 0;
    undr_error error = leaves_tasks ? read_answers(script) : run_queue(script);
    if (error == UNDR_OK && script->reachable->control && !leaves_tasks && script->close_choice % 16 < 12) {
        error = read_inbox(script);
    }
    return error == UNDR_OK && will_close ? close_manager(script, policy) : error;
}

static undr_error write_head(struct script *script) {
    undr_error error = undr_put_text(script->text,
        "  must REQ-1  every request gets exactly one answer, in the order of the requests of its connection\n");
    if (error == UNDR_OK && script->levels != LEVELS) {
        error = undr_put_format(script->text, "  role manager levels %u\n", script->levels);
    }
    return error == UNDR_OK ? undr_put_u8(script->text, '\n') : error;
}

/* A case has a step. */
static undr_error ask_once(struct script *script) {
    int connection = -1;
    undr_error error = find_connection(script, 0, LETTERS, &connection);
    error = error == UNDR_OK ? bare_request(script, connection, 'n') : error;
    return error == UNDR_OK ? read_answers(script) : error;
}

static undr_error write_all(struct script *script) {
    undr_error error = write_head(script);
    size_t head = script->text->size;
    for (size_t i = 0; i < script->session->count && error == UNDR_OK; i++) {
        error = act(script, (uint32_t)i);
    }
    error = error == UNDR_OK ? finish(script) : error;
    return error == UNDR_OK && script->text->size == head ? ask_once(script) : error;
}

undr_error check_explored_write_manager(
    const check_explored *session, const check_reachable *reachable, undr_buffer *text) {
    unsigned levels = session->levels < reachable->levels ? session->levels : reachable->levels;
    undr_manager_options options = {.priority_levels = levels};
    struct script script = {.session = session,
        .reachable = reachable,
        .levels = levels,
        .text = text,
        .reading = -1,
        .contents = calloc(session->count + 1, sizeof *script.contents)};
    undr_error error = script.contents == NULL ? UNDR_MEMORY : undr_manager_new(&options, &script.core);
    if (error == UNDR_OK) {
        error = write_all(&script);
    }
    for (size_t i = 0; i < session->count && script.contents != NULL; i++) {
        undr_buffer_free(&script.contents[i]);
    }
    free(script.contents);
    undr_buffer_free(&script.answers);
    undr_manager_free(script.core);
    return error;
}
