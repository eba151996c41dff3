/* parse_word.c: reads the words of values: constants, names, gates, classes and objects. */
#include "notation/parse_word.h"

#include "notation/parse_literal.h"
#include "notation/term.h"

#include <string.h>

static undr_error new_named(check_lexer *lexer, check_term_kind kind, undr_slice name, check_term **term) {
    undr_error error = check_new_term(lexer, kind, term);
    return error == UNDR_OK ? check_lex_copy(lexer, name, &(*term)->text) : error;
}

typedef struct short_class {
    const char *name, *class_name, *key;
} short_class;

static const short_class short_classes[] = {
    {"CloseRequest", "undr.task.CloseRequest", NULL},
    {"WorkerException", "undr.task.WorkerException", NULL},
    {"Probe", CHECK_CLASS_PROBE, "steps"},
    {"Chain", "undr.task.Chain", "tasks"},
};

const char *check_class_short(const char *class_name, const char **key) {
    for (size_t i = 0; i < sizeof short_classes / sizeof *short_classes; i++) {
        if (strcmp(short_classes[i].class_name, class_name) == 0) {
            *key = short_classes[i].key;
            return short_classes[i].name;
        }
    }
    return NULL;
}

static const short_class *find_short(undr_slice name) {
    for (size_t i = 0; i < sizeof short_classes / sizeof *short_classes; i++) {
        if (check_slice_is(name, short_classes[i].name)) {
            return &short_classes[i];
        }
    }
    return NULL;
}

static undr_error expect_byte(check_lexer *lexer, char byte, const char *what) {
    check_lex_blanks(lexer);
    if (check_lex_peek(lexer) != byte) {
        return check_lex_expected(lexer, lexer->at, what);
    }
    lexer->at++;
    return UNDR_OK;
}

static undr_error read_argument(check_lexer *lexer, check_nested nested, check_term **argument) {
    undr_error error = expect_byte(lexer, '(', "`(`");
    if (error == UNDR_OK) {
        error = nested.read(lexer, nested.depth, argument);
    }
    return error == UNDR_OK ? expect_byte(lexer, ')', "`)`") : error;
}

/* (V) -> {key: V} */
static undr_error read_attribute(check_lexer *lexer, check_nested nested, const char *key, check_term **state) {
    check_parts entry = {0};
    check_term *part;
    undr_value *text = NULL;
    undr_error error = undr_value_text(lexer->arena, key, &text);
    error = check_new_value(lexer, error, text, &part);
    if (error == UNDR_OK) {
        error = check_add_part(lexer, &entry, part);
    }
    if (error == UNDR_OK) {
        error = read_argument(lexer, nested, &part);
    }
    if (error == UNDR_OK) {
        error = check_add_part(lexer, &entry, part);
    }
    return error == UNDR_OK ? check_new_container(lexer, CHECK_TERM_DICT, &entry, state) : error;
}

/* CloseRequest, WorkerException, Probe, Chain alone; Probe(STEPS), Chain(TASKS). */
static undr_error read_short(check_lexer *lexer, check_nested nested, const short_class *found, check_term **term) {
    bool bare = check_lex_peek(lexer) != '(';
    if (!bare && found->key == NULL) {
        return check_lex_fail(lexer, lexer->at, "%s takes no argument: write `%s`, or object('%s', STATE)", found->name,
            found->name, found->class_name);
    }
    check_term *object;
    undr_error error = check_new_term(lexer, CHECK_TERM_OBJECT, &object);
    if (error != UNDR_OK) {
        return error;
    }
    object->text = found->class_name;
    object->bare = bare;
    *term = object;
    if (bare) {
        return UNDR_OK;
    }
    check_parts state = {0};
    error = read_attribute(lexer, nested, found->key, &object);
    if (error == UNDR_OK) {
        error = check_add_part(lexer, &state, object);
    }
    (*term)->parts = state.at;
    (*term)->part_count = state.count;
    return error;
}

bool check_is_class_name(undr_slice name, bool dotted) {
    size_t dots = 0;
    bool start = true; /* of an identifier */
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte >= 0x80;
        bool digit = byte >= '0' && byte <= '9';
        if (start ? !letter : !letter && !digit && byte != '.') {
            return false;
        }
        start = byte == '.';
        dots += start ? 1 : 0;
    }
    return !start && (dots > 0 || !dotted);
}

/* 'module.Name' */
static undr_error read_class_name(check_lexer *lexer, const char **name) {
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    undr_value *value = NULL;
    undr_error error = check_at_text(lexer) ? check_read_text(lexer, &value) : UNDR_OK;
    if (error != UNDR_OK) {
        return error;
    }
    bool good = value != NULL && value->kind == UNDR_STR && value->bytes.size <= 200;
    if (!good || !check_is_class_name(value->bytes, true)) {
        return check_lex_expected(lexer, from, "a class as 'module.Name'");
    }
    return check_lex_copy(lexer, value->bytes, name);
}

static undr_error read_class(check_lexer *lexer, check_term **term) {
    undr_error error = expect_byte(lexer, '(', "`(`, as in class('module.Name')");
    if (error == UNDR_OK) {
        error = check_new_term(lexer, CHECK_TERM_CLASS, term);
    }
    if (error == UNDR_OK) {
        error = read_class_name(lexer, &(*term)->text);
    }
    return error == UNDR_OK ? expect_byte(lexer, ')', "`)`") : error;
}

static undr_error read_object(check_lexer *lexer, check_nested nested, check_term **term) {
    check_parts state = {0};
    check_term *argument;
    undr_error error = expect_byte(lexer, '(', "`(`, as in object('module.Name', {'key': 1})");
    if (error == UNDR_OK) {
        error = check_new_term(lexer, CHECK_TERM_OBJECT, term);
    }
    if (error == UNDR_OK) {
        error = read_class_name(lexer, &(*term)->text);
    }
    check_lex_blanks(lexer);
    if (error == UNDR_OK && check_lex_peek(lexer) == ',') {
        lexer->at++;
        error = nested.read(lexer, nested.depth, &argument);
        if (error == UNDR_OK) {
            error = check_add_part(lexer, &state, argument);
        }
        (*term)->parts = state.at;
        (*term)->part_count = state.count;
    }
    return error == UNDR_OK ? expect_byte(lexer, ')', "`,` and a state, or `)`") : error;
}

/* float('inf'), float('-inf'), float('nan'): what float literals can't say; also written inf, -inf, nan. */
static undr_error read_float(check_lexer *lexer, check_nested nested, check_term **term) {
    static const struct {
        const char *name;
        double real;
    } specials[] = {
        {"inf", __builtin_inf()},
        {"-inf", -__builtin_inf()},
        {"nan", __builtin_nan("")},
    };
    size_t from = lexer->at;
    check_term *argument;
    undr_error error = read_argument(lexer, nested, &argument);
    if (error != UNDR_OK) {
        return error;
    }
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        if (argument->kind == CHECK_TERM_VALUE && undr_value_is_text(argument->value, specials[i].name)) {
            undr_value *value = NULL;
            error = undr_value_float(lexer->arena, specials[i].real, &value);
            return check_new_value(lexer, error, value, term);
        }
    }
    return check_lex_expected(lexer, from, "float('inf'), float('-inf') or float('nan')");
}

/* set(), frozenset(), frozenset({...}), bytearray(), bytearray(b'...') */
static undr_error read_builtin(check_lexer *lexer, check_nested nested, undr_kind kind, check_term **term) {
    undr_error error = expect_byte(lexer, '(', "`(`");
    check_lex_blanks(lexer);
    size_t from = lexer->at;
    check_term *argument = NULL;
    if (error == UNDR_OK && kind != UNDR_SET && check_lex_peek(lexer) != ')') {
        error = nested.read(lexer, nested.depth, &argument);
    }
    if (error == UNDR_OK) {
        error = expect_byte(lexer, ')', kind == UNDR_SET ? "`)`: a set with elements is written {1, 2}" : "`)`");
    }
    if (error != UNDR_OK) {
        return error;
    }
    undr_kind wanted = kind == UNDR_BYTEARRAY ? UNDR_BYTES : UNDR_SET;
    if (argument != NULL && (argument->kind != CHECK_TERM_VALUE || argument->value->kind != wanted)) {
        return check_lex_expected(lexer, from,
            wanted == UNDR_BYTES ? "plain bytes, as in bytearray(b'x')" : "a plain set, as in frozenset({1, 2})");
    }
    undr_value *value = NULL;
    if (kind == UNDR_BYTEARRAY) {
        undr_slice bytes = argument != NULL ? argument->value->bytes : undr_slice_of(NULL, 0);
        error = undr_value_bytes(lexer->arena, kind, bytes, &value);
    } else {
        undr_items items = argument != NULL ? argument->value->items : (undr_items){0};
        error = undr_value_items(lexer->arena, kind, items.at, items.count, &value);
    }
    return check_new_value(lexer, error, value, term);
}

static undr_error read_constant(check_lexer *lexer, undr_slice word, check_term **term) {
    undr_value *value = NULL;
    undr_error error;
    if (check_slice_is(word, "None")) {
        error = undr_value_none(lexer->arena, &value);
    } else if (check_slice_is(word, "inf") || check_slice_is(word, "nan")) {
        error = undr_value_float(lexer->arena, word.data[0] == 'i' ? __builtin_inf() : __builtin_nan(""), &value);
    } else {
        error = undr_value_bool(lexer->arena, check_slice_is(word, "True"), &value);
    }
    return check_new_value(lexer, error, value, term);
}

static bool is_constant(undr_slice word) {
    return check_slice_is(word, "None") || check_slice_is(word, "True") || check_slice_is(word, "False")
        || check_slice_is(word, "inf") || check_slice_is(word, "nan");
}

static undr_error unknown_word(check_lexer *lexer) {
    undr_slice word = check_lex_identifier(lexer);
    if (check_slice_starts(word, "pickle")) {
        return check_lex_fail(lexer, lexer->at, "pickle(...) wraps a whole payload, not a part of a value");
    }
    return check_lex_expected(lexer, lexer->at,
        "a value (a Python literal, ?name, _, i, a gate's letter, CloseRequest, WorkerException, Probe(...), "
        "Chain(...), object('m.N', STATE), class('m.N'))");
}

static undr_error read_letter(check_lexer *lexer, undr_slice word, check_term **term) {
    if (word.data[0] == 'M' || word.data[0] == 'P') {
        return check_lex_fail(lexer, lexer->at, "%c is a channel, not a gate: use another letter", word.data[0]);
    }
    lexer->at++;
    return new_named(lexer, CHECK_TERM_GATE, word, term);
}

static undr_error read_call(check_lexer *lexer, check_nested nested, undr_slice word, check_term **term) {
    static const struct {
        const char *name;
        undr_kind kind;
    } builtins[] = {
        {"set", UNDR_SET},
        {"frozenset", UNDR_FROZENSET},
        {"bytearray", UNDR_BYTEARRAY},
    };
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        if (check_slice_is(word, builtins[i].name)) {
            lexer->at += word.size;
            return read_builtin(lexer, nested, builtins[i].kind, term);
        }
    }
    const short_class *found = find_short(word);
    bool of_class = check_slice_is(word, "class"), of_float = check_slice_is(word, "float");
    if (found == NULL && !of_class && !of_float && !check_slice_is(word, "object")) {
        return unknown_word(lexer);
    }
    lexer->at += word.size;
    if (found != NULL) {
        return read_short(lexer, nested, found, term);
    }
    return of_class ? read_class(lexer, term)
        : of_float  ? read_float(lexer, nested, term)
                    : read_object(lexer, nested, term);
}

undr_error check_read_word(check_lexer *lexer, check_nested nested, check_term **term) {
    undr_slice word = check_lex_identifier(lexer);
    if (is_constant(word)) {
        lexer->at += word.size;
        return read_constant(lexer, word, term);
    }
    if (check_slice_is(word, "_") || check_slice_is(word, "i")) {
        lexer->at++;
        return check_new_term(lexer, word.data[0] == '_' ? CHECK_TERM_ANY : CHECK_TERM_COUNTER, term);
    }
    if (word.size == 1 && word.data[0] <= 'Z') { /* of an identifier: nothing is between '9' and 'A' */
        return read_letter(lexer, word, term);
    }
    return read_call(lexer, nested, word, term);
}

undr_error check_read_binding(check_lexer *lexer, check_term **term) {
    lexer->at++;
    undr_slice name = check_lex_identifier(lexer);
    if (name.size == 0) {
        return check_lex_expected(lexer, lexer->at, "a name after `?`, as in ?pid");
    }
    lexer->at += name.size;
    return new_named(lexer, CHECK_TERM_BIND, name, term);
}

undr_error check_read_minus_infinity(check_lexer *lexer, check_term **term) {
    lexer->at += 4;
    undr_value *value = NULL;
    undr_error error = undr_value_float(lexer->arena, -__builtin_inf(), &value);
    return check_new_value(lexer, error, value, term);
}

bool check_at_minus_infinity(const check_lexer *lexer) {
    check_lexer behind = *lexer;
    behind.at++;
    return check_lex_peek(lexer) == '-' && check_slice_is(check_lex_identifier(&behind), "inf");
}
