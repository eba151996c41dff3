/* test_frame.c: the frame decoder, fed whole, byte by byte, and up to an unreadable page. FRAME-1 to FRAME-8. */
#include "support/guard_page.h"
#include "undr/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct frame_sample {
    uint8_t type;
    const char *payload;
    const char *bytes;
    size_t size;
} frame_sample;

static const frame_sample samples[] = {
    {'n', "", "n\0\0\0\0\0\0\0\0", 9},
    {'t', "x", "t\1\0\0\0\0\0\0\0x", 10},
    {0x81, "late", "\x81\4\0\0\0\0\0\0\0late", 13},
    {0xff, "0123456789abcdef",
        "\xff\x10\0\0\0\0\0\0\0"
        "0123456789abcdef",
        25},
    {0, "", "\0\0\0\0\0\0\0\0\0", 9},
};
static const size_t sample_count = sizeof samples / sizeof samples[0];

static void check_decoded(const frame_sample *sample, undr_slice input) {
    undr_frame frame = {0};
    uint64_t size = 0;
    assert_int_equal(undr_frame_decode(input, UNDR_PAYLOAD_MINIMUM, &frame, &size), UNDR_OK);
    assert_int_equal(size, sample->size);
    assert_int_equal(frame.type, sample->type);
    assert_true(undr_slice_equal(frame.payload, undr_slice_text(sample->payload)));
    assert_true(frame.payload.size == 0 || frame.payload.data == input.data + UNDR_HEADER_SIZE); /* borrowed */
}

static void test_whole(void **state) {
    (void)state;
    for (size_t index = 0; index < sample_count; ++index) {
        guarded copy = guard_page_copy(undr_slice_of(samples[index].bytes, samples[index].size));
        check_decoded(&samples[index], copy.bytes);
        guard_page_free(&copy);
    }
}

/* FRAME-3: at each smaller number of bytes more are needed, and as soon as the header is there, how many. */
static void test_byte_by_byte(void **state) {
    (void)state;
    for (size_t index = 0; index < sample_count; ++index) {
        for (size_t come = 0; come < samples[index].size; ++come) {
            guarded copy = guard_page_copy(undr_slice_of(samples[index].bytes, come));
            undr_frame frame = {.type = 'x'};
            uint64_t size = 0;
            assert_int_equal(undr_frame_decode(copy.bytes, UNDR_PAYLOAD_MINIMUM, &frame, &size), UNDR_MORE);
            assert_int_equal(size, come < UNDR_HEADER_SIZE ? UNDR_HEADER_SIZE : samples[index].size);
            assert_int_equal(frame.type, 'x'); /* untouched */
            guard_page_free(&copy);
        }
    }
}

/* FRAME-4 */
static void test_several(void **state) {
    (void)state;
    undr_buffer stream = {0};
    for (size_t index = 0; index < sample_count; ++index) {
        assert_int_equal(undr_put_bytes(&stream, samples[index].bytes, samples[index].size), UNDR_OK);
    }
    size_t offset = 0;
    for (size_t index = 0; index < sample_count; ++index) {
        check_decoded(&samples[index], undr_slice_of(stream.data + offset, stream.size - offset));
        offset += samples[index].size;
    }
    assert_int_equal(offset, stream.size);
    undr_buffer_free(&stream);
}

/* Decodes the samples from *next on, as far as `known` bytes go; *offset is where the next one begins. */
static void decode_known(undr_slice stream, size_t known, size_t *next, size_t *offset) {
    while (*next < sample_count && known - *offset >= samples[*next].size) {
        check_decoded(&samples[*next], undr_slice_of(stream.data + *offset, known - *offset));
        *offset += samples[(*next)++].size;
    }
    undr_frame frame = {0};
    uint64_t size = 0;
    const undr_slice rest = undr_slice_of(stream.data + *offset, known - *offset);
    assert_int_equal(undr_frame_decode(rest, UNDR_PAYLOAD_MINIMUM, &frame, &size), UNDR_MORE);
}

/* FRAME-3, FRAME-4: a stream cut in two at any place is the same frames. */
static void test_single_cuts(void **state) {
    (void)state;
    undr_buffer stream = {0};
    for (size_t index = 0; index < sample_count; ++index) {
        assert_int_equal(undr_put_bytes(&stream, samples[index].bytes, samples[index].size), UNDR_OK);
    }
    for (size_t cut = 0; cut <= stream.size; ++cut) {
        guarded first = guard_page_copy(undr_slice_of(stream.data, cut));
        size_t next = 0, offset = 0;
        decode_known(first.bytes, cut, &next, &offset);
        decode_known(undr_buffer_slice(&stream), stream.size, &next, &offset);
        assert_int_equal(next, sample_count);
        assert_int_equal(offset, stream.size);
        guard_page_free(&first);
    }
    undr_buffer_free(&stream);
}

/* FRAME-7: refused at the header, whatever follows; FRAME-8: nothing is believed. */
static void test_limit(void **state) {
    (void)state;
    const uint64_t lengths[] = {5, 6, UNDR_PAYLOAD_MINIMUM, (uint64_t)1 << 40, (uint64_t)1 << 63, UINT64_MAX};
    for (size_t index = 0; index < sizeof lengths / sizeof lengths[0]; ++index) {
        uint8_t header[UNDR_HEADER_SIZE];
        undr_frame_header(header, 't', lengths[index]);
        guarded copy = guard_page_copy(undr_slice_of(header, sizeof header));
        undr_frame frame = {0};
        uint64_t size = 0;
        const undr_error expected = lengths[index] > 5 ? UNDR_PAYLOAD_TOO_LARGE : UNDR_MORE;
        assert_int_equal(undr_frame_decode(copy.bytes, 5, &frame, &size), expected);
        assert_int_equal(size, expected == UNDR_MORE ? 14 : UNDR_HEADER_SIZE);
        guard_page_free(&copy);
    }
}

/* Even without a limit a length never overflows what it is added to. */
static void test_no_limit(void **state) {
    (void)state;
    uint8_t header[UNDR_HEADER_SIZE];
    undr_frame frame = {0};
    uint64_t size = 0;
    undr_frame_header(header, 't', UINT64_MAX);
    const undr_slice input = undr_slice_of(header, sizeof header);
    assert_int_equal(undr_frame_decode(input, UINT64_MAX, &frame, &size), UNDR_PAYLOAD_TOO_LARGE);
    undr_frame_header(header, 't', UINT64_MAX - UNDR_HEADER_SIZE);
    assert_int_equal(undr_frame_decode(input, UINT64_MAX, &frame, &size), UNDR_MORE);
    assert_true(size == UINT64_MAX);
}

static void test_encode(void **state) {
    (void)state;
    undr_buffer buffer = {0};
    size_t offset = 0;
    for (size_t index = 0; index < sample_count; ++index) {
        const undr_frame frame = {.type = samples[index].type, .payload = undr_slice_text(samples[index].payload)};
        assert_int_equal(undr_frame_encode(&buffer, &frame), UNDR_OK);
        assert_int_equal(buffer.size, offset + samples[index].size);
        assert_memory_equal(buffer.data + offset, samples[index].bytes, samples[index].size);
        offset = buffer.size;
    }
    undr_buffer_free(&buffer);
}

static void test_encode_too_large(void **state) {
    (void)state;
    undr_buffer buffer = {0};
    const undr_frame frame = {.type = 't', .payload = {.data = NULL, .size = SIZE_MAX - 1}};
    assert_int_equal(undr_frame_encode(&buffer, &frame), UNDR_MEMORY);
    assert_int_equal(buffer.size, 0);
    undr_buffer_free(&buffer);
}

static void test_header_bytes(void **state) {
    (void)state;
    uint8_t header[UNDR_HEADER_SIZE];
    undr_frame_header(header, 0x80, UINT64_C(0x0807060504030201));
    assert_memory_equal(header, "\x80\x01\x02\x03\x04\x05\x06\x07\x08", sizeof header);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_single_cuts),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_encode),
        cmocka_unit_test(test_encode_too_large),
        cmocka_unit_test(test_header_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
