/* rules.c: the requirements that can be judged from the wire, and those that can't. */
#include "watch/rules.h"

const watch_rule_text *watch_rule_about(watch_rule rule) {
    static const watch_rule_text texts[WATCH_RULE_COUNT] = {[WATCH_NO_RULE] = {"", CHECK_MAY, ""},
#define WATCH_RULE_TEXT(name, id, level, sentence) [WATCH_##name] = {id, CHECK_##level, sentence},
        WATCH_RULES(WATCH_RULE_TEXT)
#undef WATCH_RULE_TEXT
    };
    return &texts[rule];
}

const watch_unseen watch_unseen_rules[] = {
    {"MSG-2, MSGS-1 to MSGS-5", "the inbox and messages() are inside the manager's process"},
    {"DONE-1, DONE-4, CLOSE-JOIN-1, CLOSE-JOIN-2, CLOSE-JOIN-4, CLOSE-JOIN-5",
        "the count of tasks left, and when close returns, are known to the program alone"},
    {"CLOSE-3 to CLOSE-6, CLOSE-CANCEL-2 to CLOSE-CANCEL-5, CLOSE-KILL-1, CLOSE-KILL-2, SCHED-13, POOL-3",
        "calls of the program, and what they return"},
    {"POOL-1, POOL-2, POOL-4, CLOSE-4, FAULT-4", "processes and their log files"},
    {"WORK-5, WORK-18, WORK-19, WORK-23", "exit statuses"},
    {"WORK-11 to WORK-13, WORK-20, PAY-3, PAY-5 to PAY-9, PAY-11",
        "what a task was meant to do, and what its worker could read"},
    {"NEXT-5", "how long an answer may be held is declared elsewhere"},
    {"MSG-4, MSG-5", "which classes a manager knows; whether it ignores what stands behind a pickle"},
    {"FRAME-3, FRAME-4, FRAME-6, REQ-6, SCHED-5, SCHED-8, SCHED-9, CLOSE-7, FAULT-1, FAULT-2, FAULT-5, FAULT-6",
        "why a peer ended a connection, or is silent"},
    {"FAULT-3", "a lost task may be reported to the inbox instead"},
    {"FRAME-8 to FRAME-10, SEC-1 to SEC-3", "memory, code that is executed, addresses"},
    {NULL, NULL},
};
