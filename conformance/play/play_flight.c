/* play_flight.c: frames that nobody asked for. */
#include "play/play_flight.h"

#include "play/play_count.h"
#include "play/play_hint.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"

void check_player_say_unread(check_player *player, undr_buffer *to, const check_connection *connection) {
    undr_frame frame;
    uint64_t size;
    check_player_say(player, to, "%s <- ", connection->name);
    if (check_wire_peek(&connection->wire, &frame, &size) == UNDR_OK) {
        check_player_keep(player, check_show_frame(to, frame.type, frame.payload, false, &player->names));
    } else if (check_wire_unread(&connection->wire) > 0) {
        check_player_keep(player,
            check_show_bytes(to,
                undr_slice_of(
                    connection->wire.in.data + connection->wire.taken, check_wire_unread(&connection->wire))));
    } else {
        check_player_say(player, to, "%s", connection->wire.end == CHECK_WIRE_FIN ? "end fin" : "end reset");
    }
}

void check_player_one_in_flight(check_player *player, const check_connection *connection) {
    static const check_requirement flight = {
        CHECK_MUST, "WORK-2", "A worker has at most one request in flight on a connection.", 0};
    bool inside = connection->wire.asked.header_size > 0; /* inside a frame: answers can't be counted */
    if (player->blame.over || inside || check_frames_that_came(connection) <= connection->wire.asked.frames + 1) {
        return;
    }
    undr_buffer what = {0};
    check_player_say_unread(player, &what, connection);
    player->blame.requirement = &flight;
    check_player_hint_flight(player, connection);
    check_player_fail_as(player, "one request at a time", "%s, although another request is not yet answered",
        check_player_text(player, &what));
    undr_buffer_free(&what);
}

/* A manager sends nothing but answers. */
static void nothing_but_answers(check_player *player, const check_connection *connection) {
    static const check_requirement answers = {CHECK_MUST, "REQ-2", "A manager sends nothing but answers.", 0};
    static const check_requirement one = {CHECK_MUST, "REQ-1", "Every request gets exactly one answer.", 0};
    uint64_t asked = connection->wire.asked.frames;
    if (!check_is_overanswered(connection)) {
        return;
    }
    undr_buffer what = {0};
    check_player_say_unread(player, &what, connection);
    player->blame.requirement = asked == 0 ? &answers : &one;
    check_player_hint_answers(player, connection);
    check_player_fail_as(player, "no frame, since no request is unanswered",
        "%s, after every request had been answered", check_player_text(player, &what));
    undr_buffer_free(&what);
}

static void judge_left(check_player *player, const check_connection *connection) {
    if (player->at.one->role == CHECK_ROLE_WORKER) {
        check_player_one_in_flight(player, connection);
    } else {
        nothing_but_answers(player, connection);
    }
}

void check_player_leftovers(check_player *player) {
    player->at.step = NULL;
    check_player_glance(player);
    for (size_t i = 0; i < player->scene.count && !player->blame.over; i++) {
        check_connection *one = player->scene.connections[i];
        if (one->name[0] != '\0') {
            judge_left(player, one);
        }
        if (check_wire_has_ended(&one->wire)) {
            check_target_look(&player->scene.target); /* an end may be the first sign of a crash */
        }
    }
    check_player_is_served(player);
}
