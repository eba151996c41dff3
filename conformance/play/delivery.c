/* delivery.c: where a delivery cuts what it sends. */
#include "play/delivery.h"

#include "undr/frame.h"

const char *check_delivery_name(check_delivery delivery) {
    static const char *const names[CHECK_DELIVERY_COUNT] = {"whole", "bytes", "cut-1", "cut-2", "cut-3", "cut-4",
        "cut-5", "cut-6", "cut-7", "cut-8", "coalesced", "straddled"};
    return (unsigned)delivery < CHECK_DELIVERY_COUNT ? names[delivery] : "?";
}

const char *check_delivery_explained(check_delivery delivery) {
    static const char *const texts[CHECK_DELIVERY_COUNT] = {"each frame comes whole, by itself",
        "one byte comes at a time", "each frame is cut after its first byte", "each frame is cut after its second byte",
        "each frame is cut after its third byte", "each frame is cut after its fourth byte",
        "each frame is cut after its fifth byte", "each frame is cut after its sixth byte",
        "each frame is cut after its seventh byte", "each frame is cut after its eighth byte",
        "consecutive frames come in one piece", "each piece ends inside the header of the frame that follows"};
    return (unsigned)delivery < CHECK_DELIVERY_COUNT ? texts[delivery] : "?";
}

static size_t single_end(size_t size, size_t offset) {
    size_t edge = UNDR_HEADER_SIZE + CHECK_SINGLE_EDGE;
    if (size <= UNDR_HEADER_SIZE + CHECK_SINGLE_PAYLOAD || offset != edge) {
        return offset + 1;
    }
    return size - CHECK_SINGLE_EDGE; /* the middle, at once */
}

size_t check_straddled_end(const size_t *cuts, size_t count, size_t index, size_t turn) {
    if (index + 1 >= count) {
        return cuts[index];
    }
    size_t next = cuts[index + 1] - cuts[index], over = turn % (UNDR_HEADER_SIZE - 1) + 1;
    return cuts[index] + (over < next ? over : next == 0 ? 0 : next - 1); /* raw bytes may be fewer */
}

check_delivery check_delivery_of_frame(check_delivery delivery, uint64_t frame) {
    if (delivery != CHECK_DELIVERY_BYTES || frame < CHECK_SINGLE_FRAMES) {
        return delivery;
    }
    return (check_delivery)(CHECK_DELIVERY_CUT_1 + frame % (UNDR_HEADER_SIZE - 1));
}

size_t check_piece_end(check_delivery delivery, size_t size, size_t offset) {
    if (delivery == CHECK_DELIVERY_BYTES) {
        return single_end(size, offset);
    }
    if (delivery >= CHECK_DELIVERY_CUT_1 && delivery <= CHECK_DELIVERY_CUT_8) {
        size_t cut = (size_t)(delivery - CHECK_DELIVERY_CUT_1) + 1;
        return offset < cut && cut < size ? cut : size;
    }
    return size;
}
