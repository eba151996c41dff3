/* play_hint.c: do the received bytes show a classic mistake? Checked once, when a play has failed. */
#include "play/play_hint.h"

#include "base/clock.h"
#include "play/play_count.h"

#include "undr/pickle.h"

enum { REST_MS = 200, REST_MOST = 1024 * 1024, FLUSH_MS = 1500 };

static bool is_known(const check_player *player) {
    return player->blame.result->hint != CHECK_HINT_NONE;
}

static undr_slice unread_of(const check_wire *wire) {
    return undr_slice_of(wire->in.data == NULL ? NULL : wire->in.data + wire->taken, check_wire_unread(wire));
}

/* A header arrived whose length is too large to be right: the rest may be on its way. */
static void take_rest(check_player *player, check_wire *wire) {
    uint64_t until = check_now() + REST_MS * CHECK_MILLISECOND;
    check_hint hint = CHECK_HINT_NONE;
    undr_buffer seen = {0};
    undr_error error = UNDR_OK;
    while (error == UNDR_OK && hint == CHECK_HINT_NONE && check_now() < until && check_wire_wants_to_read(wire)
        && check_wire_unread(wire) < REST_MOST) {
        seen.size = 0;
        error = check_hint_of_stream(unread_of(wire), wire->received_frames > 0, &hint, &seen);
        if (error == UNDR_OK && hint == CHECK_HINT_NONE) {
            error = check_scene_wait(&player->scene, until);
        }
    }
    player->blame.no_memory = player->blame.no_memory || error == UNDR_MEMORY;
    undr_buffer_free(&seen);
}

static void look_at_stream(check_player *player, check_wire *wire) {
    check_result *result = player->blame.result;
    if (check_wire_unread(wire) >= UNDR_HEADER_SIZE) {
        take_rest(player, wire);
    }
    undr_error error = check_hint_of_stream(unread_of(wire), wire->received_frames > 0, &result->hint, &result->seen);
    player->blame.no_memory = player->blame.no_memory || error != UNDR_OK;
    if (result->hint == CHECK_HINT_LENGTH_SIZE && check_wire_has_ended(wire)) {
        result->hint = CHECK_HINT_NONE; /* it may have ended inside a header of 9 bytes */
        result->seen.size = 0;
    }
}

/* The pickle that the step waits for, where it can be known; empty: it can't. */
static void build_expected(check_player *player, undr_buffer *expected) {
    const check_step *step = player->at.step;
    for (size_t i = 0; step != NULL && i < step->expectation_count && expected->size == 0; i++) {
        const check_expectation *one = &step->expectations[i];
        bool carries = one->sight == CHECK_SEES_FRAME || one->sight == CHECK_SEES_MESSAGE;
        if (carries && one->payload.form == CHECK_PAYLOAD_PICKLE
            && check_build_payload(&one->payload, &player->names, expected, NULL) != UNDR_OK) {
            expected->size = 0; /* it has a pattern in it */
        }
    }
}

void check_player_hint_payload(check_player *player, undr_slice payload) {
    undr_buffer expected = {0};
    if (!is_known(player)) {
        build_expected(player, &expected);
        undr_error error = check_hint_of_payload(
            payload, undr_buffer_slice(&expected), &player->blame.result->hint, &player->blame.result->seen);
        player->blame.no_memory = player->blame.no_memory || error != UNDR_OK;
    }
    undr_buffer_free(&expected);
}

void check_player_hint_line(check_player *player, undr_slice line) {
    if (!is_known(player)) {
        undr_error error = check_hint_of_line(line, &player->blame.result->hint, &player->blame.result->seen);
        player->blame.no_memory = player->blame.no_memory || error != UNDR_OK;
    }
}

bool check_player_hint_flush(check_player *player) {
    check_control *control = &player->scene.control;
    uint64_t until = check_now() + FLUSH_MS * CHECK_MILLISECOND;
    undr_error error = UNDR_OK;
    player->peer.may_exit = true;
    check_target_close_input(&player->scene.target);
    while (error == UNDR_OK && !check_control_has_line(control) && !control->ended && check_now() < until) {
        error = check_scene_wait(&player->scene, until);
    }
    bool came = check_control_has_line(control);
    if (came && !is_known(player)) {
        player->blame.result->hint = CHECK_HINT_NO_FLUSH;
        check_player_say(player, &player->blame.result->seen, "a line arrived only when the target ended");
    }
    return came;
}

void check_player_hint_flight(check_player *player, const check_connection *connection) {
    const undr_buffer *requests = &connection->requests;
    uint8_t first = requests->size > 0 ? requests->data[0] : UNDR_TYPE_NEXT;
    if (is_known(player) || connection->loose || (first != UNDR_TYPE_MESSAGE && first < UNDR_TYPE_SCHEDULE)) {
        return;
    }
    player->blame.result->hint = CHECK_HINT_ACKNOWLEDGEMENT;
    check_player_say(player, &player->blame.result->seen,
        "the next request arrived before the acknowledgement of %s was sent",
        first == UNDR_TYPE_MESSAGE ? "`m`" : "the scheduled task");
}

void check_player_hint_answers(check_player *player, const check_connection *connection) {
    unsigned long long asked = connection->wire.asked.frames;
    bool inside = connection->wire.asked.payload_left > 0; /* too early an answer may be the right one */
    if (is_known(player) || connection->loose || inside || asked == 0 || !check_is_overanswered(connection)) {
        return;
    }
    player->blame.result->hint = CHECK_HINT_ANSWERS;
    check_player_say(player, &player->blame.result->seen, "%llu request%s sent on %s, and more frames came back", asked,
        asked == 1 ? " was" : "s were", connection->name);
}

/* A wrong frame came. If the right one is behind it, it is not wrong: it is one too many. */
static void look_for_surplus(check_player *player, check_connection *connection) {
    uint64_t until = check_now() + REST_MS * CHECK_MILLISECOND;
    undr_error error = connection->loose ? UNDR_ARGUMENT : UNDR_OK; /* what was sent there are no requests, perhaps */
    while (error == UNDR_OK && !check_is_overanswered(connection) && check_now() < until
        && check_wire_wants_to_read(&connection->wire)) {
        error = check_scene_wait(&player->scene, until);
    }
    check_player_hint_answers(player, connection);
    player->blame.no_memory = player->blame.no_memory || error == UNDR_MEMORY;
}

void check_player_hint(check_player *player) {
    check_connection *connection = NULL;
    if (player->at.step != NULL && player->at.step->channel[0] != '\0') {
        connection = player->peer.worker != NULL && player->at.one->role == CHECK_ROLE_WORKER
            ? player->peer.worker
            : check_scene_find(&player->scene, player->at.step->channel);
    }
    if (is_known(player) || connection == NULL) {
        return;
    }
    undr_frame frame;
    uint64_t size = 0;
    if (check_wire_peek(&connection->wire, &frame, &size) == UNDR_OK && check_wire_unread(&connection->wire) == size) {
        check_player_hint_payload(player, frame.payload);
    }
    if (!is_known(player) && player->at.one->role != CHECK_ROLE_WORKER
        && check_wire_peek(&connection->wire, &frame, &size) == UNDR_OK) {
        look_for_surplus(player, connection);
    }
    if (!is_known(player)) {
        look_at_stream(player, &connection->wire);
    }
}
