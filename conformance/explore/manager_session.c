/* manager_session.c: a session as a case of the manager role. The manager's core of the reference, fed while the case
 * is written, says what is expected. */
#include "explore/contents.h"
#include "explore/requirement.h"
#include "explore/role_sessions.h"

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
    check_writer out;    /* the case; keeps every failure */
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

/* Instead of its content, the core sees the number of an operation, as a pickle (a message must be one): PROTO 4,
 * BININT, STOP. */
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

static const char *requirement_of(const struct script *script, const undr_frame *answer, bool is_task) {
    bool closing = undr_manager_current_state(script->core) == UNDR_MANAGER_CLOSING;
    return answer->type == 's' ? scheduled
        : answer->type == 'm'  ? sent
        : is_task              ? a_task
        : closing              ? a_close
                               : no_task;
}

/* The line of the core's due answer, after those that wait to be read. */
static void expect_answer(struct script *script, int connection) {
    check_writer lines = check_writer_to(&script->answers);
    undr_answer answer;
    check_writer_keep(&script->out, undr_manager_next_answer(script->core, &answer));
    if (script->out.error != UNDR_OK) {
        return;
    }
    bool is_task = answer.frame.type == 't' && answer.frame.payload.size == NUMBER_SIZE;
    const char *requirement = requirement_of(script, &answer.frame, is_task);
    check_explored_blame(&script->above, &lines, requirement);
    check_write_format(&lines, "  %c <- %c", letters[connection], answer.frame.type);
    if (is_task) {
        script->connections[connection].out++;
        check_write_slice(&lines, content_of(script, answer.frame.payload));
    } else if (answer.frame.type == 't') {
        check_write(&lines, requirement == a_close ? " CloseRequest or end" : " None");
    }
    check_write(&lines, "\n");
    check_writer_keep(&script->out, lines.error);
}

/* Reads all answers that wait. */
static void read_answers(struct script *script) {
    check_write_slice(&script->out, undr_buffer_slice(&script->answers));
    script->answers.size = 0;
    script->reading = -1;
}

/* A request of a connection: the line that sends it; its answer is read with the next operation that is not joined. */
static void write_request(struct script *script, int connection, uint8_t type, undr_slice told, undr_slice written) {
    undr_frame frame = {.type = type, .payload = told};
    script->reading = connection;
    script->connections[connection].used = true;
    check_write_format(&script->out, type >= 0x80 ? "  %c -> 0x%02x" : "  %c -> %c", letters[connection], type);
    check_write_slice(&script->out, written);
    check_write(&script->out, "\n");
    if (script->out.error == UNDR_OK) {
        check_writer_keep(
            &script->out, undr_manager_receive(script->core, script->connections[connection].handle, &frame, 0));
        expect_answer(script, connection);
    }
}

static void bare_request(struct script *script, int connection, uint8_t type) {
    undr_slice nothing = {NULL, 0};
    write_request(script, connection, type, nothing, nothing);
}

/* ---- operations ---- */

/* The connection of an operation, opened if it is new; -1: none of the first `most` is left. */
static int find_connection(struct script *script, unsigned wanted, int most) {
    for (int i = 0, seen = 0; i < script->opened; i++) {
        if (!script->connections[i].ended && seen++ == (int)wanted) {
            return i;
        }
    }
    if (script->opened == most || script->out.error != UNDR_OK) {
        return -1;
    }
    int connection = script->opened++;
    check_writer_keep(&script->out, undr_manager_connect(script->core, &script->connections[connection].handle));
    return connection;
}

static void end_connection(struct script *script, int connection) {
    undr_manager_disconnect(script->core, script->connections[connection].handle);
    script->connections[connection].ended = true;
}

/* Ends the connection because the protocol is broken on it. */
static void violate(struct script *script, int connection, unsigned choice) {
    /* A running manager that --connect has found may have 128 priorities. */
    const char *too_high = script->reachable->control ? "bad 0xff b'x'" : "bad 0x7f b'x'";
    const char *const violations[] = {"bad n b'x'", "bad t None", "bad m", "bad m b'no pickle'", too_high, "bad s",
        "bad 0x78 b'n'", "bad 0x00", "raw b'x\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'"};
    end_connection(script, connection);
    check_explored_blame(&script->above, &script->out, violated);
    check_write_format(&script->out, "  %c -> %s\n  %c <- end\n", letters[connection],
        violations[choice % (sizeof violations / sizeof *violations)], letters[connection]);
}

/* The connection ends in the middle of a frame (FRAME-5), or between two. */
static void leave_connection(struct script *script, int connection, const check_operation *operation) {
    static const char *const cuts[] = {"raw b'\\x80\\x05\\x00\\x00\\x00\\x00\\x00\\x00\\x00task'", "raw b'n'",
        "raw b'm\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x04'", "header 0x80 9",
        "raw b't\\x00\\x00\\x00\\x00\\x00\\x00\\x00'"};
    end_connection(script, connection);
    if (operation->kind == CHECK_OPERATION_CUT) {
        check_write_format(
            &script->out, "  %c -> %s\n", letters[connection], cuts[operation->choice % (sizeof cuts / sizeof *cuts)]);
    }
    check_write_format(
        &script->out, "  %c -> %s\n", letters[connection], operation->payload % 2 == 0 ? "close" : "reset");
}

/* A request with a content, which is kept. */
static void send_content(
    struct script *script, int connection, uint8_t type, const check_operation *operation, uint32_t number) {
    uint8_t pickled[NUMBER_SIZE];
    check_writer content = check_writer_to(&script->contents[number]);
    if (type == 'm') {
        check_write(&content, " ");
        check_explored_value(&content, operation, number);
    } else {
        check_explored_task(&content, operation, number);
    }
    check_writer_keep(&script->out, content.error);
    write_request(script, connection, type, pickled_number(number, pickled), undr_buffer_slice(content.to));
}

/* What a connection does. */
static void act_on_connection(struct script *script, const check_operation *operation, uint32_t number) {
    int connection = find_connection(script, operation->connection, ENDING);
    bool follows = operation->joined && script->reading == connection && !script->reachable->holds;
    if (!follows) {
        read_answers(script);
    }
    if (connection < 0) {
        return;
    }
    script_connection *own = &script->connections[connection];
    switch (operation->kind) {
    case CHECK_OPERATION_NEXT: bare_request(script, connection, 'n'); return;
    case CHECK_OPERATION_DONE:
        if (own->out > 0 && !follows) { /* what is out shows when the answers are read */
            own->out--;
            bare_request(script, connection, 't');
        }
        return;
    case CHECK_OPERATION_SCHEDULE:
        send_content(script, connection, (uint8_t)(0x80 + operation->choice % script->levels), operation, number);
        return;
    case CHECK_OPERATION_MESSAGE: send_content(script, connection, 'm', operation, number); return;
    default: break;
    }
    if (own->out > 0 || follows) {
        return; /* what becomes of a task whose connection ends is free (FAULT-3) */
    }
    if (operation->kind == CHECK_OPERATION_BAD) {
        violate(script, connection, operation->choice);
    } else {
        leave_connection(script, connection, operation);
    }
}

/* One step of messages(), where it need not wait. */
static void next_message(struct script *script) {
    undr_buffer message = {0};
    undr_error error = script->out.error == UNDR_OK ? undr_manager_next_message(script->core, &message) : UNDR_WAIT;
    if (error == UNDR_OK || error == UNDR_DONE) {
        check_explored_blame(&script->above, &script->out, error == UNDR_OK ? inbox : inbox_end);
        check_write(&script->out, "  M -> next\n");
    }
    if (error == UNDR_OK) {
        check_write(&script->out, "  M <- message");
        check_write_slice(&script->out, content_of(script, undr_buffer_slice(&message)));
        check_write(&script->out, "\n");
    } else if (error == UNDR_DONE) {
        check_write(&script->out, "  M <- done\n");
    } else if (error != UNDR_WAIT) {
        check_writer_keep(&script->out, error);
    }
    undr_buffer_free(&message);
}

/* What the manager's own program does. */
static void act_on_control(struct script *script, const check_operation *operation, uint32_t number) {
    check_writer content = check_writer_to(&script->contents[number]);
    uint8_t pickled[NUMBER_SIZE];
    unsigned priority = operation->choice % script->levels;
    bool is_task = operation->kind == CHECK_OPERATION_OWN_SCHEDULE;
    read_answers(script);
    if (!script->reachable->control) {
        return;
    }
    if (operation->kind == CHECK_OPERATION_OWN_NEXT) {
        next_message(script);
        return;
    }
    check_write(&content, is_task ? " Probe([('message', " : " ");
    check_explored_value(&content, operation, number);
    check_write(&content, is_task ? ")])" : "");
    check_writer_keep(&script->out, content.error);
    check_write_format(&script->out, is_task ? "  M -> schedule %u" : "  M -> message", priority);
    check_write_slice(&script->out, undr_buffer_slice(content.to));
    check_write(&script->out, "\n");
    if (script->out.error == UNDR_OK) {
        undr_slice told = pickled_number(number, pickled);
        check_writer_keep(&script->out,
            is_task ? undr_manager_schedule(script->core, priority, told)
                    : undr_manager_send_message(script->core, told));
    }
}

static void write_operation(struct script *script, uint32_t number) {
    const check_operation *operation = &script->session->at[number];
    switch (operation->kind) {
    case CHECK_OPERATION_OWN_SCHEDULE:
    case CHECK_OPERATION_OWN_MESSAGE:
    case CHECK_OPERATION_OWN_NEXT: act_on_control(script, operation, number); break;
    case CHECK_OPERATION_CLOSE:
        script->close = true;
        script->close_choice = operation->choice;
        break;
    case CHECK_OPERATION_NEXT:
    case CHECK_OPERATION_DONE:
    case CHECK_OPERATION_SCHEDULE:
    case CHECK_OPERATION_MESSAGE:
    case CHECK_OPERATION_BAD:
    case CHECK_OPERATION_CUT:
    case CHECK_OPERATION_LEAVE: act_on_connection(script, operation, number); break;
    default: break;
    }
}

/* ---- the end ---- */

/* Settles everything that is out; each answer may hand out another task, so at the end no task is left. */
static void settle_all(struct script *script) {
    read_answers(script);
    for (int i = 0; i < script->opened; i++) {
        script_connection *own = &script->connections[i];
        while (own->out > 0 && script->out.error == UNDR_OK) {
            own->out--;
            bare_request(script, i, 't');
            read_answers(script);
        }
    }
}

static void run_queue(struct script *script) {
    settle_all(script);
    int connection = undr_manager_tasks_left(script->core) > 0 ? find_connection(script, 0, LETTERS) : -1;
    if (connection >= 0) {
        bare_request(script, connection, 'n');
        settle_all(script);
    }
}

/* All messages that are left, in their order, then the end of them. */
static void read_inbox(struct script *script) {
    if (undr_manager_messages(script->core) == 0) {
        return; /* a short case is a clear one */
    }
    while (undr_manager_messages(script->core) > 0 && script->out.error == UNDR_OK) {
        next_message(script);
    }
    if (undr_manager_tasks_left(script->core) == 0) {
        next_message(script);
    }
}

enum policy { BY_CANCEL, BY_KILL, BY_JOIN, POLICIES };

/* Closes; then an open connection learns of it, except after a KILL, which promises nothing. */
static void close_manager(struct script *script, enum policy policy) {
    static const char *const names[POLICIES] = {"cancel", "kill", "join"};
    check_explored_blame(&script->above, &script->out, closes);
    check_write_format(&script->out, "  M -> close %s\n  M <- closed\n", names[policy]);
    undr_manager_close(script->core);
    for (int i = 0; i < script->opened && policy != BY_KILL; i++) {
        if (script->connections[i].used && !script->connections[i].ended) {
            check_explored_blame(&script->above, &script->out, a_close);
            check_write_format(&script->out, "  poll %c n until t CloseRequest or end\n", letters[i]);
        }
    }
}

static bool is_any_out(const struct script *script) {
    unsigned out = 0;
    for (int i = 0; i < script->opened; i++) {
        out += script->connections[i].out;
    }
    return out > 0;
}

/* A session runs all its tasks, unless a CANCEL or a KILL leaves some, and then reads the inbox or not. A CANCEL is
 * free to wait for a task that a connection has out. */
static void finish_session(struct script *script) {
    enum policy policy = (enum policy)(script->close_choice % POLICIES);
    bool will_close = script->close && script->reachable->control;
    bool may_leave = will_close && (policy == BY_KILL || (policy == BY_CANCEL && !is_any_out(script)));
    bool leaves_tasks = may_leave && script->close_choice / POLICIES % 2 == 0;
    if (leaves_tasks) {
        read_answers(script);
    } else {
        run_queue(script);
    }
    if (script->reachable->control && !leaves_tasks && script->close_choice % 16 < 12) {
        read_inbox(script);
    }
    if (will_close) {
        close_manager(script, policy);
    }
}

static void write_head(struct script *script) {
    check_write(&script->out,
        "  must REQ-1  every request gets exactly one answer, in the order of the requests of its connection\n");
    if (script->levels != LEVELS) {
        check_write_format(&script->out, "  role manager levels %u\n", script->levels);
    }
    check_write(&script->out, "\n");
}

/* A case has a step. */
static void ask_once(struct script *script) {
    int connection = find_connection(script, 0, LETTERS);
    if (connection >= 0) {
        bare_request(script, connection, 'n');
        read_answers(script);
    }
}

static void write_all(struct script *script) {
    write_head(script);
    size_t head = script->out.to->size;
    for (size_t i = 0; i < script->session->count && script->out.error == UNDR_OK; i++) {
        write_operation(script, (uint32_t)i);
    }
    if (script->out.error == UNDR_OK) {
        finish_session(script);
    }
    if (script->out.to->size == head) {
        ask_once(script);
    }
}

undr_error check_explored_write_manager(
    const check_explored *session, const check_reachable *reachable, undr_buffer *text) {
    unsigned levels = session->levels < reachable->levels ? session->levels : reachable->levels;
    undr_manager_options options = {.priority_levels = levels};
    struct script script = {.session = session,
        .reachable = reachable,
        .levels = levels,
        .out = check_writer_to(text),
        .reading = -1,
        .contents = calloc(session->count + 1, sizeof *script.contents)};
    script.out.error = script.contents == NULL ? UNDR_MEMORY : undr_manager_new(&options, &script.core);
    if (script.out.error == UNDR_OK) {
        write_all(&script);
    }
    for (size_t i = 0; i < session->count && script.contents != NULL; i++) {
        undr_buffer_free(&script.contents[i]);
    }
    free(script.contents);
    undr_buffer_free(&script.answers);
    undr_manager_free(script.core);
    return script.out.error;
}
