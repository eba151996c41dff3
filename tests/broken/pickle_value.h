/* pickle_value.h: the values of a pickle, as the broken peer has them. */
#ifndef BROKEN_PICKLE_VALUE_H
#define BROKEN_PICKLE_VALUE_H

#include "wire.h"

typedef enum kind {
    K_NONE,
    K_BOOL,
    K_INT,
    K_FLOAT,
    K_STR,
    K_BYTES,
    K_LIST,
    K_TUPLE,
    K_DICT,
    K_SET,
    K_CLASS,
    K_OBJECT,
    K_MARK
} kind;

typedef struct val val;
struct val {
    kind kind;
    bool truth;     /* BOOL */
    bool by_newobj; /* OBJECT */
    bool frozen;    /* SET */
    double real;    /* FLOAT */
    uint8_t *data;  /* STR, BYTES, INT (two's complement), CLASS ("module.name") */
    size_t size;
    val **items; /* LIST, TUPLE, DICT (key, value), SET */
    size_t count, room;
    val *class, *args, *state; /* OBJECT */
};

/* Memory of one decoding, freed as a whole. */
typedef struct pool {
    struct pool_block *blocks;
} pool;
void pool_free(pool *p);
void *pool_take(pool *p, size_t size); /* zeroed */
val *val_new(pool *p, kind k);
val *val_data(pool *p, kind k, const void *data, size_t size); /* a copy of them */
val *val_int(pool *p, long long number);
val *val_of_digits(pool *p, const uint8_t *digits, size_t size); /* decimal, with a sign; NULL: it is none */
val *val_text(pool *p, const char *text);
void val_push(pool *p, val *list, val *item);
long long val_number(const val *v);
bool val_nests(const val *v, unsigned deeper_than);
bool val_is_text(const val *v, const char *text);
bool val_is_class(const val *object, const char *name); /* object's class is "module.name" */
const val *val_attribute(const val *object, const char *name);

#endif
