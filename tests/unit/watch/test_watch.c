/* test_watch.c: the watch on exchanges that are right, wrong, or can't be judged: what it finds, rule by rule. */
#include "unit/watch/scenario.h"

typedef struct scenario {
    const char *text;
    const char *found; /* ids, each with a blank behind */
    bool silent;       /* the program schedules nothing itself */
    bool all_workers;
} scenario;

/* ---- one connection ---- */

static const scenario right[] = {
    {"A>n A<t:None A>n A<t:T A>m:x A<m A>1:U A<s A>t A<t:U A>t A<t:Close A| A<|", "", false, true},
    {"A>1:a A<s A>0:b A<s A>n A<t:b A>t A<t:a A>t A<t:None", "", true, false},
    {"A>m:x A>n A| A<m A<t:None A<|", "", true, false},                         /* pipelined by a client; half-closed */
    {"A>n A<t:#no-pickle", "", false, false},                                   /* bytes are opaque (SCHED-11) */
    {"A>1:#x A<s A>1 A<s A>n A<t:#x A>n A<t", "", true, false},                 /* an empty task */
    {"A>m:#\x80\x09x. A<m", "", false, false},                                  /* what a reader may refuse, or take */
    {"A>n A<t A>m:Error A<m A>t A<t:None", "", false, true},                    /* an empty task, reported */
    {"A>n A<t:T A>m:x A<s A>m:Error A<m A>t A<t:Close", "MSG-1 ", false, true}, /* WORK-14 as it should be */
    {"A>n A<t:None @1 A>n A<t:None A>n A<t:None A>n A<t:None", "", false, true},
};

static const scenario wrong[] = {
    {"A>x", "REQ-4 ", false, false},
    {"A>n:x", "REQ-5 ", false, false},
    {"A>t:x", "REQ-5 ", false, false},
    {"A>m", "MSG-3 ", false, false},
    {"A>m:#garbage", "MSG-3 ", false, false},
    {"A>n A<t:T A>1:None", "SCHED-12 ", false, false},
    {"A>n A<t:T A>1:Close", "SCHED-12 ", false, false},
    {"A>n:x A<t:None", "REQ-5 REQ-5 ", false, false}, /* the client, then the manager that answered */
    {"A>x A<t:None", "REQ-4 REQ-4 ", false, false},
    {"A>m:#garbage A<m", "MSG-3 MSG-3 ", false, false},
    {"A<t:None", "REQ-2 ", false, false},
    {"A>n A<t:None A<t:None", "REQ-2 ", false, false},
    {"A>1:a A<s A<t:None", "REQ-2 ", false, false},
    {"A>n A<n", "NEXT-1 ", false, false},
    {"A>n A<m", "NEXT-1 ", false, false},
    {"A>m:x A<s", "MSG-1 ", false, false},
    {"A>m:x A<m:x", "MSG-1 ", false, false},
    {"A>1:x A<m", "SCHED-1 ", false, false},
    {"A>1:x A<s:x", "SCHED-1 ", false, false},
    {"A>m:x A>1:y A<s A<m", "MSG-1 ", false, false},
    {"A>n A<t:None A<.", "FRAME-1 ", false, false},
    {"A>n A<t:None A<n", "FRAME-1 ", false, false},
    {"A>t A<t:#N.", "WORK-1 ", false, false},
    {"A>n A<t:None A>^ A| A<m", "FRAME-5 ", false, false},
    {"A>~ A<m", "FRAME-1 FRAME-7 ", false, false}, /* the client's length, then the manager's answer to it */
    {"=100 A>n A<t:None A>n A<t:None A>n A<t:None A>n A<t:None", "WORK-21 ", false, false},
    {"A>t A<t:None", "WORK-1 ", false, false},
    {"A>m:x A<m", "WORK-1 ", false, true},
    {"A>n A>n A<t:None A<t:None", "WORK-2 ", false, false},
    {"A>n A<t:None A>t", "WORK-3 ", false, false},
    {"A>n A<t:Close A>n", "WORK-4 ", false, false},
    {"A>n A<t:T A>n", "WORK-6 ", false, false},
    {"A>n A<t:T A>t A<t:U A>n", "WORK-7 ", false, false},
    {"A>n A<t:T A>m:x A>t", "WORK-8 ", false, false},
    {"A>n A<t:T A>1:x A>t", "WORK-9 ", false, false},
    {"A>n A<t:T A>1:#garbage", "WORK-9 ", false, false},
    {"A>n A<t:T A>m:Error A>t", "WORK-10 ", false, false},
    {"A>n A<t:T A>m:Error A<m A>n", "WORK-10 ", false, false},
    {"A>n A<t:T A>m:x A<s A>t", "MSG-1 WORK-14 ", false, false},
    {"A>n A<t A>t", "WORK-15 ", false, false},
    {"A>n A<t:#garbage A>t", "WORK-16 ", false, false},
    {"A>n A<s A>n", "NEXT-1 WORK-16 ", false, false},
};

static bool has_id(const char *ids, const char *id) {
    char padded[64];
    (void)snprintf(padded, sizeof padded, "%s ", id);
    for (const char *at = strstr(ids, padded); at != NULL; at = strstr(at + 1, padded)) {
        if (at == ids || at[-1] == ' ') {
            return true;
        }
    }
    return false;
}

static void expect(const scenario *one) {
    scene s;
    watch_options options = {
        .program = one->silent ? WATCH_PROGRAM_SILENT : WATCH_PROGRAM_UNSEEN, .all_workers = one->all_workers};
    play_scenario(&s, &options, one->text, NULL);
    if (strcmp(s.ids, one->found) != 0) {
        fail_msg("%s\n  expected: %s\n  found:    %s", one->text, one->found, s.ids);
    }
}

static void test_right_connections(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        expect(&right[i]);
    }
}

static void test_wrong_connections(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect(&wrong[i]);
    }
}

/* ---- the queue ---- */

static const scenario queue[] = {
    /* SCHED-3: proved once the queue has been empty behind it; a program that is silent needs no such proof. */
    {"A>1:a A<s A>1:b A<s A>n A<t:b A>n A<t:a", "SCHED-3 ", true, false},
    {"A>1:a A<s A>1:b A<s A>n A<t:b A>n A<t:a", "", false, false},
    {"A>1:a A<s A>1:b A<s A>n A<t:b A>n A<t:a A>n A<t:None", "SCHED-3 ", false, false},
    {"A>1:a A<s A>1:b A<s A>n A<t:b A>n A<t:a A>n A<t:b", "", false, false}, /* the first b was the program's own */
    {"A>1:a A<s A>1:b A<s A>n A<t:b A>n A<t:a A>n A<t:b A>n A<t:None", "", false, false},
    {"A>1:a A>1:b A<s A<s A>n A<t:b A>n A<t:a", "", true, false},           /* scheduled together: any order */
    {"A>1:a A<s B>1:b B<s A>n B>n B<t:b A<t:a", "", true, false},           /* asked together: the answers crossed */
    {"A>1:a A<s A>1:a A<s A>1:b A<s A>n A<t:b A>n A<t:a", "", true, false}, /* equal payloads: undecided */
    {"A>2:x A<s A>0:x A<s A>1:y A<s A>n A<t:x A>n A<t:y A>n A<t:x A>n A<t:None", "", true, false}, /* the right x */
    {"A>1:a A<s A>1:b A<s A>1:a A<s A>n A<t:a A>n A<t:a A>n A<t:b", "", true, false},
    {"A>1:a A<s A>1:b A<s A>n A<t:b", "SCHED-3 ", true, false}, /* at once */
    {"A>1:a A<s A>1:b A<s A>n A<t:b", "", false, false},
    {"A>1:a A<s A>1:b A<s C>n A>n A<t:b", "", true, false},           /* C may have the other one */
    {"A>1:a A<s A>1:b A<s A>1:c A<s C>n A>n A<t:c", "", true, false}, /* C may have had c, and lost it */
    {"A>1:a A<s A>1:b A<s C>n A>n A<t:b A>n A<t:a C<t:None", "SCHED-3 ", true, false}, /* C had nothing */
    {"A>1:a A<s A>1:b A<s C>n A>n A<t:b A>n A<t:a C! B>n B<t:None", "", true, false},
    {"A>1:a A<s A>0:b A<s A>n A<t:a", "SCHED-2 ", true, false}, {"A>1:a A<s A>0:b A<s C>n A>n A<t:a", "", true, false},
    {"A>1:a A<s A>0:b A>n A<s A<t:a", "", true, false},
    /* SCHED-2 */
    {"A>0:a A<s A>1:b A<s A>n A<t:b A>n A<t:a", "SCHED-2 ", true, false},
    {"A>1:b A<s A>0:a A<s A>n A<t:b A>n A<t:a A>n A<t:None", "SCHED-2 ", false, false},
    {"A>1:b A<s A>n B>0:a B<s A<t:b A>n A<t:a", "", true, false}, /* it was asked for before */
    {"A>1:b A<s A>0:a A>n A<s A<t:b", "", true, false},
    /* SCHED-10 */
    {"A>1:a A<s B>n B<t:None", "SCHED-10 ", false, false},
    {"A>1:a A<s B>n B<t:None A>n A<t:a", "SCHED-10 ", false, false},           /* said once */
    {"A>1:a A<s B>n C>n B<t:None C<t:a", "", false, false},                    /* C had it by then */
    {"A>1:a A<s A>1:b A<s B>n C>n B<t:None C<t:a", "SCHED-10 ", false, false}, /* but not both */
    {"A>1:a A<s B>n C>n B<t:None C<t:None", "SCHED-10 ", false, false},        /* nobody had it */
    {"A>1:a A<s C>n B>n B<t:None A>n A<t:a D>n D<t:None C<t:None D>n D<t:None", "SCHED-10 ", false,
        false},                                                       /* C did not have it */
    {"A>1:a A<s C>n B>n B<t:None A>n A<t:a C<t:a", "", false, false}, /* C had it, A one of the program's */
    {"B>n A>1:a A<s B<t:None", "", false, false},                     /* the hold ended as it came */
    {"A>1:a A<s B>n B| B<t:None", "", false, false},                  /* half-closed: it may be gone */
    {"A>1:a A<s B>n B>n B<t:None", "WORK-2 ", false, false},          /* it may not read */
    {"A>1:a A<s C>n C! B>n B<t:None", "", false, false},              /* C may have had it */
    {"A>1:a B>n B<t:None", "", false, false},                         /* not acknowledged */
    {"A>1:None A<s B>n B<t:None", "SCHED-12 ", false, false},         /* None may be that task */
    {"A>1:a A<s B>n B<t:T B>t B<t:None", "SCHED-10 ", false, false},  /* or DONE-2 */
    /* SCHED-4, SCHED-6: only where the program is silent */
    {"A>n A<t:a", "", false, false}, {"A>n A<t:a", "SCHED-4 ", true, false},
    {"A>1:a A<s A>n A<t:a A>t A<t:a A>t A<t:None", "SCHED-6 ", true, false}, /* it was settled */
    {"A>1:a A<s A>n A<t:a A>t A<t:None A>n A<t:a", "SCHED-4 ", true, false},
    {"A>1:a A<s A>n A<t:a A>t A<t:a", "", false, false}, {"A>1:a A<s A>n A<t:a A>n A<t:a", "SCHED-6 ", true, false},
    {"A>1:a A<s A>n A<t:a B>n B<t:a A>m:x A<m B>m:y B<m", "SCHED-6 ", true, false},
    {"A>1:a A<s A>n A<t:a B>n B<t:a A! B>m:x B<m", "", true, false}, /* its manager may have known first */
    {"A>1:a A<s A>n A<t:a A! B>n B<t:a", "", true, false},           /* FAULT-3 */
    {"A>1:a A<s A>n A<t:a A>1:b A<s A>n A<t:b A>t A<t:None A! B>n B<t:a", "", true, false}, /* which one was settled? */
    {"A>1:a A>1:b A! B>m:x B<m B>n B<t:a B>n B<t:b", "", true, false}, /* taken, though not acknowledged */
    {"C>1:None C<s C>1:a C<s C>n C<t:None C>n C<t:a C>n C<t:None", "SCHED-12 ", true, false},
    {"C>1:a C<s C>1:Close C<s C>1:b C<s C>n C<t:a C>n C<t:Close C>n C<t:b", "SCHED-12 ", true, false},
    {"C>1:a C<s A>n B>n B<t:a B>t B<t:None A<t:a A<|", "", true, false}, /* A had it first, and was given up */
    {"C>1:a C<s A>n B>n B<t:a B>t B<t:None A<t:a A>m:x A<m", "SCHED-6 ", true, false},             /* A lives */
    {"C>1:a C<s A>n B>n B<t:a B>t B<t:None C>1:a C<s A<t:a C>1:b C<s C>n C<t:a", "", true, false}, /* which a? */
    {"D>t D>t C>0:a C<s D<t:a C>2:b C<s D<t:b D! C>n C<t:a", "WORK-1 WORK-2 ", true,
        false}, /* both `t` settle nothing */
    {"A>0:a A<s B>1:b B<s B>n B<t:a A>n A<t:a A>n A<t:b A>t A<t:None A! C>n C<t:b", "", true, false}, /* A settled a */
    {"D>0:a D>n D<s D>0:x D<t:x C>n C<t:a B>n B<t:None", "", false, false}, /* that x was the program's own */
    {"B>9:x C>2:x A>n A<t:x C<s A>n A<t:None", "WORK-6 ", true, false},     /* that x was the one acknowledged later */
    /* closing */
    {"B>m:x B<m A>n A<t:Close B>n B<t:None", "CLOSE-CANCEL-1 ", false, false},
    {"B>m:x B<m A>n A<t:Close B>n B<t:T", "CLOSE-CANCEL-1 ", false, false},
    {"B>n A>n A<t:Close B<t:None", "", false, false}, /* it was answered before */
    {"A>n A<t:Close B>m:x B<m B>1:y B<s B>n B<t:Close", "", false, false},
    {"B>m:x B<m A>n A<t:Close B>m:x B<m B>1:y B<s", "", false, false},
    {"A>n B>n A<t:Close B<t:Close C>n C<t:None", "", false, false}, /* C may be at a successor */
    {"C>m:x C<m A>n A<t:Close C>n C<t:None", "CLOSE-CANCEL-1 ", false, false},
    {"A>1:Close A<s A>n A<t:Close A>n A<t:None", "SCHED-12 ", false, false}, /* that was a task */
    {"A>n A<t:None A| A<| A- B>n B<t:T", "", false, false},
    {"A>1:a A<s A| A<| A- B>n B<t:a", "", true, false},     /* or the same */
    {"A>1:a A<s A| A<| A- B>n B<t:None", "", false, false}, /* another manager may be there now */
    /* NEXT-6 */
    {"B>n A>1:a A<s @3000 A>m:x A<m @3000 A>m:y A<m", "NEXT-6 ", false, false},
    {"A>1:a A<s B>n @3000 A>m:x A<m @3000 A>m:y A<m", "", false, false}, /* not yet asked for then */
    {"B>n A>1:a A<s @6000 A>m:x A<m", "", false, false},                 /* all may have slept */
    {"B>n A>1:a A<s @3000 A>m:x A<m @1000 A>m:y A<m", "", false, false},
    {"B>n B| A>1:a A<s @3000 A>m:x A<m @3000 A>m:y A<m", "", false, false},
    {"B>n C>n C! A>1:a A<s @3000 A>m:x A<m @3000 A>m:y A<m", "", false, false}, /* C may have had it */
};

static void test_queue(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof queue / sizeof queue[0]; i++) {
        expect(&queue[i]);
    }
}

/* ---- what is lost ---- */

static const scenario lost[] = {
    {"A>1:a A<s A?> A>n A<t:b A>n A<t:a A>n A<t:None", "", true, false},
    {"A>1:a A<s A?< B>n B<t:None", "", false, false},
    {"*A A<t:None A>n A<t:x A>t A<t:y A>t A<n", "NEXT-1 ", false, true}, /* found after two exchanges */
    {"*A A<t:None A>n A<t:x A>t A<t:y A>t A<n", "", false, false}, /* a client may have more in flight than were seen */
    {"A>m:x A<m A?> A>n A<t:x A>n A<t:x A<t:y", "", false, false},
    {"B>m:x B<m B?> A>0:a A<s B! A>n A<t:None", "", false, false}, /* B may have had it */
    {"*A A>n A<n A>n A<n", "", false, false},
    {"*A A>n A<t:None A>n A<t:None B>1:a B<s A>n A<t:None", "", false, false}, /* others may be there, unseen */
    {"A>1:a A<s A>1:b A<s ? A>n A<t:b", "", true, false},                      /* what would be SCHED-3, */
    {"A>1:a A<s ? B>n B<t:None", "", false, false}, /* and SCHED-10: nobody saw all connections */
    {"? A>1:a A<s B>n B<t:None A>n A<t:x", "", true, false},
    {"A>n A<t:T A?> A>t A<t:None A>n A<t:None A>n A>n", "", false, false}, /* no worker's rules any more */
    {"A>n A<t:a A>1:a A<s A?> A>n A<t:b A>n A<t:c A>1:d A<s A>1:e A<s A>n A<t:e A>n A<t:d A>n A<t:None", "SCHED-3 ",
        false, true},
};

static void test_lost_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        expect(&lost[i]);
    }
}

/* ---- each rule ---- */

static const struct group {
    const scenario *at;
    size_t count;
} groups[] = {
    {right, sizeof right / sizeof right[0]},
    {wrong, sizeof wrong / sizeof wrong[0]},
    {queue, sizeof queue / sizeof queue[0]},
    {lost, sizeof lost / sizeof lost[0]},
};

typedef void user(const scenario *one, void *context);

static void with_each_scenario(user *use, void *context) {
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        for (size_t i = 0; i < groups[g].count; i++) {
            use(&groups[g].at[i], context);
        }
    }
}

typedef enum notice { UNNOTICED, BESIDE, COUNTED, TOLD } notice; /* from the least on: how a rule shows */

static notice notice_of(const scenario *one, watch_rule rule, bool off) {
    scene s;
    watch_totals totals;
    const char *id = watch_rule_about(rule)->id;
    watch_options options = {
        .program = one->silent ? WATCH_PROGRAM_SILENT : WATCH_PROGRAM_UNSEEN, .all_workers = one->all_workers};
    options.off[rule / 32] |= (uint32_t)off << rule % 32;
    play_scenario(&s, &options, one->text, &totals);
    const watch_tally *tally = &totals.rules[rule];
    return has_id(s.ids, id)                                 ? TOLD
        : tally->held + tally->broken + tally->undecided > 0 ? COUNTED
        : has_id(s.also, id)                                 ? BESIDE
                                                             : UNNOTICED;
}

typedef struct most {
    watch_rule rule;
    notice notice;
    const scenario *by;
} most;

static void look_for(const scenario *one, void *context) {
    most *found = context;
    notice now = found->notice == TOLD ? UNNOTICED : notice_of(one, found->rule, false);
    if (now > found->notice) {
        found->notice = now;
        found->by = one;
    }
}

/* Never told or counted: named beside another rule, since what was seen may have either reason. */
static bool is_only_named(watch_rule rule) {
    static const watch_rule named[] = {WATCH_DONE_2, WATCH_SCHED_13, WATCH_PAY_4, WATCH_CLOSE_JOIN_3};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (named[i] == rule) {
            return true;
        }
    }
    return false;
}

/* Those that are told first. */
static const watch_rule told[] = {WATCH_FRAME_1, WATCH_FRAME_5, WATCH_FRAME_7, WATCH_WORK_21, WATCH_REQ_2, WATCH_REQ_4,
    WATCH_REQ_5, WATCH_NEXT_1, WATCH_NEXT_6, WATCH_MSG_1, WATCH_MSG_3, WATCH_SCHED_1, WATCH_SCHED_2, WATCH_SCHED_3,
    WATCH_SCHED_4, WATCH_SCHED_6, WATCH_SCHED_10, WATCH_SCHED_12, WATCH_CLOSE_CANCEL_1, WATCH_WORK_1, WATCH_WORK_2,
    WATCH_WORK_3, WATCH_WORK_4, WATCH_WORK_6, WATCH_WORK_7, WATCH_WORK_8, WATCH_WORK_9, WATCH_WORK_10, WATCH_WORK_14,
    WATCH_WORK_15, WATCH_WORK_16};

/* Each rule is told, or how often it held is counted, in some scenario; turned off it is not. */
static void test_each_rule_off(void **state) {
    (void)state;
    for (watch_rule rule = WATCH_NO_RULE + 1; rule < WATCH_RULE_COUNT; rule++) {
        most found = {.rule = rule};
        with_each_scenario(look_for, &found);
        const char *id = watch_rule_about(rule)->id;
        if (found.notice < (is_only_named(rule) ? BESIDE : COUNTED)) {
            fail_msg("%s shows in no scenario", id);
        }
        if (found.notice >= COUNTED && (is_only_named(rule) || notice_of(found.by, rule, true) >= COUNTED)) {
            fail_msg("%s was turned off, and shows: %s", id, found.by->text);
        }
    }
    /* Those that are blamed are told, not only counted. */
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        most found = {.rule = told[i]};
        with_each_scenario(look_for, &found);
        if (found.notice != TOLD) {
            fail_msg("no scenario breaks %s", watch_rule_about(told[i])->id);
        }
    }
}

/* ---- the rest ---- */

/* What else may have been broken is named beside it. */
static void test_alternatives(void **state) {
    (void)state;
    static const struct pair {
        const char *text, *also;
    } pairs[] = {
        {"A>1:a A<s A>1:b A<s A>n A<t:b", "SCHED-6"}, /* a is late, or lost */
        {"A>1:a A<s A>0:b A<s A>n A<t:a", "SCHED-6"},
        {"A>1 A<s A>n A<t:b", "SCHED-7"}, /* b is what it made of the empty task, or its own */
        {"A>n A<t:b", "PAY-1"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        scene s;
        watch_options options = {.program = WATCH_PROGRAM_SILENT};
        play_scenario(&s, &options, pairs[i].text, NULL);
        if (!has_id(s.also, pairs[i].also)) {
            fail_msg("%s\n  expected beside it: %s\n  found: %s", pairs[i].text, pairs[i].also, s.also);
        }
    }
}

/* FRAME-3: a byte at a time it is all the same. */
static void test_bytes(void **state) {
    (void)state;
    static const uint8_t asked[] = {0x81, 1, 0, 0, 0, 0, 0, 0, 0, 'a', 'n', 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t given[] = {'s', 0, 0, 0, 0, 0, 0, 0, 0, 't', 1, 0, 0, 0, 0, 0, 0, 0, 'b'};
    scene s = {0};
    watch_options options = {.program = WATCH_PROGRAM_SILENT, .found = note_finding, .context = &s};
    assert_int_equal(watch_new(&options, &s.w), UNDR_OK);
    watch_connection *c = connection_of(&s, 'A', true);
    for (size_t i = 0; i < sizeof asked; i++) {
        assert_int_equal(watch_bytes(s.w, c, WATCH_CLIENT, 1, undr_slice_of(asked + i, 1)), UNDR_OK);
    }
    for (size_t i = 0; i < sizeof given; i++) {
        assert_int_equal(watch_bytes(s.w, c, WATCH_MANAGER, 2, undr_slice_of(given + i, 1)), UNDR_OK);
    }
    assert_string_equal(s.ids, "SCHED-4 ");
    assert_int_equal(watch_sum(s.w)->requests, 2);
    watch_free(s.w);
}

/* A payload with a hole is a frame all the same; what is in it is not judged. */
static void test_hole(void **state) {
    (void)state;
    static const uint8_t head[] = {'m', 100, 0, 0, 0, 0, 0, 0, 0, 'x', 'y'};
    static const uint8_t tail[] = {'z', 'n', 0, 0, 0, 0, 0, 0, 0, 0};
    scene s = {0};
    watch_options options = {.found = note_finding, .context = &s};
    assert_int_equal(watch_new(&options, &s.w), UNDR_OK);
    watch_connection *c = connection_of(&s, 'A', true);
    assert_int_equal(watch_bytes(s.w, c, WATCH_CLIENT, 1, undr_slice_of(head, sizeof head)), UNDR_OK);
    assert_int_equal(watch_gap(s.w, c, WATCH_CLIENT, 1, 97), UNDR_OK);
    assert_int_equal(watch_bytes(s.w, c, WATCH_CLIENT, 1, undr_slice_of(tail, sizeof tail)), UNDR_OK);
    assert_int_equal(watch_sum(s.w)->requests, 2);
    play_word(&s, "A<m");
    play_word(&s, "A<t:None");
    assert_string_equal(s.ids, "");
    assert_int_equal(watch_sum(s.w)->answers, 2);
    watch_free(s.w);
}

/* FRAME-1: a length that no memory has is told at its header. */
static void test_length(void **state) {
    (void)state;
    static const uint8_t head[] = {'t', 0, 0, 0, 0, 0, 0, 4, 0};
    for (watch_side from = WATCH_CLIENT; from <= WATCH_MANAGER; from++) {
        scene s = {0};
        watch_options options = {.found = note_finding, .context = &s};
        assert_int_equal(watch_new(&options, &s.w), UNDR_OK);
        watch_connection *c = connection_of(&s, 'A', true);
        play_word(&s, "A>n");
        assert_int_equal(watch_bytes(s.w, c, from, 1, undr_slice_of(head, sizeof head)), UNDR_OK);
        watch_free(s.w);
        assert_string_equal(s.ids, "FRAME-1 ");
        assert_int_equal(s.last.blamed, from);
    }
}

/* The excerpt of a finding: which frames, of whom. */
static void test_excerpt(void **state) {
    (void)state;
    scene s;
    watch_options options = {.program = WATCH_PROGRAM_UNSEEN};
    play_scenario(&s, &options, "A>1:#a A<s B>1:#b B<s C>n C<t:#b C>t C<t:#a C>t C<t:None", NULL);
    static const char *const lines[] = {"X -> 0x81 b'a'", "X -> 0x81 b'b'", "X <- t b'b'", "X <- t b'a'"};
    static const char *const names[] = {"50000", "50001", "50002", "50002"};
    assert_int_equal(s.last.sight_count, 4);
    assert_int_equal(s.last.blamed, WATCH_MANAGER);
    for (size_t i = 0; i < 4; i++) {
        undr_buffer line = {0};
        assert_int_equal(watch_print_sight(&line, &s.last.sights[i], "X"), UNDR_OK);
        assert_int_equal(line.size, strlen(lines[i]));
        assert_memory_equal(line.data, lines[i], line.size);
        assert_string_equal(s.last.sights[i].name, names[i]);
        undr_buffer_free(&line);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_connections),
        cmocka_unit_test(test_wrong_connections),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_lost_bytes),
        cmocka_unit_test(test_each_rule_off),
        cmocka_unit_test(test_alternatives),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_hole),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_excerpt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
