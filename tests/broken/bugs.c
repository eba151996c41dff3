/* bugs.c: the table of bugs and which one is on. */
#include "bugs.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

typedef struct bug_entry {
    const char *kind, *role, *name, *ids, *text;
} bug_entry;

static const bug_entry entries[] = {
#define BUG_ENTRY(name, role, ids, text) {"bug", #role, #name, ids, text},
#define VARIANT_ENTRY(name, role, ids, text) {"variant", #role, #name, ids, text},
    BUGS(BUG_ENTRY) VARIANTS(VARIANT_ENTRY)
#undef BUG_ENTRY
#undef VARIANT_ENTRY
};
enum { ENTRY_COUNT = sizeof entries / sizeof entries[0] };

/* Set before any thread starts: a process is broken in one way for its whole life, but in tests/fuzz/against_broken.c. */
static bug_id chosen = BUG_NONE;
static atomic_uint times; /* that bug_at was asked of the bug that is on */

bool bug(bug_id id) {
    return chosen == id;
}

bool bug_at(bug_id id, unsigned n) {
    return bug(id) && atomic_fetch_add(&times, 1) + 1 == n;
}

int declared_hold(void) {
    bool lasts = bug(BUG_hold_lasts_for_wire) || bug(BUG_hold_lasts_for_own) || bug(BUG_hold_lasts_for_urgent)
        || bug(BUG_hold_lasts_at_close) || bug(BUG_hold_signals_one) || bug(BUG_hold_lasts_at_join)
        || bug(BUG_hold_lasts_for_done) || bug(BUG_hold_lasts_for_the_second);
    bool half = bug(BUG_holds) || bug(BUG_repeats_and_holds) || bug(BUG_declares_hold_only) || bug(BUG_holds_shortly)
        || bug(BUG_hold_too_long) || bug(BUG_hold_keeps_reset) || bug(BUG_hold_not_released)
        || bug(BUG_hold_close_not_released) || bug(BUG_hold_releases_one) || bug(BUG_hold_drops_what_comes)
        || bug(BUG_hold_answers_out_of_order) || bug(BUG_hold_of_done_for_ever);
    return bug(BUG_hold_of_900) ? 200 : bug(BUG_hold_blocks_all) ? 2000 : lasts ? 20000 : half ? 500 : 0;
}

static const struct {
    bug_id id;
    uint8_t opcode;
} refusals[] = {
    {BUG_refuses_frozenset, 0x91},
    {BUG_refuses_newobj_ex, 0x92},
    {BUG_refuses_binbytes8, 0x8e},
    {BUG_refuses_binunicode8, 0x8d},
    {BUG_refuses_pop, '0'},
    {BUG_refuses_pop_mark, '1'},
    {BUG_refuses_long_binget, 'j'},
    {BUG_refuses_bytearray8, 0x96},
    {BUG_refuses_long4, 0x8b},
    {BUG_refuses_obj, 'o'},
    {BUG_refuses_inst, 'i'},
    {BUG_refuses_global, 'c'},
    {BUG_refuses_dup, '2'},
    {BUG_refuses_put, 'p'},
    {BUG_refuses_get, 'g'},
    {BUG_refuses_string, 'S'},
    {BUG_refuses_short_binstring, 'U'},
    {BUG_refuses_binstring, 'T'},
    {BUG_refuses_long_binput, 'r'},
    {BUG_refuses_long, 'L'},
    {BUG_refuses_list, 'l'},
    {BUG_refuses_dict, 'd'},
};
enum { REFUSAL_COUNT = sizeof refusals / sizeof refusals[0] };

bool refuses_opcode(uint8_t opcode) {
    for (int i = 0; i < REFUSAL_COUNT; i++) {
        if (refusals[i].opcode == opcode && bug(refusals[i].id)) {
            return true;
        }
    }
    return false;
}

bool declares_pickles(void) {
    for (int i = 0; i < REFUSAL_COUNT; i++) {
        if (bug(refusals[i].id)) {
            return true;
        }
    }
    return bug(BUG_pickle_4_only) || bug(BUG_worker_pickle_4_only) || bug(BUG_bytearrays_unknown)
        || bug(BUG_reads_all_pickles) || bug(BUG_digits_cut) || bug(BUG_protocol_2_dicts) || bug(BUG_protocol_5_tuples);
}

/* Names are written with hyphens, enumerators with underscores. */
static bool same_name(const char *written, const char *member) {
    for (; *written != '\0' && *member != '\0'; written++, member++) {
        if (*written != (*member == '_' ? '-' : *member)) {
            return false;
        }
    }
    return *written == *member;
}

bool bug_choose(const char *name) {
    for (int i = 0; i < ENTRY_COUNT; i++) {
        if (same_name(name, entries[i].name)) {
            chosen = (bug_id)(i + 1);
            return true;
        }
    }
    return false;
}

void bug_choose_none(void) {
    chosen = BUG_NONE;
    atomic_store(&times, 0);
}

void bug_list(void) {
    for (int i = 0; i < ENTRY_COUNT; i++) {
        printf("%s\t%s\t", entries[i].kind, entries[i].role);
        for (const char *c = entries[i].name; *c != '\0'; c++) {
            putchar(*c == '_' ? '-' : *c);
        }
        printf("\t%s\t%s\n", entries[i].ids, entries[i].text);
    }
}
