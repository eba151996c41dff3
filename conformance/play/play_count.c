/* play_count.c: counts frames. */
#include "play/play_count.h"

uint64_t check_frames_that_came(const check_connection *connection) {
    check_counter came = {.frames = connection->wire.received_frames};
    check_count(&came,
        undr_slice_of(connection->wire.in.data == NULL ? NULL : connection->wire.in.data + connection->wire.taken,
            check_wire_unread(&connection->wire)));
    return came.frames;
}

bool check_is_overanswered(const check_connection *connection) {
    const check_counter *asked = &connection->wire.asked;
    return asked->header_size == 0 && check_frames_that_came(connection) > asked->frames;
}
