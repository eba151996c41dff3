/* check.c: errors that only a whole case shows: missing lines, names without a meaning, letters with two meanings. */
#include "base/name_map.h"
#include "notation/parse_step.h"
#include "notation/walk.h"

/* ---- what must be there, and where it may be ---- */

typedef struct place {
    const check_lexer *lexer;
    const check_case *one;
} place;

static undr_error check_place(void *context, const check_step *step, const check_step *block) {
    const place *here = context;
    if (check_is_block(step) && step->step_count == 0) {
        return check_step_fail(
            here->lexer, step->line, "expected lines in this block, indented by 4 blanks, found none");
    }
    if (block != NULL && block->what == CHECK_UNORDERED && step->what != CHECK_RECEIVE) {
        return check_step_fail(
            here->lexer, step->line, "expected only receives (`<-`) inside `unordered`: put this line outside of it");
    }
    bool frame = step->what == CHECK_SEND_FRAME || step->what == CHECK_SEND_HEADER || step->what == CHECK_SEND_RAW;
    if (block != NULL && block->what == CHECK_TOGETHER && !frame) {
        return check_step_fail(here->lexer, step->line,
            "expected only frames that are sent (`->`) inside `together`: put this line after it");
    }
    if (step->indexed && (block == NULL || block->what != CHECK_REPEAT)) {
        return check_step_fail(
            here->lexer, step->line, "%s[i] is outside a repeat, where there is no `i`", step->channel);
    }
    if (here->one->role == CHECK_ROLE_WORKER && step->channel[0] == 'M') {
        return check_step_fail(
            here->lexer, step->line, "a worker has no control channel: only cases of a manager or pool have M");
    }
    if (step->what == CHECK_LOGS && !here->one->log_directory) {
        return check_step_fail(
            here->lexer, step->line, "`P logs` needs the line `role pool log-directory` in the head");
    }
    return UNDR_OK;
}

undr_error check_case_rules(const check_lexer *lexer, const check_case *one) {
    if (one->requirement_count == 0) {
        return check_step_fail(lexer, one->line,
            "the case %s proves nothing: expected `must`, `should` or `may` with an id above its first step",
            one->name);
    }
    if (one->step_count == 0) { /* the first is never a requirement: that one is in the head */
        return check_step_fail(lexer, one->line, "the case %s does nothing: expected a step, as in A -> n", one->name);
    }
    place here = {lexer, one};
    return check_each_step(one, check_place, &here);
}

/* ---- names and letters ---- */

typedef struct letter {
    int gate, connection[2]; /* the line of its first use as such; 0: none. As a connection without [i] and with it */
    int value;               /* as a gate in a value */
} letter;

typedef struct usage {
    check_lexer lexer; /* a copy whose arena is not touched */
    const check_step *step, *block;
    letter letters[26];
    check_name_map bound;
} usage;

static bool is_bound(const usage *use, const char *name) {
    return check_name_map_get(&use->bound, name) != CHECK_NO_NAME;
}

static undr_error unbound(const usage *use, const char *name) {
    return check_step_fail(&use->lexer, use->step->line,
        "?%s is not bound here: bind it in a receive above, as in M <- message ('pid', ?%s)", name, name);
}

static void note_use(int *first, int line) {
    *first = *first == 0 ? line : *first;
}

static undr_error visit_term(void *context, const check_term *term, bool received) {
    usage *use = context;
    switch (term->kind) {
    case CHECK_TERM_BIND:
        if (received) {
            return check_name_map_put(&use->bound, term->text, 0, NULL);
        }
        return is_bound(use, term->text) ? UNDR_OK : unbound(use, term->text);
    case CHECK_TERM_ANY:
        return received ? UNDR_OK
                        : check_step_fail(&use->lexer, use->step->line,
                              "`_` can't be sent: it is for receives, where it matches anything");
    case CHECK_TERM_COUNTER:
        if (use->block == NULL || use->block->what != CHECK_REPEAT) {
            return check_step_fail(&use->lexer, use->step->line, "`i` is outside a repeat, where it has no value");
        }
        return UNDR_OK;
    case CHECK_TERM_GATE:
        note_use(&use->letters[term->text[0] - 'A'].gate, use->step->line);
        note_use(&use->letters[term->text[0] - 'A'].value, use->step->line);
        return UNDR_OK;
    default: return UNDR_OK;
    }
}

static undr_error visit_step(void *context, const check_step *step, const check_step *block) {
    usage *use = context;
    use->step = step;
    use->block = block;
    if (step->name != NULL && !is_bound(use, step->name)) {
        return unbound(use, step->name);
    }
    char channel = step->channel[0];
    bool gate = step->what == CHECK_GATE_ACCEPT || step->what == CHECK_GATE_CLOSE || step->what == CHECK_GATE_UNTOUCHED;
    if (gate && step->indexed) {
        return check_step_fail(&use->lexer, step->line, "a gate has no index: expected %s without [i]", step->channel);
    }
    if (channel != '\0' && channel != 'M' && channel != 'P') {
        letter *known = &use->letters[channel - 'A'];
        note_use(gate ? &known->gate : &known->connection[step->indexed], step->line);
    }
    if (step->indexed && (channel == 'M' || channel == 'P')) {
        return check_step_fail(&use->lexer, step->line, "%c is one channel: expected it without [i]", channel);
    }
    return check_each_term(step, visit_term, use);
}

static undr_error check_letter(const check_lexer *lexer, char name, const letter *known) {
    int plain = known->connection[false], indexed = known->connection[true];
    int connection = plain > 0 ? plain : indexed;
    if (known->gate > 0 && connection > 0) {
        int later = known->gate > connection ? known->gate : connection;
        int earlier = known->gate > connection ? connection : known->gate;
        return check_step_fail(lexer, later, "%c is a %s here and a %s in line %d: use another letter", name,
            later == known->gate ? "gate" : "connection", later == known->gate ? "connection" : "gate", earlier);
    }
    if (plain > 0 && indexed > 0) {
        int later = plain > indexed ? plain : indexed;
        return check_step_fail(
            lexer, later, "%c is used both with [i] and without it: use another letter for one of them", name);
    }
    if (known->gate > 0 && known->value == 0) {
        return check_step_fail(lexer, known->gate,
            "the gate %c is in no value, so nothing can connect to it; expected a task such as Probe([('wait', %c)])",
            name, name);
    }
    return UNDR_OK;
}

undr_error check_case_names(const check_lexer *lexer, const check_case *one) {
    usage use = {.lexer = *lexer};
    undr_error error = check_each_step(one, visit_step, &use);
    for (int i = 0; error == UNDR_OK && i < 26; i++) {
        error = check_letter(lexer, (char)('A' + i), &use.letters[i]);
    }
    check_name_map_free(&use.bound);
    return error;
}
