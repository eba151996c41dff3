/* pickle_output.c: opcodes, frames and memo as CPython's pickler writes them. */
#include "pickle/pickle_output.h"

#include "pickle/pickle_opcode.h"

#include <stdlib.h>
#include <string.h>

/* A frame ends at the first value after 64 KiB; a larger value is written outside of frames; below 4 bytes a
 * frame is not worth its header. */
enum { FRAME_HEADER = 9, FRAME_TARGET = 64 * 1024, FRAME_MINIMUM = 4 };

void undr_output_free(undr_output *output) {
    undr_map_free(&output->memo);
    undr_map_free(&output->named);
    undr_arena_free(&output->arena);
}

undr_error undr_output_raw(undr_output *output, const void *data, size_t size) {
    if (output->framing && !output->in_frame) {
        const uint8_t header[FRAME_HEADER] = {OP_FRAME};
        const size_t start = output->buffer->size;
        const undr_error error = undr_put_bytes(output->buffer, header, sizeof header);
        if (error != UNDR_OK) {
            return error;
        }
        output->in_frame = true;
        output->frame_start = start;
    }
    return undr_put_bytes(output->buffer, data, size);
}

undr_error undr_output_opcode(undr_output *output, uint8_t opcode) {
    return undr_output_raw(output, &opcode, sizeof opcode);
}

static void write_size(uint8_t *bytes, uint64_t size, size_t count) {
    for (size_t index = 0; index < count; ++index) {
        bytes[index] = (uint8_t)(size >> (8 * index));
    }
}

/* Fills the header in, or takes it out again. */
static void end_frame(undr_output *output) {
    if (!output->in_frame) {
        return;
    }
    output->in_frame = false;
    uint8_t *header = output->buffer->data + output->frame_start;
    const size_t size = output->buffer->size - output->frame_start - FRAME_HEADER;
    if (size >= FRAME_MINIMUM) {
        write_size(header + 1, size, sizeof(uint64_t));
        return;
    }
    memmove(header, header + FRAME_HEADER, size);
    output->buffer->size -= FRAME_HEADER;
}

void undr_output_boundary(undr_output *output) {
    if (output->in_frame && output->buffer->size - output->frame_start - FRAME_HEADER >= FRAME_TARGET) {
        end_frame(output);
    }
}

undr_error undr_output_begin(undr_output *output) {
    const uint8_t proto[] = {OP_PROTO, (uint8_t)output->protocol};
    const undr_error error = undr_output_raw(output, proto, sizeof proto);
    output->framing = output->protocol >= 4;
    return error;
}

undr_error undr_output_end(undr_output *output) {
    const undr_error error = undr_output_opcode(output, OP_STOP);
    end_frame(output);
    return error;
}

static undr_error borrow(undr_pieces *pieces, undr_slice slice) {
    if (pieces->count == pieces->capacity) {
        const size_t capacity = pieces->capacity == 0 ? 4 : pieces->capacity * 2;
        undr_piece *borrowed = realloc(pieces->borrowed, capacity * sizeof *borrowed);
        if (borrowed == NULL) {
            return UNDR_MEMORY;
        }
        pieces->borrowed = borrowed;
        pieces->capacity = capacity;
    }
    pieces->borrowed[pieces->count++] = (undr_piece){.offset = pieces->bytes.size, .slice = slice};
    return UNDR_OK;
}

void undr_pieces_clear(undr_pieces *pieces) {
    pieces->bytes.size = 0;
    pieces->count = 0;
}

void undr_pieces_free(undr_pieces *pieces) {
    undr_buffer_free(&pieces->bytes);
    free(pieces->borrowed);
    *pieces = (undr_pieces){0};
}

uint64_t undr_pieces_size(const undr_pieces *pieces) {
    uint64_t size = pieces->bytes.size;
    for (size_t index = 0; index < pieces->count; ++index) {
        size += pieces->borrowed[index].slice.size;
    }
    return size;
}

undr_error undr_output_sized(undr_output *output, undr_sized_opcodes opcodes, undr_slice bytes) {
    const bool one = opcodes.one != 0 && bytes.size <= UINT8_MAX;
    /* unreachable: in a test, a text above 4 GiB */
    const bool four = !one && opcodes.four != 0 && bytes.size <= UINT32_MAX;
    if (!one && !four && opcodes.eight == 0) { /* unreachable: likewise */
        return UNDR_ARGUMENT;                  /* this protocol has no opcode for so much */
    }
    uint8_t header[FRAME_HEADER] = {one ? opcodes.one : four ? opcodes.four : opcodes.eight};
    const size_t count = one ? 1 : four ? 4 : 8;
    write_size(header + 1, bytes.size, count);
    const bool framing = output->framing;
    if (bytes.size >= FRAME_TARGET) {
        end_frame(output);
        output->framing = false;
    }
    undr_error error = undr_output_raw(output, header, 1 + count);
    /* Below protocol 4 the text may be the writer's own, for bytes that it had to encode. */
    if (error == UNDR_OK && output->pieces != NULL && output->protocol >= 4 && bytes.size >= FRAME_TARGET) {
        error = borrow(output->pieces, bytes);
    } else if (error == UNDR_OK) {
        error = undr_output_raw(output, bytes.data, bytes.size);
    }
    output->framing = framing;
    return error;
}

/* An opcode with an index in one byte, or its long form in four. */
static undr_error put_index(undr_output *output, uint8_t narrow, uint8_t wide, uint64_t index) {
    if (index > UINT32_MAX) { /* unreachable: 4 G values take more than 300 GiB */
        return UNDR_LIMIT_MEMO;
    }
    uint8_t bytes[5] = {index <= UINT8_MAX ? narrow : wide};
    const size_t count = index <= UINT8_MAX ? 1 : 4;
    write_size(bytes + 1, index, count);
    return undr_output_raw(output, bytes, 1 + count);
}

undr_error undr_output_memoize(undr_output *output, const void *address) {
    const uint64_t index = output->memo_count++;
    undr_error error = UNDR_OK;
    if (address != NULL) {
        error = undr_map_put(&output->memo, undr_map_address(address), (const void *)(uintptr_t)(index + 1));
    }
    if (error != UNDR_OK) {
        return error;
    }
    return output->protocol >= 4 ? undr_output_opcode(output, OP_MEMOIZE)
                                 : put_index(output, OP_BINPUT, OP_LONG_BINPUT, index);
}

bool undr_output_is_known(undr_output *output, const void *address) {
    return undr_map_get(&output->memo, undr_map_address(address)) != NULL;
}

undr_error undr_output_recall_index(undr_output *output, uint64_t index) {
    return put_index(output, OP_BINGET, OP_LONG_BINGET, index);
}

undr_error undr_output_recall(undr_output *output, const void *address) {
    const void *found = undr_map_get(&output->memo, undr_map_address(address));
    /* unreachable: the writer asks for what is known */
    return found == NULL ? UNDR_ARGUMENT : undr_output_recall_index(output, (uint64_t)(uintptr_t)found - 1);
}

/* A pickle that is written again keeps the names that its writer chose. */
static uint64_t hash_named(undr_output *output, undr_slice module, undr_slice name) {
    if (output->hash_key.odd[0] == 0) { /* one that is set is odd */
        output->hash_key = undr_process_hash_key();
    }
    undr_sip sip = undr_sip_begin(&output->hash_key);
    undr_sip_word(&sip, undr_hash_bytes(&output->hash_key, module));
    undr_sip_word(&sip, undr_hash_bytes(&output->hash_key, name));
    return undr_sip_end(&sip, 2);
}

const undr_named *undr_output_find_named(undr_output *output, undr_slice module, undr_slice name) {
    const undr_named *found = undr_map_get(&output->named, hash_named(output, module, name));
    while (found != NULL
        && ((found->module.data == NULL) != (module.data == NULL) || !undr_slice_equal(found->module, module)
            || !undr_slice_equal(found->name, name))) {
        found = found->next;
    }
    return found;
}

undr_error undr_output_memoize_named(undr_output *output, const void *address, undr_slice module, undr_slice name) {
    const uint64_t hash = hash_named(output, module, name);
    void *memory = NULL;
    undr_error error = undr_arena_take(&output->arena, sizeof(undr_named), &memory);
    if (error != UNDR_OK) {
        return error;
    }
    undr_named *named = memory;
    *named = (undr_named){.module = module, .name = name, .index = output->memo_count};
    named->next = (undr_named *)undr_map_get(&output->named, hash);
    error = undr_map_put(&output->named, hash, named);
    return error != UNDR_OK ? error : undr_output_memoize(output, address);
}
