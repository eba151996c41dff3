/* workload.c: the sessions of `undr-check pair`. No two messages and no two tasks are equal where it can be helped: equal
 * ones can't be told apart. */
#include "pair/workload.h"

#include <stddef.h>

#define HEAD(name) "case pool.pair." name "\n  must CLOSE-JOIN-1  the session ends\n"

static const char wire_text[] = HEAD("wire")
    /* priorities, and many small tasks */
    "  repeat 40\n"
    "    A -> 0x81 Probe([('message', ('late', i))])\n"
    "    A -> 0x80 Probe([('message', ('soon', i))])\n"
    "    A -> m ('from a client', i)\n"
    /* tasks that schedule */
    "  A -> 0x81 Probe([('schedule', Probe([('message', 'child'), ('schedule', Probe([('message', 'grandchild')]), 0)]))])\n"
    "  A -> 0x80 Probe([('schedule', Probe([('message', 'of priority 1')]), 1), ('message', 'parent')])\n"
    /* Chains, failures, both together */
    "  A -> 0x81 Chain([Probe([('message', 1)]), Chain([Probe([('message', (2, 2.5, None, True))]), Probe([])])])\n"
    "  A -> 0x81 Probe([('message', 'before'), ('raise', 'on purpose'), ('message', 'never')])\n"
    "  A -> 0x81 Chain([Probe([('message', 'first')]), Chain([Probe([('raise', 'in a Chain')])]), Probe([])])\n"
    "  A -> 0x81 Probe([('unknown step', 1)])\n"
    "  A -> 0x81 Probe([('schedule', Probe([]), 128)])\n"
    "  A -> 0x81 b''\n"
    "  A -> 0x81 5\n"
    /* large ones */
    "  A -> 0x81 Probe([('message', '0123456789' * 300000)])\n"
    "  A -> m 'abcdefghij' * 200000\n"
    "  A -> 0x80 Probe([('message', ['\xc3\xa4', {'k': (1, 2)}, b'\\0\\xff', 123456789012345678901234567890])])\n"
    "  M -> next\n  M <- done\n"
    "  A -> 0x81 Probe([('message', 'while it closes')])\n"
    "  M -> close join\n  M <- closed\n";

static const char program_text[] = HEAD(
    "program") "  repeat 30\n"
               "    M -> schedule 1 Probe([('message', ('late', i)), ('schedule', Probe([('message', ('nested', i))]), 0)])\n"
               "    M -> schedule 0 Chain([Probe([('message', ('soon', i))]), Probe([('message', ('then', i))])])\n"
               "  M -> message 'of the program'\n"
               "  M -> schedule 1 Probe([('sleep', 0.05), ('raise', 'late')])\n"
               "  M -> next\n  M <- done\n"
               "  repeat 20\n"
               "    M -> schedule 1 Probe([('message', ('again', i))])\n"
               "  M -> close join\n  M <- closed\n";

static const char cancel_text[] = HEAD(
    "cancel") "  repeat 40\n"
              "    A -> 0x81 Probe([('message', i), ('sleep', 0.1), ('schedule', Probe([('message', ('never', i))]), 0)])\n"
              "  M -> next\n  M <- message _\n"
              "  M -> close cancel\n  M <- closed\n";

static const char kill_text[] = HEAD(
    "kill") "  repeat 40\n"
            "    A -> 0x81 Probe([('message', i), ('sleep', 0.1), ('message', ('end', i))])\n"
            "  M -> next\n  M <- message _\n"
            "  M -> close kill\n  M <- closed\n";

static const char deaths_text[] = HEAD("deaths") "  repeat 10\n"
                                                 "    A -> 0x81 Probe([('message', i), ('sleep', 0.05)])\n"
                                                 "  M -> next\n  M <- message _\n"
                                                 "  P -> signal KILL\n"
                                                 "  A -> 0x80 Probe([('message', 'last words'), ('exit', 7)])\n"
                                                 "  M -> next\n  M <- done\n"
                                                 "  M -> close join\n  M <- closed\n";

const pair_work pair_works[] = {
    {"wire", "a client schedules: priorities, nesting, Chains, failures, large payloads; JOIN", wire_text, true, false},
    {"program", "the manager's program schedules, reads messages(), schedules again; JOIN", program_text, false, false},
    {"cancel", "tasks run and are queued; CANCEL", cancel_text, true, false},
    {"kill", "tasks run and are queued; KILL", kill_text, true, false},
    {"deaths", "a worker is killed, a task ends its worker; others take their places; JOIN", deaths_text, true, true},
    {NULL, NULL, NULL, false, false},
};
