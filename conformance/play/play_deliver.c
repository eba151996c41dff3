/* play_deliver.c: sends what is queued, in the pieces of the delivery. */
#include "play/play_deliver.h"

#include "base/clock.h"
#include "play/delivery.h"
#include "play/play_limit.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"
#include "target/unread.h"

static bool is_answered(const check_connection *connection) {
    const check_wire *wire = &connection->wire;
    bool whole = wire->asked.header_size == 0 && wire->asked.payload_left == 0;
    return wire->bytes_out == 0 || (whole && wire->received_frames >= wire->asked.frames);
}

/* A piece is sent when the peer has read the one before. */
static void wait_until_read(check_player *player, check_connection *connection) {
    check_wire *wire = &connection->wire;
    if (is_answered(connection) && player->at.one->role != CHECK_ROLE_WORKER) {
        return;
    }
    uint64_t pause = 20 * 1000, apart = CHECK_APART_MS * CHECK_MILLISECOND;
    uint64_t patience = wire->late_reads < CHECK_APART_PATIENCE ? apart : apart / CHECK_APART_PART;
    uint64_t until = check_now() + patience;
    while (!player->blame.over && wire->can_send) {
        check_queue_state state = check_queue_ask(player->scene.netlink, wire);
        bool known = state != CHECK_QUEUE_UNKNOWN;
        if (state == CHECK_QUEUE_READ || state == CHECK_QUEUE_GONE) {
            return;
        }
        if (check_now() >= until || (!known && check_queue_is_acknowledged(wire))) {
            player->blame.result->joined++;
            wire->late_reads += known ? 1 : 0;
            return;
        }
        check_player_wait(player, check_now() + pause);
        pause = pause < CHECK_MILLISECOND ? pause * 2 : pause;
    }
}

static size_t next_piece(const check_player *player, const check_connection *connection) {
    if (player->sending.delivery == CHECK_DELIVERY_COALESCED) {
        return connection->queued.size;
    }
    if (player->sending.delivery == CHECK_DELIVERY_STRADDLED) {
        return check_straddled_end(connection->cuts, connection->cut_count, connection->flown, connection->straddled);
    }
    size_t start = connection->flown == 0 ? 0 : connection->cuts[connection->flown - 1];
    size_t size = connection->cuts[connection->flown] - start;
    check_delivery delivery = check_delivery_of_frame(player->sending.delivery, player->sending.frames_flown);
    return start + check_piece_end(delivery, size, connection->delivered - start);
}

/* One piece of one connection, as far as the kernel takes it at once. */
static void send_piece(check_player *player, check_connection *connection) {
    check_wire *wire = &connection->wire;
    if (player->sending.delivery != CHECK_DELIVERY_COALESCED) {
        wait_until_read(player, connection);
    }
    if (player->blame.over) {
        return;
    }
    if (!wire->can_send) { /* the peer is gone, which a receive will judge */
        connection->delivered = connection->queued.size;
        return;
    }
    size_t end = next_piece(player, connection);
    undr_slice piece = undr_slice_of(connection->queued.data + connection->delivered, end - connection->delivered);
    check_player_keep(player, check_wire_put(wire, piece));
    if (!player->blame.over) {
        check_player_keep(player, check_wire_write(wire));
    }
    player->blame.result->pieces++;
    connection->delivered = end;
    while (connection->flown < connection->cut_count && connection->cuts[connection->flown] <= end) {
        connection->flown++;
        player->sending.frames_flown++;
    }
    connection->straddled += connection->flown > 0 && end > connection->cuts[connection->flown - 1] ? 1 : 0;
}

/* Until the kernel has all of it; reads meanwhile, as the peer may have to write before it reads on. */
static void finish_writing(check_player *player, check_connection *connection) {
    check_wire *wire = &connection->wire;
    uint64_t start = check_now(), limit = check_player_limit(player, true);
    uint64_t before = check_player_flow(player), more = 0;
    while (!player->blame.over && check_wire_wants_to_write(wire)) {
        uint64_t time = limit + check_player_flow_time(player, before) + more;
        if (check_player_await(player, start + time) || player->blame.over || !check_wire_wants_to_write(wire)) {
            continue;
        }
        uint64_t added = check_player_more_time(player, connection, limit, more);
        more += added;
        if (added == 0) {
            check_player_in_vain(player);
            check_player_fail(player, "%s read only %llu of %zu bytes within %.1f s", connection->name,
                (unsigned long long)wire->bytes_out, (size_t)wire->bytes_out + wire->out.size - wire->sent,
                (double)time / 1e9);
        }
    }
}

static bool send_round(check_player *player) {
    bool any = false;
    for (size_t i = 0; i < player->scene.count && !player->blame.over; i++) {
        check_connection *one = player->scene.connections[i];
        if (one->delivered < one->queued.size) {
            any = true;
            send_piece(player, one);
        }
    }
    for (size_t i = 0; i < player->scene.count && !player->blame.over; i++) {
        finish_writing(player, player->scene.connections[i]);
    }
    return any && !player->blame.over;
}

void check_player_deliver(check_player *player) {
    player->sending.began = check_now();
    while (send_round(player)) {}
    for (size_t i = 0; i < player->scene.count; i++) {
        check_connection *one = player->scene.connections[i];
        one->queued.size = one->delivered = 0;
        one->cut_count = one->flown = 0;
    }
}
