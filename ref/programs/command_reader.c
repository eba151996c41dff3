/* command_reader.c: splits standard input into commands, and turns their payloads into bytes on the way. */
#include "programs/command_reader.h"

#include "programs/adapter.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 4096 };

void command_free(command *line) {
    undr_buffer_free(&line->payload);
    line->size = 0;
    line->fault = COMMAND_WHOLE;
}

undr_slice command_words(const command *line) {
    return undr_slice_of(line->words, line->size);
}

void command_reader_free(command_reader *reader) {
    command_free(&reader->next);
}

static void refuse(command_reader *self, command_fault fault) {
    undr_buffer_free(&self->next.payload);
    self->next.fault = fault;
}

/* ---- the words ---- */

/* How many words stand before the payload; 0: this command has none. */
static size_t words_before_payload(undr_slice verb) {
    return undr_slice_equal(verb, undr_slice_text("schedule")) ? 2
        : undr_slice_equal(verb, undr_slice_text("message"))   ? 1
                                                               : 0;
}

/* A blank has come: are those all the words? */
static bool has_all_words(const command *line) {
    undr_slice rest = command_words(line);
    size_t wanted = words_before_payload(adapter_take_word(&rest)), count = 1;
    while (rest.size > 0) {
        (void)adapter_take_word(&rest);
        count++;
    }
    return wanted > 0 && count == wanted;
}

static void take_word_byte(command_reader *self, uint8_t byte) {
    command *next = &self->next;
    if (byte == ' ' && has_all_words(next)) {
        self->in_payload = true;
    } else if (next->size == COMMAND_WORDS) {
        refuse(self, COMMAND_TOO_LONG);
    } else {
        next->words[next->size++] = byte;
    }
}

/* ---- the payload ---- */

/* Grows by doubling, but not beyond the limit: what is refused there has taken no more than what is not. */
static bool make_room(command_reader *self) {
    undr_buffer *payload = &self->next.payload;
    if (payload->size < payload->capacity) {
        return true;
    }
    if (payload->size >= self->payload_limit) {
        refuse(self, COMMAND_TOO_LARGE);
        return false;
    }
    uint64_t doubled = payload->capacity == 0 ? FIRST_CAPACITY : 2 * (uint64_t)payload->capacity;
    uint64_t capacity = doubled < self->payload_limit ? doubled : self->payload_limit;
    if (capacity > SIZE_MAX || undr_buffer_grow(payload, (size_t)capacity) != UNDR_OK) {
        refuse(self, COMMAND_NO_MEMORY);
        return false;
    }
    return true;
}

static void take_digit(command_reader *self, uint8_t byte) {
    int value = adapter_hex_digit(byte);
    bool starts = self->next.payload.size == 0 && !self->has_half;
    if (byte == ' ' && starts) {
        return; /* several blanks before it are as good as one */
    }
    if (value < 0) {
        refuse(self, COMMAND_NO_HEX);
    } else if (!self->has_half) {
        self->half = (uint8_t)value;
        self->has_half = true;
    } else if (make_room(self)) {
        undr_buffer *payload = &self->next.payload;
        payload->data[payload->size++] = (uint8_t)(self->half << 4 | value);
        self->has_half = false;
    }
}

/* ---- lines ---- */

static void take_byte(command_reader *self, uint8_t byte) {
    if (self->has_return) { /* it was none before a '\n' */
        self->has_return = false;
        take_byte(self, 0);
    }
    if (self->next.fault != COMMAND_WHOLE) {
        return;
    }
    if (byte == '\r') {
        self->has_return = true;
    } else if (self->in_payload) {
        take_digit(self, byte);
    } else {
        take_word_byte(self, byte);
    }
}

static void give_line(command_reader *self, command *line) {
    if (self->has_half && self->next.fault == COMMAND_WHOLE) {
        refuse(self, COMMAND_NO_HEX);
    }
    *line = self->next;
    self->next = (command){0};
    self->has_begun = self->in_payload = self->has_half = self->has_return = false;
}

/* Reads the piece up to the end of a line. True: the end was there. */
static bool look_at_piece(command_reader *self) {
    while (self->start < self->end) {
        size_t left = self->end - self->start;
        const uint8_t *from = self->piece + self->start;
        const uint8_t *newline = memchr(from, '\n', left);
        size_t size = newline == NULL ? left : (size_t)(newline - from);
        for (size_t i = 0; i < size && self->next.fault == COMMAND_WHOLE; i++) {
            take_byte(self, from[i]);
        }
        self->has_begun = true;
        self->start += newline == NULL ? size : size + 1;
        if (newline != NULL) {
            return true;
        }
    }
    return false;
}

static undr_error read_piece(command_reader *self) {
    ssize_t got;
    do {
        got = read(self->descriptor, self->piece, sizeof self->piece);
    } while (got < 0 && errno == EINTR);
    self->start = 0;
    self->end = got > 0 ? (size_t)got : 0;
    return got < 0 ? UNDR_SYSTEM : got == 0 ? UNDR_END : UNDR_OK;
}

undr_error command_read(command_reader *reader, command *line) {
    while (!look_at_piece(reader)) {
        undr_error error = read_piece(reader);
        if (error == UNDR_END && reader->has_begun) {
            break;
        }
        if (error != UNDR_OK) {
            return error;
        }
    }
    give_line(reader, line);
    return UNDR_OK;
}
