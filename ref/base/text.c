/* text.c: which characters may be printed, and text with the others escaped. */
#include "undr/text.h"

#include "base/text_table.h"

#include <stdbool.h>

static bool is_in(const character_range *ranges, size_t count, uint32_t character) {
    size_t from = 0;
    while (from < count) {
        const size_t middle = from + (count - from) / 2;
        if (character < ranges[middle].first) {
            count = middle;
        } else if (character > ranges[middle].last) {
            from = middle + 1;
        } else {
            return true;
        }
    }
    return false;
}

undr_visibility undr_character_visibility(uint32_t character) {
    if (character >= 0x20 && character < 0x7f) {
        return UNDR_VISIBLE;
    }
    if (is_in(unprintable, sizeof unprintable / sizeof *unprintable, character) || character > 0x10ffff) {
        return UNDR_UNPRINTABLE;
    }
    return is_in(invisible, sizeof invisible / sizeof *invisible, character) ? UNDR_INVISIBLE : UNDR_VISIBLE;
}

/* How many bytes a character has that begins with this one; 0: none does. */
static size_t size_of(uint8_t first) {
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t undr_next_character(undr_slice text, uint32_t *character) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t size = text.size == 0 ? 0 : size_of(text.data[0]);
    if (size == 0 || size > text.size) {
        return 0;
    }
    uint32_t found = size == 1 ? text.data[0] : text.data[0] & (0x7fu >> size);
    for (size_t index = 1; index < size; ++index) {
        if ((text.data[index] & 0xc0) != 0x80) {
            return 0;
        }
        found = found << 6 | (text.data[index] & 0x3fu);
    }
    if (found < smallest[size] || found > 0x10ffff) {
        return 0;
    }
    *character = found;
    return size;
}

undr_error undr_put_escaped(undr_buffer *buffer, uint32_t character) {
    switch (character) {
    case '\t': return undr_put_text(buffer, "\\t");
    case '\n': return undr_put_text(buffer, "\\n");
    case '\r': return undr_put_text(buffer, "\\r");
    default: break;
    }
    const char *format = character < 0x100 ? "\\x%02x" : character < 0x10000 ? "\\u%04x" : "\\U%08x";
    return undr_put_format(buffer, format, character);
}

undr_error undr_put_visible(undr_buffer *buffer, undr_slice text) {
    const size_t before = buffer->size;
    undr_error error = UNDR_OK;
    while (error == UNDR_OK && text.size > 0) {
        uint32_t character = text.data[0];
        const size_t size = undr_next_character(text, &character);
        if (size > 0 && undr_character_visibility(character) == UNDR_VISIBLE) {
            error = undr_put_bytes(buffer, text.data, size);
        } else {
            error = undr_put_escaped(buffer, character);
        }
        const size_t used = size == 0 ? 1 : size;
        text = undr_slice_of(text.data + used, text.size - used);
    }
    if (error != UNDR_OK) {
        buffer->size = before;
    }
    return error;
}
