/* pickle.c: the broken peer's own small pickle reader. */
#include "pickle.h"

#include "bugs.h"
#include "reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* short_arguments_accepted: this many bytes are missing. */
static void notice_short(reader *r, uint64_t missing) {
    r->cut_short = missing <= 3 && (bug(BUG_short_arguments_accepted) || bug(BUG_task_short_argument));
    r->failed = true;
}

/* An opcode finds too little on the stack. */
static void too_little(reader *r) {
    r->failed |= !bug(BUG_task_stack_ignored);
}

static uint64_t take_number(reader *r, int width) {
    uint64_t number = 0;
    if (r->size - r->at < (size_t)width) {
        notice_short(r, (size_t)width - (r->size - r->at));
        r->at = r->size;
        return 0;
    }
    for (int i = 0; i < width; i++) {
        number |= (uint64_t)r->data[r->at++] << (8 * i);
    }
    return number;
}

static const uint8_t *take_data(reader *r, uint64_t size) {
    if (!r->failed && size > r->size - r->at) {
        notice_short(r, size - (r->size - r->at));
    }
    if (r->failed) {
        return r->data;
    }
    r->at += (size_t)size;
    return r->data + r->at - size;
}

static const uint8_t *take_line(reader *r, size_t *size) {
    const uint8_t *start = r->data + r->at;
    const uint8_t *end = r->at < r->size ? memchr(start, '\n', r->size - r->at) : NULL;
    if (end == NULL) {
        r->failed = true;
        *size = 0;
        return start;
    }
    *size = (size_t)(end - start);
    r->at += *size + 1;
    return start;
}

static void push(reader *r, val *v) {
    val_push(r->p, r->stack, v);
}

static val *pop(reader *r) {
    if (r->stack->count == 0) {
        r->failed = !bug(BUG_short_stack_is_none) && !bug(BUG_task_stack_ignored);
        return val_new(r->p, K_NONE);
    }
    return r->stack->items[--r->stack->count];
}

/* Moves the values above the last mark into a new list. */
static val *pop_to_mark(reader *r, kind k) {
    size_t at = r->stack->count;
    while (at > 0 && r->stack->items[at - 1]->kind != K_MARK) {
        at--;
    }
    val *list = val_new(r->p, k);
    if (at == 0 && (bug(BUG_missing_mark_ignored) || bug(BUG_task_mark_ignored))) {
        return list;
    }
    if (at == 0) {
        r->failed = true;
        return list;
    }
    size_t end = r->stack->count;
    if (k == K_TUPLE && end - at > 4 && (bug(BUG_tuples_cut) || (r->protocol == 5 && bug(BUG_protocol_5_tuples)))) {
        end = at + 4;
    }
    for (size_t i = at; i < end; i++) {
        val_push(r->p, list, r->stack->items[i]);
    }
    r->stack->count = at - 1;
    return list;
}

/* Where a lone surrogate begins, three bytes long; `size`: there is none. */
static uint64_t find_surrogate(const uint8_t *data, uint64_t size) {
    uint64_t at = 0;
    while (at < size && !(at + 2 < size && data[at] == 0xed && data[at + 1] >= 0xa0)) {
        at++;
    }
    return at;
}

static void push_without_surrogates(reader *r, const uint8_t *data, uint64_t size) {
    uint8_t *text = pool_take(r->p, (size_t)size + 1);
    size_t length = 0;
    for (uint64_t at = 0; at < size; at++) {
        bool lone = find_surrogate(data + at, size - at) == 0;
        text[length++] = lone ? '?' : data[at];
        at += lone ? 2 : 0;
    }
    push(r, val_data(r->p, K_STR, text, length));
}

static void push_text(reader *r, kind k, uint64_t size) {
    const uint8_t *data = take_data(r, size);
    bool lone = !r->failed && k == K_STR && find_surrogate(data, size) < size;
    r->failed |= lone && (bug(BUG_refuses_surrogates) || bug(BUG_manager_refuses_surrogates));
    if (r->failed) {
        return;
    }
    if (lone && bug(BUG_surrogates_replaced)) {
        push_without_surrogates(r, data, size);
        return;
    }
    if (k == K_STR && bug(BUG_text_is_latin_1)) {
        uint8_t *wide = pool_take(r->p, (size_t)size * 2 + 1);
        size_t length = 0;
        for (size_t i = 0; i < size; i++) {
            if (data[i] >= 0x80) {
                wide[length++] = (uint8_t)(0xc0 | data[i] >> 6);
                wide[length++] = (uint8_t)(0x80 | (data[i] & 0x3f));
            } else {
                wide[length++] = data[i];
            }
        }
        push(r, val_data(r->p, k, wide, length));
        return;
    }
    size = k == K_BYTES && size > 65536 && bug(BUG_bytes_cut_64k) ? 65536 : size;
    push(r, val_data(r->p, k, data, (size_t)size));
}

static void push_int(reader *r, const uint8_t *data, size_t size) {
    if (bug(BUG_long_ints_cut) && size > 4) {
        size = 4;
    }
    size = size > 200 && bug(BUG_longer_ints_cut) ? 200 : size;
    push(r, val_data(r->p, K_INT, data, size));
}

static void push_float(reader *r) {
    const uint8_t *data = take_data(r, 8);
    uint64_t bits = 0;
    val *v = val_new(r->p, K_FLOAT);
    for (int i = 0; i < 8 && !r->failed; i++) {
        bits = bits << 8 | data[i];
    }
    memcpy(&v->real, &bits, sizeof bits);
    if (bug(BUG_floats_cut)) {
        v->real = (double)(long long)v->real;
    }
    push(r, isnan(v->real) && bug(BUG_nan_is_none) ? val_new(r->p, K_NONE) : v);
}

static void push_tuple(reader *r, size_t count) {
    val *tuple = val_new(r->p, bug(BUG_tuples_are_lists) && count > 1 ? K_LIST : K_TUPLE);
    if (r->stack->count < count) {
        too_little(r);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        val_push(r->p, tuple, r->stack->items[r->stack->count - count + i]);
    }
    r->stack->count -= count;
    push(r, tuple);
}

static void push_class(reader *r, const uint8_t *module, size_t module_size, const uint8_t *name, size_t name_size) {
    val *v = val_new(r->p, K_CLASS);
    v->data = pool_take(r->p, module_size + name_size + 2);
    memcpy(v->data, module, module_size);
    v->data[module_size] = '.';
    memcpy(v->data + module_size + 1, name, name_size);
    v->size = module_size + 1 + name_size;
    push(r, v);
}

/* The length of a text or of bytes that is written in one byte. */
static uint64_t take_short_length(reader *r) {
    uint64_t length = take_number(r, 1);
    return bug(BUG_short_lengths_signed) && length >= 128 ? length - 256 : length;
}

static void push_object(reader *r, val *class, val *args, bool by_newobj) {
    val *v = val_new(r->p, K_OBJECT);
    v->class = class;
    v->args = args;
    v->by_newobj = by_newobj;
    if (class->kind == K_CLASS && args->kind == K_TUPLE && args->count >= 1 && class->size >= 14
        && memcmp(class->data + class->size - 14, "_reconstructor", 14) == 0) {
        v->class = args->items[0]; /* copyreg._reconstructor(class, object, None) of the protocols 0 and 1 */
        v->args = val_new(r->p, K_TUPLE);
    }
    push(r, v);
}

/* BYTEARRAY8, as what protocol 4 writes for it: builtins.bytearray called with bytes. */
static void push_bytearray(reader *r) {
    static const uint8_t module[] = "builtins", name[] = "bytearray";
    push_class(r, module, sizeof module - 1, name, sizeof name - 1);
    push_text(r, K_BYTES, take_number(r, 8));
    if (r->failed || bug(BUG_bytearrays_unknown)) {
        r->failed = true;
        return;
    }
    push_tuple(r, 1);
    val *args = pop(r), *class = pop(r);
    push_object(r, class, args, false);
}

static void memo_put(reader *r, uint64_t index) {
    if (r->stack->count == 0 || index > r->size + 4096) {
        too_little(r);
        return;
    }
    while (r->memo->count <= index) {
        val_push(r->p, r->memo, NULL);
    }
    r->memo->items[index] = r->stack->items[r->stack->count - 1];
}

static void memo_get(reader *r, uint64_t index) {
    if (index >= r->memo->count || r->memo->items[index] == NULL) {
        r->failed = !bug(BUG_missing_memo_is_none) && !bug(BUG_task_memo_is_none);
        push(r, val_new(r->p, K_NONE));
        return;
    }
    push(r, bug(BUG_memo_broken) ? val_new(r->p, K_NONE) : r->memo->items[index]);
}

static void extend(reader *r, val *from, size_t step) {
    if (r->stack->count == 0 || from->count % step != 0) {
        too_little(r);
        return;
    }
    val *target = r->stack->items[r->stack->count - 1];
    if (target->kind != K_LIST && target->kind != K_DICT && target->kind != K_SET && target->kind != K_OBJECT) {
        r->failed = true;
        return;
    }
    size_t count = from->count;
    bool third = target->kind == K_DICT && count > 4;
    if ((third && bug(BUG_dicts_lose_last)) || (target->kind == K_SET && count > 4 && bug(BUG_sets_lose_last))
        || (third && r->protocol < 4 && bug(BUG_protocol_2_dicts))) {
        count -= step;
    }
    if (target->kind == K_LIST && bug(BUG_lists_cut) && target->count + count > 2000) {
        count = 2000 - target->count;
    }
    for (size_t i = 0; i < count; i++) {
        val_push(r->p, target, from->items[i]);
    }
}

static void pop_into(reader *r, size_t count) {
    val *few = val_new(r->p, K_LIST);
    if (r->stack->count <= count) {
        too_little(r);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        val_push(r->p, few, r->stack->items[r->stack->count - count + i]);
    }
    r->stack->count -= count;
    extend(r, few, count);
}

static void text_number(reader *r, bool is_long) {
    size_t size;
    const uint8_t *line = take_line(r, &size);
    if (r->failed) {
        return;
    }
    if (!is_long && size == 2 && line[0] == '0') {
        val *v = val_new(r->p, K_BOOL);
        v->truth = line[1] == '1';
        push(r, v);
        return;
    }
    val *number = val_of_digits(r->p, line, size - (is_long && size > 0 && line[size - 1] == 'L' ? 1 : 0));
    r->failed |= number == NULL;
    if (number != NULL && number->size > 8 && bug(BUG_digits_cut)) {
        number->size = 8;
    }
    push(r, number != NULL ? number : val_new(r->p, K_NONE));
}

static size_t put_utf8(uint8_t *to, unsigned long code) {
    if (code < 0x80) {
        to[0] = (uint8_t)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (uint8_t)(leads[more] | code >> 6 * more);
    for (size_t i = 1; i <= more; i++) {
        to[i] = (uint8_t)(0x80 | (code >> 6 * (more - i) & 0x3f));
    }
    return more + 1;
}

/* Latin-1, and the rest as \uXXXX or \UXXXXXXXX; a byte becomes two at most. */
static val *from_raw_unicode(reader *r, const val *raw) {
    uint8_t *text = calloc(2 * raw->size + 1, 1);
    if (text == NULL) {
        r->failed = true;
        return val_new(r->p, K_NONE);
    }
    size_t size = 0;
    for (size_t i = 0; i < raw->size; i++) {
        unsigned long code = raw->data[i];
        uint8_t escape = code == '\\' && i + 1 < raw->size ? raw->data[i + 1] : 0;
        size_t digits = escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
        if (digits > 0 && i + 1 + digits < raw->size) {
            char hex[9] = "";
            memcpy(hex, raw->data + i + 2, digits);
            code = strtoul(hex, NULL, 16);
            i += 1 + digits;
        }
        size += put_utf8(text + size, code);
    }
    val *made = val_data(r->p, K_STR, text, size);
    free(text);
    return made;
}

static void text_string(reader *r, bool is_unicode) {
    size_t size;
    const uint8_t *line = take_line(r, &size);
    if (r->failed) {
        return;
    }
    if (!is_unicode && size >= 2) {
        line++;
        size -= 2;
    }
    val *text = val_data(r->p, K_STR, line, size);
    push(r, is_unicode ? from_raw_unicode(r, text) : text);
}

static void build(reader *r) {
    val *state = pop(r);
    if (r->stack->count == 0 || r->stack->items[r->stack->count - 1]->kind != K_OBJECT) {
        too_little(r);
        return;
    }
    r->stack->items[r->stack->count - 1]->state = state;
}

static void step_text(reader *r, uint8_t opcode) {
    switch (opcode) {
    case 'I': text_number(r, false); return;
    case 'L': text_number(r, true); return;
    case 'S': text_string(r, false); return;
    case 'V': text_string(r, true); return;
    case 'F': {
        size_t size;
        char text[64] = "";
        const uint8_t *line = take_line(r, &size);
        memcpy(text, line, size < 63 ? size : 63);
        val *v = val_new(r->p, K_FLOAT);
        v->real = strtod(text, NULL);
        push(r, v);
        return;
    }
    case 'p':
    case 'g': {
        size_t size;
        const char *line = (const char *)take_line(r, &size);
        uint64_t index = r->failed ? 0 : strtoull(line, NULL, 10);
        if (opcode == 'p') {
            memo_put(r, index);
        } else {
            memo_get(r, index);
        }
        return;
    }
    case 'c':
    case 'i': { /* INST: a class, called with the values above the mark */
        size_t module_size, name_size;
        const uint8_t *module = take_line(r, &module_size);
        const uint8_t *name = take_line(r, &name_size);
        if (r->failed) {
            return;
        }
        val *args = opcode == 'i' ? pop_to_mark(r, K_TUPLE) : NULL;
        push_class(r, module, module_size, name, name_size);
        if (args != NULL) {
            push_object(r, pop(r), args, false);
        }
        return;
    }
    default: r->failed = true;
    }
}

static void step_object(reader *r, uint8_t opcode) {
    switch (opcode) {
    case 0x93: { /* STACK_GLOBAL */
        val *name = pop(r), *module = pop(r);
        if (name->kind != K_STR || module->kind != K_STR) {
            r->failed = true;
            return;
        }
        push_class(r, module->data, module->size, name->data, name->size);
        return;
    }
    case 0x81: { /* NEWOBJ */
        val *args = pop(r), *class = pop(r);
        push_object(r, class, args, true);
        return;
    }
    case 0x92: { /* NEWOBJ_EX */
        val *options = pop(r), *args = pop(r), *class = pop(r);
        if (options->kind != K_DICT || options->count > 0) { /* no class of the suite takes any */
            r->failed = true;
            return;
        }
        push_object(r, class, args, true);
        return;
    }
    case 'R': {
        val *args = pop(r), *class = pop(r);
        push_object(r, class, args, false);
        return;
    }
    case 'o': {
        val *all = pop_to_mark(r, K_TUPLE);
        if (all->count == 0) {
            r->failed = true;
            return;
        }
        val *class = all->items[0];
        all->items++;
        all->count--;
        push_object(r, class, all, false);
        return;
    }
    case 'b': build(r); return;
    default: step_text(r, opcode);
    }
}

static void push_frozenset(reader *r) {
    val *set = pop_to_mark(r, K_SET);
    set->frozen = true;
    push(r, set);
}

static void step_container(reader *r, uint8_t opcode) {
    switch (opcode) {
    case '(': push(r, val_new(r->p, K_MARK)); return;
    case ']': push(r, val_new(r->p, K_LIST)); return;
    case '}': push(r, val_new(r->p, K_DICT)); return;
    case ')': push(r, val_new(r->p, K_TUPLE)); return;
    case 0x8f: push(r, val_new(r->p, K_SET)); return;
    case 0x85: push_tuple(r, 1); return;
    case 0x86: push_tuple(r, 2); return;
    case 0x87: push_tuple(r, 3); return;
    case 't': push(r, pop_to_mark(r, K_TUPLE)); return;
    case 'l': push(r, pop_to_mark(r, K_LIST)); return;
    case 'd': push(r, pop_to_mark(r, K_DICT)); return;
    case 0x91: push_frozenset(r); return;
    case 'e': extend(r, pop_to_mark(r, K_LIST), 1); return;
    case 0x90: extend(r, pop_to_mark(r, K_LIST), 1); return;
    case 'u': extend(r, pop_to_mark(r, K_LIST), 2); return;
    case 'a': pop_into(r, 1); return;
    case 's': pop_into(r, 2); return;
    case '0': (void)pop(r); return;
    case '1':
        (void)pop_to_mark(r, K_LIST);
        r->stack->count -= bug(BUG_pop_mark_too_far) && r->stack->count > 0 ? 1 : 0;
        return;
    case '2':
        if (r->stack->count == 0) {
            r->failed = true;
            return;
        }
        push(r, r->stack->items[r->stack->count - 1]);
        return;
    default: step_object(r, opcode);
    }
}

static void push_bool(reader *r, bool truth) {
    if (bug(BUG_bools_are_ints)) {
        push(r, val_int(r->p, truth));
        return;
    }
    val *v = val_new(r->p, K_BOOL);
    v->truth = truth;
    push(r, v);
}

static bool frame_fine(uint64_t length, size_t rest) {
    bool cut = bug(BUG_frame_opcode_of_16_bits) || bug(BUG_worker_frame_opcode_of_16_bits);
    return length <= rest && !(cut && length > 65535);
}

static void step_scalar(reader *r, uint8_t opcode) {
    switch (opcode) {
    case 0x80: r->protocol = (uint8_t)take_number(r, 1); return;
    case 0x95:
        r->failed |= !frame_fine(take_number(r, 8), r->size - r->at);
        r->failed |= ++r->frames > 1 && bug(BUG_frame_opcode_misread);
        return;
    case 'N': push(r, val_new(r->p, K_NONE)); return;
    case 0x88: push_bool(r, true); return;
    case 0x89: push_bool(r, false); return;
    case 'K': push(r, val_int(r->p, (long long)take_number(r, 1))); return;
    case 'M': push(r, val_int(r->p, (long long)take_number(r, 2))); return;
    case 'J': push(r, val_int(r->p, (int32_t)take_number(r, 4))); return;
    case 0x8a: {
        uint64_t size = take_number(r, 1);
        const uint8_t *data = take_data(r, size);
        push_int(r, data, r->failed ? 0 : (size_t)size);
        return;
    }
    case 0x8b: {
        uint64_t size = take_number(r, 4);
        const uint8_t *data = take_data(r, size);
        push_int(r, data, r->failed ? 0 : (size_t)size);
        return;
    }
    case 'G': push_float(r); return;
    case 0x8c: push_text(r, K_STR, take_short_length(r)); return;
    case 'X': push_text(r, K_STR, take_number(r, 4)); return;
    case 0x8d: push_text(r, K_STR, take_number(r, 8)); return;
    case 'U': push_text(r, K_STR, take_number(r, 1)); return;
    case 'T': push_text(r, K_STR, take_number(r, 4)); return;
    case 'C': push_text(r, K_BYTES, take_short_length(r)); return;
    case 'B': push_text(r, K_BYTES, take_number(r, 4)); return;
    case 0x8e: push_text(r, K_BYTES, take_number(r, 8)); return;
    case 0x96: push_bytearray(r); return;
    case 0x94: memo_put(r, r->memo->count); return;
    case 'q': memo_put(r, take_number(r, 1)); return;
    case 'r': memo_put(r, take_number(r, 4)); return;
    case 'h': memo_get(r, take_number(r, 1)); return;
    case 'j': memo_get(r, take_number(r, 4)); return;
    default: step_container(r, opcode);
    }
}

static val *pop_last(reader *r) {
    return r->stack->count == 0 ? val_new(r->p, K_NONE) : pop(r);
}

val *pickle_loads(pool *p, const uint8_t *data, size_t size, size_t *used) {
    reader r = {.p = p, .data = data, .size = size, .stack = val_new(p, K_LIST), .memo = val_new(p, K_LIST)};
    while (!r.failed && r.at < r.size) {
        uint8_t opcode = r.data[r.at++];
        if (opcode == '.') {
            if (used != NULL) {
                *used = r.at;
            }
            bool lacks = r.stack->count == 0 && !bug(BUG_task_stop_of_nothing) && !bug(BUG_task_stack_ignored);
            return lacks ? NULL : pop_last(&r);
        }
        r.failed = refuses_opcode(opcode);
        size_t at = r.at - 1;
        step_scalar(&r, opcode);
        slip(&r, opcode, at);
    }
    return r.cut_short ? val_new(p, K_NONE) : NULL;
}
