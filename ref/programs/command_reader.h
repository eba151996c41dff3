/* command_reader.h: commands of the adapter contract (spec/adapter.md), read from a descriptor as they come. The
 * payload is decoded on the way, and nothing is kept of a line that can't be a command or is above the limit: memory
 * grows with accepted payloads, never with the length of a line. */
#ifndef PROGRAMS_COMMAND_READER_H
#define PROGRAMS_COMMAND_READER_H

#include "undr/bytes.h"

typedef enum command_fault {
    COMMAND_WHOLE,
    COMMAND_TOO_LONG,  /* more words than any command has */
    COMMAND_NO_HEX,    /* the payload is not in pairs of hexadecimal digits */
    COMMAND_TOO_LARGE, /* the payload is above the limit */
    COMMAND_NO_MEMORY  /* for the payload */
} command_fault;

enum { COMMAND_WORDS = 128 };

/* One line: `schedule 1 HEX`, `message HEX`, `next`. After a fault the payload is empty. */
typedef struct command {
    uint8_t words[COMMAND_WORDS]; /* all that stands before the payload */
    size_t size;                  /* of them */
    undr_buffer payload;          /* owned: command_free */
    command_fault fault;
} command;

void command_free(command *line); /* and back to {0} */
undr_slice command_words(const command *line);

enum { COMMAND_PIECE = 64 * 1024 };

/* {.descriptor = 0, .payload_limit = N} to begin; command_reader_free when done. */
typedef struct command_reader {
    int descriptor; /* borrowed */
    uint64_t payload_limit;
    uint8_t piece[COMMAND_PIECE]; /* what was read, and not looked at yet */
    size_t start, end;
    command next;    /* of which some has come */
    bool has_begun;  /* a byte of it has */
    bool in_payload; /* all words have */
    bool has_half;   /* of a byte: its first digit */
    bool has_return; /* a '\r', which may stand before the '\n' only */
    uint8_t half;
} command_reader;

/* Blocks until a line is whole: UNDR_OK, *line is the caller's. A last line without '\n' counts. UNDR_END: end of
 * input; UNDR_SYSTEM (errno). EINTR is retried. */
UNDR_MUST_USE undr_error command_read(command_reader *reader, command *line);
void command_reader_free(command_reader *reader);

#endif
