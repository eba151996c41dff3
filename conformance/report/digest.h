/* digest.h: what failed, with cases that failed alike put together, so that one mistake is explained once. */
#ifndef CHECK_DIGEST_H
#define CHECK_DIGEST_H

#include "report/depth.h"

/* One case that failed. Alike are cases whose failures are of one kind, as the player has it; those blocked by the same case; those that pass although they should not. */
typedef struct check_short {
    const check_part *part;
    const check_record *record;
    check_standing standing;
    undr_buffer shape; /* owned */
    const char *id;    /* of the requirement that is blamed; "": none */
    check_share share; /* of that requirement */
    check_depth depth;
    size_t leader;  /* the entry that is explained for all that are alike; its own index: this one */
    size_t alike;   /* of a leader: how many they are, itself included */
    size_t blocked; /* of a leader: how many others wait for them to pass */
    size_t first;   /* of a leader: the first of those that are alike */
    size_t next;    /* of those that are alike; CHECK_NO_NAME: this is the last one */
    size_t holds;   /* how many others wait for this one itself to pass */
} check_short;

typedef struct check_digest {
    check_short *at; /* owned, in the order of the records */
    size_t count;
} check_digest;

/* check_digest_free afterwards, always. */
UNDR_MUST_USE undr_error check_digest_make(const check_session *session, check_digest *digest);
void check_digest_free(check_digest *digest);

/* Of what blames a requirement that none of the `count` of `shown` blames: that with the largest share; NULL: none. */
const check_short *check_digest_next_requirement(
    const check_digest *digest, const check_short *const *shown, size_t count);

/* The leaders, the likeliest cause first: a known mistake, then what blocks others, then what lies further down, then what
 * explains more; those of a role together. UNDR_MEMORY: *order is NULL; else the caller's to free. */
UNDR_MUST_USE undr_error check_digest_order(const check_digest *digest, size_t **order, size_t *count);

#endif
