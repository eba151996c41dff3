/* against_broken.c: a fuzz target with a bug of tests/broken: what scripts/fuzz-finds measures the mutators with.
 *
 * The broken peer's manager serves the same input twice, without a bug and with the one that UNDR_BUG names. When it
 * answers or keeps something else, the bug is found. UNDR_INPUT says what an input is: `session`, as for the target
 * manager_session, or `pickle`, as for the target pickle: one message. Without UNDR_BUG nothing may be found. */
#include "session_script.h"

#include "bugs.h"
#include "connections.h"
#include "inbox.h"
#include "known.h"
#include "pickle.h"
#include "tasks.h"
#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPS = 400, MESSAGES = 1024 };

typedef struct play {
    manager *manager;
    connection *connections[SESSION_CONNECTIONS];
    int ends[SESSION_CONNECTIONS]; /* the other side's */
    unsigned tasks;
    bytes messages[MESSAGES]; /* that the program has read */
    size_t message_count;
    uint64_t seen; /* a hash of all that could be seen */
} play;

static void see(play *p, const void *bytes, size_t size) {
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        p->seen = (p->seen ^ byte[i]) * 0x100000001b3;
    }
}

static void see_answers(play *p) {
    uint8_t answers[4096];
    for (int c = 0; c < SESSION_CONNECTIONS; c++) {
        ssize_t got = p->connections[c] == NULL ? 0 : recv(p->ends[c], answers, sizeof answers, MSG_DONTWAIT);
        if (got > 0) {
            see(p, &c, sizeof c);
            see(p, answers, (size_t)got);
        }
    }
    see(p, &p->manager->left, sizeof p->manager->left);
}

static void open_connection(play *p, int c) {
    int both[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) != 0) {
        perror("against_broken: socketpair");
        exit(1);
    }
    p->connections[c] = remember_connection(p->manager, both[0]);
    p->ends[c] = both[1];
}

static void end_connection(play *p, int c) {
    forget_connection(p->manager, p->connections[c]);
    close(p->ends[c]);
    p->connections[c] = NULL;
}

static void serve(play *p, int c, uint8_t type, const void *payload, size_t size) {
    frame f = {.type = type, .payload = {.data = must_have(malloc(size + 1)), .size = size}, .has_header = true};
    if (size > 0) {
        memcpy(f.payload.data, payload, size);
    }
    bool goes_on = serve_frame(p->manager, p->connections[c], &f);
    free(f.payload.data);
    see_answers(p);
    see(p, &goes_on, sizeof goes_on);
    if (!goes_on) {
        end_connection(p, c);
    }
}

static void read_message(play *p) {
    bytes data = {0};
    bool got = take_message(p->manager, &data);
    see(p, &got, sizeof got);
    if (got && p->message_count < MESSAGES) {
        p->messages[p->message_count++] = data;
    } else {
        free(data.data);
    }
}

/* As in manager_session.c: a task is known by its number, and some are empty. */
static void schedule(play *p, int c, unsigned priority) {
    uint8_t number[2] = {(uint8_t)p->tasks, (uint8_t)(p->tasks >> 8)};
    size_t size = p->tasks++ % 7 == 6 ? 0 : sizeof number;
    if (c >= 0) {
        serve(p, c, (uint8_t)(0x80 + priority), number, size);
    } else if (priority < SESSION_LEVELS) {
        put_task(p->manager, NULL, priority, number, size, true);
    }
}

static void obey(play *p, const session_op *op) {
    static const char none[] = "\x80\x04N.";
    switch (op->kind) {
    case SESSION_CONNECT:
        if (p->connections[op->connection] == NULL) {
            open_connection(p, op->connection);
        } else {
            end_connection(p, op->connection);
        }
        return;
    case SESSION_REQUEST: serve(p, op->connection, op->type, NULL, 0); return;
    case SESSION_SCHEDULE: schedule(p, op->connection, op->amount); return;
    case SESSION_MESSAGE:
        if (op->connection < 0) {
            put_own_message(p->manager, none, sizeof none - 1);
        } else {
            serve(p, op->connection, 'm', op->payload.data, op->payload.size);
        }
        return;
    case SESSION_BAD: serve(p, op->connection, op->type, op->payload.data, op->payload.size); return;
    case SESSION_READ: read_message(p); return;
    case SESSION_CLOSE:
        p->manager->policy = 1; /* CANCEL */
        p->manager->closing = true;
        return;
    default: return; /* of the core's own time and memory, which this manager does not have */
    }
}

static void play_session(play *p, fuzz_source *source) {
    for (int ops = 0; source->left.size > 0 && ops < OPS; ops++) {
        session_view view = {0};
        for (int c = 0; c < SESSION_CONNECTIONS; c++) {
            view.open[c] = view.ready[c] = p->connections[c] != NULL;
        }
        session_op op = session_take(source, &view);
        obey(p, &op);
        see_answers(p);
    }
}

static void play_pickle(play *p, fuzz_source *source) {
    undr_slice pickle = fuzz_take_rest(source);
    open_connection(p, 0);
    serve(p, 0, 'm', pickle.data, pickle.size);
}

/* The same value as this manager pickles it; what is no pickle stays as it is. Frees what it is given. */
static bytes pickled_anew(bytes raw) {
    pool values = {0};
    const val *v = pickle_loads(&values, raw.data, raw.size, NULL);
    bytes anew = v != NULL ? pickle_dumps(v, 4) : raw;
    pool_free(&values);
    if (v != NULL) {
        free(raw.data);
    }
    return anew;
}

/* What was read is compared as values: with some bugs the manager has pickled it anew, and only those must differ that
 * have the bug's error. So without such a bug, that is done here. */
static void see_messages(play *p, bool were_pickled_anew) {
    for (size_t i = 0; i < p->message_count; i++) {
        bytes text = pickled_anew(p->messages[i]);
        text = were_pickled_anew ? text : pickled_anew(text);
        see(p, text.data, text.size);
        free(text.data);
    }
}

static uint64_t seen_with(const char *bug_name, bool pickle, const uint8_t *data, size_t size) {
    static manager m; /* large */
    m = (manager){.levels = SESSION_LEVELS, .habits = {.limit = 1 << 20}};
    play p = {.manager = &m, .seen = 0xcbf29ce484222325};
    bug_choose_none();
    if (bug_name != NULL && !bug_choose(bug_name)) {
        fprintf(stderr, "against_broken: no bug is called %s\n", bug_name);
        exit(1);
    }
    fuzz_source source = fuzz_source_over(data + 1, size - 1);
    pickle ? play_pickle(&p, &source) : play_session(&p, &source);
    while (m.inbox != NULL) {
        read_message(&p);
    }
    for (int c = 0; c < SESSION_CONNECTIONS; c++) {
        if (p.connections[c] != NULL) {
            end_connection(&p, c);
        }
    }
    clear_inbox(&m);
    clear_queues(&m);
    free(m.last.data);
    free(m.last_message.data);
    bool were_pickled_anew = messages_are_pickled_anew();
    bug_choose_none();
    see_messages(&p, were_pickled_anew);
    return p.seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *kind = getenv("UNDR_INPUT"), *name = getenv("UNDR_BUG");
    bool pickle = kind != NULL && strcmp(kind, "pickle") == 0;
    if (size == 0 || (pickle && data[0] % 2 == 0)) {
        return 0;
    }
    if (seen_with(NULL, pickle, data, size) != seen_with(name, pickle, data, size)) {
        fputs("against_broken: the bug is found\n", stderr);
        abort();
    }
    return 0;
}
