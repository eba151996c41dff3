/* parse.c: reads a whole text of cases. */
#include "notation/parse.h"

#include "base/name_map.h"
#include "notation/parse_head.h"

#include <string.h>

enum { BLOCK_INDENT = 4 };

typedef struct reader {
    check_lexer lexer;
    check_cases *cases;
    size_t capacity;
    check_name_map by_name; /* of the cases that were read */
    bool more;              /* the lexer is at a line that was not read yet */
} reader;

/* The steps of the case, or of the block at its end, being read. */
typedef struct room {
    size_t steps, block;
} room;

static undr_error add_step(check_lexer *lexer, check_step **steps, size_t *count, size_t *capacity) {
    void *at = *steps;
    undr_error error = check_grow(lexer->arena, &at, *count, capacity, sizeof **steps);
    if (error != UNDR_OK) {
        return error;
    }
    *steps = at;
    error = check_read_step(lexer, &(*steps)[*count]);
    *count += error == UNDR_OK ? 1 : 0;
    return error;
}

static undr_error read_block_line(check_lexer *lexer, check_case *one, room *space) {
    check_step *block = one->step_count > 0 ? &one->steps[one->step_count - 1] : NULL;
    if (block == NULL || !check_is_block(block)) {
        return check_lex_fail(lexer, lexer->start,
            "expected 2 blanks before a line of a case, found 4: lines of a block (`repeat`, `together`, `unordered`) "
            "have 4");
    }
    undr_error error = add_step(lexer, &block->steps, &block->step_count, &space->block);
    if (error != UNDR_OK) {
        return error;
    }
    const check_step *last = &block->steps[block->step_count - 1];
    if (check_is_block(last)) {
        return check_lex_fail(
            lexer, lexer->start + BLOCK_INDENT, "a block can't be inside a block: end the outer one first");
    }
    if (last->what == CHECK_REQUIREMENT) {
        return check_lex_fail(
            lexer, lexer->start + BLOCK_INDENT, "a requirement can't be inside a block: put it above the block");
    }
    return UNDR_OK;
}

static undr_error read_case_line(check_lexer *lexer, check_case *one, check_head *head, room *space) {
    size_t indent = check_lex_indent(lexer);
    if (indent == BLOCK_INDENT) {
        return read_block_line(lexer, one, space);
    }
    if (indent != CHECK_STEP_INDENT) {
        return check_lex_fail(lexer, lexer->start,
            "expected 2 blanks before a line of a case, 4 in a block, found %zu%s", indent,
            lexer->text.data[lexer->start + indent] == '\t' ? " and a tab" : "");
    }
    bool found;
    undr_error error = check_read_head_line(head, lexer, one, &found);
    if (error != UNDR_OK || found) {
        return error;
    }
    space->block = 0;
    lexer->at = lexer->start;
    return add_step(lexer, &one->steps, &one->step_count, &space->steps);
}

static undr_error check_whole_case(const check_lexer *lexer, const check_case *one) {
    undr_error error = check_case_rules(lexer, one);
    if (error == UNDR_OK) {
        error = check_case_names(lexer, one);
    }
    return error == UNDR_OK ? check_case_honesty(lexer, one) : error;
}

static undr_error read_case(reader *reading, check_case *one) {
    check_lexer *lexer = &reading->lexer;
    check_head head = {0};
    room space = {0};
    undr_error error = check_read_case_line(lexer, one);
    while (error == UNDR_OK && (reading->more = check_lex_line(lexer)) && lexer->text.data[lexer->start] != 'c') {
        error = read_case_line(lexer, one, &head, &space);
    }
    return error == UNDR_OK ? check_whole_case(lexer, one) : error;
}

static undr_error check_unique(reader *reading, const check_case *one) {
    size_t before = CHECK_NO_NAME;
    undr_error error = check_name_map_put(&reading->by_name, one->name, reading->cases->count, &before);
    if (error != UNDR_OK || before == CHECK_NO_NAME) {
        return error;
    }
    check_lexer place = reading->lexer;
    place.line = one->line;
    place.start = 0;
    return check_lex_fail(&place, strlen("case "), "the name %s is already used in line %d: rename one case", one->name,
        reading->cases->at[before].line);
}

static undr_error read_cases(reader *reading) {
    check_cases *cases = reading->cases;
    reading->more = check_lex_line(&reading->lexer);
    if (!reading->more) {
        return check_lex_fail(&reading->lexer, reading->lexer.at, "expected `case NAME`, found the end of the text");
    }
    while (reading->more) {
        void *at = cases->at;
        undr_error error = check_grow(&cases->arena, &at, cases->count, &reading->capacity, sizeof *cases->at);
        if (error == UNDR_OK) {
            cases->at = at;
            error = read_case(reading, &cases->at[cases->count]);
        }
        if (error == UNDR_OK) {
            error = check_unique(reading, &cases->at[cases->count]);
        }
        if (error != UNDR_OK) {
            return error;
        }
        cases->count++;
    }
    return UNDR_OK;
}

/* The length of the UTF-8 sequence at data, 0 when there is none. */
static size_t sequence(const uint8_t *data, size_t left) {
    uint8_t first = data[0];
    size_t size = first < 0x80          ? 1
        : first >= 0xc2 && first < 0xe0 ? 2
        : (first & 0xf0) == 0xe0        ? 3
        : first >= 0xf0 && first < 0xf5 ? 4
                                        : 0;
    if (size == 0 || size > left) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (first == 0xe0 && data[1] < 0xa0) || (first == 0xf0 && data[1] < 0x90);
    bool beyond = (first == 0xed && data[1] >= 0xa0) || (first == 0xf4 && data[1] >= 0x90);
    return overlong || beyond ? 0 : size;
}

/* Everything that is read may be shown to a person or written to a report: UTF-8, no control characters. */
static undr_error check_text(const check_lexer *fresh) {
    check_lexer place = *fresh;
    place.line = 1;
    for (size_t at = 0; at < place.text.size;) {
        uint8_t byte = place.text.data[at];
        size_t size = sequence(place.text.data + at, place.text.size - at);
        if (byte == '\r') {
            return check_lex_fail(
                &place, at, "expected lines that end with LF, found a carriage return: convert the line ends");
        }
        if (size == 0 || (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
            return check_lex_fail(&place, at,
                "expected UTF-8 text, found the byte 0x%02x: inside a literal write it as \\x%02x", byte, byte);
        }
        at += size;
        if (byte == '\n') {
            place.line++;
            place.start = at;
        }
    }
    return UNDR_OK;
}

undr_error check_parse(undr_slice text, const char *file, check_cases *cases, check_mistake *mistake) {
    *cases = (check_cases){0};
    reader reading = {.cases = cases, .lexer = check_lex_over(text, NULL, &cases->arena, mistake)};
    undr_error error = check_lex_copy(&reading.lexer, undr_slice_text(file), &reading.lexer.file);
    if (error == UNDR_OK) {
        error = check_text(&reading.lexer);
    }
    if (error == UNDR_OK) {
        error = read_cases(&reading);
    }
    check_name_map_free(&reading.by_name);
    if (error != UNDR_OK) {
        check_cases_free(cases);
    }
    return error;
}

void check_cases_free(check_cases *cases) {
    undr_arena_free(&cases->arena);
    *cases = (check_cases){0};
}

undr_error check_parse_term(
    undr_slice text, size_t *offset, undr_arena *arena, check_term **term, check_mistake *mistake) {
    check_lexer lexer = check_lex_over(text, NULL, arena, mistake);
    lexer.line = 1;
    lexer.at = *offset;
    lexer.end = text.size;
    undr_error error = check_read_term(&lexer, term);
    *offset = error == UNDR_OK ? lexer.at : *offset;
    return error;
}
