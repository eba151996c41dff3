/* exchange.c: the notation's parser and printer, and the adapter's lines. Input: one byte, then a text.
 *
 * What parses prints to a text that parses to the same print; what does not parse is a mistake with a place and a text,
 * and never an empty set of cases. Lines of the adapter contract decode and encode to themselves. */
#include "fuzz.h"

#include "notation/case.h"
#include "notation/parse.h"
#include "notation/print.h"
#include "programs/adapter.h"

#include <string.h>

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
    undr_buffer bytes = {0}, hex = {0};
    undr_slice word = adapter_take_word(&line);
    uint64_t number = 0;
    if (adapter_parse_number(word, 0, 127, &number)) {
        FUZZ_REQUIRE(number <= 127 && word.size > 0);
    }
    if (adapter_hex_decode(line, &bytes) == UNDR_OK) {
        FUZZ_REQUIRE(bytes.size * 2 == line.size);
        FUZZ_REQUIRE(adapter_hex_encode(undr_buffer_slice(&bytes), &hex) == UNDR_OK && hex.size == line.size);
    } else {
        FUZZ_REQUIRE(bytes.size == 0);
    }
    undr_buffer_free(&bytes);
    undr_buffer_free(&hex);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_source source = fuzz_source_over(data, size);
    bool lines = fuzz_take_u8(&source) == 'a';
    undr_slice text = fuzz_take_rest(&source);
    if (lines) {
        adapter_words(text);
    } else {
        notation(undr_slice_of(data, size));
    }
    return 0;
}
