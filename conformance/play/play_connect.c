/* play_connect.c: the connections of a case: how they are found, opened and ended. */
#include "play/play_connect.h"

#include "base/clock.h"
#include "play/play_limit.h"
#include "play/play_others.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"
#include "play/play_worker.h"
#include "target/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void name_of(const check_player *player, const check_step *step, char name[24]) {
    if (step->indexed) {
        snprintf(name, 24, "%.2s[%llu]", step->channel, (unsigned long long)player->names.counter);
    } else {
        snprintf(name, 24, "%s", step->channel);
    }
}

check_connection *check_player_connection(check_player *player, const check_step *step) {
    char name[24];
    name_of(player, step, name);
    if (player->at.one->role == CHECK_ROLE_WORKER) {
        if (strcmp(name, "A") != 0) {
            check_player_break(player, "in the worker role a case may name only the connection A");
            return NULL;
        }
        return check_player_worker(player);
    }
    check_connection *connection = check_scene_find(&player->scene, name);
    if (connection == NULL) {
        check_player_keep(player, check_scene_add(&player->scene, name, &connection));
    }
    return player->blame.over ? NULL : connection;
}

static bool resolve(check_player *player, struct sockaddr_in *to) {
    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(player->scene.port)};
    if (player->setting->command != NULL) {
        to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return true;
    }
    struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int reason = getaddrinfo(player->setting->host, NULL, &wanted, &found);
    if (reason == EAI_NONAME || reason == EAI_NODATA || reason == EAI_ADDRFAMILY) {
        check_player_block(player, "%s has no IPv4 address: %s", player->setting->host, gai_strerror(reason));
        return false;
    }
    if (reason != 0) { /* nobody could be asked, or there is no memory */
        check_player_break(player, "the address of %s can't be found: %s", player->setting->host, gai_strerror(reason));
        return false;
    }
    memcpy(&to->sin_addr, &((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr, sizeof to->sin_addr);
    freeaddrinfo(found);
    return true;
}

bool check_player_connect(check_player *player, check_connection *connection) {
    struct sockaddr_in to;
    if (!resolve(player, &to)) {
        return false;
    }
    check_connection_forget(connection);
    /* When a backlog is full, the system itself tries again, after 1, 3, 7 and 15 s: that is not the target's time. */
    uint64_t limit = check_player_limit(player, false), least = check_player_start_limit(player);
    undr_error error = check_wire_connect(&connection->wire, &to, check_now() + (limit > least ? limit : least));
    if (error == UNDR_WAIT) {
        check_player_fail(player, "no answer to the connect of %s", connection->name);
    } else {
        check_player_keep(player, error);
    }
    return !player->blame.over;
}

bool check_player_open(check_player *player, check_connection *connection) {
    if (player->blame.over || connection->wire.socket >= 0 || player->at.one->role == CHECK_ROLE_WORKER
        || check_wire_has_ended(&connection->wire)) {
        return !player->blame.over;
    }
    if (connection->wire.end == CHECK_WIRE_CLOSED) {
        check_player_break(player, "the case has closed %s; `open` connects it again", connection->name);
        return false;
    }
    if (check_player_connect(player, connection) && connection->wire.socket < 0) {
        check_player_look_again(player);
        if (player->setting->measuring && connection->wire.end == CHECK_WIRE_REFUSED && !player->blame.over) {
            check_player_block(player,
                "it printed `ready %u`, but nothing listens at 127.0.0.1:%u (connection refused): print `ready PORT` "
                "only when the manager listens there",
                player->scene.port, player->scene.port);
            return false;
        }
        check_player_fail(player, "the connection %s was %s", connection->name,
            connection->wire.end == CHECK_WIRE_REFUSED ? "refused" : "reset");
    }
    return !player->blame.over;
}

bool check_player_is_another(check_player *player) {
    check_pids none = {0}, family = {0};
    bool another = false;
    if (player->setting->command != NULL) {
        check_player_keep(player, check_family_descendants(&none, &family));
        if (!player->blame.over) {
            check_player_keep(player, check_listener_is_foreign(player->scene.port, &family, &another));
        }
    }
    check_pids_free(&family);
    return another;
}

/* ---- the ends of a connection ---- */

void check_player_reopen(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL) {
        return;
    }
    check_wire_renew(&connection->wire);
    if (check_player_open(player, connection)) {
        check_player_line(player, "%s -> open", check_player_label(player, connection));
    }
}

void check_player_close(check_player *player, const check_step *step) {
    check_connection *connection = check_player_connection(player, step);
    if (connection == NULL || !check_player_open(player, connection)) {
        return;
    }
    const char *word = step->what == CHECK_SEND_RESET ? "reset"
        : step->what == CHECK_SEND_CLOSE              ? "close"
                                                      : "half-close";
    check_player_line(player, "%s -> %s", check_player_label(player, connection), word);
    if (step->what == CHECK_SEND_RESET) {
        check_wire_reset(&connection->wire);
    } else if (step->what == CHECK_SEND_CLOSE) {
        check_player_glance(player); /* unread bytes would turn the FIN into a reset */
        check_wire_close(&connection->wire);
    } else {
        check_wire_half_close(&connection->wire);
    }
    check_player_end_others(player, step->what == CHECK_SEND_RESET);
}
