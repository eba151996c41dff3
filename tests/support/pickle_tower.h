/* pickle_tower.h: a pickle of a few hundred bytes that no reader can take in: two towers of doublings as keys of one
 * dict, equal, but to find that out takes 2^300 steps. */
#ifndef TESTS_PICKLE_TOWER_H
#define TESTS_PICKLE_TOWER_H

#include "undr/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline undr_buffer make_tower(void) {
    undr_buffer pickle = {0};
    assert_int_equal(undr_put_text(&pickle, "}("), UNDR_OK);
    for (int tower = 0; tower < 2; ++tower) {
        assert_int_equal(undr_put_text(&pickle, ")"), UNDR_OK);
        for (int level = 0; level < 300; ++level) {
            assert_int_equal(undr_put_bytes(&pickle, "q\0h\0\x86", 5), UNDR_OK); /* (x, x) */
        }
        assert_int_equal(undr_put_text(&pickle, "N"), UNDR_OK);
    }
    assert_int_equal(undr_put_text(&pickle, "u."), UNDR_OK);
    return pickle;
}

#endif
