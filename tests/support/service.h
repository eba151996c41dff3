/* service.h: a server with its log, for the tests of the server. */
#ifndef TESTS_SERVICE_H
#define TESTS_SERVICE_H

#include "support/loopback.h"

#include "undr/pickle.h"
#include "undr/server.h"

#include <stdio.h>

#define NONE undr_pickle_none()
#define CLOSE undr_pickle_close_request()
#define NOTE undr_slice_of("K\1.", 3) /* a pickle of 1 */

typedef struct service {
    undr_server *server;
    uint16_t port;
    FILE *log;
    char *text; /* of the log, when it was read */
    size_t size;
} service;

static inline void begin_with(service *self, undr_server_options options) {
    self->text = NULL; /* until something is written */
    self->log = open_memstream(&self->text, &self->size);
    assert_non_null(self->log);
    options.log = self->log;
    assert_int_equal(undr_server_start(&options, &self->server), UNDR_OK);
    self->port = undr_server_port(self->server);
}

static inline void begin(service *self) {
    begin_with(self, (undr_server_options){0});
}

/* Ends the server. What it logged must contain `words` (NULL: it must be empty). */
static inline void finish(service *self, const char *words) {
    undr_server_free(self->server);
    assert_int_equal(fclose(self->log), 0);
    if (words == NULL) {
        assert_string_equal(self->text, "");
    } else {
        assert_non_null(strstr(self->text, words));
    }
    free(self->text);
}

static inline undr_slice text(const char *content) {
    return undr_slice_text(content);
}

static inline void expect_alive(const service *self) {
    int client = join_server(self->port);
    send_type(client, 'n');
    expect_frame(client, 't', NONE);
    close(client);
}

static inline void expect_counts(const service *self, size_t tasks, size_t messages) {
    undr_manager_core *core = undr_server_lock(self->server);
    assert_int_equal(undr_manager_tasks_left(core), tasks);
    assert_int_equal(undr_manager_messages(core), messages);
    undr_server_unlock(self->server);
}

/* Waits until the inbox holds that many. */
static inline void await_messages(const service *self, size_t messages) {
    undr_manager_core *core = undr_server_lock(self->server);
    while (undr_manager_messages(core) < messages) {
        assert_true(undr_server_wait(self->server, 600000));
    }
    undr_server_unlock(self->server);
}

/* Requests, and below their answers, in order. */
static inline void put_dialogue(undr_buffer *bytes) {
    put_frame(bytes, 0x81, text("late"));
    put_frame(bytes, 0x80, text("soon"));
    put_frame(bytes, 'n', (undr_slice){0});
    put_frame(bytes, 'm', NOTE);
    put_frame(bytes, 't', (undr_slice){0});
    put_frame(bytes, 't', (undr_slice){0});
}

static inline void expect_dialogue(int client) {
    expect_type(client, 's');
    expect_type(client, 's');
    expect_frame(client, 't', text("soon"));
    expect_type(client, 'm');
    expect_frame(client, 't', text("late"));
    expect_frame(client, 't', NONE);
}

#endif
