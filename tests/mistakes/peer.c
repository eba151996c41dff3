/* peer.c: a small manager and worker in C, as a first one is written, with a typical mistake where one is asked for:
 *
 *     peer [--mistake NAME] capabilities | worker --port PORT | manager --priority-levels N
 *
 * Sockets, frames and queues are its own; the library reads and writes its pickles. Memory that lives as long as the
 * process is never freed. */
#include "programs/probe.h"

#include "undr/pickle.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LEVELS = 128, SHORT_HEADER = 5, HEADER = 9, PADDED_HEADER = 16 };
static const uint64_t payload_limit = UINT64_C(1) << 30;
static const char *mistake = "none";

static bool makes(const char *name) {
    return strcmp(mistake, name) == 0;
}

static void *need(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static void must(undr_error error) {
    if (error != UNDR_OK) {
        abort();
    }
}

/* ---- frames ---- */

static bool send_all(int to, const uint8_t *data, size_t size) {
    while (size > 0) {
        ssize_t sent = send(to, data, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool receive_all(int from, uint8_t *data, size_t size) {
    for (size_t got = 0; got < size;) {
        ssize_t more = recv(from, data + got, size - got, 0);
        if (more <= 0) {
            return false;
        }
        got = makes("one-recv") ? size : got + (size_t)more;
    }
    return true;
}

static size_t header_size(void) {
    return makes("short-length") ? SHORT_HEADER : makes("padded") ? PADDED_HEADER : HEADER;
}

/* Where the length begins, and how many bytes it has. */
static uint8_t *length_of(uint8_t *header, size_t *width) {
    *width = makes("short-length") ? 4 : 8;
    return header + header_size() - *width;
}

static void put_length(uint8_t *header, uint64_t length, bool big) {
    size_t width;
    uint8_t *at = length_of(header, &width);
    for (size_t i = 0; i < width; i++) {
        at[big ? width - 1 - i : i] = (uint8_t)(length >> 8 * i);
    }
}

static uint64_t get_length(uint8_t *header, bool big) {
    size_t width;
    const uint8_t *at = length_of(header, &width);
    uint64_t length = 0;
    for (size_t i = 0; i < width; i++) {
        length |= (uint64_t)at[big ? width - 1 - i : i] << 8 * i;
    }
    return length;
}

static bool send_frame(int to, uint8_t type, undr_slice payload) {
    undr_buffer frame = {0};
    uint8_t header[PADDED_HEADER] = {type};
    put_length(header, payload.size + (makes("counts-header") ? HEADER : 0),
        makes("big-endian") || makes("writes-big-endian"));
    must(undr_put_bytes(&frame, header, header_size()));
    must(undr_put_slice(&frame, payload));
    if (makes("newline")) {
        must(undr_put_text(&frame, "\n"));
    }
    bool sent = send_all(to, frame.data, frame.size);
    undr_buffer_free(&frame);
    return sent;
}

/* The caller frees *payload's data when it succeeds. */
static bool receive_frame(int from, uint8_t *type, undr_slice *payload) {
    uint8_t header[PADDED_HEADER] = {0};
    if (!receive_all(from, header, header_size())) {
        return false;
    }
    uint64_t length = get_length(header, makes("big-endian") || makes("reads-big-endian"));
    if (makes("counts-header") || makes("reads-header-counted")) {
        length = length < HEADER ? 0 : length - HEADER;
    }
    if (length > payload_limit) {
        return false;
    }
    size_t size = (size_t)length;
    uint8_t *data = need(calloc(1, size + 1));
    *type = header[0];
    *payload = undr_slice_of(data, size);
    if (!receive_all(from, data, size)) {
        free(data);
        return false;
    }
    return true;
}

/* ---- pickles ---- */

static undr_slice pickle_of(const undr_value *value) {
    undr_buffer buffer = {0};
    must(undr_pickle_write(value, 4, &buffer));
    return undr_buffer_slice(&buffer);
}

/* Nothing is as good as an empty text. NULL: not a pickle. */
static const undr_value *decode(undr_slice payload, undr_arena *arena) {
    undr_value *value;
    if (payload.size == 0) {
        must(undr_value_text(arena, "", &value));
        return value;
    }
    return undr_pickle_read(payload, NULL, arena, &value, NULL, NULL) == UNDR_OK ? value : NULL;
}

/* `right`, or what a mistake pickles instead of it. */
static const undr_value *instance_or_mistake(undr_arena *arena, const char *name, const undr_value *right) {
    undr_value *wrong;
    if (makes("class-for-instance")) {
        must(undr_value_class(arena, "undr.task", name, &wrong));
        return wrong;
    }
    if (makes("main-module")) {
        must(undr_value_instance(arena, "__main__", name, NULL, &wrong));
        return wrong;
    }
    return right;
}

static undr_slice close_request(void) {
    static undr_arena arena;
    undr_value *request;
    must(undr_close_request(&arena, &request));
    return pickle_of(instance_or_mistake(&arena, "CloseRequest", request));
}

static undr_slice worker_exception(undr_arena *arena, const undr_failure *failure) {
    undr_value *exception;
    must(undr_worker_exception(arena, failure, &exception));
    return pickle_of(instance_or_mistake(arena, "WorkerException", exception));
}

/* The bytes as text, each a character. */
static const undr_value *text_of(undr_arena *arena, undr_slice bytes) {
    undr_buffer text = {0};
    undr_value *value;
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t byte = bytes.data[i];
        if (byte >= 0x80) {
            must(undr_put_u8(&text, (uint8_t)(0xc0 | byte >> 6)));
        }
        must(undr_put_u8(&text, byte < 0x80 ? byte : (uint8_t)(0x80 | (byte & 0x3f))));
    }
    must(undr_value_bytes(arena, UNDR_STR, undr_buffer_slice(&text), &value));
    return value;
}

/* ---- the worker ---- */

typedef struct proxy {
    undr_manager manager; /* first: what a task sees */
    int connection;
} proxy;

static undr_error request(proxy *self, uint8_t type, undr_slice payload, uint8_t acknowledgement) {
    uint8_t got;
    undr_slice rest;
    if (!send_frame(self->connection, type, payload)) {
        return UNDR_END;
    }
    if (makes("unread-acknowledgements")) {
        return UNDR_OK;
    }
    return receive_frame(self->connection, &got, &rest) && got == acknowledgement && rest.size == 0 ? UNDR_OK
                                                                                                    : UNDR_END;
}

static undr_error send_message(undr_manager *self, const undr_value *message) {
    undr_arena arena = {0};
    if (makes("str-for-bytes") && message->kind == UNDR_BYTES) {
        message = text_of(&arena, message->bytes);
    }
    return request((proxy *)self, 'm', pickle_of(message), 'm');
}

static undr_error schedule(undr_manager *self, const undr_value *task, unsigned priority) {
    if (priority >= LEVELS || !undr_is_schedulable(task)) {
        return UNDR_PRIORITY;
    }
    return request((proxy *)self, (uint8_t)(0x80 + priority), pickle_of(task), 's');
}

static int connect_to(int port) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    return connect(connection, (const struct sockaddr *)&address, sizeof address) == 0 ? connection : -1;
}

/* False: the manager is gone. */
static bool run_task(proxy *self, const undr_value *task) {
    undr_failure failure = {0};
    undr_arena arena = {0};
    undr_error error = undr_task_run(probe_registry(), task, NULL, &self->manager, &failure);
    if (error == UNDR_END) {
        return false;
    }
    if (error != UNDR_OK) {
        if (failure.text[0] == '\0') {
            (void)undr_fail(&failure, "RuntimeError", "%s", undr_error_text(error));
        }
        error = request(self, 'm', worker_exception(&arena, &failure), 'm');
    }
    undr_arena_free(&arena);
    return error == UNDR_OK;
}

static int work(int port) {
    proxy self = {.manager = {.schedule = schedule, .send_message = send_message}, .connection = connect_to(port)};
    uint8_t type = 'n';
    undr_slice payload;
    while (
        send_frame(self.connection, type, undr_slice_of(NULL, 0)) && receive_frame(self.connection, &type, &payload)) {
        undr_arena arena = {0};
        const undr_value *task = type == 't' ? decode(payload, &arena) : NULL;
        if (task == NULL) {
            return 1;
        }
        if (undr_value_is_instance(task, UNDR_CLASS_CLOSE_REQUEST)) {
            return 0;
        }
        type = task->kind == UNDR_NONE ? 'n' : 't';
        if (task->kind == UNDR_NONE) {
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        } else if (!run_task(&self, task)) {
            return 0;
        }
        undr_arena_free(&arena);
    }
    return 0;
}

/* ---- the manager ---- */

typedef struct item {
    struct item *next;
    undr_slice payload; /* owned */
} item;

typedef struct list {
    item *first, **end;
} list;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static list queues[LEVELS], inbox;
static size_t levels = 2, left;
static bool closing;

static void push(list *to, undr_slice payload) {
    item *made = need(malloc(sizeof *made));
    *made = (item){.payload = payload};
    *(to->first == NULL ? &to->first : to->end) = made;
    to->end = &made->next;
}

static undr_slice pop(list *from) {
    item *first = from->first;
    undr_slice payload = first->payload;
    from->first = first->next;
    free(first);
    return payload;
}

static undr_slice next_task(size_t *out) {
    if (closing) {
        return close_request();
    }
    for (size_t i = 0; i < levels; i++) {
        if (queues[i].first != NULL) {
            ++*out;
            return pop(&queues[i]);
        }
    }
    return undr_pickle_none();
}

static bool answer_request(int to, uint8_t type, undr_slice payload, size_t *out) {
    undr_arena arena = {0};
    const undr_slice nothing = {0};
    if ((type == 'n' || type == 't') && payload.size == 0) {
        bool done = type == 't' && *out > 0;
        *out -= done ? 1 : 0;
        left -= done ? 1 : 0;
        return send_frame(to, 't', next_task(out));
    }
    if (type == 'm' && payload.size > 0 && decode(payload, &arena) != NULL) {
        undr_arena_free(&arena);
        push(&inbox, payload);
        return send_frame(to, 'm', nothing);
    }
    if (type >= 0x80 && (size_t)(type - 0x80) < levels) {
        push(&queues[type - 0x80], payload);
        left++;
        return send_frame(to, 's', nothing);
    }
    return false;
}

static void bury(size_t out) {
    undr_failure failure;
    (void)undr_fail(&failure, "RuntimeError", "its worker died");
    for (; out > 0; out--) {
        undr_arena arena = {0};
        push(&inbox, worker_exception(&arena, &failure));
        left--;
    }
}

static void *serve(void *context) {
    int from = (int)(intptr_t)context;
    size_t out = 0;
    uint8_t type;
    undr_slice payload;
    for (bool goes_on = true; goes_on && receive_frame(from, &type, &payload);) {
        if (makes("debug-print")) {
            printf("got %c, %zu bytes\n", type, payload.size);
        }
        pthread_mutex_lock(&lock);
        goes_on = answer_request(from, type, payload, &out);
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    pthread_mutex_lock(&lock);
    bury(out);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    close(from);
    return NULL;
}

static void *listen_on(void *context) {
    int listener = (int)(intptr_t)context, on = 1;
    for (;;) {
        pthread_t thread;
        int client = accept(listener, NULL, NULL);
        if (client < 0) {
            return NULL; /* closed */
        }
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)client) != 0 || pthread_detach(thread) != 0) {
            abort();
        }
    }
}

/* ---- the adapter: commands on standard input ---- */

static int digit(char of) {
    return of >= '0' && of <= '9' ? of - '0' : of >= 'a' && of <= 'f' ? of - 'a' + 10 : -1;
}

/* Hexadecimal digits as bytes. False: something else, or nothing. */
static bool unhex(const char *text, undr_slice *bytes) {
    undr_buffer buffer = {0};
    for (; text != NULL && *text != '\0'; text += 2) {
        if (digit(text[0]) < 0 || digit(text[1]) < 0) {
            return false;
        }
        must(undr_put_u8(&buffer, (uint8_t)(digit(text[0]) << 4 | digit(text[1]))));
    }
    *bytes = undr_buffer_slice(&buffer);
    return bytes->size > 0;
}

static bool obey_schedule(const char *priority, const char *hex) {
    undr_arena arena = {0};
    undr_slice task;
    size_t level = priority == NULL ? LEVELS : strtoul(priority, NULL, 10);
    if (closing || level >= levels || !unhex(hex, &task) || !undr_is_schedulable(decode(task, &arena))) {
        return false;
    }
    undr_arena_free(&arena);
    push(&queues[level], task);
    left++;
    return true;
}

static bool obey_message(const char *hex) {
    undr_arena arena = {0};
    undr_slice message;
    if (!unhex(hex, &message) || decode(message, &arena) == NULL) {
        return false;
    }
    undr_arena_free(&arena);
    push(&inbox, message);
    return true;
}

/* False: nothing is left. */
static bool next_message(undr_slice *message) {
    while (inbox.first == NULL && left > 0) {
        pthread_cond_wait(&changed, &lock);
    }
    bool is = inbox.first != NULL;
    *message = is ? pop(&inbox) : (undr_slice){0};
    return is;
}

static void obey_next(void) {
    undr_slice message;
    if (!next_message(&message)) {
        puts("done");
        return;
    }
    fputs("message ", stdout);
    for (size_t i = 0; i < message.size; i++) {
        printf("%02x", message.data[i]);
    }
    putchar('\n');
}

static void obey_close(const char *policy, int listener) {
    undr_slice message;
    while (strcmp(policy, "join") == 0 && !closing && next_message(&message)) {}
    closing = true;
    shutdown(listener, SHUT_RDWR);
    puts("closed");
}

static void obey(char *line, int listener) {
    char *rest = NULL;
    const char *verb = strtok_r(line, " \n", &rest), *first = strtok_r(NULL, " \n", &rest);
    pthread_mutex_lock(&lock);
    if (verb != NULL && strcmp(verb, "schedule") == 0) {
        puts(obey_schedule(first, strtok_r(NULL, " \n", &rest)) ? "ok" : "error");
    } else if (verb != NULL && strcmp(verb, "message") == 0) {
        puts(obey_message(first) ? "ok" : "error");
    } else if (verb != NULL && strcmp(verb, "next") == 0) {
        obey_next();
    } else if (verb != NULL && first != NULL && strcmp(verb, "close") == 0) {
        obey_close(first, listener);
    } else {
        puts("error");
    }
    pthread_mutex_unlock(&lock);
}

static int manage(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;
    if (bind(listener, (const struct sockaddr *)&address, size) != 0 || listen(listener, 1024) != 0
        || getsockname(listener, (struct sockaddr *)&address, &size) != 0
        || pthread_create(&thread, NULL, listen_on, (void *)(intptr_t)listener) != 0) {
        perror("peer");
        return 1;
    }
    if (!makes("no-flush")) {
        setvbuf(stdout, NULL, _IOLBF, 0);
    }
    printf("ready %d\n", ntohs(address.sin_port));
    char *line = NULL;
    for (size_t room = 0; getline(&line, &room, stdin) >= 0;) {
        obey(line, listener);
    }
    return 0;
}

/* ---- the command line ---- */

static int value_of(int argc, char **argv, const char *option, int usual) {
    for (int i = 0; i + 1 < argc; i++) {
        if (strcmp(argv[i], option) == 0) {
            return (int)strtol(argv[i + 1], NULL, 10);
        }
    }
    return usual;
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "--mistake") == 0) {
        mistake = argv[2];
        argc -= 2;
        argv += 2;
    }
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "capabilities") == 0) {
        puts("manager\nworker\npriority-levels 128\npickle 0-5\nmax-payload 1073741824");
        return 0;
    }
    if (strcmp(verb, "worker") == 0) {
        return work(value_of(argc, argv, "--port", 0));
    }
    if (strcmp(verb, "manager") == 0) {
        levels = (size_t)value_of(argc, argv, "--priority-levels", 2);
        return manage();
    }
    return 89;
}
