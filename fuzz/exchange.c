/* exchange.c: the notation's parser and printer, and the adapter's lines. Input: one byte, then a text.
 *
 * What parses prints to a text that parses to the same print; what does not parse is a mistake with a place and a text,
 * and never an empty set of cases. Commands of the adapter contract are whole, or keep nothing of what
 * is wrong with them. */
#include "fuzz.h"

#include "notation/case.h"
#include "notation/parse.h"
#include "notation/print.h"
#include "programs/adapter.h"
#include "programs/command_reader.h"

#include <string.h>

enum { PAYLOAD_LIMIT = 1000 };

static void print_all(const check_cases *cases, undr_buffer *text) {
    for (size_t i = 0; i < cases->count; i++) {
        FUZZ_REQUIRE(check_print(text, &cases->at[i]) == UNDR_OK);
        FUZZ_REQUIRE(undr_put_text(text, "\n") == UNDR_OK);
    }
}

static void fixpoint(const check_cases *cases) {
    undr_buffer once = {0}, twice = {0};
    check_cases again;
    check_mistake mistake;
    print_all(cases, &once);
    undr_error error = check_parse(undr_buffer_slice(&once), "printed", &again, &mistake);
    FUZZ_REQUIRE(error == UNDR_OK && again.count == cases->count);
    print_all(&again, &twice);
    FUZZ_REQUIRE(undr_slice_equal(undr_buffer_slice(&once), undr_buffer_slice(&twice)));
    check_cases_free(&again);
    undr_buffer_free(&once);
    undr_buffer_free(&twice);
}

static void notation(undr_slice text) {
    check_cases cases;
    check_mistake mistake = {0};
    undr_error error = check_parse(text, "input", &cases, &mistake);
    if (error == UNDR_OK) {
        FUZZ_REQUIRE(cases.count > 0);
        fixpoint(&cases);
    } else {
        FUZZ_REQUIRE(error == UNDR_ARGUMENT && mistake.line >= 1 && mistake.text[0] != '\0');
    }
    check_cases_free(&cases);
}

static void adapter_words(undr_slice line) {
    undr_slice word = adapter_take_word(&line);
    uint64_t number = 0;
    if (adapter_parse_number(word, 0, 127, &number)) {
        FUZZ_REQUIRE(number <= 127 && word.size > 0);
    }
}

static void check_command(const command *line) {
    undr_buffer hex = {0};
    FUZZ_REQUIRE(line->size <= COMMAND_WORDS && line->payload.capacity <= PAYLOAD_LIMIT);
    FUZZ_REQUIRE(line->fault == COMMAND_WHOLE || line->payload.capacity == 0);
    FUZZ_REQUIRE(adapter_hex_encode(undr_buffer_slice(&line->payload), &hex) == UNDR_OK);
    FUZZ_REQUIRE(hex.size == 2 * line->payload.size);
    undr_buffer_free(&hex);
}

/* Whole lines only: behind them there is nothing to read from. */
static void commands(undr_slice text) {
    static command_reader reader;
    command line;
    reader = (command_reader){.descriptor = -1, .payload_limit = PAYLOAD_LIMIT};
    reader.end = text.size < sizeof reader.piece ? text.size : sizeof reader.piece;
    memcpy(reader.piece, text.data, reader.end);
    while (command_read(&reader, &line) == UNDR_OK) {
        check_command(&line);
        command_free(&line);
    }
    command_reader_free(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_source source = fuzz_source_over(data, size);
    bool lines = fuzz_take_u8(&source) == 'a';
    undr_slice text = fuzz_take_rest(&source);
    if (lines) {
        adapter_words(text);
        if (text.size > 0) {
            commands(text);
        }
    } else {
        notation(undr_slice_of(data, size));
    }
    return 0;
}
