/* scene.c: waits for everything that a play has open, at once. */
#include "target/scene.h"

#include "base/clock.h"
#include "base/grow.h"
#include "target/unread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PLACES = 5 + 26,                 /* beside the connections: notice, input, output, errors, listener, gates */
    UNNOTICED_NS = 20 * 1000 * 1000, /* without a pidfd the target's end is looked for this often */
    ACCEPTS_AT_ONCE = 64
};

void check_scene_init(check_scene *scene) {
    *scene = (check_scene){.listener = -1, .netlink = check_queue_open()};
    scene->target = (check_target){.notice = -1, .input = -1, .output = -1, .errors = -1};
    for (size_t i = 0; i < sizeof scene->gates / sizeof *scene->gates; i++) {
        check_gate_init(&scene->gates[i]);
    }
}

static void free_connection(check_connection *connection) {
    check_wire_free(&connection->wire);
    undr_buffer_free(&connection->requests);
    undr_buffer_free(&connection->queued);
    free(connection->cuts);
    free(connection);
}

void check_scene_free(check_scene *scene) {
    check_target_free(&scene->target);
    for (size_t i = 0; i < scene->count; i++) {
        free_connection(scene->connections[i]);
    }
    free(scene->connections);
    for (size_t i = 0; i < sizeof scene->gates / sizeof *scene->gates; i++) {
        check_gate_free(&scene->gates[i]);
    }
    check_control_free(&scene->control);
    if (scene->listener >= 0) {
        close(scene->listener);
    }
    if (scene->netlink >= 0) {
        close(scene->netlink);
    }
    free(scene->polled);
    *scene = (check_scene){.listener = -1, .netlink = -1};
}

undr_error check_scene_add(check_scene *scene, const char *name, check_connection **connection) {
    check_connection **all = check_array_grow(scene->connections, scene->count, &scene->capacity, sizeof *all);
    if (all == NULL) {
        return UNDR_MEMORY;
    }
    scene->connections = all;
    check_connection *one = calloc(1, sizeof *one);
    if (one == NULL) {
        return UNDR_MEMORY;
    }
    check_wire_init(&one->wire);
    one->wire.tap = scene->tap;
    strncpy(one->name, name, sizeof one->name - 1);
    scene->connections[scene->count++] = one;
    *connection = one;
    return UNDR_OK;
}

check_connection *check_scene_find(check_scene *scene, const char *name) {
    for (size_t i = 0; i < scene->count; i++) {
        if (strcmp(scene->connections[i]->name, name) == 0) {
            return scene->connections[i];
        }
    }
    return NULL;
}

const char *check_connection_label(check_connection *connection, bool is_client) {
    const check_wire *wire = &connection->wire;
    uint16_t port = ntohs(is_client ? wire->here.sin_port : wire->there.sin_port);
    if (port == 0 || port == connection->said_port) {
        return connection->name;
    }
    connection->said_port = port;
    snprintf(connection->label, sizeof connection->label, "%s(:%u)", connection->name, port);
    return connection->label;
}

void check_connection_forget(check_connection *connection) {
    connection->tasks_out = connection->asked_at = 0;
    connection->requests.size = 0;
    connection->queued.size = connection->delivered = 0;
    connection->cut_count = connection->flown = 0;
    connection->loose = false;
    connection->said_end = connection->uncertain = false;
}

/* ---- waiting ---- */

static undr_error grow_polled(check_scene *scene) {
    size_t needed = 2 * (PLACES + scene->count); /* the second half: poll_places */
    if (needed <= scene->polled_capacity) {
        return UNDR_OK;
    }
    struct pollfd *polled = realloc(scene->polled, 2 * needed * sizeof *polled);
    if (polled == NULL) {
        return UNDR_MEMORY;
    }
    scene->polled = polled;
    scene->polled_capacity = 2 * needed;
    return UNDR_OK;
}

static struct pollfd place(int file, bool read, bool write) {
    short events = (short)((read ? POLLIN : 0) | (write ? POLLOUT : 0));
    return (struct pollfd){.fd = events != 0 ? file : -1, .events = events};
}

/* The order of the places is that of `take_in`. */
static size_t fill_places(check_scene *scene) {
    const check_target *target = &scene->target;
    struct pollfd *at = scene->polled;
    bool runs = target->state == CHECK_TARGET_RUNS;
    *at++ = place(target->notice, runs, false);
    *at++ = place(target->input, false, check_control_wants_to_write(&scene->control));
    *at++ = place(target->output, check_control_wants_to_read(&scene->control), false);
    *at++ = place(target->errors, true, false);
    *at++ = place(scene->listener, scene->accepted <= CHECK_CONNECTIONS, false);
    for (size_t i = 0; i < 26; i++) {
        *at++ = place(scene->gates[i].listener, true, false);
    }
    for (size_t i = 0; i < scene->count; i++) {
        const check_wire *wire = &scene->connections[i]->wire;
        *at++ = place(wire->socket, check_wire_wants_to_read(wire), check_wire_wants_to_write(wire));
    }
    return (size_t)(at - scene->polled);
}

/* Whatever connects to the harness's own listener is the target's, unnamed so far. Of one that connects without end a
 * part at a time, and no more than could serve any purpose. */
static undr_error accept_some(check_scene *scene) {
    for (int i = 0; i < ACCEPTS_AT_ONCE && scene->accepted <= CHECK_CONNECTIONS; i++) {
        int file = accept4(scene->listener, NULL, NULL, SOCK_CLOEXEC);
        if (file < 0) {
            if (errno == EINTR || errno == ECONNABORTED) {
                continue;
            }
            return errno == EAGAIN ? UNDR_OK : UNDR_SYSTEM;
        }
        check_connection *connection = NULL;
        undr_error error = check_scene_add(scene, "", &connection);
        if (error != UNDR_OK) {
            close(file);
            return error;
        }
        scene->accepted++;
        error = check_wire_adopt(&connection->wire, file);
        if (error != UNDR_OK) {
            return error;
        }
    }
    return UNDR_OK;
}

static undr_error take_in_connections(check_scene *scene, const struct pollfd *at, size_t count) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        check_wire *wire = &scene->connections[i]->wire;
        if ((at[i].revents & ~POLLOUT) != 0) {
            error = check_wire_read(wire);
        }
        if (error == UNDR_OK && (at[i].revents & POLLOUT) != 0) {
            error = check_wire_write(wire);
        }
    }
    return error;
}

static undr_error take_in(check_scene *scene, size_t connections) {
    const struct pollfd *at = scene->polled;
    undr_error error = UNDR_OK;
    if (at[1].revents != 0) {
        error = check_control_write(&scene->control, scene->target.input);
    }
    if (error == UNDR_OK && at[2].revents != 0) {
        error = check_control_read(&scene->control, scene->target.output);
    }
    if (error == UNDR_OK && at[3].revents != 0) {
        error = check_target_drain(&scene->target);
    }
    if (error == UNDR_OK && at[4].revents != 0) {
        error = accept_some(scene);
    }
    for (size_t i = 0; i < 26 && error == UNDR_OK; i++) {
        if (at[5 + i].revents != 0) {
            error = check_gate_admit(&scene->gates[i]);
        }
    }
    if (error == UNDR_OK) {
        error = take_in_connections(scene, at + PLACES, connections);
    }
    if (at[0].revents != 0 || scene->target.notice < 0) {
        check_target_look(&scene->target);
    }
    return error;
}

/* Only those that are open: ppoll takes no more than the limit of open files, which connections that have ended do not
 * count against. The same result as of ppoll. */
static int poll_places(check_scene *scene, size_t places, const struct timespec *timeout) {
    struct pollfd *open = scene->polled + places;
    size_t count = 0;
    for (size_t i = 0; i < places; i++) {
        if (scene->polled[i].fd >= 0) {
            open[count++] = scene->polled[i];
        }
    }
    int found = ppoll(open, (nfds_t)count, timeout, NULL);
    for (size_t i = 0, next = 0; i < places && found > 0; i++) {
        scene->polled[i].revents = scene->polled[i].fd >= 0 ? open[next++].revents : 0;
    }
    return found;
}

undr_error check_scene_wait(check_scene *scene, uint64_t until) {
    undr_error error = grow_polled(scene);
    if (error != UNDR_OK) {
        return error;
    }
    size_t connections = scene->count;
    size_t places = fill_places(scene);
    uint64_t now = check_now();
    uint64_t left = until > now ? until - now : 0;
    bool unnoticed = scene->target.state == CHECK_TARGET_RUNS && scene->target.notice < 0;
    if (unnoticed && left > UNNOTICED_NS) {
        left = UNNOTICED_NS;
    }
    struct timespec timeout = {(time_t)(left / CHECK_SECOND), (long)(left % CHECK_SECOND)};
    int count = poll_places(scene, places, &timeout);
    if (count < 0 && errno != EINTR) {
        return UNDR_SYSTEM;
    }
    check_target_state before = scene->target.state;
    for (size_t i = 0; count <= 0 && i < places; i++) {
        scene->polled[i].revents = 0;
    }
    if (count > 0 || unnoticed) {
        error = take_in(scene, connections);
        if (error != UNDR_OK) {
            return error;
        }
    }
    bool moved = count > 0 || before != scene->target.state;
    return moved || check_now() < until ? UNDR_OK : UNDR_WAIT;
}
