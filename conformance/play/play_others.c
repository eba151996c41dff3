/* play_others.c: the worker role: the answers on connections that the case does not know. */
#include "play/play_others.h"

#include "base/clock.h"
#include "play/play_limit.h"
#include "play/play_verdict.h"
#include "undr/pickle.h"

/* One answer as a manager without tasks would give it (WORK-22). */
static undr_error answer_request(const check_player *player, check_wire *wire, uint8_t request) {
    undr_buffer bytes = {0};
    undr_frame frame = {.type = request};
    if (request >= UNDR_TYPE_SCHEDULE) {
        frame.type = UNDR_TYPE_SCHEDULED;
    } else if (request != UNDR_TYPE_MESSAGE) {
        frame.type = UNDR_TYPE_TASK;
        frame.payload = player->peer.closing ? undr_pickle_close_request() : undr_pickle_none();
    }
    undr_error error = undr_frame_encode(&bytes, &frame);
    if (error == UNDR_OK) {
        error = check_wire_put(wire, undr_buffer_slice(&bytes));
    }
    undr_buffer_free(&bytes);
    return error == UNDR_OK ? check_wire_write(wire) : error;
}

static bool is_other(const check_player *player, const check_connection *one) {
    return one != player->peer.worker && one->name[0] == '\0';
}

/* Its process may serve each connection on its own: it leaves when all have (WORK-22). */
static void tell_to_leave(check_player *player) {
    bool leaves = player->peer.exit_awaited || check_wire_has_ended(&player->peer.worker->wire);
    if (player->peer.left_at == 0 && leaves) {
        player->peer.left_at = check_now();
        player->peer.accepted_then = player->scene.accepted;
        player->peer.closing = true;
    }
}

uint64_t check_player_others_due(const check_player *player) {
    bool open = false;
    for (size_t i = 0; i < player->scene.count && player->peer.left_at != 0; i++) {
        const check_connection *one = player->scene.connections[i];
        open = open || (is_other(player, one) && one->wire.can_send && one->wire.end == CHECK_WIRE_OPEN);
    }
    return open ? player->peer.left_at + check_player_limit(player, false) / CHECK_OTHERS_PART : UINT64_MAX;
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

/* As a manager does (8.1): a worker may have shut down only its own side, and wait for the other before it leaves. */
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
    if (player->at.one->role != CHECK_ROLE_WORKER || player->peer.worker == NULL) {
        return;
    }
    tell_to_leave(player);
    for (size_t i = 0; i < player->scene.count; i++) {
        check_connection *one = player->scene.connections[i];
        undr_frame frame;
        uint64_t size;
        while (one != player->peer.worker && check_wire_peek(&one->wire, &frame, &size) == UNDR_OK) {
            uint8_t type = frame.type;
            check_wire_take(&one->wire, size);
            check_player_keep(player, answer_request(player, &one->wire, type));
        }
    }
    end_what_ended(player);
    end_silent(player);
}

void check_player_end_others(check_player *player, bool reset) {
    player->peer.closing = true;
    for (size_t i = 0; i < player->scene.count; i++) {
        check_connection *one = player->scene.connections[i];
        if (is_other(player, one)) {
            if (reset) {
                check_wire_reset(&one->wire);
            } else {
                check_wire_half_close(&one->wire); /* an `n` that arrives meanwhile would turn a close into a reset */
            }
        }
    }
}
