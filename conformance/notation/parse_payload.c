/* parse_payload.c: reads payloads, frame types, and the alternatives of a receive. */
#include "notation/parse_payload.h"

static bool at_pickle(const check_lexer *lexer, undr_slice *word) {
    *word = check_lex_identifier(lexer);
    check_lexer behind = *lexer;
    behind.at += word->size;
    return check_slice_starts(*word, "pickle") && check_lex_peek(&behind) == '(';
}

/* pickle(V), pickle0(V) to pickle5(V) */
static undr_error read_pickle(check_lexer *lexer, undr_slice word, check_payload *payload) {
    size_t from = lexer->at;
    if (word.size == 7 && word.data[6] <= '5') { /* of an identifier: nothing is below '0' */
        payload->protocol = word.data[6] - '0';
    } else if (word.size != 6) {
        return check_lex_expected(lexer, from, "pickle(V), or pickle0(V) to pickle5(V)");
    }
    lexer->at += word.size + 1;
    payload->form = CHECK_PAYLOAD_PICKLE;
    undr_error error = check_read_term(lexer, &payload->term);
    if (error != UNDR_OK) {
        return error;
    }
    check_lex_blanks(lexer);
    if (check_lex_peek(lexer) != ')') {
        return check_lex_expected(lexer, lexer->at, "`)` after the one value of a pickle");
    }
    lexer->at++;
    return UNDR_OK;
}

static undr_error read_contains(check_lexer *lexer, check_payload *payload) {
    check_lex_blanks(lexer);
    size_t before = lexer->at;
    if (!check_lex_accept(lexer, "contains")) {
        return UNDR_OK;
    }
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    check_term *text;
    if (payload->form == CHECK_PAYLOAD_WIRE) {
        return check_lex_fail(
            lexer, before, "`contains` searches a value, not bytes on the wire: write pickle(b'...'), or _");
    }
    undr_error error = check_read_term(lexer, &text);
    if (error != UNDR_OK) {
        return error;
    }
    bool str = text->kind == CHECK_TERM_VALUE && text->value->kind == UNDR_STR && text->value->bytes.size > 0;
    if (!str) {
        return check_lex_expected(lexer, from, "a text after `contains`, as in contains 'boom'");
    }
    payload->contains_size = text->value->bytes.size;
    return check_lex_copy(lexer, text->value->bytes, &payload->contains);
}

static bool at_word(check_lexer *lexer, const char *word) {
    size_t from = lexer->at;
    bool found = check_lex_accept(lexer, word);
    lexer->at = from;
    return found;
}

undr_error check_read_payload(check_lexer *lexer, bool received, check_payload *payload) {
    *payload = (check_payload){.form = CHECK_PAYLOAD_EMPTY, .protocol = CHECK_NO_PROTOCOL};
    if (check_lex_at_end(lexer) || (received && at_word(lexer, "or"))) {
        return UNDR_OK;
    }
    if (received && at_word(lexer, "contains")) {
        return check_lex_fail(lexer, lexer->at, "expected a pattern before `contains`, as in _ contains 'boom'");
    }
    undr_slice word;
    undr_error error;
    if (at_pickle(lexer, &word)) {
        error = read_pickle(lexer, word, payload);
    } else {
        error = check_read_term(lexer, &payload->term);
        payload->form = error == UNDR_OK && check_is_wire_literal(payload->term) ? CHECK_PAYLOAD_WIRE
                                                                                 : CHECK_PAYLOAD_PICKLE;
    }
    return error == UNDR_OK && received ? read_contains(lexer, payload) : error;
}

static bool hex_digit(uint8_t byte, uint8_t *digit) {
    bool decimal = byte >= '0' && byte <= '9';
    uint8_t lower = byte | 0x20;
    *digit = (uint8_t)(decimal ? byte - '0' : lower - 'a' + 10);
    return decimal || (lower >= 'a' && lower <= 'f');
}

bool check_type_of(undr_slice word, uint8_t *type) {
    uint8_t high, low;
    if (word.size == 1) {
        *type = word.data[0];
        return *type == 'n' || *type == 't' || *type == 'm' || *type == 's';
    }
    bool hex = word.size == 4 && check_slice_starts(word, "0x") && hex_digit(word.data[2], &high)
        && hex_digit(word.data[3], &low);
    *type = (uint8_t)(hex ? high << 4 | low : 0);
    return hex;
}

static undr_error read_end(check_lexer *lexer, check_expectation *one) {
    one->sight = CHECK_SEES_END;
    one->end = check_lex_accept(lexer, "fin") ? CHECK_END_FIN
        : check_lex_accept(lexer, "reset")    ? CHECK_END_RESET
                                              : CHECK_END_EITHER;
    one->exits = check_lex_accept(lexer, "exit");
    if (one->exits) {
        uint64_t status = 0;
        undr_error error = check_lex_number(lexer, 0, 255, "an exit status", &status);
        one->status = (int)status;
        return error;
    }
    if (one->end == CHECK_END_EITHER && !check_lex_at_end(lexer) && !at_word(lexer, "or")) {
        return check_lex_expected(lexer, lexer->at, "`fin`, `reset`, `exit`, `or`, or the end of the line");
    }
    return UNDR_OK;
}

/* TYPE PATTERN, end, end fin, end reset, each end with `exit 0` or without */
static undr_error read_from_connection(check_lexer *lexer, check_expectation *one) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_slice word = check_lex_word(lexer);
    if (check_slice_is(word, "end")) {
        return read_end(lexer, one);
    }
    if (!check_type_of(word, &one->type)) {
        return check_lex_expected(lexer, from, "a type (n, t, m, s, 0xHH) or `end`");
    }
    one->sight = CHECK_SEES_FRAME;
    return check_read_payload(lexer, true, &one->payload);
}

/* ok, error, done, closed, message PATTERN */
static undr_error read_from_control(check_lexer *lexer, check_expectation *one) {
    static const struct {
        const char *word;
        check_sight sight;
    } words[] = {
        {"ok", CHECK_SEES_OK},
        {"error", CHECK_SEES_ERROR},
        {"done", CHECK_SEES_DONE},
        {"closed", CHECK_SEES_CLOSED},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (check_lex_accept(lexer, words[i].word)) {
            one->sight = words[i].sight;
            return UNDR_OK;
        }
    }
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (!check_lex_accept(lexer, "message")) {
        return check_lex_expected(lexer, from, "`ok`, `error`, `message`, `done` or `closed`");
    }
    check_lex_blanks(lexer);
    from = lexer->at;
    one->sight = CHECK_SEES_MESSAGE;
    undr_error error = check_read_payload(lexer, true, &one->payload);
    if (error == UNDR_OK && one->payload.form == CHECK_PAYLOAD_EMPTY) {
        return check_lex_expected(lexer, from, "a pattern after `message`, `_` for any");
    }
    if (error == UNDR_OK && one->payload.form == CHECK_PAYLOAD_WIRE) {
        return check_lex_fail(lexer, from, "a message is compared by its value: write pickle(b'...') for bytes");
    }
    return error;
}

/* exit, exit 0, exit nonzero */
static undr_error read_from_process(check_lexer *lexer, check_expectation *one) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    if (!check_lex_accept(lexer, "exit")) {
        return check_lex_expected(lexer, from, "`exit`, `exit nonzero` or `exit 0`");
    }
    one->sight = CHECK_SEES_EXIT;
    one->status = -2;
    if (check_lex_accept(lexer, "nonzero")) {
        one->status = -1;
    } else if (!check_lex_at_end(lexer) && !at_word(lexer, "or")) {
        uint64_t status = 0;
        undr_error error = check_lex_number(lexer, 0, 255, "`nonzero` or an exit status", &status);
        one->status = (int)status;
        return error;
    }
    return UNDR_OK;
}

undr_error check_read_expectations(check_lexer *lexer, char channel, check_step *step) {
    size_t capacity = 0;
    do {
        void *at = step->expectations;
        undr_error error = check_grow(
            lexer->arena, &at, step->expectation_count, &capacity, sizeof *step->expectations);
        if (error != UNDR_OK) {
            return error;
        }
        step->expectations = at;
        check_expectation *one = &step->expectations[step->expectation_count];
        *one = (check_expectation){.payload = {.protocol = CHECK_NO_PROTOCOL}};
        error = channel == 'M' ? read_from_control(lexer, one)
            : channel == 'P'   ? read_from_process(lexer, one)
                               : read_from_connection(lexer, one);
        if (error != UNDR_OK) {
            return error;
        }
        step->expectation_count++;
    } while (check_lex_accept(lexer, "or"));
    return check_lex_at_end(lexer) ? UNDR_OK : check_lex_expected(lexer, lexer->at, "`or`, or the end of the line");
}
