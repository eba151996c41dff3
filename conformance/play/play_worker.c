/* play_worker.c: the worker role: which of the target's connections is A. */
#include "play/play_worker.h"

#include "base/clock.h"
#include "play/play_limit.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"

#include <string.h>

/* The first one that has sent something or ended; NULL: none yet. */
static check_connection *find_worker(check_player *player) {
    check_scene *scene = &player->scene;
    for (size_t i = 0; i < scene->count && player->peer.worker == NULL; i++) {
        check_connection *one = scene->connections[i];
        if (one->name[0] == '\0' && check_wire_unread(&one->wire) > 0) {
            player->peer.worker = one;
        }
    }
    /* A connection that ended without sending anything counts only if there is no other. */
    if (player->peer.worker == NULL && scene->count == 1 && check_wire_has_ended(&scene->connections[0]->wire)) {
        player->peer.worker = scene->connections[0];
    }
    if (player->peer.worker != NULL && player->peer.worker->name[0] == '\0') {
        strcpy(player->peer.worker->name, "A");
    }
    return player->peer.worker;
}

check_connection *check_player_worker(check_player *player) {
    bool listens = player->setting->listens; /* somebody starts it by hand */
    check_idle idle = {0};
    uint64_t start = check_now();
    uint64_t until = listens ? UINT64_MAX : start + check_player_start_limit(player);
    while (find_worker(player) == NULL) {
        const check_target *target = &player->scene.target;
        if (!listens && target->state != CHECK_TARGET_RUNS && player->scene.count == 0) {
            check_player_glance(player);
            if (player->scene.count == 0) {
                check_player_fail_as(player, "a connection to the port of the harness",
                    "the target's process exited (status %d) without connecting", target->status);
                return NULL;
            }
        }
        if (listens ? check_player_await(player, until) : check_player_await_start(player, &idle, until)) {
            continue;
        }
        check_player_in_vain(player);
        if (!player->blame.over && player->scene.count == 0) {
            check_player_fail_as(player, "a connection to the port of the harness", "none within %.1f s",
                (double)(check_now() - start) / 1e9);
        } else if (!player->blame.over) {
            check_player_fail(
                player, "a connection, but nothing on it within %.1f s", (double)(check_now() - start) / 1e9);
        }
        return NULL;
    }
    return player->peer.worker;
}
