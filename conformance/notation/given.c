/* given.c: knows files by how they begin. */
#include "notation/given.h"

#include "undr/frame.h"
#include "undr/pickle.h"
#include "undr/text.h"

#include <string.h>

typedef struct beginning {
    const char *bytes;
    size_t size;
    check_given what;
    const char *clause;
} beginning;

#define BEGINS(text) text, sizeof(text) - 1
#define UNPACK "; unpack it first"
#define HTTP "it is HTTP, which is another protocol; is it the right port?"

static const beginning beginnings[] = {
    {BEGINS("\x0a\x0d\x0d\x0a"), CHECK_GIVEN_PACKETS, NULL}, /* pcapng */
    {BEGINS("\xd4\xc3\xb2\xa1\2\0\4\0"), CHECK_GIVEN_PACKETS, NULL},
    {BEGINS("\xa1\xb2\xc3\xd4\0\2\0\4"), CHECK_GIVEN_PACKETS, NULL},
    {BEGINS("\x4d\x3c\xb2\xa1\2\0\4\0"), CHECK_GIVEN_PACKETS, NULL}, /* nanoseconds */
    {BEGINS("\xa1\xb2\x3c\x4d\0\2\0\4"), CHECK_GIVEN_PACKETS, NULL},
    {BEGINS("\x89PNG\r\n\x1a\n"), CHECK_GIVEN_OTHER, "it is a PNG image"},
    {BEGINS("\xff\xd8\xff"), CHECK_GIVEN_OTHER, "it is a JPEG image"},
    {BEGINS("GIF8"), CHECK_GIVEN_OTHER, "it is a GIF image"},
    {BEGINS("%PDF-"), CHECK_GIVEN_OTHER, "it is a PDF document"},
    {BEGINS("PK\3\4"), CHECK_GIVEN_OTHER, "it is a ZIP archive" UNPACK},
    {BEGINS("\x1f\x8b"), CHECK_GIVEN_OTHER,
        "it is compressed by gzip; `zcat FILE | undr-check decode` unpacks it first"},
    {BEGINS("\xfd"
            "7zXZ\0"),
        CHECK_GIVEN_OTHER, "it is compressed by xz; `xzcat FILE | undr-check decode` unpacks it first"},
    {BEGINS("\x28\xb5\x2f\xfd"), CHECK_GIVEN_OTHER,
        "it is compressed by zstd; `zstdcat FILE | undr-check decode` unpacks it first"},
    {BEGINS("BZh"), CHECK_GIVEN_OTHER, "it is compressed by bzip2; `bzcat FILE | undr-check decode` unpacks it first"},
    {BEGINS("\x7f"
            "ELF"),
        CHECK_GIVEN_OTHER, "it is a program or a library (ELF)"},
    {BEGINS("snoop\0\0\0"), CHECK_GIVEN_OTHER,
        "it is a capture of snoop; `editcap -F pcap FILE NEW` makes a pcap of it"},
    {BEGINS("SQLite format 3"), CHECK_GIVEN_OTHER, "it is a database (SQLite)"},
    {BEGINS("\x16\x03"), CHECK_GIVEN_OTHER, "it is TLS, which the protocol does not use; is it the right port?"},
    {BEGINS("SSH-"), CHECK_GIVEN_OTHER, "it is SSH, which is another protocol; is it the right port?"},
    {BEGINS("GET "), CHECK_GIVEN_OTHER, HTTP},
    {BEGINS("POST "), CHECK_GIVEN_OTHER, HTTP},
    {BEGINS("HEAD "), CHECK_GIVEN_OTHER, HTTP},
    {BEGINS("PUT "), CHECK_GIVEN_OTHER, HTTP},
    {BEGINS("OPTIONS "), CHECK_GIVEN_OTHER, HTTP},
    {BEGINS("HTTP/"), CHECK_GIVEN_OTHER, HTTP},
    {BEGINS("PRI * HTTP/2"), CHECK_GIVEN_OTHER, HTTP},
};

/* The bytes of a value without the nine before them: as long as no frame begins with them. */
static bool is_bare_pickle(undr_slice bytes) {
    undr_arena arena = {0};
    undr_value *value;
    size_t used = 0;
    bool begins = bytes.size > 2 && bytes.data[0] == 0x80 && bytes.data[1] >= 2 && bytes.data[1] <= 5;
    bool whole = begins && undr_pickle_read(bytes, NULL, &arena, &value, &used, NULL) == UNDR_OK && used == bytes.size;
    undr_arena_free(&arena);
    return whole;
}

static bool is_text(undr_slice bytes) {
    uint32_t c = 0;
    while (bytes.size > 0) {
        size_t size = undr_next_character(bytes, &c);
        if (size == 0 || c == 0 || c == 0x7f || (c < ' ' && strchr("\n\r\t\f", (int)c) == NULL)) {
            return false;
        }
        bytes = undr_slice_of(bytes.data + size, bytes.size - size);
    }
    return true;
}

check_given check_what_is_given(undr_slice bytes, const char **clause) {
    undr_frame frame;
    uint64_t size;
    *clause = NULL;
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        const beginning *one = &beginnings[i];
        if (bytes.size >= one->size && memcmp(bytes.data, one->bytes, one->size) == 0) {
            *clause = one->clause;
            return one->what;
        }
    }
    if (bytes.size == 0) {
        *clause = "it is empty";
        return CHECK_GIVEN_OTHER;
    }
    if (undr_frame_decode(bytes, UNDR_PAYLOAD_MAXIMUM, &frame, &size) != UNDR_OK && is_bare_pickle(bytes)) {
        *clause = "it is a pickle alone; in a frame a type and a length stand before it";
        return CHECK_GIVEN_OTHER;
    }
    if (bytes.size > 0 && is_text(bytes)) { /* no frame is: a length has bytes that are in no text */
        *clause = "it is text, but no hexadecimal one";
        return CHECK_GIVEN_TEXT;
    }
    return CHECK_GIVEN_BYTES;
}
