/* stream.c: the frames in the bytes of one direction, as they come, holes in payloads included. */
#include "watch/inside.h"

enum { KEPT_BEFORE_HOLE = 256 }; /* of a payload that is not seen whole */

void watch_stream_free(watch_stream *stream) {
    undr_buffer_free(&stream->rest);
    *stream = (watch_stream){0};
}

bool watch_stream_is_inside(const watch_stream *stream) {
    return stream->rest.size > 0;
}

/* The header in rest, which is whole. */
uint64_t watch_stream_announced(const watch_stream *stream) {
    undr_cursor cursor = undr_cursor_over(undr_buffer_slice(&stream->rest));
    uint8_t type;
    uint64_t size = 0;
    (void)(undr_read_u8(&cursor, &type) && undr_read_u64le(&cursor, &size));
    return size;
}

bool watch_stream_skip(watch_stream *stream, uint64_t size) {
    if (size == 0 || stream->rest.size < UNDR_HEADER_SIZE || stream->stuck) {
        return false;
    }
    uint64_t have = stream->rest.size - UNDR_HEADER_SIZE + stream->hole + stream->behind_hole;
    if (size > watch_stream_announced(stream) - have) {
        return false; /* it reaches into the next frame */
    }
    stream->hole += size + stream->behind_hole;
    stream->behind_hole = 0;
    if (stream->rest.size > UNDR_HEADER_SIZE + KEPT_BEFORE_HOLE) {
        stream->hole += stream->rest.size - UNDR_HEADER_SIZE - KEPT_BEFORE_HOLE;
        stream->rest.size = UNDR_HEADER_SIZE + KEPT_BEFORE_HOLE;
    }
    return true;
}

static undr_error give(
    const watch_stream *stream, const undr_frame *frame, uint64_t size, const watch_frame_user *user) {
    watch_seen_frame seen = {.frame = *frame,
        .size = size,
        .holed = stream->hole > 0,
        .first_place = stream->first_place,
        .first_time = stream->first_time};
    return user->whole(user->context, &seen);
}

/* What is left of a frame with a hole. */
static undr_error take_holed(watch_stream *stream, undr_slice *bytes, const watch_frame_user *user) {
    uint64_t size = watch_stream_announced(stream);
    uint64_t left = size - (stream->rest.size - UNDR_HEADER_SIZE) - stream->hole - stream->behind_hole;
    uint64_t taken = left < bytes->size ? left : bytes->size;
    stream->behind_hole += taken;
    if (taken > 0) {
        *bytes = undr_slice_of(bytes->data + taken, bytes->size - (size_t)taken);
    }
    if (taken < left) {
        return UNDR_OK;
    }
    const undr_frame frame = {stream->rest.data[0],
        undr_slice_of(stream->rest.data + UNDR_HEADER_SIZE, stream->rest.size - UNDR_HEADER_SIZE)};
    undr_error error = give(stream, &frame, size, user);
    watch_stream_free(stream);
    return error;
}

static undr_error see_header(watch_stream *stream, const watch_frame_user *user) {
    if (stream->header_seen || stream->rest.size < UNDR_HEADER_SIZE) {
        return UNDR_OK;
    }
    stream->header_seen = true;
    return user->header(user->context, stream->rest.data[0], watch_stream_announced(stream));
}

/* Frames straight from the input, as long as they are whole. */
static undr_error take_whole(watch_stream *stream, undr_slice *bytes, const watch_frame_user *user) {
    undr_frame frame;
    uint64_t size;
    undr_error error = undr_frame_decode(*bytes, UNDR_PAYLOAD_MAXIMUM, &frame, &size);
    if (error == UNDR_PAYLOAD_TOO_LARGE) {
        stream->stuck = true;
        undr_cursor cursor = undr_cursor_over(*bytes);
        uint8_t type = 0;
        uint64_t length = 0;
        (void)(undr_read_u8(&cursor, &type) && undr_read_u64le(&cursor, &length));
        return user->header(user->context, type, length);
    }
    if (error != UNDR_OK) {
        return error;
    }
    error = give(stream, &frame, frame.payload.size, user);
    *bytes = undr_slice_of(bytes->data + size, bytes->size - (size_t)size);
    return error;
}

/* Bytes of a frame of which a part came earlier: as many as it needs. */
static undr_error take_part(watch_stream *stream, undr_slice *bytes, const watch_frame_user *user) {
    undr_frame frame;
    uint64_t size;
    undr_error error = undr_frame_decode(undr_buffer_slice(&stream->rest), UNDR_PAYLOAD_MAXIMUM, &frame, &size);
    uint64_t wanted = size - stream->rest.size;
    size_t taken = wanted < bytes->size ? (size_t)wanted : bytes->size;
    error = undr_put_bytes(&stream->rest, bytes->data, taken);
    if (error != UNDR_OK) {
        return error;
    }
    *bytes = undr_slice_of(bytes->data + taken, bytes->size - taken);
    undr_slice rest = undr_buffer_slice(&stream->rest);
    error = undr_frame_decode(rest, UNDR_PAYLOAD_MAXIMUM, &frame, &size);
    if (error == UNDR_PAYLOAD_TOO_LARGE) {
        stream->stuck = true;
    }
    if (error != UNDR_OK) {
        return see_header(stream, user);
    }
    error = give(stream, &frame, frame.payload.size, user);
    watch_stream_free(stream);
    return error;
}

static undr_error take_one(
    watch_stream *stream, undr_slice *bytes, uint64_t place, uint64_t time, const watch_frame_user *user) {
    if (stream->hole > 0) {
        return take_holed(stream, bytes, user);
    }
    if (stream->rest.size > 0) {
        return take_part(stream, bytes, user);
    }
    stream->first_place = place;
    stream->first_time = time;
    stream->header_seen = false;
    undr_error error = user->began(user->context, bytes->data[0]);
    error = error == UNDR_OK ? take_whole(stream, bytes, user) : error;
    if (error != UNDR_MORE) {
        return error;
    }
    error = undr_put_slice(&stream->rest, *bytes);
    *bytes = (undr_slice){0};
    return error == UNDR_OK ? see_header(stream, user) : error;
}

undr_error watch_stream_take(
    watch_stream *stream, undr_slice bytes, uint64_t place, uint64_t time, const watch_frame_user *user) {
    undr_error error = UNDR_OK;
    if (stream->hole > 0) { /* which may have been the last of its frame */
        error = take_holed(stream, &bytes, user);
    }
    while (error == UNDR_OK && bytes.size > 0 && !stream->stuck) {
        error = take_one(stream, &bytes, place, time, user);
    }
    return error;
}
