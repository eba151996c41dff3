/* pickle_value.c: the broken peer's own values, which live in a pool and are freed with it. */
#include "pickle_value.h"

#include <stdlib.h>
#include <string.h>

typedef struct pool_block {
    struct pool_block *next;
    size_t used, size;
    _Alignas(16) uint8_t bytes[];
} pool_block;

void *pool_take(pool *p, size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (p->blocks == NULL || p->blocks->size - p->blocks->used < size) {
        size_t room = size > 65536 ? size : 65536;
        pool_block *block = must_have(malloc(sizeof *block + room));
        *block = (pool_block){.next = p->blocks, .size = room};
        p->blocks = block;
    }
    void *memory = p->blocks->bytes + p->blocks->used;
    p->blocks->used += size;
    return memset(memory, 0, size);
}

void pool_free(pool *p) {
    while (p->blocks != NULL) {
        pool_block *next = p->blocks->next;
        free(p->blocks);
        p->blocks = next;
    }
}

val *val_new(pool *p, kind k) {
    val *v = pool_take(p, sizeof *v);
    v->kind = k;
    return v;
}

val *val_data(pool *p, kind k, const void *data, size_t size) {
    val *v = val_new(p, k);
    v->data = pool_take(p, size + 1);
    memcpy(v->data, data, size);
    v->size = size;
    return v;
}

val *val_text(pool *p, const char *text) {
    return val_data(p, K_STR, text, strlen(text));
}

void val_push(pool *p, val *list, val *item) {
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 4 : list->room * 2;
        val **items = pool_take(p, room * sizeof *items);
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof *items);
        }
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
}

val *val_int(pool *p, long long number) {
    uint8_t data[9];
    size_t size = 0;
    while (size < 8 && !(size > 0 && number == (data[size - 1] & 0x80 ? -1 : 0))) {
        if (size == 0 && number == 0) {
            break;
        }
        data[size++] = (uint8_t)(number & 0xff);
        number >>= 8;
    }
    return val_data(p, K_INT, data, size);
}

val *val_of_digits(pool *p, const uint8_t *digits, size_t size) {
    bool below = size > 0 && digits[0] == '-';
    val *v = val_new(p, K_INT);
    v->size = size / 2 + 2; /* a digit takes less than four bits, and there is room for the sign */
    v->data = pool_take(p, v->size);
    if (size == (below ? 1 : 0)) {
        return NULL;
    }
    for (size_t i = below ? 1 : 0; i < size; i++) {
        unsigned carry = (unsigned)digits[i] - '0';
        if (carry > 9) {
            return NULL;
        }
        for (size_t k = 0; k < v->size; k++) {
            carry += v->data[k] * 10u;
            v->data[k] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    unsigned carry = 1;
    for (size_t k = 0; below && k < v->size; k++) {
        carry += (uint8_t)~v->data[k];
        v->data[k] = (uint8_t)carry;
        carry >>= 8;
    }
    uint8_t fill = below ? 0xff : 0;
    while (v->size > 1 && v->data[v->size - 1] == fill && (v->data[v->size - 2] ^ fill) < 0x80) {
        v->size--;
    }
    v->size -= v->size == 1 && v->data[0] == 0 ? 1 : 0;
    return v;
}

long long val_number(const val *v) {
    unsigned long long number = 0;
    if (v->kind == K_BOOL) {
        return v->truth;
    }
    if (v->kind != K_INT || v->size > 8) {
        return -1;
    }
    if (v->size > 0 && (v->data[v->size - 1] & 0x80)) {
        number = ~0ULL;
    }
    for (size_t i = v->size; i-- > 0;) {
        number = number << 8 | v->data[i];
    }
    return (long long)number;
}

bool val_is_text(const val *v, const char *text) {
    return v->kind == K_STR && v->size == strlen(text) && memcmp(v->data, text, v->size) == 0;
}

bool val_is_class(const val *object, const char *name) {
    return object->kind == K_OBJECT && object->class != NULL && object->class->kind == K_CLASS
        && object->class->size == strlen(name) && memcmp(object->class->data, name, object->class->size) == 0;
}

const val *val_attribute(const val *object, const char *name) {
    const val *state = object->kind == K_OBJECT ? object->state : NULL;
    for (size_t i = 0; state != NULL && state->kind == K_DICT && i + 1 < state->count; i += 2) {
        if (val_is_text(state->items[i], name)) {
            return state->items[i + 1];
        }
    }
    return NULL;
}

bool val_nests(const val *v, unsigned deeper_than) {
    if (deeper_than == 0) {
        return true;
    }
    for (size_t i = 0; i < v->count; i++) {
        if (val_nests(v->items[i], deeper_than - 1)) {
            return true;
        }
    }
    return v->kind == K_OBJECT && v->state != NULL && val_nests(v->state, deeper_than - 1);
}
