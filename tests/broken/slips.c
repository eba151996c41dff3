/* slips.c: bugs in single opcodes, each in one way only. */
#include "bugs.h"
#include "reader.h"

#include <string.h>

#define ON(name) (bug(BUG_inbox_##name) || bug(BUG_sent_##name))

static bool all_numbers(const val *v) {
    for (size_t i = 0; i < v->count; i++) {
        if (v->items[i]->kind != K_INT) {
            return false;
        }
    }
    return true;
}

static void swap_items(val *v, size_t a, size_t b) {
    val *kept = v->items[a];
    v->items[a] = v->items[b];
    v->items[b] = kept;
}

static void replace_number(reader *r, val *top, long long number) {
    const val *other = val_int(r->p, number);
    top->data = other->data;
    top->size = other->size;
}

static void slip_number(reader *r, val *top, uint8_t opcode) {
    long long number = val_number(top);
    if (opcode == 'J' && ON(binint_unsigned) && number < 0) {
        replace_number(r, top, number + (1LL << 32));
    } else if (opcode == 'K' && ON(binint1_signed) && number > 127) {
        replace_number(r, top, number - 256);
    } else if (opcode == 'M' && ON(binint2_signed) && number > 32767) {
        replace_number(r, top, number - 65536);
    } else if (opcode == 'M' && ON(binint2_swapped)) {
        replace_number(r, top, (number & 255) << 8 | number >> 8);
    } else if (opcode == 0x8a && ON(long1_of_nothing_is_one) && top->size == 0) {
        replace_number(r, top, 1);
    } else if (opcode == 0x8a && ON(long1_positive) && top->size > 0 && (top->data[top->size - 1] & 0x80) != 0) {
        top->data[top->size++] = 0; /* val_data leaves a byte of room */
    }
}

static void slip_tuple(val *top, uint8_t opcode) {
    if (!all_numbers(top)) {
        return;
    }
    if (opcode == 0x86 && ON(tuple2_swapped)) {
        swap_items(top, 0, 1);
    } else if (opcode == 0x87 && ON(tuple3_reversed)) {
        swap_items(top, 0, 2);
    } else if (opcode == 't' && ON(tuple_drops_first) && top->count > 3) {
        top->items++;
        top->count--;
        top->room--;
    }
}

static void slip_container(val *top, uint8_t opcode) {
    if (opcode == 'a' && ON(append_in_front) && top->kind == K_LIST && top->count > 1) {
        val *last = top->items[top->count - 1];
        memmove(top->items + 1, top->items, (top->count - 1) * sizeof *top->items);
        top->items[0] = last;
    } else if (opcode == 's' && ON(setitem_swapped) && top->kind == K_DICT && top->count >= 2 && all_numbers(top)) {
        swap_items(top, top->count - 2, top->count - 1);
    } else if (opcode == 0x90 && ON(additems_drop_first) && top->count > 0) {
        top->items++;
        top->count--;
        top->room--;
    } else if (opcode == 0x91 && ON(frozenset_empty)) {
        top->count = 0;
    }
}

static void slip_text(val *top, uint8_t opcode) {
    size_t keeps = opcode == 'X' && ON(binunicode_cut) ? 255
        : opcode == 0x8d && ON(binunicode8_cut)        ? 1
        : opcode == 'B' && ON(binbytes_cut)            ? 255
        : opcode == 0x8e && ON(binbytes8_cut)          ? 1
                                                       : SIZE_MAX;
    top->size = top->size < keeps ? top->size : keeps;
}

void slip(reader *r, uint8_t opcode, size_t at) {
    if (r->failed || r->stack->count == 0) {
        return;
    }
    val *top = r->stack->items[r->stack->count - 1];
    if (top->kind == K_INT) {
        slip_number(r, top, opcode);
    } else if (top->kind == K_TUPLE) {
        slip_tuple(top, opcode);
    } else if (top->kind == K_LIST || top->kind == K_DICT || top->kind == K_SET) {
        slip_container(top, opcode);
    } else if (top->kind == K_STR || top->kind == K_BYTES) {
        slip_text(top, opcode);
    }
    if (opcode == '0' && ON(pop_twice) && r->stack->count > 1) {
        r->stack->count--;
    } else if (opcode == 0x88 && ON(newtrue_is_newfalse)) {
        top->truth = false;
    } else if (opcode == 'j' && ON(long_binget_one_byte) && r->data[at + 1] < r->memo->count) {
        r->stack->items[r->stack->count - 1] = r->memo->items[r->data[at + 1]];
    }
}
