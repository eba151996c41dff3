/* play_worker.c: the worker role: which of the target's connections is A, and what the others are told. */
#include "play/play_private.h"

#include "base/clock.h"
#include "undr/pickle.h"

#include <string.h>

enum { SILENT_PART = 8 }; /* of the time limit: how long a connection may ask for nothing once it is to leave */

check_connection *check_player_find_worker(check_player *player) {
    check_scene *scene = &player->scene;
    for (size_t i = 0; i < scene->count && player->worker == NULL; i++) {
        check_connection *one = scene->connections[i];
        if (one->name[0] == '\0' && check_wire_unread(&one->wire) > 0) {
            player->worker = one;
        }
    }
    /* One that ended without a word is taken only when there is no other. */
    if (player->worker == NULL && scene->count == 1 && check_wire_has_ended(&scene->connections[0]->wire)) {
        player->worker = scene->connections[0];
    }
    if (player->worker != NULL && player->worker->name[0] == '\0') {
        strcpy(player->worker->name, "A");
    }
    return player->worker;
}

check_connection *check_player_worker(check_player *player) {
    uint64_t until = check_now() + check_player_start_limit(player);
    while (check_player_find_worker(player) == NULL) {
        const check_target *target = &player->scene.target;
        if (target->state != CHECK_TARGET_RUNS && player->scene.count == 0) {
            check_player_glance(player);
            if (player->scene.count == 0) {
                check_player_fail_as(player, "a connection to the port of the harness",
                    "the target's process left (status %d) without connecting", target->status);
                return NULL;
            }
        }
        if (check_player_await(player, until)) {
            continue;
        }
        if (!player->over && player->scene.count == 0) {
            check_player_fail_as(player, "a connection to the port of the harness", "none within %.1f s",
                (double)check_player_start_limit(player) / 1e9);
        } else if (!player->over) {
            check_player_fail(player, "a connection, and nothing on it within %.1f s",
                (double)check_player_start_limit(player) / 1e9);
        }
        return NULL;
    }
    return player->worker;
}

/* One answer as a manager without tasks would give it (WORK-22). */
static undr_error answer(const check_player *player, check_wire *wire, uint8_t request) {
    undr_buffer bytes = {0};
    undr_frame frame = {.type = request};
    if (request >= UNDR_TYPE_SCHEDULE) {
        frame.type = UNDR_TYPE_SCHEDULED;
    } else if (request != UNDR_TYPE_MESSAGE) {
        frame.type = UNDR_TYPE_TASK;
        frame.payload = player->closing ? undr_pickle_close_request() : undr_pickle_none();
    }
    undr_error error = undr_frame_encode(&bytes, &frame);
    if (error == UNDR_OK) {
        error = check_wire_put(wire, undr_buffer_slice(&bytes));
    }
    undr_buffer_free(&bytes);
    return error == UNDR_OK ? check_wire_write(wire) : error;
}

static bool is_other(const check_player *player, const check_connection *one) {
    return one != player->worker && one->name[0] == '\0';
}

/* Its process may serve each connection on its own: it leaves when all have (WORK-22). */
static void tell_to_leave(check_player *player) {
    bool leaves = player->exit_awaited || check_wire_has_ended(&player->worker->wire);
    if (player->left_at == 0 && leaves) {
        player->left_at = check_now();
        player->closing = true;
    }
}

uint64_t check_player_others_due(const check_player *player) {
    bool open = false;
    for (size_t i = 0; i < player->scene.count && player->left_at != 0; i++) {
        const check_connection *one = player->scene.connections[i];
        open = open || (is_other(player, one) && one->wire.can_send && one->wire.end == CHECK_WIRE_OPEN);
    }
    return open ? player->left_at + check_player_limit(player, false) / SILENT_PART : UINT64_MAX;
}

static void end_silent(check_player *player) {
    if (check_now() < check_player_others_due(player)) {
        return;
    }
    for (size_t i = 0; i < player->scene.count; i++) {
        if (is_other(player, player->scene.connections[i])) {
            check_wire_half_close(&player->scene.connections[i]->wire);
        }
    }
}

/* As a manager does (8.1): a worker may have shut down its side only, and wait for the other before it leaves. */
static void end_what_ended(check_player *player) {
    for (size_t i = 0; i < player->scene.count; i++) {
        check_connection *one = player->scene.connections[i];
        bool unanswered = one->requests.size > 0 && !one->loose;
        if (one->wire.end == CHECK_WIRE_FIN && check_wire_unread(&one->wire) == 0 && !unanswered) {
            check_wire_half_close(&one->wire);
        }
    }
}

void check_player_serve_others(check_player *player) {
    if (player->one->role != CHECK_ROLE_WORKER || player->worker == NULL) {
        return;
    }
    tell_to_leave(player);
    for (size_t i = 0; i < player->scene.count; i++) {
        check_connection *one = player->scene.connections[i];
        undr_frame frame;
        uint64_t size;
        while (one != player->worker && check_wire_peek(&one->wire, &frame, &size) == UNDR_OK) {
            uint8_t type = frame.type;
            check_wire_take(&one->wire, size);
            check_player_keep(player, answer(player, &one->wire, type));
        }
    }
    end_what_ended(player);
    end_silent(player);
}

void check_player_end_others(check_player *player, bool reset) {
    player->closing = true;
    for (size_t i = 0; i < player->scene.count; i++) {
        check_connection *one = player->scene.connections[i];
        if (is_other(player, one)) {
            if (reset) {
                check_wire_reset(&one->wire);
            } else {
                check_wire_half_close(&one->wire); /* an `n` that comes meanwhile would turn a close into a reset */
            }
        }
    }
}
